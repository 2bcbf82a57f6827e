from __future__ import annotations

import os
from pathlib import Path

import pytest

from escalation.repository.walk import NOT_OURS, walk


@pytest.fixture
def tree(tmp_path: Path) -> str:
    for path in ["b.py", "a.py", "Z/one.py", "a/two.py", "a/b/c/deep.py", "build/made.py", ".git/x", ".hidden"]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    return str(tmp_path)


def test_files_first_then_folders_by_name(tree: str):
    assert list(walk(tree)) == [
        ".hidden", "a.py", "b.py", "Z/one.py", "a/two.py", "a/b/c/deep.py", "build/made.py",
    ]  # fmt: skip


def test_bounds(tree: str):
    assert list(walk(tree, NOT_OURS | {"build"}, deepest=1)) == [".hidden", "a.py", "b.py", "Z/one.py", "a/two.py"]


def test_links_are_not_followed(tree: str):
    before = list(walk(tree))
    os.symlink(tree, os.path.join(tree, "a", "round"))
    os.symlink("a.py", os.path.join(tree, "link.py"))
    os.symlink("nowhere", os.path.join(tree, "dangling.py"))
    assert list(walk(tree)) == before


@pytest.mark.parametrize("folder", sorted(NOT_OURS))
def test_fetched_code_is_passed_over(tmp_path: Path, folder: str):
    (tmp_path / "a" / folder).mkdir(parents=True)
    (tmp_path / "a" / folder / "b.py").touch()
    assert list(walk(str(tmp_path))) == []
    assert list(walk(str(tmp_path / "a" / folder))) == ["b.py"]


def test_a_virtual_environment_is_passed_over_unless_it_is_named(tmp_path: Path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "pyvenv.cfg").touch()
    assert list(walk(str(tmp_path))) == []
    assert list(walk(str(tmp_path / "mine"))) == ["pyvenv.cfg"]


def test_what_is_no_folder_has_no_files(tree: str):
    assert list(walk(os.path.join(tree, "nowhere"))) == []
    assert list(walk(os.path.join(tree, "a.py"))) == []


def test_three_hundred_levels(tmp_path: Path):
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d", dir_fd=folder)
        inner = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(os.open("f.py", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
    assert list(walk(str(tmp_path))) == ["d/" * 300 + "f.py"]


@pytest.mark.skipif(os.name == "nt", reason="names there are Unicode")
def test_a_name_that_is_not_utf_8(tmp_path: Path):
    path = os.path.join(os.fsencode(tmp_path), b"\xff.py")
    try:
        open(path, "wb").close()
    except OSError:
        pytest.skip("this file system has no such names")
    assert [os.fsencode(found) for found in walk(str(tmp_path))] == [b"\xff.py"]


def test_a_package_called_venv_is_no_virtual_environment(tmp_path: Path) -> None:
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "__init__.py").touch()
    assert list(walk(str(tmp_path))) == ["venv/__init__.py"]
