"""Files that cells make for the site, and parts of a page that scripts make."""

import pytest
from bookkit.run.delivery import deliver, delivered, write_files
from bookkit.system.errors import BookError
from bs4 import BeautifulSoup
from nbformat.v4 import new_output

MAKES = """
```{code-cell} python
:tags: [remove-cell]
from bookkit.run.delivery import deliver
deliver("data/table.bin", bytes(range(256)))
deliver("note.txt", "Grüße".encode())
```

```{page-part} clock
:scripts: clock/clock.js
:styles: clock/clock.css
:files: data

Without a script there is *no* clock.
```
"""


def files(*names: str) -> list:
    """The outputs of cells that deliver these files."""
    return [
        new_output(
            "display_data", {"application/vnd.bookkit.file+json": {"name": name, "content": "AAE="}}
        )
        for name in names
    ]


@pytest.mark.parametrize("edition", ["open", "course"])
def test_files_of_cells_are_in_the_site_and_in_no_page(toy_book, edition):
    original = (toy_book.root / "one.md").read_text()
    toy_book.write("one.md", original + MAKES)
    for name in ("clock.js", "clock.css"):
        toy_book.write(f"book/assets/clock/{name}", "/* ticks */")
    toy_book.edit("_config.yml", "config:\n", "config:\n    html_static_path: [book/assets]\n")
    done = toy_book.build("--edition", edition)
    assert done.returncode == 0, done.stdout + done.stderr
    site = toy_book.root / "_build" / ("" if edition == "open" else edition) / "html"
    assert (site / "files/data/table.bin").read_bytes() == bytes(range(256))
    assert (site / "files/note.txt").read_text(encoding="utf-8") == "Grüße"
    pages = [file for file in site.rglob("*") if file.suffix in (".html", ".ipynb", ".js", ".txt")]
    assert not [file for file in pages if "vnd.bookkit.file" in file.read_text(encoding="utf-8")]

    page = BeautifulSoup((site / "one.html").read_text(encoding="utf-8"), "html.parser")
    part = page.select_one("div.clock")
    assert (part["data-static"], part["data-files"]) == ("_static/", "files/data/")
    assert part.get_text(strip=True) == "Without a script there isnoclock."
    assert page.select_one("script[src*='clock/clock.js'][defer]") and page.select_one(
        "link[href*='clock/clock.css']"
    )
    assert "clock.js" not in (site / "two.html").read_text(encoding="utf-8")

    toy_book.write("one.md", original)
    assert toy_book.build("--edition", edition).returncode == 0
    assert [file for file in (site / "files").rglob("*") if file.is_file()] == []


def test_two_files_of_one_name_are_refused():
    with pytest.raises(BookError, match=r"Two cells make a file a\.txt"):
        delivered(files("a.txt", "b.txt", "a.txt"))


def test_made_files_are_written_below_their_folder(tmp_path):
    write_files(tmp_path, delivered(files("a.bin", "b/c.bin")))
    assert (
        (tmp_path / "files/a.bin").read_bytes()
        == (tmp_path / "files/b/c.bin").read_bytes()
        == b"\x00\x01"
    )


LONG = ["ä" * 101, "a" * 201 + "/b", "/".join(["ab"] * 300)]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../above",
        "a/../../b",
        "a\\b",
        ".",
        "a//b",
        "a/",
        "./a",
        "a\nb",
        "a\0",
        *LONG,
    ],
)
def test_a_name_that_some_system_cannot_hold_is_refused_in_the_cell_and_in_the_build(name):
    with pytest.raises(ValueError, match=r"relative path|longer than"):
        deliver(name, b"")
    with pytest.raises(BookError, match=r"relative path|longer than"):
        delivered(files(name))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a", "a/b"), "a file a and a file a/b below it"),
        (("a/b/c", "a/b"), "a file a/b and a file a/b/c below it"),
        (("A", "a/b"), "a file A and a file a/b below it"),
        (("table.json", "Table.json"), "one"),
        (("gr\u00fc\u00dfe", "gru\u0308SSE"), "one"),
    ],
)
def test_files_that_cannot_lie_beside_each_other_are_refused(names, words):
    with pytest.raises(BookError, match=words):
        delivered(files(*names))


@pytest.mark.parametrize(
    "made", ["text", None, {}, {"name": "a"}, {"name": "a", "content": "no base 64"}, {"name": 1}]
)
def test_an_output_that_only_looks_like_a_made_file_is_refused(made):
    output = new_output("display_data", {"application/vnd.bookkit.file+json": made})
    with pytest.raises(BookError, match="deliver"):
        delivered([output])


def test_outside_of_a_build_nothing_is_shown(capsys, monkeypatch):
    monkeypatch.delenv("BOOKKIT_DELIVERS", raising=False)
    deliver("a.bin", b"1")
    assert capsys.readouterr().out == ""
