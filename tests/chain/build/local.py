"""The real SVM with two funded wallets, for tests that run what they built."""

from solders.account import Account
from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.litesvm import LiteSVM
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction
from solders.transaction_metadata import TransactionMetadata

from core.chain.build.addresses import TOKEN_ID, WSOL
from core.chain.build.signing import SignedTransaction, compile_message, sign
from core.chain.tokens import Mint, MintBase, encode_mint
from core.types import LAMPORTS_PER_SOL
from tests.chain.build.coins import USER, wallet

GAS = wallet("emergency gas")


def chain() -> LiteSVM:
    """A chain that takes any blockhash, with the wrapped-SOL mint, which it does not bring."""
    svm = LiteSVM().with_blockhash_check(False)
    for owner in (USER, GAS):
        svm.airdrop(owner.pubkey(), LAMPORTS_PER_SOL)
    plant_mint(svm, WSOL, TOKEN_ID, 9)
    return svm


def plant_mint(svm: LiteSVM, mint: Pubkey, program: Pubkey, decimals: int = 6) -> None:
    data = encode_mint(Mint(MintBase(None, 10**15, decimals, True, None)))
    svm.set_account(mint, Account(10**9, data, program))


def land(svm: LiteSVM, signed: SignedTransaction) -> None:
    outcome = svm.send_transaction(VersionedTransaction.from_bytes(signed.raw))
    assert isinstance(outcome, TransactionMetadata), outcome
    assert str(outcome.signature()) == signed.signature


def send(svm: LiteSVM, instructions: list[Instruction], *signers: Keypair) -> None:
    """Lands the instructions in one transaction; the first signer pays."""
    land(svm, sign(compile_message(signers[0].pubkey(), instructions, Hash.default()), signers, None))


def balance(svm: LiteSVM, owner: Pubkey) -> int:
    return svm.get_balance(owner) or 0
