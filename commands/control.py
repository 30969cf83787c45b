"""The control API of a running process, as commands reach it: with the token of its state directory."""

from http.client import HTTPConnection, HTTPException
from pathlib import Path

import msgspec

from actors.adapters.keys import private_file
from actors.adapters.state_directory import holder
from core.errors import Refused, Retryable
from core.settings import Settings

WAIT_S = 15.0
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - where a server listens, not where we do


class Control:
    """Reached at `MICRO_BIND` and `MICRO_EXECUTOR_PORT`. Every call raises Refused or Retryable with one line."""

    def __init__(self, settings: Settings) -> None:
        self._host = EVERYWHERE.get(settings.runtime.bind, settings.runtime.bind)
        self._port = settings.runtime.executor_port
        self._directory = Path(settings.runtime.state_dir)

    def get(self, path: str) -> bytes:
        return self._asked("GET", path, None)

    def post(self, path: str, body: dict[str, str]) -> dict[str, object]:
        return msgspec.json.decode(self._asked("POST", path, msgspec.json.encode(body)), type=dict[str, object])

    def _asked(self, method: str, path: str, body: bytes | None) -> bytes:
        if not holder(self._directory):
            raise Refused(f"no process runs on {self._directory}; start it, or name another one with MICRO_STATE_DIR")
        token = private_file.read(self._directory / "api-token", "the token file").decode().strip()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection = HTTPConnection(self._host, self._port, timeout=WAIT_S)
        where = f"http://{self._host}:{self._port}"
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            answer = response.read()
        except TimeoutError:
            raise Retryable(f"{where} did not answer within {WAIT_S:g} s; is its process busy or hung?") from None
        except (OSError, HTTPException) as error:
            raise Refused(
                f"nothing answers on {where} ({error}); set MICRO_EXECUTOR_PORT and MICRO_BIND as the process has them"
            ) from None
        finally:
            connection.close()
        if response.status >= 400:
            raise Refused(f"{method} {path} was refused: {_detail(answer) or response.reason}")
        return answer


class _Problem(msgspec.Struct):
    detail: str = ""


def _detail(answer: bytes) -> str:
    try:
        return msgspec.json.decode(answer, type=_Problem).detail
    except (msgspec.MsgspecError, UnicodeError):
        return ""
