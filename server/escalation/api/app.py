"""The host's app: the REST API behind its door, and the dashboard."""

from __future__ import annotations

from collections.abc import Collection
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

from escalation import __version__
from escalation.api import errors
from escalation.api.router import router
from escalation.api.security import LOOPBACK, Door

if TYPE_CHECKING:
    from escalation.workflow.service import Service

PREFIX = "/v1/escalation"
_ABOUT = """Judges a pending change, says whether the strong model is worth its price, and has it done on request.

Send `Authorization: Bearer TOKEN` with every request but `GET /health`. Times are milliseconds since the epoch, money
is USD, scores and confidences lie in 0..1. Every answer of 400 and above is `{"error": {"code", "message"}}`, and the
message says what to do."""


def create_app(service: Service, *, token: str, hosts: Collection[str] = LOOPBACK) -> FastAPI:
    """The app of a host. `token` opens it; `hosts` are the names it may be called by (`security.Door`). Raises
    ValueError for an empty token."""
    app = FastAPI(
        title="opus-escalation",
        version=__version__,
        description=_ABOUT,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,  # they load their programs from somebody else's server
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        middleware=[Middleware(Door, token=token, hosts=hosts, public={f"{PREFIX}/health"})],
        exception_handlers={
            HTTPException: errors.refused,
            RequestValidationError: errors.invalid,
            Exception: errors.broken,
        },
    )
    app.state.escalation = service
    app.include_router(router, prefix=PREFIX, tags=["escalation"])
    _document_token(app)
    _serve_dashboard(app, _static())
    return app


def _document_token(app: FastAPI) -> None:
    """The door is no part of the routes, so FastAPI does not know of it."""
    schema = app.openapi()  # made once and kept
    schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    schema["security"] = [{"token": []}]
    schema["paths"][f"{PREFIX}/health"]["get"]["security"] = []


def _static() -> Path:
    with as_file(files("escalation.api") / "static") as folder:  # a folder of the package: it stays where it is
        return folder


def _serve_dashboard(app: FastAPI, folder: Path) -> None:
    async def page(_: Request) -> Response:
        return FileResponse(folder / "index.html", headers={"Cache-Control": "no-cache"})

    app.add_route("/", page, methods=["GET"], include_in_schema=False)
    app.mount("/static", StaticFiles(directory=folder, check_dir=False))
