"""What headers and the SDK's lists are understood to say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from escalation.flow.failures import deprecated_models, retry_after

SOON = datetime.now(UTC) + timedelta(days=1)
PAST = datetime.now(UTC) - timedelta(days=1)
WAITS = {
    "seconds": ({"retry-after": "7"}, 7.0),
    "parts of a second": ({"retry-after": "0.5"}, 0.5),
    "milliseconds": ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
    "milliseconds that are none": ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
    "a date": ({"retry-after": format_datetime(SOON, usegmt=True)}, 86_400.0),
    "a date without a zone": ({"retry-after": SOON.strftime("%a, %d %b %Y %H:%M:%S")}, 86_400.0),
    "a date that is over": ({"retry-after": format_datetime(PAST, usegmt=True)}, 0.0),
    "less than nothing": ({"retry-after": "-3"}, 0.0),
    "for ever": ({"retry-after": "inf"}, None),
    "no number": ({"retry-after": "nan"}, None),
    "words": ({"retry-after": "tomorrow"}, None),
    "no header": ({}, None),
}


@pytest.mark.parametrize(("headers", "seconds"), WAITS.values(), ids=WAITS)
def test_how_long_to_wait(headers, seconds):
    found = retry_after(headers)
    assert found == (None if seconds is None else pytest.approx(seconds, abs=7_200 if seconds == 86_400 else 0))


def test_the_sdk_knows_which_models_end():
    known = deprecated_models()
    assert known
    assert all(datetime.fromisoformat(day) for day in known.values())


def test_an_sdk_that_tells_no_more_is_no_failure(monkeypatch: pytest.MonkeyPatch):
    from anthropic.resources.messages import messages

    monkeypatch.delattr(messages, "DEPRECATED_MODELS")
    assert deprecated_models() == {}
    monkeypatch.setattr(messages, "DEPRECATED_MODELS", {"a": "some day", "b": "2027-01-02"}, raising=False)
    assert deprecated_models() == {"b": "2027-01-02"}
