"""What is changed in a solution: numbers, operators, axes, calls, arguments, slices, statements.

Our own, on Python's syntax tree, and not those of mutmut or cosmic-ray: both have the operators of any mutation tester (numbers plus and
minus one, arithmetic, comparisons, booleans) and none of those by which numerical code goes wrong (an axis, an order of indices, swapped
arguments, a lost `.T`, a lost ReLU, a statement left out). mutmut's are internal to a program that brings a terminal interface,
cosmic-ray's come with aiohttp, GitPython and a badge maker; what is common to them and to us is the shorter half of this file.

A change is an edit of the text and not of the tree: what is shown is what is run, and everything else stays as it was written.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple, TypeAlias

__all__ = ["Edit", "Text", "children_of", "edits_of"]


class Edit(NamedTuple):
    """Bytes start to end of the source become `text`."""

    start: int
    end: int
    text: str


class Text:
    """A source with the places of its nodes, which Python counts in lines and in bytes of UTF-8."""

    def __init__(self, source: str) -> None:
        self.data = source.encode()
        self.tree = ast.parse(source)
        self.starts = [0]
        for line in self.data.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.modules = {
            (alias.asname or alias.name).split(".")[0]
            for node in ast.walk(self.tree)
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        }
        self.thrown_away = {id(node.value) for node in ast.walk(self.tree) if isinstance(node, ast.Expr)}

    def start(self, node: _Placed) -> int:
        return self.starts[node.lineno - 1] + node.col_offset

    def end(self, node: _Placed) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.starts[node.end_lineno - 1] + node.end_col_offset

    def of(self, node: _Placed) -> str:
        return self.data[self.start(node) : self.end(node)].decode()

    def operand(self, node: ast.expr) -> str:
        """The node's text, in parentheses where it could fall apart in another place."""
        loose = (ast.BinOp, ast.BoolOp, ast.Compare, ast.UnaryOp, ast.IfExp, ast.Lambda, ast.NamedExpr, ast.GeneratorExp)
        return f"({self.of(node)})" if isinstance(node, loose) else self.of(node)

    def instead(self, node: _Placed, text: str) -> Edit:
        return Edit(self.start(node), self.end(node), text)

    def between(self, before: ast.expr, after: ast.expr, pattern: str, text: str) -> Iterator[Edit]:
        """The first match of `pattern` between two nodes becomes `text`."""
        begin = self.end(before)
        if found := re.search(pattern.encode(), self.data[begin : self.start(after)]):
            yield Edit(begin + found.start(), begin + found.end(), text)

    def swapped(self, first: _Placed, second: _Placed) -> Iterator[Edit]:
        """The two change places, with what stands between them as it was."""
        if self.of(first) != self.of(second):
            middle = self.data[self.end(first) : self.start(second)].decode()
            yield Edit(self.start(first), self.end(second), f"{self.of(second)}{middle}{self.of(first)}")


_Placed: TypeAlias = ast.expr | ast.stmt | ast.keyword

_ARITHMETIC: dict[type[ast.operator], tuple[str, tuple[str, ...]]] = {
    ast.Add: (r"\+", ("-", "*")),
    ast.Sub: (r"-", ("+",)),
    ast.Mult: (r"\*", ("/", "+")),
    ast.Div: (r"/", ("*",)),
    ast.FloorDiv: (r"//", ("/", "*")),
    ast.Mod: (r"%", ("//",)),
    ast.Pow: (r"\*\*", ("*",)),
    ast.MatMult: (r"@", ("*",)),
    ast.BitAnd: (r"&", ("|",)),
    ast.BitOr: (r"\|", ("&",)),
}
_COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: (r"<", ("<=", ">")),
    ast.LtE: (r"<=", ("<", ">")),
    ast.Gt: (r">", (">=", "<")),
    ast.GtE: (r">=", (">", "<")),
    ast.Eq: (r"==", ("!=",)),
    ast.NotEq: (r"!=", ("==",)),
    ast.Is: (r"is", ("is not",)),
    ast.IsNot: (r"is\s+not", ("is",)),
    ast.In: (r"in", ("not in",)),
    ast.NotIn: (r"not\s+in", ("in",)),
}
# what a name may be taken for, either way
_CONFUSED = [
    ("max", "min"), ("argmax", "argmin"), ("sum", "mean"), ("any", "all"), ("zeros", "ones"), ("zeros_like", "ones_like"),
    ("ceil", "floor"), ("maximum", "minimum"), ("vstack", "hstack"), ("log", "log2"), ("max_pool2d", "avg_pool2d"),
    ("MaxPool2d", "AvgPool2d"), ("log_softmax", "softmax"), ("eval", "train"), ("randn", "rand"),
]  # fmt: skip
_INSTEAD = {name: other for pair in _CONFUSED for name, other in (pair, pair[::-1])}
_UNCHANGED_BY = (ast.Constant, ast.JoinedStr, ast.Starred)


