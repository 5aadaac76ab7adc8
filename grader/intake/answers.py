"""Which of the files that a student handed in answers which of the assignment's files.

By name first. What is missing, or lies there as it was handed out, may stand in a notebook or in a `.py` file of another name; such a
stand-in has to define something that the questions ask for, or it is taken for another homework's. Of several that answer as much,
the newest is taken; those that define what it does not come along (a class a file, a part a notebook). Files may lie in a package that
others import (`from common.layers import *`): there, too, they are the answer.
"""

from __future__ import annotations

import contextlib
import difflib
import keyword
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from grader.errors import SubmissionError
from grader.homework.assignment import Assignment
from grader.intake.encodings import decode
from grader.intake.filenames import is_code
from grader.intake.newest import is_version_of, newest_of
from grader.intake.notebooks import code_cells

__all__ = ["Answer", "Answers", "find_answers", "wanted_files"]

_DEFINED = re.compile(
    r"^[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+(\w+)|^[ \t]*(\w+)[ \t]*(?::[^=\n]*)?=(?!=)",
    re.MULTILINE,
)
_MOST_FURTHER = 10
_UNANSWERED = "raise NotImplementedError"
_LIBRARIES = {"torch", "torchvision", "numpy", "scipy", "matplotlib", "pandas", "PIL", "sklearn", "msgspec", "pytest", "grader"}


class Answer(msgspec.Struct, frozen=True):
    """A file to run as the module `module`. `key` is its name as handed in, `name` the one under which it is kept."""

    key: str
    name: str
    module: str
    stands_for: tuple[str, ...]  # files of the assignment
    aliases: tuple[str, ...] = ()  # modules by which others may import it: "common.layers"


class Answers(msgspec.Struct, frozen=True):
    """What was chosen, in the assignment's order. `base` is the folder that it was found in ("" or "hw1/")."""

    base: str
    chosen: tuple[Answer, ...]
    notes: tuple[str, ...]


def find_answers(
    assignment: Assignment, code: Mapping[str, bytes], *, origin: Path, shown: str, modified: Mapping[str, float] | None = None
) -> Answers:
    """Choose among `code`, the `.py` files and notebooks handed in at `origin` (name -> bytes), called `shown` in messages.

    `modified` says when each was last changed, in seconds, where that is known. Raises SubmissionError if nothing of this homework is
    among them.
    """
    inner, notes = _inner_folder(assignment, code)
    base = _outside_of_packages(inner, code)
    if base:
        notes.insert(0, f"The files were found in {base} of {shown}.")
    named = _named(assignment, code, base, inner, notes)
    missing = [file for file in assignment.files if file not in named]
    stubs = {} if origin.resolve() == assignment.folder else _stubs(assignment)
    untouched = [file for file, key in named.items() if file in stubs and _lines(code[key]) == _lines(stubs[file])]
    chosen = {}
    for file, key in named.items():
        chosen[file] = Answer(key, file, PurePosixPath(file).stem, (file,), _aliases(key, base, PurePosixPath(file).stem))
    stand_ins, further, problems = _stand_ins(assignment, code, base, missing, untouched, stubs, modified or {}, notes)
    for candidate, stands_for in stand_ins.items():
        chosen |= dict.fromkeys(stands_for, _answer(assignment, candidate, base, stands_for))
        reasons = [f"{file} ({'not there' if file in missing else 'as it was handed out'})" for file in stands_for]
        notes.append(f"{candidate.key} stands in for {_listed(reasons)}.")
    if further:
        keys, names = [candidate.key for candidate in further], sorted(set().union(*further.values()))
        notes.append(f"{_listed(keys)} {'was' if len(keys) == 1 else 'were'} taken as well, for {_listed(names)}.")
    if not chosen:
        raise problems[0] if problems else _nothing_found(assignment, code, shown)
    notes += _overlooked(assignment, code, base, {file: key for file, key in named.items() if chosen[file].key == key})
    notes += [str(problem) for problem in problems]
    notes += [f"{file} is not there: what it should define counts as not answered." for file in missing if file not in chosen]
    if empty := [answer.key for answer in dict.fromkeys(chosen.values()) if not _lines(code[answer.key])]:
        is_empty = "is empty: what it" if len(empty) == 1 else "are empty: what they"
        notes.append(f"{_listed(empty)} {is_empty} should define counts as not answered.")
    in_order = [chosen[file] for file in assignment.files if file in chosen]
    in_order += [_answer(assignment, candidate, base, ()) for candidate in further]
    return Answers(base, tuple(dict.fromkeys(in_order)), tuple(notes))


