"""A store opens, or says why not and what to do; it never harms a file."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from escalation.store.errors import StoreError
from escalation.store.opening import open_store, sqlite_url
from escalation.store.sqlite import on_share
from tests.store.made import finished, told, workflow


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def pragma(file: Path, name: str) -> object:
    with sqlite3.connect(file) as connection:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history.db"


@pytest.fixture
def url(file: Path) -> str:
    return sqlite_url(file.parent)


class TestAFile:
    def test_is_private_and_so_are_its_folder_and_journals(self, file, url):
        old = os.umask(0)
        try:
            store = open_store(url)
        finally:
            os.umask(old)
        workflow(store, "w")
        assert mode(file.parent) == 0o700
        names = {"history.db", "history.db-wal", "history.db-shm"}
        assert {name: mode(file.parent / name) for name in names} == dict.fromkeys(names, 0o600)
        assert {mode(path) for path in file.parent.iterdir()} == {0o600}
        store.close()

    def test_that_others_could_read_is_made_private(self, file, url):
        open_store(url).close()
        file.chmod(0o644)
        open_store(url).close()
        assert mode(file) == 0o600

    def test_leaves_a_folder_that_was_there_as_it_is(self, file, url):
        file.parent.mkdir(mode=0o755)
        open_store(url).close()
        assert mode(file.parent) == 0o755

    def test_has_a_write_ahead_log(self, file, url):
        open_store(url).close()
        assert pragma(file, "journal_mode") == "wal"

    def test_holds_nothing_any_more_of_what_was_pruned(self, file, url):
        store = open_store(url)
        for number in range(20):
            workflow(store, f"w{number}", state="completed", task="a text that is to go")
        store.prune(2_000)
        store.close()
        assert b"a text that is to go" not in file.read_bytes()

    def test_has_a_name_with_anything_in_it(self, tmp_path):
        folder = tmp_path / "a %41 ?b #c ünï +d"
        store = open_store(sqlite_url(folder))
        workflow(store, "w")
        store.close()
        assert (folder / "history.db").exists()


class TestWithoutSharedMemory:
    """As on a network share: a folder stands where the log's index would be."""

    @pytest.fixture
    def unable(self, file: Path) -> Path:
        file.parent.mkdir()
        (file.parent / "history.db-shm").mkdir()
        return file

    def test_a_rollback_journal_does(self, unable, url):
        store = open_store(url)
        finished(store, "w")
        store.close()
        assert pragma(unable, "journal_mode") == "delete"
        assert open_store(url).workflow("w").state == "completed"

    def test_a_log_that_came_along_is_not_lost(self, unable, url, tmp_path):
        elsewhere = tmp_path / "elsewhere"
        store = open_store(sqlite_url(elsewhere))
        finished(store, "w")
        for name in ("history.db", "history.db-wal"):  # before it is closed, which would empty the log
            shutil.copy(elsewhere / name, unable.parent)
        store.close()
        assert open_store(url).workflow("w").state == "completed"


@pytest.mark.parametrize(
    ("mount", "file", "share"),
    [
        ("/", "/home/jane/history.db", False),
        ("/home", "/home/jane/history.db", True),
        ("/home/jane/a\\040b", "/home/jane/a b/history.db", True),
        ("/hom", "/home/jane/history.db", False),
    ],
)
def test_a_share_is_known_by_its_mount(tmp_path, mount, file, share):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "27 0 252:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
        + (f"91 27 0:44 / {mount} rw,relatime shared:2 - nfs4 server:/export rw\n" if mount != "/" else "")
    )
    assert on_share(Path(file), mounts) is share


def test_no_share_is_known_without_a_table_of_mounts(tmp_path):
    assert not on_share(tmp_path / "history.db", tmp_path / "none")


