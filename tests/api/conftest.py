from __future__ import annotations

from collections.abc import Iterator

import pytest

from escalation.scripted.request import Request
from escalation.scripted.script import Reply, text, tool
from escalation.scripted.server import running
from tests.api.live import Live, live

CART = "def count(items):\n    return len(items)\n"
COUNTED = "def count(items):\n    return sum(1 for _ in items)\n"
SLOWLY = "Make count slow"


def model(request: Request) -> Reply:
    """A model that changes `cart.py::count`, and says so; for a task of that kind it takes its time over it."""
    if SLOWLY in request.asked:
        return text("I look at it. " * 50, pause=0.5, pieces=50)
    if request.results:
        return text("It takes any iterable now.")
    return tool("mutate_entity", {"action": "update", "entity": "cart.py::count", "text": COUNTED}, "I change count.")


@pytest.fixture(scope="module")
def host(tmp_path_factory) -> Iterator[Live]:
    """A host whose models are scripted; workspaces may lie in `host.home / "workspaces"`."""
    home = tmp_path_factory.mktemp("host")
    (home / "workspaces").mkdir()
    with pytest.MonkeyPatch.context() as patch, running(model) as models:
        patch.setenv("ESCALATION_HOME", str(home))
        env = {"ESCALATION_BASE_URL": models.url, "ANTHROPIC_API_KEY": "a-key-of-no-worth"}
        with live(home / "state", home, env, roots=[home / "workspaces"]) as host:
            yield host
