"""Words: what a text names, with its place: imports, calls, identifiers, decorators, flags and short strings.

One query per language (`queries/<language>/words.scm`) finds them. Texts are written alike in all languages:
the separators of a dotted name become ".", quotes and sigils are gone, so one table of names serves them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, cast

import tree_sitter

from escalation.syntax.language import query
from escalation.syntax.tree import SyntaxTree

Kind = Literal["import", "call", "identifier", "decorator", "argument", "string"]

# Bounds: a generated or minified text must not cost unbounded time, and long names tell nothing.
_MOST_BYTES = 4_000_000
_LONGEST_NAME = 160
_LONGEST_STRING = 160

_SEPARATOR = re.compile(r"\s*(?:\?\.|!?\.|::|->|\\)\s*")
# Reads a dotted name backwards from its end, over type arguments: "edoced.twj" of `jwt.decode`.
_BACKWARDS = re.compile(
    rb"(?:>[^<>(){};]{0,80}<(?:::)?)?[!?]?([\w$@\x80-\xff]+(?:\s*(?:\.[?!]?|::|>-\??|\\)\s*[\w$@\x80-\xff]+)*)"
)
_SUBWORD = re.compile(r"OAuth\d*|(?:[A-Z]+(?![^\W\d_A-Z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+)\d*|\d+")
_FLAG = re.compile(r"""[\s"':@]*([\w.$-]+)["'\s]*(?:=>|=|:)\s*(\w+)\s*""")
_BRACED = re.compile(r"[{},]|[^{},]+")


class Word(NamedTuple):
    """A name or short string of a text at the bytes `start`..`end`.

    - `import`: the dotted name of what is imported (`hmac.compare_digest`, `crypto/tls`, `openssl/ssl.h`).
    - `call`, `decorator`: the dotted name of what is called or applied, as far back as it is made of names
      (`jwt.decode`, but `decode` of `parser().decode`).
    - `argument`: a flag by name (`verify=False`).
    - `string`: the content of a short literal of one line.
    - `identifier`: every name, also those of the other kinds.
    """

    kind: Kind
    text: str
    start: int
    end: int


def words(tree: SyntaxTree, start: int = 0, end: int | None = None) -> tuple[Word, ...]:
    """The words that lie within the bytes `start`..`end` of a tree, in the order of the text.

    At most the first 4 MB of the range are read. A language without `words.scm` has none.
    """
    compiled = query(tree.document.language, "words")
    if compiled is None:
        return ()
    data = tree.document.data
    end = min(len(data) if end is None else end, len(data), start + _MOST_BYTES)
    if start >= end:
        return ()
    cursor = tree_sitter.QueryCursor(compiled)
    cursor.set_byte_range(start, end)
    found = {
        word
        for _, captures in cursor.matches(tree.root)
        for word in _read(captures, data)
        if start <= word.start and word.end <= end
    }
    return tuple(sorted(found, key=_place))


def _place(word: Word) -> tuple[int, int, str, str]:
    return word.start, -word.end, word.kind, word.text


def _read(captures: dict[str, list[tree_sitter.Node]], data: bytes) -> Iterator[Word]:
    for name, nodes in captures.items():
        for node in nodes:
            start, end = node.start_byte, node.end_byte
            if name == "identifier":
                if end - start <= _LONGEST_NAME:
                    yield Word("identifier", data[start:end].decode("utf-8", "replace").lstrip(":@$#"), start, end)
            elif name in ("call", "decorator"):
                yield from _dotted(cast("Kind", name), data, end)
            elif name.startswith("call."):
                if callee := node.child_by_field_name(name.removeprefix("call.")):
                    yield from _dotted("call", data, callee.end_byte)
            elif name == "string":
                yield from _string(data, start, end)
            elif name == "argument":
                yield from _argument(data, start, end)
            elif name == "import":
                yield from _imports("", data[start:end], start, end)
            elif name == "import.name":
                module = captures["import.from"][0]
                prefix = data[module.start_byte : module.end_byte].decode("utf-8", "replace")
                yield from _imports(prefix, data[start:end], start, end)


def _dotted(kind: Kind, data: bytes, end: int) -> Iterator[Word]:
    """The word of a callee that ends at `end`, as far back as it is made of names."""
    if match := _BACKWARDS.match(data[max(0, end - _LONGEST_NAME) : end][::-1]):
        start, end = end - match.end(1), end - match.start(1)
        yield Word(kind, _SEPARATOR.sub(".", data[start:end].decode("utf-8", "replace")).lstrip("$@."), start, end)


def _string(data: bytes, start: int, end: int) -> Iterator[Word]:
    if end - start <= _LONGEST_STRING:
        text = data[start:end].decode("utf-8", "replace").strip("@$\"'`")
        if text and "\n" not in text:
            yield Word("string", text, start, end)


def _argument(data: bytes, start: int, end: int) -> Iterator[Word]:
    if end - start <= _LONGEST_NAME and (flag := _FLAG.fullmatch(data[start:end].decode("utf-8", "replace"))):
        yield Word("argument", f"{flag[1]}={flag[2]}", start, end)


def _imports(prefix: str, text: bytes, start: int, end: int) -> Iterator[Word]:
    if len(text) <= 64 * _LONGEST_NAME:
        for name in _expanded(text.decode("utf-8", "replace")):
            joined = f"{prefix}{'' if not prefix or prefix.endswith('.') else '.'}{name}"
            yield Word("import", _SEPARATOR.sub(".", joined).strip("<>\"' "), start, end)


def _expanded(text: str) -> Iterator[str]:
    """The names in a Rust `use` tree: `a::b` and `a::c::d` of `a::{b, c::d as e}`. Other texts are one."""
    if "{" not in text:
        yield text.split(" as ", maxsplit=1)[0]
        return
    prefixes: list[str] = []
    pending = ""
    for part in (match[0].strip() for match in _BRACED.finditer(text)):
        if part == "{":
            prefixes.append(pending)
            pending = ""
        elif part in ("}", ","):
            if pending:
                yield "".join(prefixes) + pending
            pending = ""
            if part == "}" and prefixes:
                prefixes.pop()
        elif part:
            pending = part.split(" as ", maxsplit=1)[0]


def subwords(name: str) -> tuple[str, ...]:
    """The parts of a name in lower case: http, server of `HTTPServer`; access, token, v2 of `accessToken_v2`.

    Digits stay with the letters before them (`sha256`); alone they stand for themselves.
    """
    return tuple(match[0].lower() for match in _SUBWORD.finditer(name))
