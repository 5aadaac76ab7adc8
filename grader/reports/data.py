"""`grader data` on a terminal: a table of the data sets, and a bar while one is fetched."""

from __future__ import annotations

import sys

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table

from grader.datasets.fetch import fetch
from grader.datasets.known import KNOWN, data_set
from grader.datasets.store import Damaged, data_roots, enter_store, find_data, read_about
from grader.errors import MachineLacks
from grader.reports.safe import shown

__all__ = ["fetch_with_progress", "show_data"]


def show_data() -> int:
    """The table; looks, and prepares nothing. Raises MachineLacks where the data folder is none."""
    enter_store()
    console = Console(highlight=False)
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("data set", "images", "here", "where"):
        table.add_column(name, overflow="fold", justify="right" if name == "images" else "left")
    for name, known in KNOWN.items():
        images = f"{known.train:,} + {known.test:,}"
        try:
            found = find_data(name, prepare=False)
            about = read_about(found) if found is not None else None
        except MachineLacks as error:
            table.add_row(name, images, "damaged" if isinstance(error, Damaged) else "not readable", shown(str(error)))
            continue
        if about is not None:
            images = f"{about.train:,} + {about.test:,}"
        here = "no" if found is None else "yes" if about is None or about.original else "not the original"
        where = f"run grader data fetch {name} ({known.megabytes:.0f} MB)" if found is None else str(found)
        table.add_row(name, images, here, shown(where))
    console.print(table)
    console.print(f"Looked for below {' and '.join(map(str, data_roots()))} (GRADER_DATA names another folder).", markup=False)
    return 0


def fetch_with_progress(name: str) -> int:
    """Fetch one, with a bar; returns the exit code."""
    console = Console(highlight=False, file=sys.stdout)  # looked up now: while it fetches, sys.stdout leads nowhere
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(name, total=int(data_set(name).megabytes * 1e6))
        folder = fetch(name, lambda count: progress.update(task, completed=count))
    console.print(f"{name} is here: {folder}", markup=False)
    return 0
