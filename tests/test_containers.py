"""deploy/Containerfile, compose.yaml and kubernetes/: what they name exists, and the image's steps lead to a shop that answers"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from environs import Env

from tests.containerfile import HOME, Image, iter_context, parse_command, read_stages
from tests.processes import FOLDERS, PRODUCTION, ROOT
from tests.services import free_port, wait_for_port
from tests.startup.test_env_example import listed

pytestmark = [pytest.mark.once]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
OF_COMPOSE = {"MIGRATION_DATABASE_URL", "DATABASE_PASSWORD", "SHOP_IMAGE", "TLS_FOLDER"}
OF_PYTHON = {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
BIN = Path(sys.prefix) / "bin"


def read_compose() -> dict[str, Any]:
    """Return deploy/compose.yaml."""
    compose: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return compose


def read_resources() -> dict[tuple[str, str], dict[str, Any]]:
    """Return the resources of deploy/kubernetes by kind and name."""
    files = [path for path in KUBERNETES.glob("*.yaml") if path.name != "kustomization.yaml"]
    resources = [resource for path in files for resource in yaml.safe_load_all(path.read_text())]
    return {(resource["kind"], resource["metadata"]["name"]): resource for resource in resources}


def get_pod(resource: dict[str, Any]) -> dict[str, Any]:
    """Return the pod that a workload starts."""
    spec = resource["spec"]
    pod: dict[str, Any] = spec.get("jobTemplate", {"spec": spec})["spec"]["template"]["spec"]
    return pod


def iter_pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the pod of each workload."""
    for (kind, name), resource in read_resources().items():
        if kind in ("Deployment", "Job", "CronJob"):
            yield name, get_pod(resource)


def get_shop_services() -> dict[str, dict[str, Any]]:
    """Return the services of compose.yaml that run the image of the shop."""
    return {name: service for name, service in read_compose()["services"].items() if "SHOP_IMAGE" in service["image"]}


def read_unit(name: str, key: str) -> str:
    """Return a value of a systemd unit."""
    match = re.search(rf"^{key}=(.*)$", (DEPLOY / "systemd" / name).read_text(), re.MULTILINE)
    assert match is not None
    return match[1]


def get_seconds(text: str) -> int:
    """Return a duration of compose.yaml in seconds."""
    return int(text.removesuffix("s"))


def test_the_containerfile_has_no_lint() -> None:
    done = subprocess.run([str(BIN / "hadolint"), str(DEPLOY / "Containerfile")], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def test_compose_follows_its_specification() -> None:
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(DEPLOY / "compose.yaml")]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kubernetes", ["1.31", "1.37"])
def test_the_manifests_follow_the_schemas_of_kubernetes(kubernetes: str) -> None:
    resources = read_resources()

    assert len(resources) == 12
    for resource in resources.values():
        kubernetes_validate.validate(resource, kubernetes, strict=True)


def test_kustomize_names_each_manifest_but_the_example() -> None:
    kustomization = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())
    files = {path.name for path in KUBERNETES.iterdir()} - {"kustomization.yaml", "secret.example.yaml"}

    assert sorted(kustomization["resources"]) == sorted(files)
    assert {image["name"] for image in kustomization["images"]} == {
        container["image"] for _, pod in iter_pods() for container in [*pod["containers"], *pod.get("initContainers", [])]
    }


def test_the_files_that_compose_names_exist() -> None:
    compose = read_compose()
    mounted = [volume.partition(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])]
    folder = {name for name in mounted if not name.startswith((".", "$"))}
    builds = [service["build"] for service in get_shop_services().values()]

    assert sorted(name for name in mounted if name.startswith("./")) == ["./nginx.conf", "./pgbouncer.ini"]
    assert [name for name in mounted if name.startswith("./") and not (DEPLOY / name).is_file()] == []
    assert folder == set(compose["volumes"])
    assert {str((DEPLOY / build["context"] / build["dockerfile"]).resolve()) for build in builds} == {str(DEPLOY / "Containerfile")}


def test_the_variables_are_those_of_the_shop() -> None:
    example = [line.partition("=")[0].removeprefix("# ") for line in (DEPLOY / "environment.example").read_text().splitlines()]
    named = {name for name in example if re.fullmatch(r"[A-Z][A-Z0-9_]+", name)}
    named |= {name for service in get_shop_services().values() for name in service["environment"]}
    resources = read_resources()
    named |= {*resources["ConfigMap", "shop"]["data"], *resources["Secret", "shop"]["stringData"]}
    named |= set(read_stages()[-1].environment) - OF_PYTHON
    interpolated = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", (DEPLOY / "compose.yaml").read_text()))

    assert "SECRET_KEY" in named
    assert named - set(listed()) == {"DATABASE_PASSWORD", "MIGRATION_DATABASE_URL"}
    assert interpolated - set(listed()) == OF_COMPOSE


