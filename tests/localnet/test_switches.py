"""What can go wrong goes wrong when it is switched on, and follows the seed."""

import json
from collections.abc import Iterator

import pytest
from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction
from websocket import WebSocketConnectionClosedException

from core.chain.build import curve as curve_orders
from core.chain.build import nonce
from core.chain.rent import NONCE_ACCOUNT_LAMPORTS
from core.types import LAMPORTS_PER_SOL
from localnet.faults import Switches
from localnet.records import Landed
from tests.localnet.client import Caller, Listener, running, until
from tests.localnet.stage import Stage, code, person


def paid(stage: Stage, user: Keypair, lamports: int) -> VersionedTransaction:
    return stage.signed(
        [transfer(TransferParams(from_pubkey=user.pubkey(), to_pubkey=person("to").pubkey(), lamports=lamports))], user
    )


def submitted(stage: Stage, count: int) -> list[Landed | None]:
    """So many transfers, sent one a slot, and what became of them."""
    user = stage.rich("user")
    sent = []
    for number in range(count):
        transaction = paid(stage, user, LAMPORTS_PER_SOL + number)
        stage.chain.submit(transaction, bytes(transaction))
        sent.append(str(transaction.signatures[0]))
        stage.chain.advance()
    for _ in range(8):
        stage.chain.advance()
    return [stage.chain.history.get(signature) for signature in sent]


def test_without_switches_everything_lands_in_the_next_slot():
    stage = Stage()
    first = stage.chain.slot

    landed = submitted(stage, 20)

    assert [one and one.slot for one in landed] == [first + 1 + number for number in range(20)]
    assert all(one is not None and one.err is None for one in landed)


def test_lost_submissions_never_land_and_the_same_bytes_can_be_sent_again():
    stage = Stage()
    stage.chain.turn(loss_pct=50.0)
    landed = submitted(stage, 60)
    assert 15 < sum(one is None for one in landed) < 45

    stage.chain.turn(loss_pct=100.0)
    transaction = paid(stage, stage.rich("user"), 5 * LAMPORTS_PER_SOL)
    stage.chain.submit(transaction, bytes(transaction))
    stage.chain.turn(loss_pct=0.0)
    for _ in range(3):
        stage.chain.submit(transaction, bytes(transaction))
        stage.chain.advance()

    assert stage.balance(person("to").pubkey()) == 5 * LAMPORTS_PER_SOL + sum(
        one.post_lamports[1] - one.pre_lamports[1] for one in landed if one is not None
    )


def test_failing_transactions_pay_their_fee_and_move_nothing_else():
    stage = Stage()
    stage.chain.turn(failure_pct=100.0)
    user = stage.rich("user")
    before = stage.balance(user.pubkey())

    (landed,) = submitted(stage, 1)

    assert landed is not None
    assert code(landed) == 1
    assert before - stage.balance(user.pubkey()) == landed.fee_lamports == 5_000
    assert stage.balance(person("to").pubkey()) == 0


def test_a_trade_that_is_made_to_fail_says_that_its_limit_was_breached():
    stage = Stage()
    user = stage.rich("user")
    coin = stage.coin(stage.rich("creator"))
    stage.chain.turn(failure_pct=100.0)
    buy = curve_orders.buy_exact_quote_in_v2(coin.accounts(user), LAMPORTS_PER_SOL, 1)
    transaction = stage.signed([coin.open(user), buy], user)

    stage.chain.submit(transaction, bytes(transaction))
    stage.chain.advance()

    landed = stage.chain.history.get(str(transaction.signatures[0]))
    assert landed is not None
    assert landed.err == {"InstructionError": [3, {"Custom": 6042}]}


def test_delays_are_drawn_between_their_bounds():
    stage = Stage()
    stage.chain.turn(delay_slots_least=1, delay_slots_most=3)
    first = stage.chain.slot

    landed = submitted(stage, 60)

    late = [one.slot - (first + 1 + number) for number, one in enumerate(landed) if one is not None]
    assert set(late) == {1, 2, 3}


