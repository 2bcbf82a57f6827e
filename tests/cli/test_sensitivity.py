"""`escalation sensitivity`: real files in, judgements out; bad input gets a line, not a traceback."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from escalation.cli.main import main

LOGIN = """\
import jwt


def claims_of(token, secret_key):
    return jwt.decode(token, secret_key, algorithms=["HS256"])


def longest(items, key):
    return max(items, key=key)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    files = {
        "app/login.py": LOGIN,
        "app/shapes.ts": "export function area(r: number) { return 3.14 * r * r; }\n",
        "app/größe.py": "def größe(x):\n    return x\n",
        "deploy.yaml": "jwt_secret: x\npassword_hash: bcrypt\ntls_certificate: a.pem\n",
        "README.md": "# jwt secret password\n",
        "node_modules/a/index.js": "eval(x)\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    return tmp_path


def judged(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, list[dict[str, object]]]:
    assert main(["sensitivity", *arguments, "--format", "json"]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    found: dict[str, list[dict[str, object]]] = json.loads(output.out)
    return found


def test_files_and_functions_with_their_evidence(project: Path, capsys: pytest.CaptureFixture[str]):
    found = judged(capsys, "app/login.py")
    (file,) = found["files"]
    assert file["path"] == "app/login.py"
    assert float(str(file["score"])) > 0.5
    assert {"path": "app/login.py", "start_line": 1, "end_line": 1, "what": "imports jwt"}.items() <= next(
        item.items()
        for item in file["evidence"]
        if item["what"] == "imports jwt"  # type: ignore[attr-defined]
    )
    first, second = found["functions"]
    assert [first["name"], first["line"], first["end_line"]] == ["claims_of", 4, 5]
    assert float(str(first["score"])) > 0.5 > float(str(second["score"]))
    assert first["evidence"]
    assert second["evidence"] == []
    assert found["errors"] == []


def test_a_folder_has_its_code_and_configuration(project: Path, capsys: pytest.CaptureFixture[str]):
    found = judged(capsys, ".")
    scores = {str(file["path"]): float(str(file["score"])) for file in found["files"]}
    assert set(scores) == {"app/login.py", "app/shapes.ts", "app/größe.py", "deploy.yaml"}
    assert scores["deploy.yaml"] > 0.5 > scores["app/shapes.ts"]


def test_a_file_named_twice_is_judged_once(project: Path, capsys: pytest.CaptureFixture[str]):
    found = judged(capsys, "app", "app/login.py", "./app/../app/login.py")
    assert [file["path"] for file in found["files"]].count("app/login.py") == 1


def test_text_output_names_what_is_sensitive(project: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["sensitivity", "app"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "app/login.py" in lines[0]
    assert "        app/login.py:1  imports jwt" in lines
    assert any(line.endswith("app/login.py:4  claims_of") for line in lines)
    assert lines[-1] == "1 of 3 files is security-sensitive or has a function that is"


def test_what_cannot_be_read_is_an_entry(project: Path, capsys: pytest.CaptureFixture[str]):
    (project / "a.bin.py").write_bytes(b"\0\1\2")
    os.symlink("app/login.py", project / "link.py")
    found = judged(capsys, "a.bin.py", "link.py", "app/login.py")
    assert [file["path"] for file in found["files"]] == ["app/login.py"]
    assert found["errors"] == [
        {"path": "a.bin.py", "message": "is a binary file"},
        {"path": "link.py", "message": "is a symbolic link"},
    ]


def test_damaged_code_is_judged(project: Path, capsys: pytest.CaptureFixture[str]):
    (project / "half.py").write_text("import jwt\ndef check(token:\n    jwt.decode(token", "utf-8")
    assert float(str(judged(capsys, "half.py")["files"][0]["score"])) > 0.5


@pytest.mark.parametrize("arguments", [["nowhere.py"], ["app", "nowhere"]])
def test_a_path_that_does_not_exist(project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]):
    assert main(["sensitivity", *arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err == f"escalation: {arguments[-1]} does not exist\n"


def test_no_path_is_bad_usage(capsys: pytest.CaptureFixture[str]):
    assert main(["sensitivity"]) == 2
    assert "PATH" in capsys.readouterr().err
