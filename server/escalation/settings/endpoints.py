"""Endpoints: which one a model is asked at, and where that is."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec

from escalation.settings.schema import Endpoint, Settings


@dataclass(frozen=True, slots=True)
class Named:
    """A model at an endpoint: what `model` or `endpoint:model` stands for."""

    name: str
    """The endpoint's."""
    endpoint: Endpoint
    model: str


class EndpointError(ValueError):
    """An endpoint that nobody described, or an address that must not be used. The message says what to do."""


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
    one of that name: names of models hold colons, too. Raises EndpointError."""
    known = endpoints(settings)
    prefix, colon, model = spec.partition(":")
    if colon and prefix in known:
        return Named(prefix, known[prefix], model)
    name = settings.models.endpoint
    if name not in known:
        raise EndpointError(
            f"`models.endpoint` is {name!r}, and there is no endpoint of that name; known are"
            f" {', '.join(sorted(known))}; describe your own under [endpoints.{name}]"
        )
    return Named(name, known[name], spec)


def base_url(endpoint: Endpoint, env: Mapping[str, str]) -> str:
    """Where an endpoint is asked: `ESCALATION_BASE_URL` overrides every endpoint's own. Empty if nobody said. Raises
    EndpointError: a wrong override must not lead to the endpoint it was to override."""
    override = env.get("ESCALATION_BASE_URL", "").strip()
    try:
        return checked_url(override) if override else endpoint.base_url
    except ValueError as error:
        raise EndpointError(f"the environment variable ESCALATION_BASE_URL cannot be used: {error}") from None


def checked_url(url: str) -> str:
    """The address, if keys and source text may be sent there: encrypted, or to this machine. Raises ValueError, whose
    message does not repeat the address: it may hold a password."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host or not url.isprintable() or " " in url or port == 0:
        raise ValueError("it must be an address such as https://host.example/path")
    if parts.username is not None or parts.password is not None:
        raise ValueError("it must hold no user and no password; keys come from key_variable")
    if parts.query or parts.fragment:
        raise ValueError("it must end with its path, without ? and #")
    if parts.scheme == "http" and not _loopback(host):
        raise ValueError("it must begin with https://; http:// is for this machine only (localhost, 127.0.0.1)")
    return url


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def key(endpoint: Endpoint, env: Mapping[str, str]) -> str:
    """The key of an endpoint, from the environment; empty if it is not set."""
    return env.get(endpoint.key_variable, "").strip() if endpoint.key_variable else ""


def without_key(name: str, key_variable: str) -> str:
    """What to do where the endpoint `name` has no key."""
    if not key_variable:
        return f"set key_variable under [endpoints.{name}]"
    return f"set the environment variable {key_variable}"
