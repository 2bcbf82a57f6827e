"""`/analyze`, `/detect`, `/validate`: a judgement, under the original system's names. Nothing is kept."""

from __future__ import annotations

import json

import pytest

from escalation.analysis.change import Change, FileChange, Task
from escalation.decision.assess import assess
from escalation.decision.record import record
from escalation.text.document import Document
from tests.repository.checkout import Checkout

BEFORE = "def login(name, password):\n    return check(name, password)\n"
AFTER = (
    "def login(name, password):\n    if locked(name):\n        raise Locked(name)\n    return check(name, password)\n"
)
TASK = "Lock an account after five failed logins"
CHANGE = {
    "task_description": TASK,
    "files_to_modify": ["src/auth/login.py"],
    "current_files": {"src/auth/login.py": BEFORE},
    "file_contents": {"src/auth/login.py": AFTER},
    "priority": "high",
}


def document(text: str) -> Document:
    return Document.of(text, language="python")


class TestAnalyze:
    def test_it_is_the_assessment_under_other_names(self, host):
        answer = host.post("analyze", CHANGE).json
        change = FileChange("src/auth/login.py", base=document(BEFORE), current=document(AFTER))
        task = Task(TASK, priority="high", files=("src/auth/login.py",))
        ours = assess(Change((change,), task))
        assert answer["assessment"] == json.loads(json.dumps(record(ours)))
        assert answer["complexity_level"] == ours.context.complexity_level
        assert answer["business_impact"] == ours.context.business_impact
        assert answer["risk_level"] == ours.context.risk_level
        assert answer["overall_recommendation"] == ours.summary
        assert answer["confidence_score"] == ours.confidence
        assert answer["key_factors"] == list(ours.context.key_factors)
        assert answer["should_escalate"] is True

    def test_the_same_question_has_the_same_answer_to_the_byte(self, host):
        assert host.post("analyze", CHANGE).body == host.post("analyze", CHANGE).body

    def test_another_setting_gives_another_answer_to_the_same_question(self, host, monkeypatch, tmp_path):
        before = host.post("analyze", CHANGE).json
        assert before["recommended_model"] == "claude-opus-5-5"
        monkeypatch.setenv("ESCALATION_HOME", str(tmp_path))
        (tmp_path / "escalation.toml").write_text('[models]\nescalation = "claude-opus-5"\n')
        assert host.post("analyze", CHANGE).json["recommended_model"] == "claude-opus-5"

    def test_a_file_without_a_state_before_has_not_changed(self, host):
        answer = host.post("analyze", {"file_contents": {"src/auth/login.py": AFTER}, "task_description": "x"}).json
        [file] = answer["assessment"]["files"]
        assert (file["lines_added"], file["lines_deleted"]) == (0, 0)

    @pytest.mark.parametrize("before", [{"current_files": {"a.py": BEFORE}}, {"base_contents": {"a.py": BEFORE}}])
    def test_the_state_before_comes_in_either_field(self, host, before):
        [file] = host.post("analyze", {"file_contents": {"a.py": AFTER}, **before}).json["assessment"]["files"]
        assert (file["status"], file["lines_added"]) == ("modified", 2)

    def test_a_new_file_has_no_state_before(self, host):
        asked = {"file_contents": {"a.py": AFTER}, "base_contents": {"a.py": None}}
        [file] = host.post("analyze", asked).json["assessment"]["files"]
        assert (file["status"], file["lines_added"]) == ("added", 4)

    def test_current_files_as_a_list_are_files_that_the_task_is_about(self, host):
        asked = {"task_description": TASK, "current_files": ["a.py"], "files_to_modify": ["b.py"]}
        files = host.post("analyze", asked).json["assessment"]["files"]
        assert [file["path"] for file in files] == ["a.py", "b.py"]

    def test_a_state_before_of_a_file_that_did_not_come_is_said(self, host):
        answer = host.post("analyze", {"base_contents": {"a.py": "x\n"}})
        assert answer.error == (422, "invalid")
        assert "file_contents" in answer.message

    def test_nothing_at_all_is_a_change_of_nothing(self, host):
        answer = host.post("analyze", {}).json
        assert answer["should_escalate"] is False
        assert answer["overall_recommendation"] == "Nothing has changed."

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("task_descripton", "misspelt"), ("priority", "urgent"), ("files_to_modify", "a.py"),
            ("files_to_modify", ["../a.py"]), ("files_to_modify", ["/etc/passwd"]), ("file_contents", {"a\0b": ""}),
            ("file_contents", {"../a.py": ""}), ("file_contents", ["a.py"]), ("file_contents", {"a.py": 1}),
            ("task_description", "x" * 20_001), ("requester", "a\0b"), ("workspace_root", "relative"),
        ],
    )  # fmt: skip
    def test_what_does_not_fit_is_named(self, host, field, value):
        answer = host.post("analyze", {"task_description": "x", field: value})
        assert answer.error == (422, "invalid")

    def test_too_many_files_and_too_much_text(self, host):
        many = host.post("analyze", {"file_contents": {f"{number}.py": "" for number in range(201)}})
        assert many.error == (422, "invalid")
        assert "at most 200 files" in many.message
        text = "x = 1\n" * 160_000
        much = host.post("analyze", {"file_contents": {f"{number}.py": text for number in range(9)}})
        assert much.error == (422, "invalid")
        assert "8,000,000 characters" in much.message