def _listed(words: Sequence[str]) -> str:
    """["a", "b", "c"] -> "a, b and c"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1] if words else ""]))


def _inner_folder(assignment: Assignment, code: Mapping[str, bytes]) -> tuple[str, list[str]]:
    """The folder that holds most of the assignment's files, the nearest such; and notes on the choice."""
    files = {folder: sum(folder + file in code for file in assignment.files) for folder in {_folder(name) for name in code}}
    ranked = sorted(files, key=lambda folder: (-files[folder], folder + assignment.notebook not in code, folder.count("/"), folder))
    base = ranked[0] if ranked else ""
    notes = []
    twice = [folder for folder in ranked[1:] if any({folder + file, base + file} <= code.keys() for file in assignment.files)]
    if twice:
        rivals = [folder or "the folder itself" for folder in twice[:3]] + [f"{len(twice) - 3} more"] * (len(twice) > 3)
        notes.append(f"Files of the same names lie in {_listed(rivals)}: those in {base or 'the folder itself'} were taken.")
    return base, notes


def _outside_of_packages(folder: str, code: Mapping[str, bytes]) -> str:
    """The folder, or the one around it where code around it imports it as a package."""
    while folder:
        name = PurePosixPath(folder).name
        around = _folder(folder[:-1])
        imported = re.compile(
            rb'(?:^|")[ \t]*(?:from|import)[ \t]+%s(?:\.|[ \t]+import\b)' % re.escape(name.encode()), re.MULTILINE
        )
        fellows = [data for key, data in code.items() if key.startswith(around)]
        if name in sys.stdlib_module_names | _LIBRARIES or not any(imported.search(data) for data in fellows):
            break
        folder = around
    return folder


def _aliases(key: str, base: str, module: str) -> tuple[str, ...]:
    """The modules as which other files may import that one: by its path from the base, and by its own name where it has another."""
    path = PurePosixPath(key.removeprefix(base))
    if path.suffix.lower() != ".py" or not all(part.isidentifier() for part in (*path.parent.parts, path.stem)):
        return ()
    dotted = ".".join((*path.parent.parts, path.stem))
    return tuple(name for name in dict.fromkeys((path.stem, dotted)) if name not in (module, *sys.stdlib_module_names, *_LIBRARIES))


def _folder(name: str) -> str:
    return name[: name.rfind("/") + 1]


def _named(assignment: Assignment, code: Mapping[str, bytes], base: str, inner: str, notes: list[str]) -> dict[str, str]:
    """The assignment's file -> where it was found: in the base, in the package inside it, or else the nearest one of that name."""
    named = {}
    for file in assignment.files:
        places = [key for key in code if key == file or key.endswith(f"/{file}")]
        nearest = min(places, key=lambda key: (key != base + file, key != inner + file, key.count("/"), key), default=None)
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
    defines: frozenset[str]  # of the names that are asked for

    @property
    def name(self) -> str:
        return PurePosixPath(self.key).name


def _stand_ins(
    assignment: Assignment,
    code: Mapping[str, bytes],
    base: str,
    missing: Sequence[str],
    untouched: Sequence[str],
    stubs: Mapping[str, bytes],
    modified: Mapping[str, float],
    notes: list[str],
) -> tuple[dict[_Candidate, list[str]], dict[_Candidate, set[str]], list[SubmissionError]]:
    """What stands in for files that are missing or untouched, and for which; what else comes along; and why others cannot be read.

    For each such file a notebook that was worked on, or else a `.py` file, or else, where it is missing, the notebook as handed out.
    """
    problems: list[SubmissionError] = []
    wanted = [file for file in assignment.files if file in missing or file in untouched]
    if not wanted:
        return {}, {}, problems
    notebooks = _candidates(assignment, code, base, ".ipynb", wanted, problems)
    as_received = _as_received(assignment, stubs)
    worked_on = [candidate for candidate in notebooks if candidate.text != as_received]
    handed_out = [_lines(data) for data in stubs.values()]
    sources = _candidates(assignment, code, base, ".py", wanted, [] if worked_on else problems)
    sources = [candidate for candidate in sources if _lines(code[candidate.key]) not in handed_out or not untouched]
    chosen: dict[_Candidate, list[str]] = {}
    unanswered = []
    for file in wanted:
        asked = _asked(assignment, [file])
        for tier in (worked_on, sources, notebooks if file in missing else []):
            fitting = [c for c in tier if not asked or asked & c.defines or c.name == assignment.notebook]
            if fitting:
                chosen.setdefault(_best(fitting, file, assignment.notebook, asked, modified, notes), []).append(file)
                break
        else:
            unanswered.append(file)
    whole = [candidate for candidate in chosen if candidate.key.lower().endswith(".ipynb")]
    if whole:  # what a notebook takes from elsewhere is not seen in it
        most = max(whole, key=lambda candidate: len(candidate.defines))
        chosen[most] = [file for file in wanted if file in chosen[most] or file in unanswered]
    others = [candidate for candidate in (*worked_on, *sources) if candidate not in chosen]
    return chosen, _further(assignment, wanted, chosen, others, modified, notes), problems


