"""Which files of the project become pages, and where their links lead."""

import posixpath
import re
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOT_PAGES = {  # the documents beside the folder docs, and the page that each becomes
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
GENERATED_PAGES = {".env.example": "reference/configuration.md", "docs/decisions": "decisions/index.md"}
DOWNLOADS = {"openapi.yaml": "reference/openapi.yaml"}
PICTURES = {".webp", ".png", ".jpg", ".svg"}
LANGUAGES = {
    **{".py": "python", ".js": "js", ".mjs": "js", ".ts": "ts", ".json": "json", ".yaml": "yaml", ".yml": "yaml"},
    **{".html": "html", ".css": "css", ".toml": "toml", ".ini": "ini", ".txt": "text", "": "text"},
    **{".conf": "nginx", ".service": "ini"},
}
FENCE = re.compile(r"^( *)(`{3,}|~{3,}).*?^\1\2`*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(\]\()([^)\s]+)(\))")


def find_documents() -> dict[str, str]:
    """Return the page, by its path in the site, that each document becomes; the keys are paths in the project."""
    docs = ROOT / "docs"
    return ROOT_PAGES | {f"docs/{path.relative_to(docs)}": str(path.relative_to(docs)) for path in sorted(docs.rglob("*.md"))}


def find_pictures() -> dict[str, str]:
    """Return where the pictures of the documents lie in the site."""
    docs = ROOT / "docs"
    pictures = sorted(path.relative_to(docs) for path in docs.rglob("*") if path.suffix in PICTURES)
    return {f"docs/{path}": str(path) for path in pictures}


class Site:
    """The pages of the site as they are written, with a page of its own for each source file that a document links to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.targets = find_documents() | GENERATED_PAGES | find_pictures() | DOWNLOADS
        self.sources: list[str] = []  # files and folders whose pages are still to be written

    def write(self, target: str, text: str) -> None:
        """Write a page."""
        self.write_bytes(target, text.encode())

    def write_bytes(self, target: str, content: bytes) -> None:
        """Write a file as it is."""
        path = self.folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def write_document(self, source: str) -> None:
        """Write the page of a document, with links that lead to pages of the site."""
        text = (ROOT / source).read_text(encoding="utf-8")
        self.write(self.targets[source], _replace_outside_code(text, lambda link: self._resolve(link, source)))

    def write_sources(self) -> None:
        """Write the pages of all files and folders that pages link to."""
        while self.sources:
            source = self.sources.pop()
            path = ROOT / source
            self.write(self.targets[source], self._render_folder(source) if path.is_dir() else _render_file(source))

    def _resolve(self, link: str, source: str) -> str:
        """Return where a link of this document leads in the site; a broken one stays as it is, for MkDocs to report."""
        if re.match(r"[a-z]+:|#", link):
            return link
        path, hash_mark, anchor = link.partition("#")
        target = self._find_target(posixpath.normpath(posixpath.join(posixpath.dirname(source), path)))
        return posixpath.relpath(target, posixpath.dirname(self.targets[source]) or ".") + hash_mark + anchor if target else link

    def _find_target(self, source: str) -> str:
        """Return the page of a path in the project, or an empty string if there is no such file or none to show."""
        path = ROOT / source
        if source not in self.targets and (path.is_dir() or (path.is_file() and path.suffix in LANGUAGES)):
            self.targets[source] = f"source/{source}/index.md" if path.is_dir() else f"source/{source}.md"
            self.sources.append(source)
        return self.targets.get(source, "")

    def _render_folder(self, source: str) -> str:
        """Return a page that lists a folder's files."""
        names = sorted(path.name for path in (ROOT / source).iterdir() if not path.name.startswith((".", "__")))
        rows = []
        for name in names:
            target = self._find_target(f"{source}/{name}")
            rows.append(
                f"- [{name}]({posixpath.relpath(target, posixpath.dirname(self.targets[source]))})" if target else f"- {name}"
            )
        return _render_source(source, "\n".join(rows))


def _replace_outside_code(text: str, resolve: Callable[[str], str]) -> str:
    """Return the text with every link replaced, except in code blocks."""
    parts, end = [], 0
    for block in FENCE.finditer(text):
        parts += [_replace_links(text[end : block.start()], resolve), block[0]]
        end = block.end()
    return "".join([*parts, _replace_links(text[end:], resolve)])


def _replace_links(text: str, resolve: Callable[[str], str]) -> str:
    return LINK.sub(lambda match: f"{match[1]}{resolve(match[2])}{match[3]}", text)


def _render_file(source: str) -> str:
    """Return a page that shows a source file."""
    text = (ROOT / source).read_text(encoding="utf-8")
    fence = "`" * max(3, *(len(ticks) + 1 for ticks in ("", *re.findall("`{3,}", text))))
    return _render_source(source, f"{fence}{LANGUAGES[Path(source).suffix]}\n{text.rstrip()}\n{fence}")


def _render_source(source: str, body: str) -> str:
    return f"---\nsearch:\n  exclude: true\n---\n# {source}\n\n{body}\n"
