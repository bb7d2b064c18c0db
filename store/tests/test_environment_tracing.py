"""The variables of OpenTelemetry that turn traces on"""

import pytest
from environs import EnvError

from store import environment_tracing
from store.environment import ShopEnv
from store.environment_tracing import parse_tracing

pytestmark = pytest.mark.once
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("variables", "exporter"),
    [
        ({}, ""),
        (ENDPOINT, "otlp"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, "otlp"),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, "otlp"),
        ({"OTEL_TRACES_EXPORTER": "console"}, "console"),
        ({**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}, ""),
        ({**ENDPOINT, "OTEL_SDK_DISABLED": "true"}, ""),
    ],
)
def test_an_endpoint_or_an_exporter_turns_them_on(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], exporter: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert parse_tracing(ShopEnv()) == exporter


@pytest.mark.parametrize(
    ("name", "value"), [("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_TRACES_EXPORTER", "zipkin"), ("OTEL_SDK_DISABLED", "maybe")]
)
def test_what_the_installed_packages_cannot_do_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", ENDPOINT["OTEL_EXPORTER_OTLP_ENDPOINT"])
    monkeypatch.setenv(name, value)

    with pytest.raises(EnvError, match=name):
        parse_tracing(ShopEnv())


@pytest.mark.parametrize("package", ["opentelemetry.nothing", "nothing.at.all"])
def test_missing_packages_stop_the_start_with_what_to_install(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setattr(environment_tracing, "PACKAGES", (package,))
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")

    with pytest.raises(EnvError, match=r"pip install -r requirements-otel\.txt"):
        parse_tracing(ShopEnv())
