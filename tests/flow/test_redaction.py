"""Secrets are masked on their way out, and back in their place afterwards."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.flow.redaction import Redactor

RANDOM = random.Random(20261125)
LETTERS, LOWER, UPPER, HEX = (
    string.ascii_letters + string.digits,
    string.ascii_lowercase,
    string.ascii_uppercase,
    "0123456789abcdef",
)


def some(alphabet: str, size: int) -> str:
    return "".join(RANDOM.choice(alphabet) for _ in range(size))


# Put together here, so that nobody's scanner takes this file for a leak.
SHAPES = {
    "aws access key": lambda: "AKIA" + some(UPPER + "234567", 16),
    "google": lambda: "AI" + "za" + some(LETTERS, 35),
    "github": lambda: "gh" + "p_" + some(LETTERS, 36),
    "github, fine-grained": lambda: "github" + "_pat_" + some(LETTERS, 22) + "_" + some(LETTERS, 59),
    "gitlab": lambda: "gl" + "pat-" + some(LETTERS, 20),
    "slack": lambda: "xox" + "b-" + some("123456789", 12) + "-" + some("123456789", 12) + "-" + some(LETTERS, 24),
    "stripe": lambda: "sk" + "_live_" + some(LETTERS, 24),
    "sendgrid": lambda: "SG" + "." + some(LETTERS, 22) + "." + some(LETTERS, 43),
    "npm": lambda: "npm" + "_" + some(LETTERS, 36),
    "pypi": lambda: "pypi" + "-AgEIcHlwaS5vcmc" + some(LETTERS, 70),
    "anthropic": lambda: "sk-" + "ant-api03-" + some(LETTERS, 93) + "AA",
    "openai": lambda: "sk-" + "proj-" + some(LETTERS, 48),
    "hugging face": lambda: "hf" + "_" + some(LETTERS, 34),
    "databricks": lambda: "dapi" + some(HEX, 32),
    "digitalocean": lambda: "dop" + "_v1_" + some(HEX, 64),
    "shopify": lambda: "shp" + "at_" + some(HEX, 32),
    "telegram": lambda: some("123456789", 10) + ":AA" + some(LETTERS, 33),
    "json web token": lambda: "eyJ" + some(LETTERS, 34) + ".eyJ" + some(LETTERS, 60) + "." + some(LETTERS, 43),
    "linear": lambda: "lin" + "_api_" + some(LETTERS, 40),
    "private key": lambda: (
        "-----BEGIN RSA " + "PRIVATE KEY-----\n" + "\n".join(some(LETTERS + "+/", 64) for _ in range(12)) + "\n"
        "-----END RSA " + "PRIVATE KEY-----"
    ),
    "assigned": lambda: some(LETTERS, 12) + "7x9" + some(LETTERS, 12),
}
PLACES = {"python": 'API_TOKEN = "{}"\n', "environment": "API_TOKEN={}\n", "yaml": 'api_token: "{}"\n'}
SET = [(kind, place, make()) for kind, make in SHAPES.items() for place in PLACES]


def test_nearly_all_of_a_set_of_secrets_are_masked():
    missed = [
        (kind, place) for kind, place, secret in SET if secret in Redactor().mask(PLACES[place].format(secret), "a")
    ]
    assert len(SET) >= 60
    assert len(SHAPES) >= 20
    assert len(missed) <= len(SET) // 100, missed


@pytest.mark.parametrize(
    "line",
    [
        "token = tokens.pop()",
        'password = os.environ["PASSWORD"]',
        "def check_password(password: str) -> bool:",
        'SECRET_KEY = "changeme"',
        'api_key = "your-api-key"',
        "sha1 = 'da39a3ee5e6b4b0d3255bfef95601890afd80709'",
        "url = 'https://example.org/a:b@c'",
        "the token of the lexer is a secret to nobody",
    ],
)
def test_what_only_looks_like_one_stays(line):
    assert Redactor().mask(line) == line


@given(
    st.lists(
        st.one_of(st.text(max_size=30), st.sampled_from([f"\nkey = '{secret}'\n" for _, _, secret in SET])), max_size=6
    )
)
def test_masking_and_restoring_is_exact(parts):
    text = "".join(parts).encode("utf-8", "replace").decode()
    redactor = Redactor()
    masked = redactor.mask(text, "a")
    assert redactor.restore(masked) == text
    assert redactor.mask(masked, "a") == masked


def test_the_same_secret_has_the_same_placeholder():
    secret, redactor = SHAPES["github"](), Redactor()
    first, second = redactor.mask(f"A = '{secret}'", "a.py"), redactor.mask(f"B = '{secret}'", "b.py")
    assert first.removeprefix("A") == second.removeprefix("B")
    assert [(masked.path, masked.line) for masked in redactor.masked] == [("a.py", 1), ("b.py", 1)]


def test_a_text_cannot_forge_a_placeholder():
    secret = SHAPES["github"]()
    name = Redactor().mask(secret)
    redactor = Redactor()
    redactor.mask(secret)
    assert redactor.restore(f"x = {name}") == f"x = {name}"


def test_keys_in_use_are_secret_wherever_they_stand():
    assert "hunter2-hunter2" not in Redactor(["hunter2-hunter2"]).mask("I say hunter2-hunter2 aloud")


def test_nothing_that_shows_a_redactor_shows_a_secret():
    secret, redactor = SHAPES["stripe"](), Redactor()
    redactor.mask(secret, "a")
    assert secret not in repr(redactor)
    assert secret not in str(redactor.masked)