class TestAnAddress:
    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("", "no address of a database"),
            ("history.db", "no address of a database"),
            ("postgresql://host:port/x", "no address of a database"),
            ("mysql://u:secret@h/d", "There is no store on mysql"),
            ("sqlite+aiosqlite:///x.db", r"There is no store on sqlite\+aiosqlite"),
            ("sqlite://", "needs a file"),
            ("sqlite:///:memory:", "needs a file"),
            ("sqlite:///a\0b", "needs a file"),
        ],
    )
    def test_that_is_none_is_refused(self, url, words):
        with pytest.raises(StoreError, match=rf"{words}.*Write sqlite:///FILE or postgresql\+psycopg://"):
            open_store(url)

    @pytest.mark.parametrize(
        "url",
        [
            "postgresql://jane:topsecret@127.0.0.1:1/history",
            "postgresql+psycopg://127.0.0.1:1/history?user=jane&password=topsecret",
            "postgresql+psycopg://jane:topsecret@/history?host=/nonexistent",
        ],
    )
    def test_of_a_server_that_is_not_there_is_named_without_the_password(self, url):
        with pytest.raises(
            StoreError, match=r"The PostgreSQL database history at \S+ cannot be used: .*Check that the"
        ) as e:
            open_store(url)
        assert "topsecret" not in str(e.value)
        assert e.value.__cause__ is None
        assert e.value.__suppress_context__


class TestADamagedFile:
    @pytest.mark.parametrize("content", [b"no database at all " * 500, b"SQLite format 3\0" + b"\xff" * 9_000])
    def test_is_named_and_left_alone(self, file, url, content):
        file.parent.mkdir()
        file.write_bytes(content)
        with pytest.raises(StoreError, match=r"history\.db cannot be used: .* damaged; nothing in it was changed"):
            open_store(url)
        assert file.read_bytes() == content

    def test_is_named_when_the_damage_is_found_later(self, file, url):
        store = open_store(url)
        for number in range(40):
            finished(store, f"w{number}")
        store.close()
        whole = file.read_bytes()
        file.write_bytes(whole[: 5 * 4096] + b"\xff" * (len(whole) - 5 * 4096))
        with pytest.raises(StoreError, match=r"damaged.*\.recover"):  # noqa: PT012 - wherever it is found
            store = open_store(url)
            list(store.export())
        assert file.stat().st_size == len(whole)

    def test_that_was_cut_is_named(self, file, url):
        store = open_store(url)
        finished(store, "w")
        store.close()
        file.write_bytes(file.read_bytes()[:9_000])
        with pytest.raises(StoreError, match="damaged"):
            list(open_store(url).export())

    def test_of_no_length_is_a_new_store(self, file, url):
        file.parent.mkdir()
        file.touch()
        open_store(url).ping()


@pytest.fixture
def nobody():
    """Root may do everything, and so is somebody else for the time of a test."""
    own = os.geteuid()
    if own == 0:
        os.seteuid(65534)
    yield
    os.seteuid(own)


class TestAFileThatIsNotOurs:
    @pytest.fixture
    def folder(self):
        """One that everybody can get to, which pytest's own are not."""
        with TemporaryDirectory() as name:
            Path(name).chmod(0o755)
            yield Path(name)

    @pytest.mark.parametrize("what", ["folder", "file"])
    def test_is_named(self, folder, what, request):
        if what == "file":
            open_store(sqlite_url(folder)).close()
            (folder / "history.db").chmod(0o444)
        else:
            folder.chmod(0o555)
        before = sorted(path.name for path in folder.iterdir())
        request.getfixturevalue("nobody")
        with pytest.raises(StoreError, match=r"Permission denied. Give it and its folder"):
            open_store(sqlite_url(folder))
        assert sorted(path.name for path in folder.iterdir()) == before

    @pytest.mark.parametrize("place", ["/dev/null/history.db", "/proc/history.db"])
    def test_or_can_never_be_is_named(self, place):
        with pytest.raises(StoreError, match=r"cannot be used: .*(Give it|name another file)"):
            open_store(f"sqlite:///{place}")

    def test_or_is_a_folder_is_named(self, tmp_path):
        with pytest.raises(StoreError, match=r"Is a directory"):
            open_store(f"sqlite:///{tmp_path}")


