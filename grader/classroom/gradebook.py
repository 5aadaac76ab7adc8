"""Every report that was ever finished, in a database: SQLite in a file, or whatever SQLAlchemy has a URL for.

A report is on disk before `record` returns, so a run that is killed goes on where it stopped. The digests of the submission, the
assignment and the harness are its key: where none of the three has changed, the grade is there already.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    delete,
    event,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from grader.classroom.grades_csv import export_csv
from grader.errors import GraderError, MachineLacks
from grader.messages import Report
from grader.storage import disk_is_full

__all__ = ["Gradebook", "export_csv"]

SCHEMA_VERSION = 1

_metadata = MetaData()
_about = Table(
    "grader_gradebook",
    _metadata,
    Column("schema_version", Integer, nullable=False),
)
_KEY = ("assignment", "submission_id", "submission_digest", "assignment_digest", "harness_digest")
_reports = Table(
    "grader_reports",
    _metadata,
    Column("id", Integer, primary_key=True),
    *(Column(name, String(255), nullable=False) for name in _KEY),
    Column("turn", Integer, nullable=False, index=True),  # the greatest of a submission is its latest
    Column("score", Float, nullable=False),  # these three are in the report as well: here they can be asked for in SQL
    Column("max_score", Float, nullable=False),
    Column("not_graded", Float, nullable=False),
    Column("report", LargeBinary, nullable=False),  # JSON
    UniqueConstraint(*_KEY),
)


class Gradebook:
    """The gradebook at a path (SQLite) or a database URL; a context manager. What is not there yet is created.

    Raises GraderError, in one sentence, for a file that is no gradebook, one that a newer grader wrote, and a database that cannot
    be reached; MachineLacks if the disk is full. Then nothing is half recorded.
    """

    def __init__(self, url_or_path: str | Path) -> None:
        url = _url(url_or_path)
        self.name = url.database if url.drivername == "sqlite" and url.database else url.render_as_string(hide_password=True)
        try:
            self._engine = create_engine(url)
        except ModuleNotFoundError as error:
            raise GraderError(f"{self.name} needs the Python package {error.name}: install it and run again.") from error
        except (ArgumentError, NoSuchModuleError) as error:
            raise GraderError(f"{self.name} is no database that SQLAlchemy knows ({error}): expected a path or a URL.") from error
        if self._engine.dialect.name == "sqlite":
            _prepare_sqlite(self._engine)
        try:
            self._create_or_check()
        except BaseException:
            self._engine.dispose()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the database back; SQLite folds its log into the file."""
        self._engine.dispose()

    def record(self, report: Report) -> None:
        """Keep the report; it is on disk when this returns. A report with the same key is replaced."""
        row = dict(zip(_KEY, _key_of(report), strict=True))
        with self._transaction() as connection:
            connection.execute(delete(_reports).where(*(_reports.c[name] == value for name, value in row.items())))
            connection.execute(
                insert(_reports).values(
                    **row,
                    turn=_next_turn(connection),
                    score=report.score,
                    max_score=report.max_score,
                    not_graded=report.not_graded,
                    report=msgspec.json.encode(report),
                )
            )

    def find(
        self, assignment: str, submission_id: str, submission_digest: str, assignment_digest: str, harness_digest: str
    ) -> Report | None:
        """The report of exactly this work by exactly these checks, or None.

        It counts as the submission's latest from then on: a student who goes back to an earlier version has that version's grade.
        """
        key = (assignment, submission_id, submission_digest, assignment_digest, harness_digest)
        where = [_reports.c[name] == value for name, value in zip(_KEY, key, strict=True)]
        with self._transaction() as connection:
            row = connection.execute(select(_reports.c.id, _reports.c.turn, _reports.c.report).where(*where)).one_or_none()
            if row is None:
                return None
            same_submission = (_reports.c.assignment == assignment, _reports.c.submission_id == submission_id)
            if row.turn != connection.scalar(select(func.max(_reports.c.turn)).where(*same_submission)):
                connection.execute(update(_reports).where(_reports.c.id == row.id).values(turn=_next_turn(connection)))
            return self._decode(row.report)

    def latest(self, assignment: str) -> list[Report]:
        """The latest report of every submission for that assignment, sorted by submission id."""
        turns = (
            select(_reports.c.submission_id, func.max(_reports.c.turn).label("turn"))
            .where(_reports.c.assignment == assignment)
            .group_by(_reports.c.submission_id)
            .subquery()
        )
        chosen = select(_reports.c.report).join(
            turns, (turns.c.submission_id == _reports.c.submission_id) & (turns.c.turn == _reports.c.turn)
        )
        with self._transaction() as connection:
            rows = connection.scalars(chosen.where(_reports.c.assignment == assignment).order_by(_reports.c.submission_id)).all()
        return [self._decode(row) for row in rows]

    def assignments(self) -> tuple[str, ...]:
        """The names of the assignments of which it holds reports, sorted."""
        with self._transaction() as connection:
            return tuple(connection.scalars(select(_reports.c.assignment).distinct().order_by(_reports.c.assignment)))

    def _decode(self, data: bytes) -> Report:
        try:
            return msgspec.json.decode(data, type=Report)
        except msgspec.MsgspecError as error:
            raise GraderError(f"{self.name} holds a report that is none ({error}): move the file away and run again.") from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise self._sentence(error) from error
        except SQLAlchemyError as error:
            raise GraderError(f"{self.name} cannot be used ({error}): expected a database for the gradebook.") from error

    def _sentence(self, error: DBAPIError) -> GraderError:
        reason = str(error.orig)
        if "disk is full" in reason or "No space left" in reason:
            return disk_is_full(self.name)
        if "disk I/O error" in reason:  # a quota, a limit on file sizes, a failing disk: SQLite does not tell them apart
            return MachineLacks(
                f"{self.name} cannot be written ({reason}): check that the disk is in order and has room for you, and run the same "
                "command again; what is recorded stays recorded."
            )
        if "not a database" in reason or "malformed" in reason:
            return GraderError(f"{self.name} is no gradebook ({reason}): move it away or name another file.")
        if "locked" in reason:
            return GraderError(f"{self.name} is in use by another program: wait until that has ended, or stop it, and run again.")
        return GraderError(f"{self.name} cannot be used ({reason}): check that it can be reached and written.")

    def _create_or_check(self) -> None:
        with self._transaction() as connection:
            tables = inspect(connection).get_table_names()
            if _about.name not in tables:
                if tables and connection.dialect.name == "sqlite":
                    raise GraderError(
                        f"{self.name} is no gradebook: expected its own tables, found {', '.join(tables[:3])}: name another file."
                    )
                _metadata.create_all(connection)
                connection.execute(insert(_about).values(schema_version=SCHEMA_VERSION))
            version = connection.scalar(select(func.max(_about.c.schema_version)))
        if version is None or version > SCHEMA_VERSION:
            raise GraderError(
                f"{self.name} was written by a newer grader: expected schema version {SCHEMA_VERSION}, found {version}: "
                "update grader or name another file."
            )


