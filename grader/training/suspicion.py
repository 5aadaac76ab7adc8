"""What an instructor may want to look at in a submission that is trained: nothing of it costs a point by itself.

The code is looked at, not run. Who wants to hide something from this can; it is for finding in minutes what would else take an evening.
"""

from __future__ import annotations

import ast
import re
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from grader.errors import SubmissionError
from grader.intake.encodings import decode
from grader.intake.notebooks import notebook_units

__all__ = ["suspicions"]

_LARGE = 100_000  # bytes of files that are neither code nor pictures
_DATA = 4_000  # characters of data in the code: a small network's weights take more
_WORD = re.compile(r"[A-Za-z0-9+/=_\\-]{60,}")  # no person writes a word like that; separators of one character do not count
_LETTERS = 12  # different ones
_STRING = 200  # characters of a text without a single space
_NUMBERS = 1_000
_MOST = 12  # sentences
_STRETCH = 4_000  # characters of code, comments and texts
_DENSE, _DIGITS = 0.68, 0.45  # of a stretch: what it is packed to, what digits make up; of code, at most 0.61 and 0.34 were seen

_WEIGHTS = (
    ".pt",
    ".pth",
    ".ckpt",
    ".npy",
    ".npz",
    ".pkl",
    ".pickle",
    ".safetensors",
    ".h5",
    ".hdf5",
    ".onnx",
    ".bin",
    ".joblib",
    ".mat",
)
_DATA_SETS = re.compile(r"(?:^|/)(?:t10k|train)-(?:images|labels)|(?:^|/)(?:data_batch_\d|test_batch)$|-ubyte(?:\.gz)?$")
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"RIFF")  # how they begin
_TEXTS = (".docx", ".pptx", ".xlsx", ".hwp", ".hwpx")

# what a call or an import says, by its full name
_READS = re.compile(
    r"(?:torch|numpy|pickle|_pickle|joblib|dill|cloudpickle|torch\.jit|torch\.hub|safetensors\.\w+|scipy\.io)\.(?:load\w*|fromfile|memmap|genfromtxt)$"
    r"|\.from_pretrained$|load_state_dict_from_url$|\.load_model$"
)
_UNPACKS = re.compile(
    r"(?:base64|binascii)\.(?:\w*decode\w*|a2b_\w+|unhexlify)$|(?:zlib|lzma|bz2|gzip)\.decompress$|bytes\.fromhex$"
)
_SEEDS = re.compile(r"(?:^|\.)(?:manual_seed(?:_all)?|set_rng_state)$|^(?:numpy\.random|random)\.seed$")
_LOOKS = re.compile(
    r"^sys\.(?:_getframe|_current_frames|settrace|setprofile)$|^inspect\.(?:currentframe|stack|getouterframes|trace)$"
    r"|^gc\.(?:get_objects|get_referrers|get_referents)$|^ctypes\."
)
_STARTS = re.compile(
    r"^os\.(?:fork\w*|posix_spawn\w*|system|popen)$|^subprocess\.\w+$|^(?:torch\.)?multiprocessing\.(?:Process|Pool|spawn)$"
    r"|^threading\.(?:Thread|Timer)$|^_thread\.start_new_thread$|^concurrent\.futures\.\w+Executor$"
)
_LIBRARIES = ("time", "datetime", "os", "signal", "resource", "gc", "builtins", "threading", "random", "torch", "numpy", "grader")
_SETTINGS = ("torch.backends.",)
_CLOCKS = ("time.", "datetime.")
_USUAL = {"np": "numpy", "F": "torch.nn.functional", "nn": "torch.nn", "torch": "torch", "numpy": "numpy"}


class _Source(NamedTuple):
    label: str  # "work.py", "cell 4"
    text: str


def suspicions(files: Mapping[str, bytes], given: Collection[bytes] = ()) -> tuple[str, ...]:
    """Sentences about the files of a submission (name -> content), each sign once a file. `given`: contents that were handed out."""
    files = {name: data for name, data in files.items() if data not in given}
    code = {name: _sources(name, data) for name, data in sorted(files.items()) if name.lower().endswith((".py", ".ipynb"))}
    others = {name: data for name, data in sorted(files.items()) if name not in code}
    data = any(not _is_picture(name, content) for name, content in others.items())
    found = [*_in_files(others), *(sentence for sources in code.values() for sentence in _in_code(sources, data))]
    more = len(found) - _MOST
    return (*found[:_MOST], *([f"and {more} more signs like these."] if more > 0 else []))