def test_the_examples_hold_no_secret() -> None:
    resources = read_resources()
    lines = (DEPLOY / "environment.example").read_text().splitlines()

    assert [line for line in lines if re.match(r"\w*(KEY|SECRET|PASSWORD)\w*=.", line)] == []
    assert {value for value in resources["Secret", "shop"]["stringData"].values() if "<password>" not in value} == {""}
    assert [name for name in resources["ConfigMap", "shop"]["data"] if re.search("SECRET|PASSWORD|TOKEN", name)] == []


def test_the_programs_are_those_of_the_systemd_units() -> None:
    units = {
        "api": "shop.service",
        "worker": "shop-jobs@.service",
        "payments": "shop-payments.service",
        "tracking": "shop-tracking.service",
        "clean-up": "shop-cleanup.service",
    }
    started = {name: read_unit(unit, "ExecStart").replace("/srv/shop/app/.venv/bin/", "") for name, unit in units.items()}
    default = parse_command(read_stages()[-1].get("CMD")[0])
    composed = {name: " ".join(service.get("command", default)) for name, service in get_shop_services().items()}
    pods = {name: " ".join(pod["containers"][0].get("command", default)) for name, pod in iter_pods()}

    migration = {"migrate": "python manage.py migrate --noinput"}
    assert pods == started | migration
    assert composed == started | migration | {"clean-up": composed["clean-up"]}
    assert started["clean-up"] in composed["clean-up"]


