"""The dashboard in a real browser: what it shows is what the host says, for eyes, ears and the keyboard alone."""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from escalation.host.client import PREFIX, Client
from escalation.scripted.request import Request
from escalation.scripted.script import Reply, text, tool
from escalation.scripted.server import running
from escalation.store.opening import open_store, sqlite_url
from escalation.store.records import Completion, Told
from tests.api.live import TOKEN, Live, live
from tests.host.processes import A_RUN, Hosts, asking
from tests.seeded import HOSTILE, LEDGER, SHOP, seed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
STATIC = Path(str(files("escalation.api"))) / "static"
DESK, PHONE = (1280, 900), (360, 780)
RATES = ("escalation", "success", "false_positives", "false_negatives")
Visit = Callable[..., AbstractContextManager["Page"]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is missing: pip install '.[test]'")
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("there is no Chromium on the PATH: .ci/browser installs it (tests/api/README.md)")
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []  # root's has none
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=alone)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A host with a past of sixty days."""
    folder = tmp_path_factory.mktemp("state")
    store = open_store(sqlite_url(folder))
    seed(store, time.time_ns() // 1_000_000)
    store.close()
    with live(folder, folder, {"ESCALATION_HOME": str(folder)}) as here:
        yield here


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    """Hosts without a past, as processes."""
    hosts = Hosts()
    yield hosts
    hosts.close()


@dataclass
class Noticed:
    """What the browser complained of, and whom else it asked."""

    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)


@pytest.fixture
def visit(browser: Browser) -> Visit:
    """Opens a page of a host with the token's link. At its end the browser must have had nothing to complain of, and
    must have asked nobody else."""

    @contextmanager
    def visit(
        host: Live | Client,
        path: str = "",
        *,
        size: tuple[int, int] = DESK,
        scheme: str = "light",
        let_in: bool = True,
        complains: str = "",
    ) -> Iterator[Page]:
        noticed = Noticed()
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce"
        )
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.on("console", lambda said: noticed.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: noticed.complaints.append(str(error)))
        page.on("request", lambda asked: noticed.strangers.append(asked.url))
        if let_in:
            page.goto(f"{host.base}/?token={host.token if isinstance(host, Client) else TOKEN}")
        if path or not let_in:
            page.goto(f"{host.base}/{path}")
        page.wait_for_selector("#figures[aria-busy=false], .notice:not([hidden])", state="attached")
        yield page
        context.close()
        unexpected = [said for said in noticed.complaints if not complains or complains not in said]
        assert unexpected == []
        assert [url for url in noticed.strangers if not url.startswith(f"{host.base}/")] == []

    return visit


def until(page: Page, condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Waits for something to become so. (The page's policy forbids Playwright's own way, which needs `eval`.)"""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)


def statistics(host: Live, query: str = "") -> dict[str, Any]:
    return host.get(f"statistics{query}").json


