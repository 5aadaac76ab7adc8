"""`grader new`: a small homework that is complete, and passes its own audit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.authors.audit import audit
from grader.authors.new import SUFFIX, TEMPLATE, new_assignment
from grader.authors.release import bundle_of
from grader.authors.stubs import outdated_files
from grader.errors import GraderError, UsageError
from grader.homework.assignment import load_assignment
from grader.homework.mistakes import load_mistakes

ROOT = Path(__file__).parent.parent


def contents(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.sandbox
def test_a_new_assignment_passes_its_own_audit(tmp_path: Path) -> None:
    """Reference, stub, mistakes and rubbish, by the audit that every assignment has to pass; and it can be released."""
    new_assignment("optimisers", tmp_path / "course")
    assignment = load_assignment("optimisers", tmp_path / "course")
    result = audit(assignment)
    assert result.sound, [problem for row in result.rows for problem in row.problems] + list(result.problems)
    assert sum(row.kind == "mistake" for row in result.rows) == len(load_mistakes(assignment)) >= 3
    assert outdated_files(assignment) == ()
    assert sorted(bundle_of(assignment)) == ["README.md", "assignment.toml", "homework.py", "optimisers.ipynb", "test_public.py"]


def test_the_template_is_called_by_the_new_name(tmp_path: Path) -> None:
    """Nothing of the template's own name or suffix stays behind."""
    handed_out, kept = new_assignment("first_steps", tmp_path)
    assert (handed_out, kept) == (tmp_path / "assignments/first_steps", tmp_path / "reference/first_steps")
    assert load_assignment("first_steps", tmp_path).title == "First steps"
    for path in tmp_path.rglob("*"):
        assert not path.name.endswith(SUFFIX)
        if path.is_file():
            assert "my homework" not in path.read_text(encoding="utf-8").lower().replace("_", " ")
    written = sum(path.is_file() for path in tmp_path.rglob("*"))
    assert written == len(list(TEMPLATE.rglob(f"*{SUFFIX}"))) + 2  # the stubs and the notebook are made


def test_no_part_of_the_template_is_taken_for_code_of_ours() -> None:
    """Neither pytest nor ruff nor mypy sees the template's files."""
    assert {path.suffix for path in TEMPLATE.rglob("*") if path.is_file()} == {SUFFIX}


def test_a_second_assignment_joins_the_course(toy_course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --course, the course is the one that the current folder lies in."""
    monkeypatch.chdir(toy_course / "reference/toy")
    handed_out, kept = new_assignment("second")
    assert (handed_out, kept) == (toy_course / "assignments/second", toy_course / "reference/second")
    assert {path.name for path in toy_course.iterdir()} == {"assignments", "reference"}


def test_outside_a_course_it_says_how_to_start_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is made in a folder that nobody called a course."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        new_assignment("first")
    assert str(caught.value) == (
        f"{tmp_path} lies in no course: go to a folder with assignments/ and reference/, "
        "or start a course here with `grader new first --course .`."
    )
    assert contents(tmp_path) == set()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("my-homework", "my-homework: {}, such as my_homework."),
        ("homework 1", "homework 1: {}, such as homework_1."),
        ("../escape", "../escape: {}, such as escape."),
        ("a/b", "a/b: {}, such as a_b."),
        ("1st", "1st: {}."),
        ("", "an empty name: {}."),
        ("..", "..: {}."),
    ],
)
def test_a_name_that_cannot_be_used_is_told(tmp_path: Path, name: str, sentence: str) -> None:
    """An assignment's name is a folder's and has no way out of it."""
    with pytest.raises(UsageError) as caught:
        new_assignment(name, tmp_path)
    assert str(caught.value) == sentence.format("expected a name of letters, digits and underscores that begins with no digit")
    assert contents(tmp_path) == set()


@pytest.mark.parametrize("home", ["assignments", "reference"])
def test_what_is_there_is_never_overwritten(tmp_path: Path, home: str) -> None:
    """Half an assignment of that name is enough to refuse."""
    (tmp_path / home / "mine").mkdir(parents=True)
    before = contents(tmp_path)
    with pytest.raises(UsageError, match=rf"{home}/mine is there already: choose another name, or move it away\."):
        new_assignment("mine", tmp_path)
    assert contents(tmp_path) == before


def test_a_course_that_is_a_file_is_told(tmp_path: Path) -> None:
    """One sentence, and the file stays."""
    (tmp_path / "course").write_text("a file")
    with pytest.raises(UsageError, match=r"course is no folder: expected the folder of a course, or one to be made\."):
        new_assignment("mine", tmp_path / "course")


def test_a_course_that_cannot_be_written_to_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the second folder cannot be put in its place, the first does not stay."""
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if "reference" in target.parts:
            raise PermissionError(13, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(GraderError, match=r"cannot be written to \(Permission denied\): name another folder with --course\."):
        new_assignment("mine", tmp_path)
    assert contents(tmp_path) == {"assignments", "reference"}


def test_the_command_line(tmp_path: Path) -> None:
    """`grader new` and `grader release`: what they print, and 2 for a misuse."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "grader", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )

    made = run("new", "first", "--course", ".")
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout == "made: assignments/first (what students receive)\nmade: reference/first (what they never see)\n"
    again = run("new", "first")
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == f"grader: {tmp_path}/assignments/first is there already: choose another name, or move it away.\n"
    released = run("release", "first", "-o", "out", "--zip")
    assert (released.returncode, released.stderr) == (0, "")
    assert released.stdout.splitlines()[-1] == "released: out/first.zip"
    refused = run("release", "first", "-o", "out")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("grader: out/first is there already and not empty: ")
