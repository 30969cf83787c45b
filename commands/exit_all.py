"""Sell everything that we bought, escalating, with nothing but keystore and node: for when nothing else starts.

Takes the lock of the state directory. Reads what the wallets hold and what they bought from the chain itself; tokens
that others sent are left alone. Exit code 0 when nothing that we bought is left, 1 when something is. The next live
start finds these sales on the chain, books them, and waits for the operator to resume.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import gevent
from msgspec import Struct

from actors.adapters.chain.programs import ProgramSettings
from actors.adapters.chain.tokens import TokenState
from actors.adapters.onchain.building import Builder
from actors.adapters.onchain.reading import read_view
from actors.adapters.onchain.tokens import TokenMemory
from actors.adapters.onchain.wallets import OurWallets
from actors.adapters.rpc.lanes import Lanes
from actors.adapters.rpc.node import Node
from actors.adapters.state_directory import StateDirectory
from commands.keys import opened
from commands.nodes import ChainTraces, client_of, newest_generation, node_urls
from commands.options import settings_of
from core.errors import MicroError, Refused
from core.ledger.books import Books
from core.ledger.chain_view import HeldTokens
from core.market import quotes
from core.messages import Order
from core.rules.exit_slippage import least_lamports
from core.settings import Settings
from core.types import Purpose, Role, Side

LEFT = 1
LADDER_BPS = (1_000, 2_000, 3_500, 7_000, 10_000)
"""Of the present quote; at the last any price is taken. Each is tried with a quote of its own."""
RESEND_S = 2.0
POLL_S = 0.4
PRIORITY_LAMPORTS = 100_000


class Sale(Struct, frozen=True, kw_only=True):
    """What became of one wallet's tokens."""

    held: HeldTokens
    is_sold: bool
    text: str


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", metavar="DIR", help="state directory (MICRO_STATE_DIR)")


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options, MICRO_STATE_DIR=options.state)
    urls = node_urls(options.settings_file)
    if not urls:
        raise Refused("exit-all needs SOLANA_RPC_URL, the address of a Solana node")
    state = StateDirectory(Path(settings.runtime.state_dir))
    state.lock()
    signer = opened(settings, options.settings_file, nodes=urls)
    client = client_of(settings, urls)
    node = Node(client)
    generation = newest_generation(ChainTraces(node), signer)
    seller = Seller(settings, node, OurWallets(signer, generation), generation)
    sales = list(seller.sales())
    for sale in sales:
        print(f"{sale.held.role} of generation {sale.held.generation}, {sale.held.mint}: {sale.text}", flush=True)
    left = [sale for sale in sales if not sale.is_sold]
    print("Nothing that we bought is left." if not left else f"{len(left)} holdings are left.", flush=True)
    client.close()
    return LEFT if left else 0


class Seller:
    """Sells holding by holding. Every step asks the chain anew."""

    def __init__(self, settings: Settings, node: Node, wallets: OurWallets, generation: int) -> None:
        self._node, self._wallets, self._generation = node, wallets, generation
        self._tokens = TokenMemory(node)
        programs = ProgramSettings(node, settings.runtime.seed, every_s=settings.rpc.programs_every_s)
        self._builder = Builder(node, wallets, self._tokens, programs, leaves_proceeds=True)
        self._lanes = Lanes(node.client, settings.rpc, settings.rpc_budget)

    def sales(self) -> Iterator[Sale]:
        """One for each holding of a token that one of our transactions bought. Raises RpcError where the chain does not
        answer at all."""
        view = read_view(self._node, self._wallets, Books(generation=self._generation))
        bought = {one.mint for one in view.transactions if one.signed and one.side is Side.BUY}
        for held in view.held:
            if held.tokens and held.mint in bought:
                yield self._sold(held)

    def _sold(self, held: HeldTokens) -> Sale:
        text = ""
        for slippage_bps in LADDER_BPS:
            tokens = self._balance(held)
            if not tokens:
                return Sale(held=held, is_sold=True, text="sold")
            try:
                text = self._try(held, tokens, slippage_bps)
            except MicroError as error:
                text = str(error)
        return Sale(held=held, is_sold=not self._balance(held), text=text or "sold")

    def _try(self, held: HeldTokens, tokens: int, slippage_bps: int) -> str:
        """One signed sale until it has landed or can land no more. Why it did not sell; empty when it did."""
        state = self._tokens.read(held.mint)
        quoted = _quoted(state, tokens)
        order = Order(
            id=f"exit-all.{held.mint}.{held.role}.{slippage_bps}",
            purpose=Purpose.PANIC,
            role=held.role,
            payer=self._payer(held),
            mint=held.mint,
            side=Side.SELL,
            venue=state.venue,
            tokens=tokens,
            limit=max(least_lamports(quoted, slippage_bps), 1),
            priority_lamports=PRIORITY_LAMPORTS,
            token_2022=held.token_2022,
            # Dust that others send meanwhile would make closing fail, and the sale with it.
            close_account=slippage_bps == LADDER_BPS[0],
            generation=self._generation,
            from_generation=held.generation if held.generation != self._generation else None,
        )
        blockhash = self._node.latest_blockhash(for_exit=True)
        signed = self._builder.build(order, blockhash)
        sent_s = float("-inf")
        while True:
            if monotonic() - sent_s >= RESEND_S:
                sent_s = monotonic()
                self._lanes.send(signed.raw, for_exit=True)
            gevent.sleep(POLL_S)
            status = self._node.statuses([signed.signature], history=True, for_exit=True)[0]
            if status is not None and status.commitment != "processed":
                return f"{signed.signature} failed: {status.err}" if status.err is not None else ""
            if self._node.block_height(for_exit=True) > blockhash.last_valid_block_height:
                return f"{signed.signature} did not land"

    def _balance(self, held: HeldTokens) -> int:
        owner = self._wallets.address(held.role, held.generation)
        read = self._node.token_accounts(owner, for_exit=True).holdings
        return sum(one.token.amount for one in read if one.token.mint == held.mint)

    def _payer(self, held: HeldTokens) -> Role:
        """The wallet of the present generation that holds most, psychology last."""
        addresses = [self._wallets.address(role, self._generation) for role in Role]
        read = self._node.accounts(addresses, for_exit=True).accounts
        lamports = {role: 0 if one is None else one.lamports for role, one in zip(Role, read, strict=True)}
        others = [role for role in Role if role is not Role.PSYCHOLOGY]
        richest = max(others, key=lambda role: lamports[role])
        return richest if lamports[richest] > 2 * PRIORITY_LAMPORTS else Role.PSYCHOLOGY


def _quoted(state: TokenState, tokens: int) -> int:
    market, rates = state.market(), state.rates()
    if market is None or rates is None:
        raise Refused(f"{state.address} does not trade for SOL now")
    quote = quotes.sell(market, tokens, rates)
    return quote.total_lamports if quote is not None else 0
