"""Both forms of the broadcast say the same: the decoder in use reads the wire format back into the decoded messages."""

from core.chain.decode import Decoder
from core.market.simulator.simulator import Simulator
from core.market.tape import Tape
from core.messages import AnyMarketData, Traded
from tests.market.simulator.markets import crowded


def what(message: AnyMarketData) -> str:
    return f"{message.side} on {message.reserves.venue}" if isinstance(message, Traded) else type(message).__name__


def test_decoding_the_wire_format_gives_the_decoded_messages():
    wire, decoded = Simulator(crowded(), 8), Simulator(crowded(), 8, decoded=True)
    decoder, tape = Decoder(), Tape()
    kinds = set()
    for _ in range(900):
        encoded, plain = wire.step(), decoded.step()
        read = [
            message
            for transaction in encoded.transactions
            for message in tape.take(
                decoder.decode_logs(transaction.logs, transaction.err),
                slot=transaction.slot,
                at_s=encoded.at_s,
                signature=transaction.signature,
            )
        ]
        assert tuple(read) == plain.events
        assert (encoded.landed, encoded.failed) == (plain.landed, plain.failed)
        assert len(encoded.transactions) == encoded.landed + encoded.failed
        kinds |= {what(message) for message in read}
    assert not decoder.undecodable
    assert not decoder.grown
    assert not tape.unattributed
    assert kinds == {
        "Launched",
        "buy on curve",
        "sell on curve",
        "Graduated",
        "PoolOpened",
        "buy on pool",
        "sell on pool",
    }


def test_signatures_are_unique_and_a_creation_shares_its_own_with_the_creators_buy():
    simulator = Simulator(crowded(), 3)
    transactions = [transaction for _ in range(300) for transaction in simulator.step().transactions]
    signatures = [transaction.signature for transaction in transactions]
    assert len(set(signatures)) == len(signatures)
    creations = [t for t in transactions if any("CreateV2" in line for line in t.logs)]
    assert any(sum(line.startswith("Program data: ") for line in t.logs) == 2 for t in creations)


def test_failed_transactions_of_others_say_so_and_their_events_do_not_count():
    simulator = Simulator(crowded(), 3)
    transactions = [transaction for _ in range(300) for transaction in simulator.step().transactions]
    failed = [transaction for transaction in transactions if transaction.err is not None]
    late = [t for t in failed if any(line.startswith("Program data: ") for line in t.logs)]
    assert 0.1 < len(failed) / len(transactions) < 0.3
    assert 0 < len(late) < len(failed)
    assert all("failed: custom program error" in transaction.logs[-1] for transaction in failed)
    assert all(not Decoder().decode_logs(transaction.logs, transaction.err) for transaction in late)
