"""The project of real repositories: what is found, and that what is kept on disk never changes it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pygit2
import pytest

from escalation.repository import project
from escalation.repository.listing import list_files
from escalation.repository.project import Project, load_project
from escalation.text.document import Document

FILES = {
    "pyproject.toml": "[project]\nname = 'a'\n",
    "src/app/__init__.py": "",
    "src/app/a.py": "from . import b\n",
    "src/app/b.py": "import json\n",
    "tests/test_a.py": "from app.a import f\n",
    "services/web/package.json": '{"name": "@org/web"}',
    "services/web/src/index.ts": "import a from './a';\n",
    "services/web/src/a.ts": "export default 1;\n",
    "services/api/go.mod": "module example.com/api\n\ngo 1.22\n",
    "services/api/main.go": 'package main\n\nimport "example.com/api/db"\n',
    "services/api/db/db.go": "package db\n",
    "notes.md": "# Notes\n",
    ".gitignore": "*.log\nbuilt/\n",
}
EDGES = {
    "src/app/a.py": ("src/app/b.py",),
    "tests/test_a.py": ("src/app/a.py",),
    "services/web/src/index.ts": ("services/web/src/a.ts",),
    "services/api/main.go": ("services/api/db/db.go",),
}


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def commit(root: Path) -> None:
    repository = pygit2.Repository(str(root))
    repository.index.add_all()
    repository.index.write()
    author = pygit2.Signature("A", "a@example.com")
    tree = repository.index.write_tree()
    parents = [] if repository.head_is_unborn else [repository.head.target]
    repository.create_commit("HEAD", author, author, "x", tree, parents)


@pytest.fixture(params=["git", "plain"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    write(folder, FILES)
    if request.param == "git":
        pygit2.init_repository(str(folder))
        commit(folder)
    return folder


def edges(found: Project) -> dict[str, tuple[str, ...]]:
    return dict(found.graph.edges)


def cache(home: Path) -> Path:
    (file,) = (home / "projects").iterdir()
    return file


def test_a_project(root: Path) -> None:
    found = load_project(root)
    assert found.files == tuple(sorted(FILES))
    assert edges(found) == EDGES
    assert found.graph_complete
    assert found.services.services == {"services/web", "services/api"}
    assert found.graph.dependents("src/app/b.py", transitive=True) == ("src/app/a.py", "tests/test_a.py")


def test_a_warm_start_parses_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cold = load_project(root)
    monkeypatch.setattr(project, "parse", None)  # would fail
    warm = load_project(root)
    assert (warm.files, edges(warm)) == (cold.files, edges(cold))


CHANGES = [
    {"src/app/a.py": "import app\n"},
    {"src/app/new.py": "from . import a\n"},
    {"src/app/b.py": "from . import a, new\n", "src/app/new.py": ""},
    {"services/api/go.mod": "module example.com/other\n"},
    {"trace.log": "x", "built/x.py": "import app\n"},
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_kept_never_changes_the_answer(root: Path, change: dict[str, str], hermetic: Path) -> None:
    load_project(root)
    write(root, change)
    warm = load_project(root)
    cache(hermetic).unlink()
    cold = load_project(root)
    assert (warm.files, edges(warm), warm.services) == (cold.files, edges(cold), cold.services)


def test_deleted_and_renamed_files(root: Path) -> None:
    load_project(root)
    (root / "src/app/b.py").rename(root / "src/app/c.py")
    (root / "services/web/src/a.ts").unlink()
    found = load_project(root)
    assert "src/app/b.py" not in found.files
    assert edges(found) == {
        "src/app/a.py": ("src/app/__init__.py",),
        "tests/test_a.py": ("src/app/a.py",),
        "services/api/main.go": ("services/api/db/db.go",),
    }


def test_ignored_files_are_left_out(root: Path) -> None:
    write(root, {"trace.log": "x", "built/x.py": "import app\n"})
    if (root / ".git").exists():
        assert load_project(root).files == tuple(sorted(FILES))


def test_a_spent_budget_is_continued(root: Path) -> None:
    first = load_project(root, budget_seconds=-1)
    assert not first.graph_complete
    assert first.files == tuple(sorted(FILES))
    assert first.services.services == {"services/web", "services/api"}
    assert edges(first) == {}
    second = load_project(root)
    assert second.graph_complete
    assert edges(second) == EDGES


@pytest.mark.parametrize("damage", [b"", b"\xff" * 40, b"not a cache", None])
def test_a_damaged_cache_is_built_anew(root: Path, hermetic: Path, damage: bytes | None) -> None:
    load_project(root)
    file = cache(hermetic)
    file.write_bytes(file.read_bytes()[:-7] if damage is None else damage)
    assert edges(load_project(root)) == EDGES
    assert edges(load_project(root)) == EDGES


def test_a_home_that_cannot_be_written(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ESCALATION_HOME", str(tmp_path / "file"))
    assert edges(load_project(root)) == EDGES


def test_concurrent_loads_agree(root: Path) -> None:
    found: list[Project] = []
    threads = [threading.Thread(target=lambda: found.append(load_project(root))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [edges(one) for one in found] == [EDGES] * 4


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/app/b.py", "from . import a\n"),
        ("src/app/new.py", "import app.a\n"),
        ("src/app/b.py", None),
        ("src/app/none.py", None),
        ("services/new/package.json", "{}"),
        ("notes.md", "# More\n"),
    ],
)
def test_updated_equals_loading_anew(root: Path, path: str, text: str | None) -> None:
    before = load_project(root)
    document = None if text is None else Document.of(text, language="python" if path.endswith("py") else "")
    after = before.updated(path, document)
    if text is None:
        (root / path).unlink(missing_ok=True)
    else:
        write(root, {path: text})
    anew = load_project(root)
    assert (after.files, edges(after), after.services) == (anew.files, edges(anew), anew.services)


def test_configured_services(root: Path) -> None:
    found = load_project(root, services=["src/app"])
    assert found.services.service_of("src/app/a.py") == "src/app"
    assert found.updated("src/x.py", Document.of("")).services.service_of("src/app/a.py") == "src/app"


def test_manifests_that_make_no_sense(tmp_path: Path) -> None:
    write(
        tmp_path / "r",
        {"a/package.json": "{", "b/package.json": "[1]", "c/Cargo.toml": "= 1", "d/package.json": "[" * 9999},
    )
    assert load_project(tmp_path / "r").files == ("a/package.json", "b/package.json", "c/Cargo.toml", "d/package.json")


def test_odd_files(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    write(folder, {"a.py": "import b\n", "b.py": "", "c d/ü#%.py": "import a\n"})
    (folder / "bin.py").write_bytes(b"\0\xff import a")
    (folder / "big.py").write_bytes(b"import a\n" + b"#" * 600_000)
    (folder / "link.py").symlink_to("a.py")
    (folder / "loop").symlink_to(".")
    os.mkfifo(folder / "pipe.py")
    (folder.joinpath(os.fsdecode(b"\xff.py"))).write_text("import a\n")
    found = load_project(folder)
    assert found.files == ("a.py", "b.py", "big.py", "bin.py", "c d/ü#%.py")
    assert edges(found) == {"a.py": ("b.py",), "c d/ü#%.py": ("a.py",)}


def test_an_empty_repository_and_a_submodule(tmp_path: Path) -> None:
    outer = tmp_path / "outer"
    write(outer, {"a.py": ""})
    pygit2.init_repository(str(outer))
    assert load_project(outer).files == ("a.py",)
    write(outer / "inner", {"b.py": ""})
    pygit2.init_repository(str(outer / "inner"))
    assert "a.py" in load_project(outer).files


def test_a_folder_inside_a_repository_is_a_project_of_its_own(tmp_path: Path) -> None:
    write(tmp_path / "r", {"a.py": "", "sub/b.py": ""})
    pygit2.init_repository(str(tmp_path / "r"))
    assert tuple(list_files(str(tmp_path / "r" / "sub"))) == ("b.py",)
