from pathlib import Path

import pytest

from alerting.settings_file import load_settings
from streams.errors import InvalidConfig

WRONG = """\
kafka:
  partitions: 0
  bootstrap_server: x
topics:
  - id: refunds
    name: Refunds
    query: "refund AND ("
    pages_per_week: -1
  - id: refunds
    name: Two
    query: refund
    parent: nobody
receivers:
  - name: care
    notifiers:
      - type: slack
        channel: "#care"
        token: [xoxb-very-secret]
      - type: pigeon
route:
  receiver: ops
  routes: [{receiver: nights}]
delivery: {attempt_seconds: 50, lease_seconds: 3}
"""


def problems_of(text: str, folder: Path, environ: dict[str, str] | None = None) -> list[str]:
    path = folder / "tocsin.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidConfig) as refused:
        load_settings(path, environ or {})
    return [problem.replace(f"{folder}/", "") for problem in refused.value.problems]


def test_names_every_problem_at_once_with_line_key_value_and_range(tmp_path: Path) -> None:
    problems = problems_of(WRONG, tmp_path)

    for beginning, part in [
        ("tocsin.yaml:2: kafka.partitions: 0 is not allowed", "(allowed: >= 1 and <= 1000)"),
        ("tocsin.yaml:3: kafka.bootstrap_server: there is no such setting", "did you mean bootstrap_servers?"),
        ("tocsin.yaml:7: topics.0.query: ", "column"),
        ("tocsin.yaml:8: topics.0.pages_per_week: -1 is not allowed", "> 0"),
        ("tocsin.yaml:9: topics.1.id: 'refunds' is taken", "entry 0"),
        ("tocsin.yaml:12: topics.1.parent: ", "'nobody'"),
        ("tocsin.yaml:18: receivers.0.notifiers.0.token: ", "string"),
        (
            "tocsin.yaml:19: receivers.0.notifiers.1: ",
            "type 'pigeon' is not known; allowed are email, log, ntfy, pagerduty, slack, teams, webhook",
        ),
        ("tocsin.yaml:21: route.receiver: ", "'ops'"),
        ("tocsin.yaml:22: route.routes.0.receiver: ", "'nights'"),
        ("tocsin.yaml:23: delivery: ", "larger than attempt_seconds"),
    ]:
        assert any(problem.startswith(beginning) and part in problem for problem in problems), (beginning, problems)
    assert len(problems) == 11


def test_names_the_matchers_that_would_match_nothing(tmp_path: Path) -> None:
    text = (
        "receivers: [{name: r, notifiers: [{type: log}]}]\n"
        "route:\n"
        "  receiver: r\n"
        "  routes:\n"
        "    - matchers: ['sverity=SEV1']\n"
        "      routes: [{matchers: ['topic=refunds', 'topic=~[']}]\n"
        "api: {keys: [{name: a, key_file: one}, {name: a, key_file: two}]}\n"
    )

    problems = problems_of(text, tmp_path)

    assert len(problems) == 3
    assert problems[0] == "tocsin.yaml:7: api.keys.1.name: 'a' is taken by entry 0"
    assert problems[1].startswith("tocsin.yaml:5: route.routes.0.matchers.0: unknown label 'sverity'; known are topic")
    assert problems[2].startswith("tocsin.yaml:6: route.routes.0.routes.0.matchers.1: '[' is no regular expression")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kafka: 3", "kafka: 3 is not allowed: expected a mapping"),
        ("topics: [refunds]", "topics.0: 'refunds' is not allowed: expected a mapping"),
        ("topics: {a: b}", "topics: expected a list"),
        ("receivers: [{name: r, notifiers: []}]", "receivers.0.notifiers: needs at least one entry"),
        (
            "receivers: [{name: r, notifiers: [{}]}]",
            "notifiers.0: type is missing; allowed are email, log, ntfy, pagerduty",
        ),
        ("receivers: [{name: r, notifiers: [log]}]", "notifiers.0: 'log' is not allowed: expected a mapping"),
        ("api: {keys: [{name: a, key: short}]}", "the given value is not allowed: needs at least 16 characters"),
        ("topics: [{id: a, name: A, query: a, brand: 2026-01-31}]", "brand: 2026-01-31 is not allowed"),
        ("topics: [{id: a, name: A, query: a, collecting_since: 2026-01-31}]", "2026-01-31 is not allowed"),
        (
            "score: {lexicons: {xx1: {file: /x}}}",
            "tocsin.yaml:1: score.lexicons.xx1: 'xx1' is not allowed: string should",
        ),
        # An empty host would mean every address of this machine.
        ("api: {host: ''}", "api.host: '' is not allowed"),
        ("roles: {host: ''}", "roles.host: '' is not allowed"),
        (
            "reports: {time_zone: Mars/Olympus}",
            "reports.time_zone: 'Mars/Olympus' is not allowed: there is no time zone",
        ),
        ("reports: {time_zone: ../../etc/passwd}", "there is no time zone '../../etc/passwd'"),
    ],
)
def test_speaks_the_words_of_who_writes_the_file(text: str, expected: str, tmp_path: Path) -> None:
    problems = problems_of(text, tmp_path)

    assert expected in problems[0]


