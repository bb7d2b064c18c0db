"""core.metric_files: counts of processes that come and go"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client import values
from prometheus_client.mmap_dict import MmapedDict

from core.metric_files import AllocatedDict, share_counts

BLOCK = 512  # bytes, the unit of st_blocks


@contextmanager
def no_room_beyond(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond this many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def opened(path: Path) -> Iterator[AllocatedDict]:
    """Yield the counts of this file."""
    counts = AllocatedDict(str(path))
    try:
        yield counts
    finally:
        counts.close()  # type: ignore[no-untyped-call]


def is_allocated(path: Path) -> bool:
    """Return whether every byte of the file has its place on the disk."""
    return path.stat().st_blocks * BLOCK >= path.stat().st_size > 0


def test_files_have_their_room_before_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "counter_0.db"
    with opened(path) as counts:
        first_size = path.stat().st_size
        assert is_allocated(path)

        for number in range(first_size // 100):  # an entry takes more than 100 bytes
            counts.write_value(f"{number:0>100}", 1.0, 0.0)  # type: ignore[no-untyped-call]

    assert path.stat().st_size == 2 * first_size
    assert is_allocated(path)


def test_a_full_disk_is_an_error_that_leaves_no_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "counter_0.db"

    with no_room_beyond(1000), pytest.raises(OSError, match="File too large"):
        AllocatedDict(str(path))

    assert not path.exists()


def test_a_disk_that_fills_up_later_keeps_what_was_counted(tmp_path: Path) -> None:
    path = tmp_path / "counter_0.db"

    with opened(path) as counts:
        counts.write_value("first", 3.0, 0.0)  # type: ignore[no-untyped-call]
        size = path.stat().st_size
        with no_room_beyond(size), pytest.raises(OSError, match="File too large"):
            counts.write_value("x" * size, 1.0, 0.0)  # type: ignore[no-untyped-call]

    entries = MmapedDict.read_all_values_from_file(str(path))  # type: ignore[no-untyped-call]
    assert [(key.strip(), value) for key, value, *_ in entries] == [("first", 3.0)]


def test_workers_of_a_slot_continue_each_others_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    monkeypatch.setattr("prometheus_client.values.MmapedDict", MmapedDict)
    monkeypatch.setattr(values, "ValueClass", values.ValueClass)

    for _ in ("a worker", "its successor"):
        share_counts(3)
        value = values.ValueClass("counter", "shop_x", "shop_x_total", (), (), "")
        value.inc(2)
        count = value.get()
        value._file.close()

    assert count == 4
    assert [path.name for path in tmp_path.iterdir()] == ["counter_3.db"]
