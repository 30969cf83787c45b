"""What can go wrong between us and a node, each by what must be done about it.

Retryable
└── RpcError            the same call may succeed later, or on another endpoint
    ├── RateLimited         the endpoint asks for patience, for `retry_after_s`
    ├── OverBudget          our own budget is used up; what is left is for exits
    ├── NodeBehind          the endpoint has not reached the slot we need
    ├── TimedOut            no answer in time; what was asked may be done all the same
    ├── Unreachable         no connection, or it broke
    ├── BadResponse         an answer that is none: status, size, shape
    ├── NoEndpoint          every endpoint's circuit is open
    └── NodeFailed          the node answered with an error of its own
Refused
└── RpcRefused          the call itself is wrong: no endpoint will take it
    └── PreflightFailed     the transaction was simulated before sending, and failed

Texts hold no address and nothing that was sent; what a node wrote is shortened and made harmless.
"""

from core.errors import Refused, Retryable


class RpcError(Retryable):
    """The same call may succeed later, or on another endpoint."""

    outcome = "error"
    """One word for counters; bounded."""


class RateLimited(RpcError):
    """Status 429, or an error that says the same. `retry_after_s`: seconds the endpoint asks us to wait."""

    outcome = "rate_limited"

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"the endpoint allows no more calls for {retry_after_s:g} s")
        self.retry_after_s = retry_after_s


class OverBudget(RpcError):
    """Our own budget leaves no call now. `wait_s`: seconds until it does."""

    outcome = "over_budget"

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"the call budget is used up for {wait_s:.1f} s; the rest is kept for exits")
        self.wait_s = wait_s


class NodeBehind(RpcError):
    """The endpoint's state is older than what was asked for. `slot`: what it has reached, None when it did not say."""

    outcome = "behind"

    def __init__(self, slot: int | None, wanted: int) -> None:
        super().__init__(f"the node is at slot {slot if slot is not None else 'unknown'}, wanted was {wanted}")
        self.slot, self.wanted = slot, wanted


class TimedOut(RpcError):
    """No whole answer in time."""

    outcome = "timeout"


class Unreachable(RpcError):
    """No connection, or it broke."""

    outcome = "unreachable"


class BadResponse(RpcError):
    """Something answered that cannot be read as an answer."""

    outcome = "bad_response"


class NoEndpoint(RpcError):
    """Every endpoint's circuit breaker is open."""

    outcome = "no_endpoint"


class NodeFailed(RpcError):
    """The node answered with an error. `code`: of JSON-RPC."""

    outcome = "failed"

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"the node answered with error {code}: {message}")
        self.code = code


class RpcRefused(Refused):
    """The call is wrong, whoever is asked. `code`: of JSON-RPC."""

    outcome = "refused"

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"the node refuses the call with error {code}: {message}")
        self.code = code


class PreflightFailed(RpcRefused):
    """The node simulated the transaction before sending it, and it failed. Nothing was sent.

    `err` is the chain's error as JSON, `logs` what the programs said.
    """

    outcome = "preflight"

    def __init__(self, code: int, message: str, err: str, logs: tuple[str, ...]) -> None:
        super().__init__(code, message)
        self.err, self.logs = err, logs
