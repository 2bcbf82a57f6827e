"""Signatures of callables, and which change of one breaks its callers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tree_sitter

# Nodes between parameters that bind nothing.
_SEPARATORS = frozenset(
    {"positional_separator", "comment", "line_comment", "block_comment", "attribute_item", "self_parameter"}
)
_KEYWORD_ONLY = frozenset({"keyword_separator", "list_splat_pattern"})
_REST = re.compile(r"splat|rest|variadic|spread|block_parameter")
_NAME_FIELDS = ("name", "pattern", "declarator", "left")
_DEFAULT_FIELDS = ("value", "default_value", "right")
_IDENTIFIER = re.compile(rb"[^\W\d]\w*|\$\w+")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `optional`: callers may leave it out; `keyword`: they can pass it by name only."""

    name: str
    type: str
    optional: bool = False
    rest: bool = False
    keyword: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """What callers rely on: parameters (None: not a callable), the type returned or held, the modifiers that
    change how it is called (async, static …)."""

    parameters: tuple[Parameter, ...] | None = None
    type: str = ""
    significant: frozenset[str] = frozenset()


def parameters(node: tree_sitter.Node, receivers: Sequence[str] = ()) -> tuple[Parameter, ...]:
    """The parameters in a parameter list; a first one named as in `receivers` is the object itself and left
    out."""
    found = list(_parameters(node))
    if found and found[0].name in receivers:
        found.pop(0)
    return tuple(found)


def _parameters(node: tree_sitter.Node) -> Iterator[Parameter]:
    keyword = False
    children = [child for child in node.named_children if child.type not in _SEPARATORS]
    for child in children:
        text = _words(child)
        keyword = keyword or child.type in _KEYWORD_ONLY
        if child.type == "keyword_separator" or text == "void":
            continue
        rest = bool(_REST.search(child.type)) or text.startswith(("*", "...", "params "))
        default = next(filter(None, map(child.child_by_field_name, _DEFAULT_FIELDS)), None)
        follower = _after_equals(child)
        optional = (
            default is not None
            or rest
            or follower
            or child.type == "optional_parameter"
            or bool(_ASSIGNED.search(text))
        )
        named = keyword or child.type == "keyword_parameter"
        for name in _names(child):
            yield Parameter(name, _type(child, name, default), optional, rest, named and not rest)


# A default value, not an arrow, a comparison or a lambda.
_ASSIGNED = re.compile(r"(?<![=<>!])=(?![=>])")


# `@Nullable String` takes what `String` takes.
_ANNOTATION = re.compile(r"@\w[\w.]*(?:\s*\([^()]*\))?\s+")


def _after_equals(node: tree_sitter.Node) -> bool:
    """Whether `=` follows the parameter node itself (Kotlin keeps default values outside of it)."""
    following = node.next_sibling
    return following is not None and following.type == "="


def _names(node: tree_sitter.Node) -> list[str]:
    if node.type.endswith("identifier") or node.type == "variable_name":
        return [_words(node)]
    for key in _NAME_FIELDS:
        if found := node.children_by_field_name(key):
            return [_identifier(child) for child in found]
    if node.parent is not None and not node.type.endswith(("parameter", "parameter_declaration", "pattern")):
        return []  # a default value that stands beside its parameter
    declarator = next((child for child in node.named_children if child.type == "variable_declarator"), None)
    return [_identifier(declarator or node)]


def _identifier(node: tree_sitter.Node) -> str:
    if node.type.endswith("_pattern") and node.type not in ("rest_pattern", "assignment_pattern"):
        return _words(node)
    match = _IDENTIFIER.search(node.text or b"")
    return match.group().decode("utf-8", "replace") if match else _words(node)


def _type(node: tree_sitter.Node, name: str, default: tree_sitter.Node | None) -> str:
    text = _words(node)
    if default is not None:
        text = text[: len(text) - len(_words(default))].rstrip(" =")
    text = _ASSIGNED.split(text, maxsplit=1)[0]
    text = _ANNOTATION.sub(" ", text)
    return " ".join(re.sub(rf"(?<![\w$]){re.escape(name)}(?!\w)", " ", text, count=1).split()).strip(":? ")


def _words(node: tree_sitter.Node) -> str:
    return " ".join((node.text or b"").decode("utf-8", "replace").split())


def breaking(before: Signature, after: Signature, *, typed: bool, named: bool) -> str | None:
    """What of the new signature breaks callers of the old one, in plain words; None if nothing does. With
    `typed` a changed type counts, with `named` a changed name of a parameter."""
    if before.significant != after.significant:
        changed = ", ".join(sorted(word.lstrip("@") for word in before.significant ^ after.significant))
        return f"changes whether it is {changed}"
    if before.parameters is not None and after.parameters is not None:
        if found := _broken_parameters(before.parameters, after.parameters, typed=typed, named=named):
            return found
    elif (before.parameters is None) != (after.parameters is None):
        return "changes what kind of thing it is"
    if typed and before.type != after.type:
        return f"changes its type from {before.type or 'none'} to {after.type or 'none'}"
    return None


def _broken_parameters(
    before: Sequence[Parameter], after: Sequence[Parameter], *, typed: bool, named: bool
) -> str | None:
    old, new = _positional(before), _positional(after)
    if lost := _lost(before, after, by_name=named):
        return f"removes the parameter {lost}"
    for index, was in enumerate(old[: len(new)]):
        now = new[index]
        if was.name != now.name and any(other.name == was.name for other in after):
            return f"moves the parameter {was.name}"
        if broken := _broken(was, now, typed=typed, named=named):
            return broken
    keywords = {item.name: item for item in before if item.keyword}
    for item in (*new[len(old) :], *(item for item in after if item.keyword)):
        if item.name in keywords:
            if broken := _broken(keywords[item.name], item, typed=typed, named=True):
                return broken
        elif not item.optional and all(item.name != was.name for was in before):
            return f"adds the required parameter {item.name}"
    return None


def _positional(parameters: Sequence[Parameter]) -> list[Parameter]:
    """Those that have a place: not what is passed by name only, nor what takes the names that are left over."""
    return [item for item in parameters if not item.keyword and not item.name.startswith("**")]


def _lost(before: Sequence[Parameter], after: Sequence[Parameter], *, by_name: bool) -> str | None:
    """A parameter callers can no longer pass. One that only got another name is lost where callers may use
    the name."""
    names = {item.name for item in after}
    gone = [item for item in before if item.name not in names and not item.rest]
    if not gone or (any(item.rest for item in after) and not by_name):
        return None
    return gone[0].name if len(after) < len(before) or any(item.keyword for item in gone) else None


def _broken(was: Parameter, now: Parameter, *, typed: bool, named: bool) -> str | None:
    if named and was.name != now.name:
        return f"renames the parameter {was.name} to {now.name}"
    if typed and was.type != now.type:
        return f"changes the type of the parameter {now.name} from {was.type or 'none'} to {now.type or 'none'}"
    if was.optional and not now.optional:
        return f"makes the parameter {now.name} required"
    return None
