"""The status page: how each page and figure was made, and the links that lead there."""

import json
import re
from datetime import UTC, datetime

import nbformat
import pytest
from bookkit.run.execution import cell_seconds, processor
from bs4 import BeautifulSoup


@pytest.fixture
def status(full):
    return BeautifulSoup(full.page("book/status"), "html.parser")


def table_under(status, heading: str) -> list[list[str]]:
    """The text of a section's table, row by row, without folded rows."""
    section = status.find(id=heading)
    rows = [
        row for row in section.find("table").find_all("tr") if "folded" not in row.get("class", [])
    ]
    return [
        [" ".join(cell.get_text().split()) for cell in row.find_all(["th", "td"])] for row in rows
    ]


def noted(book, page: str) -> dict:
    """What an execution noted."""
    file = book.root / ".executed" / "full" / f"{page}.ipynb"
    return nbformat.read(file, as_version=4).metadata.bookkit


def leads_to(book, page: str, link):
    """The element to which a link of a page leads."""
    path, _, place = link["href"].partition("#")
    file = (book.root / "_build" / "html" / f"{page}.html").parent / path if path else None
    text = file.read_text(encoding="utf-8") if file else book.page(page)
    return BeautifulSoup(text, "html.parser").find(id=place)


def test_an_execution_notes_when_where_and_how_long(full):
    about = noted(full, "one")
    assert datetime.fromisoformat(about["executed"]).tzinfo == UTC
    assert len(about["cells"]) == 3 and 0 < sum(about["cells"]) < about["seconds"]
    assert about["inputs"]["processor"] == processor() != ""
    assert about["inputs"]["profile"] == "full"


def test_every_page_with_code_is_listed(full, status):
    head, *rows = table_under(status, "pages")
    assert head == ["Page", "Executed (UTC)", "Seconds", "Code cells", "Profile", "Digest"]
    for row, page, cells in zip(rows, ("one", "two"), ("3", "1"), strict=True):
        about = noted(full, page)
        assert row[0] == page.capitalize() and row[3:5] == [cells, "full"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", row[1])
        assert row[1].replace(" ", "T") == about["executed"][:16]
        assert float(row[2]) == about["seconds"]
        assert about["digest"].startswith(row[5]) and len(row[5]) == 12


def test_the_machine_is_named_once_for_all_pages(status):
    assert len(status.find(id="machine").find_all("table")) == 1
    assert ["processor", processor()] in table_under(status, "machine")
    assert "Pages: One, Two" in " ".join(status.find(id="machine").get_text().split())


def test_packages_are_named_with_their_versions(claiming):
    claiming.edit("pyproject.toml", 'code = "code"', 'code = "code"\ndistribution = "nbclient"')
    done = claiming.build()
    assert done.returncode == 0, done.stdout
    found = dict(
        table_under(BeautifulSoup(claiming.page("book/status"), "html.parser"), "machine")[1:]
    )
    assert re.search(r"\bnbformat \d+\.\d+", found["packages"])


def test_a_figure_leads_to_its_row_and_back(full, status):
    page = BeautifulSoup(full.page("one"), "html.parser")
    (link,) = page.select("figcaption a.how-made")
    assert " ".join(link.get_text().split()) == "how this was made: fig-line"
    row = leads_to(full, "one", link)
    cells = [" ".join(cell.get_text().split()) for cell in row.find_all("td")]
    about = noted(full, "one")
    assert cells[:3] == ["fig-line", "One", "2"]
    assert float(cells[3]) == pytest.approx(about["cells"][1], abs=0.006)
    assert cells[4].replace(" ", "T") == about["executed"][:16]
    code = row.find_next_sibling("tr").select_one("details pre").get_text().strip()
    assert code.endswith("figure.subplots().plot([1, 2])\nfigure")
    shown = leads_to(full, "book/status", row.find("a"))
    assert shown.name == "figure" or shown.find_parent("figure") or shown.find_next("figure")
    assert [row[0] for row in table_under(status, "figures")[1:]] == ["fig-line"]


def test_a_mark_leads_to_its_row_and_back(full):
    page = BeautifulSoup(full.page("one"), "html.parser")
    row = leads_to(full, "one", page.select("a.claim")[1])
    assert row.find("td").get_text().strip() == "T02"
    assert (
        leads_to(full, "book/status", row.find("a"))
        .select_one("a.claim")["title"]
        .startswith("claim T02")
    )


def test_every_link_of_the_status_page_leads_somewhere(full, status):
    links = status.select("table.build-status a, #machine a[href]")
    assert len(links) >= 10
    for link in links:
        path, _, place = link["href"].partition("#")
        assert (full.root / "_build" / "html" / "book" / (path or "status.html")).is_file(), link
        assert not place or leads_to(full, "book/status", link), link


def test_a_book_without_status_page_has_no_links_to_it(claiming):
    claiming.edit("_toc.yml", "- file: book/status", "")
    (claiming.root / "book" / "status.md").unlink()
    done = claiming.build()
    assert done.returncode == 0, done.stdout
    page = BeautifulSoup(claiming.page("one"), "html.parser")
    assert not page.select("a.how-made, a.claim") and page.select("figcaption")
    assert "claim T01: checked" in page.get_text()


def test_what_was_kept_without_these_notes_is_executed_again(claiming):
    kept = claiming.root / ".executed" / "full" / "one.ipynb"
    notebook = json.loads(kept.read_text(encoding="utf-8"))
    del notebook["metadata"]["bookkit"]["cells"]
    kept.write_text(json.dumps(notebook), encoding="utf-8")
    done = claiming.build()
    assert re.findall(r"(\w+)\.md: executed", done.stdout) == ["one"]


def test_the_seconds_of_a_cell_are_those_between_sending_and_reply():
    cell = nbformat.v4.new_code_cell("x")
    assert cell_seconds(cell) == 0
    cell.metadata.execution = {
        "iopub.status.busy": "2026-11-22T23:59:58.000000Z",
        "iopub.execute_input": "2026-11-22T23:59:59.250000Z",
        "shell.execute_reply": "2026-11-23T00:00:01.000000Z",
    }
    assert cell_seconds(cell) == 1.75
