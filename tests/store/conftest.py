from __future__ import annotations

from collections.abc import Iterator

import pytest

from escalation.store.opening import open_store
from escalation.store.store import Store


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An empty store: each test runs on SQLite and on PostgreSQL."""
    opened = open_store(database_url)
    yield opened
    opened.close()
