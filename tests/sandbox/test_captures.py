"""Calls that are captured while a submission is imported, and which of them answers which name."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from grader.flow import Answer, Flow
from tests.sandbox.running import FLOW, run

TRAIN = "def train(model, optimizer, epochs=1):\n    raise RuntimeError('trained')\n"


@pytest.mark.parametrize(
    "source",
    [
        f"{TRAIN}train([1], [2])",
        "train([1], [2])",
        f"if True:\n    {TRAIN.replace(chr(10), chr(10) + '    ')}\n    train([1], [2])",
        f"try:\n    pass\nfinally:\n    {TRAIN.replace(chr(10), chr(10) + '    ')}\n    train([1], [2])",
        f"{TRAIN}def experiment(a):\n    return train(optimizer=[2], model=a)\nexperiment([1])",
        "def train(net, opt, epochs=1): raise RuntimeError\ntrain([1], [2], 3)",
        "def train(opt, net): raise RuntimeError\ntrain([1], [2])",
        "def fit_slowly(scheduler, model, optimizer): raise RuntimeError\nfit_slowly(0, [1], [2])",
        "own = lambda model, optimizer: 1 / 0\ntrain = own\ntrain([1], [2])",
    ],
)
def test_a_call_is_captured_wherever_its_function_comes_from(source: str) -> None:
    """Defined before, in the same statement, nowhere; called by name, by place, by a function."""
    namespace, failed, _ = run(("Part 1", source))
    assert not failed
    assert namespace["make_one"]() == ([1], [2])


def test_after_the_import_the_functions_are_the_submission_s_again() -> None:
    """Under their names, and where they were kept."""
    namespace, _, _ = run(
        f"{TRAIN}kept = [train]\ndef check_it(): return 5\nclass Trainer:\n    def run(self): return 7\nTrainer().run()"
    )
    for function in (namespace["train"], namespace["kept"][0]):
        with pytest.raises(RuntimeError, match="trained"):
            function(1, 2)
    assert namespace["check_it"]() == 5
    assert namespace["Trainer"]().run() == 7


def test_calls_that_are_left_out_do_not_run() -> None:
    """Functions by pattern, methods by name."""
    _, failed, _ = run("def check_it(): 1 / 0\ncheck_it()\nclass Trainer:\n    def run(self): 1 / 0", "Trainer().run()")
    assert not failed


def test_other_functions_of_like_names_run() -> None:
    """`fit*` is captured only if it takes what the call takes."""
    namespace, _, _ = run("def fit_line(x): return x + 1\nfitted = fit_line(2)\ncheck_list = [1]")
    assert (namespace["fitted"], namespace["check_list"]) == (3, [1])


def test_the_place_decides() -> None:
    """By the latest heading; deeper ones below a section's own do not end it."""
    cells: Sequence[tuple[str, str]] = [
        ("Part 1: the first net", "train('a', 'b')"),
        ("Something else", "train('c', 'd')"),
        ("My own net!", "train('e', 'f')"),
    ]
    namespace, _, notes = run(*cells)
    assert namespace["make_one"]() == ("c", "d")
    assert namespace["make_two"]() == "e"
    assert "make_one: 2 calls fit (cell 1, line 1, cell 2, line 1): the last one counts." in notes
    assert "make_two: taken from what train received in cell 3, line 1 (model)." in notes


def test_headings_in_comments_count_where_there_are_no_others() -> None:
    """At the beginning of the comment alone."""
    namespace, _, _ = run("# --- Part 1 ---\ntrain(1, 2)\n# as in Part 2, but\ntrain(3, 4)", "# PART 2: own\ntrain(5, 6)")
    assert (namespace["make_one"](), namespace["make_two"]()) == ((3, 4), 5)


@pytest.mark.parametrize("mark", ["# In[1]:\n\n", "# %%\n"])
def test_in_a_file_that_was_a_notebook_a_line_of_text_is_no_heading(mark: str) -> None:
    """`# # Part 1` is one there, `# Part 2 will ask more` in the text below it is none, nor is a comment."""
    text = "# # My answer to Part 1\n# \n# Part 2 will ask more.\n"
    namespace, _, _ = run(f"{text}\n{mark}# Part 2: not yet\ntrain(1, 2)\n", f"# # 3. Part 2\n{mark}train(3, 4)")
    assert (namespace["make_one"](), namespace["make_two"]()) == ((1, 2), 3)


def test_what_one_call_received_answers_one_name() -> None:
    """The same net, trained once more, is no second net."""
    namespace, _, _ = run("a, b = [1], [2]\ntrain(a, b)\ntrain(a, b)")
    assert "make_one" in namespace
    flow = Flow(
        calls=FLOW.calls,
        answers=tuple(Answer(name=name, call="train", gives=("model", "optimizer")) for name in ("make_one", "make_two")),
    )
    namespace, _, _ = run("a, b = [1], [2]\ntrain(a, b)\ntrain(a, b)", flow=flow)
    assert ("make_one" in namespace, "make_two" in namespace) == (True, False)


