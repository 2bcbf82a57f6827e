"""`escalation demo`: four tasks and a real pending change, judged before your eyes, and a scripted run. No key, no
network."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from escalation.decision.assessment import Assessment


@dataclass(frozen=True, slots=True)
class Scenario:
    """A task somebody could give to a model, with the files it names (they need not exist)."""

    name: str
    task: str
    files: tuple[str, ...] = ()


SCENARIOS = (
    Scenario(
        "security-critical task",
        "Implement JWT authentication with OAuth2 integration: access and refresh tokens, rotation and revocation.",
        ("src/auth/jwt_handler.py", "src/auth/oauth2_provider.py", "src/middleware/authentication.py"),
    ),
    Scenario(
        "schema migration",
        "Migrate the user schema: split the name column, backfill existing rows, and optimize the queries that use it.",
        ("migrations/0007_user_schema.sql", "src/models/user.py", "src/queries/users.py"),
    ),
    Scenario(
        "simple UI change",
        "Change the navigation bar's hover effect and update the button colours.",
        ("src/styles/navigation.css", "src/components/Navigation.tsx"),
    ),
    Scenario(
        "API design",
        "Design a REST API for orders with error handling, pagination and rate limiting.",
        ("src/api/orders.py", "src/api/errors.py", "docs/openapi.yaml"),
    ),
)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "demo",
        help="see it work: no key, no network",
        description="Judges four tasks and a pending change, and shows a scripted run. No key, no network.",
    )
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    from escalation.cli.report import show
    from escalation.cli.run import Wanted
    from escalation.cli.scripted_run import scripted_run

    for scenario in SCENARIOS:
        print(f"$ escalation check --task {scenario.task!r} {' '.join(scenario.files)}\n")
        show(judged(scenario))
        print()
    with tempfile.TemporaryDirectory(prefix="escalation-demo-") as folder:
        print("$ escalation check        # in a temporary git repository with a pending change\n")
        show(pending(Path(folder)))
    print("\n$ escalation run --demo      # in another one; it shows the diff, too\n")
    return scripted_run(Wanted(), compact=True)


def judged(scenario: Scenario) -> Assessment:
    """The assessment of a scenario, outside any repository."""
    from escalation.analysis.change import Change, FileChange, Task
    from escalation.decision.assess import assess

    planned = (FileChange(path, recorded="added", counted=(0, 0)) for path in scenario.files)
    change = Change(tuple(sorted(planned, key=lambda f: f.path)), Task(scenario.task, files=scenario.files))
    return assess(change)


def pending(folder: Path) -> Assessment:
    """Effect: makes a repository with a commit and an uncommitted edit in `folder`. Returns its assessment."""
    from escalation.repository.workspace import Workspace

    make_repository(folder)
    workspace = Workspace.open(folder, env=os.environ)
    assert workspace.repository is not None
    return workspace.assess(workspace.repository.working_change())


def make_repository(folder: Path) -> None:
    """Effect: the demonstration's repository in `folder`, its edit not committed."""
    with as_file(files("escalation.cli").joinpath("demo_repository")) as data:
        compiled = shutil.ignore_patterns("__pycache__")  # what an installer makes of the files
        shutil.copytree(data / "before", folder, ignore=compiled, dirs_exist_ok=True)
        commit_all(folder, "The shop")
        shutil.copytree(data / "after", folder, ignore=compiled, dirs_exist_ok=True)


def commit_all(folder: Path, message: str) -> None:
    """Effect: a new git repository in `folder`, all its files in one commit."""
    import pygit2

    repository = pygit2.init_repository(str(folder), initial_head="main")
    repository.index.add_all()
    repository.index.write()
    author = pygit2.Signature("Demo", "demo@example.com", 1_790_000_000, 0)
    repository.create_commit("HEAD", author, author, message, repository.index.write_tree(), [])
