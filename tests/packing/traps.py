"""How students pack their work, one trap each: the file as it was handed in, and the report that has to come of it."""

from __future__ import annotations

import gzip
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.packing.making import (
    device,
    hard_link,
    link,
    moved,
    patched,
    sparse,
    tar,
    zip_called,
    zip_of,
    zip_of_links,
    zip_overlapping,
)

__all__ = ["SHAPES", "SUMS", "TRAPS", "Trap", "notebook"]

_REFERENCE = Path(__file__).parents[1] / "toy_course/reference/toy"
SHAPES, SUMS = ((_REFERENCE / name).read_text(encoding="utf-8") for name in ("shapes.py", "sums.py"))
BOTH = {"shapes.py": SHAPES, "sums.py": SUMS}
WRONG = {
    "shapes.py": SHAPES.replace("width * height", "width + height"),
    "sums.py": SUMS.replace("totals[-1] if totals else 0", "0"),
}
BOMB = 200 * 2**20
_AGAIN = "pack the files again"
_UNPACKS_TO = "more than 512.0 MB come out of it"
_TOO_MUCH = f"expected an archive, found one that cannot be unpacked ({_UNPACKS_TO}): {_AGAIN} and hand that in"


class Trap(NamedTuple):
    """A submission called `name`. `score` of 10 points, None where nothing can be graded; `notes` of the report, all of them."""

    name: str
    make: Callable[[], bytes]
    score: float | None
    notes: tuple[str, ...]


def notebook(*sources: str) -> str:
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": source} for source in sources]
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells})


def _nested(depth: int) -> bytes:
    data = zip_of(BOTH)
    for level in range(depth, 1, -1):
        data = zip_of({f"level{level}.zip": data})
    return data


def _gz_bomb(count: int) -> bytes:
    """A tar of so many times 16 MB of zeros in 16 KB, which never gets to its first file's end."""
    header = tarfile.TarInfo("shapes.py")
    header.size = 10 * 2**30
    return gzip.compress(header.tobuf(), mtime=0) + gzip.compress(bytes(2**24), 9, mtime=0) * count


def _sparse_tar() -> bytes:
    return gzip.compress(sparse("model.pt") + tar(BOTH, kind=""))


def _small_claim() -> bytes:
    """It declares 900 bytes and holds 200 MB."""
    data = zip_of({"sums.py": bytes(BOMB), "shapes.py": SHAPES})
    return patched(data, BOMB.to_bytes(4, "little"), (900).to_bytes(4, "little"))


def _encrypted() -> bytes:
    data = bytearray(zip_of(BOTH))
    position = -1
    while (position := data.find(b"PK\1\2", position + 1)) >= 0:
        data[position + 8] |= 1
    return bytes(data)


def _damaged_picture() -> bytes:
    data = bytearray(zip_of({**BOTH, "plot.png": "\x89PNG" + "0123456789" * 50}, method=zipfile.ZIP_STORED))
    data[data.index(b"0123456789")] ^= 0xFF
    return bytes(data)


def _twice() -> bytes:
    data = zip_of({"shapes_py": WRONG["shapes.py"], "sums_py": WRONG["sums.py"], **BOTH})
    return patched(patched(data, b"shapes_py", b"shapes.py"), b"sums_py", b"sums.py")


def _stands_in(key: str, *files: str) -> str:
    return f"{key} stands in for {' and '.join(f'{file} (not there)' for file in files)}."


_LEADS_OUT = "a name that leads out of the submission"
_OUTSIDE = {"../sums.py": "evil = 1\n", "/etc/shapes.py": "evil = 1\n", "C:\\hw\\sums.py": "evil = 1\n"}

