"""Token accounts and lamports in the real SVM, as the chain's own token programs move them."""

import pytest
from solders.account import Account
from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.litesvm import LiteSVM
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction
from solders.transaction_metadata import TransactionMetadata

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
from core.chain.build.signing import compile_message, sign
from core.chain.rent import TOKEN_2022_ACCOUNT_LAMPORTS, TOKEN_ACCOUNT_LAMPORTS
from core.chain.tokens import Mint, MintBase, decode_token_account, encode_mint
from core.errors import Refused
from core.types import BASE_FEE_LAMPORTS, LAMPORTS_PER_SOL
from tests.chain.build.coins import MINT, USER, key, wallet

USER_KEY = USER.pubkey()
GAS = wallet("emergency gas")
WRAPPED = token_account(USER_KEY, WSOL, TOKEN_ID)


def chain() -> LiteSVM:
    svm = LiteSVM().with_blockhash_check(False)
    for owner in (USER, GAS):
        svm.airdrop(owner.pubkey(), LAMPORTS_PER_SOL)
    plant_mint(svm, WSOL, TOKEN_ID, 9)
    return svm


def plant_mint(svm: LiteSVM, mint: Pubkey, program: Pubkey, decimals: int = 6) -> None:
    data = encode_mint(Mint(MintBase(None, 10**15, decimals, True, None)))
    svm.set_account(mint, Account(10**9, data, program))


def send(svm: LiteSVM, instructions: list[Instruction], *signers: Keypair) -> None:
    payer = signers[0].pubkey()
    signed = sign(compile_message(payer, instructions, Hash.default()), signers, None)
    outcome = svm.send_transaction(VersionedTransaction.from_bytes(signed.raw))
    assert isinstance(outcome, TransactionMetadata), outcome
    assert str(outcome.signature()) == signed.signature


def balance(svm: LiteSVM, owner: Pubkey) -> int:
    return svm.get_balance(owner) or 0


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
