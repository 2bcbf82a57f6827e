"""`escalation check` on real repositories: what is judged, how it is shown, and the exit status."""

from __future__ import annotations

import subprocess
import sys

import pytest

from escalation.repository.git import Repository
from tests.cli.conftest import BROKEN_TOKENS, CART

SECURITY = "critical_security"


def test_nothing_changed(run, shop):
    answer = run("check", cwd=shop.root)
    assert answer.status == 0
    assert "Sonnet will do" in answer.out
    assert "Nothing has changed." in answer.out
    assert answer.err == ""


def test_the_working_tree_against_head(run, shop):
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    shop.write("notes/new.txt", "new\n")
    answer = run("check", "--format", "json", cwd=shop.root)
    assert answer.status == 1
    assert answer.files == {"notes/new.txt": "added", "shop/tokens.py": "modified"}
    assert answer.reasons[0] == SECURITY


def test_ignored_files_are_not_judged(run, shop):
    shop.commit({".gitignore": "*.log\n"})
    shop.write("x.log", "x\n")
    assert run("check", "--format", "json", cwd=shop.root).files == {}


LEVELS = [("critical", 0), ("high", 1), ("medium", 1), ("low", 1), ("never", 0), (None, 1)]


@pytest.mark.parametrize(("level", "status"), LEVELS)
def test_fail_on(run, shop, level, status):
    shop.write("shop/invoices.py", "def invoice_total(line):\n    return line.unit_price * line.tax_rate\n")
    arguments = ("--fail-on", level) if level else ()
    answer = run("check", "--format", "json", *arguments, cwd=shop.root)
    assert [t["priority"] for t in answer.json["triggers"]] == ["high"]
    assert answer.status == status


def test_what_the_text_says(run, shop):
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    out = run("check", cwd=shop.root).out
    for said in (
        "Security-critical change",
        "shop/tokens.py:4",
        "verify_access_token",
        "1 file, +1 −1, 1 function touched",
        "cost",
        "P(L3 fails)",
        "what to do",
    ):
        assert said in out
    assert "\x1b" not in out


def test_the_shape_of_the_json(run, shop):
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    found = run("check", "--format", "json", "--task", "Accept tokens of the old server", cwd=shop.root).json
    assert found["schema_version"] == 1
    assert isinstance(found["should_escalate"], bool)
    assert 0 <= found["confidence"] <= 1
    assert found["recommended_route"] in ("L3", "L4", "L4->L3", "L3->L4->L3")
    assert all(isinstance(found[key], str) for key in ("recommended_model", "fallback_model", "summary"))
    assert set(found["scores"]) == {"consequence", "difficulty", "risk", "overall"}
    assert all(0 <= score <= 1 for score in found["scores"].values())
    trigger = found["triggers"][0]
    assert set(trigger) >= {"reason", "priority", "confidence", "description", "evidence"}
    assert trigger["priority"] in ("low", "medium", "high", "critical")
    evidence = trigger["evidence"][0]
    assert set(evidence) >= {"path", "start_line", "end_line", "what", "weight"}
    assert (evidence["path"], evidence["start_line"]) == ("shop/tokens.py", 4)
    context = found["context"]
    assert set(context) >= {"complexity_level", "business_impact", "risk_level", "metrics", "key_factors"}
    assert set(context["business"]) == {"revenue", "customers", "compliance", "operations", "strategy"}
    assert set(context["risks"]) == {"security", "performance", "reliability", "maintainability", "compliance"}
    assert set(found["validation"]) >= {"result", "confidence", "recommendation", "triggers"}
    assert [route["route"] for route in found["costs"]["routes"]] == ["L3", "L4", "L4->L3", "L3->L4->L3"]
    assert all(route["p10"] <= route["p50"] <= route["p90"] for route in found["costs"]["routes"])
    assert found["files"][0] | {"path": "shop/tokens.py", "lines_added": 1} == found["files"][0]


# What is compared


def test_staged(run, shop):
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    assert run("check", "--staged", "--format", "json", cwd=shop.root).files == {}
    shop.git("add", "shop/tokens.py")
    shop.write("shop/cart.py", CART + "\n")
    answer = run("check", "--staged", "--format", "json")
    assert answer.files == {"shop/tokens.py": "modified"}
    assert answer.status == 1


def test_a_commit(run, shop):
    shop.commit({"shop/tokens.py": BROKEN_TOKENS})
    shop.commit({"README.md": "# The shop\n"})
    assert run("check", "--commit", "HEAD", "--format", "json", cwd=shop.root).files == {"README.md": "modified"}
    answer = run("check", "--commit", "HEAD~1", "--format", "json")
    assert (answer.status, answer.files) == (1, {"shop/tokens.py": "modified"})
    first = run("check", "--commit", shop.git("rev-list", "--max-parents=0", "HEAD").strip(), "--format", "json")
    assert len(first.files) == 4