def _url(url_or_path: str | Path) -> URL:
    if isinstance(url_or_path, str) and "://" in url_or_path:
        try:
            return make_url(url_or_path)
        except (ArgumentError, ValueError) as error:
            raise GraderError("The gradebook's URL cannot be read: expected such as postgresql://user@host/grades.") from error
    return URL.create("sqlite", database=str(Path(url_or_path).resolve()))


def _prepare_sqlite(engine: Engine) -> None:
    """Write-ahead log, so that a reader never waits; one writer at a time, others wait for it.

    A commit is safe from a killed run at once, and from a power failure with the log's next checkpoint: what a power failure takes is
    graded again, and 15 ms a submission are saved.
    """

    @event.listens_for(engine, "connect")
    def on_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # sqlite3 begins no transaction by itself: we do, below
        cursor = connection.cursor()
        try:
            for pragma in ("busy_timeout = 60000", "journal_mode = WAL", "synchronous = NORMAL"):
                cursor.execute(f"PRAGMA {pragma}")
        finally:
            cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # Taking the write lock at once: a transaction that reads first and writes later can be refused in the middle.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _next_turn(connection: Connection) -> int:
    return int(connection.scalar(select(func.coalesce(func.max(_reports.c.turn), 0))) or 0) + 1


def _key_of(report: Report) -> tuple[str, ...]:
    submission = report.submission
    return report.assignment, submission.id, submission.digest, report.assignment_digest, report.harness_digest
