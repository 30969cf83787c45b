import pytest

from actors.adapters.endpoint import checked, shown
from core.errors import Refused

HTTP = {"http", "https"}


@pytest.mark.parametrize(
    "url",
    [
        "https://node.example/v2/key",
        "http://127.0.0.1:8899",
        "http://localhost:8899/",
        "http://[::1]:8899",
        "http://127.8.8.8",
        "http://executor:8080",
    ],
)
def test_encrypted_addresses_this_machine_and_listed_hosts_may_be_called(url: str):
    assert checked(url, "X_URL", HTTP, ["executor"]) == url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://node.example/key", "use https"),
        ("http://localhost.example/key", "use https"),
        ("http://10.0.0.7", "use https"),
        ("ftp://node.example", "begins with http or https"),
        ("node.example", "begins with"),
        ("", "begins with"),
        ("https://", "begins with"),
        ("https://node.example:0", "begins with"),
        ("https://node.example:99999", "no address"),
        ("https://[::1", "no address"),
        ("https://user:sesame@node.example", "user"),
        ("https://node.example/#sesame", "fragment"),
    ],
)
def test_anything_else_is_refused_by_the_name_of_its_setting(url: str, reason: str):
    with pytest.raises(Refused, match=reason) as refusal:
        checked(url, "X_URL", HTTP)

    assert "X_URL" in str(refusal.value)
    assert "sesame" not in str(refusal.value)
    assert "key" not in str(refusal.value)


def test_an_address_is_shown_without_what_may_be_a_key():
    assert shown("wss://node.example:443/v2/sesame?api-key=sesame") == "wss://node.example:443/***"
    assert shown("https://user:sesame@node.example/") == "https://node.example"
    assert shown("https://[::1") == "***"
