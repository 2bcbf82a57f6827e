"""A PostgreSQL server of our own, for the tests that need one: `postgresql_url` is an empty database on it.

The server listens on loopback only, keeps its files in a temporary folder, and is shared by all workers of a run: the
first one starts it, the last one stops it. PostgreSQL refuses to run as root; then it runs as `postgres` or `nobody`.
Its programs are looked for in PATH, where Debian puts them, and where `.ci/postgresql` unpacks them.
"""

from __future__ import annotations

import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
import pytest
from filelock import FileLock

UNPACKED = Path.home() / ".cache/opus-escalation-postgresql/root"
PLACES = ("/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin")
USER = "tester"
MISSING = "needs the programs of a PostgreSQL server (initdb, pg_ctl): run .ci/postgresql, or put them on the PATH"
# Tests lose nothing in a power cut.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def programs() -> Path | None:
    """The folder of initdb and pg_ctl; of several, the newest version's."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = [
        folder
        for place in (*PLACES, f"{UNPACKED}{PLACES[0]}")
        for folder in Path("/").glob(place.lstrip("/"))
        if (folder / "initdb").exists()
    ]
    return max(folders, key=lambda folder: (len(folder.parent.name), folder.parent.name), default=None)


@dataclass(frozen=True)
class Server:
    """One that runs, or can be started again."""

    folder: str
    port: int
    password: str

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def run(self, sql: str) -> None:
        """As the superuser, outside any transaction."""
        with psycopg.connect(self.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(sql)  # type: ignore[call-overload]

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of a new database, which is dropped in the end."""
        name = f"test_{secrets.token_hex(6)}"
        self.run(f"CREATE DATABASE {name}")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def start(self) -> None:
        self._control("start", "--log", f"{self.folder}/log")

    def stop(self, how: str = "fast") -> None:
        """`immediate` is as hard as a kill."""
        self._control("stop", "--mode", how)

    def _control(self, *arguments: str) -> None:
        _call("pg_ctl", "--pgdata", f"{self.folder}/data", "--wait", *arguments)


def new_server(settings: Sequence[str] = QUICK) -> Server:
    """Makes a server and starts it; whoever calls this stops it and removes its folder."""
    folder = Path(tempfile.mkdtemp(prefix="escalation-postgresql-"))
    server = Server(str(folder), _free_port(), secrets.token_hex(8))
    password = folder / "password"
    password.write_text(server.password)
    if owner := _owner():
        for path in (folder, password):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    _call(
        *("initdb", "--pgdata", f"{folder}/data", "--username", USER, "--pwfile", str(password)),
        *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"),
    )
    wanted = (f"port={server.port}", "listen_addresses='127.0.0.1'", f"unix_socket_directories='{folder}'")
    with (folder / "data/postgresql.conf").open("a") as file:
        file.write("\n".join((*wanted, "max_connections=200", "jit=off", *settings, "")))
    server.start()
    return server


def discard(server: Server) -> None:
    server.stop("immediate")
    shutil.rmtree(server.folder)


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Server]:
    """The one server of this run."""
    if programs() is None:
        pytest.skip(MISSING)
    # With workers, each has a folder within the one of the run.
    base = tmp_path_factory.getbasetemp()
    state = (base if worker_id == "master" else base.parent) / "postgresql.json"
    with FileLock(state.with_suffix(".lock")):
        users, server = _read(state)
        server = server or new_server()
        _write(state, users + 1, server)
    yield server
    with FileLock(state.with_suffix(".lock")):
        users, _ = _read(state)
        if users == 1:
            discard(server)
        _write(state, users - 1, server if users > 1 else None)


@pytest.fixture
def postgresql_url(postgresql_server: Server) -> Iterator[str]:
    """The address of a database of the test's own, empty."""
    with postgresql_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The test runs twice: on a SQLite file that is not there yet, and on an empty PostgreSQL database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store/history.db"
    return str(request.getfixturevalue("postgresql_url"))


def _read(state: Path) -> tuple[int, Server | None]:
    """How many workers use the server, and the server."""
    if not state.exists():
        return 0, None
    users, server = json.loads(state.read_text())
    return users, server and Server(**server)


def _write(state: Path, users: int, server: Server | None) -> None:
    state.write_text(json.dumps([users, server and asdict(server)]))


def _owner() -> pwd.struct_passwd | None:
    """Who runs the server, where we may not."""
    if os.geteuid():
        return None
    names = {user.pw_name: user for user in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _call(program: str, *arguments: str) -> None:
    folder = programs()
    assert folder, MISSING
    owner = _owner()
    as_owner = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    done = subprocess.run(
        [folder / program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", **_libraries(folder)},
        text=True,
        check=False,
        **as_owner,  # type: ignore[arg-type]
    )
    assert done.returncode == 0, f"{program} failed: {done.stdout}"


def _libraries(folder: Path) -> dict[str, str]:
    """Unpacked programs find their libraries beside them."""
    if not folder.is_relative_to(UNPACKED):
        return {}
    folders = [*UNPACKED.glob("usr/lib/*-linux-gnu*"), *UNPACKED.glob("lib/*-linux-gnu*")]
    return {"LD_LIBRARY_PATH": ":".join(map(str, folders))}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
