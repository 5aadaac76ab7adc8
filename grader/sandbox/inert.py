"""Things that take whatever is done to them and do nothing: for libraries that draw or show, and for calls that are not run.

A submission that was written beside a screen imports matplotlib, mounts a drive, shows a progress bar. None of that is in the answer,
and where such a library is not installed it must not cost an answer either.
"""

from __future__ import annotations

import dis
import importlib.abc
import sys
import types
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

__all__ = ["DISPLAY_LIBRARIES", "INERT", "Inert", "MissingModules"]

# Where one of these is not installed, it is inert: they draw, show, or keep a log, and no answer needs them.
DISPLAY_LIBRARIES = (
    *("IPython", "bokeh", "comet_ml", "google.colab", "graphviz", "hiddenlayer", "ipywidgets", "livelossplot", "matplotlib"),
    *("mpl_toolkits", "neptune", "plotly", "prettytable", "pylab", "rich", "seaborn", "tabulate", "tensorboard", "tensorboardX"),
    *("tensorboard_logger", "termcolor", "tkinter", "torch.utils.tensorboard", "torchinfo", "torchsummary", "torchsummaryX"),
    *("torchviz", "tqdm", "turtle", "visdom", "wandb"),
)  # fmt: skip

_NEEDS = {"torch.utils.tensorboard": "tensorboard"}


class Inert(float):
    """Answers every attribute, call, index and operation with itself; as a number it is 1.0, as a collection it is empty.

    A number, because what a training function returns is compared and printed; 1.0, because `if accuracy > best:` should hold once
    and `while accuracy < 0.7:` never. Unpacked, it comes apart into as many as are wanted.
    """

    __slots__ = ()

    def __new__(cls) -> Inert:
        return super().__new__(cls, 1.0)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what copy, pickle and inspect ask of everything
            raise AttributeError(name)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type)):
            return args[0]  # used as a decorator
        return self

    def __iter__(self) -> Iterator[Any]:
        caller = sys._getframe(1)
        code = caller.f_code.co_code
        if code[caller.f_lasti] == dis.opmap["UNPACK_SEQUENCE"]:
            return iter((self,) * code[caller.f_lasti + 1])
        return iter(())

    def __setattr__(self, name: str, value: Any) -> None:
        """Forgotten."""

    def __getitem__(self, key: Any) -> Any:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        """Forgotten."""

    def __delitem__(self, key: Any) -> None:
        """Nothing was there."""

    def __len__(self) -> int:
        return 0

    def __contains__(self, item: Any) -> bool:
        return False

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        """What was raised inside goes on."""

    def __index__(self) -> int:
        return 1

    def __format__(self, wanted: str) -> str:
        try:
            return super().__format__(wanted)
        except ValueError:  # a format for text or for whole numbers
            return "1"

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return ()

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    def __reduce__(self) -> Any:
        return Inert, ()


INERT = Inert()


class _InertModule(types.ModuleType):
    """A module of which everything can be imported."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self.__version__ = "0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return INERT

    def __call__(self, *_: Any, **__: Any) -> Any:
        return INERT


class _Progress:
    """A progress bar that shows nothing: the things themselves, and everything else inert."""

    def __init__(self, iterable: Iterable[Any] = (), *_: Any, **__: Any) -> None:
        self.iterable = iterable

    def __iter__(self) -> Iterator[Any]:
        return iter(self.iterable)

    def __len__(self) -> int:
        return len(self.iterable)  # type: ignore[arg-type]  # as the real one: a TypeError where it has no length

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to close."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return INERT


def _trange(*args: int, **_: Any) -> _Progress:
    return _Progress(range(*args))


class _ElsewhereModule(types.ModuleType):
    """A module of the course that the submission does not hold: its names are the submission's own, found when they are used."""

    def __init__(self, name: str, find: Callable[[str], Any], given: Mapping[str, Any]) -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self._find = find
        vars(self).update(given)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return _Later(name, self.__name__, self._find)


