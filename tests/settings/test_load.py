"""The sources of the settings, their order, and what is said about wrong ones."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from escalation.decision.reasons import Reason
from escalation.settings.endpoints import presets
from escalation.settings.home import configuration
from escalation.settings.load import ENVIRONMENT, Problem, keys, load
from escalation.settings.schema import REASONS, Endpoint, Policy, Rule, Settings

DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


def value(settings: Settings, key: str) -> object:
    found: object = settings
    for part in key.split("."):
        found = getattr(found, part)
    return found


def toml(root: Path, text: str) -> tuple[Settings, tuple[Problem, ...]]:
    (root / "escalation.toml").write_text(text, "utf-8")
    return load(root)


def said(problems: tuple[Problem, ...]) -> str:
    return "\n".join(problem.message for problem in problems)


def test_without_a_source_the_defaults_apply(tmp_path):
    assert load(tmp_path) == (Settings(), ())
    assert load(None) == (Settings(), ())
    assert load(tmp_path / "not there") == (Settings(), ())


SOURCES = {
    "the user's own file": {"own": "min_confidence = 0.1"},
    "escalation.toml": {"file": "min_confidence = 0.1"},
    "pyproject.toml": {"pyproject": "[tool.escalation]\nmin_confidence = 0.1"},
    "the editor": {"client": {"min_confidence": 0.1}},
    "the environment": {"env": {"ESCALATION_MIN_CONFIDENCE": "0.1"}},
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_every_source_sets(tmp_path, source):
    settings, problems = _load(tmp_path, **source)
    assert settings.min_confidence == 0.1
    assert problems == ()


PRECEDENCE = {
    "the workspace wins over the user's own file": ({"own": 1, "pyproject": 2}, 2.0),
    "the user's own file wins over the defaults": ({"own": 1}, 1.0),
    "escalation.toml hides pyproject.toml": ({"pyproject": 1, "file": 2}, 2.0),
    "the editor wins over a file": ({"file": 1, "client": 2}, 2.0),
    "the environment wins over the editor": ({"file": 1, "client": 2, "env": 3}, 3.0),
    "what a higher source leaves out, a lower one sets": ({"file": 1, "client": None}, 1.0),
}


@pytest.mark.parametrize(("sources", "expected"), PRECEDENCE.values(), ids=PRECEDENCE)
def test_precedence(tmp_path, sources, expected):
    written = {
        "own": lambda n: f"cost_threshold = {n}",
        "file": lambda n: f"cost_threshold = {n}.0",
        "pyproject": lambda n: f"[tool.escalation]\ncost_threshold = {n}",
        "client": lambda n: {"cost_threshold": n, "two_pass": True},
        "env": lambda n: {"ESCALATION_COST_THRESHOLD": f" {n} "},
    }
    settings, problems = _load(tmp_path, **{name: written[name](n) for name, n in sources.items()})
    assert settings.cost_threshold == expected
    assert problems == ()


def _load(root: Path, *, file="", pyproject="", client=None, env=None, own=""):
    if own:
        configuration().write_text(own, "utf-8")
    if file:
        (root / "escalation.toml").write_text(file, "utf-8")
    if pyproject:
        (root / "pyproject.toml").write_text(pyproject, "utf-8")
    return load(root, client, env)


EVERYTHING = """\
private = ["*.pem"]
min_confidence = 0.8
cost_threshold = 2
failure_cost = 40.5
two_pass = true
exclude = ["generated/**", "*.snap"]
services = ["backend", "frontend"]
disabled_reasons = ["testing_strategy", "games"]

[custom_patterns]
games = ["matchmaking", "leaderboard"]

[[policies]]
glob = "sandbox/**"
ignore = ["api_design"]

[[policies]]
glob = "payments/**"
require = ["revenue_critical"]

[[rules]]
kind = "quality"
name = "large"
description = "the change is large"
condition = "lines_changed > 50"
weight = 2
applies = 'question == "difficulty"'

[[rules]]
kind = "business"
name = "at_stake"
description = "something is at stake"
condition = "business_impact != 'low'"

[thresholds]
cyclomatic = 10
cognitive = 12
nesting = 4
length = 80

[models]
default = "small"
escalation = "large"
fallback = "medium"
endpoint = "mine"

[lsp]
quiet_ms = 150
least_priority = "high"
code_lens = false
hover = false
leave_runs = false
"""


OWN = """
[endpoints.NAME]
base_url = "https://models.example/v"
key_variable = "MY_KEY"
protocol = "current"
temperature = true
cache_control = false
count_tokens = true
list_models = false
concurrency = 2
price_provider = "openrouter"
prices = {"my-model" = [1.5, 2]}

