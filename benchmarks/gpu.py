"""Every homework's trainings with their `cuda` profile, and `speedrun`, on the GPU of this machine: a table for the docs.

    python benchmarks/gpu.py [--out docs/gpu.md]
    python benchmarks/gpu.py --device cpu --only fashion_cnn --only speedrun --images 32 --epochs 2 --runs 2    a rehearsal

First a student's process tries to compute something on the GPU from inside the walls. The trainings are graded as a class would be: the
reference is the submission, `grader grade --device cuda` trains it, and the figures are those of its report; where the trial or such a
grading fails, the reason is told, and it is graded without walls. A homework that fails in both ways has a line that says so. `speedrun`
is timed in this process, from the call to the return, after one run that is not counted: in that one the kernels are chosen and
compiled, and its time is reported apart, as are the times to load the data and to score. What is known is written after each homework.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from grader.datasets.store import find_data, missing, open_arrays, read_about
from grader.errors import GraderError
from grader.homework.assignment import Assignment, list_assignments, load_assignment
from grader.training.setup import choose_device

HERE = Path(__file__).resolve().parent
COURSE = HERE.parent
SPEEDRUN = COURSE / "reference" / "mnist_resnet" / "speedrun.py"
RECORD_SECONDS, RECORD_PERCENT = 3.29, 94.0  # one A100: Keller Jordan, arXiv:2404.00498
EPOCHS = 10.0  # what speedrun itself takes, unless told otherwise
WALLS = {"auto": "inside", "none": "without"}
LOOK_SECONDS = 0.2
SCORED_AT_ONCE = 2_000


class Row(NamedTuple):
    """A line of the table."""

    homework: str
    training: str
    accuracy: str
    threshold: str = ""
    seconds: float = 0.0
    memory: str = ""
    walls: str = ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    names = list_assignments(COURSE)
    only = [*names, "speedrun"]
    parser.add_argument("--only", action="append", choices=only, help="only this homework, or speedrun; may be given several times")
    parser.add_argument("--epochs", type=float, default=EPOCHS, help="how many passes over its images speedrun makes")
    parser.add_argument("--runs", type=int, default=10, help="how often speedrun is timed")
    parser.add_argument("--images", type=int, default=50_000, help="how many training images speedrun gets")
    parser.add_argument(
        "--limit", type=float, default=240.0, help="seconds for grading one homework; what takes longer is given up"
    )
    parser.add_argument("--out", type=Path, help="write the table there, beside printing it")
    options = parser.parse_args()
    problem = ""
    if options.device == "cuda":
        if not torch.cuda.is_available():
            sys.exit("benchmarks/gpu.py: torch sees no GPU on this machine; --device cpu rehearses.")
        problem = trial()
    rows: list[Row] = []
    for assignment in [load_assignment(name, COURSE) for name in names if not options.only or name in options.only]:
        if any(training.profile(options.device) for training in assignment.training):
            rows += trainings(assignment, options.device, options.limit, walls=not problem)
        else:
            rows.append(Row(assignment.name, "none", f"nothing here is trained on {options.device}"))
        write(options.out, table(rows, options.device, problem))
    text = table(rows, options.device, problem)
    if not options.only or "speedrun" in options.only:
        try:
            text += speedrun(options.device, options.runs, options.images, options.epochs)
        except (GraderError, RuntimeError, OSError) as error:
            text += f"\n## speedrun\n\nIt did not run: {type(error).__name__}: {error}\n"
    sys.stdout.write(text)
    write(options.out, text)
    return 0


def write(out: Path | None, text: str) -> None:
    """Whatever is known by now."""
    if out is not None:
        out.write_text(text, encoding="utf-8")


def tell(sentence: str) -> None:
    """How far it is, beside the table."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {sentence}\n")
    sys.stderr.flush()


def trial() -> str:
    """Why nothing can be computed on the GPU from inside the walls; empty if something was."""
    tell("trying the GPU from inside the walls")
    try:
        chosen = choose_device("cuda")
    except GraderError as error:
        tell(str(error))
        return str(error)
    tell(f"a locked-in process computes on {chosen.model}")
    return ""


# --- the homeworks ----------------------------------------------------------------------------------------------------------------


