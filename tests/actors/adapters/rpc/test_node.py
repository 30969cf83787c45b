import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.rpc.responses import GetTransactionResp
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from actors.adapters.rpc.errors import BadResponse, PreflightFailed, RpcRefused
from actors.adapters.rpc.node import Node
from actors.adapters.rpc.requests import FINALIZED, send
from core.chain.codec.keys import key_bytes
from core.chain.programs import SYSTEM, TOKEN, TOKEN_2022, WSOL_MINT
from core.chain.tokens import TokenAccount, TokenAccountBase, encode_token_account
from core.errors import Refused
from tests.actors.adapters.rpc.server import Failure, NodeServer, client

OWNER = "BwWK17cbHxwWBKZkUYvzxLcNQ1YVyaFezduWbtm2de6s"
SIGNATURE = "5" * 87


def account(data: bytes = b"", lamports: int = 1, owner: str = SYSTEM) -> dict[str, object]:
    coded = b64encode(data).decode()
    return {
        "lamports": lamports,
        "owner": owner,
        "data": [coded, "base64"],
        "executable": False,
        "rentEpoch": 2**64 - 1,
    }


def token_bytes(mint: str, owner: str, amount: int) -> bytes:
    return encode_token_account(TokenAccount(TokenAccountBase(mint, owner, amount, None, 1, None, 0, None)))


def signed() -> tuple[bytes, Keypair]:
    payer = Keypair()
    move = transfer(TransferParams(from_pubkey=payer.pubkey(), to_pubkey=payer.pubkey(), lamports=1))
    message = MessageV0.try_compile(payer.pubkey(), [move], [], Hash.default())
    return bytes(VersionedTransaction(message, [payer])), payer


def transaction(err: object = None, signature: str = SIGNATURE) -> dict[str, Any]:
    """As `getTransaction` gives a transfer of 1,000 lamports and two tokens from OWNER to a loaded address."""

    def tokens(at: int, owner: str, amount: int) -> dict[str, object]:
        shown = {"amount": str(amount), "decimals": 6, "uiAmount": None, "uiAmountString": "0"}
        return {"accountIndex": at, "mint": WSOL_MINT, "owner": owner, "programId": TOKEN, "uiTokenAmount": shown}

    return {
        "slot": 900,
        "blockTime": 1_700_000_000,
        "version": 0,
        "meta": {
            "err": err,
            "status": {"Ok": None},
            "fee": 5_000,
            "preBalances": [10_000, 500, 1],
            "postBalances": [4_000, 1_500, 1],
            "preTokenBalances": [tokens(1, OWNER, 2)],
            "postTokenBalances": [tokens(1, OWNER, 0), tokens(2, SYSTEM, 2)],
            "logMessages": ["Program 11111111111111111111111111111111 invoke [1]"],
            "innerInstructions": [],
            "rewards": [],
            "loadedAddresses": {"writable": [WSOL_MINT], "readonly": [SYSTEM]},
            "computeUnitsConsumed": 150,
        },
        "transaction": {
            "signatures": [signature],
            "message": {
                "header": {
                    "numRequiredSignatures": 1,
                    "numReadonlySignedAccounts": 0,
                    "numReadonlyUnsignedAccounts": 0,
                },
                "accountKeys": [OWNER],
                "recentBlockhash": SYSTEM,
                "instructions": [
                    {"programIdIndex": 2, "accounts": [0, 1], "data": "3Bxs4h24hBtQy9rw", "stackHeight": 1}
                ],
                "addressTableLookups": [{"accountKey": OWNER, "writableIndexes": [0], "readonlyIndexes": [1]}],
            },
        },
    }


def test_a_blockhash_comes_with_its_last_valid_height(server: NodeServer):
    server.replies["getLatestBlockhash"] = lambda _: server.at_slot(
        {"blockhash": SYSTEM, "lastValidBlockHeight": 1_150}
    )

    read = Node(client(server)).latest_blockhash()
    assert (read.blockhash, read.last_valid_block_height, read.slot) == (SYSTEM, 1_150, 1_000)
    assert server.requests[0]["params"][0]["commitment"] == "confirmed"


