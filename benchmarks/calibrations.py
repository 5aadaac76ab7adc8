"""The table of docs/training.md: what `grader calibrate` measured, from every homework's calibration.json, as Markdown.

Usage: python benchmarks/calibrations.py
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

COURSE = Path(__file__).parents[1]
HEADER = (
    "| homework | training | profile | score | runs | mean | deviation | lowest | threshold | false fails in 1,000 | seconds a run |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


def rows(course: Path = COURSE) -> Iterator[str]:
    """A row for every score of every training that is calibrated."""
    sys.path.insert(0, str(COURSE))
    from grader.homework.assignment import load_assignment
    from grader.training.calibration import read_calibration
    from grader.training.chance import false_fail

    for path in sorted((course / "assignments").glob("*/assignment.toml")):
        assignment = load_assignment(path.parent.name, course)
        if assignment.reference is None:
            continue
        for name, profiles in read_calibration(assignment).trainings.items():
            question = next(training.question for training in assignment.training if training.id == name)
            for profile, calibrated in sorted(profiles.items()):
                now = next(training.profile(profile) for training in assignment.training if training.id == name)
                for score, threshold in (now or calibrated.profile).thresholds.items():
                    reached = calibrated.scores(score)
                    numbers = (
                        f"{statistics.mean(reached):.1f}", f"{statistics.stdev(reached):.1f}", f"{min(reached):.1f}", f"{threshold:g}",
                        f"{1000 * false_fail(reached, threshold, now or calibrated.profile):.2f}", f"{calibrated.seconds:.0f}",
                    )  # fmt: skip
                    yield (
                        f"| `{assignment.name}` | {question} `{name}` | {profile} | {score} | {len(reached)} | "
                        + " | ".join(numbers)
                        + " |"
                    )


if __name__ == "__main__":
    print("\n".join([HEADER, *rows()]))
