"""The log: small, for its user alone, and without what users wrote."""

from __future__ import annotations

import logging
import re
import stat

import pytest

from escalation.host import log


@pytest.fixture
def logged(tmp_path):
    """Logs to `tmp_path`; says what the log holds. The loggers are as before afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers = []
    log.begin(tmp_path)
    yield (tmp_path / log.NAME).read_text
    for handler in root.handlers:
        handler.close()
    root.handlers, root.level = before, level


def test_a_line_has_time_level_and_name(logged):
    logging.getLogger("escalation.there").warning("it is %s", "so")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} WARNING escalation.there: it is so\n", logged())


def test_only_its_user_may_read_it(logged, tmp_path):
    assert stat.S_IMODE((tmp_path / log.NAME).stat().st_mode) == 0o600


def test_an_exception_is_its_type_and_its_places_for_its_message_may_repeat_what_users_wrote(logged):
    try:
        raise ValueError("def the_users_own(code): ...")
    except ValueError:
        logging.getLogger("a").exception("a request failed")
    assert "the_users_own" not in logged()
    assert "builtins.ValueError" in logged()
    assert "test_log.py" in logged()


def test_it_stays_small(logged, tmp_path):
    for number in range(25_000):
        logging.getLogger("a").info("a line of the log, of the usual length, number %d", number)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["host.log", "host.log.1"]
    assert all(file.stat().st_size <= 1_100_000 for file in files)
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert logged().splitlines()[-1].endswith("number 24999")


def test_what_a_process_says_by_itself_goes_on_when_the_log_is_begun_anew(logged, tmp_path):
    with log.opened(tmp_path) as errors:
        for number in range(15_000):
            logging.getLogger("a").info("a line of the log, of the usual length, to fill it: %d", number)
        errors.write(b"Segmentation fault\n")
    assert log.last_lines(tmp_path, 1) == ["Segmentation fault"]


def test_the_last_lines(tmp_path):
    assert log.last_lines(tmp_path, 3) == []
    assert log.size(tmp_path) == 0
    (tmp_path / log.NAME).write_text("one\ntwo\nthree\n")
    assert log.last_lines(tmp_path, 2) == ["two", "three"]
    assert log.last_lines(tmp_path, 5, since=8) == ["three"]
    assert log.size(tmp_path) == 14