def test_what_a_net_is_made_of_tells_which_answer_it_is() -> None:
    """So many layers of a class; not an instance of a class of the submission's."""
    nets = "import torch\nclass Own(torch.nn.Sequential): pass\nL, S = torch.nn.Linear, torch.nn.Sequential\n"
    calls = "train(Own(L(1, 1), L(1, 1)), 1)\ntrain(S(L(1, 1), L(1, 1), L(1, 1)), 2)\ntrain(S(L(1, 1)), 3)"
    held = {"model": "torch.nn.Linear"}
    flow = Flow(
        calls=FLOW.calls,
        answers=(
            Answer(name="make_one", call="train", gives=("optimizer",), holds=held, exactly={"model": 2}),
            Answer(name="make_two", call="train", gives=("optimizer",), holds=held, unlike={"model": "Own"}, pick="first"),
        ),
    )
    namespace, failed, _ = run(nets + calls, flow=flow)
    assert not failed
    assert (namespace["make_one"](), namespace["make_two"]()) == (1, 2)
    lacking = Answer(
        name="make_one", call="train", gives=("optimizer",), holds=held, lacks={"model": ("torch.nn.ReLU", "torch.nn.Tanh")}
    )
    several = "train(S(L(1, 1), S(torch.nn.Tanh())), 1)\ntrain(S(L(1, 1)), 2)\ntrain(S(torch.nn.ReLU(), L(1, 1)), 3)"
    namespace, failed, _ = run(nets + several, flow=Flow(calls=FLOW.calls, answers=(lacking,)))
    assert (failed, namespace["make_one"]()) == ([], 2)


def test_a_net_that_is_trained_again_later_is_told_with_both_places() -> None:
    """It is taken as it was when it was made; the later call is why it counts."""
    cells = "nets = [[1], [2]]\nfor net in nets:\n    train(net, net)", "best = nets[0]\ntrain(best, best, epochs=10)"
    answers = (Answer(name="make_one", call="train", gives=("model",)),)
    namespace, _, notes = run(*cells, flow=Flow(calls=FLOW.calls, answers=answers))
    assert namespace["make_one"]() == [1]
    assert notes == [
        "make_one: 3 calls fit (cell 1, line 2, cell 2, line 2): the last one counts.",
        "make_one: taken from what train received in cell 1, line 2, and again in cell 2, line 2 (model).",
    ]


def test_without_headings_the_order_decides() -> None:
    """The first is the first, the last after it the second."""
    namespace, _, _ = run("train(1, 2)", "train(3, 4)", "train(5, 6)")
    assert (namespace["make_one"](), namespace["make_two"]()) == ((1, 2), 5)


def test_a_name_of_the_submission_s_own_comes_first() -> None:
    """What is captured only fills gaps."""
    namespace, _, notes = run(("Part 1", "def make_one(): return 'own'\ntrain(1, 2)"))
    assert namespace["make_one"]() == "own"
    assert not [note for note in notes if note.startswith("make_one")]


def test_nothing_and_none_are_no_answer() -> None:
    """A model that is None, and a call that never comes."""
    given_back = "accuracy, best = train(None, 1)\ntrain(best, 2)"
    namespace, _, _ = run(("Part 1", f"train(None, None)\n{given_back}"), ("Part 2", "model = 1 / 0\ntrain(model, 2)"))
    assert "make_one" not in namespace
    assert "make_two" not in namespace


def test_variables_answer_where_no_call_does() -> None:
    """What the section has set, not what it has found."""
    namespace, _, notes = run("model = [1]", ("Part 2", "model = [2]\nfor _ in model: pass"))
    assert namespace["make_two"]() == [2]
    assert "make_two: taken from what the variables held in cell 2 (model)." in notes
    namespace, _, _ = run("model = [1]", ("Part 2", "print(model)"))
    assert "make_two" not in namespace


def test_what_is_captured_is_as_it_was_at_the_call() -> None:
    """Later changes do not reach it, nor do those of a check reach the next one; model and optimizer stay together."""
    source = (
        "import torch\nmodel = torch.nn.Linear(2, 1)\noptimizer = torch.optim.SGD(model.parameters(), lr=0.5)\n"
        "train(model, optimizer)\noptimizer.param_groups[0]['lr'] = 9.0\ntrain(model, optimizer)"
    )
    namespace, failed, notes = run(("Part 1", source))
    assert not failed
    model, optimizer = namespace["make_one"]()
    assert optimizer.param_groups[0]["lr"] == 0.5
    before = model.weight.detach().clone()
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    assert not torch.equal(model.weight, before)
    assert torch.equal(namespace["make_one"]()[0].weight, before)
    assert not any("calls fit" in note for note in notes), "the same two things, twice"


def test_what_cannot_be_copied_is_given_as_it_is() -> None:
    """A tensor that is no leaf stays one."""
    namespace, _, _ = run(("Part 1", "import torch\nw = torch.ones(2, requires_grad=True) * 2\ntrain([w], 0)"))
    weights, _ = namespace["make_one"]()
    assert not weights[0].is_leaf


def test_very_many_calls_are_kept_in_bounds() -> None:
    """The first and the last are among what is kept."""
    namespace, failed, _ = run(("Part 1", "for i in range(1000):\n    train([i], [i])"))
    assert not failed
    assert namespace["make_one"]() == ([999], [999])
    namespace, _, _ = run("for i in range(1000):\n    train([i], [i])")
    assert namespace["make_one"]() == ([0], [0])
