"""Running a submission's units once, as the module that checks will ask.

A file runs as Python runs it, but for an import of what is not there: that is told, and the rest runs. A notebook, and a script that stands
in for a file, run statement by statement: one that fails takes nothing with it but the names that it would have set, which are unbound, so
that no later cell goes on with what an earlier part has left under that name. A statement that takes too long is stopped, and the next one
runs.
"""

from __future__ import annotations
import __future__

import ast
import contextlib
import sys
import traceback
import types
from collections.abc import Callable
from typing import Any, NamedTuple

from grader.flow import Flow
from grader.messages import MAX_NOTES, Failure, Load, Unit
from grader.outcomes import Outcome
from grader.sandbox import sources
from grader.sandbox.aliases import modules_in, restore_modules
from grader.sandbox.captures import Captures
from grader.sandbox.clock import Clock, Overtime
from grader.sandbox.devices import run_on_the_cpu
from grader.sandbox.failures import describe
from grader.sandbox.inert import DISPLAY_LIBRARIES, INERT, MissingModules
from grader.sandbox.places import Places
from grader.sandbox.seeds import seed_everything
from grader.sandbox.standins import array_functions, in_force
from grader.sandbox.twice import Classes

__all__ = ["Failed", "run_units"]

_SHARE = 0.3  # of the time that is left, for one statement
_MOST_TOLD = 3  # failures of one unit
_MOST_FAILED = 200  # of all
MAX_NOTE = 500
_MOST_BRACKETS = 90  # open at once: more is what a program writes
_RECORDER = "__capture__"
_DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_OF_NOTEBOOKS = ("get_ipython", "display")


class Failed(NamedTuple):
    """A unit of which something did not run, and what it raised."""

    unit: Unit
    failure: Failure


def run_units(request: Load, module: types.ModuleType) -> tuple[list[Failed], list[str]]:
    """Run the units; returns what failed, and notes for the report. Nothing that the units raise comes out."""
    run = _Import(request, module)
    texts = [unit.source for unit in request.units]
    if request.seconds <= 0:  # nobody's process but this one's: it stays as it is
        run.all()
        return run.failed, run.captures.notes
    if request.keep_going or request.flow.calls:
        seed_everything(0)  # nets that are made at top level are the same at every import
    run_on_the_cpu(texts)
    missing = _missing_modules(request.flow)
    missing.own.append(module)
    missing.stand_in_front(texts)
    with in_force(request.flow, texts):
        run.all()
    notes = [note[:MAX_NOTE] for note in (*run.captures.notes, *missing.notes())]
    return run.failed, notes[:MAX_NOTES]


def _missing_modules(flow: Flow) -> MissingModules:
    """The finder for what need not be there. It stays: functions import matplotlib when they are called."""
    present = next((finder for finder in sys.meta_path if isinstance(finder, MissingModules)), None)
    if present is None:
        present = MissingModules((*DISPLAY_LIBRARIES, *flow.inert), flow.elsewhere, array_functions(flow.arrays))
        sys.meta_path.append(present)
    return present