TRAPS = {
    # what has to be read
    "a zip": Trap("kim.zip", lambda: zip_of(BOTH), 10, ()),
    "a tar.gz": Trap("kim.tar.gz", lambda: tar(BOTH), 10, ()),
    "an old tar": Trap("kim.tar", lambda: tar(BOTH, kind="", form=tarfile.USTAR_FORMAT), 10, ()),
    "a tar.bz2": Trap("kim.tar.bz2", lambda: tar(BOTH, kind="bz2"), 10, ()),
    "a tar.xz": Trap("kim.txz", lambda: tar(BOTH, kind="xz"), 10, ()),
    "a tar.gz called zip": Trap("kim.zip", lambda: tar(BOTH), 10, ()),
    "a long name in a tar": Trap(
        "kim.tgz",
        lambda: tar({f"{'assignment ' * 10}/{name}": text for name, text in BOTH.items()}, form=tarfile.GNU_FORMAT),
        10,
        (f"The files were found in {'assignment ' * 10}/ of kim.tgz.",),
    ),
    "a Korean name in a tar": Trap(
        "kim.tgz", lambda: tar({f"과제/{n}": t for n, t in BOTH.items()}), 10, ("The files were found in 과제/ of kim.tgz.",)
    ),
    "one folder down": Trap(
        "kim.zip",
        lambda: zip_of({f"hw1 kim/{name}": text for name, text in BOTH.items()}),
        10,
        ("The files were found in hw1 kim/ of kim.zip.",),
    ),
    "macOS": Trap(
        "kim.zip",
        lambda: zip_of({**{f"__MACOSX/._{name}": "\0\5\x16\7" for name in BOTH}, ".DS_Store": "Bud1", "._sums.py": "\0", **BOTH}),
        10,
        (),
    ),
    "Korean Windows": Trap(
        "kim.zip",
        lambda: zip_called({f"딥러닝 과제/{name}": text for name, text in BOTH.items()}, "cp949"),
        10,
        ("The files were found in 딥러닝 과제/ of kim.zip.",),
    ),
    "backslashes": Trap(
        "kim.zip",
        lambda: zip_of({f"hw\\{name}": text for name, text in BOTH.items()}),
        10,
        ("The files were found in hw/ of kim.zip.",),
    ),
    "self-extracting": Trap("kim.zip", lambda: moved(zip_of(BOTH), b"MZ\x90\0" * 300), 10, ()),
    "a zip in a zip": Trap(
        "kim.zip", lambda: zip_of({"hw1.zip": zip_of(BOTH)}), 10, ("The files were found in hw1.zip/ of kim.zip.",)
    ),
    "a zip in a tar in a zip": Trap(
        "kim.zip",
        lambda: zip_of({"a/b.tar.gz": tar({"c.zip": zip_of({f"d/{name}": text for name, text in BOTH.items()})})}),
        10,
        ("The files were found in a/b.tar.gz/c.zip/d/ of kim.zip.",),
    ),
    "a zip a file": Trap(
        "kim.zip",
        lambda: zip_of({"part1.zip": zip_of({"shapes.py": SHAPES}), "part2.zip": zip_of({"sums.py": SUMS})}),
        10,
        ("The files were found in part1.zip/ of kim.zip.", "sums.py was found as part2.zip/sums.py."),
    ),
    "an old zip beside": Trap(
        "kim.zip",
        lambda: zip_of({**BOTH, "old.zip": zip_of(WRONG)}),
        10,
        ("Files of the same names lie in old.zip/: those in the folder itself were taken.",),
    ),
    # other names
    "downloaded twice": Trap(
        "kim.zip",
        lambda: zip_of({"shapes (2).py": SHAPES, "sums(1).py": SUMS}),
        10,
        (_stands_in("shapes (2).py", "shapes.py"), _stands_in("sums(1).py", "sums.py")),
    ),
    "a notebook called final": Trap(
        "kim.zip",
        lambda: zip_of({"Toy_final.ipynb": notebook(SHAPES, SUMS)}),
        10,
        (_stands_in("Toy_final.ipynb", "shapes.py", "sums.py"),),
    ),
    "a notebook a file": Trap(
        "kim.zip",
        lambda: zip_of({"1 areas.ipynb": notebook(SHAPES), "2 totals.ipynb": notebook(SUMS)}),
        10,
        (_stands_in("1 areas.ipynb", "shapes.py"), _stands_in("2 totals.ipynb", "sums.py")),
    ),
    "the newest by its name": Trap(
        "kim.zip",
        lambda: zip_of({"toy_final.ipynb": notebook(WRONG["shapes.py"], SUMS), "toy_final2.ipynb": notebook(SHAPES, SUMS)}),
        10,
        (
            "toy_final2.ipynb was taken, and not toy_final.ipynb: by its name it is the newest.",
            _stands_in("toy_final2.ipynb", "shapes.py", "sums.py"),
        ),
    ),
    "the newest by its date": Trap(
        "kim.zip",
        lambda: zip_of(
            {"toy_final.ipynb": notebook(SHAPES, SUMS), "toy_final2.ipynb": notebook(WRONG["shapes.py"], SUMS)},
            dates={"toy_final.ipynb": (2024, 5, 3, 9, 0, 0)},
        ),
        10,
        (
            "toy_final.ipynb was taken, and not toy_final2.ipynb: it was changed last (2024-05-03 09:00).",
            _stands_in("toy_final.ipynb", "shapes.py", "sums.py"),
        ),
    ),
    "a second version": Trap(
        "kim.zip",
        lambda: zip_of({**BOTH, "sums (2).py": WRONG["sums.py"]}),
        10,
        ("sums (2).py was not looked at: sums.py came first; hand in one or the other.",),
    ),
    # what must not get in the way
    "names that lead out": Trap(
        "kim.zip", lambda: zip_of({**_OUTSIDE, **BOTH}), 10, (f"Left out: ../sums.py and 2 others ({_LEADS_OUT}).",)
    ),
    "names that lead out of a tar": Trap(
        "kim.tgz",
        lambda: tar({"../../sums.py": "evil = 1\n", "/root/.bashrc": "evil", **BOTH}),
        10,
        (f"Left out: ../../sums.py ({_LEADS_OUT}).",),
    ),
    "only a name that leads out": Trap(
        "kim.zip",
        lambda: zip_of({"../sums.py": SUMS, "shapes.py": SHAPES}),
        4,
        (f"Left out: ../sums.py ({_LEADS_OUT}).", "sums.py is not there: what it should define counts as not answered."),
    ),
    "links": Trap(
        "kim.zip",
        lambda: zip_of_links(BOTH, {"data": "/etc", "passwd.py": "/etc/passwd"}),
        10,
        ("Left out: data and 1 other (a link).",),
    ),
    "links and devices in a tar": Trap(
        "kim.tgz",
        lambda: tar(BOTH, link("answers.py", "/course/reference"), hard_link("x.py", "../../etc/passwd"), device("zero.py")),
        10,
        ("Left out: answers.py and 1 other (a link).", "Left out: zero.py (a device)."),
    ),
    "a sparse file": Trap("kim.tgz", _sparse_tar, 10, ("Left out: model.pt (a file with holes in it).",)),
    "a damaged picture": Trap("kim.zip", _damaged_picture, 10, ("Left out: plot.png (it cannot be unpacked).",)),
    "a broken zip beside": Trap(
        "kim.zip",
        lambda: zip_of({**BOTH, "old.zip": b"PK\3\4 nothing"}),
        10,
        (
            "Left out: what old.zip holds (old.zip: expected a zip, found something that cannot be unpacked (File is not a zip file): "
            f"{_AGAIN} and hand that in).",
        ),
    ),
    "several of one name": Trap(
        "kim.zip",
        _twice,
        10,
        ("Left out: an earlier shapes.py and 1 other (the archive holds several of that name: the last was taken).",),
    ),
    "entries that overlap": Trap(
        "kim.zip",
        lambda: zip_overlapping("shapes.py", SHAPES + SUMS, 40),
        10,
        (
            "sums.py is not there: what it should define counts as not answered.",
            "Left out: 000000.py and 39 others (it cannot be unpacked).",
        ),
    ),
    "a bomb beside": Trap(
        "kim.zip", lambda: zip_of({**BOTH, "model.py": bytes(BOMB)}), 10, ("Left out: model.py (200.0 MB, too large for code).",)
    ),
    "several bombs beside": Trap(
        "kim.zip",
        lambda: zip_of({**BOTH, **dict.fromkeys(("a.tgz", "b.tgz", "c.tgz"), _gz_bomb(40))}),
        10,
        tuple(f"Left out: what {name} holds ({name}: {_TOO_MUCH})." for name in ("a.tgz", "b.tgz", "c.tgz")),
    ),
    # what cannot be graded
    "five deep": Trap(
        "kim.zip",
        lambda: _nested(5),
        None,
        (
            "kim.zip: expected shapes.py and sums.py, or the notebook toy.ipynb, found no .py file and no notebook: hand in what "
            "the homework asks for. Left out: what level2.zip/level3.zip/level4.zip/level5.zip holds (archives are looked into 3 deep).",
        ),
    ),
    "a bomb": Trap(
        "kim.zip",
        lambda: zip_of({"sums.py": bytes(BOMB), "shapes.py": SHAPES}),
        None,
        ("sums.py is 200.0 MB: expected at most 32.0 MB: hand in code alone.",),
    ),
    "a bomb that lies": Trap(
        "kim.zip",
        _small_claim,
        None,
        (f"sums.py cannot be unpacked (Bad CRC-32 for file 'sums.py'): the zip is broken: {_AGAIN}.",),
    ),
    "a bomb of gzip": Trap("kim.tar.gz", lambda: _gz_bomb(640), None, (f"kim.tar.gz: {_TOO_MUCH}.",)),
    "encrypted": Trap(
        "kim.zip",
        _encrypted,
        None,
        ("shapes.py is encrypted: expected a zip without a password: pack the files again without one.",),
    ),
    "an upload that broke off": Trap(
        "kim.zip",
        lambda: zip_of(BOTH)[:300],
        None,
        (f"kim.zip: expected a zip, found something that cannot be unpacked (File is not a zip file): {_AGAIN} and hand that in.",),
    ),
    "a tar that broke off": Trap(
        "kim.tar.gz",
        lambda: tar(BOTH)[:200],
        None,
        (
            "kim.tar.gz: expected an archive, found one that cannot be unpacked (Compressed file ended before the end-of-stream marker was "
            f"reached): {_AGAIN} and hand that in.",
        ),
    ),
    "a RAR called zip": Trap(
        "kim.zip",
        lambda: b"Rar!\x1a\7\1\0" + bytes(500),
        None,
        ("kim.zip: expected a zip or a tar.gz, found a RAR archive: pack the files as a zip and hand that in.",),
    ),
    "7z": Trap(
        "kim.7z",
        lambda: b"7z\xbc\xaf\x27\x1c" + bytes(500),
        None,
        (
            "kim.7z: expected .py, .ipynb, .zip, .tar.gz or a folder, found a .7z file: hand in shapes.py and sums.py, or the notebook "
            "toy.ipynb.",
        ),
    ),
    "a web page called zip": Trap(
        "kim.zip",
        lambda: b"<!DOCTYPE html><title>Log in</title>" * 30,
        None,
        (f"kim.zip: expected a zip, found something that cannot be unpacked (File is not a zip file): {_AGAIN} and hand that in.",),
    ),
    "bzip2 in a zip": Trap(
        "kim.zip",
        lambda: zip_of(BOTH, method=zipfile.ZIP_BZIP2),
        None,
        ("shapes.py is compressed in a way that is not read here: pack the files again as an ordinary zip.",),
    ),
}
