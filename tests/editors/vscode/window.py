"""A window of VS Code, and what a user does in it: with keys and clicks, seeing what stands on the screen."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

from playwright.sync_api import Browser, Locator, Page, TimeoutError

from tests.editors.vscode.code_server import CodeServer

SECONDS = 30.0  # only so that what hangs fails
_MILLISECONDS = SECONDS * 1000
_ICON = '[aria-label^="Opus Escalation"]'
SIZE = {"width": 1280, "height": 800}


class Window:
    """One window on one folder."""

    def __init__(self, page: Page, pictures: Path) -> None:
        self.page = page
        self._pictures = pictures

    # What stands on the screen

    def text(self) -> str:
        """The visible lines of the editor in front, from the top down."""
        lines = self.page.locator(".editor-group-container.active .editor-instance .view-line").evaluate_all(
            "all => all.map(e => [parseFloat(e.style.top), e.textContent])"
        )
        return "\n".join(text.replace("\u00a0", " ") for _, text in sorted(lines))

    def squiggles(self) -> Locator:
        return self.page.locator(".squiggly-warning, .squiggly-info")

    def lenses(self) -> Locator:
        return self.page.locator(".codelens-decoration a")

    def runs(self) -> Locator:
        """The rows of the Runs view."""
        return self.page.locator(".pane-body .monaco-list-row")

    def notification(self, words: str | re.Pattern[str]) -> Locator:
        """A notification with these words."""
        return self.page.locator(".notification-toast", has_text=words).first

    def status(self, words: str | re.Pattern[str]) -> Locator:
        """An entry of the status bar."""
        return self.page.locator(".statusbar-item", has_text=words).first

    def run_status(self) -> Locator:
        """The entry of the status bar while something runs."""
        return self.page.locator(".statusbar-item", has=self.page.locator(".codicon-sync"))

    def diff(self) -> Locator:
        return self.page.locator(".editor-group-container.active .monaco-diff-editor")

    def row(self, words: str | re.Pattern[str]) -> Locator:
        """A row of the Runs view."""
        return self.runs().filter(has_text=words).first

    def tab(self) -> str:
        """The title of the tab in front."""
        return self.page.locator(".editor-group-container.active .tab.active").first.inner_text().strip()

    def picture(self, name: str) -> None:
        """Effect: keeps what the window looks like."""
        self.page.wait_for_timeout(400)  # until what fades in or out has done so
        self.page.screenshot(path=self._pictures / f"{name}.png")

    # What a user does

    def focus(self) -> None:
        """Effect: keys go to the editor; its cursor stays where it is."""
        self.page.keyboard.press("Control+1")

    def go_to(self, line: int, column: int = 1) -> None:
        """Effect: the cursor stands there."""
        self.focus()
        self.page.keyboard.press("Control+G")
        field = self.page.locator(".quick-input-widget input:visible")
        field.wait_for()
        field.fill(f":{line}:{column}")
        self.page.keyboard.press("Enter")
        self.page.locator(".quick-input-widget").wait_for(state="hidden")

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def key(self, keys: str) -> None:
        self.page.keyboard.press(keys)

    def command(self, title: str) -> None:
        """Effect: chooses a command of the palette."""
        field = self.page.locator(".quick-input-widget input:visible")
        for _ in range(4):  # an editor that opens in that moment takes the focus, and the palette closes
            self.page.keyboard.press("F1")
            try:
                field.wait_for(timeout=5_000)
                field.fill(f">{title}", timeout=2_000)
                self.page.locator(".quick-input-list .monaco-list-row", has_text=title).first.click(timeout=5_000)
                return
            except TimeoutError:
                self.page.keyboard.press("Escape")
        raise AssertionError(f"{title!r} could not be chosen")

    def answer(self, text: str) -> None:
        """Effect: fills in the field that asks, and confirms."""
        field = self.page.locator(".quick-input-widget input:visible")
        field.wait_for()
        field.fill(text)
        self.page.keyboard.press("Enter")

    def choose(self, title: str) -> None:
        """Effect: chooses from the list that asks."""
        self.page.locator(".quick-input-list .monaco-list-row", has_text=title).first.click()

    def menu(self) -> list[str]:
        """The entries of the light bulb's menu at the cursor. Effect: the menu is open."""
        # It closes by itself when diagnostics arrive in that moment; nothing has been chosen then.
        rows = self.page.locator(".action-widget .monaco-list-row.action")
        for _ in range(6):
            self.page.keyboard.press("Control+.")
            try:
                rows.first.wait_for(timeout=2_500)
                time.sleep(0.25)  # the menu takes no click in its first moments
                return [row.strip() for row in rows.all_inner_texts()]
            except TimeoutError:
                self.page.keyboard.press("Escape")
        raise AssertionError("the menu of the light bulb did not open")

    def act(self, title: str) -> None:
        """Effect: chooses a code action at the cursor."""
        for _ in range(6):
            self.menu()
            try:
                self.page.locator(".action-widget .monaco-list-row", has_text=title).first.click(timeout=1_500)
                return
            except TimeoutError:
                self.page.keyboard.press("Escape")
        raise AssertionError(f"{title!r} could not be chosen")

    def title_action(self, title: str) -> None:
        """Effect: clicks a button beside the tabs."""
        self.page.locator(f'.editor-actions [aria-label^="{title}"]').first.click()

    def open_runs(self) -> None:
        """Effect: the Runs view is there."""
        shown = self.page.locator(".sidebar .title-label", has_text="Runs")
        if not shown.is_visible():
            icon = self.page.locator(_ICON)
            self.page.locator(".activitybar .action-item", has=icon).click()
        shown.wait_for()

    def button(self, notification: str | re.Pattern[str], title: str) -> None:
        """Effect: clicks a button of a notification."""
        self.notification(notification).locator(".monaco-button", has_text=title).click()

    def until(self, holds: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
        """Effect: waits for something. Fails with what stands in the editor."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, f"waited in vain: {what}\n{self.text()}\n{self.said()}"
            time.sleep(0.05)

    def said(self) -> list[str]:
        """What the notifications say."""
        return self.page.locator(".notification-list-item-message").all_inner_texts()


@contextmanager
def window(browser: Browser, server: CodeServer, folder: Path, pictures: Path, file: str) -> Iterator[Window]:
    """A window on a folder, with a file open if one is named."""
    context = browser.new_context(viewport=SIZE)
    try:
        page = context.new_page()
        # Nothing but code-server is needed; refusing it at once is quicker than waiting for a name.
        page.route("**/*", lambda route: route.continue_() if _ours(route.request.url) else route.abort())
        url = f"{server.url}/?folder={quote(str(folder))}"
        if file:
            remote = f"vscode-remote://{urlsplit(server.url).netloc}{quote(str(folder / file))}"
            url += f"&payload={quote(json.dumps([['openFile', remote]]))}"
        page.goto(url)
        page.wait_for_selector(".monaco-workbench", timeout=_MILLISECONDS)
        if file:
            page.wait_for_selector(".editor-instance .view-line", timeout=_MILLISECONDS)
        page.wait_for_selector(f".activitybar {_ICON}", timeout=_MILLISECONDS)
        yield Window(page, pictures)
    finally:
        context.close()


def _ours(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", None)