def _sources(name: str, data: bytes) -> list[_Source]:
    try:
        if name.lower().endswith(".ipynb"):
            return [_Source(unit.label, unit.source) for unit in notebook_units(data, name)]
        return [_Source(name, decode(data, name).content)]
    except SubmissionError:  # told in its place
        return []


# --- files beside the code --------------------------------------------------------------------------------------------------------


def _in_files(files: Mapping[str, bytes]) -> Iterator[str]:
    plain = {name: data for name, data in files.items() if not _is_picture(name, data)}
    named = [name for name in files if name.lower().endswith(_WEIGHTS)]
    for name in named[:3]:
        yield f"{name} is a file of weights or data ({_size(len(files[name]))}): nothing that is trained here needs one."
    sets = [name for name in files if _DATA_SETS.search(name) and name not in named]
    for name in sets[:3]:
        yield f"{name} is a part of a data set ({_size(len(files[name]))}): the trainings here use their own."
    rest = [name for name in plain if name not in named and name not in sets]
    size = sum(len(plain[name]) for name in rest)
    if size > _LARGE:
        largest = max(rest, key=lambda name: len(plain[name]))
        several = f" and {len(rest) - 1} more files hold" if len(rest) > 1 else " holds"
        yield f"{largest}{several} {_size(size)}: weights or images?"


def _is_picture(name: str, data: bytes) -> bool:
    """By its first bytes; or a document, by its name."""
    return data.startswith(_PICTURES) or name.lower().endswith(_TEXTS)


def _size(count: int) -> str:
    return f"{count / 1000:,.0f} KB" if count >= 1_000 else f"{count} bytes"


# --- code -------------------------------------------------------------------------------------------------------------------------


