"""The `grader` command: arguments in, exit codes out. What it does stands elsewhere, and is imported when it is asked for.

Exit codes: 0 done, whatever the marks; 1 something could not be graded (and with `check` and `--fail-under`: points are missing);
2 wrong usage.
"""

from __future__ import annotations

from grader.versions import demand_python

demand_python()  # before anything is imported that an old Python cannot read

import sys  # noqa: E402
from collections.abc import Callable, Sequence  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Annotated, Literal  # noqa: E402

from cyclopts import App, CycloptsError, MissingArgumentError, Parameter, Token  # noqa: E402

import grader  # noqa: E402
from grader.data_commands import data  # noqa: E402
from grader.errors import GraderError  # noqa: E402
from grader.options import Course, Device, Jobs, ProfileName, Sandbox, whole  # noqa: E402

__all__ = ["app", "main"]

_HELP = "Grades deep-learning homework.\n\nWith --traceback, any command shows where in the grader an error came up."
app = App(name="grader", help=_HELP, version=grader.__version__, help_on_error=False, suppress_keyboard_interrupt=False)
app.command(data)


@app.command
def check(
    folder: Path = Path(),
    *,
    question: Annotated[list[str] | None, Parameter(name=["--question", "-q"], negative=())] = None,
    assignment: str = "",
    train: Annotated[bool, Parameter(negative=())] = False,
    device: Device = "auto",
) -> int:
    """Check your own work: what is wrong, and a hint.

    Parameters
    ----------
    folder
        The folder of the homework, or one file or notebook of yours.
    question
        Only this question; may be given several times.
    assignment
        The homework's name or folder, where it is not the folder itself.
    train
        Run the trainings, too: minutes in place of seconds.
    device
        With --train: what to train on (default: a GPU where there is one that can be used).
    """
    from grader.checking import check_own_work

    return check_own_work(folder, tuple(question or ()), assignment, train=train, device=_for_training(device, train=train))


def _for_training(device: Device, *, train: bool) -> Device:
    if device != "auto" and not train:
        raise GraderError(f"--device {device} is for trainings: expected --train with it.")
    return device


def _named_folder(_: type, tokens: Sequence[Token]) -> Path:
    if not tokens[0].value.strip():  # as a path, it would be the folder that one is in
        raise GraderError(f"{tokens[0].keyword}: expected a folder, found an empty name: write such as --out grades.")
    return Path(tokens[0].value)


@app.command
def grade(
    assignment: str,
    submissions: Annotated[list[Path], Parameter(negative=())],
    /,
    *,
    out: Annotated[Path, Parameter(name=["--out", "-o"], converter=_named_folder)],
    jobs: Jobs = 0,
    redo: bool = False,
    sandbox: Sandbox = "auto",
    fail_under: float | None = None,
    layout: Literal["auto", "canvas", "moodle", "github", "gradescope", "plain"] = "auto",
    roster: Path | None = None,
    training: bool = True,
    device: Device = "auto",
    course: Course = None,
) -> int:
    """Grade a class: a folder of submissions or the download of a course's system, or files, notebooks and archives.

    Parameters
    ----------
    assignment
        The homework's name.
    submissions
        Folders, .py files, notebooks, zips; a class's folder or its zip.
    out
        Where the reports go.
    jobs
        How many to grade at the same time (default: one a processor).
    redo
        Grade again what is graded already.
    fail_under
        Exit with 1 if a submission has fewer points than this.
    layout
        How the class's folder is made, where that is not recognised rightly.
    roster
        A CSV file of the class (id, name, email, group): grades.csv then has a line for each student.
    training
        Run the trainings of questions that have one; minutes a submission. With --no-training, their points are not graded.
    device
        What to train on (default: a GPU where there is one that can be used). CUDA_VISIBLE_DEVICES says which, one training each.
    """
    from grader.authors.reference_time import time_reference
    from grader.homework.assignment import load_assignment
    from grader.intake.people import read_roster
    from grader.opening import cores
    from grader.reports.progress import grade_with_progress
    from grader.training.setup import Setup, prepare

    if device != "auto" and not training:
        raise GraderError(f"--device {device} is for trainings: expected it without --no-training.")
    loaded = load_assignment(assignment, course)
    lock_in = sandbox == "auto"

    def prepared(on_timing: Callable[[], None]) -> Setup | None:
        setup = prepare(loaded, device=device, lock_in=lock_in)
        return time_reference(loaded, setup, lock_in=lock_in, on_begin=on_timing)

    return grade_with_progress(
        loaded,
        submissions,
        out,
        jobs=jobs or cores(),
        lock_in=lock_in,
        redo=redo,
        fail_under=fail_under,
        layout=layout,
        roster=read_roster(roster) if roster is not None else None,
        training=prepared if training else None,
    )


@app.command
def audit(
    assignment: str,
    *,
    train: Annotated[bool, Parameter(negative=())] = False,
    device: Device = "auto",
    mutate: Annotated[bool, Parameter(negative=())] = False,
    sample: Annotated[int | None, Parameter(converter=whole(1))] = None,
    seed: Annotated[int | None, Parameter(converter=whole(0))] = None,
    jobs: Jobs = 0,
    course: Course = None,
) -> int:
    """Prove that an assignment's grading is sound: reference all points, stub none, every mistake caught.

    Parameters
    ----------
    assignment
        The homework's name.
    train
        Audit the checks that train, too: minutes in place of seconds.
    device
        With --train: what to train on (default: a GPU where there is one that can be used).
    mutate
        Instead, change the reference mechanically, and tell the share of the changes that lose points.
    sample
        With --mutate: only so many of the changes, drawn with the seed.
    seed
        With --sample: another seed draws others (default: 0).
    jobs
        How many submissions to grade at the same time (default: one a processor).
    """
    from grader.homework.assignment import load_assignment
    from grader.opening import cores

    if mutate and train:
        raise GraderError("--mutate trains nothing: expected it without --train.")
    if sample is not None and not mutate:
        raise GraderError(f"--sample {sample} is for changes of the reference: expected --mutate with it.")
    if seed is not None and sample is None:
        raise GraderError(f"--seed {seed} is for a sample: expected --sample with it.")
    device = _for_training(device, train=train)
    loaded = load_assignment(assignment, course)
    if mutate:
        from grader.reports.mutation import show_mutation

        return show_mutation(loaded, jobs=jobs or cores(), sample=sample, seed=seed or 0)
    from grader.reports.audit import show_audit
    from grader.training.setup import prepare

    return show_audit(loaded, jobs=jobs or cores(), training=prepare(loaded, device=device) if train else None)


