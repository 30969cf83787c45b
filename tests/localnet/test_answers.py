"""Every method, over HTTP, read with the response types of `solders.rpc`."""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from base58 import b58encode
from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import Message, MessageV0
from solders.pubkey import Pubkey
from solders.rpc import responses
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import Transaction, VersionedTransaction

from core.chain.build import curve as curve_orders
from core.chain.build.addresses import TOKEN_2022_ID, bonding_curve, token_account
from core.chain.build.curve import curve_accounts
from core.chain.build.facts import CurveFacts
from core.chain.build.funds import open_token_account
from core.chain.programs import PUMP, TOKEN_2022, WSOL_MINT
from core.chain.raydium import SOL_USDC_POOL
from core.types import LAMPORTS_PER_SOL
from localnet import genesis, launching
from localnet.node import Node
from tests.localnet.client import Caller, running
from tests.localnet.stage import RECIPIENTS, person

USER, CREATOR, MINT = person("user"), person("creator"), person("mint")
UNKNOWN = str(person("nobody").pubkey())
V0 = {"maxSupportedTransactionVersion": 0, "commitment": "confirmed"}


@pytest.fixture(scope="module")
def net() -> Iterator[tuple[Node, Caller, dict[str, str]]]:
    """A node whose slots pass by hand, with a coin, a buy of it and a legacy transfer, all finalized."""
    with running(ticking=False) as (node, caller):
        for who in (USER, CREATOR):
            caller.call("requestAirdrop", str(who.pubkey()), 100 * LAMPORTS_PER_SOL)
        node.chain.advance()
        facts = CurveFacts(mint=MINT.pubkey(), creator=CREATOR.pubkey(), token_program=TOKEN_2022_ID)
        words = ("Tiny Cat", "CAT", "https://metadata.invalid/1")
        made = launching.create_v2(MINT.pubkey(), CREATOR.pubkey(), CREATOR.pubkey(), words)
        opened = open_token_account(USER.pubkey(), USER.pubkey(), MINT.pubkey(), TOKEN_2022_ID)
        accounts = curve_accounts(facts, USER.pubkey(), RECIPIENTS)
        buy = curve_orders.buy_exact_quote_in_v2(accounts, LAMPORTS_PER_SOL, 1)
        sent = {
            "create": send(node, caller, [made], CREATOR, MINT),
            "buy": send(node, caller, [opened, buy], USER),
            "failed": send(node, caller, [curve_orders.sell_v2(accounts, 10**12, 10**12)], USER, preflight=False),
        }
        blockhash = Hash.from_string(
            caller.call("getLatestBlockhash", {"commitment": "processed"})["value"]["blockhash"]
        )
        paid = transfer(TransferParams(from_pubkey=USER.pubkey(), to_pubkey=CREATOR.pubkey(), lamports=7))
        legacy = Transaction([USER], Message.new_with_blockhash([paid], USER.pubkey(), blockhash), blockhash)
        sent["legacy"] = caller.call("sendTransaction", b58encode(bytes(legacy)).decode())
        for _ in range(6):
            node.chain.advance()
        yield node, caller, sent


def newest(caller: Caller) -> str:
    found: str = caller.call("getLatestBlockhash", {"commitment": "processed"})["value"]["blockhash"]
    return found


def send(node: Node, caller: Caller, instructions: Any, *signers: Keypair, preflight: bool = True) -> str:
    message = MessageV0.try_compile(signers[0].pubkey(), instructions, [], Hash.from_string(newest(caller)))
    raw = bytes(VersionedTransaction(message, list(signers)))
    signature: str = caller.call(
        "sendTransaction", b64encode(raw).decode(), {"encoding": "base64", "skipPreflight": not preflight}
    )
    node.chain.advance()
    return signature


