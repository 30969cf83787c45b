"""The door for programs: `from micro_lightning import MicroLightningOrchestrator`, before every other import.

Patches gevent into the standard library, as run.py does: what was imported earlier may keep native locks and sockets.
"""

from gevent import monkey

monkey.patch_all()

from commands.orchestrator import MicroLightningOrchestrator
from commands.outcomes import Exit, MicroOperation, Status
from core.errors import AskTimeout, Fatal, Refused
from core.strategy import Candidate, Holding, Leave, MemcoinStrategy, MicroLightning, Opinion

__all__ = [
    "AskTimeout",
    "Candidate",
    "Exit",
    "Fatal",
    "Holding",
    "Leave",
    "MemcoinStrategy",
    "MicroLightning",
    "MicroLightningOrchestrator",
    "MicroOperation",
    "Opinion",
    "Refused",
    "Status",
]