def edits_of(node: ast.AST, text: Text) -> Iterator[Edit]:
    """The changes of this very node, not of those within it."""
    if isinstance(node, ast.stmt):
        yield from _statement(node, text)
    match node:
        case ast.Constant() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            yield from _constant(node, text)
        case ast.UnaryOp(op=ast.Not() | ast.Invert() | ast.USub(), operand=operand):
            yield text.instead(node, text.operand(operand))
        case ast.BinOp():
            yield from _arithmetic(node, text)
        case ast.BoolOp():
            yield from _boolean(node, text)
        case ast.Compare():
            yield from _comparison(node, text)
        case ast.IfExp(body=body, orelse=other):
            yield from (text.instead(node, text.operand(one)) for one in (body, other))
            yield from _negated(node.test, text)
        case ast.comprehension(ifs=conditions):
            for condition in conditions:
                yield from _negated(condition, text)
                yield text.instead(condition, "True")
        case ast.Call():
            yield from _call(node, text)
        case ast.Attribute(value=value, attr="T" | "mT"):
            yield text.instead(node, text.operand(value))
        case ast.Slice():
            yield from _slice(node, text)
        case ast.Tuple(elts=elements, ctx=ast.Load()) | ast.List(elts=elements, ctx=ast.Load()):
            for first, second in pairwise(elements):
                yield from text.swapped(first, second)


def children_of(node: ast.AST) -> Iterator[ast.AST]:
    """What may be changed within a node."""
    match node:
        case ast.Raise() | ast.JoinedStr() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
            return
        case ast.Assert(test=test):
            yield test
        case ast.AnnAssign(target=target, value=value):
            yield from (target, *([value] if value else []))
        case ast.FunctionDef(args=arguments, body=body):
            yield from (default for default in (*arguments.defaults, *arguments.kw_defaults) if default)
            yield from body
        case ast.ClassDef(body=body):
            yield from body
        case _:
            yield from ast.iter_child_nodes(node)


