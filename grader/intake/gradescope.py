"""`submission_metadata.yml`, in which Gradescope's export tells who handed in which folder.

The file is as long as all results of all submissions, and its keys are Ruby's symbols (`:submitters:`). It is read as a stream of
events, of which the few that name people are kept: no object is made, no tag obeyed, no alias followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import yaml

from grader.errors import UsageError
from grader.intake.people import Person

__all__ = ["METADATA", "read_metadata"]

METADATA = "submission_metadata.yml"

_Events = Iterator[yaml.Event]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where libyaml is there


def read_metadata(stream: BinaryIO, shown: str) -> dict[str, tuple[Person, ...]]:
    """The people of each submission: folder's name -> who handed it in. Raises UsageError, in one sentence, for anything else."""
    try:
        events = iter(yaml.parse(stream, Loader=_LOADER))
        for event in events:
            if isinstance(event, yaml.MappingStartEvent):
                return {folder: people for folder, people in _submissions(events) if folder}
            if not isinstance(event, (yaml.StreamStartEvent, yaml.DocumentStartEvent)):
                break
    except (yaml.YAMLError, UnicodeError, RecursionError, ValueError) as error:
        reason = " ".join(str(getattr(error, "problem", "") or getattr(error, "reason", "") or error).split())[:200]
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = shown if line is None else f"{shown}, line {line + 1}"
        raise UsageError(f"{where}: expected what Gradescope exports, found no YAML ({reason}): export it again.") from error
    raise UsageError(f"{shown}: expected what Gradescope exports (a mapping of folders), found something else: export it again.")


def _submissions(events: _Events) -> Iterator[tuple[str, tuple[Person, ...]]]:
    for key, event in _pairs(events):
        people: tuple[Person, ...] = ()
        if isinstance(event, yaml.MappingStartEvent):
            for field, value in _pairs(events):
                if field == "submitters" and isinstance(value, yaml.SequenceStartEvent):
                    people = tuple(_people(events))
                else:
                    _skip(value, events)
        else:
            _skip(event, events)
        yield key, people


def _people(events: _Events) -> Iterator[Person]:
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            return
        if not isinstance(event, yaml.MappingStartEvent):
            _skip(event, events)
            continue
        known: dict[str, str] = {}
        for field, value in _pairs(events):
            if isinstance(value, yaml.ScalarEvent):
                known[field] = "" if value.value in ("null", "~") and value.implicit[0] else " ".join(value.value.split())[:200]
            else:
                _skip(value, events)
        person = Person(known.get("sid", ""), known.get("name", ""), known.get("email", ""))
        if person != Person():
            yield person


def _pairs(events: _Events) -> Iterator[tuple[str, yaml.Event]]:
    """(key without Ruby's colon, first event of the value) of a mapping that has begun; whoever takes a value goes past it."""
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            return
        key = event.value.removeprefix(":") if isinstance(event, yaml.ScalarEvent) else ""
        _skip(event, events)
        yield key, next(events)


def _skip(event: yaml.Event, events: _Events) -> None:
    """Go past a value whose first event is given."""
    depth = 0
    while True:
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth <= 0:
            return
        event = next(events)