def test_a_base(run, shop):
    shop.git("switch", "-q", "-c", "feature")
    shop.commit({"shop/tokens.py": BROKEN_TOKENS})
    shop.git("switch", "-q", "main")
    shop.commit({"README.md": "# The shop\n"})
    shop.git("switch", "-q", "feature")
    shop.write("web/nav.css", "a { top: 0 }\n")
    direct = run("check", "--base", "main", "--format", "json", cwd=shop.root)
    assert set(direct.files) == {"README.md", "shop/tokens.py", "web/nav.css"}
    since = run("check", "--base", "main...", "--format", "json")
    assert set(since.files) == {"shop/tokens.py", "web/nav.css"}


def test_paths(run, shop):
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    shop.write("web/nav.css", "a { top: 0 }\n")
    assert run("check", "web", "--format", "json", cwd=shop.root).files == {"web/nav.css": "modified"}
    assert run("check", "web/nav.css", "shop", "--format", "json").files == {
        "shop/tokens.py": "modified",
        "web/nav.css": "modified",
    }
    assert run("check", "README.md", "--format", "json").files == {}


def test_from_a_folder_below(run, shop):
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    shop.write("web/nav.css", "a { top: 0 }\n")
    everything = run("check", "--format", "json", cwd=shop.root / "web")
    assert set(everything.files) == {"shop/tokens.py", "web/nav.css"}
    assert run("check", "nav.css", "--format", "json").files == {"web/nav.css": "modified"}
    assert run("check", "../shop", "--format", "json").files == {"shop/tokens.py": "modified"}


def test_from_elsewhere(run, shop, tmp_path):
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    answer = run("check", shop.root / "shop", "--format", "json", cwd=tmp_path)
    assert answer.files == {"shop/tokens.py": "modified"}


# Tasks


def test_a_task_alone_outside_git(run, tmp_path):
    answer = run("check", "--task", "Add OAuth2 login", "--format", "json", cwd=tmp_path)
    assert (answer.status, answer.reasons[0], answer.files) == (1, SECURITY, {})
    answer = run("check", "--task", "Fix a typo in the README", "--format", "json")
    assert (answer.status, answer.reasons) == (0, [])


def test_a_task_with_files_that_do_not_exist_yet(run, tmp_path):
    (tmp_path / "src").mkdir()
    paths = ("src/auth/login.py", "migrations/0001_users.sql")
    answer = run("check", "--task", "Add OAuth2 login", *paths, "--format", "json", cwd=tmp_path)
    assert answer.files == dict.fromkeys(sorted(paths), "added")
    assert {file["role"] for file in answer.json["files"]} == {"source", "migration"}


def test_a_task_with_files_of_a_repository(run, shop):
    arguments = ("check", "--task", "Rotate the keys", "shop/tokens.py", "shop/keys.py", "--format", "json")
    answer = run(*arguments, cwd=shop.root)
    assert answer.files == {"shop/keys.py": "added", "shop/tokens.py": "modified"}
    assert answer.json["context"]["metrics"]["lines_added"] == 0
    assert run("check", "--task", "Rotate the keys", "tokens.py", "--format", "json", cwd=shop.root / "shop").files == {
        "shop/tokens.py": "modified"
    }


def test_a_task_and_the_pending_change_together(run, shop):
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    answer = run("check", "--task", "Send the invoice", "--format", "json", cwd=shop.root)
    assert set(answer.reasons) >= {SECURITY, "revenue_critical"}
    assert answer.files == {"shop/tokens.py": "modified"}
    only = run("check", "--task", "Send the invoice", "shop/cart.py", "--format", "json")
    assert SECURITY not in only.reasons
    staged = run("check", "--task", "Send the invoice", "--staged", "--format", "json")
    assert (staged.files, SECURITY in staged.reasons) == ({}, False)


def test_a_task_about_a_file_that_was_deleted(run, shop):
    (shop.root / "shop/tokens.py").unlink()
    answer = run("check", "--task", "Remove the tokens", "shop/tokens.py", "--format", "json", cwd=shop.root)
    assert answer.files == {"shop/tokens.py": "deleted"}


# What cannot be done