class TestDetect:
    def test_the_triggers_with_the_places_they_stand_on(self, host):
        answer = host.post("detect", CHANGE).json
        assert answer["count"] == len(answer["triggers"])
        first = answer["triggers"][0]
        assert first["trigger_type"] == "critical_security"
        assert answer["highest_priority"] == first["priority"]
        assert first["evidence"][0]["path"] == "src/auth/login.py"

    def test_nothing_speaks_for_it(self, host):
        answer = host.post("detect", {"task_description": "Fix a typo in the readme"}).json
        assert answer["triggers"] == []
        assert answer["highest_priority"] is None


class TestValidate:
    def test_a_trigger_with_its_context(self, host):
        asked = {
            "trigger_data": {"trigger_type": "critical_security", "priority": "high", "confidence": 0.9},
            "context": {"risk_level": "high", "security_risk": "high", "business_impact": "high", "lines_added": 40},
        }
        answer = host.post("validate", asked).json
        assert answer["trigger_type"] == "critical_security"
        assert answer["overall_result"] in ("valid", "partially_valid")
        assert answer["checks_count"] == len(answer["checks"]) > 0
        assert 0 < answer["overall_confidence"] <= 0.9

    def test_the_context_matters(self, host):
        trigger = {"trigger_type": "critical_security", "confidence": 0.9}
        risky = {"security_risk": "critical", "business_impact": "critical", "lines_added": 40, "source_files": 3}
        answers = [
            host.post("validate", {"trigger_data": trigger, "context": context}).json
            for context in (risky, {"lines_added": 1})
        ]
        assert answers[0]["overall_confidence"] > answers[1]["overall_confidence"]

    def test_without_a_change_or_a_task_there_is_too_little_to_judge_by(self, host):
        asked = {"trigger_data": {"trigger_type": "critical_security"}, "context": {}}
        assert host.post("validate", asked).json["overall_result"] == "insufficient_data"

    def test_a_change_whose_triggers_are_found_first(self, host):
        answer = host.post("validate", CHANGE).json
        analysis = host.post("analyze", CHANGE).json["assessment"]["validation"]
        assert answer["overall_result"] == analysis["result"]
        assert answer["overall_confidence"] == analysis["confidence"]
        assert answer["recommendation"] == analysis["recommendation"]

    def test_every_trigger_of_detect_is_taken_as_it_is(self, host):
        for trigger in host.post("detect", CHANGE).json["triggers"]:
            answer = host.post("validate", {**CHANGE, "trigger_data": trigger}).json
            assert answer["trigger_type"] == trigger["trigger_type"]

    def test_a_trigger_that_the_change_does_not_have(self, host):
        asked = {**CHANGE, "trigger_data": {"trigger_type": "performance_critical", "confidence": 0.5}}
        assert host.post("validate", asked).json["trigger_type"] == "performance_critical"

    def test_one_of_ones_own(self, host):
        asked = {"trigger_data": {"trigger_type": "audit log"}, "context": {"lines_added": 3}}
        assert host.post("validate", asked).json["trigger_type"] == "audit log"

    def test_the_same_request_has_the_same_id(self, host):
        ids = {host.post("validate", {**CHANGE, "requester": name}).json["validation_id"] for name in "aab"}
        assert len(ids) == 2

    @pytest.mark.parametrize("asked", [{"context": {}}, {**CHANGE, "context": {}}])
    def test_a_context_goes_with_a_trigger_and_without_files(self, host, asked):
        assert host.post("validate", asked).error == (422, "invalid")


