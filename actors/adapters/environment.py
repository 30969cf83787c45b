"""Where settings come from: the environment file, then the environment, then the command line; later ones win."""

import os
from collections.abc import Mapping
from pathlib import Path

from actors.adapters.keys import private_file
from core import settings
from core.errors import Refused
from core.settings import Settings

FILE = ".env.micro-lightning"
FROM_FILE, PASSPHRASE = settings.PASSPHRASE_NAMES
SECRETS = frozenset(name for pair in settings.SECRET_NAMES for name in pair)


def read_file(path: Path) -> dict[str, str]:
    """The `NAME=value` lines of the file; `#` begins a comment. Raises Refused with the line that is none."""
    found: dict[str, str] = {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"the settings file {path} cannot be read: {error}") from None
    for number, line in enumerate(text.splitlines(), start=1):
        body = line.split(" #")[0].strip()
        if not body or body.startswith("#"):
            continue
        name, equals, value = body.partition("=")
        if not equals or not name.strip():
            raise Refused(f"{path} line {number} is not NAME=value")  # it may be a secret: it is not shown
        found[name.strip()] = value.strip().strip("\"'")
    return found


def load(command_line: Mapping[str, str], *, file: Path | None = None) -> Settings:
    """All settings, scaled by MICRO_TIME_SCALE. Raises Refused for a name or value that is wrong, and says where."""
    path = file if file is not None else Path(FILE)
    layers: list[tuple[str, Mapping[str, str]]] = []
    if path.exists() or file is not None:
        layers.append((str(path), _from_file(read_file(path), path)))
    # The environment is shared with everything else: only names with our prefix are ours to judge.
    ours = {name: value for name, value in os.environ.items() if name.startswith(settings.PREFIX)}
    layers.append(("the environment", _outside_file(_settable(ours), "the environment")))
    layers.append(("the command line", _outside_file(_typed(command_line), "the command line")))
    loaded = Settings()
    for source, texts in layers:
        try:
            loaded = settings.from_texts(texts, loaded)
        except Refused as refusal:
            raise Refused(f"{refusal} (in {source})") from None
    return settings.scaled(loaded)


def foreign(name: str, *, file: Path | None = None) -> str:
    """A name of `settings.FOREIGN`, from the environment, else the settings file, else empty. It may hold a secret."""
    path = file if file is not None else Path(FILE)
    return os.environ.get(name) or (read_file(path).get(name, "") if path.exists() else "")


def addresses(name: str, *, file: Path | None = None) -> tuple[str, ...]:
    """The addresses that such a name holds, separated by commas."""
    return tuple(one.strip() for one in foreign(name, file=file).split(",") if one.strip())


def passphrase_file(*, file: Path | None = None) -> str:
    """The file that MICRO_PASSPHRASE_FILE names, from the environment, else the settings file, else empty."""
    return foreign(FROM_FILE, file=file)


def secret_text(names: tuple[str, str], what: str, *, file: Path | None = None) -> str:
    """A secret of `settings.SECRET_NAMES`: what the environment holds, else the file that is named, else empty. Raises
    Refused for a file that cannot be read, or by others, too."""
    from_file, secret = names
    if os.environ.get(secret):
        return os.environ[secret]
    path = foreign(from_file, file=file)
    return private_file.secret(Path(path), what).decode(errors="replace").strip() if path else ""


def _settable(texts: Mapping[str, str]) -> dict[str, str]:
    """Without the names that belong to the scripts, to the keystore, or to others."""
    others = {*settings.SCRIPT_NAMES, *settings.FOREIGN, *SECRETS}
    return {name: value for name, value in texts.items() if name not in others}


def _from_file(texts: Mapping[str, str], path: Path) -> dict[str, str]:
    """Settings files are copied, shown and committed: a passphrase does not belong in one."""
    for from_file, secret in settings.SECRET_NAMES:
        if secret in texts:
            raise Refused(f"{path} holds {secret}; put it in a file of mode 0600 and name that with {from_file}")
    return _settable(texts)


def _typed(texts: Mapping[str, str]) -> Mapping[str, str]:
    """Every user of the machine sees command lines."""
    for name in SECRETS:
        if name in texts:
            raise Refused(f"{name} is never taken from the command line; set it in the environment")
    return texts


def _outside_file(texts: Mapping[str, str], source: str) -> Mapping[str, str]:
    for name in settings.FILE_ONLY:
        if texts.get(name):
            raise Refused(f"{name} is taken from the settings file only, not from {source}")  # empty: no destination
    return texts
