"""The router in an app that is not ours: another prefix, other errors, other middleware."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import Depends, FastAPI, Header, HTTPException

from escalation.api.router import router
from escalation.api.schemas import MAX_BODY
from escalation.api.security import Door
from escalation.workflow.service import Service
from tests.api.live import TOKEN, Live, raw, served


def guarded(x_user: str = Header("")) -> None:
    if x_user != "jane":
        raise HTTPException(403, "nobody knows you")


@pytest.fixture(scope="module")
def foreign(tmp_path_factory):
    """Somebody's app, with its own idea of who may ask."""
    home = tmp_path_factory.mktemp("foreign")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with Service.opened(folder=home / "state", env={}, roots=[]) as service:
            app.state.escalation = service
            yield

    @asynccontextmanager
    async def make() -> AsyncIterator[tuple[FastAPI, Any]]:
        app = FastAPI(lifespan=lifespan)
        app.include_router(router, prefix="/tools/escalation", tags=["escalation"], dependencies=[Depends(guarded)])

        @app.get("/mine")
        def mine() -> str:
            return "yes"

        yield app, None

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ESCALATION_HOME", str(home))
        with served(make) as (port, _):
            yield Live(port, None, home, home, {"X-User": "jane"})


def test_it_judges(foreign):
    answer = foreign.post("/tools/escalation/analyze", {"task_description": "Rotate the signing keys"})
    assert answer.status == 200
    assert answer.json["complexity_level"]


def test_it_keeps_workflows(foreign):
    id = foreign.post("/tools/escalation/submit", {"task_description": "Rename a variable"}).json["workflow_id"]
    assert foreign.get(f"/tools/escalation/status/{id}").json["state"] == "completed"
    assert foreign.ask("DELETE", f"/tools/escalation/workflow/{id}").error == (409, "finished")


def test_who_may_ask_is_the_apps_to_say(foreign):
    answer = foreign.post("/tools/escalation/analyze", {"task_description": "x"}, X_User="eve")
    assert answer.status == 403


def test_its_errors_have_their_form_there_too(foreign):
    assert foreign.post("/tools/escalation/analyze", {"task_description": 7}).error == (422, "invalid")
    assert foreign.post("/tools/escalation/analyze", b"{").error == (400, "bad_request")
    assert foreign.post("/tools/escalation/analyze", b"{}", Content_Type="text/plain").error[0] == 415
    assert foreign.get("/tools/escalation/status/nothing").error == (404, "not_found")


def test_its_bodies_are_bounded_there_too(foreign):
    head = ("POST /tools/escalation/analyze HTTP/1.1", "Host: a", "X-User: jane", "Content-Type: application/json")
    status, body = raw(foreign.port, *head, f"Content-Length: {MAX_BODY + 1}")
    assert status == 413
    assert b'"too_large"' in body


def test_the_app_keeps_what_is_its_own(foreign):
    assert foreign.get("/mine").json == "yes"
    assert foreign.get("/nothing").json == {"detail": "Not Found"}
    paths = foreign.get("/openapi.json").json["paths"]
    assert "/tools/escalation/submit" in paths
    assert "/mine" in paths


def test_the_door_can_stand_before_an_app_of_ones_own():
    @asynccontextmanager
    async def make() -> AsyncIterator[tuple[FastAPI, Any]]:
        app = FastAPI()
        app.include_router(router, prefix="/tools")
        app.add_middleware(Door, token=TOKEN, hosts={"escalation.example"}, public={"/tools/health"})
        yield app, None

    with served(make) as (port, _):
        own = Live(port, None, None, None)
        assert own.get("/tools/health").error == (403, "host_refused")
        assert own.get("/tools/health", Host="escalation.example", Authorization="").status == 200
        assert own.get("/tools/workflows", Host="escalation.example", Authorization="").error[0] == 401
        assert own.get("/openapi.json", Host="escalation.example").status == 200


def test_an_app_without_a_service_is_told_what_it_lacks():
    @asynccontextmanager
    async def make() -> AsyncIterator[tuple[FastAPI, Any]]:
        app = FastAPI()
        app.include_router(router)
        yield app, None

    with served(make) as (port, _):
        answer = Live(port, None, None, None, {}).post("/analyze", {})
    assert answer.error == (503, "unavailable")
    assert "app.state.escalation" in answer.message
