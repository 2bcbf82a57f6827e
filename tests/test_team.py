"""docs/team.md and what lies beside it: checked as far as can be without Docker and without being root."""

from __future__ import annotations

import argparse
import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from escalation.cli.main import COMMANDS, _parser
from escalation.settings.load import ENVIRONMENT

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "team.md").read_text("utf-8")
COMPOSE = yaml.safe_load((DOCS / "team" / "compose.yaml").read_text("utf-8"))
UNIT = (DOCS / "team" / "escalation.service").read_text("utf-8")
IMAGE = (DOCS / "team" / "Dockerfile").read_text("utf-8")
HOSTS = [name for name, service in COMPOSE["services"].items() if "build" in service]
SECRETS = {"ESCALATION_TOKEN", "ESCALATION_DATABASE", "ANTHROPIC_API_KEY"}


def parsed(words: list[str]) -> argparse.Namespace:
    """What our own parser makes of a command line. Raises Failure."""
    assert Path(words[0]).name == "escalation"
    assert words[1] in COMMANDS
    return _parser(words[1:]).parse_args(words[1:])


def unit() -> dict[str, dict[str, list[str]]]:
    """The sections of the unit: a key may stand there several times."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in UNIT.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(section, {}).setdefault(key, []).append(value)
    return found


# ---- the page


@pytest.mark.parametrize("line", re.findall(r"^escalation .*$", PAGE, re.MULTILINE))
def test_every_command_line_of_the_page_is_one_of_ours(line, tmp_path):
    parsed(shlex.split(line))


def test_every_variable_of_the_page_is_one_that_is_read():
    known = {*ENVIRONMENT, "ESCALATION_TOKEN", "ESCALATION_DATABASE", "ESCALATION_HOME"}
    for text in (PAGE, UNIT, IMAGE, (DOCS / "team" / "compose.yaml").read_text("utf-8")):
        assert set(re.findall(r"\bESCALATION_\w+", text)) <= known


def test_the_files_beside_the_page_are_those_that_it_names():
    assert set(re.findall(r"\(team/([\w.]+)\)", PAGE)) == {file.name for file in (DOCS / "team").iterdir()}


# ---- compose


def test_there_are_a_database_and_two_hosts():
    assert len(HOSTS) == 2
    assert set(COMPOSE["services"]) == {"database", *HOSTS}


@pytest.mark.parametrize("name", HOSTS)
def test_a_host_is_started_by_a_command_line_of_ours(name):
    service = COMPOSE["services"][name]
    options = parsed(service["command"])
    assert options.host == "0.0.0.0"
    assert [str(root) for root in options.roots] == ["/workspaces"]
    (port,) = service["ports"]
    address, _, inside = port.rpartition(":")
    assert int(inside) == options.port
    assert address.startswith("127.0.0.1:"), "without TLS it is for this machine only"
    assert address in PAGE or address.rpartition(":")[2] in PAGE
    assert f"127.0.0.1:{options.port}/v1/escalation/health" in service["healthcheck"]["test"][-1]


@pytest.mark.parametrize("name", HOSTS)
def test_a_host_has_the_same_token_and_database_and_a_state_of_its_own(name):
    service, others = COMPOSE["services"][name], [COMPOSE["services"][other] for other in HOSTS if other != name]
    environment = service["environment"]
    assert set(environment) >= SECRETS
    assert all(other["environment"] == environment for other in others)
    (state,) = (volume.split(":")[0] for volume in service["volumes"] if volume.endswith(":/state"))
    assert all(f"{state}:/state" not in other["volumes"] for other in others)
    assert state in COMPOSE["volumes"]
    assert "ENV ESCALATION_HOME=/state" in IMAGE


def test_no_secret_stands_in_it():
    for service in COMPOSE["services"].values():
        for name, value in service["environment"].items():
            if name in ("ESCALATION_TOKEN", "PGPASSWORD", "POSTGRES_PASSWORD", "ANTHROPIC_API_KEY"):
                assert value.startswith("${")
    assert "password" not in COMPOSE["services"][HOSTS[0]]["environment"]["ESCALATION_DATABASE"]


def test_every_volume_is_declared_and_every_service_that_is_waited_for_is_there():
    for service in COMPOSE["services"].values():
        assert {volume.split(":")[0] for volume in service["volumes"]} <= set(COMPOSE["volumes"])
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"])


def test_the_image_is_built_from_this_repository():
    build = COMPOSE["services"][HOSTS[0]]["build"]
    root = (DOCS / "team" / build["context"]).resolve()
    assert (root / build["dockerfile"]).resolve() == DOCS / "team" / "Dockerfile"
    assert (root / "pyproject.toml").exists()
    assert re.search(r'^CMD \["escalation", "serve"\]$', IMAGE, re.MULTILINE)


# ---- systemd


def test_the_unit_starts_a_command_line_of_ours():
    (line,) = unit()["Service"]["ExecStart"]
    words = shlex.split(line)
    options = parsed(words)
    assert str(Path(words[0]).parents[1]) in PAGE
    assert options.idle_exit == 0, "what systemd keeps alive does not end by itself"
    assert (options.host, options.port) == ("127.0.0.1", 8420)


def test_the_unit_has_no_secret_and_says_where_they_are():
    (file,) = unit()["Service"]["EnvironmentFile"]
    assert f"`{file}`" in PAGE
    named = PAGE[PAGE.index("## With systemd") :].split("```")[1]
    assert {line.split("=")[0] for line in named.splitlines()[1:] if line} == SECRETS
    assert not any(secret in line for secret in SECRETS for line in unit()["Service"].get("Environment", []))


def test_the_state_of_the_unit_is_its_own():
    service = unit()["Service"]
    assert service["StateDirectoryMode"] == ["0700"]
    assert service["Environment"] == [f"ESCALATION_HOME=%S/{service['StateDirectory'][0]}"]


def test_the_unit_has_known_sections():
    assert set(unit()) == {"Unit", "Service", "Install"}
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(UNIT)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    program = tmp_path / "escalation"
    program.write_text(f"#!{sys.executable}\n")
    program.chmod(0o755)
    file = tmp_path / "escalation.service"
    file.write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={program}", UNIT, flags=re.MULTILINE))
    command = ["systemd-analyze", "verify", "--man=no", str(file)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
