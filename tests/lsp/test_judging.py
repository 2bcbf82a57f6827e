"""From a keystroke to diagnostics, lenses, hovers and actions: real files, real git, the server in this process."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.conftest import AUTH, commit, git
from tests.lsp.harness import FULL, PULL, InProcess, insert

LINES = AUTH.split("\n")
BODY = LINES.index('    candidate = hmac.new(salt, password.encode(), "sha256").digest()')
WEAKER = insert(BODY, 0, "    if not stored_hash:\n        return True\n")
FUNCTION = BODY - 2


@pytest.fixture
def uri(repository: Path) -> str:
    return (repository / "auth.py").as_uri()


async def opened(client: InProcess, repository: Path, capabilities: dict[str, Any] = FULL, **more: Any) -> str:
    await client.start([repository], capabilities, **more)
    uri = (repository / "auth.py").as_uri()
    client.open(uri, AUTH)
    await client.settled()
    return uri


def text(uri: str) -> dict[str, Any]:
    return {"textDocument": {"uri": uri}}


def at(line: int, character: int) -> dict[str, Any]:
    return {"line": line, "character": character}


async def test_an_unchanged_file_is_silent_and_an_edit_speaks_at_the_function_name(
    client: InProcess, repository: Path
) -> None:
    uri = await opened(client, repository)
    assert await client.diagnostics(uri, 1) == []
    client.change(uri, 2, WEAKER)
    [found] = await client.diagnostics(uri, 2)
    assert (found["code"], found["source"], found["severity"]) == ("critical_security", "escalation", 2)
    assert found["range"] == {"start": at(FUNCTION, 4), "end": at(FUNCTION, 4 + len("verify_password"))}
    assert found["codeDescription"]["href"].endswith("critical_security.md")
    assert found["data"] == {"reason": "critical_security", "path": "auth.py", "symbol": "verify_password"}


async def test_undoing_the_edit_takes_the_diagnostic_back(client: InProcess, repository: Path) -> None:
    uri = await opened(client, repository)
    client.change(uri, 2, WEAKER)
    assert await client.diagnostics(uri, 2)
    client.change(uri, 3, {"range": {"start": at(BODY, 0), "end": at(BODY + 2, 0)}, "text": ""})
    assert await client.diagnostics(uri, 3) == []


async def test_every_version_that_is_waited_for_gets_its_diagnostics(client: InProcess, repository: Path) -> None:
    uri = await opened(client, repository)
    for version in range(2, 8):
        client.change(uri, version, insert(0, 3, "x"))
        assert await client.diagnostics(uri, version) == []


async def test_a_burst_is_judged_once_and_its_last_version_is_published(client: InProcess, repository: Path) -> None:
    uri = await opened(client, repository)
    for version in range(2, 60):
        client.change(uri, version, insert(BODY, 0, f"    if stored_hash == {version}: return True\n"))
    assert await client.diagnostics(uri, 59)
    assert len(client.published(uri)) == 2


async def test_a_quiet_time_is_waited_for(client: InProcess, repository: Path) -> None:
    (repository / "escalation.toml").write_text("[lsp]\nquiet_ms = 50\n")
    uri = await opened(client, repository)
    client.change(uri, 2, WEAKER)
    assert client.session.busy
    assert await client.diagnostics(uri, 2)


async def test_a_changed_file_on_disk_counts_when_it_is_opened(client: InProcess, repository: Path) -> None:
    changed = AUTH.replace("    candidate =", "    if not salt:\n        return True\n    candidate =")
    (repository / "auth.py").write_text(changed)
    await client.start([repository])
    uri = (repository / "auth.py").as_uri()
    client.open(uri, changed)
    assert [d["code"] for d in await client.diagnostics(uri, 1)] == ["critical_security"]


async def test_closing_clears(client: InProcess, repository: Path) -> None:
    uri = await opened(client, repository)
    client.change(uri, 2, WEAKER)
    await client.diagnostics(uri, 2)
    client.notify("textDocument/didClose", text(uri))
    assert client.published(uri)[-1]["diagnostics"] == []
    await client.settled()
    assert client.session.buffers == {}
    assert await client.result("textDocument/codeLens", text(uri)) == []


async def test_a_commit_elsewhere_is_seen_after_the_watcher_speaks(client: InProcess, repository: Path) -> None:
    uri = await opened(client, repository)
    client.change(uri, 2, WEAKER)
    assert await client.diagnostics(uri, 2)
    (repository / "auth.py").write_text(client.session.buffers[uri].document.text)
    commit(repository, "second")
    changes = [{"uri": (repository / ".git" / "logs" / "HEAD").as_uri(), "type": 2}]
    client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
    await client.settled()
    assert client.published(uri)[-1]["diagnostics"] == []


async def test_pull_answers_with_result_ids_and_nothing_is_pushed(client: InProcess, repository: Path) -> None:
    uri = await opened(client, repository, PULL)
    first = await client.result("textDocument/diagnostic", text(uri))
    again = await client.result("textDocument/diagnostic", text(uri) | {"previousResultId": first["resultId"]})
    client.change(uri, 2, WEAKER)
    changed = await client.result("textDocument/diagnostic", text(uri) | {"previousResultId": first["resultId"]})
    assert (first["kind"], first["items"], again["kind"]) == ("full", [], "unchanged")
    assert [item["code"] for item in changed["items"]] == ["critical_security"]
    assert client.published(uri) == []


async def test_pulling_clients_are_told_when_the_disk_changed_the_judgement(
    client: InProcess, repository: Path
) -> None:
    uri = await opened(client, repository, PULL)
    client.change(uri, 2, WEAKER)
    await client.result("textDocument/diagnostic", text(uri))
    client.messages.clear()
    (repository / "escalation.toml").write_text('disabled_reasons = ["critical_security"]\n')
    changes = [{"uri": (repository / "escalation.toml").as_uri(), "type": 1}]
    client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
    await client.until(lambda m: m.get("method") == "workspace/diagnostic/refresh")
    assert (await client.result("textDocument/diagnostic", text(uri)))["items"] == []


async def test_lens_and_hover_of_a_touched_function(client: InProcess, repository: Path) -> None:
    uri = await opened(client, repository)
    assert await client.result("textDocument/codeLens", text(uri)) == []
    assert await client.result("textDocument/hover", text(uri) | {"position": at(FUNCTION, 6)}) is None
    client.change(uri, 2, WEAKER)
    [lens] = await client.result("textDocument/codeLens", text(uri))
    title, recommended = lens["command"]["title"].rsplit(" · ", 1)
    assert title == "cyclomatic 2 · cognitive 1"
    assert recommended.startswith("Opus recommended (0.")
    hover = await client.result("textDocument/hover", text(uri) | {"position": at(FUNCTION, 6)})
    assert hover["contents"]["kind"] == "markdown"
    assert f"{uri}#L{FUNCTION + 1}" in hover["contents"]["value"]
    assert await client.result("textDocument/hover", text(uri) | {"position": at(BODY, 6)}) is None


async def test_lens_and_hover_can_be_switched_off(client: InProcess, repository: Path) -> None:
    (repository / "escalation.toml").write_text("[lsp]\ncode_lens = false\nhover = false\n")
    uri = await opened(client, repository)
    client.change(uri, 2, WEAKER)
    assert await client.result("textDocument/codeLens", text(uri)) == []
    assert await client.result("textDocument/hover", text(uri) | {"position": at(FUNCTION, 6)}) is None


ACTIONS = [
    "Run with Opus escalation",
    "Run on Sonnet only",
    "Run on Opus only",
    "Show the assessment",
    "This needed Opus",
    "Not needed here: dismiss critical_security in this function",
    "Not needed here: dismiss critical_security in this file",
    "Not needed here: dismiss critical_security in this project",
]


async def actions(client: InProcess, uri: str, line: int, **context: Any) -> list[dict[str, Any]]:
    params = {"range": {"start": at(line, 0), "end": at(line, 0)}, "context": {"diagnostics": []} | context}
    return await client.result("textDocument/codeAction", text(uri) | params)


@pytest.mark.parametrize("line", [FUNCTION, BODY])
async def test_actions_at_the_diagnostic_and_anywhere_in_the_function(
    client: InProcess, repository: Path, line: int
) -> None:
    uri = await opened(client, repository)
    client.change(uri, 2, WEAKER)
    assert [action["title"] for action in await actions(client, uri, line)] == ACTIONS


async def test_no_actions_elsewhere_or_of_another_kind(client: InProcess, repository: Path) -> None:
    uri = await opened(client, repository)
    client.change(uri, 2, WEAKER)
    assert await actions(client, uri, 0) == []
    assert await actions(client, uri, FUNCTION, only=["refactor"]) == []
    assert len(await actions(client, uri, FUNCTION, only=["quickfix"])) == len(ACTIONS)


async def test_actions_are_rebuilt_from_what_a_diagnostic_carries(client: InProcess, repository: Path) -> None:
    uri = await opened(client, repository)
    data = {"reason": "api_design", "path": "auth.py", "symbol": "issue_token"}
    stale = {"range": {"start": at(0, 0), "end": at(0, 1)}, "message": "", "code": "api_design"}
    found = await actions(client, uri, 0, diagnostics=[stale | {"source": "escalation", "data": data}])
    assert found[5]["command"]["arguments"] == [data | {"uri": uri, "scope": "function"}]
    assert await actions(client, uri, 0, diagnostics=[stale | {"source": "other"}]) == []


async def test_clients_without_literals_get_commands(client: InProcess, repository: Path) -> None:
    uri = await opened(client, repository, {"textDocument": {}})
    client.change(uri, 2, WEAKER)
    assert [action["command"] for action in await actions(client, uri, FUNCTION)][:1] == ["escalation.run"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_positions_are_in_the_clients_encoding(client: InProcess, repository: Path, encoding: str) -> None:
    capabilities = FULL | {"general": {"positionEncodings": [encoding]}}
    uri = await opened(client, repository, capabilities)
    width = {"utf-8": 4, "utf-16": 2, "utf-32": 1}[encoding]
    client.change(uri, 2, insert(BODY, 0, '    "𝄞"; a = 1\n'))
    client.change(uri, 3, insert(BODY, 4 + 2 + width + 2, "b"))
    await client.diagnostics(uri, 3)
    assert client.session.buffers[uri].document.text.split("\n")[BODY] == '    "𝄞"; ba = 1'


async def test_line_ends_of_other_standards_are_none_here(client: InProcess, repository: Path) -> None:
    uri = await opened(client, repository)
    client.change(uri, 2, insert(0, 0, "# a\x0cb\u2028c\x85d\n"))
    client.change(uri, 3, insert(1, 0, "x"))
    await client.diagnostics(uri, 3)
    assert client.session.buffers[uri].document.text.startswith('# a\x0cb\u2028c\x85d\nx"""')


