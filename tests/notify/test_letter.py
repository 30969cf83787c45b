"""What a stranger writes becomes harmless text in any messenger."""

import pytest

from core.notify.letter import TEXT_BYTES, letter, spoken


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@everyone <b>x</b>", "＠everyone ‹b›x‹∕b›"),
        ("\x1b[31mred\u202e\u200b\x07", "red"),
        ("[click](https://evil.com/x?a=1&b)", "［click］(https:∕∕evil․com∕x?a=1＆b)"),
        ("/panic\nnow", "∕panic now"),
        ("evil.com t.me.", "evil․com t․me."),
        ("`a` *b* ||c|| ~d~ #e", "ˋaˋ ∗b∗ ∣∣c∣∣ ∼d∼ ＃e"),
        ("loss of 0.5 SOL, 3 of 5", "loss of 0.5 SOL, 3 of 5"),
    ],
)
def test_nothing_is_markup_mention_command_or_link(text: str, expected: str):
    assert spoken(text) == expected


def test_a_name_of_ten_kilobytes_is_cut():
    assert len(spoken("x" * 10_000)) == TEXT_BYTES


def test_a_letter_names_alert_and_token_and_keeps_our_own_lines():
    made = letter("panic_exit_done", "warning", "<X>: sold", "M" * 43, "net +0.1 SOL\ncosts: none")

    assert made.text == f"‹X›: sold\npanic＿exit＿done  {'M' * 43}\n\nnet +0.1 SOL\ncosts: none"
    assert (made.title, made.mint) == ("Micro-Lightning: warning", "M" * 43)
