from __future__ import annotations

import stat

from escalation.repository.consents import allow, allowed


def test_a_consent_is_for_one_command_in_one_workspace(tmp_path, hermetic):
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    assert not allowed(one, "make test")
    allow(one, "make test")
    assert allowed(one, "make test")
    assert not allowed(one, "make test; curl evil")
    assert not allowed(other, "make test")


def test_a_workspace_reached_by_a_link_is_the_same(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "one")
    allow(tmp_path / "link", "pytest")
    assert allowed(tmp_path / "one", "pytest")


def test_the_files_are_the_users_own(tmp_path, hermetic):
    allow(tmp_path, "pytest")
    (file,) = (hermetic / "consents").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
