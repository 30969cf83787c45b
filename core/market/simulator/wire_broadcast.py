"""The chain's wire format: transactions with the log lines that real ones have, events in base64 among them."""

from base64 import b64decode, b64encode

from core.chain.programs import PUMP, PUMPSWAP
from core.chain.wire import Call, call_lines, call_of, migration_lines
from core.market.simulator import wire_events
from core.market.simulator.names import Names
from core.market.simulator.state import MarketState, Token
from core.market.simulator.swap import Swap
from core.messages import AnyMarketData, RawTransaction
from core.types import Side

DATA = "Program data: "
SLIPPAGE_ERRORS = {PUMP: (6003, 6042), PUMPSWAP: (6004, 6040)}
"""Error numbers of the interface files for a breached limit, by far the commonest failure: of a sale, of a buy."""
_BUY = Side.BUY


class WireBroadcast:
    """Makes one `RawTransaction` for each transaction of the market."""

    def __init__(self, state: MarketState, names: Names) -> None:
        self._state = state
        self._names = names
        self._slot = 0
        self._timestamp = 0
        self._done: list[RawTransaction] = []
        self._calls: list[Call] = []
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
        self._calls.append(call_of(wire_events.created(token, self._timestamp)))

    def traded(self, token: Token, swap: Swap, joined: bool = False) -> None:
        if not joined:
            self._open(PUMPSWAP if token.pool else PUMP)
        if not token.pool:
            name = "BuyExactQuoteInV2" if swap.side is _BUY else "SellV2"
            self._calls.append((name, wire_events.curve_trade(token, swap, self._timestamp)))
        elif swap.side is _BUY:
            self._calls.append(("BuyExactQuoteIn", wire_events.pool_buy(token, swap, self._timestamp)))
        else:
            self._calls.append(("Sell", wire_events.pool_sell(token, swap, self._timestamp)))

    def completed(self, token: Token, wallet: str) -> None:
        self._calls.append(call_of(wire_events.completed(token, wallet, self._timestamp)))

    def migrated(self, token: Token) -> None:
        self._close()
        self._state.landed += 1
        created = wire_events.pool_created(token, self._timestamp)
        lines = migration_lines(created, wire_events.migrated(token, self._timestamp))
        self._done.append(RawTransaction(self._sign(), self._slot, None, tuple(lines)))

    def failed(self, token: Token, side: Side) -> None:
        """Every second one fails late, a copy of the trade before it that came too late: its event must not count."""
        self._close()
        program = PUMPSWAP if token.pool else PUMP
        error, failed, refusal = _FAILURES[program][side is _BUY]
        self._state.failed += 1
        signature = self._sign()
        late = self._state.transactions % 2 == 0 and self._last_program == program
        lines = (*self._last_lines[:-1], failed) if late else refusal
        self._done.append(RawTransaction(signature, self._slot, error, lines))

    def sign_next(self, signature: str) -> None:
        self._ours = signature

    def take(self, *, readable: bool = True) -> tuple[tuple[RawTransaction, ...], tuple[AnyMarketData, ...]]:
        self._close()
        done = tuple(self._done) if readable else tuple(map(_upgraded, self._done))
        self._done.clear()
        return done, ()

    def _open(self, program: str) -> None:
        """Begin the next transaction."""
        if self._calls:
            self._close()
        self._program = program
        self._state.landed += 1
        self._signature = self._sign()

    def _close(self) -> None:
        """Write the open transaction, if there is one."""
        if not self._calls:
            return
        lines = call_lines(self._program, self._calls)
        self._calls.clear()
        self._last_lines, self._last_program = lines, self._program
        self._done.append(RawTransaction(self._signature, self._slot, None, lines))

    def _sign(self) -> str:
        if self._ours:
            signature, self._ours = self._ours, ""
            return signature
        state = self._state
        state.transactions = number = state.transactions + 1
        return self._names.signature(number)


def _upgraded(transaction: RawTransaction) -> RawTransaction:
    """The same as an unknown version of the program would say it: its events have other discriminators."""
    lines = tuple(_renamed(line) if line.startswith(DATA) else line for line in transaction.logs)
    return RawTransaction(transaction.signature, transaction.slot, transaction.err, lines)


def _renamed(line: str) -> str:
    data = b64decode(line.removeprefix(DATA))
    return DATA + b64encode(bytes(byte ^ 0xFF for byte in data[:8]) + data[8:]).decode()


def _failure(program: str, code: int, *, is_buy: bool) -> tuple[str, str, tuple[str, ...]]:
    """Its error, its last line, and the log of a call that stops before its event."""
    failed = f"Program {program} failed: custom program error: 0x{code:x}"
    refusal = (
        f"Program {program} invoke [1]",
        f"Program log: Instruction: {'Buy' if is_buy else 'Sell'}",
        "Program log: AnchorError occurred. Error Message: slippage.",
        failed,
    )
    return f'{{"InstructionError":[2,{{"Custom":{code}}}]}}', failed, refusal


_FAILURES = {
    program: (_failure(program, sell, is_buy=False), _failure(program, buy, is_buy=True))
    for program, (sell, buy) in SLIPPAGE_ERRORS.items()
}
