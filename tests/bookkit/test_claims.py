"""Claims that stand on results: what a build records, checks, refuses and says."""

import ast
import json

import numpy as np
import pandas as pd
import pytest
import torch
from bookkit import notebook
from bookkit.book.mime import RECORD
from bookkit.claims.check import sentence_before
from bs4 import BeautifulSoup

VALUES = '{"low": 1.5, "high": 2.5}'


def built(book, *options: str) -> str:
    done = book.build(*options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def refused(book, *options: str) -> str:
    done = book.build(*options)
    assert done.returncode == 1, done.stdout
    assert "Traceback (most recent call last)" not in done.stderr
    return " ".join(done.stdout.split())


def marks(book, page: str) -> list:
    return BeautifulSoup(book.page(page), "html.parser").select("a.claim")


def name_of(link) -> str:
    """What a screen reader calls a link."""
    for silent in link.select("[aria-hidden=true]"):
        silent.extract()
    return " ".join(link.get_text().split())


def test_what_is_recorded_is_kept_with_its_page(full):
    results = json.loads((full.root / "_build" / "results" / "full.json").read_text())
    assert results == {
        "T01": {
            "page": "one.md",
            "values": {"gain": {"low": 1.5, "high": 2.5}, "places": ["north", "south"]},
        },
        "T02": {"page": "one.md", "values": {"days": 365}},
    }


def test_marks_lead_to_what_was_recorded(full):
    assert "claims: 2 borne out" in full.said
    for page, expected in {"one": ["T01", "T02"], "book/index": ["T01"]}.items():
        links = marks(full, page)
        assert [name_of(link) for link in links] == [
            f"claim {claim}: checked against this build’s results" for claim in expected
        ]
        assert [link["title"] for link in links] == [name_of(link) for link in links]
    status = BeautifulSoup(full.page("book/status"), "html.parser")
    row = status.find(id=marks(full, "one")[0]["href"].partition("#")[2])
    cells = [cell.get_text().strip() for cell in row.find_all("td")]
    assert cells == ["T01", "The summer is warmer than the winter.", "Toy, One", "borne out"]
    assert '"low": 1.5' in row.find_next_sibling("tr").get_text()


def test_no_page_and_no_download_shows_a_record(full):
    published = [
        file
        for file in (full.root / "_build" / "html").rglob("*")
        if file.suffix in (".ipynb", ".md")
    ]
    assert published
    assert all(RECORD not in file.read_text(encoding="utf-8") for file in published)


def test_a_claim_that_its_results_do_not_bear_out_ends_the_build(claiming):
    claiming.edit("one.md", VALUES, '{"low": -0.5, "high": 2.5}')
    said = refused(claiming)
    line = (claiming.root / "one.md").read_text().split("{claim}")[0].count("\n") + 1
    for words in (
        "T01 is not borne out",
        f"one.md:{line}: The summer is warmer, by 2.0 degrees.",
        "book/index.md:3: Summers are warm.",
        "The summer is warmer than the winter.",
        "code/toy/claims.py:2",
        'gain = {"high": 2.5, "low": -0.5}',
    ):
        assert words in said, words
    assert "T02" not in said
    assert not (claiming.root / "_build" / "html").exists()
    results = json.loads((claiming.root / "_build" / "results" / "full.json").read_text())
    assert results["T01"]["values"]["gain"]["low"] == -0.5, "what was found can be looked at"


def test_a_preview_checks_nothing_and_says_so(claiming):
    claiming.edit("one.md", VALUES, '{"low": -0.5, "high": 2.5}')
    assert "claims: 2 not checked in a preview" in built(claiming, "--profile", "quick")
    links = marks(claiming, "one") + marks(claiming, "book/index")
    assert all(link["title"].endswith("not checked in a preview") for link in links)
    assert "✓" not in str(links)
    status = claiming.page("book/status")
    assert "not checked in a preview" in status and "borne out" not in status
    claiming.edit("one.md", '{"low": -0.5, "high": 2.5}', VALUES)
    built(claiming)
    links = marks(claiming, "one") + marks(claiming, "book/index")
    assert links and not any("preview" in link["title"] for link in links)


@pytest.mark.parametrize(
    ("profile", "name", "old", "new", "words"),
    [
        (
            "full",
            "one.md",
            "{claim}`T02`",
            "{claim}`T02` {claim}`T03`",
            ["one.md:38: there is no checker for T03"],
        ),
        (
            "quick",
            "one.md",
            'record("T02", days=365)',
            "",
            ["code/toy/claims.py:7", "nothing is recorded for T02", "days="],
        ),
        (
            "full",
            "one.md",
            "{claim}`T02`",
            "",
            ["one.md:32: code cell 3: no sentence claims T02", "{claim}`T02`"],
        ),
        (
            "quick",
            "code/toy/claims.py",
            ', "T02": round_year',
            "",
            ["one.md:32: code cell 3: no checker asks for T02"],
        ),
        (
            "full",
            "two.md",
            "tools.other()",
            "from bookkit.notebook import record\nrecord('T02', days=366)",
            ["two.md:13: code cell 1: T02 is recorded already in one.md:32: code cell 3"],
        ),
        (
            "quick",
            "one.md",
            "days=365",
            "hours=1",
            ["one.md:32", "T02 does not fit code/toy/claims.py:7: record days too; take out hours"],
        ),
    ],
    ids=[
        "mark",
        "checker",
        "record without mark",
        "record without checker",
        "two records",
        "misfit",
    ],
)
def test_what_lacks_its_counterpart_is_named(claiming, profile, name, old, new, words):
    claiming.edit(name, old, new)
    said = refused(claiming, "--profile", profile)
    assert all(word in said for word in words), said


def test_values_of_the_wrong_kind_are_named(claiming):
    claiming.edit("one.md", "days=365", "days='many'")
    said = refused(claiming)
    assert "one.md:32" in said and "the checker of T02 (code/toy/claims.py:7) cannot judge" in said


def test_a_changed_checker_executes_nothing_and_is_asked_again(claiming):
    assert "claims: 2 borne out" in built(claiming)
    claiming.edit("code/toy/claims.py", "days % 10 != 0", "days % 5 != 0")
    done = claiming.build()
    assert done.returncode == 1
    assert "executing" not in done.stdout and "T02 is not borne out" in done.stdout


def test_a_changed_sentence_executes_nothing(claiming):
    built(claiming)
    claiming.edit("one.md", "is warmer", "is much warmer")
    assert "executing" not in built(claiming)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("First. Second one.", "Second one."),
        ("Other paragraph.\n\nThe value is 2.5 %\nof all.", "The value is 2.5 % of all."),
        (
            "One. {claim}`T01` Two, with {glue:text}`x:.2f` points. ",
            "Two, with {glue:text}`x:.2f` points.",
        ),
        ("It asks: why? *Because* it does (so they say.) And more", "And more"),
    ],
)
def test_the_sentence_in_front_of_a_mark_is_found(text, sentence):
    assert sentence_before(text) == sentence


