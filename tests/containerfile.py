"""Reads deploy/Containerfile and follows it in a folder: without a container engine, with the packages of this environment."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

from tests.processes import ROOT

CONTAINERFILE = ROOT / "deploy" / "Containerfile"
HOME = "/srv/shop"
CAP_DAC_READ_SEARCH = 2  # linux/capability.h


class Instruction(NamedTuple):
    """An instruction of the file, such as COPY, and what follows it."""

    name: str
    text: str


@dataclass
class Stage:
    """What stands between two FROM instructions."""

    instructions: list[Instruction] = field(default_factory=list)

    def get(self, name: str) -> list[str]:
        """Return the texts of the instructions of this name."""
        return [instruction.text for instruction in self.instructions if instruction.name == name]

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that ENV sets."""
        return dict(pair.split("=", 1) for text in self.get("ENV") for pair in shlex.split(text))


def read_stages() -> list[Stage]:
    """Return the stages of the file."""
    text = "\n".join(line for line in CONTAINERFILE.read_text().splitlines() if not line.startswith("#")).replace("\\\n", " ")
    stages: list[Stage] = []
    for line in filter(None, text.splitlines()):
        name, _, rest = line.strip().partition(" ")
        if name == "FROM":
            stages.append(Stage())
        elif stages:
            stages[-1].instructions.append(Instruction(name, " ".join(rest.split())))
    return stages


def parse_command(text: str) -> list[str]:
    """Return the arguments of CMD in its JSON form; also of HEALTHCHECK, whose options come first."""
    arguments: list[str] = json.loads(text[text.index("[") :])
    return arguments


def iter_context() -> Iterator[Path]:
    """Yield the tracked files that .dockerignore leaves in the build's context."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    kept = {line[1:] for line in lines if line.startswith("!")}
    everywhere = {line.removeprefix("**/") for line in lines if line.startswith("**/")}
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, tracked.stdout.split("\0")):
        path = Path(name)
        if path.parts[0] in kept and not everywhere & set(path.parts) and (ROOT / path).is_file():
            yield path


class Image:
    """The files of the image in a folder, in place of the root of a container."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.build_stage, self.stage = read_stages()
        self.workdir = ""

    def locate(self, text: str) -> str:
        """Return a text with the paths of the container below the folder."""
        return text.replace(HOME, f"{self.folder}{HOME}")

    def get_environment(self, stage: Stage, **variables: str) -> dict[str, str]:
        """Return the variables of a stage, and these, which take precedence."""
        own = {name: self.locate(value).replace("$PATH", os.environ["PATH"]) for name, value in stage.environment.items()}
        return {"HOME": self.locate(HOME), **own, **variables}

    def build(self) -> None:
        """Follow the instructions of the first stage; packages are not installed again."""
        Path(self.locate(HOME)).mkdir(parents=True)
        for name, text in self.build_stage.instructions:
            if name == "COPY":
                *sources, target = shlex.split(self.locate(text))
                self._copy(sources, target)
            elif name == "WORKDIR":
                self.workdir = self.locate(text)
                Path(self.workdir).mkdir(parents=True, exist_ok=True)
            elif name == "RUN" and "pip install" in text:
                Path(self.locate(f"{HOME}/venv")).symlink_to(sys.prefix)
            elif name == "RUN":
                environment = self.get_environment(self.build_stage)
                subprocess.run(["sh", "-c", text], cwd=self.workdir, env=environment, check=True, capture_output=True, timeout=240)

    def _copy(self, sources: list[str], target: str) -> None:
        context, place = list(iter_context()), Path(self.workdir) / target
        for source in sources:
            files = [path for path in context if path.parts[0] == source or fnmatch(str(path), source)]
            assert files, f"{source} is not in the context"
            for path in files:
                copy = place / (path.relative_to(source) if (ROOT / source).is_dir() else path)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / path, copy)

    def as_user(self, command: list[str]) -> list[str]:
        """Return the command as USER runs it: without root's right to write anywhere."""
        if os.geteuid():
            return command
        user, _, group = self.stage.get("USER")[0].partition(":")
        # Only root may look into the folders of this machine's Python, perhaps.
        rights = "-all,+dac_read_search" if _has_capability(CAP_DAC_READ_SEARCH) else "-all"
        return [
            "setpriv",
            f"--reuid={user}",
            f"--regid={group}",
            "--clear-groups",
            f"--inh-caps={rights}",
            f"--ambient-caps={rights}",
            *command,
        ]


def _has_capability(number: int) -> bool:
    status = Path("/proc/self/status").read_text()
    return bool(int(status.partition("CapBnd:")[2].split()[0], 16) >> number & 1)
