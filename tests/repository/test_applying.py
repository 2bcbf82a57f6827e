from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.flow.diff import changed_paths
from escalation.flow.events import Result
from escalation.repository import applying
from escalation.repository.applying import Kept, Written, apply_result, as_patch
from escalation.repository.files import decode
from escalation.text.document import Document
from escalation.text.snapshot import Snapshot

from .checkout import Checkout, clean_environment


def read(root: Path, *paths: str) -> Snapshot:
    return Snapshot({path: decode((root / path).read_bytes(), path).document for path in paths})


def result(base: Snapshot, **changes: str | None) -> Result:
    """`base` with some texts changed; None removes a file. `a__b` stands for a/b, `_` for a dot."""
    snapshot = base
    for name, text in changes.items():
        path = name.replace("__", "/").replace("_", ".")
        snapshot = snapshot.without(path) if text is None else snapshot.with_document(path, Document.of(text))
    return Result(base, snapshot, changed_paths(base, snapshot))


def content(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def root(tmp_path) -> Path:
    root = tmp_path / "work"
    (root / "src").mkdir(parents=True)
    (root / "a.py").write_text("a = 1\n")
    (root / "src" / "b.py").write_text("b = 1\n")
    return root


def test_changed_new_and_removed_files_are_written(root):
    outcome = apply_result(
        root, result(read(root, "a.py", "src/b.py"), a_py="a = 2\n", src__b_py=None, new__c_py="c = 1\n")
    )
    assert outcome == Written(("a.py", "new/c.py", "src/b.py"))
    assert content(root) == {"a.py": b"a = 2\n", "new/c.py": b"c = 1\n"}


def test_modes_are_kept_and_new_files_have_the_usual_one(root):
    (root / "a.py").chmod(0o750)
    apply_result(root, result(read(root, "a.py"), a_py="a = 2\n", c_py="c\n"))
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE((root / "a.py").stat().st_mode) == 0o750
    assert stat.S_IMODE((root / "c.py").stat().st_mode) == 0o666 & ~umask


def test_a_moved_file_stays_executable(root):
    (root / "a.py").chmod(0o755)
    apply_result(root, result(read(root, "a.py"), a_py=None, c_py="a = 1\n"))
    assert os.access(root / "c.py", os.X_OK)


@pytest.mark.parametrize(
    ("spoil", "path", "why"),
    [
        (lambda root: (root / "a.py").write_text("mine\n"), "a.py", "has changed since the run began"),
        (lambda root: (root / "a.py").unlink(), "a.py", "does not exist"),
        (lambda root: (root / "new.py").write_text("mine\n"), "new.py", "exists already"),
        (lambda root: (root / "new.py").mkdir(), "new.py", "exists already"),
        (lambda root: (root / "new.py").symlink_to("nowhere"), "new.py", "exists already"),
        (
            lambda root: (root / "deep").write_text(""),
            "deep/er.py",
            "cannot be there: a file has the name of its folder",
        ),
    ],
)
def test_if_a_file_is_not_what_the_run_saw_nothing_is_written_and_a_patch_is_kept(root, hermetic, spoil, path, why):
    made = result(read(root, "a.py", "src/b.py"), a_py="a = 2\n", src__b_py="b = 2\n", new_py="n\n", deep__er_py="d\n")
    spoil(root)
    before = content(root)
    outcome = apply_result(root, made)
    assert isinstance(outcome, Kept)
    assert (outcome.differing, outcome.reasons[path]) == ((path,), why)
    assert content(root) == before
    assert outcome.patch.parent == hermetic / "results"
    assert outcome.patch.read_bytes() == as_patch(made)
    assert stat.S_IMODE(outcome.patch.stat().st_mode) == 0o600
    assert stat.S_IMODE(outcome.patch.parent.stat().st_mode) == 0o700


def test_every_kept_patch_has_a_name_of_its_own(root):
    made = result(read(root, "a.py"), a_py="a = 2\n")
    (root / "a.py").write_text("mine\n")
    assert len({apply_result(root, made).patch for _ in range(3)}) == 3


def test_a_failure_in_the_middle_brings_everything_back(root, monkeypatch):
    made = result(read(root, "a.py", "src/b.py"), a_py="a = 2\n", new__c_py="c\n", src__b_py="b = 2\n")
    before = content(root)
    (root / "src").chmod(0o555)
    if os.geteuid() == 0:  # root may write everywhere: let the disk fail instead
        calls = []
        rename = applying.Folder.rename

        def failing(self, old, new):
            calls.append(new)
            if len(calls) == 3:
                raise OSError(28, "No space left on device")
            rename(self, old, new)

        monkeypatch.setattr(applying.Folder, "rename", failing)
    outcome = apply_result(root, made)
    assert isinstance(outcome, Kept)
    assert outcome.differing == ("src/b.py",)
    assert "cannot be written" in outcome.reasons["src/b.py"]
    assert content(root) == before
    assert not (root / "new").exists()


def test_no_link_leads_out_of_the_workspace(root, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.py").write_text("a = 1\n")
    (outside / "b.py").write_text("b = 1\n")
    base = read(root, "a.py", "src/b.py")
    for path in ("a.py", "src/b.py"):
        (root / path).unlink()
    (root / "src").rmdir()
    (root / "a.py").symlink_to(outside / "a.py")
    (root / "src").symlink_to(outside)
    outcome = apply_result(root, result(base, a_py="a = 2\n", src__b_py="b = 2\n", src__new_py="n\n"))
    assert outcome.reasons == {
        "a.py": "is a symbolic link",
        "src/b.py": "lies behind a symbolic link",
        "src/new.py": "lies behind a symbolic link",
    }
    assert content(outside) == {"a.py": b"a = 1\n", "b.py": b"b = 1\n"}


@pytest.mark.parametrize(
    "path", ["../x.py", "/tmp/x.py", "a/../../x.py", ".git/hooks/x", "x\0y", "a\\b", ".GIT/config"]
)
def test_a_path_that_is_not_plainly_inside_is_refused(root, path):
    base = Snapshot()
    outcome = apply_result(root, Result(base, base.with_document(path, Document.of("x\n")), (path,)))
    assert outcome.reasons == {path: "is no path inside the workspace"}


@pytest.mark.parametrize(
    ("data", "written"),
    [
        (b"\xef\xbb\xbfa = '\xc3\xa4'\r\n", b"\xef\xbb\xbfa = '\xc3\xa4'\r\nb\r\n"),
        ("a = 'ä'\n".encode("utf-16"), "a = 'ä'\nb\n".encode("utf-16")),
        (b"\xfe\xff" + "ä\n".encode("utf-16-be"), b"\xfe\xff" + "ä\nb\n".encode("utf-16-be")),
        ("a = 'ä'\n".encode("utf-32"), "a = 'ä'\nb\n".encode("utf-32")),
        (b"a = '\xe4'\n", b"a = '\xe4'\nb\n"),
        (b"a\r\nb", b"a\r\nbb\n"),
    ],
)
def test_a_file_keeps_its_encoding_and_its_line_ends(root, data, written):
    (root / "a.py").write_bytes(data)
    base = read(root, "a.py")
    text = base["a.py"].text
    assert isinstance(
        apply_result(root, result(base, a_py=text + ("b\r\n" if "\r\n" in text[-2:] else "b\n"))), Written
    )
    assert (root / "a.py").read_bytes() == written


def test_what_cannot_be_encoded_or_was_damaged_stays_as_it_is(root):
    (root / "a.py").write_bytes(b"a = '\xe4'\n")
    made = result(read(root, "a.py"), a_py="a = '€'\n")
    assert apply_result(root, made).reasons == {
        "a.py": "would have characters that LATIN-1 has not, in which it is written"
    }
    (root / "a.py").write_bytes("äöü".encode() + b"\xff\n")
    made = result(read(root, "a.py"), a_py="x\n")
    assert apply_result(root, made).reasons == {"a.py": "has bytes that are not text, which writing it would destroy"}


TEXTS = st.one_of(
    st.none(),
    st.lists(st.sampled_from(["a", "b", "ä", "", " x", "-- y", "\\"]), max_size=6).flatmap(
        lambda lines: st.builds(
            lambda ends, last: "".join(map("".join, zip(lines, ends, strict=True))) + last,
            st.lists(st.sampled_from(["\n", "\n", "\r\n"]), min_size=len(lines), max_size=len(lines)),
            st.sampled_from(["", "end"]),
        )
    ),
)
STATES = st.dictionaries(st.sampled_from(["a.py", "d/b c.py", "d/ü.py"]), TEXTS, min_size=1)


@settings(max_examples=40, deadline=None)
@given(before=STATES, after=STATES)
def test_git_applies_the_patch_to_what_writing_the_result_gives(tmp_path_factory, before, after):
    """Whether written by us or applied by git from the patch: the same files, byte for byte."""
    old = {path: text.encode() for path, text in before.items() if text is not None}
    new = {path: text.encode() for path, text in {**before, **after}.items() if text is not None}
    base = Snapshot({path: Document("", "", data) for path, data in old.items()})
    snapshot = Snapshot({path: Document("", "", data) for path, data in new.items()})
    made = Result(base, snapshot, changed_paths(base, snapshot))
    ours, theirs = (Checkout.create(tmp_path_factory.mktemp("work")) for _ in range(2))
    for checkout in (ours, theirs):
        for path, data in old.items():
            checkout.write(path, data)
    assert isinstance(apply_result(ours.root, made), Written)
    patch = as_patch(made)
    if patch:
        command = ["git", "apply", "--whitespace=nowarn", "-"]
        done = subprocess.run(
            command, cwd=theirs.root, input=patch, env=clean_environment(), capture_output=True, check=False
        )
        assert done.returncode == 0, (done.stderr, patch)

    def files(checkout):
        return {path: data for path, data in content(checkout.root).items() if not path.startswith(".git/")}

    assert files(ours) == files(theirs) == new


def test_a_kept_patch_of_a_latin_1_file_applies_where_the_file_did_not_change(root):
    (root / "a.py").write_bytes(b"a = '\xe4'\nb\n")
    made = result(read(root, "a.py", "src/b.py"), a_py="a = '\xe4'\nc\n", src__b_py="b = 2\n")
    (root / "src" / "b.py").write_text("mine\n")
    kept = apply_result(root, made)
    command = ["git", "apply", "--include=a.py", str(kept.patch)]
    subprocess.run(command, cwd=root, env=clean_environment(), check=True)
    assert (root / "a.py").read_bytes() == b"a = '\xe4'\nc\n"
