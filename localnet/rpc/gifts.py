"""Methods that send wallets what nobody asked for: real transactions of a stranger, in the next slot. Names begin
`localnet_`; each answers with the signature.
"""

from typing import Any

from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.system_program import CreateAccountParams, create_account
from solders.transaction import VersionedTransaction
from spl.token.instructions import initialize_mint, mint_to, transfer_checked
from spl.token.models import InitializeMintParams, MintToParams, TransferCheckedParams

from core.chain.accounts import BondingCurve, decode_account
from core.chain.build.addresses import TOKEN_ID, bonding_curve, token_account
from core.chain.build.curve import buy_v2, curve_accounts
from core.chain.build.facts import Recipients, curve_facts
from core.chain.build.funds import open_token_account
from core.chain.tokens import MINT_BYTES
from localnet import genesis
from localnet.chain import Chain
from localnet.rpc.answers import Method, argument
from localnet.rpc.errors import RpcError
from localnet.rpc.values import pubkey

DECIMALS = 6
_MOST_COST = 2**62


def foreign_token(chain: Chain, params: list[Any]) -> Any:
    """`[owner, units]`: a token that nobody knows, made for this purpose, lands in the owner's wallet."""
    owner, units = pubkey(argument(params, 0, "an owner")), int(argument(params, 1, "token units"))
    stranger, mint = genesis.faucet(), Keypair()
    made = create_account(
        CreateAccountParams(
            from_pubkey=stranger.pubkey(),
            to_pubkey=mint.pubkey(),
            lamports=genesis.rent_lamports(MINT_BYTES),
            space=MINT_BYTES,
            owner=TOKEN_ID,
        )
    )
    begun = initialize_mint(
        InitializeMintParams(
            decimals=DECIMALS, program_id=TOKEN_ID, mint=mint.pubkey(), mint_authority=stranger.pubkey()
        )
    )
    to = token_account(owner, mint.pubkey(), TOKEN_ID)
    opened = open_token_account(stranger.pubkey(), owner, mint.pubkey(), TOKEN_ID)
    given = mint_to(
        MintToParams(program_id=TOKEN_ID, mint=mint.pubkey(), dest=to, mint_authority=stranger.pubkey(), amount=units)
    )
    return _queued(chain, [made, begun, opened, given], stranger, mint)


def dust(chain: Chain, params: list[Any]) -> Any:
    """`[owner, mint, units]`: a stranger buys units of a coin on its curve and sends them to the owner."""
    owner, mint = pubkey(argument(params, 0, "an owner")), pubkey(argument(params, 1, "a mint"))
    units = int(argument(params, 2, "token units"))
    stranger = genesis.faucet()
    account, minted = chain.bank.account(bonding_curve(mint)), chain.bank.account(mint)
    state = None if account is None else decode_account(bytes(account.data))
    if minted is None or not isinstance(state, BondingCurve):
        raise RpcError(-32602, f"{mint} has no curve")
    program = minted.owner
    facts = curve_facts(mint, state, program)
    recipients = Recipients(genesis.key(genesis.FEE_RECIPIENTS[0]), genesis.key(genesis.BUYBACK_RECIPIENTS[0]))
    accounts = curve_accounts(facts, stranger.pubkey(), recipients)
    sent = transfer_checked(
        TransferCheckedParams(
            program_id=program,
            source=accounts.user_base,
            mint=mint,
            dest=token_account(owner, mint, program),
            owner=stranger.pubkey(),
            amount=units,
            decimals=DECIMALS,
        )
    )
    own = open_token_account(stranger.pubkey(), stranger.pubkey(), mint, program)
    theirs = open_token_account(stranger.pubkey(), owner, mint, program)
    return _queued(chain, [own, theirs, buy_v2(accounts, units, _MOST_COST), sent], stranger)


def _queued(chain: Chain, instructions: list[Instruction], *signers: Keypair) -> str:
    blockhash = Hash.from_string(chain.blockhash_seen("processed")[0])
    message = MessageV0.try_compile(signers[0].pubkey(), instructions, [], blockhash)
    transaction = VersionedTransaction(message, list(signers))
    chain.queue(transaction)
    return str(transaction.signatures[0])


METHODS: dict[str, Method] = {"localnet_foreignToken": foreign_token, "localnet_dust": dust}