class _Import:
    def __init__(self, request: Load, module: types.ModuleType) -> None:
        self.request = request
        self.module = module
        self.namespace = vars(module)
        self.failed: list[Failed] = []
        self.flow = request.flow
        self.captures = Captures(request.flow, self.namespace, self._where)
        self.places = Places(request.flow.sections, request.units)
        self.classes = Classes(request.flow.definitions, self.namespace)
        texts = [unit.source for unit in request.units]
        self.in_pieces = request.keep_going or bool(request.flow.calls or request.flow.skip) or self.classes.several(texts)
        self.as_notebook = request.keep_going and not (len(request.units) == 1 and request.units[0].label.endswith(".py"))
        self.flags = 0  # of `from __future__ import`
        self.clock = Clock(request.seconds)
        self.imported: dict[str, types.ModuleType] = {}
        self.lost: set[str] = set()  # names that a statement should have set, and did not
        self.unit = Unit("", "")
        self.line = 0
        self.section = self.places.section
        self.before: dict[str, Any] = {}

    def all(self) -> None:
        if self.request.keep_going:
            for name in _OF_NOTEBOOKS:
                if any(name in unit.source for unit in self.request.units):
                    self.namespace.setdefault(name, INERT)
        if self.in_pieces:
            self._run_all_in_pieces()
        else:
            self._run_whole()
        self.captures.notes += self.classes.tell_apart(self.clock.limited)

    def _run_all_in_pieces(self) -> None:
        self.namespace[_RECORDER] = lambda name: lambda function: self.captures.stand_in(name, function)
        self.captures.bind()
        for unit in self.request.units:
            self._enter(unit)
            if not self._run_in_pieces(unit) and not self.request.keep_going:
                break
        if not self.as_notebook:
            self._run_main()
        self._leave_section()
        del self.namespace[_RECORDER]
        self.captures.unbind()
        if self.request.keep_going:
            restore_modules(self.namespace, self.imported, self.module.__name__)
        self.captures.answer(self.module, in_sections=self.places.seen)

    def _run_whole(self) -> None:
        for unit in self.request.units:
            try:
                code = sources.compile_unit(unit)
                with self.clock.limited(1.0):
                    exec(code, self.namespace)  # noqa: S102 - running the submission is what this process is for
            except BaseException as error:  # noqa: BLE001 - sys.exit, KeyboardInterrupt: the student's, whatever it is
                self._tell(unit, error)
                self._enter(unit)
                line = _line_in(unit, error) if isinstance(error, ImportError) else 0
                if not line or not self._run_in_pieces(unit, after=line):
                    break

    # --- piece by piece -------------------------------------------------------------------------------------------------------

    def _run_in_pieces(self, unit: Unit, *, after: int = 0) -> bool:
        """Whether the unit was run to its end, `after`: from the statement that follows an import on that line."""
        try:
            tree = sources.parse_unit(unit)
        except BaseException as error:  # noqa: BLE001 - no Python, or too deep for the parser
            self.failed.append(Failed(unit, self._described(error, unit)))
            return False
        tree = _with_recorders(tree, self.captures.wants)
        if after and not any(_is_import(statement) and statement.lineno <= after <= _end(statement) for statement in tree.body):
            return False
        for statement in tree.body:
            if _end(statement) <= after:
                continue
            self._reach(statement.lineno)
            raised = self._run(statement)
            if raised is not None:
                self._tell(unit, raised)
                if not self.request.keep_going and not (isinstance(raised, ImportError) and _is_import(statement)):
                    return False
        return True

    def _run(self, statement: ast.stmt) -> BaseException | None:
        if self.as_notebook:
            _say_main(statement)
        bound = _bound_by(statement)
        before = {name: self.namespace.get(name) for name in bound}
        try:
            self.flags |= _future_flags(statement)
            code = compile(ast.Module([statement], []), self.unit.label, "exec", flags=self.flags, dont_inherit=True)
            with self.clock.limited(_SHARE if self.request.keep_going else 1.0):
                exec(code, self.namespace)  # noqa: S102 - running the submission is what this process is for
        except BaseException as error:  # noqa: BLE001 - sys.exit, KeyboardInterrupt: the student's, whatever it is
            if self.request.keep_going:
                self._unbind(before)
            return error
        self.lost.difference_update(bound)
        if isinstance(statement, ast.ClassDef):
            self.classes.note(statement.name, self._where()[1])
        if _is_import(statement):
            self.imported |= modules_in(self.namespace, bound)
        self.captures.replace_bound()
        return None

    def _unbind(self, before: dict[str, Any]) -> None:
        """Take away what the statement would have set and has not: a stale value is nobody's answer."""
        for name, value in before.items():
            if name not in self.namespace or self.namespace[name] is value:
                self.namespace.pop(name, None)
                self.lost.add(name)

    def _tell(self, unit: Unit, error: BaseException) -> None:
        if isinstance(error, NameError) and error.name in self.lost:
            return  # told already, where the name was lost
        if len(self.failed) < _MOST_FAILED and sum(failed.unit is unit for failed in self.failed) < _MOST_TOLD:
            self.failed.append(Failed(unit, self._described(error, unit)))

    def _described(self, error: BaseException, unit: Unit) -> Failure:
        if isinstance(error, Overtime):
            where = f"{unit.label}, line {self.line}" if self.line and self.in_pieces else unit.label
            return Failure(Outcome.TIMEOUT, ("TimeoutError",), f"stopped after {error.seconds:.0f} s", where)
        failure = describe(error)
        if isinstance(error, (RecursionError, MemoryError)) and not failure.where:  # Python's own parser: no line of the unit ran
            where = f"{unit.label}, line {_deepest_line(unit.source)}"
            return Failure(Outcome.ERROR, ("SyntaxError",), "nested too deeply to be read", where)
        return failure

    def _run_main(self) -> None:
        """What a file keeps for when it is the main program: run where answers are still missing, for there it trains; or where it
        defines what is defined nowhere else, as files do that were indented as a whole."""
        answers_missing = not all(answer.name in self.namespace for answer in self.flow.answers)
        for unit in self.request.units:
            with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):  # told by the first run
                tree = _with_recorders(sources.parse_unit(unit), self.captures.wants)
                inside = [inner for one in tree.body if isinstance(one, ast.If) and _is_main(one) for inner in one.body]
                defines = any(isinstance(one, _DEFINITIONS) and one.name not in self.namespace for one in inside)
                for statement in inside if answers_missing or defines else ():
                    self._reach(statement.lineno)
                    if (error := self._run(statement)) is not None:
                        self._tell(unit, error)
                        if not (defines and self.request.keep_going):
                            break

    # --- where it is ----------------------------------------------------------------------------------------------------------

    def _enter(self, unit: Unit) -> None:
        self.places.enter(unit)
        self.unit, self.line = unit, 0
        self._move()

    def _reach(self, line: int) -> None:
        self.line = line
        self.places.reach(line)
        self._move()

    def _move(self) -> None:
        if self.places.section != self.section:
            self._leave_section()
            self.section = self.places.section
            self.before = {name: self.namespace.get(name) for answer in self.flow.answers for name in answer.gives}

    def _leave_section(self) -> None:
        self.captures.keep_variables(self.section, self.before, self.unit.label)

    def _where(self) -> tuple[str, str]:
        return self.section, f"{self.unit.label}, line {self.line}"


