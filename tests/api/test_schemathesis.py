"""The API against its own schema: schemathesis makes up requests, right and wrong, alone and one after another, and
looks for server errors and for answers that are not documented."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.api.live import PREFIX, TOKEN

EXAMPLES = int(os.environ.get("ESCALATION_EXAMPLES", "5"))


def test_every_answer_is_a_documented_one(host, tmp_path):
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{host.base}{PREFIX}/openapi.json",
        "--header", f"Authorization: Bearer {TOKEN}",
        "--phases", "examples,coverage,fuzzing,stateful",
        # What a schema cannot say, such as that a path must exist, is refused with a documented 422.
        "--exclude-checks", "positive_data_acceptance",
        "--max-examples", str(EXAMPLES),
        "--seed", "1",
        "--no-color",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