# Strange files


async def test_a_folder_without_git_is_judged_against_the_disk(client: InProcess, tmp_path: Path) -> None:
    folder = tmp_path / "größe #1 100%"
    folder.mkdir()
    (folder / "auth.py").write_text(AUTH)
    uri = (folder / "auth.py").as_uri()
    await client.start([folder])
    client.open(uri, AUTH)
    assert await client.diagnostics(uri, 1) == []
    client.change(uri, 2, WEAKER)
    assert [d["code"] for d in await client.diagnostics(uri, 2)] == ["critical_security"]
    (folder / "auth.py").write_text(client.session.buffers[uri].document.text)
    client.notify("textDocument/didSave", text(uri))
    await client.settled()
    assert client.published(uri)[-1]["diagnostics"] == []


async def test_untitled_texts_are_judged_as_new(client: InProcess) -> None:
    await client.start()
    client.open("untitled:Untitled-1", AUTH)
    assert [d["code"] for d in await client.diagnostics("untitled:Untitled-1", 1)][:1] == ["critical_security"]


@pytest.mark.parametrize("uri", ["vscode-notebook-cell:/a.ipynb#W0", "git:/a/auth.py", "output:x", "nonsense", ""])
async def test_what_nobody_commits_is_kept_in_step_only(client: InProcess, uri: str) -> None:
    await client.start()
    client.open(uri, AUTH)
    client.change(uri, 2, WEAKER)
    await client.settled()
    assert client.session.buffers[uri].document.version == 2
    assert client.published(uri) == []
    assert (await client.result("textDocument/diagnostic", text(uri)))["items"] == []
    assert await actions(client, uri, FUNCTION) == []


