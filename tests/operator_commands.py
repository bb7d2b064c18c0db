"""Commands that docs/operations.md shows to operators, run as they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.crashes import make_environment
from tests.processes import ROOT
from tests.services import as_postgres, require_program


def run_commands(name: str, folder: Path, variables: dict[str, str], *, project: Path = ROOT, is_postgres: bool = False) -> str:
    """Run the commands that the document has under this name in a folder, and return what they print.

    `is_postgres` says that the user of PostgreSQL runs them.
    """
    text = (ROOT / "docs" / "operations.md").read_text()
    (script,) = re.findall(rf"<!-- test: {name} -->\n *```bash\n(.*?)```", text, re.DOTALL)
    programs = f"{Path(sys.executable).parent}:{Path(require_program('pg_ctl')).parent}:{os.environ['PATH']}"
    command = ["bash", "-eux", "-c", script.replace("manage.py", str(project / "manage.py"))]
    done = subprocess.run(
        as_postgres(command) if is_postgres else command,
        cwd=folder,
        env={**make_environment(**variables), "PATH": programs},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
