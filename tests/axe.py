"""Run axe-core on the current page and report WCAG 2.1 AA violations (https://github.com/dequelabs/axe-core)."""

from pathlib import Path

from playwright.sync_api import Page

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}, "resultTypes": ["violations"]}
RUN = """async (rules) => (await axe.run(document, rules)).violations
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`))"""


def find_violations(page: Page, packages: Path) -> list[str]:
    """Return each violated rule with its element; `packages` is the folder in which axe-core is installed."""
    page.evaluate((packages / "node_modules" / "axe-core" / "axe.min.js").read_text())
    problems: list[str] = page.evaluate(RUN, RULES)
    return problems
