"""The chain's wire format: transactions with the log lines that real ones have, events in base64 among them."""

from base64 import b64decode, b64encode

from core.chain.events import Event
from core.chain.programs import PUMP, PUMPSWAP
from core.chain.wire import log_lines, migration_lines
from core.market.simulator import wire_events
from core.market.simulator.names import Names
from core.market.simulator.state import MarketState, Token
from core.market.simulator.swap import Swap
from core.messages import AnyMarketData, RawTransaction
from core.types import Side

DATA = "Program data: "
SLIPPAGE_ERRORS = {
    (PUMP, Side.BUY): 6042,
    (PUMP, Side.SELL): 6003,
    (PUMPSWAP, Side.BUY): 6040,
    (PUMPSWAP, Side.SELL): 6004,
}
"""Error numbers of the interface files for a breached limit, by far the commonest failure."""


class WireBroadcast:
    """Makes one `RawTransaction` for each transaction of the market."""

    def __init__(self, state: MarketState, names: Names) -> None:
        self._state = state
        self._names = names
        self._slot = 0
        self._timestamp = 0
        self._done: list[RawTransaction] = []
        self._events: list[Event] = []
        self._program = PUMP
        self._signature = ""
        self._ours = ""
        self._last_lines: tuple[str, ...] = ()
        self._last_program = ""

    def begin(self, slot: int, at_s: float) -> None:
        self._slot, self._timestamp = slot, int(at_s)
        # Copies never reach over slots: a restored market knows nothing of the slot before.
        self._last_program = ""

    def launched(self, token: Token) -> None:
        self._open(PUMP)
        self._events.append(wire_events.created(token, self._timestamp))

    def traded(self, token: Token, swap: Swap, joined: bool = False) -> None:
        if not joined:
            self._open(PUMPSWAP if token.pool else PUMP)
        if not token.pool:
            self._events.append(wire_events.curve_trade(token, swap, self._timestamp))
        elif swap.side is Side.BUY:
            self._events.append(wire_events.pool_buy(token, swap, self._timestamp))
        else:
            self._events.append(wire_events.pool_sell(token, swap, self._timestamp))

    def completed(self, token: Token, wallet: str) -> None:
        self._events.append(wire_events.completed(token, wallet, self._timestamp))

    def migrated(self, token: Token) -> None:
        self._close()
        created = wire_events.pool_created(token, self._timestamp)
        lines = migration_lines(created, wire_events.migrated(token, self._timestamp))
        self._done.append(RawTransaction(self._sign(), self._slot, None, tuple(lines)))

    def failed(self, token: Token, side: Side) -> None:
        """Every second one fails late, a copy of the trade before it that came too late: its event must not count."""
        self._close()
        program = PUMPSWAP if token.pool else PUMP
        code = SLIPPAGE_ERRORS[program, side]
        signature = self._sign(failed=True)
        late = self._state.transactions % 2 == 0 and self._last_program == program
        lines = self._last_lines[:-1] if late else _refusal(program, side)
        failed = f"Program {program} failed: custom program error: 0x{code:x}"
        error = f'{{"InstructionError":[2,{{"Custom":{code}}}]}}'
        self._done.append(RawTransaction(signature, self._slot, error, (*lines, failed)))

    def sign_next(self, signature: str) -> None:
        self._ours = signature

    def take(self, *, readable: bool = True) -> tuple[tuple[RawTransaction, ...], tuple[AnyMarketData, ...]]:
        self._close()
        done = tuple(self._done) if readable else tuple(map(_upgraded, self._done))
        self._done.clear()
        return done, ()

    def _open(self, program: str) -> None:
        """Begin the next transaction."""
        self._close()
        self._program = program
        self._signature = self._sign()

    def _close(self) -> None:
        """Write the open transaction, if there is one."""
        if not self._events:
            return
        lines = tuple(log_lines(self._program, self._events))
        self._events.clear()
        self._last_lines, self._last_program = lines, self._program
        self._done.append(RawTransaction(self._signature, self._slot, None, lines))

    def _sign(self, *, failed: bool = False) -> str:
        self._state.failed += failed
        self._state.landed += not failed
        if self._ours:
            signature, self._ours = self._ours, ""
            return signature
        self._state.transactions += 1
        return self._names.signature(self._state.transactions)


def _upgraded(transaction: RawTransaction) -> RawTransaction:
    """The same as an unknown version of the program would say it: its events have other discriminators."""
    lines = tuple(_renamed(line) if line.startswith(DATA) else line for line in transaction.logs)
    return RawTransaction(transaction.signature, transaction.slot, transaction.err, lines)


def _renamed(line: str) -> str:
    data = b64decode(line.removeprefix(DATA))
    return DATA + b64encode(bytes(byte ^ 0xFF for byte in data[:8]) + data[8:]).decode()


def _refusal(program: str, side: Side) -> tuple[str, ...]:
    """The log of a call that stops before its event."""
    return (
        f"Program {program} invoke [1]",
        f"Program log: Instruction: {'Buy' if side is Side.BUY else 'Sell'}",
        "Program log: AnchorError occurred. Error Message: slippage.",
    )
