"""Files that are there whole or not at all: written beside their place, forced to disk, then moved there in one step.

And files that grow by a line at a time, of which a crash may spoil the last.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path

from grader.errors import GraderError, MachineLacks

__all__ = ["append_line", "disk_is_full", "write_atomically"]

_NO_ROOM = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


def write_atomically(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Make `data` the content of `path`; the folder has to be there.

    Whatever happens on the way, a power failure included, `path` holds its old content or the new one; with `durable=False`, only a
    power failure may leave it empty, and nothing waits for the disk. Raises MachineLacks if the
    disk is full and GraderError for other reasons; nothing half written stays behind.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")  # in the same folder: only there is the move one step
    try:
        try:
            with temporary.open("xb") as stream:
                stream.write(data)
                stream.flush()
                if durable:
                    os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        if durable:
            _sync_folder(path.parent)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise disk_is_full(path) from error
        raise GraderError(f"{path} cannot be written ({error.strerror}): check that its folder is there and writable.") from error


def append_line(path: Path, line: bytes) -> None:
    """Append a line and force it to disk; the folder has to be there.

    What a crash left of the last line becomes a line of its own, which the reader has to skip. Raises as `write_atomically` does.
    """
    try:
        with path.open("ab+") as stream:
            if stream.seek(0, os.SEEK_END):
                stream.seek(-1, os.SEEK_END)
                line = line if stream.read(1) == b"\n" else b"\n" + line
            stream.write(line + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise disk_is_full(path) from error
        raise GraderError(f"{path} cannot be written ({error.strerror}): check that its folder is there and writable.") from error


def disk_is_full(path: Path | str) -> MachineLacks:
    """The sentence for a full disk; raise what it returns."""
    return MachineLacks(
        f"{path} cannot be written: expected room on the disk, found it full: free some space and run the same command again; "
        "what is recorded stays recorded."
    )


def _sync_folder(folder: Path) -> None:
    """Force the move itself to disk, where folders can be opened (not on Windows)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system whose folders cannot be synced
            raise
    finally:
        os.close(descriptor)
