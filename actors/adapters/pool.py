"""Calls in a native thread whose failures are the caller's alone: gevent's pool would print each one as well."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from gevent.threadpool import ThreadPool

P = ParamSpec("P")
R = TypeVar("R")


def call(pool: ThreadPool, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """The function's result, or its exception; other greenlets go on meanwhile."""
    results: list[R] = []
    failures: list[Exception] = []

    def work() -> None:
        try:
            results.append(function(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - raised again where it belongs
            failures.append(error)

    pool.apply(work)
    if failures:
        raise failures[0]
    return results[0]
