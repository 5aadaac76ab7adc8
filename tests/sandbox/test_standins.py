"""What stands in during an import: inert things, data sets without files, short loaders, and the CPU for a GPU."""

from __future__ import annotations

import copy
import math
import pickle
import subprocess
import sys
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from torch.utils.data import DataLoader, Subset, TensorDataset

from grader.flow import Arrays, Dataset, Flow
from grader.sandbox.inert import INERT, MissingModules
from grader.sandbox.standins import BATCHES, IMAGES, array_functions, in_force

CIFAR = Dataset(name="torchvision.datasets.CIFAR10", shape=(3, 32, 32), classes=tuple("abcdefghij"), train=50_000, test=10_000)
FASHION = Dataset(name="torchvision.datasets.FashionMNIST", shape=(1, 28, 28), classes=("a", "b"), train=60_000, test=10_000)


# --- inert things -----------------------------------------------------------------------------------------------------------------


def test_an_inert_thing_takes_whatever_is_done_to_it() -> None:
    """Calls, attributes, items, a context, numbers, formats, unpacking, copies."""
    figure, axes = INERT.subplots(2, 3, figsize=(8, 4))
    axes[0, 1].imshow([1]).set_title("a")
    axes[0] = 3
    del axes[1]
    with INERT.style.context("ggplot") as style:
        style.use = "x"
    a, b, c = figure
    assert all(one is INERT for one in (a, b, c, copy.deepcopy(INERT), copy.copy(INERT)))
    assert [*axes, *zip(axes.flatten(), [1], strict=False)] == []
    assert (len(INERT), float(INERT), 3 in INERT, bool(INERT)) == (0, 1.0, False, True)
    assert f"{INERT:.2f} {INERT:d} {INERT:>5s}" == "1.00 1 1"
    assert "%.1f %d" % (INERT, INERT) == "1.0 1"  # noqa: UP031 - as students write it
    assert INERT > 0
    assert not INERT < 0.7
    assert math.isclose(np.mean([INERT, INERT]), 1.0)
    assert isinstance(pickle.loads(pickle.dumps(INERT)), type(INERT))


def test_an_inert_thing_is_a_decorator_that_changes_nothing() -> None:
    """`@interact` above a function leaves the function."""

    def function() -> int:
        return 3

    assert INERT(function) is function
    assert INERT.interact(x=3)(function) is function


@pytest.fixture
def missing() -> Iterator[MissingModules]:
    """A finder that is taken away again, with all that it gave."""
    before = set(sys.modules)
    finder = MissingModules(("nobody_draws", "google.nothing"), ("nobodys_course",), {"nobodys_data.sets": {"load": lambda: 5}})
    sys.meta_path.append(finder)
    yield finder
    sys.meta_path.remove(finder)
    for name in set(sys.modules) - before:
        del sys.modules[name]


def student(source: str, missing: MissingModules) -> types.ModuleType:
    """A module whose code is no installed package's."""
    module = types.ModuleType("someones_work")
    missing.own.append(module)
    exec(compile(source, "cell 1", "exec"), vars(module))
    return module


def test_modules_that_draw_need_not_be_there(missing: MissingModules) -> None:
    """They and what is below and above them can be imported, in every form."""
    student(
        "import nobody_draws.pyplot as plt, nobody_draws\nfrom nobody_draws.a.b import C, d\nfrom google.nothing import drive\n"
        "from nobody_draws import *\nplt.plot([1]); C(); drive.mount('/x'); nobody_draws('x')",
        missing,
    )
    assert missing.notes() == ["not installed here, and without effect: nobody_draws, google.nothing."]
    assert missing.notes() == []