def _further(
    assignment: Assignment,
    wanted: Sequence[str],
    chosen: Collection[_Candidate],
    others: Sequence[_Candidate],
    modified: Mapping[str, float],
    notes: list[str],
) -> dict[_Candidate, set[str]]:
    """Those that define what the chosen ones do not, and what that is: no variables, for those are called like a function by chance."""
    missing = _asked(assignment, wanted).intersection(assignment.names).difference(*(candidate.defines for candidate in chosen))
    found: dict[_Candidate, set[str]] = {}
    while chosen and len(found) < _MOST_FURTHER:
        new = {candidate: missing & {match[1] for match in _DEFINED.finditer(candidate.text)} for candidate in others}
        most = max(new.values(), key=len, default=set())
        if not most:
            break
        versions = [candidate for candidate in others if new[candidate] == most]
        best = _best(versions, wanted[0], assignment.notebook, missing, modified, notes)
        found[best] = most
        missing -= most
    return found


def _asked(assignment: Assignment, files: Collection[str]) -> set[str]:
    """What one of these files defines: the names that questions ask for, and functions whose calls answer in their place."""
    names = {name for question in assignment.questions if question.file in files for name in question.names}
    return names | {answer.call for answer in assignment.flow.answers if answer.call and answer.name in names}


def _candidates(
    assignment: Assignment,
    code: Mapping[str, bytes],
    base: str,
    suffix: str,
    wanted: Collection[str],
    problems: list[SubmissionError],
) -> list[_Candidate]:
    """The files with that suffix, in the base or else anywhere, that could answer the wanted ones."""
    asked = _asked(assignment, wanted)
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
            found.append(_Candidate(key, text, frozenset(asked & defined)))
    return found


def _best(
    candidates: Sequence[_Candidate], file: str, notebook: str, asked: set[str], modified: Mapping[str, float], notes: list[str]
) -> _Candidate:
    """That which fits best: by its name, by how much of what is asked it answers, then the newest, then by a name that is near."""

    def fit(candidate: _Candidate) -> tuple[bool, int, int]:
        answered = len(candidate.defines) - candidate.text.count(_UNANSWERED)
        return candidate.name not in (file, notebook), -len(candidate.defines & asked), -answered

    def nearness(candidate: _Candidate) -> tuple[float, int, str]:
        wanted = notebook if candidate.key.lower().endswith(".ipynb") else file
        return -difflib.SequenceMatcher(None, candidate.name, wanted).ratio(), candidate.key.count("/"), candidate.key

    best = min(map(fit, candidates))
    rivals = sorted((candidate for candidate in candidates if fit(candidate) == best), key=nearness)
    if len({candidate.text for candidate in rivals}) == 1:
        return rivals[0]
    key, reason = newest_of([candidate.key for candidate in rivals], modified)
    taken = next(candidate for candidate in rivals if candidate.key == key)
    instead = [c.key for c in rivals if c != taken and c.defines & asked == taken.defines & asked]  # the others may come along
    note = f"{key} was taken, and not {_listed(sorted(instead))}: {reason}."
    if instead and note not in notes:
        notes.append(note)
    return taken


def _answer(assignment: Assignment, candidate: _Candidate, base: str, stands_for: Sequence[str]) -> Answer:
    path = PurePosixPath(candidate.key)
    if path.suffix.lower() == ".py" and len(stands_for) == 1:
        module = PurePosixPath(stands_for[0]).stem
    else:
        module = re.sub(r"\W", "_", path.stem)
        module = f"_{module}" if not module or module[0].isdigit() else module
        others = {PurePosixPath(file).stem for file in assignment.files if file not in stands_for}
        if keyword.iskeyword(module) or module in sys.stdlib_module_names | _LIBRARIES | others:
            module += "_"
    return Answer(candidate.key, path.name, module, tuple(stands_for), _aliases(candidate.key, base, module))


def _text(data: bytes, key: str) -> str:
    if key.lower().endswith(".ipynb"):
        return "\n".join(source for _, source in code_cells(data, key))
    return decode(data, key).content


def _overlooked(assignment: Assignment, code: Mapping[str, bytes], base: str, named: Mapping[str, str]) -> list[str]:
    """A note on what may be the real work although the files come first: notebooks that leave less unanswered, other versions."""
    unanswered = sum(decode(code[key], key).content.count(_UNANSWERED) for key in named.values())
    notes = []
    for key in [key for key in code if unanswered and _folder(key) == base and key.lower().endswith(".ipynb")]:
        with contextlib.suppress(SubmissionError):  # nobody asked for it: that it cannot be read costs nothing
            if _text(code[key], key).count(_UNANSWERED) < unanswered:
                notes.append(f"{key} was not looked at: {_listed(list(named))} came first; hand in one or the other.")
    for file, named_key in named.items():
        for key in code:
            other = _folder(key) == _folder(named_key) and PurePosixPath(key).name not in (*assignment.files, assignment.notebook)
            if other and is_code(key) and is_version_of(PurePosixPath(key).name, file):
                notes.append(f"{key} was not looked at: {file} came first; hand in one or the other.")
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
    if not any(map(_lines, code.values())):
        which = "which is" if len(code) == 1 else "all of them"
        return SubmissionError(
            f"{shown}: expected {wanted}, found {_listed(some)}, {which} empty: save your work and hand in the files of this homework."
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
