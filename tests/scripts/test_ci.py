from tests.scripts.conftest import Checkout, with_tools

SKIP = "<skipped message='shared data absent'/>"


def long_suites(checkout: Checkout, exit_code: int) -> None:
    script = checkout.root / "scripts" / "long-suites.sh"
    script.write_text(f'#!/bin/bash\necho "long suites $*"\nexit {exit_code}\n')
    script.chmod(0o755)


def test_all_checks_pass_and_the_closing_line_of_pytest_is_the_last(checkout: Checkout):
    with_tools(checkout)
    long_suites(checkout, 0)
    code, output = checkout.ci()
    assert code == 0
    assert output.endswith("\n1 passed in 0.01s\n")


def test_a_failed_check_fails_the_run(checkout: Checkout):
    code, output = with_tools(checkout, failing=("mypy",)).ci()
    assert code == 1
    assert "failed: mypy" in output


def test_a_skipped_test_fails_the_run(checkout: Checkout):
    code, output = with_tools(checkout).ci(SKIP=SKIP)
    assert code == 1
    assert "skipped: a::b: shared data absent" in output


def test_the_long_suites_run_in_their_short_form_and_count(checkout: Checkout):
    with_tools(checkout)
    long_suites(checkout, 0)
    code, output = checkout.ci()
    assert code == 0
    assert output.endswith("long suites --short\n1 passed in 0.01s\n")

    long_suites(checkout, 1)
    assert checkout.ci()[0] == 1


def test_the_long_suites_do_not_hide_a_failure_before_them(checkout: Checkout):
    with_tools(checkout, failing=("pytest",))
    long_suites(checkout, 0)
    code, output = checkout.ci()
    assert code == 1
    assert "long suites --short" in output


def test_only_packages_that_are_missing_are_installed(checkout: Checkout):
    with_tools(checkout)
    (checkout.root / ".ci" / "packages").write_text("# wanted\npresent\n\nabsent\n")
    checkout.tool("dpkg-query", '[[ ${!#} == present ]] && echo -n "install ok installed"')
    checkout.tool("apt-get", 'echo "apt-get $*"')
    checkout.tool("sudo", 'shift; "$@"')
    long_suites(checkout, 0)
    code, output = checkout.ci()
    assert code == 0
    assert "apt-get update -qq\napt-get install -y -qq --no-install-recommends absent\n" in output


def test_a_package_that_cannot_be_installed_fails_the_run(checkout: Checkout):
    with_tools(checkout)
    (checkout.root / ".ci" / "packages").write_text("absent\n")
    checkout.tool("dpkg-query", "exit 1")
    checkout.tool("apt-get", "exit 100")
    checkout.tool("sudo", 'shift; "$@"')
    code, output = checkout.ci()
    assert code != 0
    assert "passed" not in output
