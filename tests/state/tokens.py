"""A scripted token on real curve mathematics, and the world that a watcher and a miner see around it."""

from typing import Any

from core.effects import After, Effects, Now, Offer, Tell, Write
from core.ledger.books import Books
from core.market.curve import START, Curve, after_buy, after_sell, buy_tokens, sell_proceeds
from core.market.reserves import reserves_of
from core.messages import CandidateReady, Launched, Reserves, TokenFacts, Traded
from core.records import CandidateJudged
from core.settings import Settings
from core.state.market_now import MarketNow
from core.types import Side, Venue

SOL = 1_000_000_000
START_S = 1_000_000.0
SUPPLY = 1_000_000_000_000_000
MINT = "mint"


class Script:
    """Launches a token and trades it; remembers who holds what, as a chain does."""

    def __init__(self, mint: str = MINT, at_s: float = START_S, curve: Curve = START) -> None:
        self.mint = mint
        self.at_s = at_s
        self.slot = 1_000
        self.curve = curve
        self.held: dict[str, int] = {}
        self._count = 0

    def launch(self, **fields: Any) -> Launched:
        made = {
            "mint": self.mint,
            "at_s": self.at_s,
            "slot": self.slot,
            "name": "Name",
            "symbol": "SYM",
            "creator": "creator",
            "user": "creator",
            "supply": SUPPLY,
            "reserves": reserves_of(self.curve),
            "signature": "launch",
        }
        return Launched(**{**made, **fields})

    def wait(self, seconds: float) -> None:
        self.at_s += seconds
        self.slot += round(seconds * 2.5)

    def buy(self, trader: str, lamports: int, *, signature: str | None = None, skipped: int = 0) -> Traded:
        tokens = buy_tokens(self.curve, lamports)
        self.curve = after_buy(self.curve, tokens, lamports)
        self.held[trader] = self.held.get(trader, 0) + tokens
        return self._trade(Side.BUY, trader, lamports, tokens, signature=signature, skipped=skipped)

    def sell(self, trader: str, tokens: int | None = None, *, signature: str | None = None) -> Traded:
        tokens = self.held[trader] if tokens is None else tokens
        lamports = sell_proceeds(self.curve, tokens)
        self.curve = after_sell(self.curve, tokens, lamports)
        self.held[trader] -= tokens
        return self._trade(Side.SELL, trader, lamports, tokens, signature=signature)

    def _trade(
        self, side: Side, trader: str, lamports: int, tokens: int, *, signature: str | None, skipped: int = 0
    ) -> Traded:
        self._count += 1
        return Traded(
            mint=self.mint,
            at_s=self.at_s,
            slot=self.slot,
            skipped=skipped,
            side=side,
            trader=trader,
            quote_lamports=lamports,
            tokens=tokens,
            reserves=reserves_of(self.curve),
            signature=f"{self.mint}.{self._count}" if signature is None else signature,
        )

    def crowd(self, buyers: int = 60, lamports: int = 7 * SOL // 10) -> list[Traded]:
        """So many different buyers, each for so much."""
        return [self.buy(f"{self.mint}.buyer{i}", lamports) for i in range(buyers)]

    def facts(self, stake_lamports: int = 40_000_000, **fields: Any) -> TokenFacts:
        """Everything in order, unless `fields` say otherwise."""
        fees = stake_lamports // 40
        largest = sorted(self.held.items(), key=lambda one: -one[1])[:20]
        made = {
            "mint": self.mint,
            "at_s": self.at_s,
            "slot": self.slot,
            "supply": SUPPLY,
            "mint_authority": False,
            "freeze_authority": False,
            "extensions": (),
            "top_holders": tuple((owner, units) for owner, units in largest if units),
            "round_trip_ok": True,
            "round_trip_in_lamports": stake_lamports,
            "round_trip_out_lamports": stake_lamports - fees,
            "round_trip_cost_lamports": fees,
        }
        return TokenFacts(**{**made, **fields})


def market(at_s: float = START_S, sol_usd: float = 80.0, slot: int = 1_000) -> MarketNow:
    return MarketNow(slot, at_s, sol_usd, at_s, 50_000)


def world(settings: Settings | None = None, at_s: float = START_S, lightning_lamports: int = 50_000_000) -> Now:
    books = Books(at_s=at_s, accounts={"wallet:lightning": lightning_lamports})
    return Now(at_s, books, settings if settings is not None else Settings(), market(at_s))


def move_on(now: Now, script: Script) -> None:
    """The world is where the script is: time, newest slot, price of SOL."""
    now.at_s = script.at_s
    now.market.slot, now.market.slot_at_s, now.market.sol_usd_at_s = script.slot, script.at_s, script.at_s


def candidate(mint: str = MINT, *, at_s: float = START_S, quality: float = 0.5, risk: float = 0.3) -> CandidateReady:
    return CandidateReady(
        mint=mint,
        at_s=at_s,
        slot=1_000,
        symbol="SYM",
        creator="creator",
        quality=quality,
        risk=risk,
        age_s=120.0,
        volume_lamports=50 * SOL,
        reserves=Reserves(Venue.CURVE, 72 * SOL, 447_000_000_000_000, 42 * SOL, 167_000_000_000_000),
        token_2022=False,
        cashback=False,
        verdicts=(),
    )


def told(effects: Effects, to: str) -> list[Any]:
    return [effect.message for effect in effects if isinstance(effect, Tell | Offer) and effect.to == to]


def judged(effects: Effects) -> list[CandidateJudged]:
    records = [effect.record for effect in effects if isinstance(effect, Write)]
    return [record for record in records if isinstance(record, CandidateJudged)]


def timers(effects: Effects) -> dict[str, float]:
    return {effect.key: effect.delay_s for effect in effects if isinstance(effect, After)}