@app.command
def calibrate(
    assignment: str,
    *,
    seeds: Annotated[int, Parameter(converter=whole(2))] = 10,
    mistake_seeds: Annotated[int, Parameter(converter=whole(0))] = 3,
    profile: ProfileName = "cpu",
    training: Annotated[list[str] | None, Parameter(negative=())] = None,
    chances: Annotated[bool, Parameter(negative=())] = False,
    jobs: Jobs = 0,
    course: Course = None,
) -> int:
    """Train the reference with many seeds: what it reaches, and how often a right solution would miss a threshold.

    Parameters
    ----------
    assignment
        The homework's name.
    seeds
        How many runs of the reference; the audit wants 10 or more.
    mistake_seeds
        How many runs of each known mistake of a question that trains.
    profile
        Which profile of assignment.toml.
    training
        Only this training; may be given several times.
    chances
        Train nothing: bring what calibration.json tells of thresholds up to today's, for every profile.
    jobs
        How many to train at the same time (default: one a processor).
    """
    from grader.homework.assignment import load_assignment
    from grader.opening import cores
    from grader.reports.calibrate import calibrate_with_progress, show_chances

    loaded = load_assignment(assignment, course)
    only = tuple(training or ())
    if chances:
        return show_chances(loaded, only=only)
    return calibrate_with_progress(
        loaded, seeds=seeds, mistake_seeds=mistake_seeds, profile=profile, jobs=jobs or cores(), only=only
    )


@app.command
def stubs(
    assignment: str,
    *,
    course: Course = None,
    verify: Annotated[bool, Parameter(name="--check")] = False,
) -> int:
    """Make the student's files (stubs and notebook) from the reference.

    Parameters
    ----------
    assignment
        The homework's name.
    verify
        Write nothing; exit with 1 if a file is not what the reference makes of it.
    """
    from grader.authors.stubs import outdated_files, write_student_files
    from grader.homework.assignment import load_assignment

    loaded = load_assignment(assignment, course)
    outdated = outdated_files(loaded) if verify else write_student_files(loaded)
    for name in outdated:
        sys.stdout.write(f"{'outdated' if verify else 'written'}: {loaded.folder / name}\n")
    return int(verify and bool(outdated))


@app.command
def release(
    assignment: str,
    *,
    out: Annotated[Path, Parameter(name=["--out", "-o"])],
    force: bool = False,
    as_zip: Annotated[bool, Parameter(name="--zip")] = False,
    course: Course = None,
) -> int:
    """Build the student's bundle; fails if anything of the reference is in it.

    Parameters
    ----------
    assignment
        The homework's name.
    out
        Where to build it: the bundle is the folder OUT/ASSIGNMENT.
    force
        Replace a bundle that is there already.
    as_zip
        Build OUT/ASSIGNMENT.zip too.
    """
    from grader.authors.release import release as build
    from grader.homework.assignment import load_assignment

    for path in build(load_assignment(assignment, course), out, force=force, as_zip=as_zip):
        sys.stdout.write(f"released: {path}\n")
    return 0


@app.command
def new(name: str, *, course: Course = None) -> int:
    """Make a new assignment: a small complete homework that passes its own audit, to be changed into yours.

    Parameters
    ----------
    name
        What to call it: letters, digits and underscores.
    course
        The folder with assignments/ and reference/ (default: found from here upwards); made if it is not there.
    """
    from grader.authors.new import new_assignment

    handed_out, kept = new_assignment(name, course)
    sys.stdout.write(f"made: {handed_out} (what students receive)\nmade: {kept} (what they never see)\n")
    return 0


@app.command
def doctor() -> int:
    """Tell what this machine offers: torch, GPU, isolation layers, data sets."""
    from grader.reports.doctor import show_doctor

    return show_doctor()


def main() -> None:
    """Run the command line; errors are one sentence on standard error."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--traceback"]
    try:
        status = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except MissingArgumentError as error:
        _complain(_missing(error), 2)
    except CycloptsError as error:
        _complain(str(error), 2)
    except GraderError as error:
        if "--traceback" in sys.argv:
            raise
        _complain(str(error), 2)
    except KeyboardInterrupt:
        _complain("stopped; what is finished is kept, and the same command goes on from there.", 130)
    else:
        sys.exit(status if isinstance(status, int) else 0)


def _missing(error: MissingArgumentError) -> str:
    command = " ".join(error.command_chain or ())
    name = error.keyword or (error.argument.name if error.argument else "an argument")
    what = f"{name} has nothing after it" if error.keyword else f"{name} is missing"
    if command == "grade":
        return f"{what}: write such as `grader grade HOMEWORK SUBMISSIONS --out FOLDER`; see `grader grade --help`."
    return f"{what}: see `grader {command} --help`."


def _complain(sentence: str, status: int) -> None:
    sys.stderr.write(f"grader: {sentence}\n")
    sys.exit(status)
