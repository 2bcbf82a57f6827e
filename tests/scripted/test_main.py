"""The server as a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time

import anthropic

from escalation.scripted.script import text

SCRIPT = [text("From another process.")]


def made():
    return {"m": SCRIPT}


def test_its_address_is_in_the_file_when_it_is_ready(tmp_path):
    for name in ("SCRIPT", "made"):
        file = tmp_path / name
        command = [sys.executable, "-m", "escalation.scripted", str(file), f"{__name__}:{name}"]
        with subprocess.Popen(command) as process:
            try:
                while not file.exists() and process.poll() is None:
                    time.sleep(0.02)
                sdk = anthropic.Anthropic(api_key="k", base_url=file.read_text("utf-8"), max_retries=0)
                asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
                assert sdk.messages.create(**asked).content[0].text == "From another process."
            finally:
                process.terminate()


def test_it_says_how_it_is_used():
    command = [sys.executable, "-m", "escalation.scripted"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, "usage: python -m escalation.scripted FILE MODULE:SCRIPT\n")
