"""SOL/USD from two sources that know nothing of each other: a pool on the chain, and a web service.

A source that fails raises MicroError and says nothing this time; its last reading grows old, and the rule of
`core.rules.sol_price` decides how long that is good enough.
"""

from collections.abc import Callable, Sequence
from math import isfinite
from urllib.parse import urlsplit

import msgspec
from geventhttpclient import HTTPClient
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError

from actors.adapters.endpoint import checked
from core.chain.codec.kinds import Undecodable
from core.chain.raydium import SOL_USDC_POOL, decode_pool, usd_per_sol
from core.chain.tokens import decode_token_account
from core.errors import Retryable
from core.rules.sol_price import SolSourceRule

LARGEST_ANSWER = 65_536

ReadAccounts = Callable[[Sequence[str]], Sequence[bytes | None]]
"""The data of these accounts, None for those that do not exist. May block its greenlet and raise MicroError."""
Source = Callable[[], float]
"""US dollars a SOL. Raises MicroError when it cannot tell."""


class PoolSource:
    """The price in Raydium's SOL/USDC pool: its vaults' balances, less what is owed to the protocol."""

    def __init__(self, read_accounts: ReadAccounts, pool: str = SOL_USDC_POOL) -> None:
        self._read = read_accounts
        self._pool = pool

    def __call__(self) -> float:
        try:
            (data,) = self._read([self._pool])
            pool = decode_pool(data or b"")
            vaults = [decode_token_account(one or b"") for one in self._read([pool.sol_vault, pool.usdc_vault])]
            price = usd_per_sol(pool, *(vault.amount for vault in vaults))
        except (Undecodable, ValueError) as error:
            raise Retryable(f"the SOL/USDC pool cannot be read: {error}") from None
        if price is None:
            raise Retryable("the SOL/USDC pool is empty")
        return price


class HttpSource:
    """A number in the JSON answer of a web service. No redirects; certificates are checked."""

    def __init__(self, rule: SolSourceRule, plain_hosts: tuple[str, ...] = ()) -> None:
        url = checked(rule.url, "MICRO_SOL_SOURCE_URL", {"https", "http"}, plain_hosts)
        parts = urlsplit(url)
        self._path = rule.path.split(".")
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._host, self._port, self._is_encrypted = parts.hostname or "", parts.port, parts.scheme == "https"
        self._timeout_s = rule.timeout_s

    def __call__(self) -> float:
        # A connection for each question: ten seconds apart, one kept open would mostly be found closed.
        client = HTTPClient(
            self._host,
            self._port,
            ssl=self._is_encrypted,
            connection_timeout=self._timeout_s,
            network_timeout=self._timeout_s,
        )
        try:
            answer = client.get(self._target)
            status, body = answer.status_code, answer.read(LARGEST_ANSWER + 1)
            answer.release()
        except (OSError, ValueError, HTTPParseError, HTTPConnectionClosed) as error:
            # Without its text, which may quote the address.
            raise Retryable(f"the price source does not answer: {type(error).__name__}") from None
        finally:
            client.close()
        if status != 200 or len(body) > LARGEST_ANSWER:
            raise Retryable(f"the price source answered with status {status}")
        return _number(body, self._path)


def _number(body: bytes | bytearray, path: Sequence[str]) -> float:
    try:
        value = msgspec.json.decode(body)
        for name in path:
            value = value[int(name)] if isinstance(value, list) else value[name]
        price = float(value)
    except (msgspec.DecodeError, LookupError, TypeError, ValueError, RecursionError):
        raise Retryable("the price source's answer holds no price") from None
    if not isfinite(price) or price <= 0:
        raise Retryable("the price source's answer holds no price")
    return price
