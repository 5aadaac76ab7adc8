"""`benchmarks/`: what is run where there is a GPU works, tried on the CPU with tiny sizes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

COURSE = Path(__file__).parents[1]
ABOUT = {"name": "cifar10", "digest": "0" * 64, "original": False, "source": "noise", "train": 50_000, "test": 10_000}


def cifar10_of_noise(folder: Path) -> None:
    """A data set of the right shape: most of it zeros, which take no room on disk."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    for part, count in (("train", 50_000), ("test", 10_000)):
        images = np.lib.format.open_memmap(folder / f"{part}_images.npy", "w+", np.uint8, (count, 3, 32, 32))
        images[:128] = random.integers(0, 256, (128, 3, 32, 32))
        images.flush()
        np.save(folder / f"{part}_labels.npy", np.arange(count, dtype=np.uint8) % 10)
    (folder / "about.json").write_text(json.dumps(ABOUT), encoding="utf-8")


@pytest.mark.sandbox
def test_the_table_of_the_gpu_can_be_rehearsed(tmp_path: Path) -> None:
    """A homework's line with what its training reached, and speedrun's figures; both in the file and on standard output."""
    cifar10_of_noise(tmp_path / "data" / "arrays" / "cifar10")
    sizes = ["--device", "cpu", "--only", "fashion_cnn", "--only", "speedrun", "--images", "32", "--epochs", "1", "--runs", "2"]
    command = [sys.executable, "benchmarks/gpu.py", *sizes, "--out", str(tmp_path / "gpu.md")]
    environment = {**os.environ, "GRADER_DATA": str(tmp_path / "data")}
    done = subprocess.run(command, cwd=COURSE, env=environment, capture_output=True, text=True, timeout=550, check=False)
    assert done.returncode == 0, done.stderr
    assert f"`python benchmarks/gpu.py {' '.join(command[2:])}`, " in done.stdout
    text = (tmp_path / "gpu.md").read_text(encoding="utf-8")
    assert text in done.stdout
    line = next(line for line in text.splitlines() if line.startswith("| fashion_cnn"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[1:3] == ["both", "inside"], line
    assert "cnn" in cells[3], line
    assert float(cells[5]) > 0, line
    assert "32 training images, 1 passes, 2 runs after one that is not counted" in text
    assert "copies that were compressed again" in text
    assert "not reached" in text


def test_what_is_not_there_cannot_be_asked_for() -> None:
    """One sentence, which names what is."""
    command = [sys.executable, "benchmarks/gpu.py", "--device", "cpu", "--only", "fashion"]
    done = subprocess.run(command, cwd=COURSE, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 2
    assert "invalid choice: 'fashion'" in done.stderr
    assert "'fashion_cnn'" in done.stderr
    assert not done.stdout