def test_whoever_offers_less_than_the_others_lands_later():
    stage = Stage()
    stage.chain.turn(priority_fee_micro_lamports=1_000)
    first = stage.chain.slot

    (landed,) = submitted(stage, 1)

    assert landed is not None
    assert landed.slot == first + 3
    assert stage.chain.fees[-1] == (stage.chain.slot, 1_000)


def test_reordering_changes_the_order_within_a_slot():
    def order(reorder: bool) -> list[int]:
        stage = Stage()
        stage.chain.turn(reorder=reorder)
        user = stage.rich("user")
        sent = [paid(stage, user, LAMPORTS_PER_SOL + number) for number in range(12)]
        for transaction in sent:
            stage.chain.submit(transaction, bytes(transaction))
        stage.chain.advance()
        found = [stage.chain.history.get(str(one.signatures[0])) for one in sent]
        return [one.position for one in found if one is not None]

    assert order(reorder=False) == list(range(12))
    assert order(reorder=True) != list(range(12))
    assert sorted(order(reorder=True)) == list(range(12))


def test_the_same_seed_draws_the_same_faults():
    def drawn(seed: int) -> list[bool]:
        stage = Stage(seed=seed)
        stage.chain.turn(loss_pct=30.0, failure_pct=30.0)
        return [one is not None and one.err is None for one in submitted(stage, 30)]

    assert drawn(1) == drawn(1) != drawn(2)


def test_a_blockhash_is_good_for_150_slots_and_no_longer():
    stage = Stage()
    user = stage.rich("user")
    early, late = paid(stage, user, LAMPORTS_PER_SOL), paid(stage, user, 2 * LAMPORTS_PER_SOL)
    for _ in range(149):
        stage.chain.advance()
    stage.chain.submit(early, bytes(early))
    stage.chain.advance()
    stage.chain.submit(late, bytes(late))
    stage.chain.advance()

    assert stage.chain.history.get(str(early.signatures[0])) is not None
    assert stage.chain.history.get(str(late.signatures[0])) is None


@pytest.mark.parametrize("failure_pct", [0.0, 100.0])
def test_a_durable_nonce_outlives_blockhashes_and_is_used_up_even_by_a_failure(failure_pct: float):
    stage = Stage()
    user, account = stage.rich("user"), person("nonce")
    stage.done(nonce.create(user.pubkey(), account.pubkey(), user.pubkey()), user, account)
    state = stage.chain.bank.account(account.pubkey())
    assert state is not None
    assert state.lamports == NONCE_ACCOUNT_LAMPORTS
    value = nonce.decode_nonce(bytes(state.data)).value
    send = transfer(TransferParams(from_pubkey=user.pubkey(), to_pubkey=person("to").pubkey(), lamports=10**9))
    message = MessageV0.try_compile(
        user.pubkey(), [nonce.advance(account.pubkey(), user.pubkey()), send], [], Hash.from_bytes(bytes(value))
    )
    transaction = VersionedTransaction(message, [user])
    for _ in range(200):
        stage.chain.advance()
    stage.chain.turn(failure_pct=failure_pct)

    stage.chain.submit(transaction, bytes(transaction))
    stage.chain.advance()

    landed = stage.chain.history.get(str(transaction.signatures[0]))
    assert landed is not None
    assert (landed.err is None) == (failure_pct == 0.0)
    state = stage.chain.bank.account(account.pubkey())
    assert state is not None
    assert nonce.decode_nonce(bytes(state.data)).value != value
    assert not stage.chain.accepts(transaction)


@pytest.fixture
def net() -> Iterator[tuple[Caller, Listener]]:
    with running() as (node, caller):
        listener = Listener(node.socket_url)
        yield caller, listener
        listener.close()


def test_a_lagging_node_answers_as_if_the_last_slots_had_not_happened(net):
    caller, _ = net
    user = str(person("user").pubkey())
    signature = caller.call("requestAirdrop", user, LAMPORTS_PER_SOL)
    now = {"commitment": "processed"}
    until(lambda: caller.call("getBalance", user, now)["value"] == LAMPORTS_PER_SOL)
    slot = caller.call("getSlot", now)

    caller.call("localnet_switches", {"lag_slots": 100})

    assert caller.call("getSlot", now) <= slot - 90
    assert caller.call("getBalance", user, now)["value"] == 0
    assert caller.call("getSignatureStatuses", [signature], {"searchTransactionHistory": True})["value"] == [None]
    assert caller.error("getBalance", user, now | {"minContextSlot": slot})["code"] == -32016
    assert caller.call("getHealth") == "ok"
    caller.call("localnet_switches", {"lag_slots": 200})
    assert caller.error("getHealth")["data"] == {"numSlotsBehind": 200}
    caller.call("localnet_switches", {"lag_slots": 0})
    assert caller.call("getBalance", user, now)["value"] == LAMPORTS_PER_SOL


