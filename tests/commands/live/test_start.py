"""A live start without holdings refuses whatever is not as it must be, each with one line; with holdings it begins."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from commands.live import start
from core.chain_records import CapitalConfirmed
from core.errors import Refused
from core.ledger.books import Books
from core.ledger.chain_view import ChainView, HeldTokens
from core.ledger.fold import apply
from core.rules.capital import split, start_lamports
from core.settings import Settings
from core.types import Role
from tests.commands.process import ran

SETTINGS = Settings()
PARTS = split(SETTINGS.capital, start_lamports(SETTINGS.capital, 80.0))
ADDRESSES = {role: f"address of {role}" for role in Role}
CONFIRMED = Books(seq=1, mode="live", capital_usd=20.0, cap_lamports=250_000_000)


def test_without_nodes_or_keys_it_says_so_in_one_line(tmp_path: Path):
    nowhere = {"SOLANA_RPC_URL": "http://127.0.0.1:1", "SOLANA_WS_URL": "ws://127.0.0.1:1"}

    any_ports = ("--set", "MICRO_MONITOR_PORT=0", "--set", "MICRO_EXECUTOR_PORT=0")
    without_nodes = ran(tmp_path, "live", *any_ports)
    without_keys = ran(tmp_path, "live", "--confirm-capital", "20", *any_ports, **nowhere)

    assert list(tmp_path.iterdir()) == []
    for done, word in ((without_nodes, "SOLANA_RPC_URL"), (without_keys, "wallets init")):
        assert done.returncode == 2
        assert word in done.stderr
        assert len(done.stderr.splitlines()) == 1


def view(lamports: dict[Role, int], *held: HeldTokens) -> ChainView:
    return ChainView(slot=1, at_s=1.0, lamports=lamports, held=held)


def test_a_first_start_needs_the_confirmed_capital():
    with pytest.raises(Refused, match=r"confirm its capital with --confirm-capital 20$"):
        start.check_capital(SETTINGS, Books(), None)


def test_the_confirmed_capital_must_be_the_one_of_the_settings():
    with pytest.raises(Refused, match=r"says \$25, MICRO_CAPITAL_USD \$20"):
        start.check_capital(SETTINGS, Books(), 25.0)
    start.check_capital(SETTINGS, Books(), 20.0)


def test_a_later_start_needs_no_confirmation_and_takes_no_other():
    start.check_capital(SETTINGS, CONFIRMED, None)
    start.check_capital(SETTINGS, CONFIRMED, 20.0)
    with pytest.raises(Refused, match="stays so"):
        start.check_capital(SETTINGS, CONFIRMED, 30.0)


def test_wallets_without_funds_are_named_with_what_they_lack():
    lamports = PARTS | {Role.REENTRY: PARTS[Role.REENTRY] - 1_000_000}

    with pytest.raises(Refused, match=r"reentry \(address of reentry\) lacks 0.001000 SOL$"):
        start.check_funds(SETTINGS, view(lamports), 80.0, ADDRESSES)
    start.check_funds(SETTINGS, view(PARTS), 80.0, ADDRESSES)


def test_a_doctor_that_is_not_green_refuses():
    with pytest.raises(Refused, match=r"^.doctor --live. is not green: rpc: no answer$"):
        start.check_health("rpc: no answer")
    start.check_health("")


def test_a_journal_of_paper_is_no_live_one():
    with pytest.raises(Refused, match="journal of paper"):
        start.check_mode(Books(seq=5, mode="paper"))
    start.check_mode(Books(seq=5, mode="live"))
    start.check_mode(Books())


def test_tokens_on_the_chain_are_holdings_unless_others_sent_them():
    token = HeldTokens(mint="M", role=Role.LIGHTNING, generation=0, tokens=1, rent_lamports=1)

    assert not start.holds(Books())
    assert start.holds(Books(), view({}, token))
    assert not start.holds(Books(foreign={"M": {Role.LIGHTNING: 1}}), view({}, token))
    assert not start.holds(Books(), view({}, replace(token, tokens=0)))


def test_the_confirmed_capital_is_journaled_once_and_what_is_above_it_is_received_and_stays_unspent():
    records, books = start.opened(SETTINGS, Books(), 80.0, 1.0)
    richer = view({role: lamports + 7 for role, lamports in PARTS.items()})

    learnt = start.learnt(SETTINGS, books, richer, 1.0)

    for record in learnt:
        books = apply(books, record)
    assert len(records) == 1
    assert [record for record in learnt if isinstance(record, CapitalConfirmed)] == [
        CapitalConfirmed(at_s=1.0, usd=20.0, lamports=sum(PARTS.values()), by="--confirm-capital")
    ]
    assert books.cap_lamports == sum(PARTS.values())
    assert books.balance(Role.LIGHTNING) == PARTS[Role.LIGHTNING] + 7
    assert start.confirmation(SETTINGS, books, 2.0) == ()


def test_what_does_not_add_up_is_not_booked_and_stops_entries(monkeypatch: pytest.MonkeyPatch):
    def off(*_: object) -> None:
        raise ValueError("off by 3 lamports")

    monkeypatch.setattr(start, "reconcile", off)

    (paused,) = start.learnt(SETTINGS, CONFIRMED, view(PARTS), 1.0)

    assert "off by 3 lamports" in getattr(paused, "why", "")
