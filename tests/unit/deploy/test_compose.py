"""deploy/compose.yaml starts what exists, with settings that are understood."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from alerting.cli.main import app
from alerting.cli.options import ConfigOption
from alerting.settings import Settings
from alerting.settings_file import load_settings
from streams.broker.base import Guarantee

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "tocsin"}

every_service_of_ours = pytest.mark.parametrize("name", sorted(OURS))


def mounted_config(service: dict[str, Any]) -> Path:
    inside = service["environment"]["TOCSIN_CONFIG"]
    mounts: dict[str, str] = dict(reversed(volume.removesuffix(":ro").split(":")) for volume in service["volumes"])
    return (DEPLOY / mounts[inside]).resolve()


def settings_of(service: dict[str, Any]) -> Settings:
    return load_settings(mounted_config(service), service["environment"])


def test_the_whole_house_is_there() -> None:
    assert set(SERVICES) == {"kafka", "postgres", "init", "score", "detect", "alert", "prometheus", "grafana"}
    assert set(OURS) == {"init", "score", "detect", "alert"}


@every_service_of_ours
class TestEveryServiceOfOurs:
    def test_is_built_from_this_repository(self, name: str) -> None:
        folder = (DEPLOY / OURS[name]["build"]).resolve()

        assert (folder / "Dockerfile").is_file()

    def test_runs_a_command_that_exists(self, name: str) -> None:
        found: Any = get_command(app)
        for word in OURS[name]["command"]:
            found = found.commands[word]

        assert not hasattr(found, "commands"), "a group of commands does nothing by itself"

    def test_says_with_variables_what_is_understood(self, name: str) -> None:
        names = set(OURS[name]["environment"])
        read_by_the_command_line = ConfigOption.__metadata__[0].envvar  # type: ignore[attr-defined]

        settings = settings_of(OURS[name])

        ours = {read_by_the_command_line, "TOCSIN_HEALTH_URL"}
        assert {variable for variable in names if not variable.startswith("TOCSIN__")} <= ours
        assert settings.kafka.bootstrap_servers == "kafka:9092"
        assert settings.kafka.guarantee is Guarantee.EXACTLY_ONCE
        assert settings.database.url_file == Path("/run/secrets/database_url")

    def test_has_every_secret_that_its_configuration_reads(self, name: str) -> None:
        settings = settings_of(OURS[name])
        files = {key.key_file for key in settings.api.keys} | {settings.database.url_file}
        for receiver in settings.receivers:
            for notifier in receiver.notifiers:
                fields = type(notifier).model_fields
                files |= {getattr(notifier, field) for field in fields if field.endswith("_file")}

        wanted = {str(file) for file in files if file is not None}

        assert wanted == {f"/run/secrets/{secret}" for secret in OURS[name]["secrets"]}

    def test_can_write_nowhere_and_has_no_privileges(self, name: str) -> None:
        service = OURS[name]

        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]

    def test_starts_after_what_it_needs(self, name: str) -> None:
        for needed, how in OURS[name]["depends_on"].items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[needed]


def test_secrets_are_files_that_git_and_the_image_never_see() -> None:
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", ())}

    assert used == set(COMPOSE["secrets"])
    assert {Path(secret["file"]).parent for secret in COMPOSE["secrets"].values()} == {Path("secrets")}
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()


def test_nothing_is_reachable_from_other_machines() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]

    assert set(ports) == {"127.0.0.1:8080:8080", "127.0.0.1:9090:9090", "127.0.0.1:3000:3000"}


def test_people_find_the_console_where_the_port_is_published() -> None:
    settings = settings_of(OURS["alert"])

    assert str(settings.api.public_url) == "http://127.0.0.1:8080/"
    assert (settings.api.host, settings.api.port) == ("0.0.0.0", 8080)  # noqa: S104 - inside the container


def test_health_is_asked_where_each_role_answers() -> None:
    for name, port in (("score", 8081), ("detect", 8082)):
        settings = settings_of(OURS[name])

        assert OURS[name]["environment"]["TOCSIN_HEALTH_URL"] == f"http://127.0.0.1:{port}/-/healthy"
        assert getattr(settings.roles, f"{name}_port") == port


def test_every_role_is_scraped_where_it_answers() -> None:
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
    targets = {
        job["job_name"]: {t for group in job["static_configs"] for t in group["targets"]}
        for job in config["scrape_configs"]
    }
    alert = settings_of(OURS["alert"])

    ports = {"alert": alert.api.port, "score": alert.roles.score_port, "detect": alert.roles.detect_port}
    assert targets["tocsin"] == {f"{name}:{port}" for name, port in ports.items()}
    assert targets["tocsin-world"] <= targets["tocsin"]
    assert alert.roles.host == "0.0.0.0"  # noqa: S104 - inside the container


def test_what_prometheus_and_grafana_read_is_mounted_and_exists() -> None:
    for name in ("prometheus", "grafana"):
        mounted = [volume.split(":")[0] for volume in SERVICES[name]["volumes"] if volume.startswith(".")]

        assert mounted
        assert all((DEPLOY / path).exists() for path in mounted)


def test_volumes_are_declared() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}

    assert {name for name in used if not name.startswith(".")} == set(COMPOSE["volumes"])


def test_one_kafka_node_can_carry_transactions() -> None:
    environment = SERVICES["kafka"]["environment"]

    single = ("OFFSETS_TOPIC_REPLICATION_FACTOR", "TRANSACTION_STATE_LOG_REPLICATION_FACTOR")
    assert [environment[f"KAFKA_{name}"] for name in (*single, "TRANSACTION_STATE_LOG_MIN_ISR")] == [1, 1, 1]
    assert environment["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_images_are_pinned_to_a_version(name: str) -> None:
    image = SERVICES[name]["image"]

    assert image == "tocsin" or ":" in image
    assert not image.endswith(":latest")