class Published(list):
    """What a cell publishes, kept."""

    def __call__(self, data, metadata=None):
        self.append(data)


@pytest.fixture
def published(monkeypatch):
    kept = Published()
    monkeypatch.setattr(notebook, "publish_display_data", kept)
    return kept


def test_values_are_made_plain(published):
    table = pd.DataFrame({"case": ["a", "b"], "seeds": [3, 3], "low": [0.1, 0.2]}, index=[7, 8])
    notebook.record(
        "T01",
        number=np.float32(0.5),
        count=np.int64(3),
        truth=np.bool_(True),
        tensor=torch.tensor([1, 2]),
        scalar=torch.tensor(0.25),
        table=table,
        column=table["low"],
        row=next(table.itertuples(index=False)),
        nested={"pair": (1, np.int64(2)), 3: "x"},
    )
    assert published == [
        {
            RECORD: {
                "claim": "T01",
                "values": {
                    "number": 0.5,
                    "count": 3,
                    "truth": True,
                    "tensor": [1, 2],
                    "scalar": 0.25,
                    "table": [
                        {"case": "a", "seeds": 3, "low": 0.1},
                        {"case": "b", "seeds": 3, "low": 0.2},
                    ],
                    "column": {"7": 0.1, "8": 0.2},
                    "row": {"case": "a", "seeds": 3, "low": 0.1},
                    "nested": {"pair": [1, 2], "3": "x"},
                },
            }
        }
    ]
    assert ast.literal_eval(repr(published[0])) == published[0], "nothing but plain values"
    assert list(published[0]) == [RECORD], "nothing that a page could show"


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (float("nan"), ValueError, r"T01: gain is nan"),
        ({"low": [1.0, np.inf]}, ValueError, r"T01: gain\['low'\]\[1\] is inf"),
        (None, TypeError, "T01: gain is None"),
        (object(), TypeError, "T01: gain is <object"),
        (1j, TypeError, "T01: gain is 1j"),
    ],
)
def test_what_cannot_stand_for_a_measurement_is_refused(published, value, error, words):
    with pytest.raises(error, match=words):
        notebook.record("T01", gain=value)
    assert published == []
