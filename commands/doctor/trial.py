"""The program canary, asked once: do the programs take the smallest buy and sale that we would send now?"""

from collections.abc import Sequence
from time import time

from actors.adapters.chain.accounts import ChainAccounts
from actors.adapters.chain.canary import COINS, CanaryKeeper
from actors.adapters.chain.programs import ProgramSettings
from actors.adapters.keys.vault import Vault
from actors.adapters.rpc.node import Node
from commands.nodes import client_of
from core.chain.decode import Decoder
from core.chain.programs import PUMP
from core.chain.pump import TradeEvent
from core.errors import Refused, Retryable
from core.rules.verdict import Outcome, Verdict
from core.settings import Settings
from core.state.market_now import MarketNow

NAME = "canary"
UNASKED = Verdict.unknown(NAME, "not tried: the nodes are not in order")
LOOKED_AT = 20
"""Newest transactions of the curve program among which a coin that trades is looked for."""


def canary(settings: Settings, vault: Vault, urls: Sequence[str]) -> Verdict:
    """Simulated for the richest of our wallets on a coin that was traded just now; nothing is signed or sent."""
    try:
        wallets = tuple(address for one in vault.addresses().wallets for address in one)
        client = client_of(settings, urls)
    except Refused as refusal:
        return Verdict.unknown(NAME, f"there are no wallets to try it with: {refusal}")
    try:
        node = Node(client)
        programs = ProgramSettings(node, settings.runtime.seed, every_s=settings.rpc.programs_every_s)
        programs.refresh()
        mints = traded(node)
        accounts = ChainAccounts(node, programs, lambda: None)
        keeper = CanaryKeeper(node, accounts, programs, settings.canary, wallets=lambda: wallets, recent=lambda: mints)
        keeper.refresh(time(), MarketNow())
        found = keeper.view()
    except (Retryable, Refused) as error:
        return Verdict.unknown(NAME, f"it could not be tried: {error}")
    finally:
        client.close()
    if found.outcome is Outcome.FAIL:
        return Verdict.failed(NAME, f"{found.reason}; a program changed: look for a newer version of this one")
    return Verdict(NAME, found.outcome, found.reason)


def traded(node: Node) -> tuple[str, ...]:
    """Coins that were traded on their curve just now, newest first. Raises Retryable."""
    decoder, mints = Decoder(), dict[str, None]()
    for line in node.signatures(PUMP, limit=LOOKED_AT):
        landed = node.transaction(line.signature) if line.err is None else None
        events = decoder.decode_transaction(landed.source).events if landed is not None else ()
        for event in events:
            if isinstance(event, TradeEvent) and event.is_sol_quoted and event.real_token_reserves > 0:
                mints[event.mint] = None
        if len(mints) >= COINS:
            break
    return tuple(mints)
