"""Any file or directory that `replay` and `MICRO_FEED` can name, opened as the feed that it is."""

from pathlib import Path

from actors.adapters.recorded_trades import RecordedTrades
from actors.adapters.recorded_transactions import RecordedTransactions
from actors.adapters.recording import MAGIC_BYTES, SUFFIX, Recording
from core.chain.decode import Decoder
from core.errors import Refused
from core.market.tape import Tape
from core.ports import Feed

_ZSTD = b"\x28\xb5\x2f\xfd"


def open_feed(path: Path, decoder: Decoder, tape: Tape, *, sol_usd: float = 80.0) -> Feed:
    """The feed of this path: our own recording, recorded trades (JSON lines), or transactions (JSON, or a directory).

    Refused, in one line, for anything else. `sol_usd` is what SOL costs where a recording of trades does not say.
    """
    if path.is_dir():
        if any(path.glob("*" + SUFFIX)):
            return Recording(path)
        return RecordedTransactions(path, decoder, tape)
    try:
        with path.open("rb") as file:
            head = file.read(1 << 16)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from None
    if path.name.endswith(SUFFIX) or head.startswith((_ZSTD, MAGIC_BYTES)):
        return Recording(path)
    if path.suffix == ".jsonl" or (b'"swaps"' in head and b'"mint"' in head):
        return RecordedTrades(path, sol_usd=sol_usd)
    if head.lstrip()[:1] in (b"{", b"["):
        return RecordedTransactions(path, decoder, tape)
    raise Refused(f"{path} is neither a recording, nor recorded trades, nor transactions in JSON")
