"""Run client code in Node.js."""

import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent


def install_packages(folder: Path, source: Path = FOLDER) -> Path:
    """Copy the code of `source` into a folder, install its pinned packages, and return the folder."""
    for path in source.glob("*.*js*"):
        shutil.copy(path, folder)
    command = ["npm", "ci", "--silent", "--no-audit", "--no-fund"]
    completed = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return folder


def run_module(folder: Path, code: str, **environment: str) -> list[str]:
    """Run a module in the folder, with the browser shim, and return the lines that it prints."""
    (folder / "main.js").write_text(f'import {{ header, keep }} from "./browser.mjs";\n{code}')
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", **environment}
    completed = subprocess.run(
        ["node", "main.js"], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert completed.returncode == 0, completed.stdout + completed.stderr
    return completed.stdout.splitlines()
