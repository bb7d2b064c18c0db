"""The files in which a worker of gunicorn counts for `/metrics`, in the folder PROMETHEUS_MULTIPROC_DIR.

They belong to a slot: a worker that replaces another goes on with its files, so that their number stays bounded (gunicorn.conf.py).
"""

import os
from pathlib import Path

from prometheus_client import mmap_dict, values

MAX_ENTRY_OVERHEAD = 28  # bytes of an entry beside its key: length, padding, value and time


class AllocatedDict(mmap_dict.MmapedDict):
    """A file of counts whose blocks are allocated before they are written.

    A full disk raises OSError then. The library makes sparse files, and a process that writes to a hole of one on a full disk is
    killed by SIGBUS.
    """

    def __init__(self, filename: str) -> None:
        path = Path(filename)
        try:
            with path.open("ab") as file:
                os.posix_fallocate(file.fileno(), 0, mmap_dict._INITIAL_MMAP_SIZE)
        except OSError:
            path.unlink(missing_ok=True)  # the library cannot read an empty file
            raise
        super().__init__(filename)  # type: ignore[no-untyped-call]

    def _init_value(self, key: str) -> None:
        if self._used + len(key.encode()) + MAX_ENTRY_OVERHEAD > self._capacity:
            os.posix_fallocate(self._f.fileno(), 0, self._capacity * 2)  # the size to which the library extends it
        super()._init_value(key)  # type: ignore[no-untyped-call]


def share_counts(slot: int) -> None:
    """Count in the files of this slot. It must be called before the metrics are defined (`metrics.py`)."""
    values.MmapedDict = AllocatedDict  # type: ignore[attr-defined,assignment]
    values.ValueClass = values.MultiProcessValue(lambda: slot)  # type: ignore[no-untyped-call]