def rows(table: Locator) -> list[list[str]]:
    """The texts of a table's body."""
    return table.evaluate(
        "table => [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )


def unfolded(page: Page, id: str) -> Locator:
    """The table of a chart's figures."""
    page.locator(f"#{id} > summary").click()
    return page.locator(f"#{id} table")


def share(cell: str) -> tuple[float, float, float, int, int]:
    """“41% (36–47%, 58 of 143)” as percent and counts."""
    found = re.fullmatch(r"([\d.]+)% \(([\d.]+)–([\d.]+)%, (\d+) of (\d+)\)", cell)
    assert found, cell
    rate, low, high, hits, n = found.groups()
    return float(rate), float(low), float(high), int(hits), int(n)


def agrees(cell: str, proportion: dict[str, Any]) -> bool:
    """Whether a cell says what the API does, as exactly as whole percents can."""
    if not proportion["n"]:
        return cell == "–"
    rate, low, high, hits, n = share(cell)
    told = (proportion["rate"], proportion["low"], proportion["high"])
    close = all(abs(said - 100 * true) < 0.52 for said, true in zip((rate, low, high), told, strict=True))
    return close and (hits, n) == (proportion["hits"], proportion["n"])


def usd(cell: str) -> float:
    return float(cell.removeprefix("$").replace(",", ""))


class TestFigures:
    def test_each_chart_is_drawn(self, visit, host):
        curves = [row for row in statistics(host)["calibrations"] if row["bins"]]
        with visit(host) as page:
            colours = page.eval_on_selector_all(
                ".plot canvas",
                """canvases => canvases.map(canvas => {
                  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                  return new Set(new Uint32Array(data.buffer)).size;
                })""",
            )
        assert len(curves) == 3
        assert len(colours) == len(RATES) + 1 + len(curves)
        assert min(colours) > 10  # lines, axes and words; an empty one has one

    @pytest.mark.parametrize("days", [7, 90])
    def test_the_rates_are_those_of_the_api(self, visit, host, days):
        found = statistics(host, f"?days={days}")
        with visit(host, f"?days={days}") as page:
            for name in RATES:
                rate, *_, hits, n = share(re.sub(r"% (.*)", r"% (\1)", page.inner_text(f"[data-rate={name}]")))
                assert abs(rate - 100 * found["rates"][name]["rate"]) < 0.52
                assert (hits, n) == (found["rates"][name]["hits"], found["rates"][name]["n"])
            table = rows(unfolded(page, "rates-table"))
        by_date = {day["date"]: day["rates"] for day in found["series"]}
        assert len(table) >= 7
        for date, *cells in table:
            assert all(agrees(cell, by_date[date][name]) for cell, name in zip(cells, RATES, strict=True)), date
        judged = sum(day["escalation"]["n"] for date, day in by_date.items() if date in {row[0] for row in table})
        assert judged == found["decisions"]  # no day with anything is left out

    def test_the_costs_are_those_of_the_api(self, visit, host):
        found = statistics(host)
        by_date = {day["date"]: day["cost"] for day in found["series"]}
        with visit(host) as page:
            table = rows(unfolded(page, "costs-table"))
            pairs = rows(page.get_by_role("table", name="Cost of a solved task"))
        for date, default, strong in table:
            assert usd(default) == pytest.approx(by_date[date]["L3"], rel=0.06, abs=0.006)
            assert usd(strong) == pytest.approx(by_date[date]["L4"], rel=0.06, abs=0.006)
        assert [int(row[1]) for row in pairs] == [pair["solved"]["n"] for pair in found["spending"]["pairs"]]
        for row, pair in zip(pairs, found["spending"]["pairs"], strict=True):
            assert pair["default"] in row[0]
            assert usd(row[4]) == pytest.approx(pair["per_solved"]["value"], rel=0.06)

    def test_the_reasons_are_those_of_the_api(self, visit, host):
        found = statistics(host)["reasons"]
        with visit(host) as page:
            table = rows(page.get_by_role("table", name="Reasons and how often they were right"))
        names = ("seen", "spoke", "right", "wrong", "missed")
        assert [row[0] for row in table] == [row["title"] for row in found]
        assert [[int(cell) for cell in row[1:6]] for row in table] == [[row[name] for name in names] for row in found]

    def test_the_calibration_is_that_of_the_api(self, visit, host):
        with visit(host) as page:
            for curve in statistics(host)["calibrations"]:
                table = rows(unfolded(page, f"calibration-{curve['of']}"))
                assert len(table) == len(curve["bins"])
                for row, bin in zip(table, curve["bins"], strict=True):
                    assert row[3].endswith(f", {bin['observed']['hits']} of {bin['observed']['n']}")

    def test_what_the_figures_suggest_is_said_in_the_hosts_words(self, visit, host):
        found = statistics(host, "?days=90")
        said = [words.replace("`", "") for words in found["suggestions"]]
        assert said
        with visit(host, "?days=90") as page:
            shown = page.locator(".suggestions li, .advice").all_inner_texts()
        assert sorted(shown) == sorted(said)

    def test_a_repository_and_a_time_are_chosen_and_stay_in_the_address(self, visit, host):
        with visit(host) as page:
            page.select_option("[name=repository]", label="ledger")
            page.get_by_label("90 days").check(force=True)
            found = statistics(host, f"?days=90&repository={LEDGER}")
            shown = f"{found['rates']['escalation']['hits']} of {found['rates']['escalation']['n']}"
            until(page, lambda: shown in page.inner_text("[data-rate=escalation]"))
            assert set(page.locator("#list small").all_inner_texts()) == {"ledger"}
            page.reload()
            page.wait_for_selector("[data-rate]")
            assert page.input_value("[name=repository]") == LEDGER
            assert page.get_by_label("90 days").is_checked()
            assert shown in page.inner_text("[data-rate=escalation]")


class TestRuns:
    def test_the_newest_come_first_and_older_ones_on_request(self, visit, host):
        known = [run["workflow_id"] for run in host.get("workflows?limit=50").json["workflows"]]
        with visit(host) as page:
            assert shown(page) == known[:25]
            page.click("#more")
            until(page, lambda: len(shown(page)) == 50)
            assert shown(page) == known
            assert page.evaluate("document.activeElement.dataset.run") == known[25]  # one reads on where one was

    def test_they_are_filtered_by_state(self, visit, host):
        with visit(host) as page:
            page.select_option("[name=state]", "failed")
            until(page, lambda: "success" not in page.inner_text("#list"))
            assert set(page.locator("#list .tag").all_inner_texts()) <= {"failed", "timeout"}
            page.check("[name=execute]")
            assert page.locator("#list [data-run]").count()

    def test_a_run_opens_with_its_diff_and_what_it_says_is_text(self, visit, host):
        with visit(host) as page:
            opener = page.locator("[data-run]", has_text="<img src=x")
            opener.focus()
            page.keyboard.press("Enter")
            dialog = page.get_by_role("dialog", name=HOSTILE.replace("\u202e", "\\u{202e}"))
            dialog.locator(".diff").wait_for()
            lines = dialog.locator(".diff span").all_inner_texts()
            assert lines[0] == "templates/row.html"
            assert '+  <td><script>document.title = "owned"</script>{{ label }}\\u{202e}</td>' in lines
            backgrounds = {
                kind: dialog.locator(f".diff .{kind}").first.evaluate("line => getComputedStyle(line).backgroundColor")
                for kind in ("added", "removed", "hunk")
            }
            assert len(set(backgrounds.values())) == 3
            assert page.title() == "opus-escalation"
            assert page.locator("#list img, dialog img, dialog script").count() == 0
            page.keyboard.press("Escape")
            until(page, lambda: opener.evaluate("button => button === document.activeElement"))
            assert not dialog.is_visible()

    def test_a_run_has_an_address(self, visit, host):
        run = host.get("workflows?state=failed&limit=1").json["workflows"][0]
        with visit(host, f"#run={run['workflow_id']}") as page:
            dialog = page.get_by_role("dialog", name=run["task_description"])
            dialog.wait_for()
            until(page, lambda: run["message"] in dialog.inner_text())
            dialog.get_by_role("button", name="Close").click()
            until(page, lambda: "#run" not in page.url)

    @pytest.mark.parametrize(
        ("label", "verdict"),
        [
            ("Accepted", "accepted"),
            ("Discarded", "discarded"),
            ("Not needed", "dismissed"),
            ("Needed Opus", "needed_opus"),
        ],
    )
    def test_a_verdict_reaches_the_host(self, visit, host, label, verdict):
        run = host.get(f"workflows?repository={SHOP}&state=completed&limit=1").json["workflows"][0]["workflow_id"]
        before = len(host.service.store.feedback(run))
        with visit(host, f"#run={run}") as page:
            page.get_by_role("button", name=label).click()
            until(page, lambda: "recorded" in page.inner_text("#said"))
            assert page.locator("[aria-pressed=true] span").all_inner_texts() == [label]  # the last word counts
        said = host.service.store.feedback(run)
        assert len(said) == before + 1
        assert max(said, key=lambda one: one.at).verdict == verdict

    def test_one_that_is_under_way_is_followed(self, visit, host):
        store = host.service.store
        (run,) = store.workflows(state="executing").workflows
        at = time.time_ns() // 1_000_000
        with visit(host, f"#run={run.id}") as page:
            page.locator("dialog .tag", has_text="executing").wait_for()
            store.complete(run.id, Completion(outcome="success", message="all is well", tier="L3", cost=0.01), at)
            last = store.last_event(run.id)
            store.tell([Told(run.id, last + 1, at, "state", {"state": "completed", "reason": "all is well"})])
            page.locator("dialog .tag", has_text="success").wait_for()
            assert "all is well" in page.inner_text("dialog .title")
            page.keyboard.press("Escape")
            page.locator(f"#list tr:has([data-run='{run.id}']) .tag", has_text="success").wait_for()

    def test_a_real_one_is_heard_while_it_works_and_seen_when_it_is_done(self, visit, hosts):
        watched = threading.Event()

        def script(request: Request) -> Reply:
            if request.turn:
                watched.wait(30)
                return text("Hello is polite now, as it was asked for.", pause=0.2)
            body = "def hello():\n    return 'good morning'\n"
            return tool("mutate_entity", {"action": "update", "entity": "a.py::hello", "text": body})

        with running(script) as models:
            here = hosts.serve(env=asking(models)).client
            run = here.request("POST", f"{PREFIX}/submit", {**A_RUN, "route": "L3"}).body["workflow_id"]
            with visit(here, f"#run={run}") as page:
                page.locator("dialog .tag", has_text="executing").wait_for()
                watched.set()
                until(page, lambda: "Hello is" in page.evaluate("document.querySelector('#live')?.textContent ?? ''"))
                page.locator("dialog .tag", has_text="success").wait_for()
                assert "+    return 'good morning'" in page.locator("dialog .diff").inner_text()
                page.keyboard.press("Escape")
                page.wait_for_selector("[data-rate=success]")
                until(page, lambda: "1 of 1" in page.inner_text("[data-rate=success]"))


def shown(page: Page) -> list[str]:
    return page.eval_on_selector_all("#list [data-run]", "buttons => buttons.map(button => button.dataset.run)")


CONTROLS = """
() => {
  const wanted = "a[href], button, select, summary, input, [tabindex='0']";
  const seen = (element) => element.checkVisibility() && !element.disabled;
  const reached = (element) => element.type !== "radio" || element.checked;
  return [...document.querySelectorAll(wanted)].filter((element) => seen(element) && reached(element));
}
"""


class TestKeyboard:
    def test_it_reaches_every_control_in_the_order_of_the_page_and_shows_where_it_is(self, visit, host):
        with visit(host) as page:
            page.evaluate(f"window.controls = ({CONTROLS})()")
            count = page.evaluate("window.controls.length")
            reached, unseen = [], []
            for _ in range(count):
                page.keyboard.press("Tab")
                reached.append(page.evaluate("window.controls.indexOf(document.activeElement)"))
                if not page.evaluate(FOCUS_IS_SEEN):
                    unseen.append(page.evaluate("document.activeElement.outerHTML.slice(0, 80)"))
        assert reached == list(range(count))
        assert count > 40
        assert unseen == []

    def test_the_arrows_read_the_points_of_a_chart(self, visit, host):
        with visit(host) as page:
            chart = page.get_by_role("group", name="Escalation")
            readout = page.locator(".readout").first
            chart.focus()
            said = []
            for key in ("Home", "ArrowRight", "End", "ArrowLeft"):
                chart.press(key)
                said.append(readout.inner_text())
        assert len(set(said)) == 4
        assert all(re.match(r"\d+ \w+: (\d|no case)", words) for words in said), said

    def test_the_first_stop_skips_to_the_figures(self, visit, host):
        with visit(host) as page:
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.id") == "main"


FOCUS_IS_SEEN = """
() => {
  const focused = document.activeElement;
  const shown = focused.type === "radio" ? focused.nextElementSibling : focused;
  const { outlineStyle, outlineWidth } = getComputedStyle(shown);
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
}
"""


class TestLook:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
    def test_it_fits_the_screen_and_takes_its_colours(self, visit, host, tmp_path, scheme, size):
        with visit(host, size=size, scheme=scheme) as page:
            picture = page.screenshot(path=tmp_path / f"{scheme}.png", full_page=True)
            width, paper, ink = page.evaluate(
                """() => {
                  const bright = (colour) => colour.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0);
                  const { backgroundColor, color } = getComputedStyle(document.body);
                  return [document.documentElement.scrollWidth, bright(backgroundColor), bright(color)];
                }"""
            )
            page.locator("[data-run]").nth(1).click()
            page.wait_for_selector("dialog .body")
            assert page.evaluate("document.querySelector('dialog').scrollWidth") <= size[0]
        assert width == size[0]
        assert (paper > ink) is (scheme == "light")
        assert len(picture) > 20_000

    def test_a_change_of_the_scheme_is_followed_at_once(self, visit, host):
        with visit(host) as page:
            canvas = page.locator(".plot canvas").first
            before = canvas.evaluate("canvas => canvas.toDataURL()")
            page.emulate_media(color_scheme="dark")
            until(page, lambda: canvas.evaluate("canvas => canvas.toDataURL()") != before)


class TestWithoutFigures:
    def test_an_empty_history_says_how_to_begin_one(self, visit, hosts):
        with visit(hosts.serve().client) as page:
            page.wait_for_selector("#unbegun h2")
            assert "Nothing has been recorded yet" in page.inner_text("#unbegun")
            assert "escalation run" in page.inner_text("#unbegun")
            assert not page.locator("#figures").is_visible()

    def test_who_has_no_token_is_told_how_to_get_a_link(self, visit, host):
        with visit(host, let_in=False, complains="401") as page:
            page.wait_for_selector("#signed-out h2")
            assert "escalation stats" in page.inner_text("#signed-out")
            assert page.locator("#list").inner_text() == ""

    def test_a_host_that_has_gone_is_told_of_and_comes_back(self, visit, host):
        with visit(host, complains="ERR_FAILED") as page:
            page.route("**/v1/escalation/**", lambda route: route.abort())
            page.get_by_label("7 days").check(force=True)
            page.wait_for_selector("#gone h2")
            assert "escalation serve" in page.inner_text("#gone")
            page.unroute("**/v1/escalation/**")
            page.get_by_role("button", name="Try again").click()
            page.wait_for_selector("#gone", state="hidden")


class TestFiles:
    def test_nothing_is_inline_and_nothing_comes_from_elsewhere(self):
        page = (STATIC / "index.html").read_text("utf-8")
        assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page) == []
        for name in ("*.html", "*.css", "*.js"):
            for path in STATIC.glob(name):
                assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", path.read_text("utf-8")) == [], path.name

    def test_the_chart_library_is_the_one_that_the_page_documents(self):
        documented = (Path(__file__).parents[2] / "docs" / "dashboard.md").read_text("utf-8")
        vendored = STATIC / "vendor" / "uplot"
        for name in ("uPlot.iife.min.js", "uPlot.min.css"):
            assert sha256((vendored / name).read_bytes()).hexdigest() in documented
        assert "MIT License" in (vendored / "LICENSE").read_text("utf-8")
