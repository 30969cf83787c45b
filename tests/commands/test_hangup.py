"""SIGHUP reads the settings file again: what is safe is in force at once, the rest named, a wrong file refused."""

import signal
from collections.abc import Callable

from tests.commands.process import Product


def test_sighup_applies_what_is_safe_names_the_rest_and_refuses_what_is_wrong(product: Callable[..., Product]) -> None:
    running = product()
    file = running.folder / ".env.micro-lightning"
    file.write_text("MICRO_MILITIA_PAUSE_S=1800\n")
    running.start().ready()
    assert running.get("/status")[0] == 200
    assert running.request("GET", "/status", host="monitor")[0] == 421

    file.write_text('MICRO_ALLOWED_HOSTS=["monitor"]\nMICRO_MILITIA_PAUSE_S=600\n')
    running.running.send_signal(signal.SIGHUP)
    running.wait_for("In force now: MICRO_ALLOWED_HOSTS. After a restart: MICRO_MILITIA_PAUSE_S.")
    assert running.request("GET", "/status", host="monitor")[0] == 200

    file.write_text("MICRO_ALOWED_HOSTS=[]\n")
    running.running.send_signal(signal.SIGHUP)
    running.wait_for(
        "refused, nothing was changed: unknown setting MICRO_ALOWED_HOSTS; did you mean MICRO_ALLOWED_HOSTS?"
    )
    assert running.request("GET", "/status", host="monitor")[0] == 200

    acts = running.get("/ledger?kind=operator_acted")[1]["items"]
    assert [act["record"]["who"] if "record" in act else act["who"] for act in acts] == ["SIGHUP", "SIGHUP"]
    running.interrupt()
    assert running.ended() == 0


def test_a_monitor_in_a_process_of_its_own_does_the_same_and_lives_on(product: Callable[..., Product]) -> None:
    watching = product()
    file = watching.folder / ".env.micro-lightning"
    file.write_text("")
    watching.start("--role", "monitor").ready()
    assert watching.request("GET", "/metrics", host="monitor")[0] == 421

    file.write_text('MICRO_ALLOWED_HOSTS=["monitor"]\nMICRO_MONITOR_PORT=1\n')
    watching.running.send_signal(signal.SIGHUP)
    watching.wait_for("In force now: MICRO_ALLOWED_HOSTS. After a restart: nothing.")
    assert watching.request("GET", "/metrics", host="monitor")[0] == 200

    file.write_text("MICRO_ALOWED_HOSTS=[]\n")
    watching.running.send_signal(signal.SIGHUP)
    watching.wait_for("refused, nothing was changed: unknown setting MICRO_ALOWED_HOSTS")
    assert watching.request("GET", "/metrics", host="monitor")[0] == 200
    watching.terminate()
    assert watching.ended() == 0