def trainings(assignment: Assignment, device: str, limit: float, *, walls: bool) -> list[Row]:
    """The reference graded with its trainings: one row for each of their runs, or for what went wrong instead."""
    failed: list[Row] = []
    for sandbox in ("auto", "none") if walls else ("none",):
        tell(f"{assignment.name}, {'inside the walls' if sandbox == 'auto' else 'without walls'}")
        rows, report, said = graded(assignment, device, sandbox, limit)
        if rows:
            return [*failed, *rows]
        why = said.strip().splitlines()[-1] if said.strip() else "no reason was given"
        if report:
            why = next((check["message"] for check in report if check["outcome"] == "not_graded"), "no check trained")
        tell(f"{assignment.name}: {why}")
        failed.append(Row(assignment.name, "all", f"not run: {why}".replace("|", "/"), walls=WALLS[sandbox]))
    return failed


def graded(assignment: Assignment, device: str, sandbox: str, limit: float) -> tuple[list[Row], list[dict[str, Any]], str]:
    """Rows of the runs there were, the report's checks, and what the grader said on standard error."""
    with tempfile.TemporaryDirectory() as out, gpu_memory(device) as memory:
        command = [sys.executable, "-m", "grader", "grade", assignment.name, str(assignment.reference), "-o", out, "-j", "1"]
        command += ["--device", device, "--sandbox", sandbox]
        process = subprocess.Popen(command, cwd=COURSE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            said = process.communicate(timeout=limit)[1]
        except subprocess.TimeoutExpired:
            process.terminate()  # its own processes end as it does
            said = f"{process.communicate()[1]}\nit took longer than {limit:g} s"
        reports = [json.loads(path.read_text(encoding="utf-8")) for path in Path(out).glob("*/report.json")]
        peak = memory()
    checks = [check for report in reports for question in report["questions"] for check in question["checks"]]
    rows = []
    for training in assignment.training:
        profile = training.profile(device)
        runs = {run["seed"]: run for check in checks for run in check["training"] if run["training"] == training.id}
        for run in runs.values():
            assert profile is not None
            last = run["accuracies"][-1][1] if run["accuracies"] else {}
            reached = ", ".join(f"{name} {percent:.1f} %" for name, percent in last.items()) or run["ended"] or "it did not train"
            wanted = ", ".join(f"{name} {percent:g}" for name, percent in profile.thresholds.items())
            taken = f"{run['gpu_mb']:,} MB" if run["gpu_mb"] else peak
            rows.append(Row(assignment.name, training.id, reached, wanted, run["wall_seconds"], taken, WALLS[sandbox]))
    return rows, checks, said


@contextlib.contextmanager
def gpu_memory(device: str) -> Iterator[Any]:
    """A function that says how much more of the GPU's memory was taken, at most, than before: the processes are others than this one."""
    taken: list[int] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(LOOK_SECONDS):
            taken.append(used())

    if device == "cpu":
        yield lambda: "-"
        return
    before = used()
    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield lambda: f"{max([before, *taken]) - before:,} MB"
    finally:
        stop.set()
        watcher.join()


def used() -> int:
    """MB in use of the memory of the GPU that is trained on, by whatever process; 0 where the driver does not tell."""
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0] or "0"
    command = ["nvidia-smi", f"--id={first}", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    try:
        return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return 0


def table(rows: list[Row], device: str, problem: str) -> str:
    """Markdown; what the figures were made on stands above it."""
    data = {name: read_about(folder) for name in ("mnist", "fashion-mnist", "cifar10") if (folder := find_data(name))}
    copies = [name for name, about in data.items() if about is not None and not about.original]
    command = " ".join(["python benchmarks/gpu.py", *sys.argv[1:]])
    lines = [f"# Trainings on {machine(device)}", "", f"`{command}`, {time.strftime('%Y-%m-%d')}."]
    if copies:
        names = ", ".join(copies)
        lines.append(f"The images of {names} are not the published files, but copies that were compressed again, with losses.")
    if problem:
        lines.append(f"Nothing could be computed on the GPU from inside the walls: {problem}")
    elif device == "cuda":
        lines.append("A student's process computes on the GPU from inside the walls.")
    lines += ["", "| homework | training | walls | reached | threshold | seconds | GPU memory |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        seconds = f"{row.seconds:.1f}" if row.seconds else ""
        cells = (row.homework, row.training, row.walls, row.accuracy, row.threshold, seconds, row.memory)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def machine(device: str) -> str:
    """What computes, and torch's version."""
    name = torch.cuda.get_device_name(0) if device == "cuda" else f"a CPU with {torch.get_num_threads()} threads"
    return f"{name}, torch {torch.__version__}"


# --- speedrun ---------------------------------------------------------------------------------------------------------------------


def speedrun(device: str, runs: int, images: int, epochs: float) -> str:
    """Time the reference's `speedrun` over several runs, each with another seed and scored on the test images."""
    folder = find_data("cifar10")
    if folder is None:
        raise missing("cifar10")
    about = read_about(folder)
    began = time.perf_counter()
    arrays = open_arrays(folder)
    train_x, train_y = as_tensors(arrays.train_images[:images], arrays.train_labels[:images])
    test_x, test_y = as_tensors(arrays.test_images[:images], arrays.test_labels[:images])
    loading = time.perf_counter() - began
    train = load_speedrun()
    seconds, percents = [], []
    first = scoring = 0.0
    for seed in range(runs + 1):
        torch.manual_seed(seed)
        spent, model = timed(functools.partial(train, epochs=epochs), train_x, train_y, device)
        began = time.perf_counter()
        percent = accuracy(model, test_x, test_y, device)
        tell(f"speedrun, run {seed} of {runs}: {spent:.2f} s, {percent:.2f} %")
        if seed == 0:
            first = spent
            continue
        scoring += (time.perf_counter() - began) / runs
        seconds.append(spent)
        percents.append(percent)
    mean, mean_seconds = statistics.mean(percents), statistics.mean(seconds)
    reached = mean >= RECORD_PERCENT and mean_seconds < RECORD_SECONDS and (images, epochs) == (50_000, EPOCHS)
    memory = f"{torch.cuda.max_memory_allocated() / 1e6:,.0f} MB" if device == "cuda" else "-"
    return "\n".join((
        "",
        "## speedrun",
        "",
        f"CIFAR-10, {images:,} training images, {epochs:g} passes, {runs} runs after one that is not counted ({first:.2f} s, kernels "
        "chosen in it); "
        f"data loaded in {loading:.2f} s before; not compiled otherwise. Scoring the test images took {scoring:.2f} s each time and is not "
        "counted, while the record's time includes it.",
        *(["These images are a re-compressed copy, with losses, of the published ones."] if about and not about.original else []),
        "",
        "| | mean | deviation | least | most |",
        "|---|---|---|---|---|",
        f"| percent of the test images right | {mean:.2f} | {deviation(percents):.2f} | {min(percents):.2f} | {max(percents):.2f} |",
        f"| seconds from call to return | {mean_seconds:.2f} | {deviation(seconds):.2f} | {min(seconds):.2f} | {max(seconds):.2f} |",
        "",
        f"GPU memory: {memory}. What it has to reach, a mean of {RECORD_PERCENT:g} % in under {RECORD_SECONDS:g} s: "
        f"{'reached' if reached else 'not reached'}.",
        "",
    ))  # fmt: skip


def timed(train: Any, images: torch.Tensor, labels: torch.Tensor, device: str) -> tuple[float, torch.nn.Module]:
    """Seconds from the call to the return, with everything on the GPU done."""
    began = time.perf_counter()
    model = train(images, labels, device)
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began, model


def accuracy(model: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor, device: str) -> float:
    """Percent right, in eval mode."""
    with torch.no_grad():
        batches = zip(torch.split(images, SCORED_AT_ONCE), torch.split(labels, SCORED_AT_ONCE), strict=True)
        hits = sum(int((model(x.to(device)).argmax(1).cpu() == y).sum()) for x, y in batches)
    return 100 * hits / len(labels)


def as_tensors(images: Any, labels: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Copies in memory: uint8 (N, 3, 32, 32) and int64 (N,)."""
    return torch.from_numpy(np.array(images)), torch.from_numpy(np.array(labels).astype(np.int64))


def deviation(values: list[float]) -> float:
    """The sample's standard deviation; 0 for one value."""
    return statistics.stdev(values) if len(values) > 1 else 0.0


def load_speedrun() -> Any:
    """The reference's function."""
    spec = importlib.util.spec_from_file_location("speedrun", SPEEDRUN)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.speedrun


if __name__ == "__main__":
    sys.exit(main())
