"""Sell everything that we bought, escalating, with nothing but keystore and node: for when nothing else starts.

Takes the lock of the state directory. Reads what the wallets hold and what they bought from the chain itself; tokens
that others sent are left alone. Where the live journal is here, its positions are sold by orders journaled as ever,
and the next live start closes and taxes them. A sale that no journal explains (there is none, it is damaged, the disk
takes nothing, the token is not in it) goes out all the same: a live start finds it on the chain, books it, and waits
for the operator to resume. Exit code 0 when nothing that we bought is left, 1 when something is.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from actors.adapters.chain.programs import ProgramSettings
from actors.adapters.chain.tokens import TokenState
from actors.adapters.onchain.building import Builder
from actors.adapters.onchain.reading import read_view
from actors.adapters.onchain.tokens import TokenMemory
from actors.adapters.onchain.wallets import OurWallets
from actors.adapters.rpc.node import Node
from actors.adapters.state_directory import StateDirectory
from commands.carrying import Carrier, Ledger
from commands.journal import Journal
from commands.keys import opened
from commands.nodes import ChainTraces, client_of, newest_generation, node_urls
from commands.options import settings_of
from core.errors import Fatal, MicroError, Refused
from core.ledger.books import Books
from core.ledger.chain_view import HeldTokens
from core.market import quotes
from core.messages import Order
from core.rules.exit_slippage import least_lamports
from core.settings import Settings
from core.types import ExitReason, Purpose, Role, Side

LEFT = 1
LADDER_BPS = (1_000, 2_000, 3_500, 7_000, 10_000)
"""Of the present quote; at the last any price is taken. Each is tried with a quote of its own."""
LIVE = "live"
PRIORITY_LAMPORTS = 100_000


class Sale(Struct, frozen=True, kw_only=True):
    """What became of one wallet's tokens."""

    held: HeldTokens
    is_sold: bool
    text: str
    is_journaled: bool = True
    """False where its sale stands in no journal; a live start books it from the chain."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", metavar="DIR", help="state directory (MICRO_STATE_DIR)")


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options, MICRO_STATE_DIR=options.state)
    urls = node_urls(options.settings_file)
    if not urls:
        raise Refused("exit-all needs SOLANA_RPC_URL, the address of a Solana node")
    state = StateDirectory(Path(settings.runtime.state_dir))
    state.lock()
    try:
        return _sell(settings, options.settings_file, urls, state)
    finally:
        state.unlock()


def _sell(settings: Settings, settings_file: str | None, urls: Sequence[str], state: StateDirectory) -> int:
    signer = opened(settings, settings_file, nodes=urls)
    state.claim(signer.address(0, Role.LIGHTNING))
    client, ledger = client_of(settings, urls), _ledger(state)
    try:
        node = Node(client)
        generation = max(newest_generation(ChainTraces(node), signer), ledger.books.generation)
        sales = list(Seller(settings, node, OurWallets(signer, generation), generation, ledger).sales())
    finally:
        ledger.close()
        client.close()
    for sale in sales:
        print(f"{sale.held.role} of generation {sale.held.generation}, {sale.held.mint}: {sale.text}", flush=True)
    unbooked = [sale for sale in sales if not sale.is_journaled]
    if unbooked:
        print(f"{len(unbooked)} of these are in no journal; a live start books them from the chain, then asks you.")
    left = [sale for sale in sales if not sale.is_sold]
    print("Nothing that we bought is left." if not left else f"{len(left)} holdings are left.", flush=True)
    return LEFT if left else 0


def _ledger(state: StateDirectory) -> Ledger:
    """The live journal where it is here and whole; else one that keeps nothing: what is held is sold all the same."""
    if not state.journal.exists():
        return Ledger(None)
    journal = Journal(state.journal)
    try:
        is_live = journal.books.mode == LIVE
    except MicroError as error:
        print(f"The sales are not journaled: {error}", flush=True)
        return Ledger(None)
    taken = journal.take()
    if is_live:
        return Ledger(taken)
    taken[0].close()
    return Ledger(None)


class Seller:
    """Sells holding by holding. Every step asks the chain anew."""

    def __init__(
        self,
        settings: Settings,
        node: Node,
        wallets: OurWallets,
        generation: int,
        ledger: Ledger | None = None,
    ) -> None:
        self._ledger = ledger if ledger is not None else Ledger(None)
        self._node, self._wallets, self._generation = node, wallets, generation
        self._tokens = TokenMemory(node)
        programs = ProgramSettings(node, settings.runtime.seed, every_s=settings.rpc.programs_every_s)
        self._builder = Builder(node, wallets, self._tokens, programs, leaves_proceeds=True)
        self._carrier = Carrier(settings, node.client, wallets)

    def sales(self) -> Iterator[Sale]:
        """One for each holding of a token that one of our transactions bought. Raises RpcError where the chain does not
        answer at all."""
        view = read_view(self._node, self._wallets, Books(generation=self._generation))
        bought = {one.mint for one in view.transactions if one.signed and one.side is Side.BUY}
        for held in view.held:
            if held.tokens and held.mint in bought:
                yield self._sold(held)

    def _sold(self, held: HeldTokens) -> Sale:
        text, is_journaled = "", True
        for slippage_bps in LADDER_BPS:
            tokens = self._balance(held)
            if not tokens:
                break
            order = self._known_to_books(held)
            try:
                text = self._try(held, tokens, slippage_bps, order)
                is_journaled = order is not None
            except Fatal as fault:
                # The disk takes nothing: what follows is sold all the same, and found on the chain by the next start.
                text, is_journaled, self._ledger = str(fault), False, Ledger(None)
            except MicroError as error:
                text = str(error)
        is_sold = not self._balance(held)
        return Sale(held=held, is_sold=is_sold, text="sold" if is_sold else text, is_journaled=is_journaled)

    def _known_to_books(self, held: HeldTokens) -> Order | None:
        """The beginning of an order that fits the books: an exit of the operation, or a late sale of what it left. None
        where they know nothing of these tokens."""
        books = self._ledger.books
        operation = books.operation_of(held.mint)
        if operation is not None and held.role in operation.holdings:
            of, purpose = operation.id, Purpose.EXIT
            name = f"{of}.{held.role}.{operation.numbers.get(held.role, 0) + 1}"
        else:
            left = next((one for one in books.remainders.values() if one.mint == held.mint), None)
            if left is None or held.role not in left.holdings:
                return None
            name, purpose, of = (
                f"{left.operation_id}.{held.role}.{left.number + 1}",
                Purpose.RECOVERY,
                left.operation_id,
            )
        return Order(id=f"{purpose}.{name}", purpose=purpose, role=held.role, payer=held.role, operation_id=of)

    def _try(self, held: HeldTokens, tokens: int, slippage_bps: int, known: Order | None) -> str:
        """One signed sale until it has landed or can land no more. Why it did not sell; empty when it did."""
        state = self._tokens.read(held.mint)
        quoted = _quoted(state, tokens)
        name = f"exit-all.{held.mint}.{held.role}.{slippage_bps}"
        order = replace(
            known or Order(id=name, purpose=Purpose.PANIC, role=held.role, payer=held.role),
            payer=self._payer(held),
            mint=held.mint,
            side=Side.SELL,
            venue=state.venue,
            tokens=tokens,
            limit=max(least_lamports(quoted, slippage_bps), 1),
            quoted=quoted,
            slippage_bps=slippage_bps,
            priority_lamports=PRIORITY_LAMPORTS,
            reason=ExitReason.OPERATOR,
            token_2022=held.token_2022,
            # Dust that others send meanwhile would make closing fail, and the sale with it.
            close_account=slippage_bps == LADDER_BPS[0],
            generation=self._generation,
            from_generation=held.generation if held.generation != self._generation else None,
        )
        signed = self._builder.build(order, self._node.latest_blockhash(for_exit=True))
        ledger = self._ledger if known is not None else Ledger(None)
        settlement = self._carrier.carry(order, signed, ledger)
        if settlement is None:
            return f"{signed.signature} did not land"
        return f"{signed.signature} failed: {settlement.error}" if settlement.error else ""

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
