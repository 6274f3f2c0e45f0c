"""Toy books, new or built, for the tests of this folder."""

import shutil

import pytest
from toy_book import ToyBook


@pytest.fixture
def toy_book(tmp_path):
    return ToyBook(tmp_path)


@pytest.fixture(scope="module")
def toy_book_for_both(tmp_path_factory):
    """A toy book for the tests of one file."""
    return ToyBook(tmp_path_factory.mktemp("both"))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A toy book that has been built once; tests that share it change what they own and say so."""
    book = ToyBook(tmp_path_factory.mktemp("toy"))
    done = book.build()
    assert done.returncode == 0, done.stdout + done.stderr
    return book


@pytest.fixture
def claiming(full, tmp_path):
    """A toy book with claims and what its pages returned when they were executed, but no site."""
    leave_out = shutil.ignore_patterns(
        "html", "stage", "results", ".doctrees", "jupyter_execute", "__pycache__"
    )
    shutil.copytree(full.root, tmp_path / "book", ignore=leave_out)
    return ToyBook(tmp_path / "book", files={})


@pytest.fixture(scope="session")
def full(tmp_path_factory):
    """A toy book with claims and a status page, built under the full profile; nobody changes it."""
    book = ToyBook(tmp_path_factory.mktemp("claims"))
    book.claim()
    done = book.build()
    assert done.returncode == 0, done.stdout + done.stderr
    book.said = done.stdout
    return book
