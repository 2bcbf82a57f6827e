"""Endpoints: which one a model is asked at, and where that is."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec

from escalation.settings.schema import Endpoint, Settings


@dataclass(frozen=True, slots=True)
class Named:
    """A model at an endpoint: what `model` or `endpoint:model` stands for."""

    name: str
    """The endpoint's."""
    endpoint: Endpoint
    model: str


class UnknownEndpoint(ValueError):  # noqa: N818 - the word is meant as it reads
    """The settings name an endpoint that nobody described. The message says what to do."""


@cache
def presets() -> Mapping[str, Endpoint]:
    """The endpoints that are known without settings (`settings/data/endpoints.toml`)."""
    text = files("escalation.settings").joinpath("data/endpoints.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Endpoint])


def endpoints(settings: Settings) -> Mapping[str, Endpoint]:
    """The presets and the user's own, by name; `load` has merged what the user says of a preset over it."""
    return {**presets(), **settings.endpoints}


def resolve(settings: Settings, spec: str) -> Named:
    """The model that `model` or `endpoint:model` names. What stands before the colon is an endpoint only if there is
    one of that name: names of models hold colons, too. Raises UnknownEndpoint."""
    known = endpoints(settings)
    prefix, colon, model = spec.partition(":")
    if colon and prefix in known:
        return Named(prefix, known[prefix], model)
    name = settings.models.endpoint
    if name not in known:
        raise UnknownEndpoint(
            f"`models.endpoint` is {name!r}, and there is no endpoint of that name; known are"
            f" {', '.join(sorted(known))}; describe your own under [endpoints.{name}]"
        )
    return Named(name, known[name], spec)


def base_url(endpoint: Endpoint, env: Mapping[str, str]) -> str:
    """Where an endpoint is asked: `ESCALATION_BASE_URL` overrides every endpoint's own. Empty if nobody said."""
    return env.get("ESCALATION_BASE_URL", "").strip() or endpoint.base_url


def key(endpoint: Endpoint, env: Mapping[str, str]) -> str:
    """The key of an endpoint, from the environment; empty if it is not set."""
    return env.get(endpoint.key_variable, "").strip() if endpoint.key_variable else ""
