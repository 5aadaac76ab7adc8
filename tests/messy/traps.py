"""What students do to a notebook of `cifar10_convnets`, one trap each, with what has to come of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from tests.messy import convnets, notebook
from tests.messy.notebook import Cells, v4


class Trap(NamedTuple):
    """A submission. `lost`: question -> the points that remain, where not all do. `notes`: parts of notes that have to be there."""

    files: Mapping[str, bytes]
    lost: Mapping[str, float] = MappingProxyType({})
    notes: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()  # what no note may hold


def _notebook(cells: Cells, *notes: str, lost: dict[str, float] | None = None, silent: tuple[str, ...] = ()) -> Trap:
    return Trap({"PyTorch.ipynb": v4(cells)}, lost or {}, notes, silent)


def _file(text: str, *notes: str, lost: dict[str, float] | None = None) -> Trap:
    return Trap({"PyTorch.py": text.encode()}, lost or {}, notes)


def _with_cell_before(mark: str, *sources: str) -> Cells:
    """The notebook with further code cells before the one that holds `mark`."""
    made = []
    for kind, source in convnets.cells():
        if kind == "code" and mark in source:
            made += [("code", extra) for extra in sources]
        made.append((kind, source))
    assert len(made) == len(convnets.cells()) + len(sources)
    return made


def _without_text() -> Cells:
    return [(kind, source) for kind, source in convnets.cells() if kind == "code"]


def _headings_in_comments() -> Cells:
    """Text cells made comments at the top of the next code cell: "# Part IV: ..."."""
    made: Cells = []
    waiting = ""
    for kind, source in convnets.cells():
        if kind == "code":
            made.append((kind, waiting + source))
            waiting = ""
        elif source.startswith("# Part"):
            waiting += f"# ---- {source[2:].splitlines()[0]} ----\n"
    return made


def _plain_script(*, guarded: bool) -> str:
    """All cells one after the other in one file, as people paste them; `guarded`: what trains stands under the main guard."""
    cells = [source for kind, source in convnets.cells() if kind == "code" and source != convnets.MOUNT]
    text = "\n\n".join(cells).replace("%matplotlib inline\n", "").replace("import matplotlib.pyplot as plt\n", "")
    if not guarded:
        return text
    flat = [convnets.RUN_CONVNET, convnets.RUN_MODULE, convnets.RUN_SEQUENTIAL, convnets.RUN_OPEN, convnets.TEST_SET]
    for cell in [convnets.RUN_TWO_LAYERS, convnets.RUN_TWO_LAYER_MODULE, *flat]:
        text = text.replace(cell.replace("= 4000", "= 40"), "")
    given = convnets.RUN_TWO_LAYER_SEQUENTIAL.replace("= 4000", "= 40")
    text = text.replace(given, given.partition("\n\n")[0])
    body = "\n\n".join(flat)
    assert "\ntrain_part" not in text
    return text + "\n\nif __name__ == '__main__':\n" + "\n".join(f"    {line}" if line else "" for line in body.split("\n")) + "\n"


def _one_small_net() -> str:
    """A script that trains one net of two convolutions, with what the Sequential part asks nobody for."""
    given = [convnets.IMPORTS, convnets.DATA, convnets.FLATTEN, convnets.CHECK_34, convnets.TRAIN_34, convnets.RUN_OPEN]
    text = "\n\n".join(given).replace("%matplotlib inline\n", "")
    board = "from torch.utils.tensorboard import SummaryWriter\nboard = SummaryWriter('D:\\\\runs')\nboard.add_scalar('a', 0, 1)\n"
    return board + text + "\n\nbest_model = model\ncheck_accuracy_part34(loader_test, best_model)\n"


def _last_part() -> str:
    """A script for the open question, in functions, with its search; of the other parts it has nothing."""
    given = [convnets.IMPORTS, convnets.DATA, convnets.FLATTEN, convnets.CHECK_34, convnets.TRAIN_34]
    net = convnets.RUN_OPEN.replace("block(16, 32),", "block(16, width), block(width, width), nn.MaxPool2d(1),").replace(
        "32 * 8 * 8", "width * 16"
    )
    body = net.replace("optimizer = None", "optimizer = None\n\nwidth = 8", 1)
    lines = "\n".join(f"    {line}" if line else "" for line in body.split("\n"))
    text = "\n\n".join(given).replace("%matplotlib inline\n", "").replace("import matplotlib.pyplot as plt\n", "")
    return f"{text}\n\ndef my_own_net():\n{lines}\n    return model\n\nif __name__ == '__main__':\n    best_model = my_own_net()\n"


_GPU = """\
print(torch.cuda.get_device_name(0), torch.cuda.memory_allocated() / 2**20)
torch.backends.cudnn.benchmark = True
torch.cuda.manual_seed_all(1)
device = torch.device('cuda:0')
z = torch.zeros(3, device='cuda').to(device).to(0).cuda().type(torch.cuda.FloatTensor)"""

_TQDM = """\
from tqdm import tqdm
from tqdm.notebook import trange
from torchsummary import summary
from IPython.display import clear_output, Image, display
import wandb
wandb.init(project="convnets", config={"lr": 0.1})

