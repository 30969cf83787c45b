from tests.scripts.conftest import Checkout, with_tools

APART = [["tests/commands"], ["tests/chaos", "tests/localnet", "tests/monitor", "tests/oracle", "tests/scripts"]]


def test_all_checks_run_and_pytest_closes_the_output(checkout: Checkout):
    code, output = with_tools(checkout).check("-k", "some thing")
    assert code == 0
    for line in ("ruff check .", "ruff format --check .", "mypy"):
        assert f"\n{line} \n" in output or f"\n{line}\n" in output
    assert "pytest -m not slow and not benchmark" in output
    assert "-k some thing" in output
    assert output.endswith("1 passed in 0.01s\n")


def test_every_failed_check_is_named_and_the_others_still_run(checkout: Checkout):
    code, output = with_tools(checkout, failing=("ruff", "pytest")).check()
    assert code == 1
    assert "== mypy" in output
    first, second = output.partition("failed: pytest\n")[::2]
    assert first.endswith("failed: ruff check\nfailed: ruff format\n")
    assert second.splitlines() == [f"failed: pytest {' '.join(group)}" for group in APART]


def test_every_test_runs_once_and_those_that_mostly_wait_run_apart(checkout: Checkout):
    code, output = with_tools(checkout).check()
    runs = [line for line in output.splitlines() if line.startswith("pytest -m")]

    assert code == 0
    ignored = [f"--ignore={path}" for group in APART for path in group]
    assert [run.split()[8:] for run in runs] == [["tests", *ignored], *APART]
    assert output.endswith("1 passed in 0.01s\n")


def test_a_skipped_test_fails_only_where_nothing_may_be_missing(checkout: Checkout):
    with_tools(checkout)
    skip = "<skipped message='shared data absent'/>"
    assert checkout.check(SKIP=skip)[0] == 0
    code, output = checkout.check(SKIP=skip, MICRO_CI="1")
    assert code == 1
    assert "skipped: a::b: shared data absent" in output
    assert "failed: skipped tests" in output
    assert checkout.check(MICRO_CI="1")[0] == 0


def test_without_a_supported_python_nothing_is_checked(bare: Checkout):
    bare.tool("old", "exit 1")
    code, output = bare.check(MICRO_PYTHON="old")
    assert code == 2
    assert output.count("\n") == 1
    assert "Python 3.11 or newer is needed" in output
