"""`grader.intake.discovery`: which submissions lie in what an instructor names, and under which id."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.errors import MachineLacks, UsageError
from grader.homework.assignment import Assignment
from grader.intake.discovery import discover


def make(folder: Path, *names: str) -> Path:
    """Files of those names, empty; a name that ends in / is a folder."""
    for name in names:
        path = folder / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.touch()
    return folder


def ids(toy: Assignment, *paths: Path) -> dict[str, str]:
    """Id -> name of what was found, in the order found."""
    return {found.id: found.path.name for found in discover(paths, toy)}


def test_a_class_may_hold_folders_files_notebooks_and_zips(toy: Assignment, tmp_path: Path) -> None:
    """Each is one submission; lists, handouts and hidden files are none."""
    folder = make(tmp_path / "class", "lee/shapes.py", "kim.py", "park.ipynb", "choi.zip", "roster.csv", "README.md", ".git/x.py")
    make(folder, "__MACOSX/a.py", "__pycache__/a.pyc", ".ipynb_checkpoints/park.ipynb", "notes.txt")
    assert ids(toy, folder) == {"choi": "choi.zip", "kim": "kim.py", "lee": "lee", "park": "park.ipynb"}


def test_what_was_handed_in_in_a_form_that_cannot_be_read_is_found_too(toy: Assignment, tmp_path: Path) -> None:
    """Its student gets a report that says so, and is not forgotten."""
    folder = make(tmp_path / "class", "kim.rar", "lee.docx", "park.pdf", "choi.bz2", "jung.HWP")
    assert ids(toy, folder) == {
        "choi": "choi.bz2",
        "jung": "jung.HWP",
        "kim": "kim.rar",
        "lee": "lee.docx",
        "park": "park.pdf",
    }


@pytest.mark.parametrize("name", ["shapes.py", "sums.py", "toy.ipynb"])
def test_a_folder_with_one_of_the_assignments_files_is_one_submission(toy: Assignment, tmp_path: Path, name: str) -> None:
    """Then the other files in it are the student's too."""
    folder = make(tmp_path / "kim", name, "helpers.py", "data/x.npy")
    assert ids(toy, folder) == {"kim": "kim"}


@pytest.mark.parametrize("name", ["kim.py", "kim.ipynb", "kim.zip", "KIM.ZIP"])
def test_a_file_is_one_submission(toy: Assignment, tmp_path: Path, name: str) -> None:
    """Named alone, whatever it is called."""
    path = make(tmp_path, name) / name
    (found,) = discover([path], toy)
    assert (found.id.lower(), found.path) == ("kim", path)


