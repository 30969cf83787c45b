"""Both forms of the broadcast say the same: the decoder in use reads the wire format back into the decoded messages."""

import pytest
from msgspec.structs import replace

from core.chain.decode import Decoder
from core.chain.programs import MAYHEM_AGENT
from core.chain.pump import TradeEvent
from core.market.simulator.quoting import USDC_MINT
from core.market.simulator.scenarios import CALM, MAYHEM, USDC, mix
from core.market.simulator.simulator import Simulator
from core.market.tape import Tape
from core.messages import AnyMarketData, Launched, Traded
from core.types import Side, Venue
from tests.market.simulator.markets import crowded


def what(message: AnyMarketData) -> str:
    return f"{message.side} on {message.reserves.venue}" if isinstance(message, Traded) else type(message).__name__


@pytest.mark.parametrize("scenario", [CALM, mix((MAYHEM, USDC))])
def test_decoding_the_wire_format_gives_the_decoded_messages(scenario):
    settings = replace(crowded(), scenario=scenario)
    wire, decoded = Simulator(settings, 8), Simulator(settings, 8, decoded=True)
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


def test_coins_quoted_in_usdc_say_so_and_their_amounts_add_up():
    settings = replace(crowded(group=0.6), scenario=replace(CALM, usdc_share=0.9))
    simulator = Simulator(settings, 8, decoded=True)
    last: dict[str, int] = {}
    venues = set()
    for _ in range(900):
        for event in simulator.step().events:
            if isinstance(event, Launched) and event.quote_mint:
                assert event.quote_mint == USDC_MINT
                assert 2_300_000_000 < event.reserves.quote < 2_500_000_000  # 30 SOL at about $80
                last[event.mint] = event.reserves.quote
            elif isinstance(event, Traded) and event.mint in last:
                assert event.quote_mint == USDC_MINT
                venues.add(event.reserves.venue)
                if event.reserves.venue is Venue.CURVE:
                    sign = 1 if event.side is Side.BUY else -1
                    assert event.reserves.quote == last[event.mint] + sign * event.quote_lamports
                    last[event.mint] = event.reserves.quote
    assert venues == {Venue.CURVE, Venue.POOL}
    assert all(mint not in last for mint in simulator.pools().values())


def test_the_agent_of_a_mayhem_coin_pays_no_fee_and_moves_it_off_the_curve():
    settings = replace(crowded(), scenario=replace(CALM, mayhem_share=0.9))
    simulator, decoder = Simulator(settings, 8), Decoder()
    products: dict[str, int] = {}
    off = 0
    for _ in range(600):
        for transaction in simulator.step().transactions:
            for event in decoder.decode_logs(transaction.logs, transaction.err):
                if not isinstance(event, TradeEvent):
                    continue
                product = event.virtual_sol_reserves * event.virtual_token_reserves
                if event.user == MAYHEM_AGENT:
                    assert (event.mayhem_mode, event.fee, event.creator_fee) == (True, 0, 0)
                    before = products.get(event.mint, product)
                    off += abs(product / before - 1.0) > 1e-6
                products[event.mint] = product
    assert off > 20
