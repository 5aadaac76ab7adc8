"""The guides: every command in them is run, in order, and prints what they show."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
GUIDES = ["writing-an-assignment.md"]


class Block(NamedTuple):
    """A fenced block: its language, what stands behind it, its lines, and the line in the guide on which it begins."""

    language: str
    path: str
    lines: list[str]
    number: int


class Command(NamedTuple):
    """A command as a guide shows it, and what it shows of the output."""

    text: str
    shown: str
    number: int


def blocks_of(guide: str) -> Iterator[Block]:
    opened: Block | None = None
    for number, line in enumerate(guide.splitlines(), 1):
        if not line.startswith("```"):
            if opened:
                opened.lines.append(line)
        elif opened:
            yield opened
            opened = None
        else:
            language, _, path = line.removeprefix("```").partition(" ")
            opened = Block(language, path, [], number)
    assert opened is None, f"the block of line {opened.number} never ends"


def commands_of(block: Block) -> list[Command]:
    commands: list[Command] = []
    for number, line in enumerate(block.lines, block.number + 1):
        if line.startswith("$ "):
            commands.append(Command(line[2:], "", number))
        else:
            assert commands, f"line {number}: output of no command"
            commands[-1] = commands[-1]._replace(shown=f"{commands[-1].shown}{line}\n")
    return commands


def agrees(shown: str, printed: str) -> bool:
    """Whether the output is what is shown, line by line; `...` is anything within a line and, alone on one, any lines."""
    pattern = ""
    for line in shown.splitlines():
        if line.strip() == "...":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += "[^\n]*?".join(map(re.escape, line.rstrip().split("..."))) + "\n"
    tidy = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
    return re.fullmatch(pattern, tidy) is not None


class Shell:
    """Runs a guide's commands, with the `grader` and the `pytest` of this Python, and remembers where `cd` went."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self.folder.mkdir()
        programs = folder / "programs"
        programs.mkdir()
        for name in ("grader", "pytest"):
            program = programs / name
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {name} "$@"\n')
            program.chmod(0o755)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "FORCE_COLOR"))},
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "COLUMNS": "100",
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
        }

    def run(self, command: str) -> str:
        if command.startswith("cd "):
            self.folder = (self.folder / command.removeprefix("cd ")).resolve()
            assert self.folder.is_dir(), command
            return ""
        run = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=300,
        )
        return run.stdout


@pytest.mark.skipif(os.name == "nt", reason="the guides' commands are for a Unix shell")
@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_tells_the_truth(name: str, tmp_path: Path) -> None:
    """Files are written as the guide says, commands print what it shows."""
    shell = Shell(tmp_path)
    guide = (ROOT / "docs" / name).read_text(encoding="utf-8")
    ran = 0
    before: Block | None = None
    for block in blocks_of(guide):
        if block.path:
            said = "\n".join(guide.splitlines()[before.number if before else 0 : block.number])
            assert f"`{block.path}`" in said, f"line {block.number}: the text before does not say that this goes to {block.path}"
            path = shell.folder / block.path
            with path.open("a", encoding="utf-8") as stream:
                stream.write("\n".join(block.lines) + "\n")
        elif block.language == "console":
            for command in commands_of(block):
                printed = shell.run(command.text)
                ran += 1
                assert agrees(command.shown, printed), f"{name}, line {command.number}: $ {command.text} printed\n{printed}"
        before = block
    assert ran


@pytest.mark.parametrize(
    ("shown", "printed", "agree"),
    [
        ("a\nb\n", "a  \nb\n", True),
        ("a\n", "a\nb\n", False),
        ("", "a\n", False),
        ("a\n...\nd\n", "a\nb\nc\nd\n", True),
        ("a\n...\nd\n", "a\nd\n", True),
        ("a\n...\nd\n", "a\nb\n", False),
        ("in .../b: (1)\n", "in /x/b: (1)\n", True),
        ("in .../b\n", "in /x\n/b\n", False),
    ],
)
def test_what_counts_as_the_output_shown(shown: str, printed: str, agree: bool) -> None:
    """An ellipsis stands for something; everything else has to be there, and nothing else."""
    assert agrees(shown, printed) is agree


def test_the_table_of_calibrations_is_what_was_measured() -> None:
    """docs/training.md shows what stands in each homework's calibration.json, with the thresholds of today."""
    made = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "calibrations.py"], capture_output=True, text=True, check=True, encoding="utf-8"
    ).stdout
    assert made.count("\n") > len([*ROOT.glob("reference/*/calibration.json")])
    assert made in (ROOT / "docs" / "training.md").read_text(encoding="utf-8"), "put the output of benchmarks/calibrations.py there"