class TestAFullDisk:
    def test_is_named_and_what_was_there_stays(self, file, url):
        store = open_store(url)
        workflow(store, "w")
        with store._engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match=r"disk is full. Make room"):
            workflow(store, "large", task="x" * 1_000_000)
        assert store.workflow("w")
        assert store.workflow("large") is None
        store.close()


class TestASetOfOpeners:
    def test_of_a_new_store_make_it_once(self, database_url):
        with ThreadPoolExecutor(6) as pool:
            stores = list(pool.map(open_store, [database_url] * 6))
        for number, store in enumerate(stores):
            workflow(store, f"w{number}")
        assert len(stores[0].workflows().workflows) == 6
        for store in stores:
            store.close()


@pytest.mark.postgresql
class TestAServer:
    def test_that_refuses_the_password_is_named(self, postgresql_url, postgresql_server):
        wrong = postgresql_url.replace(postgresql_server.password, "topsecret")
        with pytest.raises(StoreError, match=r"password authentication failed.*Check that the server runs") as e:
            open_store(wrong)
        assert "topsecret" not in str(e.value)

    def test_without_the_database_is_named(self, postgresql_server):
        with pytest.raises(StoreError, match=r'database "nothing" does not exist.*Check'):
            open_store(postgresql_server.url("nothing"))

    def test_whose_user_may_not_make_a_schema_is_named(self, postgresql_server, postgresql_url):
        database = postgresql_url.rpartition("/")[2]
        user = f"poor_{database}"
        postgresql_server.run(f"CREATE USER {user} PASSWORD 'poor'")
        poor = postgresql_url.replace(f"tester:{postgresql_server.password}", f"{user}:poor")
        try:
            with pytest.raises(StoreError, match=r"permission denied.*Grant the user what is missing"):
                open_store(poor)
            # The schema may be made beforehand, by somebody who may.
            with open_store(postgresql_url)._engine.begin() as connection:
                connection.exec_driver_sql("DROP SCHEMA escalation CASCADE")
                connection.exec_driver_sql(f"CREATE SCHEMA escalation AUTHORIZATION {user}")
            store = open_store(poor)
            workflow(store, "w")
            store.close()
        finally:
            with open_store(postgresql_url)._engine.begin() as connection:
                connection.exec_driver_sql("DROP SCHEMA escalation CASCADE")
            postgresql_server.run(f"DROP USER {user}")

    def test_that_restarts_is_found_again(self, own_server):
        with own_server.database() as url:
            store = open_store(url)
            workflow(store, "w")
            own_server.stop("immediate")
            with pytest.raises(StoreError, match=r"cannot be used: .*Check that the server runs"):
                store.ping()
            with pytest.raises(StoreError, match=r"Check that the server runs"):
                store.tell([told("w", 1, "executing")])
            own_server.start()
            store.tell([told("w", 1, "executing")])
            assert store.workflow("w").state == "executing"
            store.close()

    @pytest.fixture
    def own_server(self, postgresql_server):
        """One to be stopped: nobody else uses it."""
        from tests.postgresql import discard, new_server

        server = new_server(settings=())  # so that a kill loses nothing
        yield server
        discard(server)

    def test_keeps_our_tables_in_a_schema_of_their_own(self, postgresql_url):
        store = open_store(postgresql_url)
        with store._engine.connect() as connection:
            found = connection.exec_driver_sql(
                "SELECT schemaname, count(*) FROM pg_tables WHERE schemaname !~ '^(pg_|information)' GROUP BY 1"
            ).all()
        assert found == [("escalation", 7)]
        store.close()


def test_who_waits_too_long_for_another_program_is_told_of_it(file, url):
    store = open_store(url)
    with store._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 10")  # of the 30 seconds
    with sqlite3.connect(file, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"locked.*Another program keeps it locked. End it"):
            workflow(store, "w")
        assert store.workflow("w") is None, "reading waits for nobody"
        other.execute("ROLLBACK")
    workflow(store, "w")
    store.close()