def test_accounts_come_with_slot_and_owner_and_absent_ones_are_none(server: NodeServer):
    server.replies["getMultipleAccounts"] = lambda _: server.at_slot([account(b"\1\2", 7, TOKEN), None])

    read = Node(client(server)).accounts([OWNER, WSOL_MINT])
    first, second = read.accounts
    assert first is not None
    assert (first.address, first.owner, first.lamports, first.data) == (OWNER, TOKEN, 7, b"\1\2")
    assert (second, read.slot) == (None, 1_000)


def test_more_than_a_hundred_accounts_take_several_calls_and_the_oldest_slot(server: NodeServer):
    slots = iter((1_003, 1_001, 1_002))

    def reply(params: list[Any]) -> object:
        return {"context": {"slot": next(slots)}, "value": [account(lamports=len(params[0]))] * len(params[0])}

    server.replies["getMultipleAccounts"] = reply
    read = Node(client(server)).accounts([OWNER] * 250)
    assert len(server.requests) == 3
    assert ([one.lamports for one in read.accounts if one][::100], read.slot) == ([100, 100, 50], 1_001)


def test_an_account_too_few_is_a_bad_response(server: NodeServer):
    server.replies["getMultipleAccounts"] = lambda _: server.at_slot([account()])

    with pytest.raises(BadResponse, match="2 accounts were asked for, 1 came"):
        Node(client(server)).accounts([OWNER, WSOL_MINT])


def test_holdings_are_read_under_both_token_programs(server: NodeServer):
    def reply(params: list[Any]) -> object:
        program = params[1]["programId"]
        data = token_bytes(WSOL_MINT, params[0], 5 if program == TOKEN else 6)
        keyed = [{"pubkey": WSOL_MINT, "account": account(data, 2_039_280, program)}]
        if program == TOKEN:
            keyed.append({"pubkey": SYSTEM, "account": account(b"junk", 1, program)})
        return server.at_slot(keyed)

    server.replies["getTokenAccountsByOwner"] = reply
    read = Node(client(server)).token_accounts(OWNER)
    assert [(one.program, one.token.amount, one.token.owner) for one in read.holdings] == [
        (TOKEN, 5, OWNER),
        (TOKEN_2022, 6, OWNER),
    ]
    assert read.unread == (SYSTEM,)


def test_the_largest_accounts_come_as_numbers(server: NodeServer):
    server.replies["getTokenLargestAccounts"] = lambda _: server.at_slot(
        [{"address": OWNER, "amount": "123", "decimals": 6, "uiAmount": 0.1, "uiAmountString": "0.1"}]
    )

    assert Node(client(server)).largest_accounts(WSOL_MINT).accounts == ((OWNER, 123),)


def test_statuses_tell_success_failure_and_ignorance(server: NodeServer):
    failed = {"InstructionError": [3, {"Custom": 6002}]}
    server.replies["getSignatureStatuses"] = lambda _: server.at_slot(
        [
            {"slot": 990, "confirmations": 3, "err": None, "confirmationStatus": "confirmed", "status": {"Ok": None}},
            {"slot": 991, "confirmations": None, "err": failed, "confirmationStatus": "finalized"},
            None,
        ]
    )

    good, bad, absent = Node(client(server)).statuses([SIGNATURE] * 3, history=True)
    assert good is not None
    assert bad is not None
    assert (good.commitment, good.err, bad.commitment) == ("confirmed", None, "finalized")
    assert json.loads(bad.err or "") == failed
    assert absent is None
    assert server.requests[0]["params"][1] == {"searchTransactionHistory": True}


def test_a_transaction_tells_what_it_did_to_us(server: NodeServer):
    server.replies["getTransaction"] = lambda _: transaction()

    landed = Node(client(server)).transaction(SIGNATURE)
    assert landed is not None
    assert (landed.slot, landed.block_time_s, landed.err, landed.fee_lamports) == (900, 1_700_000_000, None, 5_000)
    assert landed.payer == OWNER
    assert landed.keys == (OWNER, WSOL_MINT, SYSTEM)
    assert (landed.lamports_change(OWNER), landed.lamports_change(WSOL_MINT)) == (-6_000, 1_000)
    assert landed.lamports_change(TOKEN) == 0
    assert (landed.token_change(OWNER, WSOL_MINT), landed.token_change(SYSTEM, WSOL_MINT)) == (-2, 2)
    assert [call.program for call in landed.calls] == [SYSTEM]
    assert server.requests[0]["params"][1]["maxSupportedTransactionVersion"] == 0


