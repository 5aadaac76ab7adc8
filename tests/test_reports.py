"""`grader.reports`: what a student and an instructor read in a terminal, to the letter; and that nothing in it acts on one."""

from __future__ import annotations

import io

import msgspec
import pytest
from rich.console import Console, RenderableType

from grader.messages import CheckResult, Environment, QuestionResult, Report, SubmissionInfo, TrainingRun
from grader.outcomes import Fault, Outcome, Visibility
from grader.reports.cell import report_html
from grader.reports.safe import plain, shown
from grader.reports.terminal import class_summary, points, report_table


def check(title: str, outcome: Outcome, worth: float = 2.0, message: str = "", hint: str = "", **more: object) -> CheckResult:
    given = {"name": "test_" + title.lower().replace(" ", "_"), "visibility": Visibility.PUBLIC, "fault": outcome.fault, **more}
    return CheckResult(
        title=title,
        outcome=outcome,
        points=worth if outcome is Outcome.PASSED else 0.0,
        max_points=worth,
        message=message,
        hint=hint,
        **given,  # type: ignore[arg-type]
    )


def question(number: int, title: str, *checks: CheckResult, **more: object) -> QuestionResult:
    graded = [c for c in checks if c.outcome is not Outcome.NOT_GRADED]
    given: dict[str, object] = {"not_graded": sum(c.max_points for c in checks) - sum(c.max_points for c in graded), **more}
    return QuestionResult(
        f"Q{number}",
        title,
        sum(c.points for c in graded),
        sum(c.max_points for c in graded),
        checks,
        **given,  # type: ignore[arg-type]
    )


def report(*questions: QuestionResult, name: str = "kim", notes: tuple[str, ...] = ()) -> Report:
    return Report(
        assignment="toy",
        submission=SubmissionInfo(name, "", ()),
        score=sum(q.score for q in questions),
        max_score=sum(q.max_score for q in questions),
        not_graded=sum(q.not_graded for q in questions),
        questions=questions,
        environment=Environment("", "cpu", (), 0, {}, {}),
        notes=notes,
    )


def lines(what: RenderableType, width: int = 100) -> list[str]:
    """As a terminal of that width shows it, without colours and without blanks at the ends of lines."""
    console = Console(file=io.StringIO(), width=width, record=True, highlight=False)
    console.print(what)
    return [line.rstrip() for line in console.export_text().splitlines()]


def summary(*reports: Report, width: int = 100) -> list[str]:
    console = Console(file=io.StringIO(), width=width, record=True, highlight=False)
    class_summary(reports, console)
    return [line.rstrip() for line in console.export_text().splitlines()]


SECRET = "expected 12 in the hidden check; the falsifying example is x=10"
EVERYTHING = report(
    question(1, "Areas", check("area(3, 4) is 12.", Outcome.PASSED), check("Square(5).area() is 25.", Outcome.PASSED)),
    question(
        2,
        "Sums",
        check("The sums of three.", Outcome.PASSED, 0.5),
        check("They fall.", Outcome.FAILED, 1.0, "expected [4, -2],\ngot [4, 6].", "Add the value.", staff_message=SECRET),
        check("They are fast.", Outcome.TIMEOUT, 0.25, "no answer within 2.5 s."),
        check(
            "They add.",
            Outcome.ERROR,
            0.25,
            "ZeroDivisionError: division by zero.",
            visibility=Visibility.HIDDEN,
            staff_message=SECRET,
        ),
    ),
    question(
        3,
        "Nothing yet",
        check("One.", Outcome.NOT_ANSWERED, 3, "not answered yet."),
        check("Two.", Outcome.NOT_ANSWERED, 1, "not answered yet."),
    ),
    question(
        4,
        "Half",
        check("First.", Outcome.FAILED, 1, "it is None."),
        check("Second.", Outcome.NOT_ANSWERED, 1, "the submission defines no `f`."),
        check("Third.", Outcome.BLOCKED, 1, 'Needs another check to pass first: "First.".'),
        check("Fourth.", Outcome.NOT_GRADED, 2, "Not graded: the check itself is wrong.", fault=Fault.AUTHOR),
    ),
    question(5, "Training", not_graded=10.0, note="graded by hand"),
    question(6, "Elsewhere", not_graded=5.0),
    question(7, "Not asked for"),
    notes=("sums.py was found as hw/sums.py.",),
)


