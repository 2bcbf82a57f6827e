"""`escalation check` as a black box on bad input: a clear answer, and the other file is judged all the same.

Every case starts from a repository with one commit and an edit in `auth.py` that must be found whatever else is there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.repository.checkout import Checkout

AUTH = """\
import hmac


def verify_password(stored: bytes, given: bytes) -> bool:
    return hmac.compare_digest(stored, given)
"""
EDITED = AUTH.replace("hmac.compare_digest(stored, given)", "stored == given")
CODE = "def area(width, height):\n    return width * height\n"
HANGS = 120  # seconds; far beyond what any case takes


@dataclass(frozen=True)
class Answer:
    """What the command said."""

    status: int
    out: str
    err: str

    @property
    def files(self) -> dict[str, dict[str, object]]:
        return {file["path"]: file for file in json.loads(self.out)["files"]}

    @property
    def places(self) -> set[tuple[str, str]]:
        """Reason and path of every piece of evidence."""
        triggers = json.loads(self.out)["triggers"]
        return {(trigger["reason"], evidence["path"]) for trigger in triggers for evidence in trigger["evidence"]}


def escalation(root: Path, *arguments: str, **environment: str) -> Answer:
    """Runs the command line in `root`; whatever it is given, it must not show a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "escalation", *arguments],
        cwd=root,
        env=os.environ | environment,
        capture_output=True,
        timeout=HANGS,
        check=False,
    )
    answer = Answer(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in answer.err, answer.err
    return answer


def check(root: Path, *arguments: str) -> Answer:
    return escalation(root, "check", "--format", "json", "--fail-on", "never", *arguments)


@pytest.fixture
def pending(tmp_path: Path) -> Checkout:
    """A repository whose pending change is one edit in `auth.py`."""
    checkout = Checkout.create(tmp_path / "work tree")
    checkout.commit({"auth.py": AUTH, "plain.py": CODE})
    checkout.write("auth.py", EDITED)
    return checkout


# Files. Each case: what lies in the new file, and what must be said of it (None: it is judged like any other).

FILES: dict[str, tuple[str, bytes, str | None]] = {
    "binary": ("logo.py", bytes(range(256)) * 40, "binary"),
    "invalid UTF-8": ("latin.py", CODE.encode() + b"# caf\xe9\n", "Latin-1"),
    "UTF-8 with BOM": ("bom.py", b"\xef\xbb\xbf" + CODE.encode(), None),
    "UTF-16 with BOM": ("wide.py", CODE.encode("utf-16"), None),
    "half of a UTF-16 character": ("half.py", CODE.encode("utf-16") + b"\x00", "UTF-16"),
    "50 MB": ("huge.py", CODE.encode() * (50_000_000 // len(CODE)), "larger than"),
    "a line of 200,000 characters": ("long.py", b"x = [" + b"1, " * 66_665 + b"]\n", None),
    "brackets 10,000 deep": ("deep.py", b"x = " + b"[" * 10_000 + b"]" * 10_000 + b"\n", None),
    "blocks 10,000 deep, never closed": ("deep.js", b"function f() { if (a) {" * 10_000, None),
    "calls 10,000 deep": (
        "Deep.java",
        b"class D { int f() { return " + b"f(" * 10_000 + b")" * 10_000 + b"; } }",
        None,
    ),
    "operators in a row": ("chain.py", b"x = " + b" + ".join([b"1"] * 20_000) + b"\n", None),
    "empty": ("empty.py", b"", None),
    "only a line end": ("newline.py", b"\n", None),
    "NULs": ("nul.py", b"\0" * 10_000, "binary"),
    "carriage returns only": ("mac.py", CODE.replace("\n", "\r").encode(), None),
    "not its language": ("prose.py", "Sehr geehrte Damen und Herren: \u201eguten Tag\u201c, (\n".encode() * 200, None),
}


@pytest.mark.parametrize(("name", "data", "said"), FILES.values(), ids=FILES)
def test_a_file(pending: Checkout, name: str, data: bytes, said: str | None) -> None:
    pending.write(name, data)
    answer = check(pending.root)
    assert answer.status == 0, answer.err
    assert ("critical_security", "auth.py") in answer.places
    assert_said(answer, name, said)


def assert_said(answer: Answer, path: str, said: str | None) -> None:
    """What is said of a file: why it is not judged, or with which reservation it is; nothing of an ordinary one."""
    found = answer.files[path]["problem"] or answer.files[path]["note"]
    assert (said in str(found)) if said else found is None, found


def test_all_of_them_together_as_they_were_committed(pending: Checkout) -> None:
    pending.write("auth.py", AUTH)
    pending.commit({name: data for name, data, _ in FILES.values()})
    for name, _, _ in FILES.values():
        pending.write(name, CODE + "# changed\n")
    pending.write("auth.py", EDITED)
    answer = check(pending.root)
    assert answer.status == 0, answer.err
    assert ("critical_security", "auth.py") in answer.places
    assert answer.files.keys() == {"auth.py"} | {name for name, _, _ in FILES.values()}


# Names

NAMES = (
    "with spaces.py",
    "Übergrößen.py",
    "hash#tag.py",
    "100%.py",
    "%2e%2e.py",
    "new\nline.py",
    'quote".py',
    "back\\slash.py",
    "-dash.py",
    "\u202egnp.py",
    "日本語/メモ.py",
    ".hidden.py",
    "a" * 250 + ".py",
)


@pytest.mark.parametrize("format", ["json", "sarif", "text"])
def test_names(pending: Checkout, format: str) -> None:
    for name in NAMES:
        pending.write(name, CODE)
    answer = escalation(pending.root, "check", "--format", format, "--fail-on", "never")
    assert answer.status == 0, answer.err
    if format == "json":
        assert ("critical_security", "auth.py") in answer.places
        assert {name: answer.files[name]["lines_added"] for name in NAMES} == dict.fromkeys(NAMES, 2)


def test_a_name_that_is_not_utf8(pending: Checkout) -> None:
    Path(os.fsdecode(os.fsencode(pending.root) + b"/caf\xe9.py")).write_text(CODE)
    answer = check(pending.root)
    assert answer.status == 0, answer.err
    assert len(answer.files) == 2
    assert ("critical_security", "auth.py") in answer.places


# States of a repository. Each makes the state and returns what must be said of a path.

State = Callable[[Checkout], tuple[str, str | None] | None]


def no_change(checkout: Checkout) -> None:
    pass


def detached_head(checkout: Checkout) -> None:
    checkout.git("checkout", "-q", "--detach")


def symlink_loop(checkout: Checkout) -> tuple[str, str | None]:
    (checkout.root / "loop").symlink_to("loop")
    (checkout.root / "up").symlink_to("..", target_is_directory=True)
    return "loop", "symbolic link"


def link_out_of_the_tree(checkout: Checkout) -> tuple[str, str | None]:
    outside = checkout.root.parent / "outside.py"
    outside.write_text("secret_marker = 1\n")
    (checkout.root / "inside.py").symlink_to(outside)
    return "inside.py", "symbolic link"


def submodule(checkout: Checkout) -> tuple[str, str | None]:
    other = Checkout.create(checkout.root.parent / "other")
    other.commit({"b.py": CODE})
    checkout.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.root), "module")
    return "module", "submodule"


def nested_repository(checkout: Checkout) -> None:
    Checkout.create(checkout.root / "nested").commit({"b.py": CODE})


def merge_conflict(checkout: Checkout) -> tuple[str, str | None]:
    checkout.write("auth.py", AUTH)
    checkout.git("checkout", "-q", "-b", "other")
    checkout.commit({"plain.py": CODE.replace("width *", "width +")})
    checkout.git("checkout", "-q", "main")
    checkout.commit({"plain.py": CODE.replace("width *", "width -")})
    checkout.git("merge", "--quiet", "other", check=False)
    checkout.write("auth.py", EDITED)
    return "plain.py", "an unresolved merge conflict"


def deleted_and_renamed(checkout: Checkout) -> tuple[str, str | None]:
    checkout.git("mv", "plain.py", "moved.py")
    return "moved.py", None


def directory_in_place_of_a_file(checkout: Checkout) -> tuple[str, str | None]:
    (checkout.root / "plain.py").unlink()
    checkout.write("plain.py/inner.py", CODE)
    return "plain.py/inner.py", None


def pipe(checkout: Checkout) -> None:
    os.mkfifo(checkout.root / "pipe.py")


def unreadable(checkout: Checkout) -> None:
    checkout.write("locked.py", CODE).chmod(0)


def thousands_of_new_files(checkout: Checkout) -> tuple[str, str | None]:
    for number in range(3_000):
        checkout.write(f"generated/{number % 50}/{number}.py", CODE)
    return "generated/0/0.py", None


def broken_gitattributes(checkout: Checkout) -> None:
    checkout.write(".gitattributes", b"* \xff\xfe text=maybe eol=neither filter=none\n")
    checkout.write(".gitignore", b"[\xff\n**/**/**\\\n!")


STATES = (
    no_change,
    detached_head,
    symlink_loop,
    link_out_of_the_tree,
    submodule,
    nested_repository,
    merge_conflict,
    deleted_and_renamed,
    directory_in_place_of_a_file,
    pipe,
    unreadable,
    broken_gitattributes,
    thousands_of_new_files,
)


@pytest.mark.parametrize("make", STATES, ids=lambda state: state.__name__.replace("_", " "))
def test_a_state_of_the_repository(pending: Checkout, make: State) -> None:
    expected = make(pending)
    answer = check(pending.root)
    assert answer.status == 0, answer.err
    assert ("critical_security", "auth.py") in answer.places
    assert "secret_marker" not in answer.out
    if expected is not None:
        path, said = expected
        assert_said(answer, path, said)


def test_no_commit_yet(tmp_path: Path) -> None:
    checkout = Checkout.create(tmp_path)
    checkout.write("auth.py", AUTH)
    answer = check(checkout.root)
    assert answer.status == 0, answer.err
    assert answer.files["auth.py"]["status"] == "added"


def test_nothing_changed(tmp_path: Path) -> None:
    checkout = Checkout.create(tmp_path)
    checkout.commit({"auth.py": AUTH})
    answer = check(checkout.root)
    assert (answer.status, answer.files, answer.places) == (0, {}, set())


# Broken input: status 2 and one line that says what is wrong.


def no_repository(folder: Path) -> None:
    pass


def bare_repository(folder: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(folder)], check=True)