def test_a_forgetful_node_denies_what_landed_until_it_is_switched_off(net):
    caller, _ = net
    signature = caller.call("requestAirdrop", str(person("user").pubkey()), LAMPORTS_PER_SOL)
    search = {"searchTransactionHistory": True}
    until(lambda: caller.call("getSignatureStatuses", [signature], search)["value"][0])

    assert caller.call("localnet_forget", signature)
    caller.call("localnet_switches", {"forget_pct": 1e-9})

    assert caller.call("getSignatureStatuses", [signature], search)["value"] == [None]
    assert caller.call("getTransaction", signature, {"maxSupportedTransactionVersion": 0}) is None
    assert caller.call("getSignaturesForAddress", str(person("user").pubkey())) == []
    caller.call("localnet_switches", {"forget_pct": 0})
    assert caller.call("getSignatureStatuses", [signature], search)["value"][0]


def test_a_node_that_has_had_enough_answers_429_and_says_when_to_come_back(net):
    caller, _ = net
    caller.call("localnet_switches", {"refuse_pct": 100, "retry_after_s": 7})

    status, body, answer = caller.raw(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "getSlot"}).encode())

    assert status == 429
    assert json.loads(body)["error"]["code"] == 429
    assert answer["retry-after"] == "7"
    assert caller.call("localnet_switches", {"refuse_pct": 0})["refuse_pct"] == 0
    assert caller.call("getSlot")


def test_requests_over_the_rate_are_refused(net):
    caller, _ = net
    caller.call("localnet_switches", {"requests_per_s": 5})
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "getSlot"}).encode()

    statuses = [caller.raw(body)[0] for _ in range(20)]

    assert 429 in statuses
    assert 200 in statuses


def heard_until_the_end(listener: Listener) -> None:
    while True:
        listener.next()


def test_sockets_are_cut_when_their_time_is_up():
    with running(switches=Switches(drop_sockets_s=0.2)) as (node, _):
        listener = Listener(node.socket_url)
        listener.subscribe("slotSubscribe")

        with pytest.raises(WebSocketConnectionClosedException):
            heard_until_the_end(listener)

        Listener(node.socket_url).close()


def test_a_mute_socket_stays_open_and_says_nothing_but_answers(net):
    caller, listener = net
    listener.subscribe("slotSubscribe")
    listener.heard()

    caller.call("localnet_switches", {"mute_sockets": True})
    slot = caller.call("getSlot", {"commitment": "processed"})
    until(lambda: caller.call("getSlot", {"commitment": "processed"}) > slot + 4)
    caller.call("localnet_switches", {"mute_sockets": False})

    heard = [0]
    while heard[-1] <= slot + 4:
        heard.append(listener.heard()["slot"])
    assert heard[-1] - heard[-2] > 3


def test_logs_are_cut_where_the_switch_says():
    stage = Stage()
    stage.chain.turn(log_bytes=600)

    made = stage.coin(stage.rich("creator")).made

    assert made.logs[-1] == "Log truncated"
    assert sum(map(len, made.logs)) < 700


def test_an_unknown_switch_or_value_is_refused_and_changes_nothing(net):
    caller, _ = net

    assert caller.error("localnet_switches", {"los_pct": 1})["code"] == -32602
    assert caller.error("localnet_switches", {"loss_pct": 101})["code"] == -32602
    assert caller.call("localnet_switches")["loss_pct"] == 0


def test_the_price_of_sol_moves_in_the_pool_and_at_the_endpoint(net):
    caller, _ = net

    caller.call("localnet_solPrice", 123.5)

    assert caller.get("/price")[1]["data"]["amount"] == "123.500000"
    assert caller.error("localnet_solPrice", -1)["code"] == -32602
