"""`python -m docs_site`: build the documentation in the folder `site`. Broken links end it with an error."""

import argparse
import os
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from docs_site import pages, reference

GUIDES = (
    *("api", "clients", "catalog", "promotions", "delivery", "parcels", "accounts", "payments", "cash-on-delivery"),
    *("performance", "scaling", "deployment", "operations"),
)
TUTORIALS = ("first-shop-front", "add-a-field", "add-a-payment-provider")
FOR_MERCHANTS = ("home", "orders", "products", "customers", "settings")  # first in this order, then what else there is
COPIES = {"examples/storefront/icon.svg": "assets/favicon.svg", "docs_site/vendor/iframe-worker/shim.js": "assets/iframe-worker.js"}
SWAGGER_UI = "static/drf_spectacular_sidecar/swagger-ui-dist"
API_ASSETS = ("swagger-ui-bundle.js", "swagger-ui.css")


def build_site(output: Path) -> int:
    """Write the pages and let MkDocs build the site from them; return its exit code."""
    with tempfile.TemporaryDirectory(prefix="shop-docs-") as folder:
        work = Path(folder)
        write_pages(pages.Site(work / "pages"))
        settings = (Path(__file__).parent / "mkdocs.yml").read_text(encoding="utf-8")
        navigation = yaml.safe_dump({"nav": list_navigation()}, sort_keys=False)
        (work / "mkdocs.yml").write_text(f"{settings}\n{navigation}", encoding="utf-8")
        command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(output.resolve())]
        environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
        build = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)
        if build.returncode:
            sys.stderr.write(build.stdout + build.stderr)
        return build.returncode


def write_pages(site: pages.Site) -> None:
    """Write everything that the site consists of."""
    document: dict[str, Any] = yaml.safe_load((pages.ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    for source in pages.find_documents():
        site.write_document(source)
    for source, target in (pages.find_pictures() | pages.DOWNLOADS | COPIES).items():
        site.write_bytes(target, (pages.ROOT / source).read_bytes())
    site.write("reference/configuration.md", reference.render_settings((pages.ROOT / ".env.example").read_text(encoding="utf-8")))
    site.write("reference/api.md", reference.render_operations(document))
    site.write(f"reference/{reference.API_PAGE}", reference.render_api_page(document))
    site.write("decisions/index.md", reference.render_decisions(pages.ROOT / "docs" / "decisions"))
    for name in API_ASSETS:
        site.write_bytes(f"reference/{name}", (files("drf_spectacular_sidecar") / SWAGGER_UI / name).read_bytes())
    site.write_sources()


def list_navigation() -> list[dict[str, Any]]:
    """Return the navigation: a fixed order, and what else is there at its end."""
    docs = pages.ROOT / "docs"
    for_merchants = [f"admin/{name}.md" for name in _sort_names(docs / "admin", FOR_MERCHANTS)]
    return [
        {"Start": "index.md"},
        {"Tutorials": [f"tutorials/{name}.md" for name in _sort_names(docs / "tutorials", TUTORIALS)]},
        {"Guides": [f"{name}.md" for name in _sort_names(docs, GUIDES) if name != "errors"]},
        *([{"For merchants": for_merchants}] if for_merchants else []),
        {"Reference": ["reference/api.md", "errors.md", "reference/configuration.md"]},
        {"Architecture": ["architecture.md", "contributing.md", "changelog.md"]},
        {"Decisions": ["decisions/index.md", *(f"decisions/{path.name}" for path in sorted((docs / "decisions").glob("0*.md")))]},
    ]


def _sort_names(folder: Path, first: tuple[str, ...]) -> list[str]:
    """Return the names of the documents in a folder: those of `first` in their order, then the others."""
    names = {path.stem for path in folder.glob("*.md")}
    return [name for name in first if name in names] + sorted(names - set(first))


def main() -> int:
    """Parse the arguments and build the site."""
    parser = argparse.ArgumentParser(prog="docs_site", description="Builds the documentation as a static site.")
    parser.add_argument("--output", type=Path, default=pages.ROOT / "site", help="folder of the site (default: site)")
    options = parser.parse_args()
    code = build_site(options.output)
    if code == 0:
        sys.stdout.write(f"The documentation is in {options.output}; open {options.output / 'index.html'}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