def test_a_library_s_part_that_needs_another_library_stands_aside(missing: MissingModules, monkeypatch: pytest.MonkeyPatch) -> None:
    """torch has `utils.tensorboard` in it, of which nothing can be imported without tensorboard."""
    name = "torch.utils.tensorboard"
    monkeypatch.setattr(missing, "inert", frozenset({name}))
    monkeypatch.setitem(sys.modules, name, None)  # and afterwards as it was
    monkeypatch.setattr("grader.sandbox.inert.PathFinder.find_spec", lambda _: None)
    source = f"from {name} import SummaryWriter\nwith SummaryWriter('D:\\\\runs') as board:\n    board.add_scalar('a', 1.0, 2)"
    missing.stand_in_front(["no word of it"])
    assert sys.modules[name] is None
    missing.stand_in_front([source])
    student(source, missing)
    assert missing.notes() == [f"not installed here, and without effect: {name}."]


def test_other_modules_are_still_missing(missing: MissingModules) -> None:
    """A name that is not declared, and every name for a library that asks."""
    with pytest.raises(ModuleNotFoundError):
        student("import nobody_else", missing)
    library = compile("import nobody_draws", "/usr/lib/python3/site-packages/library.py", "exec")
    with pytest.raises(ModuleNotFoundError):
        exec(library, {})


def test_the_course_s_own_modules_are_looked_for_in_the_submission(missing: MissingModules) -> None:
    """When a name is used, not when it is imported: it may be defined below."""
    module = student(
        "from nobodys_course.util import im2col, other\nfrom nobodys_data.sets import load\n"
        "def later(): return im2col(3)\ndef im2col(x): return x + 1\nloaded = load()",
        missing,
    )
    assert (module.later(), module.loaded) == (4, 5)
    assert missing.notes() == [
        "not handed in: nobodys_course.util; what is imported from there is looked for among the submission's own names."
    ]
    with pytest.raises(ModuleNotFoundError, match=r"`other` is imported from nobodys_course\.util, which was not handed in"):
        module.other(1)


def test_a_module_of_the_course_s_own_has_the_submission_s_names(missing: MissingModules) -> None:
    """`from course import layers`, and `layers.Relu` is what the submission calls `Relu`; a name that nobody defines is told."""
    module = student(
        "from nobodys_course import layers, tools\nclass Relu: pass\nclass tools: size = 3\ndef make(name): return getattr(layers, name)()",
        missing,
    )
    assert isinstance(module.make("Relu"), module.Relu)
    assert module.tools.size == 3
    with pytest.raises(ModuleNotFoundError, match=r"`Affine` is imported from nobodys_course\.layers, which was not handed in"):
        module.make("Affine")


def test_a_name_that_is_imported_and_defined_above_is_the_own_one(missing: MissingModules) -> None:
    """`import *` gives what the submission has defined so far."""
    module = student("def softmax(x): return 1", missing)
    other = types.ModuleType("someones_other_work")
    exec(compile("from nobodys_course.functions import *\nvalue = softmax(2)", "cell 2", "exec"), vars(other))
    assert other.value == 1
    assert other.softmax is module.softmax


# --- data -------------------------------------------------------------------------------------------------------------------------


def test_a_data_set_has_its_real_length_and_random_images() -> None:
    """No file, no download; transforms, classes and targets as in the library; the real class again afterwards."""
    transform = torchvision.transforms.ToTensor()
    with in_force(Flow(datasets=(CIFAR, FASHION)), ["torchvision"]):
        train = torchvision.datasets.CIFAR10("./nowhere", train=True, download=True, transform=transform)
        test = torchvision.datasets.CIFAR10(root="./nowhere", train=False, transform=transform)
        grey = torchvision.datasets.FashionMNIST("./nowhere", True, transform=transform)
    assert (len(train), len(test), len(grey)) == (50_000, 10_000, 60_000)
    assert train.data.shape == (50_000, 32, 32, 3)
    assert grey.data.shape == (60_000, 28, 28)
    image, label = train[49_999]
    assert (tuple(image.shape), label, train.classes[label]) == ((3, 32, 32), 9, "j")
    assert image.std() > 0.1
    assert not torch.equal(image, train[0][0])
    assert tuple(grey[5][0].shape) == (1, 28, 28)
    assert isinstance(train, torchvision.datasets.CIFAR10)
    with pytest.raises(RuntimeError, match="not found"):
        torchvision.datasets.CIFAR10("./nowhere")
    with pytest.raises(RuntimeError, match="not found"):
        torchvision.datasets.FashionMNIST("./nowhere")


