"""The examples for compose and Kubernetes: each setting exists, each image has a version, each secret is a file."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from django.conf import settings

from queues_app.delivery.limits import WHOLE_S
from queues_app.operations.sampling import TURN_S

ROOT: Final = Path(__file__).resolve().parents[2]
MANIFESTS: Final = sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
VERSION: Final = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
COMPOSE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())
FORWARD: Final = [".venv/bin/python", "manage.py", "forward_audit"]
WATCH: Final = [".venv/bin/python", "manage.py", "watch"]
DASHBOARDS: Final = {name: one for name, one in COMPOSE["services"].items() if name.startswith("dashboard")}


def manifests(name: str = "queuescope") -> dict[str, Any]:
    """What Kubernetes is told of the dashboard, or of another, by kind."""
    told = [one for file in MANIFESTS for one in yaml.safe_load_all(file.read_text())]
    return {one["kind"]: one for one in told if one["metadata"]["name"] == name}


def pod(name: str = "queuescope") -> Any:
    return manifests(name)["Deployment"]["spec"]["template"]["spec"]


def images() -> Iterator[str]:
    yield from (one["image"] for one in COMPOSE["services"].values())
    for name in ("queuescope", "queuescope-forwarder", "queuescope-watcher"):
        yield from (one["image"] for one in pod(name)["containers"])


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def in_settings(name: str) -> bool:
    return name.removesuffix("_FILE") in settings.ENVIRONMENT.names


def needed(named: set[str]) -> set[str]:
    """What no deployment of several processes on several hosts does without."""
    wanted = {"SECRET_KEY", "CREDENTIAL_KEYS", "ALLOWED_HOSTS", "DATABASE_URL", "CACHE_URL", "TRUSTED_PROXIES"}
    return wanted - {name.removesuffix("_FILE") for name in named}


@pytest.mark.parametrize("image", sorted(set(images())))
def test_every_image_has_a_version(image: str) -> None:
    assert re.search(r":\d+\.\d+(\.\d+)?(-[a-z]+)?$", image)


def test_our_own_image_is_of_this_version() -> None:
    assert VERSION
    ours = [image for image in images() if "queuescope" in image]
    assert len(ours) == 7
    assert {image.rpartition(":")[2] for image in ours} == {VERSION[1]}


def test_compose_runs_two_dashboards_that_are_told_what_they_need() -> None:
    assert len(DASHBOARDS) == 2
    for dashboard in DASHBOARDS.values():
        named = set(dashboard["environment"])
        assert [name for name in named if not in_settings(name)] == []
        assert needed(named) == set()
        assert dashboard["read_only"] is True
        assert dashboard["cap_drop"] == ["ALL"]
        assert seconds(dashboard["stop_grace_period"]) > settings.WORKER_TIMEOUT


def test_compose_believes_the_proxy_s_fixed_address_and_shows_nothing_else_to_the_world() -> None:
    proxy = COMPOSE["services"]["proxy"]
    told = {dashboard["environment"]["TRUSTED_PROXIES"] for dashboard in DASHBOARDS.values()}
    assert told == {proxy["networks"]["front"]["ipv4_address"]}
    assert [name for name, one in COMPOSE["services"].items() if "ports" in one] == ["proxy"]
    assert COMPOSE["networks"]["back"]["internal"] is True
    upstreams = re.search(r"reverse_proxy (.+) \{", (ROOT / "deploy" / "Caddyfile").read_text())
    assert upstreams
    assert upstreams[1].split() == [f"{name}:{settings.PORT}" for name in DASHBOARDS]


def test_every_secret_of_compose_is_a_file_and_none_is_in_the_repository() -> None:
    given = set(COMPOSE["secrets"])
    for service in COMPOSE["services"].values():
        files = [value for name, value in service.get("environment", {}).items() if name.endswith("_FILE")]
        assert {Path(file).name for file in files} == set(service.get("secrets", ()))
        assert set(service.get("secrets", ())) <= given
        assert not [
            name
            for name in service.get("environment", {})
            if re.search("SECRET|PASSWORD|KEYS|DATABASE_URL", name) and not name.endswith("_FILE")
        ]
    for place in (".gitignore", ".dockerignore"):
        assert re.search(r"^/?secrets/?$", (ROOT / place).read_text(), re.MULTILINE), place


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_the_secrets_are_accepted_that_the_instructions_make(tmp_path: Path) -> None:
    (block,) = re.findall(r"```sh\n(umask.*?)```", (ROOT / "docs" / "operations.md").read_text(), re.DOTALL)
    commands = block.partition("QUEUESCOPE_HOST=")[0]
    subprocess.run(["sh", "-euc", commands], cwd=tmp_path, check=True, timeout=60)  # noqa: S603, S607 - our own words
    files = {file.name: file for file in (tmp_path / "secrets").iterdir()}
    assert set(files) == set(COMPOSE["secrets"])
    given = {f"{name.upper()}_FILE": str(file) for name, file in files.items() if name != "database_password"}
    told = COMPOSE["x-dashboard"]["environment"]
    shared = {name: told[name] for name in ("CACHE_URL", "HOSTS")}
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "ENV_FILE": "", "ALLOWED_HOSTS": "queues.example.com", **shared, **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert files["database_password"].read_text() in files["database_url"].read_text()


def test_kubernetes_is_given_every_kind() -> None:
    assert set(manifests()) == {"Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy", "Secret"}


def test_the_pods_are_told_what_they_need_and_write_nowhere() -> None:
    (container,) = pod()["containers"]
    named = {one["name"] for one in container["env"]}
    assert [name for name in named if not in_settings(name)] == []
    assert needed(named) == set()
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert pod()["securityContext"]["runAsNonRoot"] is True
    pause = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod()["terminationGracePeriodSeconds"] > pause + settings.WORKER_TIMEOUT


def test_the_forwarder_of_compose_is_one_of_the_dashboards_that_forwards_only_when_asked_for() -> None:
    forwarder = COMPOSE["services"]["forwarder"]
    assert forwarder["profiles"] == ["forwarding"]
    assert forwarder["command"] == FORWARD
    assert forwarder["healthcheck"] == {"disable": True}
    for dashboard in DASHBOARDS.values():
        assert forwarder["environment"] == dashboard["environment"]
        assert forwarder["secrets"] == dashboard["secrets"]
    assert seconds(forwarder["stop_grace_period"]) > WHOLE_S


def test_the_forwarder_of_kubernetes_is_told_the_same_as_the_pods_and_writes_nowhere() -> None:
    (container,), (dashboard,) = pod("queuescope-forwarder")["containers"], pod()["containers"]
    named, known = ({one["name"]: one["value"] for one in each["env"]} for each in (container, dashboard))
    assert named == {name: value for name, value in known.items() if name != "TRUSTED_PROXIES"}
    assert container["image"] == dashboard["image"]
    assert container["command"] == FORWARD
    assert container["securityContext"] == dashboard["securityContext"]
    assert pod("queuescope-forwarder")["securityContext"] == pod()["securityContext"]
    assert pod("queuescope-forwarder")["terminationGracePeriodSeconds"] > WHOLE_S


def test_the_watcher_of_compose_is_one_of_the_dashboards() -> None:
    watcher = COMPOSE["services"]["watcher"]
    assert watcher["command"] == WATCH
    assert watcher["healthcheck"] == {"disable": True}
    for dashboard in DASHBOARDS.values():
        assert watcher["environment"] == dashboard["environment"]
        assert watcher["secrets"] == dashboard["secrets"]
        assert watcher["networks"] == dashboard["networks"]
    assert seconds(watcher["stop_grace_period"]) > TURN_S + settings.UPSTREAM_TIMEOUT


def test_the_watcher_of_kubernetes_is_told_the_same_as_the_pods_and_writes_nowhere() -> None:
    (container,), (dashboard,) = pod("queuescope-watcher")["containers"], pod()["containers"]
    named, known = ({one["name"]: one["value"] for one in each["env"]} for each in (container, dashboard))
    assert named == {name: value for name, value in known.items() if name != "TRUSTED_PROXIES"}
    assert container["command"] == WATCH
    assert container["securityContext"] == dashboard["securityContext"]
    assert pod("queuescope-watcher")["securityContext"] == pod()["securityContext"]
    assert pod("queuescope-watcher")["terminationGracePeriodSeconds"] > TURN_S + settings.UPSTREAM_TIMEOUT


def test_who_tells_of_watches_is_given_the_server_for_mail_as_the_dashboards_are() -> None:
    mail = {"EMAIL_URL", "EMAIL_FROM"}
    (container,) = pod("queuescope-watcher")["containers"]
    assert mail <= {one["name"].removesuffix("_FILE") for one in container["env"]}
    assert mail <= set(COMPOSE["services"]["watcher"]["environment"])
    for name in ("queuescope", "queuescope-watcher"):
        ports = {each["port"] for way in manifests(name)["NetworkPolicy"]["spec"]["egress"] for each in way["ports"]}
        assert {465, 587} <= ports


@pytest.mark.parametrize("name", ["queuescope-forwarder", "queuescope-watcher"])
def test_nobody_reaches_the_forwarder_and_the_watcher(name: str) -> None:
    found = manifests(name)
    label = found["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert found["Deployment"]["spec"]["selector"]["matchLabels"] == label
    assert found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == label
    assert "Ingress" in found["NetworkPolicy"]["spec"]["policyTypes"]
    assert "ingress" not in found["NetworkPolicy"]["spec"]
    assert label != manifests()["Service"]["spec"]["selector"]


def test_the_probes_ask_the_health_pages_by_a_name_that_is_believed() -> None:
    (container,) = pod()["containers"]
    hosts = {one["name"]: one.get("value") for one in container["env"]}["ALLOWED_HOSTS"]
    probes = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    assert {name: probe["path"] for name, probe in probes.items()} == {
        "startup": "/healthz/",
        "liveness": "/healthz/",
        "readiness": "/readyz/",
    }
    for probe in probes.values():
        assert probe["httpHeaders"] == [{"name": "Host", "value": hosts}]


def test_the_secret_is_a_template_without_values_for_the_files_that_are_named() -> None:
    secret = manifests()["Secret"]
    assert set(secret["stringData"].values()) == {""}
    (container,) = pod()["containers"]
    files = {Path(one["value"]).name for one in container["env"] if one["name"].endswith("_FILE")}
    assert files == set(secret["stringData"])
    (volume,) = [one["secret"] for one in pod()["volumes"] if "secret" in one]
    assert volume["secretName"] == secret["metadata"]["name"]


def test_all_of_kubernetes_speaks_of_the_same_pods() -> None:
    found = manifests()
    label = found["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert found["Service"]["spec"]["selector"] == label
    assert found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == label
    assert found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == label
    assert found["PodDisruptionBudget"]["spec"]["minAvailable"] < found["Deployment"]["spec"]["replicas"]
