"""What an instructor may want to look at in a submission that is trained: nothing of it costs a point by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

__all__ = ["suspicions"]

_LARGE = 100_000  # bytes of a file that is no code
_LONG = 20_000  # characters of one line of code: no person writes that
_SIGNS = (
    (
        re.compile(r"\b(?:torch|np|numpy|pickle|joblib)\.load\(|load_state_dict_from_url|\bfrom_pretrained\(|\bsafetensors\b"),
        "reads weights or data from a file",
    ),
    (re.compile(r"\bpretrained\s*=\s*True|\bweights\s*=\s*(?:[\"']|\w*Weights)"), "asks for a network that was trained elsewhere"),
    (
        re.compile(r"\bmanual_seed(?:_all)?\(|\bset_rng_state\("),
        "sets a seed; the batches' order and the labels of a run do not depend on it",
    ),
    (
        re.compile(r"\b(?:time|perf_counter|process_time|monotonic)\s*=[^=]"),
        "may change the clock; time is taken outside of its process",
    ),
    (re.compile(r"\bgrader\."), "names the grader's own modules"),
)


def suspicions(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Sentences about the files of a submission (name -> content), each sign once a file."""
    return tuple(sentence for name, data in sorted(files.items()) for sentence in _in_file(name, data))


def _in_file(name: str, data: bytes) -> Iterator[str]:
    if not name.lower().endswith((".py", ".ipynb")):
        if len(data) > _LARGE:
            yield f"{name} holds {len(data) / 1000:,.0f} KB: weights that were trained elsewhere?"
        return
    lines = data.decode("utf-8", "replace").splitlines()
    for sign, meaning in _SIGNS:
        for number, line in enumerate(lines, 1):
            if len(line) <= _LONG and sign.search(line):
                yield f"{name}, line {number} {meaning}: {line.strip()[:100]}"
                break
    for number, line in enumerate(lines, 1):
        if len(line) > _LONG and name.lower().endswith(".py"):
            yield f"{name}, line {number} is {len(line) / 1000:,.0f} KB long: data in the place of code?"
            break