OWNER = str(USER.pubkey())
Q = {"encoding": "base64", "commitment": "processed"}
CURVE = str(bonding_curve(MINT.pubkey()))
USER_TOKENS = str(token_account(USER.pubkey(), MINT.pubkey(), TOKEN_2022_ID))
PARSED: list[tuple[str, list[Any], Any]] = [
    ("getLatestBlockhash", [], responses.GetLatestBlockhashResp),
    ("getSlot", [{"commitment": "confirmed"}], responses.GetSlotResp),
    ("getBlockHeight", [], responses.GetBlockHeightResp),
    ("getBlockTime", [450_000_000], responses.GetBlockTimeResp),
    ("getEpochInfo", [], responses.GetEpochInfoResp),
    ("getHealth", [], responses.GetHealthResp),
    ("getVersion", [], responses.GetVersionResp),
    ("getGenesisHash", [], responses.GetGenesisHashResp),
    ("getFirstAvailableBlock", [], responses.GetFirstAvailableBlockResp),
    ("minimumLedgerSlot", [], responses.MinimumLedgerSlotResp),
    ("getBalance", [str(USER.pubkey())], responses.GetBalanceResp),
    ("getAccountInfo", [CURVE, Q], responses.GetAccountInfoResp),
    ("getAccountInfo", [UNKNOWN, Q], responses.GetAccountInfoResp),
    ("getAccountInfo", [str(MINT.pubkey()), {"encoding": "jsonParsed"}], responses.GetAccountInfoJsonParsedResp),
    ("getMultipleAccounts", [[CURVE, UNKNOWN, SOL_USDC_POOL], Q], responses.GetMultipleAccountsResp),
    ("getProgramAccounts", [PUMP, Q | {"filters": [{"dataSize": 151}]}], responses.GetProgramAccountsResp),
    ("getProgramAccounts", [PUMP, Q | {"withContext": True}], responses.GetProgramAccountsWithContextResp),
    ("getMinimumBalanceForRentExemption", [165], responses.GetMinimumBalanceForRentExemptionResp),
    (
        "getTokenAccountsByOwner",
        [str(USER.pubkey()), {"mint": str(MINT.pubkey())}, Q],
        responses.GetTokenAccountsByOwnerResp,
    ),
    (
        "getTokenAccountsByOwner",
        [str(USER.pubkey()), {"programId": TOKEN_2022}, {"encoding": "jsonParsed"}],
        responses.GetTokenAccountsByOwnerJsonParsedResp,
    ),
    ("getTokenAccountBalance", [USER_TOKENS], responses.GetTokenAccountBalanceResp),
    ("getTokenLargestAccounts", [str(MINT.pubkey())], responses.GetTokenLargestAccountsResp),
    ("getTokenSupply", [str(MINT.pubkey())], responses.GetTokenSupplyResp),
    ("getRecentPrioritizationFees", [[PUMP]], responses.GetRecentPrioritizationFeesResp),
    ("isBlockhashValid", [str(Hash.default())], responses.IsBlockhashValidResp),
    ("getSignaturesForAddress", [PUMP, {"limit": 2}], responses.GetSignaturesForAddressResp),
]


@pytest.mark.parametrize(("method", "params", "kind"), PARSED, ids=[row[0] for row in PARSED])
def test_solders_reads_the_answer(net, method: str, params: list[Any], kind: Any):
    text = net[1].text(method, *params)

    assert isinstance(kind.from_json(text), kind)


@pytest.mark.parametrize("encoding", ["json", "jsonParsed", "base64", "base58"])
@pytest.mark.parametrize("which", ["create", "buy", "failed", "legacy"])
def test_solders_reads_transactions_in_every_encoding(net, which: str, encoding: str):
    _, caller, sent = net
    text = caller.text("getTransaction", sent[which], V0 | {"encoding": encoding})

    read = responses.GetTransactionResp.from_json(text)

    assert isinstance(read, responses.GetTransactionResp)
    assert read.value is not None
    meta = read.value.transaction.meta
    assert meta is not None
    assert (meta.err is not None) == (which == "failed")
    assert meta.fee == 5_000 * (2 if which == "create" else 1)


def test_statuses_of_landed_failed_and_unknown_signatures(net):
    _, caller, sent = net
    unknown = str(Signature.default())
    text = caller.text(
        "getSignatureStatuses", [sent["buy"], sent["failed"], unknown], {"searchTransactionHistory": True}
    )

    read = responses.GetSignatureStatusesResp.from_json(text)

    assert isinstance(read, responses.GetSignatureStatusesResp)
    assert [one is not None and one.err is None for one in read.value] == [True, False, False]
    assert read.value[2] is None
    raw = json.loads(text)["result"]["value"]
    assert raw[1]["err"] == {"InstructionError": [0, {"Custom": 6003}]}
    assert raw[0]["confirmationStatus"] == "finalized"
    assert raw[0]["confirmations"] is None


def test_signatures_page_by_before_until_and_limit(net):
    _, caller, sent = net
    rows = caller.call("getSignaturesForAddress", str(USER.pubkey()))
    found = [row["signature"] for row in rows]

    assert found[:3] == [sent["legacy"], sent["failed"], sent["buy"]]
    assert rows[1]["err"] is not None
    page = caller.call(
        "getSignaturesForAddress", str(USER.pubkey()), {"before": found[0], "until": found[3], "limit": 1}
    )
    assert [row["signature"] for row in page] == [found[1]]


