"""Errors, named by what must be done about them.

MicroError
├── Refused         the request is wrong or not allowed now: tell the caller why, change nothing
├── Retryable       may succeed later with the same input (rate limit, timeout, busy)
│   ├── Unavailable     the named actor is unknown, dead or restarting
│   └── AskTimeout      it did not answer in time; it may yet do what it was asked
├── NeedsReconcile  book and chain may differ: stop entries until reconciled
└── Fatal           this process must not go on: dump, exit non-zero, recover from the journal
"""


class MicroError(Exception):
    """Base of all errors that this project raises on purpose. The text says what is wrong and how to mend it."""


class Refused(MicroError):
    """The request is wrong or not allowed now."""


class Retryable(MicroError):
    """The same request may succeed later."""


class Unavailable(Retryable):
    """The named actor is unknown, dead or restarting, or it ended before it answered."""


class AskTimeout(Retryable):
    """No answer in time. What was asked may still be done: a command's id makes asking again safe."""


class NeedsReconcile(MicroError):
    """Book and chain may differ; entries stop until they are compared."""


class Fatal(MicroError):
    """The process must end and recover from its journal."""
