"""Text of others as a terminal may show it: what a model or a file says must not steer the terminal, nor look other
than it is (CVE-2021-42574)."""

from __future__ import annotations

import re

# Control characters but tab and line feed; marks that have no width or turn the direction of writing; tags. The joiners
# U+200C and U+200D stay: scripts and emoji need them, and they hide nothing.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """`text` with what cannot be seen written out (`\\x1b`, `\\u202e`); tabs and line feeds stay."""
    return _HIDDEN.sub(_written_out, text)


def one_line(text: str) -> str:
    """`text` in one line: runs of white space become one blank."""
    return visible(" ".join(text.split()))


def _written_out(match: re.Match[str]) -> str:
    return match[0].encode("ascii", "backslashreplace").decode() if match[0] > "\x7f" else f"\\x{ord(match[0]):02x}"
