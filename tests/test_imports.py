"""The direction of imports: each layer knows only those above it, and student code's process knows nothing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import grader

ROOT = Path(grader.__file__).parent

# each line may import from its own line and from those above it
LAYERS = [
    {"versions", "outcomes", "errors", "flow", "messages"},
    {"wire", "storage"},
    {"datasets"},
    {"homework"},
    {"intake"},
    {"judgements"},
    {"sandbox"},
    {"pattern", "student", "local", "inputs", "probes"},
    {"opening", "training"},
    {"checks", "classify", "hints", "plugin"},
    {"runner"},
    {"collecting"},
    {"classroom"},
    {"authors", "doctor"},
    {"reports", "checking", "definitions", "kernel"},
    {"cli", "data_commands", "options", "__main__"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

# what runs in the student's process, and all that it may import of ours
WORKER = {
    *("worker", "loops", "training_data", "watch", "failures", "output", "residue", "seeds", "sources"),
    *("importing", "clock", "captures", "places", "standins", "inert", "devices", "python2", "aliases", "twice"),
}
WORKER_MAY_IMPORT = {"outcomes", "errors", "flow", "messages", "wire"} | {f"sandbox.{name}" for name in WORKER}


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if path.name != "__init__.py")


def imports_of(path: Path, *, at_import: bool = False) -> set[str]:
    """Our own modules that a file imports: "compare", "sandbox.worker"; under TYPE_CHECKING they do not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    nodes = tree.body if at_import else list(ast.walk(tree))
    found = set()
    for node in nodes:
        if id(node) in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "grader":
            inside = node.module.removeprefix("grader").removeprefix(".")
            found |= (
                {inside} if inside and not _is_package(inside) else {f"{inside}.{alias.name}".lstrip(".") for alias in node.names}
            )
        elif isinstance(node, ast.Import):
            found |= {alias.name.removeprefix("grader.") for alias in node.names if alias.name.startswith("grader.")}
    return found


def _is_package(name: str) -> bool:
    return (ROOT / name.replace(".", "/")).is_dir() and name != "judgements.explain"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_upwards(path: Path) -> None:
    """A module imports only from its own layer and from those above it."""
    own = path.relative_to(ROOT).parts[0].removesuffix(".py")
    for name in imports_of(path):
        first = name.split(".")[0]
        assert first in LEVEL, f"{first} has no layer: give it one in LAYERS"
        assert LEVEL[first] <= LEVEL[own], f"{own} imports {name}, which is a layer below it"


@pytest.mark.parametrize("name", sorted(WORKER))
def test_what_runs_beside_student_code_knows_nothing(name: str) -> None:
    """The worker's modules import the vocabulary, the wire and each other, and nothing that holds an answer."""
    assert imports_of(ROOT / "sandbox" / f"{name}.py") <= WORKER_MAY_IMPORT


def test_no_module_grows_out_of_hand() -> None:
    """At 500 lines a module is split by noun."""
    long = {path.name: count for path in ROOT.rglob("*.py") if (count := len(path.read_text(encoding="utf-8").splitlines())) > 500}
    assert not long


def test_no_module_is_called_utils() -> None:
    """Name the idea, or write it where it is used."""
    assert not [path for path in ROOT.rglob("*.py") if path.stem in ("utils", "util", "helpers", "misc", "common")]
