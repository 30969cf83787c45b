"""The programs' own settings as they stand on the chain: to whom a trade may pay its fees."""

from collections.abc import Sequence
from random import Random

from solders.pubkey import Pubkey

from actors.adapters.rpc.answers import Account
from actors.adapters.rpc.node import Node
from core.chain.accounts import Global, GlobalConfig, decode_account
from core.chain.build.addresses import CURVE_GLOBAL, POOL_GLOBAL
from core.chain.build.facts import Recipients, buyback_recipients, curve_fee_recipients, pool_fee_recipients
from core.chain.codec.kinds import Undecodable
from core.errors import Retryable
from core.types import Venue


class ProgramSettings:
    """Read by `refresh`, kept until the next. Before the first everything is None: no trade can be built."""

    def __init__(self, node: Node, seed: int, *, every_s: float) -> None:
        self.every_s = every_s
        self.curve: Global | None = None
        self.pool: GlobalConfig | None = None
        self.slot = 0
        self.is_strange = False
        """The newest answer held an account of a layout that is not known."""
        self._node = node
        self._random = Random(seed)  # noqa: S311 - spreads trades over recipients, nothing secret

    def refresh(self) -> None:
        """Raises RpcError, or Retryable when an account is missing or of a layout that is not known."""
        read = self._node.accounts([str(CURVE_GLOBAL), str(POOL_GLOBAL)])
        curve, pool = (_decoded(account) for account in read.accounts)
        if isinstance(curve, Global):
            self.curve = curve
        if isinstance(pool, GlobalConfig):
            self.pool = pool
        self.slot = read.slot
        missing = not (isinstance(curve, Global) and isinstance(pool, GlobalConfig))
        self.is_strange = missing and None not in read.accounts
        if missing:
            raise Retryable("the settings of the curve or the pool program do not read; the last known ones are kept")

    def recipients(self, venue: Venue, *, is_mayhem: bool = False) -> Recipients | None:
        """Who receives the fees of the next trade, drawn from those allowed; None while nobody is known."""
        if venue is Venue.CURVE:
            if self.curve is None:
                return None
            fees, buybacks = curve_fee_recipients(self.curve, is_mayhem=is_mayhem), buyback_recipients(self.curve)
        else:
            if self.pool is None:
                return None
            fees, buybacks = pool_fee_recipients(self.pool, is_mayhem=is_mayhem), buyback_recipients(self.pool)
        return Recipients(self._one(fees), self._one(buybacks)) if fees and buybacks else None

    def view(self) -> dict[str, object]:
        return {"slot": self.slot, "curve": self.curve is not None, "pool": self.pool is not None}

    def _one(self, keys: Sequence[Pubkey]) -> Pubkey:
        return self._random.choice(keys)


def _decoded(account: Account | None) -> object:
    try:
        return None if account is None else decode_account(account.data)
    except (Undecodable, ValueError):
        return None
