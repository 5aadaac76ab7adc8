"""What `grader doctor` says of a machine's GPUs: what came of trying them from inside the walls."""

from __future__ import annotations

import pytest

from grader import doctor
from grader.sandbox.plan import Gpu, GpuFound

FIRST, SECOND = Gpu("cuda:0", ("/dev/nvidia0",)), Gpu("cuda:1", ("/dev/nvidia1",))


def test_a_gpu_is_there_if_something_could_be_computed_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each GPU is tried by itself, and one that only stands in the machine is none."""
    found = {FIRST: GpuFound("", "Fake 9000", 8000, 6000), SECOND: GpuFound("RuntimeError: CUDA error 304")}
    monkeypatch.setattr(doctor, "gpus_here", lambda: (FIRST, SECOND))
    monkeypatch.setattr(doctor, "try_gpu", lambda gpu: found[gpu])
    assert [(finding.name, finding.status, finding.detail) for finding in doctor._devices()] == [
        ("cuda:0", "yes", "Fake 9000, 8,000 MB; computes inside the walls"),
        ("cuda:1", "no", "it is here, but not to be used from inside the walls: RuntimeError: CUDA error 304"),
    ]


def test_a_machine_without_a_gpu_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is tried."""
    monkeypatch.setattr(doctor, "gpus_here", lambda: ())
    (finding,) = doctor._devices()
    assert (finding.name, finding.status) == ("cuda", "no")
