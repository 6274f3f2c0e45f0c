"""What re-executes when, and what a build says when something is wrong."""

import re

import pytest


def executed(done) -> set[str]:
    """The pages that a build executed, as it says."""
    assert done.returncode == 0, done.stdout + done.stderr
    return set(re.findall(r"(\w+)\.md: executed", done.stdout))


def test_first_and_second_build(toy_book):
    toy_book.edit("two.md", "tools.other()", "import os\nos.environ['GOMP_SPINCOUNT']")
    assert executed(toy_book.build()) == {"one", "two"}
    assert "4100001" in toy_book.page("one")
    assert "'1000'" in toy_book.page("two"), "kernels side by side wait only shortly for each other"
    assert executed(toy_book.build()) == set()


def test_only_what_uses_a_change_executes_again(built):
    built.edit("one.md", "A sentence.", "Another sentence.")
    assert executed(built.build()) == set()
    assert "Another sentence." in built.page("one")

    built.edit("code/toy/tools.py", "return 4100000", "return 5100000")
    assert executed(built.build()) == {"one"}
    assert "5100001" in built.page("one") and "4100001" not in built.page("one")

    built.edit("code/toy/tools.py", "def other():", "# A comment.\ndef other():")
    assert executed(built.build()) == set()

    built.edit("two.md", "tools.other()", "tools.other() + 1")
    assert executed(built.build()) == {"two"}

    assert executed(built.build("--profile", "quick")) == {"one", "two"}
    assert "Only a preview of the toy book." in built.page("one")
    assert executed(built.build()) == set(), "the results of the other profile are still there"
    assert "Only a preview" not in built.page("one")

    built.edit("two.md", "tools.other() + 1", "tools.other() + 2")
    built.edit("code/toy/tools.py", "return 7200000", "return 8200000")
    assert executed(built.build()) == {"two"}
    assert "8200002" in built.page("two") and "7200" not in built.page("two")


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("1 / 0", ["two.md:13", "code cell 1", "ZeroDivisionError", "division by zero"]),
        (
            "x = 1\n```\n\nText.\n\n```{code-cell} python\nx.wrong",
            ["two.md:19", "code cell 2", "AttributeError"],
        ),
        ("if x\n", ["two.md:13", "SyntaxError"]),
        (
            "import os\nos.write(2, b'Enough.')\nos._exit(1)",
            ["two.md:13", "kernel died", "It said:", "Enough."],
        ),
        (":tags: [raises-exception]\n1 + 1", ["two.md:13", "raises-exception"]),
    ],
)
def test_a_failing_cell_fails_the_build_and_is_named(toy_book, cell, words):
    toy_book.edit("two.md", "from toy import tools\ntools.other()", cell)
    done = toy_book.build()
    assert done.returncode == 1
    assert all(word in done.stdout for word in words), done.stdout
    assert "Traceback (most recent call last)" not in done.stderr
    assert not (toy_book.root / "_build" / "html").exists()


def test_a_page_runs_once_the_cause_of_its_failure_is_gone(toy_book):
    toy_book.edit("two.md", "tools.other()", "1 / 0")
    assert toy_book.build().returncode == 1
    toy_book.edit("two.md", "1 / 0", "7")
    assert executed(toy_book.build()) == {"two"}, (
        "page one was kept, and page two runs once the cause is gone"
    )


def test_a_warning_fails_the_build_and_names_the_page(toy_book):
    toy_book.edit("one.md", "A sentence.", "See {ref}`sec-nowhere`.")
    for _ in range(2):  # the second time as well, though the page has not changed since
        done = toy_book.build()
        assert done.returncode == 1
        assert "one.md:10" in done.stdout and "sec-nowhere" in done.stdout


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("_toc.yml", "- file: two", "- file: three", ["_toc.yml", "three.md"]),
        (
            "one.md",
            "```{code-cell} python",
            "```{code-cell} python\n:tags: [exercise]",
            ["one.md:13", ":label:"],
        ),
        (
            "one.md",
            "A sentence.",
            ":::{admonition} Discuss\nQuestion\n:::",
            ["one.md", "+++"],
        ),
    ],
)
def test_a_wrongly_marked_page_is_named(toy_book, name, old, new, words):
    toy_book.edit(name, old, new)
    done = toy_book.build()
    assert done.returncode == 1
    assert all(word in done.stdout for word in words), done.stdout


def test_an_unknown_profile_is_refused(toy_book):
    done = toy_book.build("--profile", "medium")
    assert done.returncode == 1
    assert "medium" in done.stdout and "full, quick" in done.stdout


def test_a_damaged_result_is_made_again(toy_book):
    executed(toy_book.build())
    kept = toy_book.root / ".executed" / "full" / "one.ipynb"
    kept.write_text(kept.read_text()[:100])
    assert executed(toy_book.build()) == {"one"}


def test_code_edited_while_it_runs_is_noticed(toy_book):
    edit = (
        "import pathlib\nfile = pathlib.Path(tools.__file__)\nfile.write_text(file.read_text() + 'X"
        " = 1\\n')\n"
    )
    toy_book.edit("one.md", "tools.used()", edit + "tools.X if hasattr(tools, 'X') else 0")
    done = toy_book.build()
    assert done.returncode == 1
    assert "one.md" in done.stdout and "edited while it was executed" in done.stdout


def test_a_page_taken_out_of_the_book_leaves_the_site(built):
    assert (built.root / "_build" / "html" / "two.html").exists()
    built.edit("_toc.yml", "- file: two", "")
    executed(built.build())
    assert not list((built.root / "_build" / "html").rglob("two.*"))