@pytest.mark.parametrize("err", [{"InstructionError": [1, {"Custom": 6002}]}, {"ErrorOfTheYear2030": [1, 2]}])
def test_a_failed_transaction_keeps_its_error_even_one_that_nobody_knows_yet(server: NodeServer, err: object):
    server.replies["getTransaction"] = lambda _: transaction(err)

    landed = Node(client(server)).transaction(SIGNATURE, FINALIZED)
    assert landed is not None
    assert json.loads(landed.err or "") == err


def test_a_transaction_that_is_not_there_is_none(server: NodeServer):
    server.replies["getTransaction"] = None
    assert Node(client(server)).transaction(SIGNATURE) is None


def spoilt(**meta: object) -> dict[str, Any]:
    whole = transaction()
    whole["meta"] |= meta
    return whole


@pytest.mark.parametrize(
    "answer",
    [
        transaction(signature="4" * 87),
        spoilt(postBalances=[1, 2]),
        spoilt(fee=None),
        spoilt(loadedAddresses=None),
        spoilt(preTokenBalances=[{"accountIndex": 9, "mint": OWNER, "uiTokenAmount": {"amount": "1"}}]),
        spoilt(preTokenBalances=[{"accountIndex": 0, "mint": OWNER, "uiTokenAmount": {"amount": "x"}}]),
        {"slot": 1, "meta": None},
        [],
        "gone",
    ],
)
def test_a_transaction_that_does_not_fit_together_is_a_bad_response(server: NodeServer, answer: object):
    server.replies["getTransaction"] = answer

    with pytest.raises(BadResponse):
        Node(client(server)).transaction(SIGNATURE)


def test_solders_reads_the_same_from_the_same_answer(server: NodeServer):
    whole = transaction()
    server.replies["getTransaction"] = whole
    landed = Node(client(server)).transaction(SIGNATURE)
    answer = GetTransactionResp.from_json(json.dumps({"jsonrpc": "2.0", "id": 0, "result": whole}))
    assert landed is not None
    assert isinstance(answer, GetTransactionResp)
    theirs = answer.value
    assert theirs is not None
    meta = theirs.transaction.meta
    assert meta is not None

    assert (landed.slot, landed.block_time_s, landed.fee_lamports) == (theirs.slot, theirs.block_time, meta.fee)
    assert (list(landed.pre_lamports), list(landed.post_lamports)) == (meta.pre_balances, meta.post_balances)
    ours = [(one.mint, one.owner, str(one.amount)) for one in landed.post_tokens]
    assert ours == [(str(t.mint), str(t.owner), t.ui_token_amount.amount) for t in meta.post_token_balances or []]


@pytest.mark.parametrize("name", ["pump_migrate_pumpswap_create_pool_buy_2025-06", "launchlab_initialize_buy_2025-06"])
def test_recorded_transactions_balance(server: NodeServer, shared_data: Path, name: str):
    whole = json.loads((shared_data / "transactions" / f"{name}.json").read_text())
    server.replies["getTransaction"] = whole
    landed = Node(client(server)).transaction(whole["transaction"]["signatures"][0])
    assert landed is not None

    assert sum(map(landed.lamports_change, set(landed.keys))) == -landed.fee_lamports
    assert landed.calls


def page(history: list[str]) -> Callable[[list[Any]], object]:
    """Serves this history, newest first, as nodes do."""

    def reply(params: list[Any]) -> object:
        wanted = params[1]
        at = history.index(wanted["before"]) + 1 if wanted.get("before") else 0
        end = history.index(wanted["until"]) if wanted.get("until") else len(history)
        rows = history[at : min(end, at + wanted["limit"])]
        return [
            {"signature": one, "slot": 5_000 - history.index(one), "err": None, "memo": None, "blockTime": 7}
            for one in rows
        ]

    return reply


