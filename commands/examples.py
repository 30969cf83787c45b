"""One line to begin with for every command, shown at the end of its `--help`, and what its exit code means."""

from typing import Final

EXAMPLES: Final = {
    "paper": "python run.py paper --seed 7 --speed 60",
    "replay": "python run.py replay recordings/20260101T00.feed.zst --speed max",
    "simulate": "python run.py simulate --operations 100 --seed 7",
    "live": "python run.py live --confirm-capital 20",
    "exit-all": "python run.py exit-all --state ./state",
    "record": "python run.py record --out recordings",
    "demo": "python run.py demo --fast",
    "audit": "python run.py audit --state ./state",
    "doctor": "python run.py doctor --json",
    "wallets": "python run.py wallets show",
    "tokens": "python run.py tokens rotate",
    "dump": "python run.py dump --out dump.json",
    "backup": "python run.py backup --out /mnt/usb/ml.mlbackup",
    "restore": "python run.py restore /mnt/usb/ml.mlbackup --state ./state",
    "localnet": "python run.py localnet --port 8899",
}
CODES: Final = "Exit codes: 0 done, 1 it failed or found something wrong, 2 refused with nothing changed, 130 Ctrl-C."


def epilog(command: str) -> str:
    return f"Example: {EXAMPLES[command]}   {CODES}"
