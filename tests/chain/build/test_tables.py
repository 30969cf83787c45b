import pytest
from solders.hash import Hash
from solders.litesvm import LiteSVM
from solders.pubkey import Pubkey

from core.chain.build.funds import transfer
from core.chain.build.signing import compile_message, sign
from core.chain.build.tables import COMMON_ADDRESSES, EXTENSION_ADDRESSES, create_table, decode_table, extend_table
from core.chain.codec.kinds import Undecodable
from core.errors import Refused
from core.types import LAMPORTS_PER_SOL
from tests.chain.build.coins import USER, key
from tests.chain.build.local import balance, chain, land, send

USER_KEY = USER.pubkey()


def made(svm: LiteSVM, addresses: list[Pubkey]) -> Pubkey:
    svm.warp_to_slot(10)
    svm.set_slot_hashes([(9, Hash.hash(b"slot 9"))])
    created, table = create_table(USER_KEY, USER_KEY, 9)
    send(svm, [created, extend_table(table, USER_KEY, USER_KEY, addresses)], USER)
    svm.warp_to_slot(12)
    return table


def test_accounts_named_through_a_table_are_paid():
    svm = chain()
    receivers = [key(f"receiver {i}") for i in range(EXTENSION_ADDRESSES)]
    address = made(svm, receivers)
    held = svm.get_account(address)
    assert held is not None
    table = decode_table(address, held.data)

    payments = [transfer(USER_KEY, each, LAMPORTS_PER_SOL // 100) for each in receivers]
    message = compile_message(USER_KEY, payments, Hash.default(), [table])
    land(svm, sign(message, [USER], 1))

    assert list(table.addresses) == receivers
    assert message.account_keys == [USER_KEY, payments[0].program_id]
    assert {balance(svm, each) for each in receivers} == {LAMPORTS_PER_SOL // 100}


def test_what_all_trades_name_fits_one_extension():
    assert len(set(COMMON_ADDRESSES)) == len(COMMON_ADDRESSES) <= EXTENSION_ADDRESSES


@pytest.mark.parametrize("count", [0, EXTENSION_ADDRESSES + 1])
def test_an_extension_of_none_or_too_many_is_refused(count: int):
    with pytest.raises(Refused, match="1 to 20"):
        extend_table(key("table"), USER_KEY, USER_KEY, [key(str(i)) for i in range(count)])


def test_what_is_no_table_is_told():
    with pytest.raises(Undecodable, match="table"):
        decode_table(key("table"), bytes(56))
