"""What student code prints: its end is kept, the rest is counted and dropped, so that printing costs nobody memory or disk."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

__all__ = ["KeptOutput"]

_HEAD = 1_000  # characters kept of the beginning
_TAIL = 3_000  # and of the end


class _Kept(io.RawIOBase):
    """A stream that keeps the first and the last bytes written to it."""

    def __init__(self) -> None:
        self.head = bytearray()
        self.tail = bytearray()
        self.dropped = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:  # any buffer, as RawIOBase has it
        view = bytes(data)
        size = len(view)
        if len(self.head) < _HEAD:
            taken = _HEAD - len(self.head)
            self.head += view[:taken]
            view = view[taken:]
        self.tail += view[-_TAIL:]
        excess = len(self.tail) - _TAIL
        self.dropped += len(view) - len(view[-_TAIL:]) + max(0, excess)
        if excess > 0:
            del self.tail[:excess]
        return size


class KeptOutput:
    """Stands in for standard output and error while student code runs."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget what was printed."""
        self.raw = _Kept()
        self.stream = io.TextIOWrapper(cast("BinaryIO", self.raw), encoding="utf-8", errors="replace", write_through=True)

    @contextlib.contextmanager
    def capture(self) -> Iterator[None]:
        """Send what is printed here; put the streams back afterwards, whatever student code made of them."""
        before = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = self.stream
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before

    def text(self) -> str:
        """What was printed, with a line in the place of what was dropped."""
        head, tail = (part.decode("utf-8", "replace") for part in (self.raw.head, self.raw.tail))
        return head + (f"\n… {self.raw.dropped:,} bytes not kept …\n" if self.raw.dropped else "") + tail

    def redirect_descriptors(self) -> None:
        """Point descriptors 0, 1 and 2 at /dev/null: what bypasses Python's streams reaches nobody's terminal."""
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os.close(null)