def test_a_report_shows_what_is_wrong_and_no_more() -> None:
    """Scores; under each question the checks that did not pass, with message and hint; notes at the end."""
    assert lines(report_table(EVERYTHING)) == [
        "",
        " question   points   what",
        " ──────────────────────────────────────────────────────────────────",
        " Q1            4/4   Areas",
        " Q2          0.5/2   Sums",
        "                     failed: They fall.",
        "                       expected [4, -2],",
        "                       got [4, 6].",
        "                       hint: Add the value.",
        "                     timeout: They are fast.",
        "                       no answer within 2.5 s.",
        "                     error: They add.",
        "                       ZeroDivisionError: division by zero.",
        " Q3            0/4   Nothing yet",
        "                     not answered yet",
        " Q4            0/3   Half",
        "                     failed: First.",
        "                       it is None.",
        "                     not answered: Second.",
        "                     blocked: Third.",
        '                       Needs another check to pass first: "First.".',
        "                     not graded: Fourth.",
        "                       Not graded: the check itself is wrong.",
        " Q5              –   Training",
        "                     graded by hand",
        " Q6              –   Elsewhere",
        "                     not graded here",
        "",
        "4.5 of 13 points  (17 more points are not graded here)",
        "note: sums.py was found as hw/sums.py.",
    ]


def test_what_is_for_the_staff_is_shown_to_nobody_else() -> None:
    """Neither a hidden check's example nor a traceback stands in what a student reads; the report's file has it."""
    assert SECRET not in "\n".join(lines(report_table(EVERYTHING), 300))
    assert SECRET not in "\n".join(summary(EVERYTHING, width=300))
    assert SECRET.encode() in msgspec.json.encode(EVERYTHING)


def test_a_perfect_report_is_short() -> None:
    """Nothing to say but the points."""
    perfect = report(question(1, "Areas", check("a", Outcome.PASSED)))
    assert lines(report_table(perfect)) == [
        "",
        " question   points   what",
        " ─────────────────────────",
        " Q1            2/2   Areas",
        "",
        "2 of 2 points",
    ]


def run(seed: int, steps: int, accuracy: float, *, ended: str = "") -> TrainingRun:
    return TrainingRun(
        training="both",
        device="cpu",
        seed=seed,
        permutation=(1, 0),
        steps=steps,
        of_steps=1800,
        losses=((30, 1.6094), (steps, 0.4876)),
        accuracies=((900, {"dnn": 50.0, "cnn": 60.0}), (steps, {"dnn": 74.68, "cnn": accuracy})),
        seconds=10.4,
        ended=ended,
    )


def test_every_run_of_a_training_is_shown_also_of_one_that_reached_enough() -> None:
    """Once for all the checks that share it; who passed thanks to a second run sees both."""
    first, second = run(1, 1800, 77.61), run(2, 1800, 84.5)
    stopped = msgspec.structs.replace(run(3, 1200, 0.0, ended="nan from step 1201 on"), training="once", accuracies=())
    trained = report(
        question(
            1,
            "Networks",
            check("dnn learns.", Outcome.PASSED, training=(first,)),
            check("cnn learns.", Outcome.PASSED, training=(first, second)),
            check("Another.", Outcome.FAILED, message="nan.", training=(stopped,)),
        )
    )
    assert lines(report_table(trained), 140)[3:-2] == [
        " Q1            4/6   Networks",
        "                     failed: Another.",
        "                       nan.",
        "                     trained both, run 1 of 2: 1,800 steps in 10 s on cpu, loss 1.61 to 0.488; dnn 74.7 %, cnn 77.6 % right",
        "                     trained both, run 2 of 2: 1,800 steps in 10 s on cpu, loss 1.61 to 0.488; dnn 74.7 %, cnn 84.5 % right",
        "                     trained once: 1,200 of 1,800 steps in 10 s on cpu, loss 1.61 to 0.488; ended: nan from step 1201 on",
    ]
    assert "<div>trained both, run 2 of 2: 1,800 steps in 10 s on cpu" in report_html(trained)


def test_long_text_is_folded_not_cut() -> None:
    """In a narrow terminal, every word of a message is still there."""
    words = " ".join(f"word{number}" for number in range(40))
    narrow = report(question(1, "Areas", check("a", Outcome.FAILED, 2, words)))
    assert " ".join(" ".join(lines(report_table(narrow), 50)).split()).count("word") == 40


@pytest.mark.parametrize(
    ("value", "text"), [(12.0, "12"), (7.5, "7.5"), (0.25, "0.25"), (0.0, "0"), (100.0, "100"), (1 / 3, "0.33"), (10.10, "10.1")]
)
def test_points_are_written_as_people_write_them(value: float, text: str) -> None:
    """No zeros at the end, two digits at most."""
    assert points(value) == text


