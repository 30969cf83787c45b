"""Puts the live desk together: the chain behind its nodes, our keys, the venue that signs with them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from time import time

import gevent

from actors.adapters.chain.keepers import TipKeeper
from actors.adapters.environment import addresses, foreign
from actors.adapters.keys.signer import Signer
from actors.adapters.onchain.building import Builder
from actors.adapters.onchain.reading import Breadth, read_view
from actors.adapters.onchain.tokens import TokenMemory
from actors.adapters.onchain.tracking import Tracker
from actors.adapters.onchain.venue import SolanaVenue
from actors.adapters.onchain.wallets import OurWallets
from actors.adapters.rpc.lanes import ENGINE_SETTING, SEND_SETTING, Lanes
from commands.chain import Chain
from commands.house import Source
from commands.nodes import node_urls
from commands.sources import Started
from core.chain.decode import Decoder
from core.errors import Refused
from core.ledger.books import Books
from core.ledger.chain_view import ChainView
from core.market.tape import Tape
from core.settings import Settings
from core.types import Role

FOLLOW_AFTER_S = 0.02
"""Nothing lands sooner: a slot takes twenty times as long."""


class LiveDesk:
    """Everything between the house and the chain. `books` and `slot` are asked when they are needed."""

    def __init__(
        self,
        settings: Settings,
        settings_file: str | None,
        signer: Signer,
        generation: int,
        *,
        books: Callable[[], Books],
        slot: Callable[[], int],
    ) -> None:
        file = Path(settings_file) if settings_file else None
        rpc_urls, ws_url = endpoints(settings_file)
        self.settings = settings
        self.wallets = OurWallets(signer, generation)
        self.chain = Chain(settings, rpc_urls, ws_url, wallets=self._payers)
        self.tokens = TokenMemory(self.chain.node)
        self.chain.read = self.tokens.see
        self.decoder, self.tape = Decoder(), Tape()
        self.tracker = Tracker(self.chain.node, self.wallets, Decoder(), books, slot)
        self.tracker.followed, self.tracker.unfollowed = self._follow, self.chain.watch.forget
        self.lanes = Lanes(
            self.chain.client,
            settings.rpc,
            settings.rpc_budget,
            send_urls=addresses(SEND_SETTING, file=file),
            engine_urls=addresses(ENGINE_SETTING, file=file),
            plain_hosts=settings.runtime.plain_hosts,
        )
        tips = TipKeeper(self.lanes)
        if self.lanes.has_engine:
            self.chain.more["tips"] = tips
        builder = Builder(self.chain.node, self.wallets, self.tokens, self.chain.programs, tips.accounts)
        self.venue = SolanaVenue(self.chain.node, self.chain.blockhash, builder, self.tokens, self.tracker, self.lanes)
        self._books = books

    def view(self, books: Books, breadth: Breadth) -> ChainView:
        """Everything of ours as the chain has it now. Raises RpcError."""
        self.wallets.know(books.generation + 1)
        return read_view(self.chain.node, self.wallets, books, breadth=breadth)

    def warm(self, books: Books) -> None:
        """Read what exits are built from, so that none has to wait for it. Raises RpcError."""
        self.chain.programs.refresh()
        self.chain.blockhash.refresh(0.0, None)  # type: ignore[arg-type]  # the keeper tells the market nothing
        for operation in books.operations.values():
            self.tokens.read(operation.mint)

    def source(self, sol_usd: float) -> Source:
        """The market with the venue, as a house trades on it."""
        feed = Started(self.chain.feed, start_at_s=time(), sol_usd=sol_usd)
        return Source(
            feed=feed,
            backend=self.venue,
            accounts=self.chain.accounts,
            decoder=self.decoder,
            tape=self.tape,
            start_at_s=feed.start_at_s,
            sol_usd=sol_usd,
            waits=False,
            live=self.chain,
        )

    def close(self) -> None:
        self.venue.close()
        self.chain.client.close()

    def _follow(self, signature: str) -> None:
        """Let the node's own word wake the tracker, which reads what is true."""
        # A moment later: what is followed is about to be sent, and its bytes go first.
        gevent.spawn_later(FOLLOW_AFTER_S, self._ask_to_tell, signature)

    def _ask_to_tell(self, signature: str) -> None:
        self.chain.watch.follow(signature).rawlink(lambda _: self.tracker.wake())

    def _payers(self) -> Sequence[str]:
        """Who pays in simulations: the wallet that would buy, then the others of the present generation."""
        generation = self._books().generation
        return [self.wallets.address(role, generation) for role in Role if role is not Role.PSYCHOLOGY]


def endpoints(settings_file: str | None) -> tuple[tuple[str, ...], str]:
    """The addresses of the nodes. Raises Refused where one is not set."""
    file = Path(settings_file) if settings_file else None
    rpc_urls, ws_url = node_urls(settings_file), foreign("SOLANA_WS_URL", file=file)
    if not rpc_urls:
        raise Refused("live needs SOLANA_RPC_URL, the address of a Solana node; `run.py localnet` starts one to try")
    if not ws_url:
        raise Refused("live needs SOLANA_WS_URL, the WebSocket address of a Solana node")
    return rpc_urls, ws_url