async def test_a_deleted_file_that_is_still_open_is_judged_as_the_buffer_has_it(
    client: InProcess, repository: Path
) -> None:
    uri = await opened(client, repository)
    (repository / "auth.py").unlink()
    client.change(uri, 2, WEAKER)
    client.notify("textDocument/didSave", text(uri))
    await client.settled()
    assert [d["code"] for d in client.published(uri)[-1]["diagnostics"]] == ["critical_security"]


async def test_a_new_file_in_a_repository_without_commits(client: InProcess, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    await client.start([tmp_path])
    uri = (tmp_path / "new" / "auth.py").as_uri()
    client.open(uri, AUTH)
    assert "critical_security" in [d["code"] for d in await client.diagnostics(uri, 1)]


async def test_a_huge_file_is_not_judged_and_that_is_said_once(client: InProcess, repository: Path) -> None:
    await client.start([repository])
    uri = (repository / "huge.py").as_uri()
    client.open(uri, "x = 1  # password\n" * 400_000)
    assert await client.diagnostics(uri, 1) == []
    client.change(uri, 2, insert(0, 0, "y"))
    assert await client.diagnostics(uri, 2) == []
    messages = [m["params"]["message"] for m in client.messages if m.get("method") == "window/showMessage"]
    assert len(messages) == 1
    assert "huge.py is larger than 5 MB" in messages[0]


@pytest.mark.parametrize(
    "strange",
    [
        "x = '" + "password " * 22_000 + "'\n",
        "x = " + "(" * 10_000 + ")" * 10_000 + "\n",
        "if a:\n" + "".join(" " * depth + "if a:\n" for depth in range(1, 800)),
        "\ufeffdef f():\n    pass\n",
        "def f(:\n '''\n",
        "\x00\x01\x02",
        "",
    ],
    ids=["long line", "deep", "indented", "mark", "broken", "binary", "empty"],
)
async def test_strange_texts_are_survived_and_the_others_go_on(
    client: InProcess, repository: Path, strange: str
) -> None:
    uri = await opened(client, repository)
    other = (repository / "strange.py").as_uri()
    client.open(other, strange)
    client.change(other, 2, insert(0, 0, "a"))
    await client.diagnostics(other, 2)
    client.change(uri, 2, WEAKER)
    assert [d["code"] for d in await client.diagnostics(uri, 2)] == ["critical_security"]


async def test_a_failing_analysis_silences_its_own_file_only(
    client: InProcess, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from escalation.analysis import facts

    examine = facts.examine

    def failing(change: Any, *sources: Any) -> Any:
        if change.path == "plain.py" and change.problem is None:
            raise RecursionError
        return examine(change, *sources)

    monkeypatch.setattr(facts, "examine", failing)
    uri = await opened(client, repository)
    plain = (repository / "plain.py").as_uri()
    client.open(plain, "def area(w, h):\n    return w\n")
    assert await client.diagnostics(plain, 1) == []
    client.change(uri, 2, WEAKER)
    assert [d["code"] for d in await client.diagnostics(uri, 2)] == ["critical_security"]


async def test_the_surroundings_are_read_in_the_background_and_count(client: InProcess, repository: Path) -> None:
    for number in range(12):
        (repository / f"user{number}.py").write_text("import auth\n\n\ndef f():\n    return auth.issue_token\n")
    commit(repository, "users")
    uri = await opened(client, repository)
    client.change(uri, 2, WEAKER)
    project = next(iter(client.session.projects.values()))
    async with asyncio.timeout(20):
        while project.surroundings.graph is None or project.surroundings.history is None:
            await asyncio.sleep(0.01)
    assert "user3.py" in project.surroundings.files
    await asyncio.sleep(0.05)
    assert project.assessment is not None
    assert project.assessment.context.metrics.dependents == 12
