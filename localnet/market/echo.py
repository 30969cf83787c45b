"""What clients trade on the chain, told to the simulation, so that its crowd, its scripts and its prices take note."""

from base64 import b64decode
from typing import NamedTuple

from solders.pubkey import Pubkey

from core.chain.build.addresses import PUMP_ID, PUMPSWAP_ID
from core.chain.codec.kinds import Undecodable
from core.chain.events import decode_event
from core.chain.logs import data_lines
from core.chain.pump import TradeEvent
from core.chain.pumpswap import BuyEvent, SellEvent
from core.market.simulator.orders import SimOrder
from core.market.simulator.simulator import Simulator
from core.types import Side
from localnet.chain import Chain
from localnet.market.agents import Agents
from localnet.market.coins import Coin, balance
from localnet.records import Landed

_PROGRAMS = frozenset({str(PUMP_ID), str(PUMPSWAP_ID)})


class Heard(NamedTuple):
    """One trade of a client; `mint` is the chain's. `lamports` is what a buy cost in all."""

    signature: str
    mint: str
    wallet: str
    side: Side
    tokens: int
    lamports: int = 0


class Echo:
    """Trades of outsiders: heard in one slot, orders of the simulation in the next."""

    def __init__(self, chain: Chain, simulator: Simulator, agents: Agents, coins: dict[str, Coin]) -> None:
        self._chain = chain
        self._simulator = simulator
        self._agents = agents
        self._coins = coins
        self._heard: list[Heard] = []
        self.outsiders: set[str] = set()
        """Wallets whose trades the simulation knows from the chain: its own news of them are old."""

    def hear(self, landed: Landed) -> None:
        if landed.is_background or landed.err is not None or _PROGRAMS.isdisjoint(landed.keys):
            return
        for program, text in data_lines(landed.logs)[0]:
            if program not in _PROGRAMS:
                continue
            try:
                event = decode_event(program, b64decode(text))
            except Undecodable:
                continue
            heard = self._trade(landed.signature, event)
            if heard is not None and heard.wallet not in self._agents.addresses:
                self._heard.append(heard)

    def _trade(self, signature: str, event: object) -> Heard | None:
        match event:
            case TradeEvent(is_buy=True):
                spent = event.sol_amount + (event.fee or 0) + (event.creator_fee or 0) + (event.cashback or 0)
                return Heard(signature, event.mint, event.user, Side.BUY, event.token_amount, spent)
            case TradeEvent():
                return Heard(signature, event.mint, event.user, Side.SELL, event.token_amount)
            case BuyEvent():
                mint, spent = self._mint_of_pool(event.pool), event.user_quote_amount_in
                return Heard(signature, mint, event.user, Side.BUY, event.base_amount_out, spent)
            case SellEvent():
                return Heard(signature, self._mint_of_pool(event.pool), event.user, Side.SELL, event.base_amount_in)
            case _:
                return None

    def _mint_of_pool(self, pool: str) -> str:
        for coin in self._coins.values():
            if coin.pool is not None and str(coin.pool.address) == pool:
                return str(coin.mint)
        return ""

    def submit(self) -> None:
        """Put in what was heard, of coins that the simulation knows."""
        heard, self._heard = self._heard, []
        for trade in heard:
            found = next(((name, coin) for name, coin in self._coins.items() if str(coin.mint) == trade.mint), None)
            if found is not None:
                self.outsiders.add(trade.wallet)
                self._submit(trade, *found)

    def _submit(self, trade: Heard, sim_mint: str, coin: Coin) -> None:
        amount = trade.lamports if trade.side is Side.BUY else self._share(trade, sim_mint, coin)
        if amount <= 0:
            return
        # A token that the simulation has forgotten fails there, and that is all: the chain goes on by itself.
        self._simulator.submit(
            SimOrder(
                signature=trade.signature,
                wallet=trade.wallet,
                mint=sim_mint,
                side=trade.side,
                amount=amount,
                limit=0,
                land_slot=self._simulator.slot + 1,
            )
        )

    def _share(self, trade: Heard, sim_mint: str, coin: Coin) -> int:
        """A sale here is the same share of the holding there, which may differ by a little."""
        held = self._simulator.balance(sim_mint, trade.wallet)
        left = balance(self._chain.bank, coin, Pubkey.from_string(trade.wallet))
        return held if left == 0 else held * trade.tokens // (trade.tokens + left)