def test_a_class_is_a_row_a_submission() -> None:
    """Sorted by name; points, what was not graded, and what became of the checks that did not pass."""
    perfect = report(question(1, "Areas", check("a", Outcome.PASSED)), name="ahn")
    why = "zoe.zip is empty:\nexpected a zip."
    unread = question(1, "Areas", *[check(title, Outcome.NOT_GRADED, message=why, fault=Fault.STUDENT) for title in "ab"])
    reports = EVERYTHING, report(unread, question(2, "By hand", not_graded=4.0, note="graded by hand"), name="zoe"), perfect
    assert summary(*reports, width=110) == [
        "",
        " submission   points   not graded   checks that did not pass",
        " ──────────────────────────────────────────────────────────────────────────────────────────",
        " ahn             2/2                none",
        " kim          4.5/13           17   1 blocked, 1 error, 2 failed, 3 not answered, 1 timeout",
        " zoe             0/0            8   zoe.zip is empty: expected a zip.",
        "",
    ]


def test_a_reason_in_the_table_is_short_harmless_and_only_there_where_it_is_the_one() -> None:
    """The report has the whole of it; where every check has another reason, there is none for all."""
    unread = question(1, "Areas", check("a", Outcome.NOT_GRADED, message=f"\x1b[2J[bold]{'x' * 200}", fault=Fault.STUDENT))
    assert summary(report(unread), width=200)[-2] == f" kim             0/0            2   {MARK}[2J[bold]{'x' * 90} …"
    broken = question(2, "Sums", check("b", Outcome.NOT_GRADED, message="another", fault=Fault.AUTHOR))
    assert summary(report(unread, broken))[-2] == " kim             0/0            4"
    died = question(1, "Areas", not_graded=2.0, note="the grading process died")
    assert summary(report(died))[-2] == " kim             0/0            2   the grading process died"


# --- text that a student wrote ----------------------------------------------------------------------------------------------------

MARK = "\N{REPLACEMENT CHARACTER}"
BREAK = "\N{ZERO WIDTH SPACE}"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("plain text, 한국어, x ≤ 3", "plain text, 한국어, x ≤ 3"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("windows\r\nlines", "windows\nlines"),
        ("\x1b[2J\x1b[31mred", f"{MARK}[2J{MARK}[31mred"),
        ("\x9b31mred", f"{MARK}31mred"),
        ("\x1b]0;title\x07", f"{MARK}]0;title{MARK}"),
        ("over\rwritten", f"over{MARK}written"),
        ("bell\x07 back\x08 null\x00 del\x7f", f"bell{MARK} back{MARK} null{MARK} del{MARK}"),
        ("\u202egnihtemos\u202c", f"{MARK}gnihtemos{MARK}"),
        ("a\u200eb\u200fc\u2066d\u2069", f"a{MARK}b{MARK}c{MARK}d{MARK}"),
        ("::error file=a.py::wrong", f":{BREAK}:error file=a.py:{BREAK}:wrong"),
        ("first\n  ::set-output name=x::1", f"first\n  :{BREAK}:set-output name=x:{BREAK}:1"),
        ("##[error]wrong", f"#{BREAK}#[error]wrong"),
        ("x[1:2], 10:30, # a comment", "x[1:2], 10:30, # a comment"),
    ],
)
def test_text_is_made_safe(text: str, clean: str) -> None:
    """Control characters, direction overrides and workflow commands lose their effect; all other text stays."""
    assert plain(text) == clean


def test_text_is_shortened() -> None:
    """Two thousand characters, unless another limit is given."""
    assert plain("x" * 2000) == "x" * 2000
    assert plain("x" * 2001) == "x" * 2000 + " …"
    assert plain("abcdef", 3) == "abc …"


def test_markup_is_shown_as_it_stands() -> None:
    """Brackets are brackets, a link is no link, a line of text no style."""
    text = "[bold red]x[/bold red] [link=https://example.org]here[/link] :smile:"
    assert lines(shown(text)) == [text]
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=100, highlight=False)
    console.print(shown(text))
    assert console.file.getvalue() == f"{text}\n"  # type: ignore[attr-defined]


EVIL = "\x1b[31m[bold]::error::\u202e"


def test_nothing_of_a_students_acts_on_the_terminal() -> None:
    """Wherever student text can stand: name, title, message, hint, note."""
    evil = report(
        question(1, EVIL, check(EVIL, Outcome.FAILED, 1, EVIL, EVIL), check("b", Outcome.PASSED)),
        question(2, "t", not_graded=1.0, note=EVIL),
        name=EVIL,
        notes=(EVIL,),
    )
    text = "\n".join([*lines(report_table(evil), 120), *summary(evil, width=120)])
    assert text.count("[bold]") == 7
    for acting in ("\x1b", "::", "\u202e"):
        assert acting not in text


def test_a_workflow_command_does_not_arise_where_a_line_is_broken() -> None:
    """The terminal's width decides where lines begin."""
    evil = report(question(1, "t", check("a", Outcome.FAILED, 1, f"{'x' * 60} ::error::y {'z' * 40}")))
    for width in range(40, 100):
        assert not [line for line in lines(report_table(evil), width) if line.strip().startswith("::")]
