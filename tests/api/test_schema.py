"""The API as OpenAPI documents it, without a host."""

from __future__ import annotations

import json

import pytest

from escalation.api.app import PREFIX, create_app

ENDPOINTS = {
    ("POST", "/submit"),
    ("GET", "/status/{workflow_id}"),
    ("GET", "/events/{workflow_id}"),
    ("POST", "/analyze"),
    ("POST", "/detect"),
    ("POST", "/validate"),
    ("GET", "/statistics"),
    ("GET", "/health"),
    ("DELETE", "/workflow/{workflow_id}"),
    ("POST", "/feedback"),
    ("GET", "/workflows"),
}


@pytest.fixture(scope="module")
def schema():
    return create_app(None, token="t").openapi()


def operations(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_all_endpoints_are_there(schema):
    assert {(method, path.removeprefix(PREFIX)) for method, path, _ in operations(schema)} == ENDPOINTS


def test_every_endpoint_and_every_field_of_a_request_is_described(schema):
    for method, path, operation in operations(schema):
        assert operation["summary"], (method, path)
        assert operation["description"], (method, path)
    undescribed = [
        (name, field)
        for name in ("AskedChange", "AskedSubmission", "Analysis")
        for field, about in schema["components"]["schemas"][name]["properties"].items()
        if "description" not in about and "$ref" not in json.dumps(about) and "enum" not in about
    ]
    assert undescribed == []


def test_every_error_has_the_one_form_and_says_what_to_do(schema):
    for _, path, operation in operations(schema):
        for status, answer in operation["responses"].items():
            if status >= "400":
                content = answer["content"]["application/json"]
                assert content["schema"] == {"$ref": "#/components/schemas/Error"}, (path, status)
                assert content["example"]["error"]["message"].endswith("."), (path, status)


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/submit", "post", {"200", "400", "401", "403", "405", "413", "415", "422", "500", "503"}),
        ("/status/{workflow_id}", "get", {"200", "401", "403", "404", "405", "422", "500", "503"}),
        ("/workflow/{workflow_id}", "delete", {"200", "401", "403", "404", "405", "409", "422", "500", "503"}),
        ("/health", "get", {"200", "403", "405"}),
    ],
)
def test_every_answer_is_documented(schema, path, method, statuses):
    assert set(schema["paths"][PREFIX + path][method]["responses"]) == statuses


def test_the_fields_of_the_original_system_are_there(schema):
    fields = {name: set(about["properties"]) for name, about in schema["components"]["schemas"].items()}
    assert fields["AskedSubmission"] >= {
        "task_description", "files_to_modify", "current_files", "file_contents", "task_type", "requester", "priority",
        "timeout_seconds", "metadata", "execute",
    }  # fmt: skip
    assert fields["Submitted"] >= {
        "workflow_id", "request_id", "status", "should_escalate", "confidence", "recommended_model", "fallback_model",
        "message",
    }  # fmt: skip
    assert fields["Status"] >= {"state", "should_escalate", "recommended_model", "tiers", "usage", "cost", "outcome"}
    assert fields["Analysis"] >= {
        "complexity_level", "business_impact", "risk_level", "overall_recommendation", "confidence_score",
        "key_factors",
    }  # fmt: skip
    assert fields["Detection"] >= {"triggers"}
    assert fields["AskedValidation"] >= {"trigger_data", "context"}
    assert fields["Validation"] >= {
        "validation_id", "trigger_type", "overall_result", "overall_confidence", "checks_count", "recommendation",
    }  # fmt: skip
    assert set(fields) >= {"AskedFeedback", "Workflows", "Cancelled", "Health"}


def test_the_examples_fit_their_schemas(schema):
    import jsonschema

    for name, about in schema["components"]["schemas"].items():
        for example in about.get("examples", ()):
            whole = {"$ref": f"#/components/schemas/{name}", "components": schema["components"]}
            jsonschema.Draft202012Validator(whole).validate(example)