WRONG = {
    "a bad level": (("--fail-on", "urgent"), "--fail-on: invalid choice: 'urgent'"),
    "a bad format": (("--format", "xml"), "invalid choice: 'xml'"),
    "two comparisons": (("--staged", "--base", "HEAD"), "not allowed with argument --staged"),
    "an unknown option": (("--colour",), "unrecognized arguments: --colour"),
    "an unknown revision": (("--base", "nowhere"), "'nowhere' names no tree of this repository"),
    "an unknown commit": (("--commit", "HEAD~99"), "'HEAD~99' names no commit of this repository"),
    "no revision": (("--base", ""), "names no tree of this repository"),
    "a path that is not there": (("missing.py",), "missing.py: no such file or directory"),
    "a path elsewhere": (("README.md", "/"), "is outside the repository"),
    "an empty task": (("--task", "  "), "--task is empty"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG)
def test_bad_usage_is_answered_with_one_line(run, shop, arguments, said):
    answer = run("check", *arguments, cwd=shop.root)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.startswith("escalation: ")
    assert answer.err.count("\n") == 1


def test_outside_git_there_is_no_change(run, tmp_path):
    answer = run("check", cwd=tmp_path)
    assert (answer.status, answer.out) == (2, "")
    assert "not in a git repository" in answer.err
    assert answer.err.count("\n") == 1


def test_outside_git_a_file_above_is_refused(run, tmp_path):
    (tmp_path / "here").mkdir()
    answer = run("check", "--task", "Rename it", "../other.py", cwd=tmp_path / "here")
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert "is outside" in answer.err


# Settings and dismissals


def test_settings_of_the_repository(run, shop):
    shop.commit({"escalation.toml": f'disabled_reasons = ["{SECURITY}"]\n'})
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    assert SECURITY not in run("check", "--format", "json", cwd=shop.root / "shop").reasons


def test_excluded_files(run, shop):
    shop.commit({"escalation.toml": 'exclude = ["shop/"]\n'})
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    assert run("check", "--format", "json", cwd=shop.root).files == {}


def test_a_wrong_setting_is_said_and_the_change_is_judged(run, shop):
    shop.commit({"escalation.toml": "min_confidense = 1\n"})
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    answer = run("check", "--format", "json", cwd=shop.root)
    assert answer.status == 1
    assert answer.err == (
        "escalation: escalation.toml: unknown setting `min_confidense`; did you mean `min_confidence`?\n"
    )


def test_the_environment(run, shop, monkeypatch):
    monkeypatch.setenv("ESCALATION_MODEL", "a-model-nobody-knows")
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    routes = {
        route["route"]: route for route in run("check", "--format", "json", cwd=shop.root).json["costs"]["routes"]
    }
    assert routes["L4"]["models"] == ["a-model-nobody-knows"]
    assert routes["L4"]["p50"] is None
    assert routes["L3"]["p50"] > 0
    assert "unknown" in run("check").out


def test_a_dismissed_reason_is_named_but_does_not_count(run, shop):
    shop.commit(
        {
            ".escalation/dismissed.toml": f'[[dismissed]]\nreason = "{SECURITY}"\nscope = "function"\n'
            'path = "shop/tokens.py"\nsymbol = "verify_access_token"\n'
        }
    )
    shop.write("shop/tokens.py", "# moved down\n\n" + BROKEN_TOKENS)
    answer = run("check", "--format", "json", cwd=shop.root)
    assert (answer.status, answer.reasons) == (0, [])
    assert [trigger["reason"] for trigger in answer.json["dismissed"]] == [SECURITY]
    assert "dismissed in .escalation/dismissed.toml" in run("check").out


# As a program


def program(*arguments: str, cwd, stdin=None, **environment: str) -> subprocess.CompletedProcess[bytes]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "escalation", *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_the_program_says_the_same(run, shop):
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    done = program("check", "--format", "json", cwd=shop.root)
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.decode() == run("check", "--format", "json", cwd=shop.root).out


@pytest.mark.parametrize("format", ["text", "json", "sarif"])
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_any_terminal_can_take_it(shop, format, encoding):
    shop.write("shop/größe – 日本.py", BROKEN_TOKENS)
    done = program("check", "--format", format, "--fail-on", "never", cwd=shop.root, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode(encoding)


def test_a_closed_pager_is_no_error(shop):
    for n in range(200):
        shop.write(f"shop/billing/payment_{n}.py", "def refund(payment, invoice):\n    return payment\n")
    command = f"{sys.executable} -m escalation check --format json | head -c 1"
    done = subprocess.run(["bash", "-c", command], cwd=shop.root, capture_output=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == (b"{", b"")


def test_nothing_of_the_editor_is_loaded(shop):
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    code = (
        "import sys; from escalation.cli.main import main; main(['check', '--format', 'json', '--fail-on', 'never']);"
        "print([m for m in sys.modules if m.split('.')[0] in "
        "('pygls', 'lsprotocol', 'dbos', 'fastapi', 'anthropic', 'sqlalchemy', 'rich')], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=shop.root, capture_output=True, timeout=60, check=True)
    assert done.stderr == b"[]\n"


def test_the_repository_is_only_read(run, shop, hermetic):
    before = sorted(str(path) for path in shop.root.rglob("*") if ".git/" not in str(path))
    index = (shop.root / ".git/index").read_bytes()
    shop.write("shop/tokens.py", BROKEN_TOKENS)
    run("check", cwd=shop.root)
    assert sorted(str(path) for path in shop.root.rglob("*") if ".git/" not in str(path)) == before
    assert (shop.root / ".git/index").read_bytes() == index
    assert Repository.discover(shop.root) is not None
