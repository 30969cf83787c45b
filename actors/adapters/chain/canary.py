"""The program canary (rules.md §8): the smallest buy and sale, simulated for the richest wallet on a coin that trades.

What fails with one coin is tried with another before it counts: a curve may fill up between two calls.
"""

from collections.abc import Callable, Sequence

from solders.pubkey import Pubkey

from actors.adapters.chain.accounts import ChainAccounts
from actors.adapters.chain.programs import ProgramSettings
from actors.adapters.chain.tokens import read_token
from actors.adapters.rpc.errors import RpcError
from actors.adapters.rpc.node import Node
from core.chain.rent import TOKEN_2022_ACCOUNT_LAMPORTS, VOLUME_ACCUMULATOR_LAMPORTS, WALLET_LAMPORTS
from core.errors import MicroError, Refused
from core.messages import RaiseAlert
from core.rules import canary
from core.rules.canary import Canary, CanaryRule
from core.rules.verdict import Outcome
from core.state.market_now import MarketNow
from core.types import BASE_FEE_LAMPORTS

LOOK_EVERY_S = 5.0
"""Real seconds between two looks at whether it is due; while nothing is known it is tried at each."""
COINS = 2
AFTER_FAILURE = 0.1
"""Of the usual time between two trials."""
RENT_LAMPORTS = TOKEN_2022_ACCOUNT_LAMPORTS + VOLUME_ACCUMULATOR_LAMPORTS + WALLET_LAMPORTS


class CanaryKeeper:
    """Writes `market.canary`. `wallets`: who may pay, the richest does. `recent`: coins that trade, newest first."""

    def __init__(
        self,
        node: Node,
        accounts: ChainAccounts,
        programs: ProgramSettings,
        rule: CanaryRule,
        *,
        wallets: Callable[[], Sequence[str]],
        recent: Callable[[], Sequence[str]],
    ) -> None:
        self.every_s = LOOK_EVERY_S
        self._node, self._accounts, self._programs, self._rule = node, accounts, programs, rule
        self._wallets, self._recent = wallets, recent
        self._newest = Canary()

    def refresh(self, at_s: float, market: MarketNow) -> Sequence[RaiseAlert]:
        before = market.canary if market.canary is not None else Canary()
        if not self._is_due(before, at_s):
            return ()
        market.canary = self._newest = found = self._tried(at_s)
        return _alerts(before, found)

    def view(self) -> Canary:
        return self._newest

    def _is_due(self, before: Canary, at_s: float) -> bool:
        if before.outcome is Outcome.FAIL:
            # Trouble that is over should not keep entries out for ten minutes more.
            return at_s >= before.at_s + self._rule.every_s * AFTER_FAILURE
        return before.outcome is Outcome.UNKNOWN or canary.due(self._rule, before, now_s=at_s)

    def _tried(self, at_s: float) -> Canary:
        if self._programs.curve is None and not self._programs.is_strange:
            return Canary(at_s, Outcome.UNKNOWN, "the programs' settings are not read yet")
        try:
            payer, lamports = self._richest()
        except MicroError as mistake:
            return Canary(at_s, Outcome.UNKNOWN, f"no answer: {type(mistake).__name__}")
        mints = self._recent()[:COINS]
        if not mints:
            return Canary(at_s, Outcome.UNKNOWN, "no coin is known yet to try with")
        error: str | None = None
        for mint in mints:
            told = self._error(mint, payer)
            error = told if told is not None else error
            if error == "":
                break
        needed = 2 * self._rule.buy_lamports + RENT_LAMPORTS + BASE_FEE_LAMPORTS
        return canary.judged(at_s=at_s, error=error, lamports=lamports, needed_lamports=needed)

    def _richest(self) -> tuple[Pubkey, int]:
        wallets = self._wallets()
        if not wallets:
            raise Refused("no wallet is known")
        read = self._node.accounts(wallets).accounts
        lamports, wallet = max((0 if one is None else one.lamports, at) for one, at in zip(read, wallets, strict=True))
        return Pubkey.from_string(wallet), lamports

    def _error(self, mint: str, payer: Pubkey) -> str | None:
        """Empty: it went through. None: no answer, or the coin trades no more."""
        try:
            state = read_token(self._node, mint)
            strange = (*state.strange, *(["settings"] if self._programs.is_strange else []))
            if strange:
                return f"unknown layout: {', '.join(strange)}"
            if state.venue is None:
                return None
            trip = self._accounts.round_trip(state, self._rule.buy_lamports, payer)
        except RpcError:
            return None
        except MicroError as mistake:
            return f"it cannot be built: {mistake}"
        return "" if trip.ok else trip.reason


def _alerts(before: Canary, found: Canary) -> tuple[RaiseAlert, ...]:
    if found.outcome is before.outcome:
        return ()
    if found.outcome is Outcome.FAIL:
        text = f"program canary failed: {found.reason}; entries halt, exits go on. Look for a program upgrade."
        return (RaiseAlert(key="canary", severity="critical", text=text, at_s=found.at_s),)
    if before.outcome is Outcome.FAIL:
        return (RaiseAlert(key="canary", severity="info", text=f"program canary: {found.reason}", at_s=found.at_s),)
    return ()
