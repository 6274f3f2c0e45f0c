"""The buttons on top of a page: where they lead, and what they leave out."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from bookkit.book.project import open_project
from bookkit.book.settings import Publish, read_table
from bookkit.editions.launch import launchers, publication
from bookkit.system.errors import BookError

ROOT = Path(__file__).parents[2]
SERVICES = {
    "binderhub": "https://binder.example/",
    "colab": "https://colab.example",
    "jupyterhub": "https://hub.example",
}
NOTEBOOK = "1-why-convolution.ipynb"


def published(environment=(), **table) -> dict[str, str]:
    publish = read_table(Publish, {**SERVICES, **table}, "[tool.bookkit.publish]")
    return publication(publish, dict(environment))


def addresses(published: dict[str, str]) -> dict[str, str]:
    return {button["text"]: button["url"] for button in launchers(published, NOTEBOOK)}


def test_launchers_open_the_notebook_of_the_published_branch():
    found = addresses(published(repository="owner/book", branch="published"))
    assert (
        found["Binder"]
        == f"https://binder.example/v2/gh/owner/book/published?urlpath=lab/tree/notebooks/{NOTEBOOK}"
    )
    assert (
        found["Colab"]
        == f"https://colab.example/github/owner/book/blob/published/notebooks/{NOTEBOOK}"
    )
    hub = urlsplit(found["JupyterHub"])
    assert (hub.netloc, hub.path) == ("hub.example", "/hub/user-redirect/git-pull")
    assert parse_qs(hub.query) == {
        "repo": ["https://github.com/owner/book"],
        "branch": ["published"],
        "urlpath": [f"lab/tree/book/notebooks/{NOTEBOOK}"],
    }


def test_without_a_repository_nothing_leads_elsewhere():
    assert addresses(published()) == {} and published()["site"] == ""


def test_a_service_without_an_address_has_no_button():
    assert set(addresses(published(repository="owner/book", jupyterhub="", colab=""))) == {"Binder"}


def test_the_workflow_names_the_repository_where_the_book_does_not():
    of_workflow = {"GITHUB_REPOSITORY": "someone/fork"}
    assert published(of_workflow)["repository"] == "someone/fork"
    assert published(of_workflow, repository="owner/book")["repository"] == "owner/book"


def test_the_pages_are_those_of_the_repository_unless_the_book_says_otherwise():
    assert published(repository="Owner/book")["site"] == "https://Owner.github.io/book"
    assert published(repository="owner/owner.github.io")["site"] == "https://owner.github.io"
    assert (
        published(repository="owner/book", site="https://book.example/")["site"]
        == "https://book.example"
    )


@pytest.mark.parametrize(
    "repository", ["book", "https://github.com/owner/book", "owner/book/tree", "owner/bo ok"]
)
def test_a_repository_that_is_not_one_stops_the_build(repository):
    with pytest.raises(BookError, match="owner/name"):
        published(repository=repository)


def test_a_setting_that_does_not_exist_stops_the_build():
    with pytest.raises(BookError, match="binder-hub"):
        published(**{"binder-hub": ""})


def menu(page, label: str) -> dict[str, str]:
    """The entries of a menu by their words; links with their address, others with what they do."""
    entries = page.select(f".article-header-buttons .dropdown-{label} :is(a, button).dropdown-item")
    return {entry.get_text(strip=True): entry.get("href") or entry["onclick"] for entry in entries}


def test_chapters_and_the_pages_below_them_offer_their_notebooks_and_to_print(pages, site):
    notebooks = open_project(ROOT).notebooks
    assert len([name for name in notebooks if name.count("/") == 1]) == 6
    for name, notebook in notebooks.items():
        root = "../" * name.count("/")
        assert menu(pages[site / f"{name}.html"], "download-buttons") == {
            "Notebook": f"{root}notebooks/{notebook}",
            "Notebook with solutions": f"{root}notebooks/solutions/{notebook}",
            "Print": "window.print()",
        }


def test_nothing_leads_to_other_hosts_where_no_repository_is_named(pages):
    for file, page in pages.items():
        assert page.select_one(".dropdown-launch-buttons") is None, file


def test_no_page_offers_its_source(pages):
    for file, page in pages.items():
        links = [link["href"] for link in page.select("a[href]") if "_sources/" in link["href"]]
        assert links == [], file
        assert (
            page.select_one(
                "[class*=download-source], [class*=download-notebook], [class*=launch-thebe]"
            )
            is None
        ), file


def test_other_pages_can_be_printed(pages, site):
    page = pages[site / "book" / "start" / "setup.html"]
    assert (
        page.select_one(".article-header-buttons .btn-print-button")["onclick"] == "window.print()"
    )
    assert page.select_one(".dropdown-download-buttons") is None