[flow]
check = "make test"
check_timeout = 10
budget = 1
daily_budget = 2
timeout = 30.5
stall = 7
retries = 1
max_turns = 3
max_tokens = 4000
context_tokens = 5000

[host]
max_concurrent = 2
idle_exit = 60
keep_days = 7
"""


def test_every_setting_can_stand_in_the_users_own_file(tmp_path):
    settings, problems = _load(tmp_path, own=EVERYTHING + OWN)
    assert problems == ()
    named = [key for key in keys() if not key.startswith("endpoints.")]
    assert [key for key in named if value(settings, key) == value(Settings(), key)] == []
    mine = settings.endpoints["NAME"]
    own = [key.rpartition(".")[2] for key in keys() if key.startswith("endpoints.NAME.")]
    assert [key for key in own if getattr(mine, key) == getattr(Endpoint(), key)] == []
    assert mine.prices == {"my-model": (1.5, 2.0)}
    assert settings.rules == (
        Rule("quality", "large", "the change is large", "lines_changed > 50", 2.0, 'question == "difficulty"'),
        Rule("business", "at_stake", "something is at stake", "business_impact != 'low'"),
    )
    assert settings.policies == (
        Policy("sandbox/**", ignore=("api_design",)),
        Policy("payments/**", require=("revenue_critical",)),
    )
    assert settings.custom_patterns == {"games": ("matchmaking", "leaderboard")}


def test_a_workspace_says_the_same_of_all_that_is_not_the_users_own(tmp_path):
    in_own, _ = _load(tmp_path, own=EVERYTHING)
    configuration().unlink()
    assert toml(tmp_path, EVERYTHING) == (in_own, ())
    (tmp_path / "escalation.toml").unlink()
    section = "[tool.escalation]\n" + re.sub(r"(?m)^(\[+)", r"\1tool.escalation.", EVERYTHING)
    assert _load(tmp_path, pyproject=section) == (in_own, ())


def test_what_is_said_of_an_endpoint_is_merged_over_its_preset(tmp_path):
    own = "[endpoints.zai]\nconcurrency = 3\n[endpoints.mine]\nbase_url = 'http://localhost:1'"
    settings, problems = _load(tmp_path, own=own, client={"endpoints": {"zai": {"temperature": False}, "mine": None}})
    assert problems == ()
    assert settings.endpoints == {
        "zai": dataclasses.replace(presets()["zai"], concurrency=3, temperature=False),
        "mine": Endpoint("http://localhost:1"),
    }


STRANGERS = {
    "the host": "[host]\nkeep_days = 0",
    "where the key goes": "[endpoints.anthropic]\nbase_url = 'https://evil.example'",
    "a place of its own": "[endpoints.evil]\nbase_url = 'https://evil.example'\nkey_variable = 'ANTHROPIC_API_KEY'",
    "what a run costs": "[flow]\nbudget = 1000",
    "what a day costs": "[flow]\ndaily_budget = 1000.0",
}


@pytest.mark.parametrize("text", STRANGERS.values(), ids=STRANGERS)
def test_what_a_workspace_cannot_set(tmp_path, text):
    own = "[flow]\nbudget = 1\ndaily_budget = 2"
    ours, _ = _load(tmp_path, own=own)
    settings, problems = toml(tmp_path, text)
    assert settings == ours
    assert len(problems) == 1
    assert problems[0].path == "escalation.toml"
    assert f"is not used: a workspace cannot set it; set it in your own {configuration()}" in said(problems)
    (tmp_path / "escalation.toml").unlink()
    section = re.sub(r"(?m)^\[", "[tool.escalation.", text)
    assert _load(tmp_path, pyproject=section)[0] == ours


def test_a_workspace_proposes_its_check_and_the_user_sets_one(tmp_path):
    settings, problems = toml(tmp_path, "[flow]\ncheck = 'make test'\nretries = 1")
    assert problems == ()
    assert (settings.flow.check, settings.flow.proposed_check, settings.flow.retries) == ("", "make test", 1)
    for source in ({"own": "[flow]\ncheck = 'mine'"}, {"client": {"flow": {"check": "mine"}}}):
        settings, _ = _load(tmp_path, **source)
        assert (settings.flow.check, settings.flow.proposed_check) == ("mine", "make test")


def test_no_source_says_what_was_proposed(tmp_path):
    settings, problems = _load(tmp_path, own="[flow]\nproposed_check = 'x'", client={"flow": {"proposed_check": "y"}})
    assert settings == Settings()
    assert said(problems).count("unknown setting `flow.proposed_check`") == 2


def test_a_workspace_adds_to_what_is_private_and_takes_nothing_away(tmp_path):
    settings, _ = _load(tmp_path, own="private = ['*.pem', 'a']", file="private = ['!*.pem', 'b', 'a']")
    assert settings.private == ("!*.pem", "b", "a", "*.pem")  # the last one that speaks wins: the user's
    settings, _ = _load(tmp_path, file="private = []")
    assert settings.private == ("*.pem", "a")


def test_the_environment_sets_each_of_its_variables():
    for variable, key in ENVIRONMENT.items():
        default = value(Settings(), key)
        text = {bool: "true", float: "0.25", int: "2", str: "other"}[type(default)]
        text = "20" if key == "flow.timeout" else text
        settings, problems = load(None, env={variable: text})
        assert (value(settings, key), problems) == (type(default)(text), ())


def test_an_empty_variable_is_not_set():
    assert load(None, env={"ESCALATION_MODEL": " ", "ESCALATION_HOME": "/x"}) == (Settings(), ())


def test_an_editor_says_null_for_what_is_not_set():
    assert load(None, {"min_confidence": None, "lsp": {"hover": None}, "models": None}) == (Settings(), ())


def test_a_table_in_the_editor_leaves_its_other_settings_alone(tmp_path):
    settings, _ = _load(tmp_path, file="[models]\ndefault = 'a'\nescalation = 'b'", client={"models": {"default": "c"}})
    assert (settings.models.default, settings.models.escalation) == ("c", "b")


def rule(**changed: object) -> str:
    """A table of `[[rules]]`."""
    row = {"kind": "cost", "name": "a", "description": "b", "condition": "custom", **changed}
    return "[[rules]]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in row.items())


WRONG = {
    "a misspelt key": (
        "min_confidense = 0.5",
        "unknown setting `min_confidense`; did you mean `min_confidence`?",
    ),
    "an unknown key": ("colour = 'red'", "unknown setting `colour`; it has no effect"),
    "a misspelt key in a table": (
        "[lsp]\nquite_ms = 9",
        "unknown setting `lsp.quite_ms`; did you mean `quiet_ms`?",
    ),
    "a misspelt key of a policy": (
        "[[policies]]\nglob = 'a'\nignores = ['api_design']",
        "unknown setting `policies.ignores`; did you mean `ignore`?",
    ),
    "a text for a number": (
        "min_confidence = '0.5'",
        "`min_confidence` is not used: Expected `float`, got `str`",
    ),
    "a truth for a number": ("cost_threshold = true", "`cost_threshold` is not used"),
    "a text for a list": ("exclude = '*.py'", "`exclude` is not used: Expected `array`, got `str`"),
    "a number for a table": ("models = 3", "`models` must be a table of settings"),
    "a table for a list": (
        "policies = {glob = 'x'}",
        "`policies` is not used: Expected `array`, got `object`",
    ),
    "keywords that are no list": ("custom_patterns = {x = 'y'}", "`custom_patterns` is not used"),
    "too much confidence": (
        "min_confidence = 1.01",
        "`min_confidence` is not used: it must lie between 0 and 1",
    ),
    "negative confidence": ("min_confidence = -0.1", "must lie between 0 and 1"),
    "not a number": ("min_confidence = nan", "must lie between 0 and 1"),
    "no end of money": ("cost_threshold = inf", "must lie between 0 and 1e+06"),
    "a threshold of nothing": (
        "[thresholds]\nnesting = 0",
        "`thresholds.nesting` is not used: it must lie between 1",
    ),
    "a wait without end": ("[lsp]\nquiet_ms = 86400000", "`lsp.quiet_ms` is not used"),
    "an unknown priority": (
        "[lsp]\nleast_priority = 'urgent'",
        "`lsp.least_priority` is not used: Invalid enum value",
    ),
    "a policy for nothing": (
        "[[policies]]\nignore = []",
        "`policies`, entry 1 is not used: Object missing required",
    ),
    "a policy for no pattern": (
        "[[policies]]\nglob = '!'",
        "entry 1 is not used: '!' is not a pattern of gitignore",
    ),
    "a rule without a condition": (
        "[[rules]]\nkind = 'cost'\nname = 'a'\ndescription = 'b'",
        "`rules`, entry 1 is not used: Object missing required field `condition`",
    ),
    "a rule of no kind": (rule(kind="luck"), "`rules`, entry 1 is not used: Invalid enum value 'luck'"),
    "a rule that nobody could name": (rule(name=" "), "entry 1 is not used: it needs a name and a description"),
    "a rule that says nothing": (rule(description=""), "entry 1 is not used: it needs a name and a description"),
    "a rule of an unknown name": (rule(condition="lines > 3"), "entry 1 is not used: unknown name `lines`; known are"),
    "a rule that runs code": (rule(condition="exit()"), "entry 1 is not used: `exit()` is not allowed in a condition"),
    "a rule that is no expression": (rule(condition="1 +"), "entry 1 is not used: `1 +` is not an expression"),
    "a rule for a broken case": (rule(applies="files is 1"), "`is` is not allowed in a condition; use `==`"),
    "a rule without end": (rule(condition="not " * 300 + "custom"), "a condition has at most 1000 characters"),
    "a rule without weight": (rule(weight=0), "its weight must lie above 0 and not above 100"),
    "a rule that outweighs all": (rule(weight=1e9), "its weight must lie above 0 and not above 100"),
    "a misspelt key of a rule": (rule(wait=2), "unknown setting `rules.wait`; did you mean `weight`?"),
    "a broken range in a pattern": (
        "exclude = ['[z-a]']",
        "`exclude` is not used: '[z-a]' is not a pattern of git",
    ),
    "a misspelt reason": (
        "disabled_reasons = ['critical_securty']",
        "unknown reason `critical_securty` in `disabled_reasons`; did you mean `critical_security`?",
    ),
    "a misspelt reason in a policy": (
        "[[policies]]\nglob = 'x'\nrequire = ['api']",
        "unknown reason `api` in `policies`",
    ),
    "a time without end": ("[flow]\ntimeout = inf", "`flow.timeout` is not used: it must lie between 1 and 86400"),
    "no turn at all": ("[flow]\nmax_turns = 0", "`flow.max_turns` is not used"),
    "a check that is no text": ("[flow]\ncheck = 3", "`flow.check` is not used: Expected `str`, got `int`"),
    "a pattern of what is private": ("private = ['[z-a]']", "`private` is not used: '[z-a]' is not a pattern of git"),
    "endpoints that are no table": ("endpoints = 3", "`endpoints` is not used"),
    "broken TOML": ("min_confidence = ", "escalation.toml cannot be read, so it is not used: Invalid value"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_and_the_default_applies(tmp_path, text, message):
    settings, problems = toml(tmp_path, text)
    assert [problem.path for problem in problems] == ["escalation.toml"]
    assert message in said(problems)
    effective = dataclasses.replace(settings, policies=(), rules=(), disabled_reasons=())
    assert effective == Settings()


WRONG_ENDPOINTS = {
    "a misspelt key": ("x.base_ulr = 'https://a'", "unknown setting `endpoints.x.base_ulr`; did you mean `base_url`?"),
    "no table": ("x = 3", "`endpoints.x` must be a table of settings"),
    "a name with a colon": (
        "'a:b'.concurrency = 1",
        "`endpoints.a:b` is not used: the name of an endpoint has letters",
    ),
    "plain http": (
        "x.base_url = 'http://a.example'",
        "`endpoints.x.base_url` is not used: it must begin with https://",
    ),
    "a password": ("x.base_url = 'https://u:canary@a'", "it must hold no user and no password"),
    "no requests": ("x.concurrency = 0", "`endpoints.x.concurrency` is not used: it must lie between 1 and 100"),
    "a protocol nobody speaks": ("x.protocol = '1'", "`endpoints.x.protocol` is not used: Invalid enum value"),
    "a key in place of its name": (
        "x.key_variable = 'sk-canary-1'",
        "the name of an environment variable, not the key",
    ),
    "a price below nothing": ("x.prices = {m = [-1, 2]}", "`endpoints.x.prices` is not used: a price must lie between"),
    "half a price": ("x.prices = {m = [1]}", "`endpoints.x.prices` is not used"),
}


@pytest.mark.parametrize(("text", "message"), WRONG_ENDPOINTS.values(), ids=WRONG_ENDPOINTS)
def test_what_is_wrong_with_an_endpoint_is_said(tmp_path, text, message):
    settings, problems = _load(tmp_path, own=f"[endpoints]\n{text}")
    assert message in said(problems)
    assert "canary" not in said(problems)
    assert all(endpoint == Endpoint() for endpoint in settings.endpoints.values())
    assert {problem.path for problem in problems} == {str(configuration())}


def test_every_number_has_its_range():
    """A number without bounds would let a slip of a key run for ever, or spend without end."""
    for key in keys():
        name = key.replace("endpoints.NAME.", "")
        default = getattr(Endpoint(), name) if name != key else value(Settings(), key)
        if type(default) in (int, float):
            table: object = float("inf") if type(default) is float else 10**12
            for part in reversed(key.split(".")):
                table = {part: table}
            assert "must lie between" in said(load(None, table)[1]), key


def test_a_bad_value_leaves_the_next_lower_source(tmp_path):
    settings, problems = _load(
        tmp_path,
        file="min_confidence = 0.4",
        client={"min_confidence": "high"},
        env={"ESCALATION_MIN_CONFIDENCE": "2"},
    )
    assert settings.min_confidence == 0.4
    assert [problem.message.split(":")[0] for problem in problems] == [
        "the editor's settings",
        "environment variable ESCALATION_MIN_CONFIDENCE",
    ]


def test_a_bad_entry_leaves_the_others(tmp_path):
    settings, problems = toml(
        tmp_path, "[[policies]]\nglob = 3\n[[policies]]\nglob = 'docs/**'\nignore = ['api_design']"
    )
    assert settings.policies == (Policy("docs/**", ignore=("api_design",)),)
    assert len(problems) == 1


def test_a_problem_tells_the_line(tmp_path):
    _, problems = toml(tmp_path, "# ours\ntwo_pass = false\n\n[thresholds]\ncognitive = 'many'\n")
    assert [(problem.path, problem.line) for problem in problems] == [("escalation.toml", 5)]
    _, problems = toml(tmp_path, "# ours\ntwo_pass = \n")
    assert [problem.line for problem in problems] == [2]


def test_a_pattern_of_ones_own_is_a_reason(tmp_path):
    _, problems = toml(tmp_path, "disabled_reasons = ['games']\n[custom_patterns]\ngames = ['score']")
    assert problems == ()


UNREADABLE = {
    "UTF-16": "min_confidence = 0.1".encode("utf-16"),
    "Latin-1": "# größe\nmin_confidence = 0.1".encode("latin-1"),
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("data", UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_is_no_text_is_reported(tmp_path, data):
    (tmp_path / "escalation.toml").write_bytes(data)
    settings, problems = load(tmp_path)
    assert settings == Settings()
    assert "cannot be read" in said(problems)


def test_a_byte_order_mark_does_no_harm(tmp_path):
    (tmp_path / "escalation.toml").write_bytes(b"\xef\xbb\xbfmin_confidence = 0.1\r\n")
    settings, problems = load(tmp_path)
    assert (settings.min_confidence, problems) == (0.1, ())


def test_a_folder_in_place_of_the_file_is_reported(tmp_path):
    (tmp_path / "escalation.toml").mkdir()
    assert "cannot be read" in said(load(tmp_path)[1])


def test_a_broken_pyproject_is_ours_to_report_only_with_our_section(tmp_path):
    assert _load(tmp_path, pyproject="[project\nname = 'x'") == (Settings(), ())
    _, problems = _load(tmp_path, pyproject="[tool.escalation]\nmin_confidence = \n")
    assert "pyproject.toml cannot be read" in said(problems)


def test_a_pyproject_without_our_section_says_nothing(tmp_path):
    assert _load(tmp_path, pyproject="[tool.ruff]\nline-length = 1") == (Settings(), ())
    assert _load(tmp_path, pyproject="tool = 3") == (Settings(), ())


def test_reasons_are_the_ones_of_the_decision():
    assert set(REASONS) == {str(reason) for reason in Reason}


def test_every_setting_and_variable_is_documented():
    text = DOCS.read_text("utf-8")
    names = [*keys(), *ENVIRONMENT, "ESCALATION_HOME", "ESCALATION_BASE_URL", *presets()]
    names += [endpoint.key_variable for endpoint in presets().values()]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_the_documented_example_is_right(tmp_path):
    """Every block of TOML on the page that shows a whole file can be used as it stands."""
    blocks = re.findall(r"```toml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        named = tmp_path / ("pyproject.toml" if "[tool." in block else "escalation.toml")
        file = configuration() if "[endpoints." in block else named
        file.write_text(block, "utf-8")
        settings, problems = load(tmp_path)
        file.unlink()
        assert problems == (), block
        assert settings != Settings(), block
