"""Tables put right for screen readers and for the eye: those that pandas wrote as HTML, and the
columns of numbers in those that a page has itself.

pandas gives the name of an index a row of heads of its own, leaves header cells empty, and says
nowhere what a header is for. Numbers stand right under heads that stand right, which is the style's
default; words are marked.
"""

import re

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx.application import Sphinx

from bookkit.book.numbers import with_minus_signs
from bookkit.sphinx.typography import with_units

NUMBER = re.compile(
    r"[-+−±~<≤>≥(\[]*\d[\d.,\s\u202f]*(?:e[-+−]?\d+)?\s*"
    r"(?:%|‰|°|×|[µmk]?s|min|h|[kMGT]?i?B|points?)?[\s)\]]*"
)
BETWEEN = re.compile(r"\s*(?:±|×|–|/|,|\bto\b|\bof\b)\s*")


def mended(html: str) -> str:
    """Return HTML whose tables have headers that say what they head, and columns of words marked as
    such.

    Parameters
    ----------
    html : str
        What a cell returned. Without a table it comes back as it is.
    """
    if "<table" not in html:
        return html
    soup = BeautifulSoup(html, "html.parser")
    for table in soup.find_all("table"):
        mend(table)
    return str(soup)


def mend(table: Tag) -> None:
    """Put one table right, in place."""
    heads, body = rows_of(table, "thead"), rows_of(table, "tbody")
    join_index_names(heads)
    for row in rows_of(table, "thead"):
        row.attrs.pop("style", None)
        say_what_is_headed(row, "col")
    for row in body:
        say_what_is_headed(row, "row")
    mark_words(rows_of(table, "thead"), body)
    for text in table.find_all(string=True):
        text.replace_with(with_units(with_minus_signs(text)))


def rows_of(table: Tag, part: str) -> list[Tag]:
    """Return the rows of a part of a table."""
    return [
        row
        for found in table.find_all(part, recursive=False)
        for row in found.find_all("tr", recursive=False)
    ]


def cells_of(row: Tag) -> list[Tag]:
    """Return the cells of a row."""
    return row.find_all(["th", "td"], recursive=False)


def text_of(cell: Tag) -> str:
    """Return what is read in a cell."""
    return cell.get_text().replace("\u00a0", " ").strip()


def join_index_names(heads: list[Tag]) -> None:
    """Move the names of the index into the corner above them, where their row holds nothing else.

    If the corner holds the name of the columns, arrows say which name is whose.
    """
    if len(heads) < 2:
        return
    above, names = cells_of(heads[-2]), cells_of(heads[-1])
    count = sum(bool(text_of(cell)) for cell in names)
    leads, corner = names[:count], above[:count]
    if len(above) != len(names) or not all(map(text_of, leads)) or any(map(text_of, corner[:-1])):
        return
    for empty, name in zip(corner, leads, strict=True):
        if text_of(empty):
            name.append(f" ↓, {text_of(empty)} →")
        empty.replace_with(name.extract())
    heads[-1].decompose()


def say_what_is_headed(row: Tag, direction: str) -> None:
    """Give header cells their scope; an empty one is no header."""
    for cell in row.find_all("th", recursive=False):
        if not text_of(cell):
            cell.name = "td"
        else:
            spans = int(cell.get(f"{direction}span", 1)) > 1
            cell["scope"] = f"{direction}group" if spans else direction


def mark_words(heads: list[Tag], body: list[Tag]) -> None:
    """Mark the columns that hold words for the most part, and the heads right above; counted from
    the right.
    """
    columns = list(zip(*(row.find_all("td", recursive=False)[::-1] for row in body), strict=False))
    above = cells_of(heads[-1])[::-1] if heads else []
    for place, cells in enumerate(columns):
        texts = [text for text in map(text_of, cells) if text]
        if 2 * sum(map(is_number, texts)) <= len(texts):
            for cell in (*cells, *above[place : place + 1]):
                cell["class"] = [*cell.get("class", []), "words"]


def is_number(text: str) -> bool:
    """Tell whether a text is a number with or without a unit, or several of them."""
    return all(NUMBER.fullmatch(part) for part in BETWEEN.split(text) if part)


def mark_numbers(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Mark the columns of a page's own tables that hold numbers for the most part, with their
    heads.
    """
    for table in doctree.findall(nodes.tgroup):
        heads, body = (
            [
                row.children
                for part in table.findall(kind)
                for row in part.children
                if not any(entry.get("morecols") for entry in row)
            ]
            for kind in (nodes.thead, nodes.tbody)
        )
        for place, cells in enumerate(zip(*body, strict=False)):
            texts = [text for cell in cells if (text := cell.astext().strip())]
            if 2 * sum(map(is_number, texts)) > len(texts):
                for cell in (*cells, *(row[place] for row in heads)):
                    cell["classes"].append("number")


def connect(app: Sphinx) -> None:
    """Mark numbers once nothing is missing in a page."""
    app.connect("doctree-resolved", mark_numbers)