for step in tqdm(range(3), desc="warming up"):
    wandb.log({"step": step})
with trange(2) as bar:
    for step in bar:
        bar.set_postfix(loss=0.1)
clear_output(wait=True)"""

_PICTURES = """\
images, labels = next(iter(loader_train))
assert images.shape == (64, 3, 32, 32) and len(loader_train) == 766 and len(cifar10_train) == 50000
fig, axes = plt.subplots(2, 4, figsize=(8, 4))
for i, ax in enumerate(axes.flatten()):
    ax.imshow(images[i].permute(1, 2, 0))
    ax.set_title(cifar10_train.classes[labels[i]])
plt.plot([1, 2], label='a')
plt.legend(); plt.show()
count = 0
for x, y in loader_val:
    count += 1
mean = cifar10_train.data.mean(axis=(0, 1, 2)) / 255"""

_FIT = """\
def fit_with_schedule(model, optimizer, scheduler=None, epochs=1):
    for e in range(epochs):
        train_part34(model, optimizer)
        if scheduler:
            scheduler.step()"""

_OWN_LOOP = """\
for epoch in range(10):
    for t, (x, y) in enumerate(loader_train):
        loss = F.cross_entropy(model(x.to(device)), y.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print('epoch', epoch, loss.item())"""

_MAGICS = """\
%time quick = 4
!nvidia-smi
files = !ls
?torch.zeros
torch.ones??
%env A=1
if hidden == 3:
    %cd ..
    !ls
assert quick == 4"""

_TWICE = """\
class Twice(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv = nn.Conv2d(c, 2 * c, 3, padding=1, stride=2)

    def forward(self, x):
        return F.relu(self.conv(x))"""

_CALL_OPEN = "train_part34(model, optimizer, epochs=10)"

CONVNETS: dict[str, Trap] = {
    "as it is meant": _notebook(
        convnets.whole(),
        "make_three_layer_run: taken from what train_part34 received in cell 28, line 10 (model, optimizer).",
        "make_nesterov_run: taken from what train_part34 received in cell 32, line 17",
        "make_open_run: taken from what train_part34 received in cell 34, line 10",
        "three_layer_parameters: taken from what train_part2 received in cell 19, line 13 (params).",
        "cell 1 could not be run to its end: AssertionError: [!] Enter the folder. (cell 1, line 6",
        "not installed here, and without effect: google.colab",
        silent=("calls fit",),
    ),
    "without cell ids": Trap({"PyTorch.ipynb": v4(convnets.cells(), ids=False)}),
    "nbformat 3": Trap({"PyTorch.ipynb": notebook.v3(convnets.cells())}),
    "exported by jupyter": _file(notebook.as_jupyter_saves_it(convnets.cells()), "PyTorch.py, line"),
    "exported by colab": _file(notebook.as_colab_saves_it(convnets.cells()), "PyTorch.py, line"),
    "exported by an editor": _file(notebook.as_an_editor_saves_it(convnets.cells()).replace("\n", "\r\n"), "PyTorch.py, line"),
    "one script": _file(_plain_script(guarded=False)),
    "a script with a main guard": _file(_plain_script(guarded=True)),
    "a script that begins with helpers it lacks": _file(
        f"from nobodys_course import fix_seed, plot\n\nfix_seed(0)\n\n{_plain_script(guarded=False)}",
        "PyTorch.py could not be run to its end: ModuleNotFoundError: No module named 'nobodys_course' (PyTorch.py, line 1:",
    ),
    "the last part alone": _file(_last_part(), lost=dict.fromkeys(("Q1", "Q2", "Q3", "Q4", "Q5", "Q5t", "Q6"), 0.0)),
    "one small net alone": Trap(
        {"best.py": _one_small_net().encode()},
        dict.fromkeys(("Q1", "Q2", "Q3", "Q4", "Q5", "Q5t", "Q6"), 0.0),
        notes=("without effect: torch.utils.tensorboard, matplotlib",),
        silent=("Error", "make_nesterov_run"),
    ),
    "a net that is trained again, and no net of one's own": _notebook(
        [cell for cell in _without_text() if cell[1] not in (convnets.RUN_OPEN, convnets.TEST_SET)]
        + [("code", "train_part34(model, optimizer, epochs=2)")],
        "make_nesterov_run: taken from what train_part34 received in cell 21,",
        lost={"Q7": 0.0},
        silent=("make_open_run",),
    ),
    "no headings": _notebook(_without_text()),
    "headings in comments": _notebook(_headings_in_comments(), silent=("calls fit",)),
    "an old net in the last part": _notebook(
        convnets.replaced(
            _CALL_OPEN,
            "model = ThreeLayerConvNet(3, 64, 32, 10)\noptimizer = optim.SGD(model.parameters(), lr=1e-2)\ntrain_part34(model, optimizer)",
        ),
        "make_three_layer_run: taken from what train_part34 received in cell 28",
    ),
    "a heading like an earlier part's in the last one": _notebook(
        [
            (kind, source.replace("### Things you might try", "### My Sequential API attempt, like Part III"))
            for kind, source in convnets.cells()
        ],
        "make_nesterov_run: taken from what train_part34 received in cell 32",
    ),
    "several tries": _notebook(
        convnets.replaced(
            _CALL_OPEN,
            "for width in (4, 8, 12):\n"
            "    model = nn.Sequential(block(3, width), nn.Flatten(), nn.Linear(width * 256, 10))\n"
            "    optimizer = optim.SGD(model.parameters(), lr=0.1)\n"
            "    acc = train_part34(model, optimizer)\n",
        ),
        "make_open_run: 3 calls fit (cell 34, line 10): the last one counts.",
    ),
    "a cell that raises": _notebook(
        convnets.replaced("ThreeLayerConvNet(3, channel_1, channel_2, 10)", "ThreeLayerConvNet(3, channel_1, channel_2)"),
        "cell 28 could not be run to its end: TypeError: ThreeLayerConvNet.__init__() missing 1 required positional argument: "
        "'num_classes' (cell 28, line 7: model = ThreeLayerConvNet(3, channel_1, channel_2))",
        lost={"Q5": 0.0, "Q5t": 0.0},
        silent=("NameError",),
    ),
    "a model that is left over": _notebook(
        [
            *_with_cell_before(_CALL_OPEN)[:33],
            ("code", "model = nn.Sequential(nn.Conv2d(3, 8))\noptimizer = optim.Adam(model.parameters())"),
            ("code", _CALL_OPEN),
        ],
        "cell 34 could not be run to its end: TypeError",
        lost={"Q7": 0.0},
        silent=("cell 35",),
    ),
    "a GPU that is not there": _notebook(
        [
            (kind, source.replace("    return self.fc(flatten(x))", "    return self.fc(flatten(x.cuda()))"))
            for kind, source in _with_cell_before("def flatten(x)", _GPU)
        ],
        silent=("cell 8",),
    ),
    "asserts on the machine": _notebook(
        _with_cell_before(
            "def flatten(x)", "assert torch.cuda.is_available(), 'switch the GPU on'\nimport torch.nn.functional as F"
        ),
        "cell 8 could not be run to its end: AssertionError: switch the GPU on (cell 8, line 1",
    ),
    "what training gives back": _notebook(
        convnets.replaced(
            _CALL_OPEN,
            "best = 0.0\nlosses, accuracies = train_part34(model, optimizer, epochs=10)\n"
            "acc = train_part34(model, optimizer, epochs=10)\n"
            "print('%.2f %d' % (acc, acc), f'{acc:.1%} {acc:d} {losses[-1]:.3f} {len(losses)}')\n"
            "plt.plot(losses, accuracies)\nnp.mean(accuracies)\n"
            "while acc < 0.7:\n    acc = train_part34(model, optimizer)\n"
            "assert acc > best\nbest = max(best, acc)\nbest_model = model",
        ),
        silent=("cell 34 could", "calls fit"),
    ),
    "bars, summaries, logs": _notebook(
        [
            (kind, source.replace("self.fc(flatten(x))", "self.fc(flatten(x)) if len(list(tqdm(range(2)))) == 2 else None"))
            for kind, source in _with_cell_before("def flatten(x)", _TQDM)
        ],
        silent=("cell 8",),
    ),
    "pictures of the data": _notebook(_with_cell_before("def flatten(x)", _PICTURES), silent=("cell 8",)),
    "a training function of one's own": _notebook(
        [
            (
                kind,
                source.replace(
                    _CALL_OPEN, "fit_with_schedule(model, optimizer, optim.lr_scheduler.StepLR(optimizer, 1), epochs=10)"
                ),
            )
            for kind, source in _with_cell_before("def block", _FIT)
        ],
        "make_open_run: taken from what train_part34 received in cell 35",
    ),
    "a training loop of one's own": _notebook(
        convnets.replaced(_CALL_OPEN, _OWN_LOOP),
        "make_open_run: taken from what the variables held in cell",
    ),
    "a search for the best": _notebook(
        convnets.replaced(
            _CALL_OPEN,
            "best_acc = 0\nbest_model = None\nresults = {}\n"
            "for width in (4, 8):\n    for lr in (1e-2, 1e-3):\n"
            "        model = nn.Sequential(block(3, width), nn.Flatten(), nn.Linear(width * 256, 10))\n"
            "        optimizer = optim.Adam(model.parameters(), lr=lr)\n"
            "        losses, val_accs, train_accs = train_part34(model, optimizer)\n"
            "        correct, total, acc = check_accuracy_part34(loader_val, model)\n"
            "        results[width, lr] = val_accs[-1], train_accs[-1]\n"
            "        if acc > best_acc:\n            best_acc, best_model, best_optimizer = acc, model, optimizer\n"
            "for item in sorted(results):\n    print('%d %e: %f' % (*item, results[item][0]))\n"
            "best_acc, best = train_part34(best_model, best_optimizer, epochs=10)\n"
            "train_part34(best, best_optimizer)\nmodel = best_model",
        ),
        "make_open_run: 5 calls fit",
        silent=("cell 34 could",),
    ),
    "a call in a function": _notebook(
        convnets.replaced(
            _CALL_OPEN, "def experiment(net, opt):\n    return train_part34(optimizer=opt, model=net)\nexperiment(model, optimizer)"
        )
    ),
    "open question left open": _notebook(
        convnets.replaced(convnets.RUN_OPEN, f"model = None\noptimizer = None\n\npass\n\n{_CALL_OPEN}"), lost={"Q7": 0.0}
    ),
    "only the last part left open, cells below it run": _notebook(
        convnets.replaced(convnets.RUN_OPEN, "# nothing yet"), lost={"Q7": 0.0}
    ),
    "defined and called in one cell": _notebook(
        convnets.replaced(_CALL_OPEN, f"if True:\n    {convnets.TRAIN_34.replace(chr(10), chr(10) + '    ')}\n    {_CALL_OPEN}")
    ),
    "the training cells deleted": _notebook(
        [
            cell
            for cell in convnets.cells()
            if cell[1] not in (convnets.TRAIN_34, convnets.CHECK_34, convnets.TRAIN_2, convnets.CHECK_2)
        ],
        silent=("NameError",),
    ),
    "a cell that never ends": _notebook(
        _with_cell_before("def flatten(x)", "before = 1\nwhile True:\n    pass", "import time\ntime.sleep(3600)"),
        "cell 8 could not be run to its end: TimeoutError: stopped after 7 s (cell 8, line 2)",
        "cell 9 could not be run to its end: TimeoutError: stopped after 5 s (cell 9, line 2)",
    ),
    "a half-written cell": _notebook(
        _with_cell_before("def flatten(x)", "x = [1, 2\n\ndef unfinished(:\n    pass"),
        "cell 8 could not be run to its end: SyntaxError: invalid syntax (cell 8, line 3: def unfinished(:)",
    ),
    "magics of all kinds": _notebook(
        _with_cell_before(
            "def flatten(x)",
            "%%timeit\nsum(range(10))",
            "%%capture out\nhidden = 3",
            _MAGICS,
            "%%writefile helpers.py\nclass Helper:\n    size = 3",
            "from helpers import Helper\nassert Helper().size == hidden",
            "%%bash\nrm -rf datasets\nfor x in 1 2; do echo $x; done",
            "get_ipython().magic('load_ext autoreload')\ndisplay(quick)",
        ),
        silent=("cell 8", "cell 9", "cell 10", "cell 11", "cell 12", "cell 13", "cell 14"),
    ),
    "harmless habits": _notebook(
        [
            (
                kind,
                source.replace("    scores = None\n", "    F = torch.nn.functional\n    print('shape', x.shape)\n").replace(
                    "class Flatten(nn.Module):\n    def forward(self, x):\n        return flatten(x)",
                    "class Flatten(nn.Module):\n    def forward(self, input):\n        return input.reshape(input.size(0), -1)\n\n"
                    "def flatten(x):\n    return x.reshape(len(x), -1)",
                ),
            )
            for kind, source in convnets.cells()
        ]
    ),
    "classes of one's own": _notebook(
        [
            (
                kind,
                source.replace(
                    "model = nn.Sequential(block(3, 16), block(16, 32),", "model = nn.Sequential(block(3, 16), Twice(16),"
                ),
            )
            for kind, source in _with_cell_before("def block", _TWICE)
        ]
    ),
    "a name of a module for something else": _notebook(
        _with_cell_before("def block", "F = 3  # the filters' size\nT, N = 4, 5"), silent=("cell 34",)
    ),
    "the file that is asked for, training at its end": Trap(
        {
            "convnets.py": (
                convnets.clean_file() + "\nfor make in (make_nesterov_run, make_open_run):\n    train_part34(*make())\n"
            ).encode()
        },
        silent=("NameError",),
    ),
}
