"""Token accounts and lamports in the real SVM, as the chain's own token programs move them."""

import pytest
from solders.pubkey import Pubkey

from core.chain.build.addresses import TOKEN_2022_ID, TOKEN_ID, WSOL, token_account
from core.chain.build.funds import (
    close_token_account,
    compute_budget,
    open_token_account,
    priority_fee_lamports,
    transfer,
    unwrap,
    wrap,
)
from core.chain.build.orders import Place, Tip, with_place
from core.chain.rent import TOKEN_2022_ACCOUNT_LAMPORTS, TOKEN_ACCOUNT_LAMPORTS
from core.chain.tokens import decode_token_account
from core.errors import Refused
from core.types import BASE_FEE_LAMPORTS, LAMPORTS_PER_SOL
from tests.chain.build.coins import MINT, USER, key
from tests.chain.build.local import GAS, balance, chain, plant_mint, send

USER_KEY = USER.pubkey()
WRAPPED = token_account(USER_KEY, WSOL, TOKEN_ID)


def test_wrapping_and_unwrapping_costs_only_the_fees():
    svm = chain()
    send(svm, wrap(USER_KEY, 5_000), USER)
    held = svm.get_account(WRAPPED)

    assert held is not None
    assert held.lamports == 5_000 + TOKEN_ACCOUNT_LAMPORTS
    assert decode_token_account(held.data).amount == 5_000

    send(svm, [*wrap(USER_KEY, 2_000), unwrap(USER_KEY)], USER)

    assert balance(svm, WRAPPED) == 0
    assert balance(svm, USER_KEY) == LAMPORTS_PER_SOL - 2 * BASE_FEE_LAMPORTS


@pytest.mark.parametrize(
    ("program", "rent"), [(TOKEN_ID, TOKEN_ACCOUNT_LAMPORTS), (TOKEN_2022_ID, TOKEN_2022_ACCOUNT_LAMPORTS)]
)
def test_a_token_account_opens_once_and_returns_its_rent(program: Pubkey, rent: int):
    svm = chain()
    plant_mint(svm, MINT, program)
    opening = open_token_account(GAS.pubkey(), USER_KEY, MINT, program)
    account = token_account(USER_KEY, MINT, program)
    send(svm, [opening, opening], GAS)

    assert balance(svm, account) == rent
    assert balance(svm, USER_KEY) == LAMPORTS_PER_SOL

    send(svm, [close_token_account(account, USER_KEY, USER_KEY, program)], GAS, USER)

    assert balance(svm, USER_KEY) == LAMPORTS_PER_SOL + rent
    assert balance(svm, GAS.pubkey()) == LAMPORTS_PER_SOL - rent - 3 * BASE_FEE_LAMPORTS


def test_budget_and_tip_are_paid_by_the_payer_to_the_lamport():
    svm = chain()
    place = Place(10_000, 123_456, Tip(key("tip"), 1_000_000))
    send(svm, with_place(place, GAS.pubkey(), [transfer(USER_KEY, key("cold"), 2_000_000)]), GAS, USER)

    spent = LAMPORTS_PER_SOL - balance(svm, GAS.pubkey())
    assert spent == 2 * BASE_FEE_LAMPORTS + priority_fee_lamports(10_000, 123_456) + 1_000_000
    assert balance(svm, key("tip")) == 1_000_000
    assert balance(svm, USER_KEY) == LAMPORTS_PER_SOL - 2_000_000


def test_what_cannot_be_paid_is_refused_before_it_is_sent():
    with pytest.raises(Refused, match="transfer"):
        transfer(USER_KEY, key("cold"), 0)
    with pytest.raises(Refused, match="compute units"):
        compute_budget(1_400_001, 0)
    with pytest.raises(Refused, match="micro-lamports"):
        compute_budget(1, -1)
    with pytest.raises(Refused, match="no token program"):
        open_token_account(USER_KEY, USER_KEY, MINT, MINT)
