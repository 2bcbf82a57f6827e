"""Questions: whether a task only asks, and wants nothing changed. The words are in `data/question.toml`.

In doubt it is no question: a question that is taken for a change is answered all the same.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

_CODE = re.compile(r"```.*?(```|\Z)|`[^`\n]*`", re.DOTALL)
_SENTENCE = re.compile(r"[^.!?…\n]+(?:[.!?…](?!\s|$)[^.!?…\n]*)*[.!?…]*")
"""Up to a mark that ends it; one inside a word (`app.py`) does not."""
_CLAUSE = re.compile(r"[,;:–—]\s|\s-\s|\b(?:and|then|but|so)\s")
_FIRST_WORD = re.compile(r"[\w'-]+")
_LONGEST = 4_000
"""Characters; what is longer is more than a question."""


def is_question(task: str) -> bool:
    """Whether a task in words only asks (“Why does the login fail?”, “Explain the cache”): it holds a question, and no
    sentence asks for a change (“Can you add a test?”, “Why does it fail? Fix it.”)."""
    if len(task) > _LONGEST:
        return False
    text = _CODE.sub("code", task).replace("’", "'").casefold()
    sentences = [found.strip() for found in _SENTENCE.findall(text) if found.strip()]
    return any(map(_asks, sentences)) and not any(map(_wants, sentences))


def _asks(sentence: str) -> bool:
    """A question mark, or a beginning that asks."""
    start = _after(sentence, "fillers", "requests")
    return sentence.endswith("?") or _begins(start, "asks") or _begins(_after(sentence, "fillers"), "asks")


def _wants(sentence: str) -> bool:
    """Whether a sentence, or a clause of it, asks for a change."""
    start = _after(sentence, "fillers")
    if _begins(start, "wishes") or _begins(start, "elsewhere") or _pattern("written").search(sentence):
        return True
    if _is_change(_after(start, "fillers", "requests")):
        return True
    clauses = _CLAUSE.split(sentence)[1:]
    return any(
        _is_change(rest, with_object=True) for clause in clauses if (rest := _after(clause, "fillers", "requests"))
    )


def _is_change(text: str, *, with_object: bool = False) -> bool:
    words = _FIRST_WORD.findall(text)
    if not words or _base(words[0]) not in _words("changes"):
        return False
    return not with_object or (len(words) > 1 and words[1] in _words("objects"))


def _base(verb: str) -> str:
    """“mind adding” means “add”."""
    stem = verb.removesuffix("ing")
    if stem == verb:
        return verb
    candidates = (stem, f"{stem}e", stem[:-1] if stem[-2:-1] == stem[-1:] else stem)
    return next((found for found in candidates if found in _words("changes")), verb)


def _after(text: str, *lists: str) -> str:
    """The text without what it begins with of these lists, as often as it does."""
    while match := next((found for name in lists if (found := _pattern(name).match(text))), None):
        text = text[match.end() :].lstrip(" ,:;-–—")
    return text.strip()


def _begins(text: str, name: str) -> bool:
    return _pattern(name).match(text) is not None


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """Any entry of a list, as whole words; of two that begin alike the longer one."""
    entries = sorted(_words(name), key=lambda entry: (-len(entry), entry))
    return re.compile(rf"(?:{'|'.join(map(re.escape, entries))})(?![\w'-])")


@cache
def _words(name: str) -> frozenset[str]:
    text = files("escalation.flow").joinpath("data/question.toml").read_text("utf-8")
    return frozenset(tomllib.loads(text)[name])