def corrupt_index(folder: Path) -> None:
    Checkout.create(folder).commit({"a.py": CODE})
    (folder / ".git" / "index").write_bytes(b"DIRCnonsense")


def missing_objects(folder: Path) -> None:
    Checkout.create(folder).commit({"a.py": CODE})
    for path in (folder / ".git" / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"")


def broken_head(folder: Path) -> None:
    Checkout.create(folder).commit({"a.py": CODE})
    (folder / ".git" / "HEAD").write_text("nonsense\n")


@pytest.mark.parametrize(
    "make",
    [no_repository, bare_repository, corrupt_index, missing_objects, broken_head],
    ids=lambda state: state.__name__.replace("_", " "),
)
def test_a_repository_that_cannot_be_read(tmp_path: Path, make: Callable[[Path], None]) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    make(folder)
    refused(check(folder))


ARGUMENTS: dict[str, tuple[str, ...]] = {
    "unknown revision": ("--base", "no-such-branch"),
    "revision with a NUL-like name": ("--commit", "\x01\x02"),
    "empty revision": ("--base", ""),
    "a blob, not a commit": ("--commit", "HEAD:auth.py"),
    "path that does not exist": ("nowhere.py",),
    "path outside": ("/",),
    "empty task": ("--task", "  "),
    "two sources": ("--staged", "--commit", "HEAD"),
}


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=ARGUMENTS)
def test_arguments(pending: Checkout, arguments: tuple[str, ...]) -> None:
    refused(check(pending.root, *arguments))


