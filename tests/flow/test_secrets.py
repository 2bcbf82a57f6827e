"""What is found to be a secret, and what only looks like one."""

from __future__ import annotations

import random
import re
import sysconfig
from pathlib import Path

import pytest

from escalation.flow.secrets import find, rules
from tests.flow.made import BLOCKS, KINDS_OF_KEY, NAMED, SHAPES, cases, made

SEED = 20261125


def found_in(text: str) -> list[str]:
    data = text.encode()
    return [data[found.start : found.end].decode() for found in find(data)]


def uncovered(text: str) -> str:
    """The text without what was found in it."""
    data, at, kept = text.encode(), 0, []
    for found in find(data):
        kept.append(data[at : found.start])
        at = found.end
    return b"|".join([*kept, data[at:]]).decode()


# ---- what is found


def test_the_set_is_large_enough():
    assert len(SHAPES) + len(NAMED) + len(KINDS_OF_KEY) >= 60
    assert len({found.rule.id for case in cases(SEED) for found in find(case.text.encode())}) >= 50


def test_nearly_every_secret_is_found():
    """At least 99 %, and of what is found nothing is left over: not even its last twelve characters."""
    every = list(cases(SEED))
    missed = [(case.kind, case.place) for case in every if case.secret[-12:] in uncovered(case.text)]
    assert len(missed) <= len(every) // 100, missed


@pytest.mark.parametrize("kind", SHAPES)
def test_a_secret_is_told_by_its_shape_in_every_place(kind):
    assert [case.place for case in cases(SEED) if case.kind == kind and case.secret[-12:] in uncovered(case.text)] == []


@pytest.mark.parametrize("place", BLOCKS)
def test_a_private_key_is_found_whole(place):
    for case in cases(SEED):
        if case.kind in KINDS_OF_KEY and case.place == place:
            [block] = found_in(case.text)
            assert block.startswith(f"-----BEGIN {case.kind}-----")
            assert block.endswith(f"-----END {case.kind}-----")


def test_a_private_key_without_its_end_is_found_as_far_as_it_goes():
    case = next(case for case in cases(SEED) if case.kind == "RSA PRIVATE KEY" and case.place == "a file")
    head = "".join(case.text.splitlines(keepends=True)[:12])
    assert uncovered(head + "\n# that was all\n") == "|\n\n# that was all\n"


def test_the_specific_kind_names_what_several_find():
    token = made(SHAPES["GitHub classic"], random.Random(1))
    [found] = find(f'password = "{token}"'.encode())
    assert found.rule.name == "GitHub token"


def test_finds_that_overlap_are_one_and_nothing_of_them_stays():
    key = "AK" + "IAQ3EGRTBLWZ5HXCVN"
    assert uncovered(f'password = "x9{key}/7Kd!"') == 'password = "|"'


def test_only_the_password_of_a_url_is_found():
    assert uncovered("postgres://app:h8Gk2pQz1@db:5432/shop") == "postgres://app:|@db:5432/shop"


# ---- what is not


@pytest.mark.parametrize(
    "line",
    [
        # code that speaks of secrets
        "token = tokens.pop()",
        "password = get_password(user)",
        'password = os.environ["DB_PASSWORD_2"]',
        "const secret = process.env.STRIPE_SECRET_KEY1;",
        "def check_password(password: str, pepper2: bytes) -> bool:",
        "self.access_token = response.json()['access_token']",
        "key = lambda item: item.sort_key2",
        "if token == Token.NAME3: pass",
        "the token of the lexer is a secret to nobody",
        "private_key = load_pem_private_key(data, None)",
        'if text.startswith("-----BEGIN PRIVATE KEY-----") and "-----END PRIVATE KEY-----" in text:',
        # what stands for a value
        'SECRET_KEY = "changeme"',
        'api_key = "your-api-key-goes-here-123"',
        "API_KEY=<your api key>",
        "API_KEY=xxxxxxxxxxxxxxxxxxxxxxxx",
        "PASSWORD=${DB_PASSWORD1}",
        'password: "{{ vault_password_2 }}"',
        'token = "%(token)s"',
        "AWS_ACCESS_KEY_ID=AKIA" + "IOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "postgres://user:password@localhost/db",
        "postgres://user:${PASSWORD}@localhost/db",
        'f"https://{user}:{password}@{host}/"',
        # words, names and paths
        'password = "secret"',
        'password_field = "new_password1"',
        'cache_key = "template_fragment_of_the_page"',
        'sort_key = "created_at_descending"',
        'key = "CustomUserWithManyGroups2Through"',
        "key_file = /etc/ssl/private/server1.key",
        'TOKEN_URL = "https://example.org/oauth2/token"',
        # digests and versions: public by their nature
        "sha1 = 'da39a3ee5e6b4b0d3255bfef95601890afd80709'",
        '"integrity": "sha512-9yPPc0eC5wJqFvB0vQ1iS0JtWGGGXUdcPHWrK1uGqwTNY2kDqCJ0nT1JcHkFn2h0WvJwQ=="',
        'version = "1.2.3-rc.4+build.20261125"',
        'id = "5f0c7b9e-6c55-4f1c-8b1f-0d6d3a3f7a10"',
        # parts of longer words
        "the task-ant-hill-of-many-many-words-in-a-row",
        "disk-0123456789-partition-of-a-very-long-name",
        "url = 'https://example.org/a:b@c'",
    ],
)
def test_what_only_looks_like_one_is_passed_over(line):
    assert found_in(line) == []


def false_finds(paths: list[Path]) -> tuple[int, int]:
    lines = finds = 0
    for path in paths:
        data = path.read_bytes()
        lines += data.count(b"\n")
        finds += len(find(data))
    return lines, finds


def library(every: int) -> list[Path]:
    root = Path(sysconfig.get_path("stdlib"))
    found = [path for path in root.rglob("*.py") if "site-packages" not in path.parts]
    return sorted(found)[::every]


def test_code_without_secrets_is_left_alone():
    """At most one find in 10,000 lines, on a sample of the standard library."""
    lines, finds = false_finds(library(every=15))
    assert lines > 10_000
    assert finds <= lines / 10_000


@pytest.mark.corpus
def test_the_whole_standard_library_is_left_alone():
    lines, finds = false_finds(library(every=1))
    assert finds <= lines / 10_000


# ---- bad input

WORDS = [word.decode() for rule in rules() for word in (*rule.keywords, *rule.prefixes)]


@pytest.mark.parametrize(
    "unit", [*dict.fromkeys(WORDS), "-----BEGIN PRIVATE KEY-----\n", "key: a a a ", '"kty" "d":"', "token='a1", "://a:"]
)
def test_a_text_made_to_be_slow_is_read_to_its_end(unit):
    text = unit * (100_000 // len(unit))
    for form in (text, text.replace(unit, f"{unit} "), f"password = {text}"):
        find(form.encode())


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"\xff\xfe" * 100, "İ ß ſ token='".encode() + b"\xf0\x9f"])
def test_any_bytes_are_taken(data):
    assert find(data) == ()


# ---- the table


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_a_rule_can_be_applied(rule):
    assert rule.keywords or rule.prefixes, "it would never be tried"
    assert "secret" in rule.pattern.groupindex
    assert all(word == word.lower() for word in rule.keywords)
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", rule.id), "it becomes part of a placeholder"
    assert rule.guess in ("", "password", "random")


def test_there_are_many_kinds():
    assert len({rule.id for rule in rules()}) >= 50


def test_a_find_shows_no_secret():
    [found] = find(b'password = "Xk7!pQ29zz"')
    assert "Xk7" not in repr(found)