def test_a_long_loader_is_cut_short_and_a_short_one_is_not() -> None:
    """Without processes of its own; lengths stay what they are; afterwards everything comes."""
    data = TensorDataset(torch.arange(100.0))
    with in_force(Flow(), []):
        long, few = DataLoader(data, batch_size=4, num_workers=2, shuffle=True), DataLoader(Subset(data, range(8)), batch_size=2)
        large = DataLoader(Subset(data, [0] * 900), batch_size=100)
        assert (len(list(long)), len(long), len(list(few)), len(list(large))) == (IMAGES // 4, 25, 4, BATCHES)
        for _ in range(100):
            last = len(list(long))
        assert last == 1, "who goes through it very often gets less each time"
    assert sum(len(x) for (x,) in DataLoader(data, batch_size=4)) == 100
    assert len(list(few)) == 4


def test_batches_come_by_next_in_both_ways() -> None:
    """`next(batches)`, and `batches.next()` as torch had it until 1.12."""
    with in_force(Flow(), []):
        batches: Any = iter(DataLoader(TensorDataset(torch.arange(100.0)), batch_size=40))
        assert (batches.next()[0][0].item(), next(batches)[0][0].item()) == (0.0, 40.0)
        assert len(list(batches)) == 1
        with pytest.raises(StopIteration):
            batches.next()


def test_a_course_s_loader_of_arrays_gives_what_it_promises() -> None:
    """Shapes by its arguments, pixels from 0 to 1, labels as numbers or as rows."""
    arrays = Arrays(name="dataset.mnist.load_mnist", shape=(1, 28, 28), classes=10, train=600, test=100)
    load = array_functions([arrays])["dataset.mnist"]["load_mnist"]
    (x, t), (x_test, _) = load(flatten=False)
    assert (x.shape, t.shape, x_test.shape, x.dtype) == ((600, 1, 28, 28), (600,), (100, 1, 28, 28), np.float32)
    assert 0 <= x.min() < x.max() <= 1
    assert set(t) == set(range(10))
    (x, t), _ = load(normalize=False, one_hot_label=True)
    assert (x.shape, x.dtype, t.shape, t.sum()) == ((600, 784), np.uint8, (600, 10), 600)


# --- devices ----------------------------------------------------------------------------------------------------------------------

_ON_THE_CPU = """
import torch
from grader.sandbox.devices import run_on_the_cpu
torch.cuda.is_available = lambda: False
untouched = torch.Tensor.to
assert not run_on_the_cpu(["x = 1"]) and torch.Tensor.to is untouched
assert run_on_the_cpu(["net.cuda()"]) and run_on_the_cpu(["anything"])
device = torch.device("cuda:0")
net = torch.nn.Linear(2, 3).cuda().to(device).to("cuda").to(0).cuda(0)
x = torch.zeros(4, 2, device="cuda", dtype=torch.float64).to(device, torch.float32).to(device=device).to(device=0)
y = net(x.cuda(non_blocking=True)).type(torch.cuda.FloatTensor)
z = torch.tensor([1], device=device).type("torch.cuda.LongTensor")
assert {y.device.type, z.device.type, net.weight.device.type} == {"cpu"} and z.dtype == torch.int64 and y.dtype == torch.float32
assert torch.zeros(2).to(torch.float64).dtype == torch.float64 and torch.zeros(2).type(torch.int32).dtype == torch.int32
assert torch.cuda.get_device_name(0) and torch.cuda.memory_allocated() == 0 and not torch.cuda.is_available()
torch.cuda.synchronize(); torch.cuda.set_device(0)
torch.save(net.state_dict(), "/dev/null")
print("fine")
"""


def test_code_that_asks_for_a_gpu_runs_on_the_cpu() -> None:
    """Whatever way it asks, if it mentions one and there is none."""
    done = subprocess.run([sys.executable, "-c", _ON_THE_CPU], capture_output=True, text=True, check=False)
    assert done.stdout == "fine\n", done.stderr
