"""Who is in a class: the roster as courses' systems export it, and whose a submission is."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from grader.errors import SubmissionError, UsageError
from grader.intake.encodings import decode

__all__ = ["Person", "Roster", "read_roster"]

MAX_ROSTER_BYTES = 16 * 2**20

# What systems call these columns, without case, spaces and signs; of several ids, the first here is the one that is shown.
_IDS = (
    *("id", "studentid", "sid", "학번", "studentnumber", "studentno", "orgdefinedid", "idnumber", "identifier", "rosteridentifier"),
    *("sisuserid", "sisid", "userid", "sisloginid", "loginid", "username", "login", "githubusername", "github", "githubid"),
)
_NAMES = ("name", "fullname", "student", "studentname", "displayname", "이름", "성명", "성함", "학생이름")
_FIRST = ("firstname", "givenname", "first")
_LAST = ("lastname", "surname", "familyname", "last", "성")
_EMAILS = ("email", "emailaddress", "mail", "studentemail", "이메일", "이메일주소", "메일")
_GROUPS = ("group", "groupname", "team", "teamname", "조", "팀", "그룹", "모둠")
_NOBODY = {"pointspossible", "studenttest", "teststudent"}  # rows of Canvas' gradebook that are no student's


_Places = defaultdict[str, list[int]]


class Person(msgspec.Struct, frozen=True):
    """A student as far as is known; `keys` are further ids and user names."""

    id: str = ""
    name: str = ""
    email: str = ""
    group: str = ""
    keys: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """What to call them in a sentence."""
        return self.name or self.id or self.email


class Roster:
    """The students of a course, in the file's order."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.people = tuple(people)
        self._ids: _Places = defaultdict(list)
        self._emails: _Places = defaultdict(list)
        self._users: _Places = defaultdict(list)  # what stands before the @
        self._names: _Places = defaultdict(list)
        self._groups: _Places = defaultdict(list)
        for place, person in enumerate(self.people):
            for table, keys in (
                (self._ids, {_plain(key) for key in (person.id, *person.keys)}),
                (self._emails, {person.email.casefold()}),
                (self._users, {person.email.casefold().partition("@")[0]}),
                (self._names, set(_spellings(person.name))),
                (self._groups, {_squashed(person.group)}),
            ):
                for key in keys - {""}:
                    table[key].append(place)

    def find(self, person: Person) -> list[int]:
        """Places of those who may be this person: by an id, else by e-mail, else by name. More than one: it cannot be told which."""
        ids = [_plain(key) for key in (person.id, *person.keys)]
        return self._first_that_match(ids, [person.email.casefold()], _spellings(person.name))

    def find_by_words(self, text: str) -> list[int]:
        """Places of those whom a name of a file or folder, of whatever make, may mean: `20231234_hw3`, `hw3-kim_minjun`."""
        whole = self._first_that_match([_plain(text)], [text.casefold()], [_squashed(text)])
        words = _words(text)
        if found := whole or self._first_that_match([w for w in words if len(w) >= 4], [], [w for w in words if len(w) >= 2]):
            return found
        return [
            place
            for place, person in enumerate(self.people)
            if len(parts := _words(person.name)) >= 2 and all(part in words for part in parts)
        ]

    def group(self, name: str) -> list[int]:
        """Places of the members of that group."""
        return self._groups.get(_squashed(name), [])

    def _first_that_match(self, ids: Sequence[str], emails: Sequence[str], names: Sequence[str]) -> list[int]:
        for keys, table in ((ids, self._ids), (emails, self._emails), (ids, self._users), (names, self._names)):
            if found := sorted({place for key in keys for place in table.get(key, ())}):
                return found
        return []


def read_roster(path: Path) -> Roster:
    """The roster in a CSV file, in whatever encoding and with whichever separator it was exported.

    Raises UsageError, in one sentence, for a file that is not there, or has no column of ids, names or e-mail addresses.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_ROSTER_BYTES + 1)
        text = decode(data, path.name).content if len(data) <= MAX_ROSTER_BYTES else ""
        rows = list(_rows(text))
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): expected the roster, a CSV file.") from error
    except SubmissionError as error:
        raise UsageError(f"The roster cannot be read: {error}") from error
    except csv.Error as error:
        raise UsageError(f"{path}: expected a CSV file, found something else ({error}).") from error
    columns = rows[0] if rows else []
    known = {name: place for place, name in reversed(list(enumerate(map(_squashed, columns)))) if name}
    if not {*known} & {*_IDS, *_NAMES, *_EMAILS, *_FIRST, *_LAST}:
        found = ", ".join(repr(name[:30]) for name in columns[:5]) or "nothing"
        raise UsageError(f"{path}: expected a first line with columns such as id, name, email and group, found {found}.")
    people = [_person(row, known) for row in rows[1:]]
    students = [person for person in people if person is not None]
    if not students:
        raise UsageError(f"{path}: expected a line for each student, found none.")
    return Roster(dict.fromkeys(students))


def _rows(text: str) -> Iterator[list[str]]:
    text = text.removeprefix("\ufeff")
    lines = (line for line in text.split("\n") if line.strip())
    first = next(lines, "")
    if first.casefold().startswith("sep="):  # what Excel is told the separator with
        text, first = text.partition("\n")[2], next(lines, "")
    separator = max(",;\t", key=first.count)
    for row in csv.reader(io.StringIO(text), delimiter=separator):
        if any(cell.strip() for cell in row):
            yield [unicodedata.normalize("NFC", " ".join(cell.split())) for cell in row]


def _person(row: Sequence[str], known: Mapping[str, int]) -> Person | None:
    def cells(names: Iterable[str]) -> list[str]:
        return [value for name in names if name in known and known[name] < len(row) and (value := row[known[name]].strip())]

    ids = [re.sub(r"^Participant ", "", value) for value in cells(_IDS)]  # so that Moodle's worksheet has its numbers
    first, last = cells(_FIRST), cells(_LAST)
    both = " ".join([*first[:1], *last[:1]])
    name = next(iter(cells(_NAMES)), both)
    if first and last:
        name = both
    email, group = (next(iter(cells(names)), "") for names in (_EMAILS, _GROUPS))
    if not (ids or name or email) or (_squashed(name) in _NOBODY):
        return None
    return Person(ids[0] if ids else "", name, email, group, tuple(dict.fromkeys(ids[1:])))


# --- names ------------------------------------------------------------------------------------------------------------------------


def _plain(key: str) -> str:
    return unicodedata.normalize("NFC", key).strip().casefold()


def _squashed(name: str) -> str:
    """Lower case, letters and digits alone: "Kim, Minjun" -> "kimminjun"."""
    return "".join(char for char in unicodedata.normalize("NFC", name).casefold() if char.isalnum())


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", name).casefold())


def _spellings(name: str) -> list[str]:
    """A name with the family name first and last, squashed, since systems write either."""
    words = _words(name)
    if len(words) < 2:
        return words
    family, comma, given = name.partition(",")
    turned = [_squashed(given + family)] if comma else ["".join([words[-1], *words[:-1]]), "".join([*words[1:], words[0]])]
    return [_squashed(name), *turned]
