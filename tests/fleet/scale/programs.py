"""Programs that the run starts, kills and starts again; what they write goes to a log."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

STOP_SECONDS = 15


class Program:
    """A program in a process group of its own, which Ctrl-C does not reach."""

    def __init__(self, command: list[str], *, folder: Path, log: Path, environment: dict[str, str] | None = None) -> None:
        self.command, self.folder, self.log, self.environment = command, folder, log, environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it and its children."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """Kill it and its children."""
        self.signal(signal.SIGKILL)
        self.wait()

    def wait(self) -> None:
        """Wait until it has ended, and kill it after some seconds."""
        if self.process is None:
            return
        try:
            self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self.process.wait(timeout=STOP_SECONDS)
        self.process = None


def stop_all(programs: Sequence[Program]) -> None:
    """Ask all of them to end at once, and wait for them."""
    for program in programs:
        program.signal(signal.SIGTERM)
    for program in programs:
        program.wait()
