"""Pages that are made from other files: settings from .env.example, the API from openapi.yaml, the list of decisions."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

METHODS = ("get", "post", "put", "patch", "delete")
API_PAGE = "swagger.html"
SETTINGS = re.compile(r"((?:^# .*\n)*)((?:^[A-Z0-9_]+=.*\n)+)", re.MULTILINE)


def render_settings(text: str) -> str:
    """Return a page with a table for each section of .env.example."""
    introduction, *sections = re.split("^# --- ", text, flags=re.MULTILINE)
    return "\n\n".join(("# Configuration", _join_comments(introduction), *map(_render_section, sections))) + "\n"


def _render_section(section: str) -> str:
    """Return a table with a row for each comment and the variables below it."""
    title, _, rest = section.partition("\n")
    rows = [
        f"| {'<br>'.join(f'`{line}`' for line in variables.splitlines())} | {_escape_cell(_join_comments(comments))} |"
        for comments, variables in SETTINGS.findall(rest)
    ]
    return "\n".join((f"## {title.strip()}\n", "| variable, and its default or an example | |", "| --- | --- |", *rows))


def _join_comments(text: str) -> str:
    return " ".join(line.removeprefix("# ") for line in text.splitlines() if line.startswith("# "))


def _escape_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def render_decisions(folder: Path) -> str:
    """Return a page that lists the decisions by number."""
    titles = {path.name: path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ") for path in sorted(folder.glob("0*.md"))}
    rows = [f"- [{title}]({name})" for name, title in titles.items()]
    return "\n".join(("# Decisions\n", "Why the shop is built as it is: context, choice and price.\n", *rows, ""))


def render_operations(document: dict[str, Any]) -> str:
    """Return a page that lists the operations of the API by tag, each with a link to its place in the interactive reference."""
    parts = [
        "# API",
        f"[The reference with all fields, examples and refusals]({API_PAGE}) shows what a running shop shows at `/api/docs/`. "
        "It is made from [openapi.yaml](openapi.yaml). [Errors](../errors.md) lists every code.",
        document["info"]["description"],
    ]
    for tag in document["tags"]:
        rows = [
            f"| `{method.upper()} {path}` | [{operation['summary']}]({API_PAGE}#/{quote(tag['name'])}/{operation['operationId']}) |"
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if method in METHODS and tag["name"] in operation["tags"]
        ]
        parts.append("\n".join((f"## {tag['name']}\n\n{tag['description']}\n", "| operation | |", "| --- | --- |", *rows)))
    return "\n\n".join(parts) + "\n"


def render_api_page(document: dict[str, Any]) -> str:
    """Return the interactive reference as a page that contains the document, so that it works from the file system too."""
    schema = json.dumps(document, default=str).replace("</", "<\\/")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API reference</title>
<link rel="icon" href="../assets/favicon.svg">
<link rel="stylesheet" href="swagger-ui.css">
<style>body {{ margin: 0; }} .back {{ display: block; padding: 1rem 20px 0; font: 1rem system-ui; }}</style>
</head>
<body>
<a class="back" href="api.html">Back to the documentation</a>
<div id="reference"></div>
<script src="swagger-ui-bundle.js"></script>
<script>
SwaggerUIBundle({{
  dom_id: "#reference", spec: {schema}, deepLinking: true, docExpansion: "list", filter: true,
  supportedSubmitMethods: [], validatorUrl: null,
}});
</script>
</body>
</html>
"""
