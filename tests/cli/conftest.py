from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from escalation.cli.main import main
from escalation.scripted.server import ScriptedServer, running
from tests.host.processes import Hosts
from tests.repository.checkout import Checkout


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        return json.loads(self.out)

    @property
    def files(self) -> dict[str, str]:
        """The status of each file by its path."""
        return {file["path"]: file["status"] for file in self.json["files"]}

    @property
    def reasons(self) -> list[str]:
        return [trigger["reason"] for trigger in self.json["triggers"]]


Run = Callable[..., Answer]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command line in this process, in the folder `cwd`."""

    def run(*arguments: str, cwd: object = None) -> Answer:
        if cwd is not None:
            monkeypatch.chdir(str(cwd))
        status = main([str(argument) for argument in arguments])
        return Answer(status, *capsys.readouterr())

    return run


@pytest.fixture
def shop(tmp_path) -> Checkout:
    """A repository with a commit; nothing has changed."""
    checkout = Checkout.create(tmp_path / "the shop")
    checkout.commit({"shop/tokens.py": TOKENS, "shop/cart.py": CART, "README.md": "# Shop\n", "web/nav.css": "a {}\n"})
    return checkout


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    """Hosts of the test; also one that is started on demand ends with it."""
    hosts = Hosts()
    yield hosts
    hosts.close()


@pytest.fixture
def cart(tmp_path) -> Checkout:
    checkout = Checkout.create(tmp_path / "the cart")
    checkout.commit({"cart.py": CART, "README.md": "# Cart\n"})
    return checkout


@pytest.fixture
def serve(monkeypatch) -> Iterator[object]:
    """Serves a script at the address where every endpoint is asked, with a key set."""

    @contextmanager
    def serve(script) -> Iterator[ScriptedServer]:
        with running(script) as server:
            monkeypatch.setenv("ESCALATION_BASE_URL", server.url)
            monkeypatch.setenv("ANTHROPIC_API_KEY", "a-key-of-no-worth")
            yield server

    return serve


TOKENS = """\
import jwt


def verify_access_token(token, key):
    return jwt.decode(token, key, algorithms=["HS256"])
"""
BROKEN_TOKENS = TOKENS.replace('algorithms=["HS256"]', 'options={"verify_signature": False}')
CART = "def count(items):\n    return len(items)\n"
