"""Book and chain brought together: what is adopted, booked, listed, and what stops entries."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.ledger.books import Books
from core.ledger.chain_view import ChainView, FoundTransaction, HeldTokens
from core.ledger.fold import apply
from core.ledger.reconciliation import reconcile
from core.messages import Order, Settlement
from core.record import Posting
from core.records import AnyRecord, OrderIntended, OrderSigned
from core.types import Role, Side
from tests.ledger.journal import PARTS, bought, buy, opened, sell

RENT = 2_039_280
ACCUMULATOR = 0


def signed(books: Books, order: Order, signature: str = "") -> Books:
    books = apply(books, OrderIntended(at_s=1_000.0, order=order))
    return apply(
        books,
        OrderSigned(at_s=1_000.0, order_id=order.id, signature=signature or f"sig.{order.id}", last_valid_slot=150),
    )


def held(tokens: int, mint: str = "M", role: Role = Role.LIGHTNING) -> HeldTokens:
    return HeldTokens(mint=mint, role=role, generation=0, tokens=tokens, rent_lamports=RENT)


def view(lamports: dict[Role, int] | None = None, **changes: Any) -> ChainView:
    return ChainView(slot=200, at_s=1_100.0, lamports=PARTS | (lamports or {}), **changes)


def after(settlement: Settlement) -> dict[Role, int]:
    return {Role(role): PARTS[Role(role)] + change for role, change in settlement.changes.items()}


def holding(tokens: int = 100) -> tuple[Books, dict[Role, int]]:
    """Books with one open operation that was bought and booked, and the chain's lamports with it."""
    order, books = buy(), opened()
    settlement = bought(order, tokens)
    books = signed(books, order)
    done = reconcile(books, view(after(settlement), outcomes={settlement.signature: settlement}, held=(held(tokens),)))
    return done.books, after(settlement)


def kinds(records: tuple[AnyRecord, ...]) -> list[str]:
    return [str(type(record).__struct_config__.tag) for record in records]


def sold(order: Order, lamports: int, signature: str = "elsewhere") -> Settlement:
    return Settlement(
        signature=signature,
        slot=180,
        at_s=1_090.0,
        tokens=-order.tokens,
        quote_lamports=lamports,
        fees={"base": 5_000},
        rent_lamports=-RENT,
        changes={order.role: lamports - 5_000 + RENT},
    )


def test_where_both_agree_only_the_slot_is_noted():
    done = reconcile(opened(), view())

    assert done.ok
    assert kinds(done.records) == ["chain_reconciled"]
    assert (done.books.reconciled_slot, done.books.slot) == (200, 200)
    assert not done.books.paused


def test_a_buy_that_landed_while_the_process_was_down_is_a_position_before_anything_else_happens():
    order = buy()
    settlement = bought(order, 100)

    done = reconcile(
        signed(opened(), order), view(after(settlement), outcomes={settlement.signature: settlement}, held=(held(100),))
    )

    assert done.ok
    assert kinds(done.records) == ["order_settled", "chain_reconciled"]
    assert done.books.operations["op1"].holdings == {Role.LIGHTNING: 100}
    assert not done.books.operations["op1"].adopted


def test_a_buy_that_failed_while_the_process_was_down_is_a_cost_and_no_position():
    order = buy()
    failed = Settlement(
        signature="sig.entry.op1.1",
        slot=150,
        at_s=1_050.0,
        error="slippage",
        fees={"base": 5_000},
        changes={Role.LIGHTNING: -5_000},
    )

    done = reconcile(signed(opened(), order), view(after(failed), outcomes={failed.signature: failed}))

    assert done.ok
    assert done.books.operations == {}
    assert done.books.accounts["failed_entries"] == 5_000


def test_an_order_without_an_outcome_stays_open_and_explains_nothing():
    order = buy()

    done = reconcile(signed(opened(), order), view({Role.LIGHTNING: PARTS[Role.LIGHTNING] - 1}, held=(held(100),)))

    assert done.ok
    assert list(done.books.orders) == [order.id]
    assert done.books.foreign == {}
    assert done.books.operations == {}


def test_tokens_that_our_own_transaction_bought_unknown_to_the_books_are_adopted_and_to_be_sold():
    settlement = replace(bought(buy(), 100), signature="elsewhere")
    found = FoundTransaction(settlement=settlement, signed=True, mint="M", side=Side.BUY)

    done = reconcile(opened(), view(after(settlement), held=(held(100),), transactions=(found,)))

    operation = done.books.operations["op1"]
    assert operation.adopted
    assert operation.holdings == {Role.LIGHTNING: 100}
    assert done.books.paused
    assert "never journaled" in done.books.paused_why
    assert not done.ok
    assert sum(done.books.accounts.values()) == 0
    assert done.books.balance(Role.LIGHTNING) == after(settlement)[Role.LIGHTNING]


