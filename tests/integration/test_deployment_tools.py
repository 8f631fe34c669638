"""The image, the compose file and the chart, judged by the tools of those who run them."""

import asyncio
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import compose_spec
import kubernetes_validate
import pytest
import yaml

from alerting.settings_file import load_settings

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy" / "helm" / "tocsin"
EXAMPLE: dict[str, Any] = yaml.safe_load((CHART.parent / "example-values.yaml").read_text(encoding="utf-8"))
KUBERNETES = "1.33.0"
SECONDS = 60.0
EVERYTHING: dict[str, Any] = {
    "image": {"digest": "sha256:" + "0" * 64},
    "imagePullSecrets": [{"name": "registry"}],
    "secrets": [
        {"file": "database_url", "secret": "tocsin", "key": "database_url"},
        {"file": "tocsin_key", "secret": "tocsin", "key": "key"},
    ],
    "roles": {"alert": {"replicas": 2}},
    "ingress": {"enabled": True, "className": "nginx", "tlsSecret": "tls", "annotations": {"a": "b"}},
    "networkPolicy": {
        "apiFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}],
        "metricsFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
        "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}],
    },
    "monitoring": {"serviceMonitor": True, "prometheusRule": True, "keySecret": {"name": "tocsin", "key": "key"}},
    "podAnnotations": {"a": "b"},
    "nodeSelector": {"kubernetes.io/arch": "amd64"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
}


async def told_by(*command: str) -> tuple[int, str, str]:
    """The exit code, what was printed and what was complained about."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(SECONDS):
        printed, complained = await process.communicate()
    assert process.returncode is not None
    return process.returncode, printed.decode(), complained.decode()


@pytest.fixture
def helm() -> str:
    """Helm of the path or of `TOCSIN_HELM`; it is no Debian package, so where it is not, its tests cannot be."""
    found = os.environ.get("TOCSIN_HELM") or shutil.which("helm")
    if found is None:
        pytest.skip("there is no helm; TOCSIN_HELM names one")
    return found


async def rendered(helm: str, folder: Path, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects that the chart makes of `values`."""
    file = folder / "values.yaml"
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    code, printed, complained = await told_by(
        helm, "template", "t", str(CHART), "--kube-version", KUBERNETES, "--values", str(file)
    )
    assert code == 0, complained
    return [document for document in yaml.safe_load_all(printed) if document]


async def test_the_linter_of_images_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")

    code, printed, complained = await told_by(str(hadolint), str(ROOT / "Dockerfile"))

    assert (code, printed, complained) == (0, "", "")


def test_the_compose_file_is_one() -> None:
    document = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))

    compose = compose_spec.PyCompose.from_json(json.dumps(document))
    compose.validate()

    assert set(compose.service_names()) == set(document["services"])


def test_the_judge_of_compose_files_sees_a_bad_one() -> None:
    with pytest.raises(ValueError, match="helthcheck"):
        compose_spec.PyCompose.from_json(json.dumps({"services": {"a": {"image": "b", "helthcheck": {}}}}))


@pytest.mark.parametrize("values", [{}, EXAMPLE, EVERYTHING], ids=["as it is", "the example", "with everything"])
async def test_kubernetes_takes_what_the_chart_makes(helm: str, tmp_path: Path, values: dict[str, Any]) -> None:
    objects = await rendered(helm, tmp_path, values)
    monitored = "monitoring" in values

    known = [made for made in objects if not made["apiVersion"].startswith("monitoring.coreos.com/")]
    for made in known:
        kubernetes_validate.validate(made, KUBERNETES.rsplit(".", 1)[0], strict=True)

    kinds = [made["kind"] for made in objects]
    assert kinds.count("Deployment") == 3
    assert {"ConfigMap", "Job", "NetworkPolicy", "PodDisruptionBudget", "Service", "ServiceAccount"} <= set(kinds)
    assert ("ServiceMonitor" in kinds, "PrometheusRule" in kinds) == (monitored, monitored)


async def test_pods_may_do_little_and_hold_no_secret_in_their_configuration(helm: str, tmp_path: Path) -> None:
    objects = await rendered(helm, tmp_path, EVERYTHING)

    pods = [made["spec"]["template"]["spec"] for made in objects if made["kind"] in {"Deployment", "Job"}]
    assert len(pods) == 4
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert all("valueFrom" not in variable for variable in container["env"])


async def test_tocsin_understands_the_configuration_that_the_chart_writes(helm: str, tmp_path: Path) -> None:
    example = yaml.safe_load((ROOT / "deploy/examples/tocsin.yaml").read_text(encoding="utf-8"))
    objects = await rendered(helm, tmp_path, {"config": example})
    maps = [made for made in objects if made["kind"] == "ConfigMap"]
    file = tmp_path / "tocsin.yaml"

    for made in maps:
        file.write_text(made["data"]["tocsin.yaml"], encoding="utf-8")
        settings = load_settings(file, {})

        assert (settings.api.host, settings.roles.host) == ("0.0.0.0", "0.0.0.0")  # noqa: S104 - inside the pod
        assert {topic.id for topic in settings.topics} == {topic["id"] for topic in example["topics"]}
    assert len(maps) == 2


async def test_every_secret_that_the_example_names_is_mounted(helm: str, tmp_path: Path) -> None:
    (made, *_) = [made for made in await rendered(helm, tmp_path, EXAMPLE) if made["kind"] == "ConfigMap"]
    file = tmp_path / "tocsin.yaml"
    file.write_text(made["data"]["tocsin.yaml"], encoding="utf-8")

    load_settings(file, {})

    named = set(re.findall(r"/run/secrets/(\S+)", made["data"]["tocsin.yaml"]))
    assert named == {secret["file"] for secret in EXAMPLE["secrets"]}


async def test_values_that_make_no_sense_are_refused(helm: str, tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump({"roles": {"score": {"replicas": "many"}}, "tpyo": 1}), encoding="utf-8")

    code, printed, _ = await told_by(helm, "lint", str(CHART), "--values", str(file))

    assert code != 0
    assert "replicas" in printed
    assert "tpyo" in printed


async def test_the_rules_in_the_chart_are_the_tested_ones(helm: str, tmp_path: Path) -> None:
    objects = await rendered(helm, tmp_path, EVERYTHING)
    (made,) = [made for made in objects if made["kind"] == "PrometheusRule"]

    tested = [
        group
        for file in ("recording.rules.yml", "alerts.rules.yml")
        for group in yaml.safe_load((ROOT / "deploy/prometheus" / file).read_text(encoding="utf-8"))["groups"]
    ]
    assert made["spec"]["groups"] == tested
