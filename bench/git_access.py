"""What reading git costs: libgit2 in the process against the git program, side by side on the same repository.

    python bench/git_access.py [CHECKOUT_WITH_HISTORY]

Makes a repository of 3,000 files with one edited and one new file. The rows about history need a checkout with at
least 2,000 commits; they are left out without one.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from escalation.analysis.hunks import hunks
from escalation.repository import history
from escalation.repository.git import Repository

IDENTITY = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"]


def git(root: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True).stdout


def make(root: Path) -> None:
    for number in range(3_000):
        file = root / f"package{number // 200}/module{number // 20}/file{number % 20}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = 20 + number * 7919 % 300
        file.write_text("".join(f"def f{line}(x):\n    return x + {number * line}\n\n\n" for line in range(lines)))
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, *IDENTITY, "commit", "-q", "-m", "all")
    time.sleep(1.1)  # files as new as the index would be read again by every call
    git(root, "update-index", "--force-write-index")
    with open(root / "package3/module30/file3.py", "a") as file:
        file.write("x = 1\n")
    (root / "package3/new.py").write_text("y = 1\n")


def measured(name: str, ours: Callable[[], object], theirs: Callable[[], object], rounds: int = 21) -> None:
    figures = []
    for run in (ours, theirs):
        run()
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
        figures.append(statistics.median(times) * 1000)
    print(f"| {name} | {figures[0]:.2f} | {figures[1]:.2f} |")


def main() -> None:
    timed = "from time import perf_counter as t; s = t(); import pygit2; print(round((t() - s) * 1000))"
    imports = [int(subprocess.check_output([sys.executable, "-c", timed])) for _ in range(5)]
    print(f"import of pygit2, once per process: {min(imports)} ms\n")
    print("| median, ms | libgit2 | git |\n| --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make(root)
        path = "package3/module30/file3.py"
        repository = Repository.discover(root)
        assert repository is not None
        assert len(repository.working_change().files) == 2

        def program() -> None:
            git(root, "status", "--porcelain", "-z", "-uall")
            git(root, "diff", "--raw", "-z", "-M", "HEAD")
            git(root, "cat-file", "blob", f"HEAD:{path}")

        measured("pending change of 3,000 files, contents read", repository.working_change, program)
        measured("the same, repository opened anew", lambda: Repository.discover(root).working_change(), program)
        measured(
            "only which files changed",
            repository.handle.status,
            lambda: git(root, "status", "--porcelain", "-z", "-uall"),
        )
        measured(
            "one file as HEAD has it",
            lambda: repository.head_document(path),
            lambda: git(root, "cat-file", "blob", f"HEAD:{path}"),
        )
        bench_hunks(root)
    if len(sys.argv) > 1:
        bench_history(Path(sys.argv[1]))


def bench_hunks(root: Path) -> None:
    lines = [b"    value_%d = compute(%d)  # x\n" % (number, number) for number in range(20_000)]
    old = b"".join(lines)
    lines[10_000] = b"    value = compute()\n"
    new = b"".join(lines)
    both = b"x\n" + new + b"y\n"
    for name, data in (("old", old), ("new", new), ("both", both)):
        (root / name).write_bytes(data)

    def program(name: str) -> None:
        subprocess.run(["git", "diff", "--no-index", "-U0", "old", name], cwd=root, capture_output=True, check=False)

    measured("hunks of 20,000 lines, one edited", lambda: hunks(old, new), lambda: program("new"))
    measured("hunks of 20,000 lines, edited at both ends", lambda: hunks(old, both), lambda: program("both"))


def bench_history(root: Path) -> None:
    history.MAX_SECONDS = 50 * 365 * 86_400
    repository = Repository.discover(root)
    assert repository is not None

    def program() -> None:
        git(root, "log", "--first-parent", "-m", "--raw", "-z", "--no-renames", "--format=%H %ct %ae", "-n", "2000")

    with tempfile.TemporaryDirectory() as home:
        os.environ["ESCALATION_HOME"] = home
        file = history._file_of(repository)

        def cold() -> None:
            file.unlink(missing_ok=True)
            history.load_history(repository, 60)

        measured("2,000 commits, cold", cold, program, rounds=5)
        measured("2,000 commits, kept on disk", lambda: history.load_history(repository), program, rounds=5)


if __name__ == "__main__":
    main()
