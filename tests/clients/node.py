"""Runs client code in Node.js."""

import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent


def install(folder: Path) -> Path:
    """Copy the client code into a folder, install what package-lock.json pins, and return the folder."""
    for path in FOLDER.glob("*.*js*"):
        shutil.copy(path, folder)
    command = ["npm", "ci", "--silent", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def run(folder: Path, code: str, **environment: str) -> list[str]:
    """Run a module in the folder, with what it takes from a browser, and return the lines that it prints."""
    (folder / "main.js").write_text(f'import {{ header, keep }} from "./browser.mjs";\n{code}')
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", **environment}
    done = subprocess.run(["node", "main.js"], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()
