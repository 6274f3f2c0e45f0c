"""Tables that pandas wrote: proper headers, numbers apart from words, units that stay."""

import numpy as np
import pandas as pd
import pytest
from bookkit.sphinx.tables import is_number, mended
from bs4 import BeautifulSoup


def rows(html: str) -> list[list]:
    return [
        row.find_all(["th", "td"])
        for row in BeautifulSoup(mended(html), "html.parser").find_all("tr")
    ]


def texts(html: str) -> list[list[str]]:
    return [[cell.get_text().strip() for cell in row] for row in rows(html)]


TABLE = pd.DataFrame(
    {"share": ["5%", "50%"], "verdict": ["lower", "higher"]},
    index=pd.Index(["a", "b"], name="case"),
)


@pytest.mark.parametrize("html", [TABLE.to_html(), TABLE.style.to_html()])
def test_the_name_of_an_index_heads_its_column(html):
    assert texts(html) == [
        ["case", "share", "verdict"],
        ["a", "5\u00a0%", "lower"],
        ["b", "50\u00a0%", "higher"],
    ]
    assert [cell.get("scope") for cell in rows(html)[0]] == ["col"] * 3
    assert [row[0].get("scope") for row in rows(html)[1:]] == ["row", "row"]


def test_names_of_index_and_columns_share_the_corner():
    assert texts(TABLE.rename_axis(columns="measure").to_html())[0][0] == "case ↓, measure →"


def test_names_of_an_index_of_two_levels_head_a_column_each():
    index = pd.MultiIndex.from_product([["x", "y"], [1, 2]], names=["network", "seed"])
    assert texts(pd.DataFrame({"loss": np.arange(4.0)}, index=index).to_html())[0] == [
        "network",
        "seed",
        "loss",
    ]


def test_no_header_cell_is_empty():
    for table in (TABLE, TABLE.reset_index(drop=True), TABLE.rename_axis(columns="measure")):
        for html in (table.to_html(), table.style.to_html()):
            assert all(
                cell.get_text().strip() for row in rows(html) for cell in row if cell.name == "th"
            )


def test_columns_of_words_are_marked_and_those_of_numbers_are_not():
    for row in rows(TABLE.to_html()):
        assert ["words" in cell.get("class", []) for cell in row[1:]] == [False, True]


@pytest.mark.parametrize(
    "text", ["7", "−7.5", "1,234", "5 %", "0.05 ± 0.01", "28 × 28", "3 ms", "(1, 28)", "1e-05"]
)
def test_numbers_with_units_are_numbers(text):
    assert is_number(text)


@pytest.mark.parametrize("text", ["lower", "conv1", "2 layers", "not shown different"])
def test_words_are_not_numbers(text):
    assert not is_number(text)


def test_what_holds_no_table_stays_as_it_is():
    assert mended("<p>5%<br></p>") == "<p>5%<br></p>"
