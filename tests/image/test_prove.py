import pytest

from tests.image import prove


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a single one of the tools."""
    monkeypatch.setattr("shutil.which", lambda _: None)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["--optional"], 0)])
def test_without_the_tools_it_says_what_to_install_and_builds_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int
):
    monkeypatch.setattr("sys.argv", ["prove", *arguments])

    assert prove.main() == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("not proven: mmdebstrap, buildah, podman not installed")


def test_what_does_not_hold_is_told_and_counted(capsys: pytest.CaptureFixture[str]):
    proof = prove.Proof()
    proof.held("this", True)
    proof.held("that", False, 3)

    assert proof.failed == 1
    assert capsys.readouterr().out == "held   this\nFAILED that: 3\n"
