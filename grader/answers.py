"""Which of the files that a student handed in answers which of the assignment's files.

By name first. What is missing, or lies there as it was handed out, may stand in a notebook, and what is missing also in a `.py`
file of another name; such a stand-in has to define something that the questions ask for, or it is taken for another homework's.
"""

from __future__ import annotations

import contextlib
import difflib
import keyword
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from grader.assignment import Assignment
from grader.encodings import decode
from grader.errors import SubmissionError
from grader.notebooks import code_cells

__all__ = ["Answer", "Answers", "find_answers", "wanted_files"]

_DEFINED = re.compile(
    r"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^[ \t]*(\w+)[ \t]*(?::[^=\n]*)?=(?!=)",
    re.MULTILINE,
)
_UNANSWERED = "raise NotImplementedError"
_LIBRARIES = {"torch", "torchvision", "numpy", "scipy", "matplotlib", "pandas", "PIL", "sklearn", "msgspec", "pytest", "grader"}


class Answer(msgspec.Struct, frozen=True):
    """A file to run as the module `module`. `key` is its name as handed in, `name` the one under which it is kept."""

    key: str
    name: str
    module: str
    stands_for: tuple[str, ...]  # files of the assignment


class Answers(msgspec.Struct, frozen=True):
    """What was chosen, in the assignment's order. `base` is the folder that it was found in ("" or "hw1/")."""

    base: str
    chosen: tuple[Answer, ...]
    notes: tuple[str, ...]


def find_answers(assignment: Assignment, code: Mapping[str, bytes], *, origin: Path, shown: str) -> Answers:
    """Choose among `code`, the `.py` files and notebooks handed in at `origin` (name -> bytes), called `shown` in messages.

    Raises SubmissionError if nothing of this homework is among them.
    """
    base, notes = _base(assignment, code, shown)
    named = _named(assignment, code, base, notes)
    missing = [file for file in assignment.files if file not in named]
    stubs = {} if origin.resolve() == assignment.folder else _stubs(assignment)
    untouched = [file for file, key in named.items() if file in stubs and _lines(code[key]) == _lines(stubs[file])]
    stand_in, problems = _stand_in(assignment, code, base, missing, untouched, stubs)
    chosen = {}
    for file, key in named.items():
        chosen[file] = Answer(key, file, PurePosixPath(file).stem, (file,))
    if stand_in is None:
        notes += _overlooked(code, base, named)
    else:
        chosen |= dict.fromkeys(stand_in.stands_for, stand_in)
        reasons = [f"{file} ({'not there' if file in missing else 'as it was handed out'})" for file in stand_in.stands_for]
        notes.append(f"{stand_in.key} stands in for {_listed(reasons)}.")
    if not chosen:
        raise problems[0] if problems else _nothing_found(assignment, code, shown)
    notes += [str(problem) for problem in problems]
    notes += [f"{file} is not there: what it should define counts as not answered." for file in missing if file not in chosen]
    in_order = [chosen[file] for file in assignment.files if file in chosen]
    return Answers(base, tuple(dict.fromkeys(in_order)), tuple(notes))


def _listed(words: Sequence[str]) -> str:
    """["a", "b", "c"] -> "a, b and c"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1] if words else ""]))


def _base(assignment: Assignment, code: Mapping[str, bytes], shown: str) -> tuple[str, list[str]]:
    """The folder that holds most of the assignment's files, the nearest such; and notes on the choice."""
    files = {folder: sum(folder + file in code for file in assignment.files) for folder in {_folder(name) for name in code}}
    ranked = sorted(files, key=lambda folder: (-files[folder], folder + assignment.notebook not in code, folder.count("/"), folder))
    base = ranked[0] if ranked else ""
    notes = [f"The files were found in {base} of {shown}."] if base else []
    twice = [folder for folder in ranked[1:] if any({folder + file, base + file} <= code.keys() for file in assignment.files)]
    if twice:
        rivals = [folder or "the folder itself" for folder in twice[:3]] + [f"{len(twice) - 3} more"] * (len(twice) > 3)
        notes.append(f"Files of the same names lie in {_listed(rivals)}: those in {base or 'the folder itself'} were taken.")
    return base, notes


def _folder(name: str) -> str:
    return name[: name.rfind("/") + 1]


def _named(assignment: Assignment, code: Mapping[str, bytes], base: str, notes: list[str]) -> dict[str, str]:
    """The assignment's file -> where it was found: in the base, or else the nearest one of that name."""
    named = {}
    for file in assignment.files:
        places = [key for key in code if key == file or key.endswith(f"/{file}")]
        nearest = min(places, key=lambda key: (key != base + file, key.count("/"), key), default=None)
        if nearest is None:
            continue
        named[file] = nearest
        if nearest != base + file:
            notes.append(f"{file} was found as {nearest}.")
    return named


# --- stand-ins --------------------------------------------------------------------------------------------------------------------


class _Candidate(msgspec.Struct, frozen=True):
    key: str
    text: str
    defines: int  # how many of the names that are asked for


