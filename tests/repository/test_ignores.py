from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.repository.ignores import Ignores

from .checkout import Checkout


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "a/.env",
        ".env.local",
        ".ENV",
        "prod.env",
        "deploy/server.pem",
        "tls.KEY",
        "id_rsa",
        "home/id_ed25519",
        ".ssh/config",
        "a.p12",
        "a.pfx",
        "release.keystore",
        "a.jks",
        "vault.kdbx",
        ".netrc",
        ".pgpass",
        ".npmrc",
        ".pypirc",
        ".aws/credentials",
        "x/.aws/credentials",
        "terraform.tfstate",
        "terraform.tfstate.backup",
        "prod.tfvars",
        ".htpasswd",
        "secrets.yml",
        ".git-credentials",
        ".docker/config.json",
        ".bash_history",
        "service-account-prod.json",
    ],
)
def test_private_everywhere(path, tmp_path):
    assert Ignores(tmp_path).reason(path).startswith("is private: ")


@pytest.mark.parametrize(
    "path",
    [
        ".env.example",
        ".env.sample",
        ".env.template",
        "id_rsa.pub",
        "secrets.py",
        "environment.py",
        "src/key.py",
        "pem.py",
        "docs/keys.md",
        "aws/credentials.py",
        "config.json",
        "secrets.toml",
        "credentials.py",
    ],
)
def test_code_and_examples_are_not_private(path, tmp_path):
    assert Ignores(tmp_path).reason(path) is None


def test_the_settings_name_more(tmp_path):
    ignores = Ignores(tmp_path, ["clients/", "*.csv"])
    assert ignores.reason("clients/a.py") == "is private: `private` in the settings names `clients/`"
    assert ignores.reason("x/a.csv") == "is private: `private` in the settings names `*.csv`"
    assert ignores.reason("client.py") is None


def test_escalationignore_files_count_in_every_folder_also_for_tracked_files(checkout):
    checkout.commit(
        {
            ".escalationignore": "# ours\n\nplans/\n*.sql\n!public.sql\n",
            "sub/.escalationignore": "/only.py\n",
            "plans/a.py": "",
        }
    )
    ignores = Ignores(checkout.root)
    assert ignores.reason("plans/a.py") == "is private: .escalationignore, line 3"
    assert ignores.reason("db/x.sql") == "is private: .escalationignore, line 4"
    assert ignores.reason("db/public.sql") is None
    assert ignores.reason("sub/only.py") == "is private: sub/.escalationignore, line 1"
    assert ignores.reason("sub/deeper/only.py") is None


def test_what_is_private_everywhere_cannot_be_taken_back_by_a_repository(tmp_path):
    (tmp_path / ".escalationignore").write_text("!.env\n")
    assert Ignores(tmp_path).reason(".env")


def test_git_ignores_untracked_files_only(checkout):
    checkout.write("build/kept.py", "")
    checkout.git("add", "-f", "build/kept.py")
    checkout.commit({".gitignore": "build/\n"})
    checkout.write("build/made.py", "")
    ignores = Ignores(checkout.root)
    assert ignores.reason("build/made.py") == "is ignored by git"
    assert ignores.reason("build/kept.py") is None


def test_outside_git_the_gitignore_files_count_all_the_same(tmp_path):
    (tmp_path / ".gitignore").write_text("out/\n")
    assert Ignores(tmp_path).reason("out/a.py") == "is ignored: .gitignore, line 1"


def test_a_line_that_is_no_pattern_is_passed_over(tmp_path):
    (tmp_path / ".escalationignore").write_bytes(b"!\n\xff\xfe[\n/\nb.py\n")
    assert Ignores(tmp_path).reason("b.py") == "is private: .escalationignore, line 4"


FOLDERS, LEAVES = st.sampled_from(["a", "b"]), st.sampled_from(["c.py", "d"])
PATHS = st.builds(lambda folders, leaf: "/".join([*folders, leaf]), st.lists(FOLDERS, max_size=3), LEAVES)
PATTERNS = st.builds(
    lambda negated, rooted, body, end: negated + rooted + body + end,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "/", "**/"]),
    st.lists(st.sampled_from(["a", "b", "c.py", "d", "*", "*.py"]), min_size=1, max_size=3).map("/".join),
    st.sampled_from(["", "", "/", "/**"]),
)
FILES = st.dictionaries(st.sampled_from(["", "a", "a/b", "b"]), st.lists(PATTERNS, min_size=1, max_size=3), max_size=3)


@settings(max_examples=60, deadline=None)
@given(rules=FILES, paths=st.sets(PATHS, min_size=1, max_size=12))
def test_patterns_mean_what_they_mean_to_git(tmp_path_factory, rules, paths):
    root = tmp_path_factory.mktemp("work")
    checkout = Checkout.create(root)
    for folder, lines in rules.items():
        for name in (".gitignore", ".escalationignore"):
            checkout.write(f"{folder}/{name}".lstrip("/"), "\n".join(lines) + "\n")
    asked = "\0".join(sorted(paths)).encode()
    command = ["git", "check-ignore", "--no-index", "-z", "--stdin"]
    said = subprocess.run(command, cwd=root, input=asked, capture_output=True, check=False).stdout
    expected = set(said.decode().split("\0")) - {""}
    ignores = Ignores(root)
    assert {path for path in paths if ignores.reason_beyond_git(path)} == expected