def test_ports_agree_with_gunicorn() -> None:
    stage = read_stages()[-1]
    port = stage.environment["WEB_BIND"].partition(":")[2]
    api = get_pod(read_resources()["Deployment", "api"])["containers"][0]
    proxy = read_compose()["services"]["proxy"]["command"][-1]

    assert stage.get("EXPOSE") == [port]
    assert f":{port}/healthz" in stage.get("HEALTHCHECK")[0]
    assert [item["containerPort"] for item in api["ports"]] == [int(port)]
    assert f"server api:{port}" in proxy
    assert {probe: api[probe]["httpGet"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")} == {
        "startupProbe": {"path": "/healthz", "port": "http"},
        "readinessProbe": {"path": "/readyz", "port": "http"},
        "livenessProbe": {"path": "/healthz", "port": "http"},
    }


def test_the_configurations_of_proxy_and_pooler_are_fitted_to_the_network(tmp_path: Path) -> None:
    services = read_compose()["services"]
    files = {
        "/etc/nginx/shop.conf": DEPLOY / "nginx.conf",
        "/etc/nginx/conf.d/default.conf": tmp_path / "nginx.conf",
        "/etc/pgbouncer/shop.ini": DEPLOY / "pgbouncer.ini",
        "/tmp/pgbouncer.ini": tmp_path / "pgbouncer.ini",  # noqa: S108 - of the container
        "/tmp/userlist.txt": tmp_path / "userlist.txt",  # noqa: S108 - of the container
    }
    for script in (services["proxy"]["command"][-1], services["pgbouncer"]["entrypoint"][-1]):
        script = script.replace("$$", "$").partition("exec ")[0]
        for place, file in files.items():
            script = script.replace(place, str(file))
        variables = {"PATH": os.environ["PATH"], "ALLOWED_HOSTS": "lamps.example,www.lamps.example", "DATABASE_PASSWORD": "secret"}
        subprocess.run(["sh", "-ec", script], env=variables, check=True, timeout=20)

    site = (tmp_path / "nginx.conf").read_text()
    assert re.findall(r"^    server (.*?) max_fails", site, re.MULTILINE) == ["api:8000"]
    assert re.findall(r"server_name (.*);", site) == ["lamps.example www.lamps.example"] * 2
    pooler = (tmp_path / "pgbouncer.ini").read_text()
    assert re.findall(r"^(?:shop|listen_addr|auth_file) = .*", pooler, re.MULTILINE) == [
        "shop = host=database port=5432 dbname=shop",
        "listen_addr = 0.0.0.0",
        f"auth_file = {tmp_path}/userlist.txt",
    ]
    assert (tmp_path / "userlist.txt").read_text() == '"shop" "secret"\n'


def test_nobody_is_killed_before_their_time_is_over() -> None:
    graceful = int(Env().int("WEB_GRACEFUL_TIMEOUT", 25))
    services, pods = get_shop_services(), dict(iter_pods())
    sleep = int(pods["api"]["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])

    assert graceful < get_seconds(services["api"]["stop_grace_period"])
    assert graceful + sleep < pods["api"]["terminationGracePeriodSeconds"]
    units = {"worker": "shop-jobs@.service", "payments": "shop-payments.service", "tracking": "shop-tracking.service"}
    for name, unit in units.items():
        assert read_unit(unit, "TimeoutStopSec") == str(pods[name]["terminationGracePeriodSeconds"])
        assert get_seconds(services[name]["stop_grace_period"]) == pods[name]["terminationGracePeriodSeconds"]


def test_no_process_may_write_to_the_image_or_be_root() -> None:
    stage = read_stages()[-1]
    user = int(stage.get("USER")[0].partition(":")[0])
    for _, pod in iter_pods():
        assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, user)
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert "/tmp" in [mount["mountPath"] for mount in container["volumeMounts"]]  # noqa: S108 - of the container
    for service in get_shop_services().values():
        assert (service["read_only"], service["tmpfs"], service["cap_drop"]) == (True, ["/tmp"], ["ALL"])  # noqa: S108


def test_a_new_version_takes_over_without_a_gap() -> None:
    resources, services = read_resources(), get_shop_services()

    assert resources["Deployment", "api"]["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert (
        resources["HorizontalPodAutoscaler", "api"]["spec"]["minReplicas"]
        > resources["PodDisruptionBudget", "api"]["spec"]["maxUnavailable"]
    )
    waiting = {name for name, pod in iter_pods() if "migrate --check" in json.dumps(pod.get("initContainers", []))}
    assert waiting == {"worker", "payments", "tracking"}  # the API waits by /readyz
    assert {name for name, service in services.items() if "migrate" not in service["depends_on"]} == {"migrate"}
    assert services["api"]["deploy"]["replicas"] == 2


def test_the_context_of_the_build_is_the_program_alone() -> None:
    context = list(iter_context())

    assert {path.parts[0] for path in context} == {
        *FOLDERS,
        *("manage.py", "gunicorn.conf.py", "requirements.txt", "requirements-s3.txt", "requirements-otel.txt"),
    }
    assert [path for path in context if "tests" in path.parts or path.name.startswith(".env")] == []


def test_what_the_image_installs_is_what_the_tests_run_with() -> None:
    build = read_stages()[0]
    named = re.findall(r"--requirement \S+/(\S+)", " ".join(build.get("RUN")))
    lines = [line for name in (*named, "requirements.txt") for line in (ROOT / name).read_text().splitlines()]
    pins = dict(re.sub(r"\[.*\]", "", line).split("==") for line in lines if "==" in line)

    assert named == ["requirements-s3.txt", "requirements-otel.txt"]
    assert {name: version(name) for name in pins} == pins


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """The files of the image, which everybody may read, and a folder `data` for a database."""
    folder = Path(tempfile.mkdtemp(prefix="shop-image-"))
    try:
        folder.chmod(0o755)
        image = Image(folder)
        image.build()
        for place in (folder / "data", Path(image.locate(f"{HOME}/media"))):
            place.mkdir()
            if os.geteuid() == 0:
                os.chown(place, *map(int, image.stage.get("USER")[0].split(":")))
        yield image
    finally:
        shutil.rmtree(folder)


def list_files(image: Image) -> set[Path]:
    """Return all files of the image."""
    return {path for path in (image.folder / HOME[1:] / "app").rglob("*") if path.is_file()}


@pytest.mark.apart
def test_the_steps_of_the_image_lead_to_a_shop_that_answers(image: Image) -> None:
    port, before = free_port(), list_files(image)
    variables = {**PRODUCTION, "DATABASE_URL": f"sqlite:///{image.folder}/data/db.sqlite3", "WEB_CONCURRENCY": "1"}
    environment = image.get_environment(image.stage, **variables, WEB_BIND=f"127.0.0.1:{port}", TRUSTED_PROXIES="1")
    migrate, health = get_shop_services()["migrate"]["command"], parse_command(image.stage.get("HEALTHCHECK")[0])
    health = [argument.replace("8000", str(port)) for argument in health]

    def run(command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            image.as_user(command), cwd=image.workdir, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    migrated, unhealthy = run(migrate), run(health)
    assert migrated.returncode == 0, migrated.stderr
    command = image.as_user(parse_command(image.stage.get("CMD")[0]))
    server = subprocess.Popen(command, cwd=image.workdir, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        wait_for_port(port)
        healthy = next((done for done in (run(health) for _ in range(6)) if not done.returncode), None)  # --retries
        ready = json.loads(fetch(port, "/readyz"))
        page = fetch(port, "/admin/login/").decode()
        sheet = re.search(r'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', page)
        assert sheet is not None
        style = fetch(port, sheet[1])
        start = time.monotonic()
    finally:
        server.terminate()
        _, output = server.communicate(timeout=60)

    assert (unhealthy.returncode, healthy is not None) == (1, True)
    assert (ready["status"], ready["data"]) == (200, {"degraded": []})
    assert b"@font-face" in style
    assert (server.returncode, time.monotonic() - start < 25) == (0, True)
    assert "Traceback" not in output
    assert list_files(image) == before


def fetch(port: int, path: str) -> bytes:
    """Return what the server answers to a request through the proxy."""
    headers = {"Host": PRODUCTION["ALLOWED_HOSTS"], "X-Forwarded-Proto": "https"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - http
        body: bytes = response.read()
        return body
