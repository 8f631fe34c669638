"""One YAML file, overridden by `TOCSIN__SECTION__KEY` variables, checked as a whole: every problem at once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, SettingsError

from alerting.oncall_checks import oncall_checks
from alerting.routing.matchers import Matcher
from alerting.routing.muting_checks import muting_checks
from alerting.settings import Settings
from streams.config_file import Location, explain, parse_config, read_config_file
from streams.declarations import overload
from streams.errors import InvalidConfig, InvalidQuery
from streams.query import parse as parse_query
from streams.secret import read_secret

PREFIX = "TOCSIN__"


class _Overridable(Settings, BaseSettings):
    """The same settings, as pydantic-settings reads them from the environment."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="ignore", frozen=True)


def load_settings(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the file, lay the environment over it, check all of it.

    Args:
        path: None is an empty file: every default.
        environ: `TOCSIN__KAFKA__PARTITIONS=12` sets `kafka.partitions`; lists and mappings are written as JSON.

    Raises:
        InvalidConfig: With one sentence per problem: file, line, key, value, what is allowed.
    """
    read = parse_config("", "defaults") if path is None else read_config_file(path)
    overrides = _overrides(environ)
    file = read.overridden(overrides, dict(_variables(overrides, ())))
    problems: list[str] = []
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(file.values)
    except ValidationError as exc:
        problems.extend(explain(exc, file, Settings.model_json_schema()))
    problems.extend(file.problem(location, message) for location, message in _cross_checks(file.values))
    if settings is not None:
        problems.extend(file.problem(location, message) for location, message in _secret_checks(settings))
        topics = settings.topic_values()
        too_much = overload(topics)
        if too_much is not None:
            problems.append(file.problem(("topics",), too_much))
        elif len({topic.id for topic in topics}) < len(topics) and not problems:
            problems.append(file.problem(("peers",), "a group is watched under the id of another topic or group"))
        problems.extend(file.problem(location, message) for location, message in _inbound_checks(settings))
        problems.extend(file.problem(location, message) for location, message in muting_checks(settings))
    if problems or settings is None:
        raise InvalidConfig(tuple(problems))
    return settings


def _overrides(environ: Mapping[str, str]) -> dict[str, Any]:
    ours = {name: value for name, value in environ.items() if name.upper().startswith(PREFIX)}
    if not ours:
        return {}
    sections = {name: name.upper()[len(PREFIX) :].split("__")[0].lower() for name in ours}
    unknown = sorted(name for name, section in sections.items() if section not in Settings.model_fields)
    if unknown:
        raise InvalidConfig(tuple(f"environment: {name}: there is no such setting" for name in unknown))
    source = EnvSettingsSource(_Overridable)
    source.env_vars = {name.lower(): value for name, value in ours.items()}
    try:
        return dict(source())
    except (SettingsError, RecursionError) as exc:
        raise InvalidConfig((f"environment: {exc}; lists and mappings are written as JSON",)) from exc


def _variables(overrides: Mapping[str, Any], above: Location) -> Iterator[tuple[Location, str]]:
    for key, value in overrides.items():
        here = (*above, key)
        yield here, f"environment: {PREFIX}{'__'.join(str(part).upper() for part in here)}"
        if isinstance(value, dict):
            yield from _variables(value, here)


def _cross_checks(values: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    yield from _topic_checks(values.get("topics"))
    yield from _twice(_names(values.get("peers"), "name"), ("peers",), "name")
    receivers = _names(values.get("receivers"), "name")
    yield from _twice(receivers, ("receivers",), "name")
    for key in ("name", "slack", "pagerduty"):
        yield from _twice(_names(values.get("people"), key), ("people",), key)
    yield from _twice(_names(values.get("teams"), "name"), ("teams",), "name")
    yield from _member_checks(values)
    api = values.get("api")
    yield from _twice(_names(api.get("keys"), "name") if isinstance(api, dict) else [], ("api", "keys"), "name")
    known = {name for name in receivers if name is not None}
    yield from _receiver_checks(values, known)
    yield from oncall_checks(values)
    route = values.get("route") or {}
    for location, node in _nodes(route, ("route",)):
        name = node.get("receiver")
        if isinstance(name, str) and name not in known:
            yield (
                (*location, "receiver"),
                f"there is no receiver {name!r}; known are {', '.join(sorted(known)) or 'none'}",
            )
        yield from _matcher_checks(node.get("matchers"), (*location, "matchers"))
    if known and isinstance(route, dict) and route.get("receiver") is None:
        yield ("route", "receiver"), "is missing: the top route needs a receiver for what nothing else matches"
    if isinstance(route, dict) and route.get("matchers"):
        yield ("route", "matchers"), "the top route takes everything: what it would not match nobody would hear of"
    if isinstance(route, dict) and route.get("continue"):
        yield ("route", "continue"), "there is nothing beside the top route to go on to"


def _receiver_checks(values: Mapping[str, Any], known: set[str]) -> Iterator[tuple[Location, str]]:
    people = set(_names(values.get("people"), "name"))
    receivers = values.get("receivers")
    fallbacks = _names(receivers, "fallback")
    for index, own in enumerate(_names(receivers, "name")):
        if fallbacks[index] is not None and fallbacks[index] not in known:
            yield ("receivers", index, "fallback"), f"there is no receiver {fallbacks[index]!r}"
        elif fallbacks[index] is not None and fallbacks[index] == own:
            yield ("receivers", index, "fallback"), "cannot stand in for itself"
    for index, receiver in enumerate(receivers if isinstance(receivers, list) else ()):
        named = receiver.get("people") if isinstance(receiver, dict) else None
        for place, name in enumerate(named if isinstance(named, list) else ()):
            if isinstance(name, str) and name not in people:
                yield ("receivers", index, "people", place), f"there is no person {name!r} under people"
    reports = values.get("reports")
    weekly = reports.get("weekly") if isinstance(reports, dict) else None
    told = weekly.get("receivers") if isinstance(weekly, dict) else None
    for place, name in enumerate(told if isinstance(told, list) else ()):
        if isinstance(name, str) and name not in known:
            yield ("reports", "weekly", "receivers", place), f"there is no receiver {name!r}"
    delivery = values.get("delivery")
    resort = delivery.get("last_resort") if isinstance(delivery, dict) else None
    if isinstance(resort, str) and resort not in known:
        yield ("delivery", "last_resort"), f"there is no receiver {resort!r}"


def _member_checks(values: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    """A misspelt member would see every brand."""
    api, teams = values.get("api"), values.get("teams")
    yield from _oidc_checks(api, set(_names(teams, "name")))
    if isinstance(api, dict) and api.get("oidc") is not None:
        return  # whoever signs in there is known by their claims alone
    known = set(_names(values.get("people"), "name"))
    known |= set(_names(api.get("keys"), "name") if isinstance(api, dict) else ())
    for index, team in enumerate(teams if isinstance(teams, list) else ()):
        named = team.get("members") if isinstance(team, dict) else None
        for place, name in enumerate(named if isinstance(named, list) else ()):
            if isinstance(name, str) and name not in known:
                yield ("teams", index, "members", place), f"there is neither a person nor a key called {name!r}"


def _oidc_checks(api: Any, teams: set[str | None]) -> Iterator[tuple[Location, str]]:
    oidc = api.get("oidc") if isinstance(api, dict) else None
    if not isinstance(oidc, dict):
        return
    if not api.get("public_url"):
        yield ("api", "oidc"), "needs api.public_url, below which the identity provider leads people back"
    chosen = oidc.get("teams")
    for index, name in enumerate(_names(chosen, "team")):
        if name is not None and name not in teams:
            yield ("api", "oidc", "teams", index, "team"), f"there is no team {name!r}"


def _topic_checks(topics: Any) -> Iterator[tuple[Location, str]]:
    names = _names(topics, "id")
    yield from _twice(names, ("topics",), "id")
    for index, topic in enumerate(topics if isinstance(topics, list) else ()):
        query = topic.get("query") if isinstance(topic, dict) else None
        if isinstance(query, str) and query:
            try:
                parse_query(query)
            except InvalidQuery as exc:
                yield ("topics", index, "query"), str(exc)
        parent = topic.get("parent") if isinstance(topic, dict) else None
        if parent is not None and parent not in names:
            yield ("topics", index, "parent"), f"there is no topic {parent!r}"
    yield from _circle_checks(topics)


def _circle_checks(topics: Any) -> Iterator[tuple[Location, str]]:
    parents = dict(zip(_names(topics, "id"), _names(topics, "parent"), strict=True))
    for index, own in enumerate(_names(topics, "id")):
        above = parents[own]
        seen = {own}
        while own is not None and above is not None and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if own is not None and above == own:
            yield ("topics", index, "parent"), f"{own!r} cannot stand above itself"


def _secret_checks(settings: Settings) -> Iterator[tuple[Location, str]]:
    """The secrets that stand in the file; what stands in files of its own may not be there yet."""
    if settings.kafka.security.password is not None:
        try:
            read_secret(settings.kafka.security.password, None, name="password", one_word=False)
        except InvalidConfig as exc:
            yield ("kafka", "security", "password"), str(exc).removeprefix("password: ")
    if not settings.receivers:
        return
    # Here, because they bring an HTTP client along, which a command line that only helps does not need.
    from alerting.notifiers.webhook import signing_key  # noqa: PLC0415

    for position, receiver in enumerate(settings.receivers):
        for index, notifier in enumerate(receiver.notifiers):
            for name in ("token", "routing_key", "api_token", "secret", "url", "password", "topic", "act_secret"):
                value = getattr(notifier, name, None)
                if not isinstance(value, SecretStr):
                    continue
                try:
                    secret = read_secret(value, None, name=name)
                    if name == "secret":
                        signing_key(secret)
                except InvalidConfig as exc:
                    yield ("receivers", position, "notifiers", index, name), str(exc).removeprefix(f"{name}: ")
                except ValueError as exc:
                    yield ("receivers", position, "notifiers", index, name), str(exc)


def _inbound_checks(settings: Settings) -> Iterator[tuple[Location, str]]:
    """Buttons that nobody would hear, and secrets that cannot be any."""
    inbound = settings.inbound
    if not (settings.receivers or inbound.slack.hears or inbound.pagerduty.hears):
        return

    named: list[tuple[Location, SecretStr | None]] = [
        (("slack", name), getattr(inbound.slack, name)) for name in ("signing_secret", "app_token")
    ]
    named += [(("pagerduty", "secrets", index), value) for index, value in enumerate(inbound.pagerduty.secrets)]
    for location, value in named:
        if value is not None:
            name = str(location[1])
            try:
                read_secret(value, None, name=name)
            except InvalidConfig as exc:
                yield ("inbound", *location), str(exc).removeprefix(f"{name}: ")
    for position, receiver in enumerate(settings.receivers):
        for index, notifier in enumerate(receiver.notifiers):
            if getattr(notifier, "buttons", False) and not inbound.slack.hears:
                yield (
                    ("receivers", position, "notifiers", index, "buttons"),
                    "nobody would hear them: inbound.slack has neither a signing secret nor an app token",
                )


def _names(entries: Any, key: str) -> list[str | None]:
    found = [
        entry.get(key) if isinstance(entry, dict) else None for entry in entries or () if isinstance(entries, list)
    ]
    return [name if isinstance(name, str) else None for name in found]


def _twice(names: list[str | None], section: Location, key: str) -> Iterator[tuple[Location, str]]:
    for index, name in enumerate(names):
        if name is not None and name in names[:index]:
            yield (*section, index, key), f"{name!r} is taken by entry {names.index(name)}"


def _nodes(route: Any, location: Location) -> Iterator[tuple[Location, Mapping[str, Any]]]:
    if not isinstance(route, dict):
        return
    yield location, route
    children = route.get("routes")
    for index, child in enumerate(children if isinstance(children, list) else ()):
        yield from _nodes(child, (*location, "routes", index))


def _matcher_checks(matchers: Any, location: Location) -> Iterator[tuple[Location, str]]:
    for index, text in enumerate(matchers if isinstance(matchers, list) else ()):
        if isinstance(text, str) and ("=" in text or "~" in text):  # what has neither is refused for its shape
            try:
                Matcher.parse(text)
            except ValueError as exc:
                yield (*location, index), str(exc)