class TestAWorkspaceOfTheHost:
    def test_its_pending_change_is_judged_where_no_text_comes(self, host):
        checkout = Checkout.create(host.home / "workspaces" / "shop")
        checkout.commit({"src/auth/login.py": BEFORE})
        checkout.write("src/auth/login.py", AFTER)
        asked = {"workspace_root": str(checkout.root), "task_description": TASK}
        assert [file["path"] for file in host.post("analyze", asked).json["assessment"]["files"]] == [
            "src/auth/login.py"
        ]
        checkout.git("checkout", "-q", ".")
        assert host.post("analyze", asked).json["assessment"]["files"] == [], "the answer must not come from memory"

    @pytest.mark.parametrize("path", ["analyze", "detect", "validate"])
    def test_a_name_of_a_file_that_is_no_text_is_told_as_well_as_it_goes(self, host, path):
        checkout = Checkout.create(host.home / "workspaces" / f"named-{path}")
        checkout.commit({"a.py": "x = 1\n"})
        (checkout.root / "auth\udcff.py").write_text(AFTER)
        answer = host.post(path, {"workspace_root": str(checkout.root), "task_description": TASK})
        assert answer.status == 200
        assert path == "validate" or "auth?.py" in answer.body.decode()

    @pytest.mark.parametrize("place", ["../elsewhere", "..", "workspaces/../../..", "link"])
    def test_nothing_outside_the_roots_is_read(self, host, place):
        (host.home / "elsewhere").mkdir(exist_ok=True)
        (host.home / "elsewhere" / "canary.py").write_text("CANARY = 1\n")
        link = host.home / "workspaces" / "link"
        if not link.is_symlink():
            link.symlink_to(host.home / "elsewhere")
        for path in ("analyze", "detect", "validate", "submit"):
            answer = host.post(path, {"workspace_root": str(host.home / "workspaces" / place), "task_description": "x"})
            assert answer.error == (422, "invalid")
            assert b"CANARY" not in answer.body
            assert b"canary" not in answer.body

    def test_nothing_outside_a_workspace_is_read(self, host):
        checkout = Checkout.create(host.home / "workspaces" / "inside")
        checkout.commit({"a.py": "x = 1\n"})
        (host.home / "workspaces" / "canary.py").write_text("CANARY = 1\n")
        (checkout.root / "link.py").symlink_to(host.home / "workspaces" / "canary.py")
        asked = {"workspace_root": str(checkout.root), "task_description": "x", "files_to_modify": ["link.py"]}
        answer = host.post("analyze", asked)
        assert answer.status == 200
        assert b"CANARY" not in answer.body
        assert host.post("analyze", {**asked, "files_to_modify": ["../canary.py"]}).error == (422, "invalid")
