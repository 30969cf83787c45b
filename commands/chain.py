"""Puts a live chain together: nodes, keepers, accounts, and a feed that takes along what the keepers learn."""

from collections.abc import Callable, Collection, Mapping, Sequence

import gevent
from solders.pubkey import Pubkey

from actors.adapters.chain.accounts import ChainAccounts
from actors.adapters.chain.canary import CanaryKeeper
from actors.adapters.chain.funding import Funding
from actors.adapters.chain.gaps import History
from actors.adapters.chain.held import HeldAccounts
from actors.adapters.chain.keepers import BlockhashKeeper, FeeKeeper, PriceKeeper, ProgramsKeeper, SlotKeeper
from actors.adapters.chain.programs import ProgramSettings
from actors.adapters.chain.tidings import Tidings, ToldFeed
from actors.adapters.chain.tokens import TokenState
from actors.adapters.chain.watch import Watch
from actors.adapters.live_feed import LiveFeed
from actors.adapters.rpc.client import RpcClient
from actors.adapters.rpc.node import Node
from actors.adapters.rpc.requests import key
from actors.adapters.sol_price import HttpSource, PoolSource
from actors.keeper import Keeper
from core.chain.build.facts import buyback_recipients, curve_fee_recipients
from core.errors import MicroError, Refused
from core.settings import Settings

Wallets = Callable[[], Sequence[str]]


class Chain:
    """A live chain behind its nodes. `node` asks it anything, `blockhash` is always fresh, `feed` brings its market.

    `wallets`: ours, the first pays in simulations; None on paper, where a stand-in does that nobody asks to sign.
    """

    def __init__(
        self, settings: Settings, rpc_urls: Sequence[str], ws_url: str, *, wallets: Wallets | None = None
    ) -> None:
        runtime = settings.runtime
        self.settings = settings
        self.client = RpcClient(rpc_urls, settings.rpc, settings.rpc_budget, plain_hosts=runtime.plain_hosts)
        self.node = Node(self.client)
        self.programs = ProgramSettings(self.node, runtime.seed, every_s=settings.rpc.programs_every_s)
        self.tidings = Tidings()
        self.http = HttpSource(settings.sol_source, runtime.plain_hosts)
        self.pool = PoolSource(self._data)
        self.blockhash = BlockhashKeeper(self.node, settings.rpc)
        self._wallets = wallets if wallets is not None else self._stand_in
        self.more: dict[str, Keeper] = {}
        """Keepers of whoever trades on it."""
        self.held: Callable[[], Collection[str]] = tuple
        """Mints of open positions; whoever keeps the books sets it."""
        self.read: Callable[[TokenState], object] = lambda _: None
        """Told of every token that facts were read of; whoever builds transactions of it sets it."""
        rule = settings.live
        self.funding = Funding(
            self.node, self.tidings, transactions=rule.funding_transactions, again_s=rule.funding_again_s
        )
        self.accounts = ChainAccounts(self.node, self.programs, self._payer, self._seen)
        self.known = HeldAccounts(self.tidings, self._held)
        self.watch = Watch(
            ws_url, rule, wanted=self.known.wanted, changed=self.known.changed, plain_hosts=runtime.plain_hosts
        )
        history = History(self.node, most=rule.gap_transactions, held=self.known.addresses)
        live = LiveFeed(
            ws_url,
            rule,
            runtime.seed,
            plain_hosts=runtime.plain_hosts,
            fill=history.fill,
            reread=history.reread,
            poll=history.poll,
        )
        self.feed = ToldFeed(live, self.tidings)

    def keepers(self) -> Mapping[str, Keeper]:
        """By name, in the order of their start."""
        rule = self.settings.rpc
        return {
            "slots": SlotKeeper(self.client, rule),
            "programs": ProgramsKeeper(self.programs),
            "blockhash": self.blockhash,
            "fees": FeeKeeper(
                self.node,
                self.tidings,
                rule,
                self._written,
                units=rule.trade_units,
                floor_lamports=self.settings.mining.priority_floor_lamports,
            ),
            "sol_price": PriceKeeper(self.pool, self.http, self.tidings, self.settings.sol_source),
            "watch": self.watch,
            "canary": CanaryKeeper(
                self.node,
                self.accounts,
                self.programs,
                self.settings.canary,
                wallets=self._wallets,
                recent=self.feed.recent,
            ),
            **self.more,
        }

    def sol_usd(self) -> float:
        """What a SOL costs now, by the first source that tells. Raises Refused when neither does."""
        reasons: list[str] = []
        for source in (self.http, self.pool):
            try:
                return source()
            except MicroError as error:
                reasons.append(str(error))
        raise Refused(
            f"nobody tells what a SOL costs ({'; '.join(reasons)}); mend MICRO_SOL_SOURCE_URL or SOLANA_RPC_URL"
        )

    def _seen(self, state: TokenState) -> None:
        """A coin may be entered: beside the question about it, see whom its creator paid."""
        self.read(state)
        if state.creator is not None:
            gevent.spawn(self.funding.look, state.creator)

    def _held(self) -> Collection[str]:
        return self.held()

    def _payer(self) -> Pubkey | None:
        wallets = self._wallets()
        return key(wallets[0]) if wallets else None

    def _stand_in(self) -> Sequence[str]:
        named = self.settings.rpc.stand_in
        if named:
            return (named,)
        curve = self.programs.curve
        return () if curve is None else tuple(str(one) for one in curve_fee_recipients(curve, is_mayhem=True)[:1])

    def _written(self) -> Sequence[str]:
        curve = self.programs.curve
        if curve is None:
            return ()
        return [str(one) for one in (*curve_fee_recipients(curve, is_mayhem=False), *buyback_recipients(curve))]

    def _data(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        return [None if one is None else one.data for one in self.node.accounts(keys).accounts]
