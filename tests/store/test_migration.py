"""An old store becomes a new one and loses nothing; a new one is what the migrations make of an old one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, column, inspect, make_url, select, table, text, update

from escalation.store import postgresql, sqlite
from escalation.store.errors import StoreError
from escalation.store.opening import open_store
from escalation.store.records import Told
from escalation.store.schema import NEWEST, REVISIONS, prepare, upgrade
from escalation.store.tables import metadata, revision
from tests.store import old
from tests.store.made import finished, told


def bare(url: str) -> Engine:
    """The database, with whatever tables it has."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return sqlite._engine(address, foreign_keys=True)
    return postgresql._engine(address)


@pytest.fixture
def old_url(database_url: str) -> str:
    """A store of revision 0001: on SQLite a stored file, on PostgreSQL what that revision makes, with the same rows."""
    if database_url.startswith("sqlite"):
        file = Path(make_url(database_url).database)
        file.parent.mkdir()
        shutil.copy(old.FILE, file)
        return database_url
    engine = bare(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA escalation"))
        upgrade(connection, "0001")
        old.fill(connection)
    engine.dispose()
    return database_url


def rows(connection: Connection, name: str, columns: list[str]) -> list[tuple[Any, ...]]:
    found = connection.execute(select(*map(column, columns)).select_from(table(name)))
    return sorted((tuple(row) for row in found), key=repr)


def as_kept(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted((tuple(row.values()) for row in rows), key=repr)


def found_revision(url: str) -> str:
    engine = bare(url)
    with engine.connect() as connection:
        found = connection.scalar(select(revision.c.version_num))
    engine.dispose()
    return str(found)


def test_an_old_store_keeps_every_row(old_url):
    open_store(old_url).close()
    engine = bare(old_url)
    with engine.connect() as connection:
        for name, kept in old.ROWS.items():
            assert rows(connection, name, list(kept[0])) == as_kept(
                [
                    {k: int(v) if isinstance(v, bool) and engine.name == "sqlite" else v for k, v in row.items()}
                    for row in kept
                ]
            )
        assert connection.scalar(select(revision.c.version_num)) == NEWEST
    engine.dispose()


def test_an_old_store_works_on(old_url):
    store = open_store(old_url)
    done = store.workflow("done")
    assert (done.state, done.decision.reasons[0].reason, done.completion.outcome) == (
        "completed", "critical_security", "success"
    )  # fmt: skip
    assert [w.id for w in store.unfinished()] == ["running"]
    cases = {case.workflow.id: case.workflow for case in store.cases() if case.workflow}
    assert set(cases) == {"done", "running", "decided"}
    assert cases["done"].decision.assessment == {"costs": {"routes": []}}
    finished(store, "new")
    # The state has the number of the event that told it, also where that was before numbers were kept.
    store.tell([told("done", 1, "executing"), Told("done", 2, 1, "state", {"state": "failed"})])
    assert store.workflow("done").state == "completed"
    store.tell([told("running", 2, "completed", at=1_764_000_020_000)])
    assert set(store.prune(1_764_000_030_000)) == {"done", "running", "decided", "new"}
    store.close()


def test_what_the_migrations_make_is_what_the_tables_say(old_url):
    open_store(old_url).close()
    assert differences(old_url) == []


def test_what_a_new_store_has_is_what_the_tables_say(database_url):
    open_store(database_url).close()
    assert differences(database_url) == []


def differences(url: str) -> list[Any]:
    engine = bare(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": metadata}
        )
        found: list[Any] = compare_metadata(context, metadata)
    engine.dispose()
    return found


def test_migrating_and_making_come_to_the_same(request, database_url, tmp_path_factory):
    """Down to what Alembic does not compare: keys, their names, what becomes of rows whose workflow goes."""
    made, migrated = bare(database_url), None
    open_store(database_url).close()
    if database_url.startswith("sqlite"):
        file = tmp_path_factory.mktemp("old") / "history.db"
        shutil.copy(old.FILE, file)
        other = f"sqlite:///{file}"
    else:
        other = request.getfixturevalue("postgresql_server")
        with other.database() as second:
            engine = bare(second)
            with engine.begin() as connection:
                connection.execute(text("CREATE SCHEMA escalation"))
                upgrade(connection)
            migrated = described(engine)
            engine.dispose()
    if migrated is None:
        open_store(other).close()
        engine = bare(other)
        migrated = described(engine)
        engine.dispose()
    assert migrated == described(made)
    made.dispose()


def described(engine: Engine) -> dict[str, Any]:
    found = inspect(engine)
    return {
        name: {
            "columns": {c["name"]: (str(c["type"]), c["nullable"], c["default"]) for c in found.get_columns(name)},
            "key": found.get_pk_constraint(name),
            "foreign": found.get_foreign_keys(name),
            "unique": found.get_unique_constraints(name),
            "indexes": sorted(found.get_indexes(name), key=lambda index: str(index["name"])),
        }
        for name in sorted(found.get_table_names())
        if name != revision.name
    }


def test_the_newest_revision_is_the_last_migration():
    script = ScriptDirectory(str(Path(sqlite.__file__).with_name("migrations")))
    assert tuple(reversed([each.revision for each in script.walk_revisions()])) == REVISIONS
    assert script.get_current_head() == NEWEST


def test_a_newer_store_is_left_alone(database_url):
    open_store(database_url).close()
    engine = bare(database_url)
    with engine.begin() as connection:
        connection.execute(update(revision).values(version_num="0999"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"has the schema 0999, and this version knows 0002 at most.*Upgrade this one"):
        open_store(database_url)
    assert found_revision(database_url) == "0999"


def test_tables_of_another_program_are_left_alone(database_url, tmp_path):
    (tmp_path / "store").mkdir(exist_ok=True)
    engine = bare(database_url)
    with engine.begin() as connection:
        if engine.name == "postgresql":
            connection.execute(text("CREATE SCHEMA escalation"))
        connection.execute(text("CREATE TABLE event (what TEXT)"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"has tables of another program \(event\)"):
        open_store(database_url)
    engine = bare(database_url)
    assert inspect(engine).get_table_names() == ["event"]
    engine.dispose()


def test_an_upgrade_that_fails_changes_nothing(old_url):
    engine = bare(old_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE INDEX ix_workflow_finished ON workflow (updated)"))  # in the way of 0002's
    with pytest.raises(StoreError, match=r"ix_workflow_finished"):
        open_store(old_url)
    with engine.begin() as connection:
        assert connection.scalar(select(revision.c.version_num)) == "0001"
        assert "state_number" not in {each["name"] for each in inspect(connection).get_columns("workflow")}
        connection.execute(text("DROP INDEX ix_workflow_finished"))
    engine.dispose()
    store = open_store(old_url)
    assert store.workflow("done")
    store.close()


def test_a_current_store_is_opened_without_alembic(database_url):
    """Its import alone takes a quarter of a second."""
    program = (
        "import json, sys; from escalation.store.opening import open_store; "
        f"open_store({database_url!r}).close(); print(json.dumps('alembic' in sys.modules))"
    )
    for what in ("a new store", "one that is there"):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert json.loads(done.stdout) is False, what


def test_a_migration_that_replaces_a_table_keeps_what_refers_to_it(tmp_path):
    """SQLite replaces a table to change a column; with foreign keys on, that deletes all rows that refer to it."""
    from alembic.operations import Operations

    url = f"sqlite:///{tmp_path}/history.db"
    store = open_store(url)
    finished(store, "w")
    store.close()
    engine = sqlite._engine(make_url(url), foreign_keys=False)
    with engine.execution_options(writes=True).begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("workflow", recreate="always"):
            pass
        prepare(connection)
    engine.dispose()
    store = open_store(url)
    assert len(store.events("w")) == 3
    store.close()
