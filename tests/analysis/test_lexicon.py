"""The lexicon: what the words of a text stand for, and that the tables are sound."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest

from escalation.analysis.lexicon import features, groups, path_features
from escalation.syntax.language import languages
from escalation.syntax.words import Kind, subwords

DATA = files("escalation.analysis").joinpath("data")
PARTS = {"imports", "calls", "arguments", "decorators", "identifiers"}


def curated(language: str, kind: Kind, text: str) -> set[str]:
    return {feature for feature in features(language, kind, text) if not feature.startswith("word:")}


@pytest.mark.parametrize(
    ("language", "kind", "text", "expected"),
    [
        ("python", "import", "hmac.compare_digest", {"import:crypto", "module:crypto"}),
        ("python", "import", "cryptography.x509.Name", {"import:tls", "module:tls", "module:crypto"}),
        ("python", "import", "os.getcwd", set()),
        ("python", "import", ".tokens", set()),
        ("python", "call", "jwt.decode", {"call:token"}),
        ("python", "call", "self.jwt.decode", {"call:token"}),
        ("python", "call", "data.decode", set()),
        ("python", "call", "eval", {"call:execution"}),
        ("python", "call", "model.eval", set()),
        ("python", "argument", "verify=False", {"call:tls"}),
        ("python", "argument", "verify=True", set()),
        ("python", "decorator", "auth.login_required", {"call:login"}),
        ("python", "identifier", "accessToken", {"name:token"}),
        ("python", "identifier", "ACCESS_TOKEN_TTL", {"name:token", "name:containers"}),
        ("python", "identifier", "get_private_key", {"name:credentials"}),
        ("python", "string", "X-Frame-Options", {"string:header", "string:plumbing", "string:headers"}),
        ("python", "string", "authorization", {"string:header", "string:permission"}),
        ("python", "string", "GRANT SELECT ON t TO u", {"string:grant"}),
        ("python", "string", "a select grant of the council", set()),
        ("typescript", "import", "@auth0/auth0-spa-js", {"import:token"}),
        ("javascript", "import", "crypto.createHmac", {"import:crypto", "module:crypto"}),
        ("javascript", "identifier", "innerHTML", {"call:validation"}),
        ("java", "import", "javax.crypto.spec.SecretKeySpec", {"import:crypto", "module:crypto", "module:credentials"}),
        ("kotlin", "import", "javax.crypto.Mac", {"import:crypto", "module:crypto"}),
        ("java", "decorator", "PreAuthorize", {"call:permission"}),
        ("go", "import", "crypto/tls", {"import:tls", "module:tls", "module:crypto"}),
        ("go", "argument", "InsecureSkipVerify=true", {"call:tls"}),
        ("cpp", "import", "openssl/ssl.h", {"import:tls", "module:tls"}),
        ("cobol", "call", "eval", set()),
    ],
)
def test_what_a_word_stands_for(language: str, kind: Kind, text: str, expected: set[str]):
    assert curated(language, kind, text) == expected


@pytest.mark.parametrize("word", ["key", "token", "hash", "session", "auth", "sign", "user", "id", "lock"])
def test_ambiguous_words_say_nothing_alone(word: str):
    assert curated("python", "identifier", word) == set()
    assert path_features(f"src/{word}.py") == ()


def test_a_name_has_its_parts_and_their_pairs_as_words():
    assert features("python", "identifier", "nextToken") == (
        "name:lexing",
        "word:next",
        "word:next token",
        "word:token",
    )


def test_a_path_is_read_from_its_last_four_segments():
    assert path_features("a/password/b/c/d/oauth2_login.py") == ("path:login", "path:token")
    assert path_features("") == ()


def test_every_group_of_the_libraries_is_one_of_the_lexicon_and_speaks_for():
    for language, rows in libraries().items():
        assert language in languages()
        assert set(rows) <= PARTS
        for part, table in rows.items():
            for group, texts in table.items():
                assert not groups()[group].against, (language, part, group)
                assert all(isinstance(text, str) and text for text in texts)


def test_no_row_stands_for_two_groups():
    for language, rows in libraries().items():
        for part, table in rows.items():
            texts = [text for group in table.values() for text in set(group)]
            assert sorted(texts) == sorted(set(texts)), (language, part)


def test_names_of_the_lexicon_are_written_as_names_are_split():
    table = tomllib.loads(DATA.joinpath("lexicon.toml").read_text("utf-8"))
    for group, row in table.items():
        assert row.get("against") or row["category"], group
        for name in row["names"]:
            assert re.fullmatch(r"[a-z0-9]+( [a-z0-9]+){0,2}\*?", name), (group, name)
            plain = name.removesuffix("*")
            assert " ".join(subwords(plain.replace(" ", "_"))) == plain, (group, name)


def libraries() -> dict[str, dict[str, dict[str, list[str]]]]:
    table = tomllib.loads(DATA.joinpath("libraries.toml").read_text("utf-8"))
    return {language: rows for language, rows in table.items() if language != "strings"}
