"""Whose the submissions of a class are: a line of grades for each student, and what cannot be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from grader.intake.discovery import Found
from grader.intake.people import Person, Roster

__all__ = ["Row", "Rows", "columns_of", "rows_of"]


class Row(msgspec.Struct, frozen=True):
    """A student, and the submission whose grade is theirs: empty where nothing was handed in."""

    person: Person
    submission: str = ""
    late: bool = False
    note: str = ""


class Rows(msgspec.Struct, frozen=True):
    """A row a student, those of the roster first and in its order; and what to tell, a sentence each."""

    rows: tuple[Row, ...]
    told: tuple[str, ...] = ()


def rows_of(found: Sequence[Found], roster: Roster | None) -> Rows | None:
    """Who gets the grade of which submission; None where nothing is known but the submissions' own names."""
    if roster is not None:
        return _with_roster(found, roster)
    if not any(each.people for each in found):
        return None
    return Rows(tuple(_row(each, person) for each in found for person in each.people or (Person(each.id),)))


def _row(found: Found, person: Person, note: str = "") -> Row:
    return Row(person, found.id, found.late, note)


class _Claims:
    """Who of a roster is meant by which submissions."""

    def __init__(self) -> None:
        self.own: dict[int, list[Found]] = defaultdict(list)  # place in the roster -> what they handed in themselves
        self.shared: dict[int, list[Found]] = defaultdict(list)  # -> what another member of their group handed in
        self.nobodys: list[Row] = []
        self.unclear: list[str] = []
        self.unknown: list[str] = []


def _with_roster(found: Sequence[Found], roster: Roster) -> Rows:
    claims = _Claims()
    for each in found:
        _claim(each, roster, claims)
    rows = [row for place, person in enumerate(roster.people) for row in _rows_for(place, person, claims)]
    missing = [row.person.shown for row in rows if not row.submission]
    told = []
    if missing:
        told.append(f"{len(missing)} of {len(roster.people)} on the roster handed in nothing: {_listed(missing)}.")
    if claims.unknown:
        told.append(f"Nobody on the roster matches {_listed(claims.unknown)}: graded, and listed at the end of grades.csv.")
    return Rows((*rows, *claims.nobodys), (*told, *claims.unclear))


def _claim(found: Found, roster: Roster, claims: _Claims) -> None:
    """Find who handed this in, and the other members of their groups."""
    places: set[int] = set()
    groups: set[int] = set()
    strangers = []
    for person in found.people or (None,):
        candidates = roster.find_by_words(found.id) if person is None else roster.find(person)
        whole = roster.group(found.id if person is None else person.name or person.id)
        if len(candidates) == 1:
            places.add(candidates[0])
        elif whole:
            groups |= {*whole}
        elif candidates:
            names = " or ".join(_told(roster.people[place]) for place in candidates[:5])
            claims.unclear.append(f"{found.id} may be of {names}: listed at the end of grades.csv, for you to decide.")
            strangers.append((person, "may be several on the roster"))
        else:
            strangers.append((person, "not on the roster"))
    for place in places:
        claims.own[place].append(found)
        groups |= {*roster.group(roster.people[place].group)}
    for place in groups - places:
        claims.shared[place].append(found)
    if strangers and not places and not groups and all(note == "not on the roster" for _, note in strangers):
        claims.unknown.append(found.id)
    claims.nobodys += [_row(found, person or Person(found.id), note) for person, note in strangers]


def _rows_for(place: int, person: Person, claims: _Claims) -> list[Row]:
    """A student's row. What they handed in themselves comes before what their group did, and the latest before the others."""
    own, shared = claims.own.get(place, []), claims.shared.get(place, [])
    if not own and not shared:
        return [Row(person)]
    candidates = own or shared
    latest = max(each.turn for each in candidates)
    chosen = [each for each in candidates if each.turn == latest]
    others = [each.id for each in (*own, *shared) if each not in chosen]
    notes = [f"handed in by the group as {chosen[0].id}"] if not own else []
    if len(chosen) > 1:
        notes.append(f"handed in {len(chosen)} times ({_listed([each.id for each in chosen])}): a line for each")
    elif others:
        notes.append(f"not counted: {_listed(others)}")
    return [_row(each, person, "; ".join(notes)) for each in chosen]


def _told(person: Person) -> str:
    return f"{person.shown} ({person.id})" if person.id and person.shown != person.id else person.shown


def _listed(names: Sequence[str], most: int = 10) -> str:
    shown = [name if len(name) <= 80 else f"{name[:77]}..." for name in names[:most]]
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def columns_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """Which columns about people these rows fill: always who and which submission, e-mail and group where any is known."""
    filled: Mapping[str, bool] = {
        "email": any(row.person.email for row in rows),
        "group": any(row.person.group for row in rows),
    }
    return ("id", "name", *(name for name, some in filled.items() if some), "submission", "status", "late")