def test_what_was_found_once_is_not_found_again():
    settlement = replace(bought(buy(), 100), signature="elsewhere")
    found = FoundTransaction(settlement=settlement, signed=True, mint="M", side=Side.BUY)
    seen = view(after(settlement), held=(held(100),), transactions=(found,))

    again = reconcile(reconcile(opened(), seen).books, seen)

    assert again.ok
    assert again.records == ()


def test_tokens_that_others_sent_are_listed_and_nothing_else_changes():
    done = reconcile(opened(), view(held=(held(7, "AIRDROP"),)))

    assert done.ok
    assert kinds(done.records) == ["foreign_seen", "chain_reconciled"]
    assert done.books.foreign == {"AIRDROP": {Role.LIGHTNING: 7}}
    assert done.books.operations == {}
    assert not done.books.paused


def test_foreign_tokens_that_went_away_are_listed_no_more():
    seen = reconcile(opened(), view(held=(held(7, "AIRDROP"),))).books

    assert reconcile(seen, view()).books.foreign == {}


def test_dust_in_our_own_token_account_is_foreign_beside_what_we_hold():
    books, lamports = holding()

    done = reconcile(books, view(lamports, held=(held(101),)))

    assert done.ok
    assert done.books.foreign == {"M": {Role.LIGHTNING: 1}}
    assert done.books.operations["op1"].tokens == 100


def test_a_booked_position_that_is_gone_is_closed_with_the_outcome_of_what_explains_it():
    books, lamports = holding()
    settlement = sold(sell(100), 950_000)
    found = FoundTransaction(settlement=settlement, signed=True, mint="M", side=Side.SELL)
    lamports = lamports | {Role.LIGHTNING: lamports[Role.LIGHTNING] + settlement.changes[Role.LIGHTNING]}

    done = reconcile(books, view(lamports, transactions=(found,)))

    operation = done.books.operations["op1"]
    assert operation.tokens == 0
    assert operation.exits[0].proceeds_lamports == 950_000
    assert done.books.paused
    assert [text.startswith("transaction elsewhere") for text in done.findings] == [True]


def test_a_booked_position_that_is_gone_for_no_reason_stops_entries():
    books, lamports = holding()

    done = reconcile(books, view(lamports))

    assert done.books.paused
    assert any(text.startswith("token M: the books say lightning holds 100") for text in done.findings)


def test_lamports_that_others_sent_are_external_and_no_gain():
    done = reconcile(opened(), view({Role.REENTRY: PARTS[Role.REENTRY] + 777}))

    assert done.ok
    assert kinds(done.records) == ["external_received", "chain_reconciled"]
    assert done.books.balance(Role.REENTRY) == PARTS[Role.REENTRY] + 777
    assert done.books.flat_equity_lamports() == sum(PARTS.values())


def test_lamports_that_are_missing_stop_entries():
    done = reconcile(opened(), view({Role.REENTRY: PARTS[Role.REENTRY] - 1}))

    assert done.books.paused
    assert done.findings == (
        f"wallet:reentry: the books say {PARTS[Role.REENTRY]} lamports, the chain {PARTS[Role.REENTRY] - 1}: -1",
    )
    assert done.books.balance(Role.REENTRY) == PARTS[Role.REENTRY] - 1
    assert reconcile(done.books, view({Role.REENTRY: PARTS[Role.REENTRY] - 1})).findings == ()


def test_a_transfer_by_our_keys_that_nobody_journaled_is_booked_and_stops_entries():
    moved = Settlement(signature="thief", slot=190, at_s=1_095.0, changes={Role.REENTRY: -10_005_000})
    found = FoundTransaction(settlement=moved, signed=True, role=Role.REENTRY)

    done = reconcile(opened(), view(after(moved), transactions=(found,)))

    assert done.books.paused
    assert done.books.accounts["unjournaled"] == 10_005_000
    assert done.books.balance(Role.REENTRY) == after(moved)[Role.REENTRY]
    assert done.books.flat_equity_lamports() == sum(PARTS.values()) - 10_005_000
    assert len(done.findings) == 1


def test_what_others_signed_is_no_transaction_of_our_keys():
    gift = Settlement(signature="gift", slot=190, at_s=1_095.0, changes={Role.REENTRY: 5})

    done = reconcile(opened(), view(after(gift), transactions=(FoundTransaction(settlement=gift, signed=False),)))

    assert done.ok
    assert Posting("external", -5) in [p for r in done.records for p in getattr(r, "postings", ())]


def test_a_generation_that_the_books_missed_is_followed_and_stops_entries():
    done = reconcile(opened(), view(generation=1))

    assert done.books.generation == 1
    assert done.books.paused


def test_rent_that_the_books_do_not_know_stops_entries():
    done = reconcile(opened(), view(accumulators={Role.LIGHTNING: 1_844_400}))

    assert done.findings == ("rent of lightning: the books say 0 lamports, the chain 1844400: +1844400",)
    assert done.books.paused
    assert done.books.accounts["unjournaled"] == -1_844_400


@pytest.mark.parametrize("mint", ["AIRDROP"])
def test_the_rent_of_an_account_that_others_made_is_theirs(mint: str):
    assert reconcile(opened(), view(held=(held(7, mint),))).ok
