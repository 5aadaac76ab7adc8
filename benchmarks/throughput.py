"""Seconds a submission for `lenet_and_losses`, beside what others do with the same checks, and the memory of a whole run.

    python benchmarks/throughput.py [--submissions 50] [--memory]

Three ways, in one run, so that their ratios hold on a noisy machine:
  (a) the checks called in one warm process, the submission imported into it: no isolation, the limit;
  (b) one pytest process a submission, the submission imported into it, two at a time: what most autograders do;
  (c) `grader grade -j 2`, every isolation layer on.
Each of (a), (b), (c) is measured `--rounds` times in turn; the medians' ratios are printed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
COURSE = HERE.parent
NAME = "lenet_and_losses"
CHECKS = [COURSE / "assignments" / NAME / "test_public.py", COURSE / "reference" / NAME / "test_hidden.py"]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def make_class(folder: Path, count: int) -> list[Path]:
    """Correct submissions that differ in a comment, so that none is taken for another."""
    made = []
    for number in range(count):
        student = folder / f"student_{number:04}"
        student.mkdir(parents=True)
        for file in ("nets.py", "losses.py"):
            text = (COURSE / "reference" / NAME / file).read_text(encoding="utf-8")
            (student / file).write_text(f"{text}\n# {number}\n", encoding="utf-8")
        made.append(student)
    return made


def warm_process(submissions: list[Path]) -> float:
    """(a), in a process of its own: seconds a submission once everything is imported."""
    paths = [str(HERE), str(COURSE), str(CHECKS[0].parent)]
    code = f"import sys; sys.path[:0] = {paths!r}; import throughput; throughput._warm_process(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, submissions)],
        env={**os.environ, **ONE_THREAD, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    return float(done.stdout.split()[-1])


def _warm_process(folders: list[str]) -> None:
    import pytest
    import torch
    from in_process import prepare, seed, student_at

    torch.set_num_threads(1)
    prepare()
    found: list[pytest.Function] = []

    class Collector:
        @pytest.hookimpl(tryfirst=True)
        def pytest_runtestloop(self, session: pytest.Session) -> bool:
            checks = (item for item in session.items if isinstance(item, pytest.Function))
            found.extend(item for item in checks if item.get_closest_marker("training") is None)
            return True

    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(
            [*map(str, CHECKS), "-c", os.devnull, "--import-mode=importlib", "-p", "no:cacheprovider", "-q"], plugins=[Collector()]
        )

    assert found, "no checks were collected"

    def grade(folder: str) -> None:
        student = student_at(Path(folder))
        for item in found:
            seed()
            arguments = {name: item.callspec.params[name] for name in getattr(getattr(item, "callspec", None), "params", {})}
            item.obj(student=student, **arguments)

    grade(folders[0])  # warm
    began = time.perf_counter()
    for folder in folders:
        grade(folder)
    sys.stdout.write(f"\n{(time.perf_counter() - began) / len(folders)}\n")


def one_pytest_each(submissions: list[Path]) -> float:
    """(b): seconds a submission with two pytest processes at a time."""

    def grade(folder: Path) -> None:
        command = [
            sys.executable,
            "-m",
            "pytest",
            *map(str, CHECKS),
            "-c",
            os.devnull,
            "--import-mode=importlib",
            "-q",
            "-p",
            "in_process",
        ]
        paths = os.pathsep.join(map(str, (HERE, COURSE, CHECKS[0].parent)))  # the hidden checks import from the public ones
        environment = {**os.environ, **ONE_THREAD, "SUBMISSION": str(folder), "PYTHONPATH": paths}
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        subprocess.run([*command, "-p", "no:cacheprovider"], env=environment, check=True, stdout=subprocess.DEVNULL)

    began = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(grade, submissions))
    return (time.perf_counter() - began) / len(submissions)


def grader_grade(folder: Path, count: int, *, memory: bool = False) -> tuple[float, float, float]:
    """(c): seconds a submission while the class runs, the whole command's seconds a submission, and with `memory` the peak in MB.

    Reading every process' memory maps slows them down: time and memory are measured in runs of their own.
    """
    out = Path(tempfile.mkdtemp())
    began = time.perf_counter()
    command = [sys.executable, "-m", "grader", "grade", NAME, str(folder), "-o", str(out), "-j", "2", "--no-training"]
    process = subprocess.Popen(command, cwd=COURSE, stdout=subprocess.DEVNULL)
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    if memory:
        watcher.start()
    if process.wait() != 0:
        sys.exit(f"`grader grade` ended with {process.returncode}")
    whole = time.perf_counter() - began
    written = sorted(path.stat().st_mtime_ns for path in out.glob("*/report.json"))
    assert len(written) == count, f"{len(written)} reports for {count} submissions"
    running = (written[-1] - written[1]) / 1e9 / (count - 2)  # the first two pay for the start
    shutil.rmtree(out)
    return running, whole / count, peak[0]


def _watch(pid: int, peak: list[float]) -> None:
    """The largest sum, over the run, of the proportional memory of every process of the run (shared pages counted once)."""
    import psutil

    while True:
        total = 0
        try:
            root = psutil.Process(pid)
            for process in [root, *root.children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    total += process.memory_full_info().pss
        except psutil.Error:
            return
        peak[0] = max(peak[0], total / 1e6)
        time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true", help="peak memory for 10 and 200 submissions instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.memory:
            for count in (10, 200):
                make_class(Path(folder) / str(count), count)
                _, _, peak = grader_grade(Path(folder) / str(count), count, memory=True)
                sys.stdout.write(f"{count:4} submissions, -j 2: peak {peak:,.0f} MB\n")
            return
        submissions = make_class(Path(folder), options.submissions)
        rows: list[tuple[float, float, float, float]] = []
        for number in range(options.rounds):
            a = warm_process(submissions)
            b = one_pytest_each(submissions[:10])
            c, whole, _ = grader_grade(Path(folder), len(submissions))
            rows.append((a, b, c, whole))
            sys.stdout.write(
                f"round {number + 1}: (a) {a * 1e3:.0f} ms, (b) {b * 1e3:.0f} ms, (c) {c * 1e3:.0f} ms running, "
                f"{whole * 1e3:.0f} ms with start-up; (b)/(c) {b / c:.1f}, (c)/(a) {c / a:.2f}\n"
            )
            sys.stdout.flush()
        faster = statistics.median(b / c for _, b, c, _ in rows)
        isolation = statistics.median(c / a for a, _, c, _ in rows)
        whole_run = statistics.median(b / w for _, b, _, w in rows)
        sys.stdout.write(
            f"medians of {options.rounds} rounds: {faster:.1f} times as fast as one pytest process a submission, two at a time; "
            f"{isolation:.2f} times the warm process without isolation; start-up included, over {options.submissions} submissions, "
            f"{whole_run:.1f} times as fast\n"
        )


if __name__ == "__main__":
    main()
