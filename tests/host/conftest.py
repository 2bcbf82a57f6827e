from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.host.processes import Hosts


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    hosts = Hosts()
    yield hosts
    hosts.close()
