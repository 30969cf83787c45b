"""The real server on a port of its own: what clients may do to it, byte by byte.

Limits are set so low that they are reached at once, or so high that they never are; no test waits for the clock.
"""

import gc
import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any, ClassVar

import gevent
import pytest
from gevent.event import Event

from actors.adapters.http_server import Handler, HttpServer, Limits
from actors.adapters.listener import check_free
from core.errors import Refused

PATIENT = Limits(request_s=30.0, idle_s=30.0)
WAIT_S = 10.0


def echo(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    """Answers with what reached it."""
    body = environ["wsgi.input"].read()
    shown = {
        "path": environ["PATH_INFO"],
        "method": environ["REQUEST_METHOD"],
        "length": environ["CONTENT_LENGTH"],
        "body": body.decode("latin-1"),
        "host": environ.get("HTTP_HOST"),
    }
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(shown).encode()]


@contextmanager
def serving(application: Any = echo, limits: Limits = PATIENT) -> Iterator[HttpServer]:
    server = HttpServer(application, bind="127.0.0.1", port=0, setting="MICRO_MONITOR_PORT", limits=limits)
    server.start()
    try:
        yield server
    finally:
        server.stop(0.0)


class Client:
    """One connection, spoken to in bytes."""

    def __init__(self, server: HttpServer) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S)
        self.file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Status, headers, body of the next answer; status 0 when the connection was closed instead."""
        line = self.file.readline()
        if not line:
            return 0, {}, b""
        headers = {}
        while (header := self.file.readline().strip()) != b"":
            name, _, value = header.decode().partition(":")
            headers[name.lower()] = value.strip()
        return int(line.split()[1]), headers, self.file.read(int(headers.get("content-length", 0)))

    def ask(self, data: bytes) -> tuple[int, dict[str, str], bytes]:
        self.send(data)
        return self.answer()

    def closed(self) -> bool:
        try:
            return self.file.read(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self.file.close()
        self.socket.close()


@contextmanager
def client_of(server: HttpServer) -> Iterator[Client]:
    client = Client(server)
    try:
        yield client
    finally:
        client.close()


def exchanged(data: bytes, limits: Limits = PATIENT) -> tuple[int, bytes, bool]:
    """Status and body of the answer to these bytes, and whether the server closed the connection after it."""
    with serving(limits=limits) as server, client_of(server) as client:
        status, headers, body = client.ask(data)
        if status >= 400:
            assert headers["content-type"] == "application/problem+json"
            assert json.loads(body)["status"] == status
            assert "server" not in headers
        return status, body, headers.get("connection") == "close" and client.closed()


def test_a_request_reaches_the_application_whole():
    status, body, _ = exchanged(b"POST /a%20b?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")

    assert status == 200
    assert json.loads(body) == {"path": "/a b", "method": "POST", "length": "3", "body": "abc", "host": "h"}


def test_a_connection_is_kept_for_the_next_request_and_answers_at_once():
    with serving() as server, client_of(server) as client:
        assert server._server is not None
        server._server.handler_class = Remembered
        for path in (b"/one", b"/two", b"/three"):
            status, _, body = client.ask(b"GET " + path + b" HTTP/1.1\r\nHost: h\r\n\r\n")
            assert status == 200
            assert json.loads(body)["path"] == path.decode()
        # The delay that 44 ms of waiting for an acknowledgement would be is switched off where it comes from.
        (connection,) = Remembered.sockets
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
        assert server.counts == (3, 0, 1)


class Remembered(Handler):
    """Shows its sockets."""

    sockets: ClassVar[list[Any]] = []

    def __init__(self, sock: Any, address: Any, server: Any) -> None:
        super().__init__(sock, address, server)
        self.sockets.append(sock)


def test_pipelined_requests_are_answered_in_order():
    with serving() as server, client_of(server) as client:
        client.send(b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
        assert [json.loads(client.answer()[2])["path"] for _ in range(2)] == ["/1", "/2"]


def test_a_chunked_body_arrives_as_one():
    chunks = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    status, body, _ = exchanged(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)

    assert status == 200
    assert json.loads(body)["body"] == "abcde"
    assert json.loads(body)["length"] == "5"


def test_a_client_that_waits_for_100_continue_gets_it():
    with serving() as server, client_of(server) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert client.file.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert client.file.readline() == b"\r\n"
        status, _, body = client.ask(b"ok")
        assert (status, json.loads(body)["body"]) == (200, "ok")


def test_too_large_a_body_is_413_before_it_is_read():
    assert exchanged(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n")[::2] == (413, True)


def test_too_large_a_body_in_chunks_is_413_as_well():
    chunk = b"1000\r\n" + b"x" * 0x1000 + b"\r\n"
    status, _, closed = exchanged(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 17)

    assert (status, closed) == (413, True)


def test_a_body_of_exactly_the_limit_passes():
    status, body, _ = exchanged(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 65536\r\n\r\n" + b"x" * 65_536)

    assert status == 200
    assert len(json.loads(body)["body"]) == 65_536


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\nHost: h\r\n\r\n", 400),
        (b"GET / HTTP/x\r\nHost: h\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 505),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 \r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\nhello", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1_0\r\n\r\n0123456789", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: five\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: a\r\n" * 5_000 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: a\r\n" * 200 + b"\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: a\x00b\r\n\r\n", 400),
    ],
)
def test_what_is_no_proper_request_is_refused_and_the_connection_closed(data, status, capsys):
    assert exchanged(data)[::2] == (status, True)
    assert capsys.readouterr().err == ""


def test_too_long_a_request_line_is_414():
    assert exchanged(b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n")[::2] == (414, True)


def test_a_client_that_sends_all_of_a_large_body_still_reads_the_answer():
    with serving() as server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=WAIT_S)
        connection.request("POST", "/", body=b"x" * 3_000_000)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["status"]) == (413, 413)
        connection.close()


def test_an_application_that_fails_is_answered_with_a_document_and_logged(caplog):
    def fails(*_: object) -> Iterable[bytes]:
        raise KeyError("inside")

    with serving(fails) as server, client_of(server) as client:
        status, headers, body = client.ask(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")

    assert (status, headers["content-type"]) == (500, "application/problem+json")
    assert b"inside" not in body
    assert "inside" in caplog.text


@pytest.mark.parametrize(
    "data",
    [
        b"G",
        b"GET / HTTP/1.1\r\nHost: h\r\nX: ",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
)
def test_a_client_that_begins_and_does_not_go_on_is_told_408_and_left(data):
    assert exchanged(data, Limits(request_s=0.05, idle_s=30.0))[::2] == (408, True)


def test_a_client_that_drips_its_request_has_no_more_time_than_another():
    with serving(limits=Limits(request_s=0.2, idle_s=30.0)) as server, client_of(server) as client:
        dripping = gevent.spawn(_drip, client)
        status = client.answer()[0]
        dripping.kill()

    assert status == 408


def _drip(client: Client) -> None:
    client.send(b"GET / HTTP/1.1\r\n")
    while True:
        try:
            client.send(b"X: a\r\n")
        except OSError:
            return
        gevent.sleep(0.02)


def test_a_silent_connection_is_closed_without_a_word():
    with serving(limits=Limits(idle_s=0.05, request_s=30.0)) as server, client_of(server) as client:
        assert client.answer()[0] == 0


def test_a_body_that_ends_early_leaves_the_server_well():
    with serving() as server:
        with client_of(server) as client:
            client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab")
            client.socket.shutdown(socket.SHUT_WR)
            assert client.answer()[0] == 400
        with client_of(server) as client:
            assert client.ask(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")[0] == 200


def test_one_connection_too_many_is_told_so_and_the_others_go_on():
    with serving(limits=Limits(connections=2, idle_s=30.0, request_s=30.0)) as server:
        with client_of(server) as first, client_of(server) as second, client_of(server) as third:
            assert first.ask(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")[0] == 200
            assert second.ask(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")[0] == 200
            status, _, body = third.answer()
            assert (status, json.loads(body)["status"]) == (503, 503)
            assert first.ask(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")[0] == 200
        assert server.counts[1] == 1


def test_a_slow_client_holds_nobody_up():
    with serving() as server, client_of(server) as slow, client_of(server) as quick:
        slow.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\na")
        assert quick.ask(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")[0] == 200
        assert json.loads(slow.ask(b"bcde")[2])["body"] == "abcde"


def test_an_application_that_hangs_holds_nobody_up_and_stop_ends_it():
    hanging = Event()

    def hangs(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/hang":
            hanging.set()
            Event().wait()
        return echo(environ, start)

    with serving(hangs) as server, client_of(server) as stuck, client_of(server) as quick:
        stuck.send(b"GET /hang HTTP/1.1\r\nHost: h\r\n\r\n")
        assert hanging.wait(WAIT_S)
        assert quick.ask(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")[0] == 200
        server.stop(0.0)
        assert stuck.closed()


def test_a_port_in_use_is_refused_in_one_line_that_names_port_and_setting():
    with serving() as server:
        second = HttpServer(echo, bind="127.0.0.1", port=server.port, setting="MICRO_MONITOR_PORT")
        for attempt in (second.start, lambda: check_free("127.0.0.1", server.port, "MICRO_MONITOR_PORT")):
            with pytest.raises(Refused) as refusal:
                attempt()
            text = str(refusal.value)
            told = "in use; stop what uses it, or set MICRO_MONITOR_PORT to another port"
            assert text == f"port {server.port} on 127.0.0.1 is {told}"
        second.stop(0.0)


def test_an_address_that_is_not_ours_is_refused_by_name():
    with pytest.raises(
        Refused, match=r"cannot listen on 192\.0\.2\.1 port 0 .*; check MICRO_BIND and MICRO_EXECUTOR_PORT"
    ):
        check_free("192.0.2.1", 0, "MICRO_EXECUTOR_PORT")
    with pytest.raises(Refused, match=r"cannot listen on 192\.0\.2\.1"):
        HttpServer(echo, bind="192.0.2.1", port=0, setting="MICRO_EXECUTOR_PORT").start()


def test_a_free_port_passes_and_can_be_had_again_at_once_after_a_stop():
    with serving() as server:
        port = server.port
        with client_of(server) as client:
            client.ask(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    check_free("127.0.0.1", port, "MICRO_MONITOR_PORT")
    again = HttpServer(echo, bind="127.0.0.1", port=port, setting="MICRO_MONITOR_PORT")
    again.start()
    assert again.port == port
    again.stop(0.0)


def test_a_flood_of_readings_waits_for_its_turns_and_a_change_does_not_wait_for_it():
    order: list[str] = []

    def noting(environ: Any, start_response: Any) -> Iterable[bytes]:
        order.append(environ["REQUEST_METHOD"])
        return echo(environ, start_response)

    with serving(noting, Limits(rest_s=0.05)) as server:

        def asked(method: str) -> int:
            with client_of(server) as client:
                head = f"{method} / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                return client.ask(head.encode())[0]

        readers = [gevent.spawn(asked, "GET") for _ in range(20)]
        gevent.sleep(0.1)
        assert asked("POST") == 200
        gevent.joinall(readers)

    assert [reader.value for reader in readers] == [200] * 20
    assert order.index("POST") < 6  # one each 50 ms, readings and changes by turns


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 200, id="answered"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n", 413, id="body"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: h\r\nCookie: " + b"x" * 20_000 + b"\r\n\r\n", 431, id="head"),
        pytest.param(b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414, id="line"),
        pytest.param(b"GET\r\n\r\n", 400, id="malformed"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: h\r\nX: \0\r\n\r\n", 400, id="control character"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n", 400, id="chunk"),
        pytest.param(b"GET / HTTP/1.1\r\nHost:", 408, id="slow"),
        pytest.param(b"", 0, id="silent"),
    ],
)
def test_a_connection_leaves_nothing_for_the_collector(data, status):
    """A storm's leavings would be collected in the middle of an order."""
    limits = Limits(request_s=0.05 if status == 408 else 30.0, idle_s=0.05 if not data else 30.0)
    gc.collect()
    gc.disable()
    try:
        with serving(limits=limits) as server:
            with client_of(server) as client:
                assert client.ask(data)[0] == status
            with gevent.Timeout(WAIT_S):
                while server.counts[2]:
                    gevent.sleep(0.001)
            gevent.sleep(0)
            assert [one for one in gc.get_objects() if isinstance(one, Handler)] == []
    finally:
        gc.enable()
