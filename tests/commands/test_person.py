"""How a person is reached: secrets from private files or the environment, refused anywhere else and never shown."""

from pathlib import Path

import gevent
import pytest
from msgspec.structs import replace

from actors.adapters.environment import load
from actors.adapters.messenger import Messenger
from actors.adapters.state_directory import StateDirectory
from commands import sources
from commands.house import House
from commands.person import reach, workers
from core.errors import Refused
from core.notify.letter import Letter
from core.notify.summary import DAY_S
from core.settings import Settings, from_texts

SECRET = "very-secret"


def test_addresses_come_from_a_private_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "addresses"
    file.write_text(f"critical tgram://1:{SECRET}/5\n")
    file.chmod(0o600)
    monkeypatch.setenv("MICRO_NOTIFY_URLS_FILE", str(file))
    reached = reach(Settings(), None)
    assert [(one.name, one.severity) for one in reached.addresses] == [("1 tgram://***", "critical")]
    assert SECRET not in repr(reached)

    file.chmod(0o644)
    with pytest.raises(Refused, match="chmod 600"):
        reach(Settings(), None)


@pytest.mark.parametrize("name", ["MICRO_NOTIFY_URLS", "MICRO_TELEGRAM_TOKEN"])
def test_a_secret_in_the_settings_file_or_on_the_command_line_is_refused_unseen(name: str, tmp_path: Path):
    file = tmp_path / "settings"
    file.write_text(f"{name}=json://{SECRET}\n")
    for given, path in (({}, file), ({name: SECRET}, None)):
        with pytest.raises(Refused, match=name) as refusal:
            load(given, file=path)
        assert SECRET not in str(refusal.value)


def test_a_token_without_chats_and_chats_without_a_token_are_refused(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(Refused, match="belong together"):
        reach(from_texts({"MICRO_TELEGRAM_CHATS": "[42]"}), None)
    monkeypatch.setenv("MICRO_TELEGRAM_TOKEN", "1:abc")
    with pytest.raises(Refused, match="belong together"):
        reach(Settings(), None)


def test_a_house_that_slept_over_midnight_sums_up_the_day_it_left_off_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    sent = list[Letter]()
    monkeypatch.setattr(Messenger, "send", lambda _, letter: sent.append(letter))
    monkeypatch.setenv("MICRO_NOTIFY_URLS", "json://127.0.0.1:9")
    settings, state = Settings(), StateDirectory(tmp_path / "state")
    for slept_s in (0.0, float(DAY_S)):
        source = sources.embedded(settings, state)
        later = replace(source, start_at_s=source.start_at_s + slept_s)
        house = House(settings, state, later, mode="paper", paced=False)
        house.start(workers(reach(settings, None), house, lambda: settings))
        house.system.wait_begun()
        gevent.sleep(0.05)
        assert house.stop()

    assert [letter.key for letter in sent] == ["daily_summary"]
    assert "told late" in sent[0].text