# --- statements -------------------------------------------------------------------------------------------------------------------


def _with_recorders(tree: ast.Module, wants: Callable[[str], bool]) -> ast.Module:
    """Put the recorder on top of each definition of the module's that is wanted, also where its call stands in the same statement."""
    todo: list[Any] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef):
            if wants(node.name):
                call = ast.Call(ast.Name(_RECORDER, ast.Load()), [ast.Constant(node.name)], [])
                node.decorator_list.insert(0, ast.fix_missing_locations(ast.copy_location(call, node)))
        elif not isinstance(node, (ast.ClassDef, ast.AsyncFunctionDef)):
            for part in ("body", "orelse", "finalbody", "handlers", "cases"):
                inside = getattr(node, part, None)
                todo += inside if isinstance(inside, list) else ()
    return tree


def _bound_by(statement: ast.stmt) -> set[str]:
    """The names that a statement sets in the module, not those that functions and classes in it set for themselves."""
    names: set[str] = set()
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp() | ast.AugAssign():
                pass  # what `x += f()` fails to change keeps its value
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.Import() | ast.ImportFrom():
                names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
            case _:
                todo += ast.iter_child_nodes(node)
    return names


def _is_import(statement: ast.stmt) -> bool:
    return isinstance(statement, (ast.Import, ast.ImportFrom))


def _end(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno


def _line_in(unit: Unit, error: BaseException) -> int:
    """The line of the unit's own, outside of its functions, on which it was raised; 0: none."""
    frames = traceback.walk_tb(error.__traceback__)
    lines = (line for frame, line in frames if (frame.f_code.co_filename, frame.f_code.co_name) == (unit.label, "<module>"))
    return next(lines, 0)


def _future_flags(statement: ast.stmt) -> int:
    if not isinstance(statement, ast.ImportFrom) or statement.module != "__future__":
        return 0
    features = [getattr(__future__, alias.name, None) for alias in statement.names]
    flags = 0
    for feature in features:
        flags |= getattr(feature, "compiler_flag", 0)
    return flags


def _is_main(statement: ast.stmt) -> bool:
    match statement:
        case ast.If(test=ast.Compare(left=ast.Name("__name__"), ops=[ast.Eq()], comparators=[ast.Constant("__main__")])):
            return True
    return False


def _say_main(statement: ast.stmt) -> None:
    """In a notebook, `__name__` is "__main__"; here the module has a name of its own, by which its classes are known."""
    if isinstance(statement, ast.If) and _is_main(statement):
        statement.test = ast.copy_location(ast.Constant(value=True), statement.test)


def _deepest_line(source: str) -> int:
    """The line on which brackets become too many to be read, or the longest one where they do not."""
    depth = 0
    lines = source.split("\n")
    for number, line in enumerate(lines, start=1):
        opened = sum(map(line.count, "([{"))
        if depth + opened > _MOST_BRACKETS:
            return number
        depth += opened - sum(map(line.count, ")]}"))
    return 1 + max(range(len(lines)), key=lambda index: len(lines[index]))