def _in_code(sources: Sequence[_Source], data: bool) -> Iterator[str]:
    """Sentences about one file, or about the cells of one notebook. `data`: there are files beside the code that it might read."""
    seen: set[str] = set()
    aliases = dict(_USUAL)
    most, where = 0, ""
    for source in sources:
        size = sum(len(word) for word in _WORD.findall(source.text) if len(set(word)) >= _LETTERS)
        try:
            tree = ast.parse(source.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            tree = ast.Module([], [])  # told in its place
        aliases |= _aliases(tree)
        size = max(size, _data_in(tree), _dense(source.text))
        if size > most:
            most, where = size, source.label
        lines = source.text.splitlines()
        for kind, number, meaning in _Signs(aliases).of(tree):
            if kind not in seen and (kind != "reads" or data):
                seen.add(kind)
                line = lines[number - 1].strip()[:100] if number <= len(lines) else ""
                yield f"{source.label}, line {number} {meaning}: {line}"
    if most > _DATA:
        yield f"{where} holds {_size(most)} of data in its code: weights or images?"


def _aliases(tree: ast.AST) -> dict[str, str]:
    """What names mean: "np" -> "numpy", "Tensor" -> "torch.Tensor"."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.asname: alias.name for alias in node.names if alias.asname}
            found |= {top: top for alias in node.names if not alias.asname for top in [alias.name.partition(".")[0]]}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _data_in(tree: ast.AST) -> int:
    """Bytes of what stands in code as data: bytes, long texts without a space, numbers by the thousand."""
    size = numbers = 0
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant):
            continue
        value = node.value
        if isinstance(value, bytes):
            size += len(value)
        elif isinstance(value, str):
            size += len(value) if len(value) >= _STRING and not re.search(r"\s", value) and len(set(value)) >= _LETTERS else 0
        elif type(value) is int and value.bit_length() > 256:
            size += value.bit_length() // 8
        elif type(value) in (int, float):
            numbers += 1
    return size + (4 * numbers if numbers > _NUMBERS else 0)


def _dense(text: str) -> int:
    """Characters that no language is written in, however they are cut into lines, words or comments: too random, or all figures."""
    size = 0
    for start in range(0, len(text), _STRETCH):
        stretch = text[start : start + _STRETCH]
        data = stretch.encode("utf-8", "replace")
        if len(stretch) == _STRETCH and (
            len(zlib.compress(data, 9)) > _DENSE * len(data) or sum(map(str.isdigit, stretch)) > _DIGITS * len(stretch)
        ):
            size += len(stretch)
    return size


class _Signs:
    """Looks for signs in a tree: (kind, line, meaning). `aliases`: what the names in it stand for."""

    def __init__(self, aliases: Mapping[str, str]) -> None:
        self.aliases = aliases

    def of(self, tree: ast.AST, *, inside: bool = False, loop: bool = False) -> Iterator[tuple[str, int, str]]:
        """`inside` a function, where a seed counts; in a `loop`, where more than one does."""
        for node in ast.iter_child_nodes(tree):
            function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            looping = isinstance(node, (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))
            yield from self._at(node, inside=inside or function, loop=loop)
            yield from self.of(node, inside=inside or function, loop=looping or (loop and not function))

    def _at(self, node: ast.AST, *, inside: bool, loop: bool) -> Iterator[tuple[str, int, str]]:
        match node:
            case ast.Call():
                yield from self._call(node, inside=inside, loop=loop)
            case ast.Assign() | ast.AugAssign() | ast.AnnAssign():
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    for one in target.elts if isinstance(target, ast.Tuple) else [target]:
                        if isinstance(one, ast.Attribute):
                            yield from self._patch(self._name(one), node.lineno)
            case ast.ImportFrom(module=str(module)) if module.startswith("grader.") or (
                module == "grader" and [alias.name for alias in node.names] != ["check"]
            ):
                yield "grader", node.lineno, "names the grader's own modules"
            case ast.Import() if any(alias.name.startswith("grader.") for alias in node.names):
                yield "grader", node.lineno, "names the grader's own modules"
            case ast.Constant(value=str(text)) if text.startswith("grader."):
                yield "grader", node.lineno, "names the grader's own modules"
            case ast.Constant(value=str(text)) if re.match(r"/proc/|/usr/share/datasets", text):
                yield "looks", node.lineno, "looks around in the process that it runs in"

    def _call(self, node: ast.Call, *, inside: bool, loop: bool) -> Iterator[tuple[str, int, str]]:
        name = self._name(node.func)
        here = node.lineno
        if _READS.search(name):
            yield "reads", here, "reads weights or data from a file"
        if _UNPACKS.search(name):
            yield "unpacks", here, "unpacks data that stand in the code or in a file"
        if any(_asks_for_pretrained(keyword) for keyword in node.keywords):
            yield "pretrained", here, "asks for a network that was trained elsewhere"
        if _SEEDS.search(name):
            if loop and not all(isinstance(argument, ast.Constant) for argument in node.args):
                yield "seeds", here, "sets one seed after the other: is a lucky one being looked for?"
            elif inside:
                yield "seed", here, "sets a seed, as many do; the batches' order and the labels of a run do not depend on it"
        if _LOOKS.search(name):
            yield "looks", here, "looks around in the process that it runs in"
        if _STARTS.search(name):
            yield "starts", here, "starts a process or a thread of its own; its processor time counts"
        if name == "setattr" and len(node.args) == 3:
            yield from self._patch(f"{self._name(node.args[0])}.", here)

    def _patch(self, name: str, line: int) -> Iterator[tuple[str, int, str]]:
        if name.startswith(_CLOCKS):
            yield "clock", line, "may change the clock; time is taken outside of its process"
        elif name.split(".")[0] in _LIBRARIES and "." in name and not name.startswith(_SETTINGS):
            yield "patch", line, "changes a library; what is scored are values alone"

    def _name(self, node: ast.AST) -> str:
        """The full name that an expression like `np.random.seed` stands for; empty for anything else."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return f".{parts[0]}" if parts else ""  # a method of something
        if node.id not in self.aliases and parts and node.id in _LIBRARIES:
            return ""  # a variable of that name, not the module
        return ".".join([self.aliases.get(node.id, node.id), *reversed(parts)])


def _asks_for_pretrained(keyword: ast.keyword) -> bool:
    value = keyword.value
    if keyword.arg == "pretrained":
        return isinstance(value, ast.Constant) and value.value is True
    if keyword.arg == "weights":
        return (isinstance(value, ast.Constant) and isinstance(value.value, str)) or "Weights" in ast.dump(value)
    return False
