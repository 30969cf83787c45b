"""What a transaction costs from the decision to its bytes: `python -m tests.benchmarks.build`.

Best of many short rounds beside a reference loop, as in `tests.benchmarks.decode`. The whole way from decision to bytes
is `tests.benchmarks.decision_to_socket`; this is its part of building and signing, hot.
"""

import sys
from collections.abc import Callable
from time import perf_counter

from solders.hash import Hash

from core.chain.build import curve, pool
from core.chain.build.addresses import derived
from core.chain.build.orders import Place, Tip, curve_buy, curve_sell, pool_buy, with_place
from core.chain.build.signing import SignedTransaction, compile_message, sign
from tests.benchmarks.decode import Figure, reference
from tests.chain.build.coins import CURVE, POOL, RECIPIENTS, USER, key

ROUNDS = 200
CALLS = 5
USER_KEY = USER.pubkey()
PLACE = Place(150_000, 20_000, Tip(key("tip"), 10_000))
BLOCKHASH = Hash.hash(b"a block")


def measured() -> list[Figure]:
    on_curve = curve.curve_accounts(CURVE, USER_KEY, RECIPIENTS)
    on_pool = pool.pool_accounts(POOL, USER_KEY, RECIPIENTS)

    def unknown_accounts() -> object:
        derived.cache_clear()
        return curve.curve_accounts(CURVE, USER_KEY, RECIPIENTS)

    def whole_buy() -> SignedTransaction:
        trade = curve.buy_exact_quote_in_v2(on_curve, 123_456_789, 1_000)
        listed = with_place(PLACE, USER_KEY, curve_buy(CURVE, on_curve, trade))
        return sign(compile_message(USER_KEY, listed, BLOCKHASH), [USER], 1)

    def whole_sale() -> SignedTransaction:
        listed = with_place(PLACE, USER_KEY, curve_sell(CURVE, on_curve, curve.sell_v2(on_curve, 5, 1), close=True))
        return sign(compile_message(USER_KEY, listed, BLOCKHASH), [USER], 1)

    def whole_pool_buy() -> SignedTransaction:
        trade = pool.buy_exact_quote_in(on_pool, 123_456_789, 1_000)
        listed = with_place(PLACE, USER_KEY, pool_buy(POOL, on_pool, trade, 123_456_789))
        return sign(compile_message(USER_KEY, listed, BLOCKHASH), [USER], 1)

    cases: list[tuple[str, Callable[[], object]]] = [
        ("accounts of a coin on its curve, known addresses", lambda: curve.curve_accounts(CURVE, USER_KEY, RECIPIENTS)),
        ("the same with all of them derived", unknown_accounts),
        ("buy on the curve, built, compiled and signed", whole_buy),
        ("sale on the curve with its account closed", whole_sale),
        ("buy on the pool, wrapped and unwrapped", whole_pool_buy),
        ("of this the signature alone", lambda: USER.sign_message(bytes(1_000))),
    ]
    best, loop = [float("inf")] * len(cases), float("inf")
    for _ in range(ROUNDS):
        loop = min(loop, seconds(reference))
        for i, (_, call) in enumerate(cases):
            best[i] = min(best[i], seconds(call))
    return [Figure(name, time * 1e6, time / loop) for (name, _), time in zip(cases, best, strict=True)]


def seconds(call: Callable[[], object]) -> float:
    """Mean time of a call over one round."""
    started = perf_counter()
    for _ in range(CALLS):
        call()
    return (perf_counter() - started) / CALLS


if __name__ == "__main__":
    for figure in measured():
        sys.stdout.write(f"{figure.micros:6.1f} µs  {figure.ratio:5.1f} reference loops  {figure.name}\n")
