"""Words: one row per language and kind, their places, and what damaged or endless text does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.syntax.language import languages
from escalation.syntax.tree import SyntaxTree, parse
from escalation.syntax.words import Word, subwords, words
from escalation.text.document import Document

SOURCES = {
    "python": (
        "import hmac, jwt as j\nfrom a.b import c as d, e\nfrom . import z\nfrom x import *\n"
        '@app.route("/x")\n@login_required\ndef getToken(a):\n'
        "    requests.get(url, verify=False, shell = True, n=3)\n    a.b().c(f'x{y}')\n"
    ),
    "javascript": (
        'import jwt, {sign as s} from "jsonwebtoken"; const {a} = require("crypto"); export {q} from "z";\n'
        'import("w"); @Dec("x") class A { f() { jwt?.verify(a, {rejectUnauthorized: false}); new Foo();'
        " a.innerHTML = `t${x}`; } }\n"
        "<A dangerouslySetInnerHTML={1}/>"
    ),
    "typescript": (
        'import {sign} from "jsonwebtoken"; import e = require("e");\n@Dec() class A { f(): Bar {'
        " jwt.verify<T>(a, {secure: false}); new Foo<T>(); a!.b() } }"
    ),
    "tsx": 'import {sign} from "jsonwebtoken"; const a = () => <B secure={sign()}/>;',
    "java": (
        "package p; import javax.crypto.Cipher; import static a.b.C.*;\n"
        '@PreAuthorize("x") class A { @Override void f(String k) { Cipher.getInstance("AES");'
        " new ObjectInputStream(k).readObject(); a.b().c(); @Foo(bar=true) int z; } }"
    ),
    "go": (
        'package p\nimport (\n h "crypto/hmac"\n "crypto/tls"\n)\n'
        'func f(k string) { hmac.New(k); c := &tls.Config{InsecureSkipVerify: true}; f("s") }'
    ),
    "rust": (
        "use ring::{hmac, rand::SystemRandom as R};\nuse a::b::*;\n#[derive(Debug)]\n"
        'fn f() { hmac::sign(&k); y.unwrap().verify(z); println!("hi"); S { danger: true }; a::<T>(); }'
    ),
    "c": '#include <openssl/ssl.h>\n#include "a.h"\nint f(void) { SSL_CTX_new(x); a->b("s"); }',
    "cpp": ('#include <openssl/ssl.h>\nint f() { Botan::hash(x); a->b("s"); new Foo(x); ns::T<int>::g(); t<int>(1); }'),
    "csharp": (
        'using System.Security.Cryptography;\nusing X = A.B;\n[Authorize("x")] class A { void F() {'
        ' Aes.Create(); new HMACSHA256(k); Foo<int>(); a?.B(); F(check: true); x = @"v"; } }'
    ),
    "ruby": (
        'require "openssl"\nclass A\n before_action :authenticate_user!, only: true\n def f(k)\n'
        '  OpenSSL::HMAC.hexdigest("a", k)\n  x.html_safe\n end\nend'
    ),
    "php": (
        "<?php\nuse A\\B\\C; use A\\{D, E as F};\n#[Route('/x')]\nclass A { function f($k) {"
        ' hash_hmac("a", $k); $this->b->c("x"); A\\B::g(); new Foo(1); f(a: true); } }'
    ),
    "kotlin": (
        'import javax.crypto.Cipher\n\n@Secured("x")\nclass A { @Inject fun f(k: String) {'
        ' Cipher.getInstance("AES"); a?.b(1) } }'
    ),
    "bash": 'source ./a.sh\nexport TOKEN="x"\nopenssl enc "$KEY"\nf() { eval "$x"; curl -k \'u\'; }',
    "sql": "CREATE ROLE r; GRANT SELECT ON t TO bob; SELECT crypt('a', password_hash) FROM users;",
}

EXPECTED: dict[str, dict[str, list[str]]] = {
    "python": {
        "import": ["hmac", "jwt", "a.b.c", "a.b.e", ".z", "x.*"],
        "call": ["app.route", "requests.get", "a.b", "c"],
        "decorator": ["app.route", "login_required"],
        "argument": ["verify=False", "shell=True"],
        "string": ["/x", "x"],
    },
    "javascript": {
        "import": ["jsonwebtoken.sign", "jsonwebtoken", "crypto", "z", "w"],
        "call": ["require", "Dec", "jwt.verify", "Foo"],
        "decorator": ["Dec"],
        "argument": ["rejectUnauthorized=false"],
        "string": ["jsonwebtoken", "crypto", "z", "w", "x", "t"],
    },
    "typescript": {
        "import": ["jsonwebtoken.sign", "jsonwebtoken", "e"],
        "call": ["Dec", "jwt.verify", "Foo", "a.b"],
        "decorator": ["Dec"],
        "argument": ["secure=false"],
        "string": ["jsonwebtoken", "e"],
    },
    "tsx": {"import": ["jsonwebtoken.sign", "jsonwebtoken"], "call": ["sign"], "string": ["jsonwebtoken"]},
    "java": {
        "import": ["javax.crypto.Cipher", "a.b.C.*"],
        "call": ["Cipher.getInstance", "ObjectInputStream", "readObject", "a.b", "c"],
        "decorator": ["PreAuthorize", "Override", "Foo"],
        "argument": ["bar=true"],
        "string": ["x", "AES"],
    },
    "go": {
        "import": ["crypto/hmac", "crypto/tls"],
        "call": ["hmac.New", "tls.Config", "f"],
        "argument": ["InsecureSkipVerify=true"],
        "string": ["crypto/hmac", "crypto/tls", "s"],
    },
    "rust": {
        "import": ["ring.hmac", "ring.rand.SystemRandom", "a.b.*"],
        "call": ["hmac.sign", "y.unwrap", "verify", "println", "S", "a"],
        "decorator": ["derive"],
        "argument": ["danger=true"],
        "string": ["hi"],
    },
    "c": {"import": ["openssl/ssl.h", "a.h"], "call": ["SSL_CTX_new", "a.b"], "string": ["a.h", "s"]},
    "cpp": {"import": ["openssl/ssl.h"], "call": ["Botan.hash", "a.b", "Foo", "g", "t"], "string": ["s"]},
    "csharp": {
        "import": ["System.Security.Cryptography", "A.B"],
        "call": ["Aes.Create", "HMACSHA256", "Foo", "a.B", "F"],
        "decorator": ["Authorize"],
        "argument": ["check=true"],
        "string": ["x", "v"],
    },
    "ruby": {
        "import": ["openssl"],
        "call": ["require", "before_action", "OpenSSL.HMAC.hexdigest", "x.html_safe"],
        "argument": ["only=true"],
        "string": ["openssl", "a"],
    },
    "php": {
        "import": ["A.B.C", "A.D", "A.E"],
        "call": ["hash_hmac", "this.b.c", "A.B.g", "Foo", "f"],
        "decorator": ["Route"],
        "argument": ["a=true"],
        "string": ["/x", "a", "x"],
    },
    "kotlin": {
        "import": ["javax.crypto.Cipher"],
        "call": ["Cipher.getInstance", "a.b"],
        "decorator": ["Secured", "Inject"],
        "string": ["x", "AES"],
    },
    "bash": {
        "import": ["./a.sh"],
        "call": ["source", "openssl", "eval", "curl"],
        "string": ["x", "u"],
    },
    "sql": {"call": ["ROLE", "GRANT", "crypt"], "string": ["a"]},
}

IDENTIFIERS = {
    "python": "getToken",
    "javascript": "dangerouslySetInnerHTML",
    "typescript": "Bar",
    "tsx": "secure",
    "java": "ObjectInputStream",
    "go": "InsecureSkipVerify",
    "rust": "danger",
    "c": "SSL_CTX_new",
    "cpp": "Botan",
    "csharp": "HMACSHA256",
    "ruby": "authenticate_user!",
    "php": "hash_hmac",
    "kotlin": "Cipher",
    "bash": "TOKEN",
    "sql": "password_hash",
}


def tree_of(language: str, text: str) -> SyntaxTree:
    tree = parse(Document.of(text, language=language))
    assert tree is not None
    return tree


def texts(found: tuple[Word, ...], kind: str) -> list[str]:
    return [word.text for word in found if word.kind == kind]


def test_every_language_with_a_grammar_has_a_row():
    assert set(SOURCES) == set(EXPECTED) == {row.id for row in languages().values() if row.grammar}


@pytest.mark.parametrize("language", SOURCES)
def test_words_of_each_kind(language: str):
    found = words(tree_of(language, SOURCES[language]))
    kinds = ("import", "call", "decorator", "argument", "string")
    assert {kind: texts(found, kind) for kind in kinds} == {kind: EXPECTED[language].get(kind, []) for kind in kinds}
    assert IDENTIFIERS[language] in texts(found, "identifier")


@pytest.mark.parametrize("language", SOURCES)
def test_places_are_those_of_the_text(language: str):
    data = SOURCES[language].encode()
    for word in words(tree_of(language, SOURCES[language])):
        last = word.text.replace("=", ".").replace("/", ".").split(".")[0 if word.kind == "argument" else -1]
        assert last.encode() in data[word.start : word.end]


def test_a_span_has_the_words_within_it_and_the_module_they_come_from():
    source = "from flask import (\n    request,\n    session,\n)\n\ndef f():\n    session.get(1)\n"
    tree = tree_of("python", source)
    start = source.index("    session,")
    assert texts(words(tree, start, start + len("    session,")), "import") == ["flask.session"]
    start = source.index("def f")
    assert texts(words(tree, start, len(source)), "call") == ["session.get"]
    assert words(tree, 5, 5) == words(tree, len(source) + 9) == ()


def test_the_places_of_non_ascii_text_are_bytes():
    source = "größe = 'ß'\nprüfe.schlüssel(größe)\n"
    (call,) = (word for word in words(tree_of("python", source)) if word.kind == "call")
    assert call.text == "prüfe.schlüssel"
    assert source.encode()[call.start : call.end].decode() == call.text


def test_long_strings_and_lines_are_left_out():
    found = words(tree_of("python", f"a = '{'x' * 5000}'\nb = 'short'\nc = '''x\ny'''\n"))
    assert texts(found, "string") == ["short"]


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("python", "f(" * 10_000 + ")" * 10_000),
        ("javascript", "x" + ".a()" * 10_000),
        ("java", "class A { void f() { x" + ".a()" * 10_000 + "; } }"),
        ("ruby", "x" + ".a(1)" * 10_000),
        ("php", "<?php x()" + "->a()" * 10_000 + ";"),
    ],
)
def test_ten_thousand_calls_in_one_chain(language: str, source: str):
    assert len(texts(words(tree_of(language, source)), "call")) >= 9_999


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("HTTPServer", ("http", "server")),
        ("getAccessToken_v2", ("get", "access", "token", "v2")),
        ("__init__", ("init",)),
        ("PBKDF2WithHmacSHA1", ("pbkdf2", "with", "hmac", "sha1")),
        ("OAuth2Token", ("oauth2", "token")),
        ("X-Frame-Options", ("x", "frame", "options")),
        ("x509_cert", ("x509", "cert")),
        ("FOO_BAR", ("foo", "bar")),
        ("42", ("42",)),
        ("GrößeÄndern", ("größeändern",)),
        ("authenticate_user!", ("authenticate", "user")),
        ("", ()),
    ],
)
def test_subwords(name: str, parts: tuple[str, ...]):
    assert subwords(name) == parts


@given(st.text())
def test_subwords_are_lower_case_parts_of_the_name(name: str):
    for part in subwords(name):
        assert part
        assert "_" not in part
        assert part == part.lower()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_text_still_has_words_in_order(data: st.DataObject):
    language = data.draw(st.sampled_from(sorted(SOURCES)))
    source = bytearray(SOURCES[language].encode())
    for _ in range(data.draw(st.integers(0, 8))):
        at = data.draw(st.integers(0, len(source)))
        source[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=4))
    tree = parse(Document("", language, bytes(source)))
    assert tree is not None
    found = words(tree)
    assert list(found) == sorted(found, key=lambda word: (word.start, -word.end, word.kind, word.text))
    assert all(0 <= word.start <= word.end <= len(source) for word in found)
    assert found == words(tree, 0, len(source))