def test_balances_of_a_transaction_say_what_it_moved(net):
    _, caller, sent = net
    meta = caller.call("getTransaction", sent["buy"], V0)["meta"]

    assert sum(meta["preBalances"]) - sum(meta["postBalances"]) == meta["fee"]
    held = {row["owner"]: int(row["uiTokenAmount"]["amount"]) for row in meta["postTokenBalances"]}
    assert sum(held.values()) == 10**15
    assert held[str(USER.pubkey())] == int(caller.call("getTokenAccountBalance", USER_TOKENS)["value"]["amount"])


def test_the_largest_account_of_a_new_coin_is_its_curve(net):
    rows = net[1].call("getTokenLargestAccounts", str(MINT.pubkey()))["value"]

    vault = str(token_account(bonding_curve(MINT.pubkey()), MINT.pubkey(), TOKEN_2022_ID))
    assert [row["address"] for row in rows] == [vault, USER_TOKENS]


ERRORS: list[tuple[str, list[Any], int]] = [
    ("getNothing", [], -32601),
    ("getBalance", [], -32602),
    ("getBalance", ["not a key"], -32602),
    ("getAccountInfo", [CURVE, {"encoding": "base58"}], -32600),
    ("getAccountInfo", [CURVE, {"encoding": "rot13"}], -32602),
    ("getBalance", [CURVE, {"commitment": "soon"}], -32602),
    ("getSlot", [{"minContextSlot": 10**12}], -32016),
    ("getBalance", [CURVE, {"minContextSlot": 10**12}], -32016),
    ("getSignaturesForAddress", [PUMP, {"minContextSlot": 10**12}], -32016),
    ("getSignaturesForAddress", [PUMP, {"limit": 5_000}], -32602),
    ("getSignaturesForAddress", [PUMP, {"commitment": "processed"}], -32602),
    ("getTokenSupply", [CURVE], -32602),
    ("getTokenAccountBalance", [UNKNOWN], -32602),
    ("getTokenAccountsByOwner", [CURVE, {"mint": UNKNOWN}], -32602),
    ("getMultipleAccounts", [[UNKNOWN] * 101], -32602),
    ("sendTransaction", ["AAAA", {"encoding": "base64"}], -32602),
    ("sendTransaction", ["*", {"encoding": "base64"}], -32602),
    ("sendTransaction", [b64encode(bytes(1_300)).decode(), {"encoding": "base64"}], -32602),
    ("simulateTransaction", ["AAAA", {"encoding": "utf8"}], -32602),
]


@pytest.mark.parametrize(("method", "params", "code"), ERRORS)
def test_errors_have_the_codes_of_real_nodes(net, method: str, params: list[Any], code: int):
    error = net[1].error(method, *params)

    assert error["code"] == code
    assert error["message"]


def test_a_versioned_transaction_is_shown_only_to_who_can_read_it(net):
    _, caller, sent = net

    assert caller.error("getTransaction", sent["buy"], {"commitment": "confirmed"})["code"] == -32015
    assert caller.call("getTransaction", sent["legacy"], {"commitment": "confirmed"})["version"] == "legacy"


def test_requests_that_are_none_are_answered_as_json_rpc_says(net):
    caller = net[1]

    assert json.loads(caller.raw(b"{")[1])["error"]["code"] == -32700
    assert json.loads(caller.raw(b"[]")[1])["error"]["code"] == -32600
    assert json.loads(caller.raw(b"7")[1])["error"]["code"] == -32600
    batch = json.dumps([{"jsonrpc": "2.0", "id": n, "method": "getHealth"} for n in (1, 2)])
    assert [one["result"] for one in json.loads(caller.raw(batch.encode())[1])] == ["ok", "ok"]


def test_wrapped_sol_and_its_price_are_there(net):
    caller = net[1]

    assert caller.call("getTokenSupply", WSOL_MINT)["value"]["decimals"] == 9
    assert caller.get("/price") == (200, {"data": {"amount": "80.000000", "base": "SOL", "currency": "USD"}})
    assert caller.get("/health")[0] == 200
    assert caller.get("/elsewhere")[0] == 404
    assert genesis.FEE_RECIPIENTS


def test_an_unknown_key_has_no_lamports(net):
    assert net[1].call("getBalance", str(Pubkey.new_unique()))["value"] == 0