def _constant(node: ast.expr, text: Text) -> Iterator[Edit]:
    value = ast.literal_eval(node)
    others: list[object] = []
    if isinstance(value, bool):
        others = [not value]
    elif isinstance(value, int):
        others = [
            value + 1,
            value - 1,
            0,
            *([-1] if value == 1 else [-value] if value < 0 else []),
            *([value // 2] if value > 3 else []),
        ]
    elif isinstance(value, float):
        others = [0.0, value / 2, value + 1.0, *([-value] if value else [])]
    for other in dict.fromkeys(others):
        if other != value:
            yield text.instead(node, repr(other))


def _arithmetic(node: ast.BinOp, text: Text) -> Iterator[Edit]:
    pattern, others = _ARITHMETIC.get(type(node.op), ("", ()))
    for other in others:
        yield from text.between(node.left, node.right, pattern, other)
    for operand in (node.left, node.right):
        yield text.instead(node, text.operand(operand))
    if isinstance(node.op, (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.MatMult)):
        left, right = text.operand(node.left), text.operand(node.right)
        symbol = {ast.Sub: "-", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%"}.get(type(node.op), "@")
        yield text.instead(node, f"({right} {symbol} {left})")


def _boolean(node: ast.BoolOp, text: Text) -> Iterator[Edit]:
    word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    for first, second in pairwise(node.values):
        yield from text.between(first, second, rf"\b{word}\b", other)
    for left_out in node.values:
        kept = f" {word} ".join(text.operand(value) for value in node.values if value is not left_out)
        yield text.instead(node, f"({kept})" if len(node.values) > 2 else kept)


def _comparison(node: ast.Compare, text: Text) -> Iterator[Edit]:
    for left, operator, right in zip([node.left, *node.comparators[:-1]], node.ops, node.comparators, strict=True):
        pattern, others = _COMPARISONS[type(operator)]
        for other in others:
            yield from text.between(left, right, pattern, other)


def _negated(test: ast.expr, text: Text) -> Iterator[Edit]:
    if not isinstance(test, ast.UnaryOp) or not isinstance(test.op, ast.Not):
        yield text.instead(test, f"(not {text.operand(test)})")


def _call(node: ast.Call, text: Text) -> Iterator[Edit]:
    function, arguments = node.func, node.args
    for first, second in pairwise(arguments):
        if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred):
            yield from text.swapped(first, second)
    everything: list[ast.expr | ast.keyword] = [*arguments, *node.keywords]
    for keyword in node.keywords:
        yield _with_arguments(node, [one for one in everything if one is not keyword], text)
    if len(arguments) > 1:
        yield _with_arguments(node, [*arguments[:-1], *node.keywords], text)
    called = function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    if called in _INSTEAD and not (isinstance(function, ast.Name) and called == "log"):
        end = text.end(function)
        yield Edit(end - len(called.encode()), end, _INSTEAD[called])
    if called == "range":
        for argument in arguments:
            if not isinstance(argument, ast.Constant):
                yield text.instead(argument, f"{text.operand(argument)} - 1")
    yield from _without_call(node, called, text)


def _with_arguments(node: ast.Call, arguments: list[ast.expr | ast.keyword], text: Text) -> Edit:
    return Edit(text.end(node.func), text.end(node), f"({', '.join(text.of(argument) for argument in arguments)})")


def _without_call(node: ast.Call, called: str, text: Text) -> Iterator[Edit]:
    """`np.exp(x)` becomes `x`, and so does `x.sum(axis=1)`; a class is not a step of a calculation."""
    function = node.func
    if called[:1].isupper() or id(node) in text.thrown_away:  # the latter is the statement left out, once more
        return
    if isinstance(function, ast.Attribute) and not _is_namespace(function.value, text):
        yield text.instead(node, text.operand(function.value))
    elif node.args and not isinstance(node.args[0], _UNCHANGED_BY):
        yield text.instead(node, text.operand(node.args[0]))


def _is_namespace(node: ast.expr, text: Text) -> bool:
    """Whether the functions of this belong to a module, or to the object itself: np, torch.nn, self."""
    if isinstance(node, ast.Attribute):
        return _is_namespace(node.value, text) and not (isinstance(node.value, ast.Name) and node.value.id == "self")
    return isinstance(node, ast.Name) and (node.id == "self" or node.id in text.modules)


def _slice(node: ast.Slice, text: Text) -> Iterator[Edit]:
    for bound in (node.lower, node.upper, node.step):
        if bound is not None:
            yield text.instead(bound, "1" if bound is node.step else "")
            if not isinstance(bound, (ast.Constant, ast.UnaryOp)) and bound is not node.step:
                yield from (text.instead(bound, f"{text.of(bound)} {sign} 1") for sign in "+-")


def _statement(node: ast.stmt, text: Text) -> Iterator[Edit]:
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Import() | ast.ImportFrom() | ast.Global() | ast.Nonlocal():
            return  # a docstring, or nothing to leave out
        case ast.Return() | ast.FunctionDef() | ast.ClassDef() | ast.With() | ast.AnnAssign(value=None):
            pass
        case _:
            yield text.instead(node, "pass")
    match node:
        case ast.If(test=test) | ast.While(test=test):
            yield from _negated(test, text)
        case ast.With(items=items):
            yield Edit(text.start(node), text.end(items[-1].optional_vars or items[-1].context_expr), "if True")
        case ast.AugAssign(target=target, op=operator, value=value):
            pattern, others = _ARITHMETIC.get(type(operator), ("", ()))
            if pattern:
                for other in ("", *others[:1]):
                    yield from text.between(target, value, f"{pattern}=", f"{other}=")
        case ast.FunctionDef(decorator_list=decorators) | ast.ClassDef(decorator_list=decorators):
            for decorator in decorators:
                yield Edit(text.data.rfind(b"@", 0, text.start(decorator)), text.end(decorator), "pass")
        case ast.Continue():
            yield text.instead(node, "break")
        case ast.Break():
            yield text.instead(node, "continue")
