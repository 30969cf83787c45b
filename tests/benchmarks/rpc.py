"""What calling nodes costs: `python -m tests.benchmarks.rpc`.

The node is a process of its own that answers at once with the same bytes; 32 greenlets call it, each after the last
answer. The hub's stall is how much later than asked a timer of 1 ms fires meanwhile.
"""

from gevent import monkey

if __name__ == "__main__":
    monkey.patch_all()

import multiprocessing
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, process_time
from typing import Any, NamedTuple

import gevent

from actors.adapters.rpc.client import RpcClient
from actors.adapters.rpc.node import Node
from core.chain.programs import SYSTEM
from core.rules.rpc import RpcRule
from core.rules.rpc_budget import RpcBudgetRule
from tests.benchmarks.probes import percentile
from tests.benchmarks.reference import LOOPS, reference_loop_s

CALLERS = 32
CALLS = 3_000
SIGNATURE = "5" * 87
STATUS = b'{"slot":1,"confirmations":1,"err":null,"confirmationStatus":"confirmed"}'
ANSWERS = {
    b"getSlot": b'{"jsonrpc":"2.0","id":0,"result":450000000}',
    b"getLatestBlockhash": b'{"jsonrpc":"2.0","id":0,"result":{"context":{"slot":450000000},"value":{"blockhash":"'
    + SYSTEM.encode()
    + b'","lastValidBlockHeight":450000150}}}',
    b"getSignatureStatuses": b'{"jsonrpc":"2.0","id":0,"result":{"context":{"slot":450000000},"value":['
    + STATUS
    + b"]}}",
}


class Figure(NamedTuple):
    """Calls a second, microseconds of this process's time a call, the same in thousands of turns of the reference loop,
    and how late the hub was (p99, ms)."""

    name: str
    calls_per_s: float
    micros: float
    ratio: float
    stall_p99_ms: float


@contextmanager
def node() -> Iterator[int]:
    """The port of a node in a process of its own."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(listener,), daemon=True)
    process.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        process.kill()
        process.join()
        listener.close()


def _serve(listener: socket.socket) -> None:
    from gevent.server import StreamServer

    gevent.reinit()
    StreamServer(listener, _answer).serve_forever()


def _answer(connection: Any, _: object) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while request := connection.recv(65_536):
        body = next((answer for method, answer in ANSWERS.items() if method in request), b"{}")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)


def measured(calls: int = CALLS) -> Iterator[Figure]:
    with node() as port:
        rule = RpcRule(connections=CALLERS, timeout_s=10.0)
        asker = Node(RpcClient([f"http://127.0.0.1:{port}"], rule, RpcBudgetRule(calls=10**9)))
        for name, call in (
            ("slot", asker.slot),
            ("blockhash", asker.latest_blockhash),
            ("status", lambda: asker.statuses([SIGNATURE])),
        ):
            yield _figure(name, call, calls)
        asker.client.close()


def _figure(name: str, call: Any, calls: int) -> Figure:
    call()
    loop_s = reference_loop_s()
    late: list[float] = []
    watcher = gevent.spawn(_watch, late)
    began_s, used_s = perf_counter(), process_time()
    gevent.joinall([gevent.spawn(_repeat, call, calls // CALLERS) for _ in range(CALLERS)], raise_error=True)
    took_s, used_s = perf_counter() - began_s, process_time() - used_s
    watcher.kill()
    loop_s = (loop_s + reference_loop_s()) / 2
    made = calls // CALLERS * CALLERS
    each_s = used_s / made
    return Figure(name, made / took_s, each_s * 1e6, each_s / loop_s * LOOPS / 1_000, percentile(late, 0.99) * 1e3)


def _repeat(call: Any, times: int) -> None:
    for _ in range(times):
        call()


def _watch(late: list[float]) -> None:
    while True:
        asked_s = perf_counter()
        gevent.sleep(0.001)
        late.append(perf_counter() - asked_s - 0.001)


def main() -> None:
    for figure in measured():
        print(
            f"{figure.name:10} {figure.calls_per_s:8,.0f} calls/s  {figure.micros:6.0f} µs  "
            f"{figure.ratio:5.2f} thousand turns  hub late p99 {figure.stall_p99_ms:.1f} ms"
        )


if __name__ == "__main__":
    main()
