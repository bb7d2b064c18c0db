"""PostgreSQL and Redis for the tests: private, on ports of their own, removed afterwards."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MEMORY_NEEDED = 2 * 1024**3  # bytes


def require_program(name: str) -> str:
    """Return where a program is. Raises RuntimeError where it is not installed."""
    found = program(name)
    if found is None:
        raise RuntimeError(f"{name} is not installed")
    return found


def program(name: str) -> str | None:
    """Return where a program is; Debian keeps those of PostgreSQL out of the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(debian[-1]) if debian else None)


# The programs that parts of the suite need.
NEEDS = {
    "engine": ("initdb", "pg_ctl", "redis-server"),
    "node": ("node", "npm"),
    "browser": ("chromium",),
    "proxy": ("nginx",),
    "fleet": ("pg_basebackup", "pgbouncer"),
}
OLDEST_NODE = 20  # @hey-api/openapi-ts does not start on 18


@cache
def find_missing_programs(part: str) -> list[str]:
    """Return the programs of this part of the suite that are not installed, or too old."""
    missing = [name for name in NEEDS[part] if program(name) is None]
    if part == "node" and not missing and _get_node_version() < OLDEST_NODE:
        return [f"node {OLDEST_NODE} or newer"]
    return missing


def _get_node_version() -> int:
    """Return the major version of Node.js."""
    printed = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout  # v20.20.2
    return int(printed.removeprefix("v").partition(".")[0])


def memory_folder() -> str | None:
    """Return a folder in memory, where databases are quickest, or None where it has not room for them."""
    folder = Path("/dev/shm")  # noqa: S108 - what is put there is private
    return str(folder) if folder.is_dir() and shutil.disk_usage(folder).free > MEMORY_NEEDED else None


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def as_postgres(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root: hand over to its own user then."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server in a private folder, on a port of its own. `fsync` is off."""

    folder: Path
    port: int
    settings: tuple[str, ...] = ()  # such as `jit=off`

    @property
    def data(self) -> str:
        """The folder of its data."""
        return str(self.folder / "data")

    def initialize(self) -> None:
        """Create the data of a new server."""
        options = ("--username", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8")
        run_as_postgres([require_program("initdb"), "--pgdata", self.data, *options])

    def start(self) -> None:
        """Start the server, and wait until it accepts connections."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c max_connections=200 -c fsync=off"
        options += "".join(f" -c {setting}" for setting in ("wal_keep_size=64MB", *self.settings))  # for a replica that was away
        log = str(self.folder / "log")
        run_as_postgres([require_program("pg_ctl"), "--pgdata", self.data, "--wait", "--log", log, "--options", options, "start"])

    def stop(self) -> None:
        """Stop the server at once, as a crash does."""
        run_as_postgres([require_program("pg_ctl"), "--pgdata", self.data, "--wait", "--mode", "immediate", "stop"])


@contextmanager
def cluster_folder(*settings: str) -> Iterator[Cluster]:
    """Yield a cluster with these settings, whose folder is empty."""
    with tempfile.TemporaryDirectory(prefix="shop-postgres-", dir=memory_folder()) as folder:
        give_to_postgres(folder)
        yield Cluster(Path(folder), free_port(), settings)


@contextmanager
def postgres(*settings: str) -> Iterator[str]:
    """Start a cluster with these settings, such as `jit=off`; yields its DATABASE_URL."""
    with cluster_folder(*settings) as cluster:
        cluster.initialize()
        cluster.start()
        try:
            yield f"postgres://postgres@127.0.0.1:{cluster.port}/shop"
        finally:
            cluster.stop()


def give_to_postgres(path: str) -> None:
    """Let PostgreSQL's own user write there, if this process is root."""
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(path, owner.pw_uid, owner.pw_gid)


def run_as_postgres(command: list[str]) -> None:
    """Run a program of PostgreSQL. Raises RuntimeError if it fails."""
    done = subprocess.run(as_postgres(command), capture_output=True, text=True, cwd="/", check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def get_redis_command(port: int) -> list[str]:
    """Return the command that starts Redis in the foreground, keeping nothing."""
    return [require_program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]


@contextmanager
def redis() -> Iterator[str]:
    """Start a server that keeps nothing; yields its REDIS_URL."""
    port = free_port()
    running = subprocess.Popen(get_redis_command(port), stdout=subprocess.DEVNULL, cwd=tempfile.gettempdir())
    try:
        wait_for_port(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        running.terminate()
        running.wait(timeout=60)


def wait_for_port(port: int) -> None:
    """Wait until a server listens there. Raises RuntimeError after a minute: a busy machine starts slowly."""
    for _ in range(1200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing answers on port {port}")
