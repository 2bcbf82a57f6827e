"""Tools: what a model can do, as it is told of it, and the doing.

`apply` is pure and raises for no input: what cannot be done is refused, in words that the model can act on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from escalation.flow import edits, reading, relationships
from escalation.flow.entities import split
from escalation.flow.messages import ToolCall, ToolDefinition
from escalation.flow.outcome import Applied, Outcome, Refusal
from escalation.flow.paths import checked
from escalation.text.snapshot import Snapshot

_LONGEST_SUMMARY = 120
_LONGEST_NAME = 2000
_NAMING = frozenset({"entity", "after", "to", "lines"})
_UNFIT = re.compile("[\0\ud800-\udfff]")
_ADDRESS = (
    "The path of a file from the workspace root (`app/auth.py`), or `path::Qualified.name` of a class, function or "
    "method (`app/auth.py::Session.renew`). Where several have one name: `name#1`, `name#2` in the order of the file."
)
# What each action needs, and what it may have besides.
_FIELDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "create": (frozenset({"text"}), frozenset({"after"})),
    "update": (frozenset({"text"}), frozenset({"find"})),
    "remove": (frozenset(), frozenset({"find"})),
    "move": (frozenset({"to"}), frozenset({"after"})),
}

MUTATE = ToolDefinition(
    "mutate_entity",
    "Creates, updates, removes or moves a file, a class, function or method, or an exact block of text.\n"
    "- create: `text` is a whole new file, or the complete definition of a new class, function or method, which goes "
    "to the end of its file or class, or behind its sibling `after`. For a method send the method alone, without its "
    "class.\n"
    "- update: `text` replaces the whole entity with its decorators, attributes and `export`: send them again. A "
    "comment directly above it stays if `text` brings none. With `find`, `text` replaces just that block, which must "
    "occur exactly once in the entity; this is the way for imports, constants, configuration and small changes.\n"
    "- remove: the entity with its decorators and the comment directly above it; with `find`, just that block. A "
    "Python body that would be empty is left with `pass`.\n"
    "- move: the entity to the address `to`. References to it are not changed.\n"
    "Indentation may be that of the file or start at the margin; it is fitted to the place. Line ends are kept.",
    {
        "type": "object",
        "properties": {
            "action": {"type": "string", "enum": list(_FIELDS)},
            "entity": {"type": "string", "description": _ADDRESS},
            "text": {"type": "string", "description": "create, update: the complete new text. Never shortened."},
            "find": {
                "type": "string",
                "description": "update, remove: the exact text of a block, indentation included, enough to be unique.",
            },
            "after": {
                "type": "string",
                "description": "create, move: the name of the sibling behind which the entity goes. Optional.",
            },
            "to": {
                "type": "string",
                "description": "move: the new path of a file; for an entity another file, or its new address.",
            },
        },
        "required": ["action", "entity"],
        "additionalProperties": False,
    },
)
READ = ToolDefinition(
    "read_entity",
    "Shows the text of a file, class, function or method as it is now, without line numbers. Of a long file it shows "
    "the outline; ask for an entity of it, or for `lines`.",
    {
        "type": "object",
        "properties": {
            "entity": {"type": "string", "description": _ADDRESS},
            "lines": {
                "type": "string",
                "description": "The lines of the file to show, from 1, such as `10-40`. Optional.",
            },
        },
        "required": ["entity"],
        "additionalProperties": False,
    },
)
VOICE = ToolDefinition(
    "voice",
    "Tells the person something while you go on working.",
    {
        "type": "object",
        "properties": {"text": {"type": "string", "description": "What they read. Plain text or Markdown."}},
        "required": ["text"],
        "additionalProperties": False,
    },
)
TOOLS: tuple[ToolDefinition, ...] = (MUTATE, relationships.TOOL, READ, VOICE)


def apply(snapshot: Snapshot, call: ToolCall, paths: Sequence[str] = ()) -> Outcome:
    """What comes of a call. `paths` are the files of the workspace that can be read, loaded or not."""
    if not isinstance(call.name, str) or call.name not in _APPLIED:
        names = ", ".join(tool.name for tool in TOOLS)
        return Refusal(f"There is no tool of that name. The tools are {names}.", reason="unknown")
    if not isinstance(call.input, Mapping):
        return Refusal(f"The input of `{call.name}` must be an object. {_wanted(call.name)}")
    return _APPLIED[call.name](snapshot, call.input, paths)


def paths_of(call: ToolCall) -> tuple[str, ...]:
    """The paths a call is about, each in its normal form; none that may not be named."""
    if not isinstance(call.input, Mapping):
        return ()
    if call.name == relationships.TOOL.name:
        return relationships.related_paths(call.input)
    if call.name not in (MUTATE.name, READ.name):
        return ()
    named = [call.input.get("entity"), call.input.get("to") if call.name == MUTATE.name else None]
    found = [checked(split(address)[0]) for address in named if isinstance(address, str) and address]
    return tuple(dict.fromkeys(path for path in found if isinstance(path, str)))


def summary(call: ToolCall) -> str:
    """What a call does, in a few words for a person."""
    given = call.input if isinstance(call.input, Mapping) else {}
    if call.name == MUTATE.name:
        words = [given.get("action"), given.get("entity"), *(("to", given["to"]) if given.get("to") else ())]
    elif call.name == READ.name:
        words = ["read", given.get("entity"), *(("lines", given["lines"]) if given.get("lines") else ())]
    elif call.name == relationships.TOOL.name:
        words = list(given.values())
    else:
        words = [call.name]
    text = " ".join(word for word in words if isinstance(word, str) and word)
    text = "".join(character if character.isprintable() else " " for character in text[: 2 * _LONGEST_SUMMARY])
    return text if len(text) <= _LONGEST_SUMMARY else f"{text[: _LONGEST_SUMMARY - 1]}…"


def voice(call: ToolCall) -> str | None:
    """What a call tells the person, if that is what it does."""
    if call.name != VOICE.name or not isinstance(call.input, Mapping):
        return None
    text = call.input.get("text")
    return text if isinstance(text, str) and text.strip() else None


def _mutate(snapshot: Snapshot, given: Mapping[str, Any], paths: Sequence[str]) -> Outcome:
    action = given.get("action")
    if not isinstance(action, str) or action not in _FIELDS:
        return Refusal(f"`action` must be one of {', '.join(_FIELDS)}.", _path(given))
    required, optional = _FIELDS[action]
    fields = _fields(MUTATE, given, required | {"action", "entity"}, optional, _path(given))
    if isinstance(fields, Refusal):
        return fields
    address = _address(fields["entity"])
    if isinstance(address, Refusal):
        return address
    path, name = split(address)
    edit = edits.Edit(
        action=cast("edits.Action", action),
        path=path,
        name=name,
        text=fields.get("text", ""),
        find=fields.get("find"),
        after=fields.get("after"),
        to=fields.get("to", ""),
    )
    return edits.edited(snapshot, edit, paths)


def _read(snapshot: Snapshot, given: Mapping[str, Any], paths: Sequence[str]) -> Outcome:
    fields = _fields(READ, given, frozenset({"entity"}), frozenset({"lines"}), _path(given))
    if isinstance(fields, Refusal):
        return fields
    address = _address(fields["entity"])
    return address if isinstance(address, Refusal) else reading.read(snapshot, address, fields.get("lines"), paths)


def _voice(snapshot: Snapshot, given: Mapping[str, Any], paths: Sequence[str]) -> Outcome:
    fields = _fields(VOICE, given, frozenset({"text"}), frozenset(), "")
    if isinstance(fields, Refusal):
        return fields
    if not fields["text"].strip():
        return Refusal("`text` is empty. Send what the person is to read.")
    return Applied(snapshot, "Shown to the user.")


_APPLIED = {
    MUTATE.name: _mutate,
    relationships.TOOL.name: relationships.set_relationship,
    READ.name: _read,
    VOICE.name: _voice,
}


def _fields(
    tool: ToolDefinition, given: Mapping[str, Any], required: frozenset[str], optional: frozenset[str], path: str
) -> dict[str, str] | Refusal:
    """The fields of an input. One that is null, or empty where it may be left out, counts as left out."""
    sent = {
        name: value
        for name, value in given.items()
        if value is not None and (value != "" or (name == "text" and name in required))
    }
    action = f" for `{given['action']}`" if tool is MUTATE else ""
    if missing := sorted(required - sent.keys()):
        return Refusal(f"{_listed(missing)} is missing{action}. {_wanted(tool.name)}", path)
    if extra := sorted(str(name)[:40] for name in sent if name not in required | optional):
        return Refusal(f"{_listed(extra)} has no meaning here{action}. {_wanted(tool.name)}", path)
    if wrong := sorted(name for name, value in sent.items() if not isinstance(value, str)):
        return Refusal(f"{_listed(wrong)} must be a string. {_wanted(tool.name)}", path)
    if unfit := sorted(name for name, value in sent.items() if _UNFIT.search(value)):
        return Refusal(f"{_listed(unfit)} holds NUL or half of a surrogate pair. Send plain Unicode text.", path)
    if long := sorted(name for name in _NAMING & sent.keys() if len(sent[name]) > _LONGEST_NAME):
        return Refusal(f"{_listed(long)} has more than {_LONGEST_NAME} characters. Send an address.", path)
    return cast("dict[str, str]", sent)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{ascii(name)[1:-1]}`" for name in names)


def _wanted(tool: str) -> str:
    """What to send."""
    if tool == MUTATE.name:
        return (
            "Send `action` and `entity`; for create `text` (and `after`), for update `text` (and `find`), "
            "for remove nothing else (or `find`), for move `to` (and `after`)."
        )
    if tool == READ.name:
        return "Send `entity`, and `lines` if you want only some."
    return "Send `text`." if tool == VOICE.name else "Send an object with the fields of its schema."


def _path(given: Mapping[str, Any]) -> str:
    """The path a call speaks of, if it may be named."""
    address = given.get("entity")
    path = checked(split(address)[0]) if isinstance(address, str) else ""
    return path if isinstance(path, str) else ""


def _address(address: str) -> str | Refusal:
    """An address with its path in the normal form."""
    path, name = split(address)
    normal = checked(path)
    if isinstance(normal, Refusal):
        return normal
    if name == "":
        return Refusal(f"A name is missing behind `::`. Send `{normal}` for the whole file.", normal)
    return normal if name is None else f"{normal}::{name}"
