"""Takes `dashboard.png`: the dashboard of a host with the history that the tests seed.

PYTHONPATH=. python docs/images/dashboard.py        (needs Chromium on the PATH and Playwright: tests/api/README.md)
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright
from tests.api.live import TOKEN, live
from tests.seeded import seed

from escalation.store.opening import open_store, sqlite_url

WIDTH, HEIGHT = 1080, 1560

with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
    folder = Path(name)
    store = open_store(sqlite_url(folder))
    seed(store, time.time_ns() // 1_000_000)
    store.close()
    with live(folder, folder, {"ESCALATION_HOME": name}) as host:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
        page.goto(f"{host.base}/?token={TOKEN}")
        page.wait_for_selector("[data-run]")
        page.screenshot(path=Path(__file__).with_name("dashboard.png"))
        browser.close()
