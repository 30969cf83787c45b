"""Errors, named by what must be done about them.

    MicroError
    ├── Refused         the request is wrong or not allowed now: tell the caller why, change nothing
    ├── Retryable       may succeed later with the same input (rate limit, timeout, busy)
    ├── NeedsReconcile  book and chain may differ: stop entries until reconciled
    └── Fatal           this process must not go on: dump, exit non-zero, recover from the journal
"""


class MicroError(Exception):
    """Base of all errors that this project raises on purpose. The text says what is wrong and how to mend it."""


class Refused(MicroError):
    """The request is wrong or not allowed now."""


class Retryable(MicroError):
    """The same request may succeed later."""


class NeedsReconcile(MicroError):
    """Book and chain may differ; entries stop until they are compared."""


class Fatal(MicroError):
    """The process must end and recover from its journal."""