def _stand_in(
    assignment: Assignment,
    code: Mapping[str, bytes],
    base: str,
    missing: Sequence[str],
    untouched: Sequence[str],
    stubs: Mapping[str, bytes],
) -> tuple[Answer | None, list[SubmissionError]]:
    """A notebook for what is missing or untouched, or else a `.py` file for what is missing; and why others cannot be read."""
    problems: list[SubmissionError] = []
    if not missing and not untouched:
        return None, problems
    notebooks = _candidates(assignment, code, base, ".ipynb", [*missing, *untouched], problems)
    as_received = _as_received(assignment, stubs)
    worked_on = [candidate for candidate in notebooks if candidate.text != as_received]
    if worked_on:
        stands_for = [file for file in assignment.files if file in missing or file in untouched]
        return _answer(assignment, _best(worked_on, assignment.notebook), stands_for), problems
    sources = _candidates(assignment, code, base, ".py", missing, problems) if missing else []
    if missing and (sources or notebooks):
        return _answer(assignment, _best(sources or notebooks, missing[0]), missing), problems
    return None, problems


def _candidates(
    assignment: Assignment,
    code: Mapping[str, bytes],
    base: str,
    suffix: str,
    wanted: Iterable[str],
    problems: list[SubmissionError],
) -> list[_Candidate]:
    """The files with that suffix, in the base or else anywhere, that could answer the wanted ones."""
    asked = {name for question in assignment.questions if question.file in wanted for name in question.names}
    keys = [key for key in code if key.lower().endswith(suffix) and PurePosixPath(key).name not in assignment.files]
    keys = [key for key in keys if not re.match(r"(test_.*|.*_test|conftest)\.py$", PurePosixPath(key).name)]
    found = []
    for key in [key for key in keys if _folder(key) == base] or keys:
        try:
            text = _text(code[key], key)
        except SubmissionError as problem:
            problems.append(problem)
            continue
        defined = {match[1] or match[2] for match in _DEFINED.finditer(text)}
        if not asked or asked & defined or PurePosixPath(key).name == assignment.notebook:
            found.append(_Candidate(key, text, len(asked & defined)))
    return found


def _best(candidates: Sequence[_Candidate], name: str) -> _Candidate:
    """That which fits best: by its name, then by how much of what is asked it defines, then by a name that is near."""

    def fit(candidate: _Candidate) -> tuple[bool, int, float, int, str]:
        own = PurePosixPath(candidate.key).name
        likeness = difflib.SequenceMatcher(None, own, name).ratio()
        return own != name, -candidate.defines, -likeness, candidate.key.count("/"), candidate.key

    return min(candidates, key=fit)


def _answer(assignment: Assignment, candidate: _Candidate, stands_for: Sequence[str]) -> Answer:
    path = PurePosixPath(candidate.key)
    if path.suffix.lower() == ".py" and len(stands_for) == 1:
        module = PurePosixPath(stands_for[0]).stem
    else:
        module = re.sub(r"\W", "_", path.stem)
        module = f"_{module}" if not module or module[0].isdigit() else module
        others = {PurePosixPath(file).stem for file in assignment.files if file not in stands_for}
        if keyword.iskeyword(module) or module in sys.stdlib_module_names | _LIBRARIES | others:
            module += "_"
    return Answer(candidate.key, path.name, module, tuple(stands_for))


def _text(data: bytes, key: str) -> str:
    if key.lower().endswith(".ipynb"):
        return "\n".join(source for _, source in code_cells(data, key))
    return decode(data, key).content


def _overlooked(code: Mapping[str, bytes], base: str, named: Mapping[str, str]) -> list[str]:
    """A note on notebooks that leave less unanswered than the files do, which nevertheless come first: they may be the real work."""
    unanswered = sum(decode(code[key], key).content.count(_UNANSWERED) for key in named.values())
    notes = []
    for key in [key for key in code if unanswered and _folder(key) == base and key.lower().endswith(".ipynb")]:
        with contextlib.suppress(SubmissionError):  # nobody asked for it: that it cannot be read costs nothing
            if _text(code[key], key).count(_UNANSWERED) < unanswered:
                notes.append(f"{key} was not looked at: {_listed(list(named))} came first; hand in one or the other.")
    return notes


# --- the stubs --------------------------------------------------------------------------------------------------------------------


def _stubs(assignment: Assignment) -> dict[str, bytes]:
    """What students received: the files, and the notebook under its name."""
    names = [name for name in (*assignment.files, assignment.notebook) if name]
    return {name: (assignment.folder / name).read_bytes() for name in names if (assignment.folder / name).is_file()}


def _as_received(assignment: Assignment, stubs: Mapping[str, bytes]) -> str | None:
    return _text(stubs[assignment.notebook], assignment.notebook) if assignment.notebook in stubs else None


def _lines(data: bytes) -> list[bytes]:
    """Lines without their ends, which editors and archives change by themselves."""
    return data.removeprefix(b"\xef\xbb\xbf").rstrip().splitlines()


# --- nothing found ----------------------------------------------------------------------------------------------------------------


def _nothing_found(assignment: Assignment, code: Mapping[str, bytes], shown: str) -> SubmissionError:
    wanted = wanted_files(assignment)
    some = [*code][:3]
    if len(code) > len(some):
        some.append(f"{len(code) - len(some)} more")
    if not some:
        return SubmissionError(
            f"{shown}: expected {wanted}, found no .py file and no notebook: hand in what the homework asks for."
        )
    asked = [*assignment.names][:4]
    names = ", ".join(asked) + (", ..." if len(assignment.names) > len(asked) else "")
    return SubmissionError(
        f"{shown}: expected {wanted}, found {_listed(some)} with nothing of what {assignment.name} asks for ({names}): "
        "hand in the files of this homework."
    )


def wanted_files(assignment: Assignment) -> str:
    """What a student should hand in, in words."""
    files = _listed(assignment.files)
    return f"{files}, or the notebook {assignment.notebook}" if assignment.notebook else files
