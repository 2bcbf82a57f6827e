"""One code-server, one browser and one scripted endpoint for all tests; a repository and a window for each."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from escalation.scripted.server import running
from tests.editors.visits import make_repository
from tests.editors.vscode.code_server import CodeServer, code_server, missing
from tests.editors.vscode.models import Models
from tests.editors.vscode.window import Window, window

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: a folder that `ESCALATION_PICTURES` names, for people to look at."""
    folder = Path(os.environ.get("ESCALATION_PICTURES") or tmp_path_factory.mktemp("pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def models() -> Iterator[Models]:
    scripted = Models()
    with running(scripted.answer) as scripted.server:
        yield scripted


@pytest.fixture(scope="session")
def server(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CodeServer]:
    if reason := missing():
        pytest.skip(reason)
    assert models.server is not None
    environment = {
        "ESCALATION_BASE_URL": models.server.url,
        "ANTHROPIC_API_KEY": "scripted",
        "ESCALATION_TWO_PASS": "true",
        "ESCALATION_IDLE_EXIT": "5",
    }
    with code_server(tmp_path_factory.mktemp("vscode") / "code-server", environment) as found:
        yield found


@pytest.fixture(scope="session")
def browser(server: CodeServer) -> Iterator[object]:
    playwright = pytest.importorskip("playwright.sync_api")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "Läden & Co #1")


@pytest.fixture
def opened(
    server: CodeServer, browser: object, repository: Path, pictures: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Window]]:
    """Opens a window on the repository; a picture of it is kept if the test fails."""
    windows = []

    def open_(file: str = "shop/auth.py") -> Window:
        context = window(browser, server, repository, pictures, file)  # type: ignore[arg-type]
        windows.append((context, context.__enter__()))
        return windows[-1][1]

    yield open_
    failed = getattr(request.node, "failed", False)
    for number, (context, shown) in enumerate(reversed(windows)):
        if failed:
            shown.picture(f"failed-{request.node.name}-{number}")
            request.node.add_report_section("teardown", "VS Code", "\n".join([*shown.said(), server.log()]))
        context.__exit__(None, None, None)
    server.settings()
    server.user_settings()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    if outcome.get_result().failed:  # type: ignore[attr-defined]
        item.failed = True  # type: ignore[attr-defined]