def test_never_shows_a_secret(tmp_path: Path) -> None:
    assert "very-secret" not in "\n".join(problems_of(WRONG, tmp_path))


def test_shows_no_more_of_an_address_than_its_scheme(tmp_path: Path) -> None:
    text = (
        'database: {url: "postgresql://tocsin:hunter2@db/tocsin"}\n'
        'receivers: [{name: r, notifiers: [{type: webhook, url: "htps://hooks.example/hunter2", secret: s}]}]\n'
        "route: {receiver: r}\n"
    )

    problems = problems_of(text, tmp_path)

    assert len(problems) == 2
    assert problems[0].startswith("tocsin.yaml:1: database.url: 'postgresql://...' is not allowed")
    assert "'htps://...' is not allowed" in problems[1]
    assert "hunter2" not in "\n".join(problems)


def test_names_the_variable_where_the_environment_had_the_last_word(tmp_path: Path) -> None:
    problems = problems_of("kafka: {partitions: 3}\n", tmp_path, {"TOCSIN__KAFKA__PARTITIONS": "-4"})

    assert len(problems) == 1
    assert problems[0].startswith("environment: TOCSIN__KAFKA__PARTITIONS: kafka.partitions: '-4' is not allowed")


def test_refuses_a_variable_that_sets_nothing(tmp_path: Path) -> None:
    problems = problems_of("", tmp_path, {"TOCSIN__KAFAK__PARTITIONS": "3"})

    assert problems == ["environment: TOCSIN__KAFAK__PARTITIONS: there is no such setting"]


def test_lays_the_environment_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "tocsin.yaml"
    path.write_text("kafka: {partitions: 3, prefix: alarm}\n", encoding="utf-8")

    settings = load_settings(path, {"TOCSIN__KAFKA__PARTITIONS": "12", "UNRELATED": "x"})

    assert (settings.kafka.partitions, settings.kafka.prefix) == (12, "alarm")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kafka: {\n", "not YAML"),
        ("- kafka\n", "expected keys"),
        ("kafka: {}\nkafka: {}\n", "tocsin.yaml:2: kafka: stands here again; it was set at tocsin.yaml:1"),
    ],
)
def test_says_why_a_file_is_no_configuration(text: str, expected: str, tmp_path: Path) -> None:
    problems = problems_of(text, tmp_path)

    assert expected in problems[0]


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("route: &r {receiver: x, routes: [*r]}\n", "tocsin.yaml:1: *r stands inside of what it stands for"),
        ("topics:\n  " + "[" * 5_000, "tocsin.yaml:2: is nested more than 50 deep"),
        (BOMB, "tocsin.yaml:5: with its aliases the file holds more than 100,000 values"),  # 10 ** 5 and the lists
        ("topics: [{collecting_since: 2026-13-45}]\n", "month must be in 1..12"),
        ("receivers: [{name: r, notifiers: [{type: [log]}]}]\n", "receivers.0.notifiers.0"),
    ],
    ids=["alias of itself", "deep", "alias bomb", "no date", "odd type"],
)
def test_a_file_without_end_is_refused_with_a_sentence(text: str, expected: str, tmp_path: Path) -> None:
    assert any(expected in problem for problem in problems_of(text, tmp_path))


