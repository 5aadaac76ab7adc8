"""A zygote on a machine without a GPU whose workers take it that CUDA started, and train on the CPU. In the place of
`python -m grader.sandbox.zygote`, for tests alone."""

from __future__ import annotations

import sys
from typing import Any

from grader.sandbox import cuda, loops, zygote
from grader.sandbox.plan import GpuFound


def found(memory_mb: int) -> GpuFound:
    return GpuFound("", f"Pretended ({memory_mb} MB)", 8_000, 8_000)


begun = loops._Run.__init__


def on_the_cpu(run: Any, options: dict[str, Any]) -> None:
    begun(run, {**options, "device": "cpu" if options["device"] == "cuda" else options["device"]})


cuda.take_gpu = found
loops._Run.__init__ = on_the_cpu  # type: ignore[method-assign]
if __name__ == "__main__":
    sys.argv = [sys.argv[0], sys.argv[1]]
    zygote.main()