def test_the_current_folder_goes_by_its_own_name(toy: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.` and `..` are no ids."""
    monkeypatch.chdir(make(tmp_path / "kim", "shapes.py", "deep/"))
    assert ids(toy, Path()) == {"kim": "kim"}
    monkeypatch.chdir(tmp_path / "kim" / "deep")
    assert ids(toy, Path("..")) == {"kim": "kim"}


def test_what_is_named_twice_is_found_once(toy: Assignment, tmp_path: Path) -> None:
    """A class and one of its students."""
    folder = make(tmp_path / "class", "kim.py", "lee.py")
    assert ids(toy, folder, folder / "kim.py", folder / "." / "lee.py", folder / ".." / "class") == {
        "kim": "kim.py",
        "lee": "lee.py",
    }


def test_equal_names_get_suffixes(toy: Assignment, tmp_path: Path) -> None:
    """The kind of file tells them apart, then a number; case alone does not, for some file systems ignore it."""
    one = make(tmp_path / "one", "kim.py", "kim.zip", "kim/", "Lee.ipynb")
    two = make(tmp_path / "two", "kim.py", "lee.ipynb", "park.py")
    found = {found.id: str(found.path.relative_to(tmp_path)) for found in discover([two, one], toy)}
    assert found == {
        "Lee-ipynb": "one/Lee.ipynb",
        "kim": "one/kim",
        "kim-py": "one/kim.py",
        "kim-py-2": "two/kim.py",
        "kim-zip": "one/kim.zip",
        "lee-ipynb-2": "two/lee.ipynb",
        "park": "two/park.py",
    }
    assert list(found) == sorted(found)
    assert discover([one, two], toy) == discover([two, one], toy)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("김철수_과제 1.py", "김철수_과제_1"),
        (unicodedata.normalize("NFD", "김철수.py"), "김철수"),
        ("kim; rm -rf $HOME.py", "kim_rm_-rf_HOME"),
        ("-o.py", "o"),
        ("=cmd|'calc'!A1.py", "cmd_calc_A1"),
        ("@kim+lee.py", "kim+lee"),
        ("???.py", "submission"),
        ("con.py", "con-2"),
        ("LPT1.py", "LPT1-2"),
        ("gradebook.sqlite.py", "gradebook.sqlite-2"),
        ("index.html.zip", "index.html-2"),
        ("a" * 200 + ".py", "a" * 100),
        ("가" * 80 + ".py", "가" * 33),
    ],
)
def test_an_id_is_safe_as_the_name_of_a_folder(toy: Assignment, tmp_path: Path, name: str, expected: str) -> None:
    """On every file system, in a shell, in a spreadsheet, and beside the gradebook."""
    try:
        folder = make(tmp_path / "class", name)
    except OSError:
        pytest.skip("this file system does not take such a name")
    assert list(ids(toy, folder)) == [expected]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=20), min_size=1, max_size=6)
)
def test_every_name_becomes_an_id_of_its_own(toy: Assignment, tmp_path: Path, names: list[str]) -> None:
    """Unique even where case is ignored, sorted, never a path, never hidden, never an option."""
    folder = tmp_path / "class"
    for old in folder.glob("*"):
        old.unlink()
    paths = [make(folder, f"s{name}.py") for name in names if len(name.encode()) < 200]
    assert paths
    found = discover([folder], toy)
    assert len({each.id.casefold() for each in found}) == len(found) == len(list(folder.iterdir()))
    assert [each.id for each in found] == sorted(each.id for each in found)
    for each in found:
        assert Path(each.id).name == each.id
        assert each.id[0] not in ".-=+@"


def test_the_reports_of_an_earlier_run_are_no_submission(toy: Assignment, tmp_path: Path) -> None:
    """An instructor who writes them into the class's folder grades no reports."""
    folder = make(tmp_path / "class", "kim.py", "out/gradebook.sqlite", "out/kim/report.json")
    assert ids(toy, folder) == {"kim": "kim.py"}


def test_a_link_that_is_named_is_followed_and_one_in_a_class_is_not(toy: Assignment, tmp_path: Path) -> None:
    """The instructor's own links are meant; one in a class is found as what it is, for its report to say so."""
    target = make(tmp_path / "really", "kim.py")
    (tmp_path / "class").symlink_to(target)
    (tmp_path / "favourite.py").symlink_to(target / "kim.py")
    (target / "lee.py").symlink_to(target / "kim.py")
    assert {found.id: found.path for found in discover([tmp_path / "class"], toy)} == {
        "kim": target / "kim.py",
        "lee": target / "lee.py",
    }
    assert [(found.id, found.path) for found in discover([tmp_path / "favourite.py"], toy)] == [("favourite", target / "kim.py")]


@pytest.mark.parametrize(
    ("names", "path", "sentence"),
    [
        ((), "class", "class is not there: expected a submission, or a folder of submissions."),
        (("kim.docx",), "kim.docx", "kim.docx is no submission: expected .py, .ipynb, .zip, .tar.gz or a folder, found .docx."),
        (("kim",), "kim", "kim is no submission: expected .py, .ipynb, .zip, .tar.gz or a folder, found a file without suffix."),
        (
            ("class/roster.csv", "class/README.md"),
            "class",
            "class holds no submissions: expected a folder, .py file, notebook or zip for each student, "
            "or one submission's own files (shapes.py, sums.py, toy.ipynb), found 2 other files.",
        ),
        (
            ("class/",),
            "class",
            "class holds no submissions: expected a folder, .py file, notebook or zip for each student, "
            "or one submission's own files (shapes.py, sums.py, toy.ipynb), found nothing.",
        ),
    ],
)
def test_a_path_that_holds_nothing_is_told(
    toy: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], path: str, sentence: str
) -> None:
    """What was expected, what was found, in one sentence."""
    monkeypatch.chdir(make(tmp_path, *names))
    with pytest.raises(UsageError) as caught:
        discover([Path(path)], toy)
    assert str(caught.value) == sentence


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_class_that_may_not_be_read_is_told(toy: Assignment, tmp_path: Path) -> None:
    """The machine's fault, and nobody's work is lost over it."""
    (tmp_path / "class").mkdir(mode=0)
    with pytest.raises(MachineLacks) as caught:
        discover([tmp_path / "class"], toy)
    assert str(caught.value) == f"{tmp_path}/class cannot be read (Permission denied): check that you may read it."
