"""The node's WebSocket door: subscriptions, and any other method too."""

import socket
from typing import Any

import gevent
import msgspec
from gevent.queue import Queue
from gevent.server import StreamServer
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, Request, TextMessage
from wsproto.utilities import ProtocolError

from localnet.chain import Chain
from localnet.rpc.dispatch import Dispatch
from localnet.rpc.errors import RpcError
from localnet.subscriptions import Subscriptions

MOST_QUEUED = 20_000
"""Messages that wait for a client that does not read; past that its socket is cut, as a real node cuts it."""
_CHUNK = 65_536


class SocketDoor:
    """Serves on loopback until `stop`. Cuts every socket as often as the switches say."""

    def __init__(self, chain: Chain, dispatch: Dispatch, listener: socket.socket) -> None:
        self.chain = chain
        self.dispatch = dispatch
        self.subscriptions = Subscriptions(chain)
        self._peers: set[_Peer] = set()
        self._server = StreamServer(listener, self._serve)

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop(timeout=1)
        self.drop()

    def drop(self) -> None:
        """Cut every socket without a word."""
        for peer in list(self._peers):
            peer.cut()

    def _serve(self, connection: socket.socket, _address: object) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer = _Peer(self, connection)
        self._peers.add(peer)
        every_s = self.chain.faults.switches.drop_sockets_s
        cutter = gevent.spawn_later(every_s, peer.cut) if every_s else None
        try:
            peer.serve()
        finally:
            self._peers.discard(peer)
            if cutter is not None:
                cutter.kill()
            peer.end()


class _Peer:
    """One client. Its writer is a greenlet of its own, so that a slow client keeps nobody waiting."""

    def __init__(self, door: SocketDoor, connection: socket.socket) -> None:
        self._door = door
        self._connection = connection
        self._protocol = WSConnection(ConnectionType.SERVER)
        self._outbox: Queue[bytes] = Queue()
        self._numbers: set[int] = set()
        self._parts: list[str] = []
        self._writer = gevent.spawn(self._write)

    def serve(self) -> None:
        """Until the client goes, or is cut."""
        while True:
            try:
                data = self._connection.recv(_CHUNK)
            except OSError:
                return
            if not data:
                return
            try:
                self._protocol.receive_data(data)
                for event in self._protocol.events():
                    if not self._hear(event):
                        return
            except ProtocolError:
                return

    def cut(self) -> None:
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the client went first

    def end(self) -> None:
        for number in self._numbers:
            self._door.subscriptions.remove(number)
        self._writer.kill()
        self._connection.close()

    def _hear(self, event: Any) -> bool:
        """Whether to go on listening."""
        match event:
            case Request():
                self._outbox.put(self._protocol.send(AcceptConnection()))
            case Ping() if not self._door.chain.faults.switches.mute_sockets:
                self._outbox.put(self._protocol.send(event.response()))
            case CloseConnection():
                self._outbox.put(self._protocol.send(event.response()))
                gevent.sleep(0)
                return False
            case TextMessage() | BytesMessage():
                data = event.data if isinstance(event.data, str) else bytes(event.data).decode()
                self._parts.append(data)
                if event.message_finished:
                    text = "".join(self._parts)
                    self._parts.clear()
                    self._answer(text)
            case _:
                return True  # a pong, or a ping that a mute node leaves unanswered
        return True

    def _answer(self, text: str) -> None:
        try:
            request = msgspec.json.decode(text)
        except msgspec.DecodeError:
            self.tell({"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": None})
            return
        method = request.get("method", "") if isinstance(request, dict) else ""
        if method.endswith("Unsubscribe"):
            self._reply(request, lambda params: self._unsubscribe(int(params[0])))
        elif method.endswith("Subscribe"):
            number = self._reply(request, lambda params: self._subscribe(method, params))
            if number is not None:
                self._door.subscriptions.begin(number)
        else:
            self.tell(self._door.dispatch.answer(request))

    def _reply(self, request: dict[str, Any], do: Any) -> Any:
        try:
            result = do(request.get("params") or [])
        except RpcError as error:
            self.tell({"jsonrpc": "2.0", "error": error.body(), "id": request.get("id")})
            return None
        except (TypeError, ValueError, LookupError) as error:
            body = RpcError(-32602, f"Invalid params: {error}").body()
            self.tell({"jsonrpc": "2.0", "error": body, "id": request.get("id")})
            return None
        self.tell({"jsonrpc": "2.0", "result": result, "id": request.get("id")})
        return result

    def _subscribe(self, method: str, params: list[Any]) -> int:
        number = self._door.subscriptions.add(method, params, self._notify)
        self._numbers.add(number)
        return number

    def _unsubscribe(self, number: int) -> bool:
        self._numbers.discard(number)
        return self._door.subscriptions.remove(number)

    def _notify(self, message: dict[str, Any]) -> None:
        if not self._door.chain.faults.switches.mute_sockets:
            self.tell(message)

    def tell(self, message: Any) -> None:
        if self._outbox.qsize() >= MOST_QUEUED:
            self.cut()
            return
        text = msgspec.json.encode(message).decode()
        try:
            data = self._protocol.send(TextMessage(text))
        except ProtocolError:
            self.cut()  # the client has said good-bye already
            return
        self._outbox.put(data)

    def _write(self) -> None:
        for data in self._outbox:
            try:
                self._connection.sendall(data)
            except OSError:
                return  # the reader ends by itself
