"""Parser of the variables of OpenTelemetry that turn tracing on, for `settings.py`. Its packages read the others."""

from importlib.util import find_spec

from environs import EnvError

from store.environment import ShopEnv

PACKAGES = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http", "opentelemetry.instrumentation.urllib3")


def parse_tracing(env: ShopEnv) -> str:
    """Return where traces go: `otlp`, `console`, or an empty string for nowhere. Raises EnvError."""
    endpoints = (env.str("OTEL_EXPORTER_OTLP_ENDPOINT", ""), env.str("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", ""))
    exporter = env.one_of("OTEL_TRACES_EXPORTER", ("", "otlp", "console", "none"))
    is_disabled = env.bool("OTEL_SDK_DISABLED", False)
    if is_disabled or exporter == "none" or not (exporter or any(endpoints)):
        return ""
    env.one_of("OTEL_EXPORTER_OTLP_PROTOCOL", ("http/protobuf",))
    if not all(_is_installed(package) for package in PACKAGES):
        raise EnvError(
            "OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_TRACES_EXPORTER asks for traces, but OpenTelemetry is not installed. "
            "Run pip install -r requirements-otel.txt, or set OTEL_SDK_DISABLED=true."
        )
    return exporter or "otlp"


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # of the package that holds it
        return False