def names(count: int) -> list[str]:
    return [str(Keypair().sign_message(bytes([n % 251]))) for n in range(count)]


def test_a_history_is_read_page_by_page(server: NodeServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("actors.adapters.rpc.node.MOST_SIGNATURES", 10)
    history = names(25)
    server.replies["getSignaturesForAddress"] = page(history)
    node = Node(client(server))

    assert [one.signature for one in node.history(OWNER)] == history
    assert len(server.requests) == 3
    assert [one.signature for one in node.history(OWNER, until=history[12])] == history[:12]
    assert [one.signature for one in node.history(OWNER, since_slot=4_995)] == history[:6]
    assert [one.signature for one in node.history(OWNER, most=13)] == history[:13]


def test_a_simulation_that_fails_is_an_answer(server: NodeServer):
    raw, payer = signed()
    value = {"err": {"InstructionError": [0, {"Custom": 1}]}, "logs": ["a"], "accounts": None, "unitsConsumed": 150}
    server.replies["simulateTransaction"] = lambda _: server.at_slot(value)

    told = Node(client(server)).simulate(raw, accounts=[str(payer.pubkey())])
    assert (told.err, told.logs, told.units, told.accounts) == (
        '{"InstructionError": [0, {"Custom": 1}]}',
        ("a",),
        150,
        (),
    )
    sent, how = server.requests[0]["params"]
    assert sent == b64encode(raw).decode()
    assert (how["sigVerify"], how["replaceRecentBlockhash"]) == (False, True)
    assert how["accounts"] == {"encoding": "base64", "addresses": [str(payer.pubkey())]}


def test_a_simulation_shows_accounts_as_they_would_be(server: NodeServer):
    raw, _ = signed()
    value = {"err": None, "logs": [], "accounts": [account(b"\7", 9), None], "unitsConsumed": 1}
    server.replies["simulateTransaction"] = lambda _: server.at_slot(value)

    first, second = Node(client(server)).simulate(raw, accounts=[OWNER, WSOL_MINT]).accounts
    assert first is not None
    assert (first.lamports, first.data, second) == (9, b"\7", None)


def test_a_failed_preflight_says_what_the_chain_said(server: NodeServer):
    raw, _ = signed()
    data = {"err": {"InstructionError": [0, {"Custom": 6002}]}, "logs": ["Program log: slippage"], "accounts": None}
    server.replies["sendTransaction"] = Failure(-32002, "Transaction simulation failed", data)
    rpc = client(server)

    with pytest.raises(PreflightFailed) as refusal:
        rpc.ask(send(raw, skip_preflight=False), str)
    assert (refusal.value.err, refusal.value.logs) == (
        '{"InstructionError": [0, {"Custom": 6002}]}',
        ("Program log: slippage",),
    )
    assert rpc.outcomes == {("sendTransaction", "preflight"): 1}


def test_fees_and_rent_are_numbers(server: NodeServer):
    server.replies["getRecentPrioritizationFees"] = [{"slot": 5, "prioritizationFee": 100}]
    server.replies["getMinimumBalanceForRentExemption"] = 890_880
    node = Node(client(server))

    assert node.priority_fees([OWNER]) == ((5, 100),)
    assert node.minimum_rent(0) == 890_880
    assert server.requests[0]["params"] == [[OWNER]]


@pytest.mark.parametrize("text", ["", "0", "x" * 300, "é"])
def test_what_is_no_address_or_signature_is_refused_before_anything_is_sent(server: NodeServer, text: str):
    node = Node(client(server))
    with pytest.raises(Refused, match="no address"):
        node.accounts([text])
    with pytest.raises(Refused, match="no signature"):
        node.transaction(text)
    with pytest.raises(Refused, match="no transaction"):
        node.simulate(text.encode())

    assert server.requests == []


def test_a_refusal_is_not_asked_again(server: NodeServer):
    with pytest.raises(RpcRefused, match="-32601"):
        Node(client(server)).minimum_rent(5)
    assert len(server.requests) == 1


def test_key_bytes_of_the_fixtures_are_keys():
    assert len(key_bytes(OWNER)) == 32
