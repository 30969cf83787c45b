"""One market traded twice, by the actors on the virtual clock and by the core-only runner, each in a directory."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path

import msgspec
from msgspec import Struct

from actors.adapters.journal_store import JournalStore
from actors.adapters.recorded_trades import RecordedTrades
from actors.adapters.state_directory import StateDirectory
from commands import sources
from commands.drive import drive
from commands.house import House, Source
from commands.replay import SOL_USD
from core.chain.decode import Decoder
from core.desk import Ports, open_desk
from core.ledger.audit import ChainState, audit
from core.ledger.books import Books
from core.market.paper.chain import PaperChain, accounts_of, holdings_of
from core.market.simulator.scenarios import Scenario
from core.market.simulator.settings import MarketSettings
from core.market.tape import Tape
from core.records import AnyRecord, Entry, OperationClosed
from core.runner import GAP_S, Runner
from core.settings import Settings
from core.state.market_now import MarketNow

Open = Callable[[Settings, StateDirectory], Source]
"""Opens the market of these settings in a state directory."""

CHUNK = 250
"""Slots between two looks at whether enough operations are done."""


class Run(Struct, frozen=True, kw_only=True):
    """What one of the two came to."""

    records: tuple[AnyRecord, ...]
    accounts: Mapping[str, int]
    """Of the books, in lamports."""
    chain: PaperChain
    slots: int

    @property
    def lines(self) -> list[bytes]:
        """The journal, a record a line."""
        return [msgspec.json.encode(record) for record in self.records]

    @property
    def digest(self) -> str:
        return sha256(b"\n".join(self.lines)).hexdigest()

    @property
    def closed(self) -> list[OperationClosed]:
        return [record for record in self.records if isinstance(record, OperationClosed)]


class Ends(Struct, frozen=True, kw_only=True):
    """When the runner stops: with so many operations done and settled, at the latest after so many slots."""

    operations: int
    slots: int

    def reached(self, books: Books) -> bool:
        done = len(books.closed) >= self.operations and not books.unsettled()
        return done and not books.operations and not books.orders


def embedded(settings: Settings, state: StateDirectory) -> Source:
    return sources.embedded(settings, state)


def scripted(scenario: Scenario) -> Open:
    """The embedded market with a scenario of its own."""
    return lambda settings, state: sources.embedded(settings, state, MarketSettings(scenario=scenario))


def recorded(file: Path) -> Open:
    """Recorded trades, beside which our paper venue stands; each token says itself where its data end."""

    def opened(settings: Settings, state: StateDirectory) -> Source:
        decoder, tape = Decoder(), Tape()
        feed = sources.Peeked(RecordedTrades(file, sol_usd=SOL_USD), sol_usd=SOL_USD)
        return sources.beside(feed, settings, state, decoder=decoder, tape=tape, waits=True)

    return opened


def without_actors(settings: Settings, folder: Path, ends: Ends | None, opened: Open = embedded) -> Run:
    """By the core-only runner; `ends` None: until the market ends."""
    state = StateDirectory(folder)
    source = opened(settings, state)
    opening = House(settings, state, source, mode="paper", paced=False).opening
    ports = Ports(backend=source.backend, accounts=source.accounts, decoder=source.decoder, tape=source.tape)
    runner = open_desk(settings, ports, MarketNow(rule=settings.sol_price, emergency=settings.emergency), opening)
    slots = 0
    while ends is None or (slots < ends.slots and not ends.reached(runner.now.books)):
        played = _play(runner, source, CHUNK if ends is None else min(CHUNK, ends.slots - slots))
        slots += played
        if played < CHUNK and ends is None:
            runner.advance(runner.now.at_s + GAP_S)
            break
    source.feed.close()
    return Run(
        records=tuple(runner.records),
        accounts=runner.now.books.accounts,
        chain=_chain(source),
        slots=slots,
    )


def with_actors(settings: Settings, folder: Path, slots: int | None, opened: Open = embedded) -> Run:
    """By the whole supervised tree, journal on disk and all; `slots` None: until the market ends."""
    state = StateDirectory(folder)
    house = House(settings, state, opened(settings, state), mode="paper", paced=False)
    house.start()
    played = drive(house, slots)
    accounts = house.services.books().accounts
    assert house.stop()
    store = JournalStore(state.journal)
    records = tuple(entry.record for entry in store.entries())
    store.close()
    return Run(records=records, accounts=accounts, chain=_chain(house.source), slots=played)


def differences(acted: Run, ran: Run) -> list[str]:
    """What the two did otherwise, the first of each kind; empty: nothing, to the byte and the lamport."""
    found: list[str] = []
    for number, (one, other) in enumerate(zip_longest(acted.lines, ran.lines), 1):
        if one != other:
            found.append(f"record {number}: actors {_text(one)}, core {_text(other)}")
            break
    found += [
        f"{account}: actors {acted.accounts.get(account, 0)}, core {ran.accounts.get(account, 0)} lamports"
        for account in sorted({*acted.accounts, *ran.accounts})
        if acted.accounts.get(account, 0) != ran.accounts.get(account, 0)
    ]
    if accounts_of(acted.chain) != accounts_of(ran.chain) or holdings_of(acted.chain) != holdings_of(ran.chain):
        found.append(f"chain: actors {accounts_of(acted.chain)}, core {accounts_of(ran.chain)}")
    for name, run in (("actors", acted), ("core", ran)):
        entries = [Entry(seq, 1, record) for seq, record in enumerate(run.records, 1)]
        state = ChainState(accounts=accounts_of(run.chain), holdings=holdings_of(run.chain), landed=run.chain.settled)
        found += [f"{name}: {where}: {what}" for where, what in audit(entries, state).findings]
    return found


def _play(runner: Runner, source: Source, slots: int) -> int:
    for number in range(slots):
        batch = source.feed.next()
        if batch is None:
            return number
        runner.run((batch,))
    return slots


def _chain(source: Source) -> PaperChain:
    """Our wallets on the paper chain as they are now."""
    return source.backend.venue.chain  # type: ignore[attr-defined, no-any-return]  # every paper backend has a venue


def _text(line: bytes | None) -> str:
    return "nothing" if line is None else line.decode()[:300]