def refused(answer: Answer) -> None:
    assert (answer.status, answer.out) == (2, ""), answer
    lines = answer.err.strip().splitlines()
    assert lines, "a reason"
    assert lines[-1].startswith("escalation"), lines


# Settings: said, skipped, and judged all the same.

SETTINGS: dict[str, tuple[str, bytes, str]] = {
    "not TOML": ("escalation.toml", b"[[[", "escalation.toml"),
    "not UTF-8": ("escalation.toml", b"\xff\xfe\x00", "escalation.toml"),
    "unknown key": ("escalation.toml", b"colour = 'red'\n", "colour"),
    "wrong type": ("escalation.toml", b"min_confidence = 'high'\n", "min_confidence"),
    "out of range": ("escalation.toml", b"min_confidence = 7.5\n", "min_confidence"),
    "not a number": ("escalation.toml", b"min_confidence = nan\n", "min_confidence"),
    "table in place of a value": ("pyproject.toml", b"[tool.escalation.min_confidence]\na = 1\n", "min_confidence"),
    "value in place of a table": ("pyproject.toml", b"tool.escalation = 3\n", "pyproject.toml"),
    "broken dismissals": (".escalation/dismissed.toml", b"[[dismissed", "dismissed.toml"),
    "dismissal of nothing": (".escalation/dismissed.toml", b"[[dismissed]]\nscope = 'galaxy'\n", "dismissed.toml"),
}


@pytest.mark.parametrize(("name", "data", "said"), SETTINGS.values(), ids=SETTINGS)
def test_settings(pending: Checkout, name: str, data: bytes, said: str) -> None:
    pending.write(name, data)
    answer = check(pending.root)
    assert answer.status == 0, answer.err
    assert said in answer.err
    assert ("critical_security", "auth.py") in answer.places


def test_settings_from_the_environment(pending: Checkout) -> None:
    answer = escalation(
        pending.root, "check", "--format", "json", "--fail-on", "never", ESCALATION_MIN_CONFIDENCE="very"
    )
    assert answer.status == 0, answer.err
    assert "ESCALATION_MIN_CONFIDENCE" in answer.err


def test_a_home_that_cannot_be_written(pending: Checkout, tmp_path: Path) -> None:
    file = tmp_path / "a file"
    file.write_text("")
    answer = escalation(
        pending.root, "check", "--format", "json", "--fail-on", "never", ESCALATION_HOME=str(file / "home")
    )
    assert answer.status == 0, answer.err
    assert ("critical_security", "auth.py") in answer.places