def test_an_alias_may_save_writing_the_same_again(tmp_path: Path) -> None:
    path = tmp_path / "tocsin.yaml"
    path.write_text(
        "receivers: [{name: a, notifiers: &both [{type: log}]}, {name: b, notifiers: *both}]\nroute: {receiver: a}\n"
    )

    settings = load_settings(path, {})

    assert settings.receivers[0].notifiers == settings.receivers[1].notifiers


HOOK = "type: webhook, url: 'https://h.example'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kafka: {mentions: 'a b'}\n", "kafka.mentions: 'a b' is not allowed"),
        (f"kafka: {{mentions: {'m' * 246}}}\n", "kafka.mentions: "),  # with .DLT one more than Kafka takes
        ("kafka: {mentions: '..'}\n", "kafka.mentions: '..' is not allowed: kafka takes no topic of this name"),
        ("kafka: {mentions: tocsin.partials}\n", "kafka: mentions cannot be 'tocsin.partials'"),
        ("kafka: {bootstrap_servers: ''}\n", "kafka.bootstrap_servers: '' is not allowed: expected host:port"),
        ("kafka: {bootstrap_servers: 'a:9092,b'}\n", "expected host:port"),
        ("kafka: {bootstrap_servers: 'a:99999'}\n", "expected host:port"),
        ("topics: [{id: a, name: A, query: a, parent: a}]\n", "topics.0.parent: 'a' cannot stand above itself"),
        (
            "topics: [{id: a, name: A, query: a, parent: b}, {id: b, name: B, query: b, parent: a}]\n",
            "topics.1.parent: 'b' cannot stand above itself",
        ),
        ('topics: [{id: a, name: "A\\u202e", query: a}]\n', "topics.0.name: 'A\\u202e' is not allowed: must not hold"),
        (
            f"receivers: [{{name: r, notifiers: [{{{HOOK}, secret: ''}}]}}]\nroute: {{receiver: r}}\n",
            "receivers.0.notifiers.0.secret: is empty",
        ),
        (
            f"receivers: [{{name: r, notifiers: [{{{HOOK}, secret: 'whsec_?'}}]}}]\nroute: {{receiver: r}}\n",
            "receivers.0.notifiers.0.secret: what follows whsec_ must be base64",
        ),
    ],
)
def test_refuses_what_the_service_would_die_of(text: str, expected: str, tmp_path: Path) -> None:
    assert any(expected in problem for problem in problems_of(text, tmp_path)), problems_of(text, tmp_path)


@pytest.mark.parametrize("servers", ["memory", "kafka-1:9092, kafka-2:9092", "[::1]:9092"])
def test_takes_the_addresses_that_kafka_has(servers: str) -> None:
    settings = load_settings(None, {"TOCSIN__KAFKA__BOOTSTRAP_SERVERS": servers})

    assert settings.kafka.bootstrap_servers == servers


def test_says_that_a_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="cannot be read: No such file"):
        load_settings(tmp_path / "nowhere.yaml", {})


def test_refuses_a_top_route_that_leaves_somebody_out(tmp_path: Path) -> None:
    problems = problems_of(
        "receivers: [{name: care, notifiers: [{type: log}]}]\n"
        "route: {receiver: care, continue: true, matchers: [topic=refunds]}\n",
        tmp_path,
    )

    assert len(problems) == 2
    assert "the top route takes everything" in problems[0]
    assert "nothing beside the top route" in problems[1]


def test_shows_no_password_of_an_address_in_its_repr() -> None:
    settings = load_settings(None, {"TOCSIN__DATABASE__URL": "postgresql+asyncpg://tocsin:very-secret@db/tocsin"})

    assert settings.database.url.endswith("very-secret@db/tocsin")
    assert "very-secret" not in repr(settings)