class _Later:
    """A name of a module that is not there: when it is used, the submission's own of that name; what has attributes is a module, too."""

    def __init__(self, name: str, source: str, find: Callable[[str], Any]) -> None:
        self.__name__ = self.__qualname__ = name
        self._source = source
        self._find = find

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        found = self._find(self.__name__)
        if found is None or found is self:
            name = self.__name__
            raise ModuleNotFoundError(
                f"`{name}` is imported from {self._source}, which was not handed in, and the submission defines no `{name}`"
            )
        return found(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = self._find(self.__name__)
        if found is not None and found is not self:
            return getattr(found, name)
        return _Later(name, f"{self._source}.{self.__name__}", self._find)


class MissingModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Asked last, when nobody else has found a module: stands in for those that a submission need not have.

    Only for imports by the submission: a library that looks whether another one is there is told the truth.
    """

    def __init__(self, inert: Collection[str], elsewhere: Collection[str], given: Mapping[str, Mapping[str, Any]]) -> None:
        self.inert = frozenset(inert)
        self.elsewhere = frozenset(elsewhere)
        self.given = given  # module -> functions that are there all the same
        self.own: list[types.ModuleType] = []  # the submission's modules
        self.served: dict[str, None] = {}  # what was asked for, in that order
        self.served_elsewhere: dict[str, None] = {}

    def notes(self) -> list[str]:
        """What stood in since this was last asked, a sentence each."""
        notes = []
        if self.served:
            notes.append(f"not installed here, and without effect: {', '.join(self.served)}.")
        if self.served_elsewhere:
            names = self.served_elsewhere
            listed = ", ".join(name for name in names if not any(other.startswith(f"{name}.") for other in names))
            notes.append(f"not handed in: {listed}; what is imported from there is looked for among the submission's own names.")
        self.served.clear()
        self.served_elsewhere.clear()
        return notes

    def stand_in_front(self, sources: Iterable[str]) -> None:
        """Serve those of which a part is installed that cannot do without the rest, where these sources speak of one."""
        for name, needed in _NEEDS.items():
            if name in self.inert and any(needed in source for source in sources) and PathFinder.find_spec(needed) is None:
                sys.modules[name] = self.create_module(ModuleSpec(name, self, is_package=True))

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:  # noqa: ARG002 - the protocol's
        if not self._serves(name) or not _asked_by_submission():
            return None
        return ModuleSpec(name, self, is_package=True)

    def _serves(self, name: str) -> bool:
        wanted = self.inert | self.elsewhere | self.given.keys()
        return any(name == one or name.startswith(f"{one}.") or one.startswith(f"{name}.") for one in wanted)

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        name = spec.name
        top = name.partition(".")[0]
        if _within(name, self.elsewhere) or _within(name, self.given):
            if name not in self.given:
                self.served_elsewhere[name] = None
            return _ElsewhereModule(name, self._find, {**self._own_names(), **self.given.get(name, {})})
        if _within(name, self.inert):
            self.served[next(one for one in self.inert if _within(name, (one,)))] = None
        module = _InertModule(name)
        if top == "tqdm":
            vars(module).update(tqdm=_Progress, trange=_trange, tqdm_notebook=_Progress, tnrange=_trange)
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing to run."""

    def _own_names(self) -> dict[str, Any]:
        """What the submission has defined so far: `import *` wants to have it."""
        names = {module.__name__ for module in self.own}
        return {
            name: value
            for module in self.own
            for name, value in vars(module).items()
            if not name.startswith("_") and getattr(value, "__module__", None) in names
        }

    def _find(self, name: str) -> Any:
        """What the submission's modules define under that name: the latest that defines it itself, not one that merely imports it."""
        names = {module.__name__ for module in self.own}
        found = [vars(module)[name] for module in reversed(self.own) if name in vars(module)]
        return next((value for value in found if getattr(value, "__module__", None) in names), None)


def _within(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _asked_by_submission() -> bool:
    """Whether the import statement stands in the submission: in code that is no file of an installed package."""
    frame = sys._getframe(2)
    while frame is not None and "importlib" in frame.f_code.co_filename:
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None and not any(part in frame.f_code.co_filename for part in ("site-packages", "dist-packages", "<frozen"))
