import pytest
from solders.address_lookup_table_account import AddressLookupTableAccount
from solders.hash import Hash
from solders.instruction import Instruction
from solders.transaction import VersionedTransaction

from core.chain.build import curve, nonce, pool
from core.chain.build.funds import transfer
from core.chain.build.orders import (
    Place,
    Tip,
    curve_buy,
    curve_sell,
    pool_buy,
    pool_cashback_setup,
    pool_sell,
    with_place,
)
from core.chain.build.signing import TRANSACTION_BYTES, compile_message, sign, transaction_bytes
from core.chain.build.tables import COMMON_ADDRESSES
from core.errors import Refused
from tests.chain.build.coins import CASHBACK_POOL, CURVE, RECIPIENTS, USER, key, wallet

PAYER = wallet("emergency gas")
USER_KEY = USER.pubkey()
ON_CURVE = curve.curve_accounts(CURVE, USER_KEY, RECIPIENTS)
ON_POOL = pool.pool_accounts(CASHBACK_POOL, USER_KEY, RECIPIENTS)
PLACE = Place(200_000, 5_000, Tip(key("tip"), 1_000))
BLOCKHASH = Hash.hash(b"a block")
LATER = Hash.hash(b"a later block")


def buy(spend: int = 1_000, tokens: int = 10) -> list[Instruction]:
    trade = curve.buy_exact_quote_in_v2(ON_CURVE, spend, tokens)
    return with_place(PLACE, USER_KEY, curve_buy(CURVE, ON_CURVE, trade))


def largest() -> list[Instruction]:
    trade = pool.sell(ON_POOL, 5, 1)
    return with_place(PLACE, PAYER.pubkey(), pool_sell(CASHBACK_POOL, ON_POOL, trade, 5, close=True))


def test_a_signed_transaction_is_what_the_library_makes_of_it():
    message = compile_message(USER_KEY, buy(), BLOCKHASH)
    signed = sign(message, [USER], 77)

    assert signed.raw == bytes(VersionedTransaction(message, [USER]))
    assert signed.signature == str(VersionedTransaction.from_bytes(signed.raw).signatures[0])
    assert signed.last_valid_block_height == 77
    assert transaction_bytes(message) == len(signed.raw)


def test_signatures_stand_in_the_order_of_the_message_whoever_pays():
    message = compile_message(PAYER.pubkey(), buy(), BLOCKHASH)

    for signers in ([USER, PAYER], [PAYER, USER]):
        transaction = VersionedTransaction.from_bytes(sign(message, signers, None).raw)
        assert transaction.verify_with_results() == [True, True]
        assert transaction.message.account_keys[0] == PAYER.pubkey()


def test_a_missing_or_an_idle_signer_is_named_and_refused():
    message = compile_message(PAYER.pubkey(), buy(), BLOCKHASH)

    with pytest.raises(Refused, match=str(PAYER.pubkey())):
        sign(message, [USER], None)
    with pytest.raises(Refused, match=str(wallet("other").pubkey())):
        sign(message, [USER, PAYER, wallet("other")], None)


def test_the_largest_orders_fit_the_network():
    """A buy is paid by its own wallet; a panic sale may have a payer of its own."""
    trade = pool.buy_exact_quote_in(ON_POOL, 5, 1)
    purchase = with_place(PLACE, USER_KEY, pool_buy(CASHBACK_POOL, ON_POOL, trade, 5))
    panic = with_place(PLACE, PAYER.pubkey(), curve_sell(CURVE, ON_CURVE, curve.sell_v2(ON_CURVE, 5, 1), close=True))

    for payer, instructions in ((USER_KEY, purchase), (PAYER.pubkey(), panic), (PAYER.pubkey(), largest())):
        assert transaction_bytes(compile_message(payer, instructions, BLOCKHASH)) <= TRANSACTION_BYTES


def test_with_the_common_table_everything_fits_at_once():
    """Durable nonce, tip, another payer, and a cashback pool whose accounts are still to be opened."""
    table = AddressLookupTableAccount(key("table"), list(COMMON_ADDRESSES))
    setup = pool_cashback_setup(CASHBACK_POOL, USER_KEY, USER_KEY, has_accumulator=False)
    sale = pool_sell(CASHBACK_POOL, ON_POOL, pool.sell(ON_POOL, 5, 1), 5, close=True)
    listed = [
        nonce.advance(key("nonce"), USER_KEY),
        *with_place(PLACE, PAYER.pubkey(), [*setup, *sale]),
    ]

    assert transaction_bytes(compile_message(PAYER.pubkey(), listed, BLOCKHASH, [table])) <= TRANSACTION_BYTES


def test_too_large_a_transaction_is_refused_and_a_lookup_table_mends_it():
    extra = [transfer(USER_KEY, key(f"someone {i}"), 1) for i in range(5)]
    with pytest.raises(Refused, match="1232"):
        compile_message(USER_KEY, [*buy(), *extra], BLOCKHASH)

    table = AddressLookupTableAccount(key("table"), [meta.pubkey for meta in ON_CURVE.buy if not meta.is_signer])
    message = compile_message(USER_KEY, [*buy(), *extra], BLOCKHASH, [table])

    assert transaction_bytes(message) <= TRANSACTION_BYTES
    assert len(message.address_table_lookups) == 1
