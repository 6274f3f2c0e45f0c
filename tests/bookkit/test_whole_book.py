"""The whole book as one file: the PDF and the EPUB of a toy book, in both editions, and the links to
them.
"""

import posixpath
import re
import unicodedata
import zipfile
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urldefrag
from xml.etree import ElementTree

import pytest
from bookkit.book.project import open_project
from bookkit.editions.epub import make_epub
from bookkit.editions.paper import make_pdf
from bookkit.run.offering import make_and_offer
from bookkit.system.errors import BookError
from pypdf import PdfReader
from toy_book import DRAWING, EXERCISES, FILES, FRONT, ToyBook

TOC = """format: jb-book
root: book/index
parts:
- caption: Lecture
  numbered: 1
  chapters:
  - file: 1-one
    sections:
    - file: 1-one/more
  - file: two
"""
LONG = "wide = '" + "w" * 150 + "'  # end-of-a-long-line"
MORE = f"""
(sec-more)=
## Further

To [elsewhere](https://example.org/far) and back to {{doc}}`the chapter </1-one>`.
A <a href="data:text/plain,1" download="one.txt">file</a> for you.

:::{{dropdown}} A question of its own?
told-in-dropdown, with {{ref}}`sec-more`.
:::

:::{{admonition}} Discuss
:class: discuss
What?
+++
**A good answer** told-in-discussion.
:::

```{{code-cell}} python
{LONG}
```
"""
BANNER = "Only a preview of the toy book."
SOLUTION = "area = side * side"
ALWAYS = ("told-in-dropdown", "told-in-discussion", "end-of-a-long-line", "w" * 150)
XHTML = "{http://www.w3.org/1999/xhtml}"
OPF = "{http://www.idpf.org/2007/opf}"


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> ToyBook:
    """A toy book with a preview in both editions, each with its PDF and its EPUB."""
    book = ToyBook(tmp_path_factory.mktemp("whole"))
    book.exercise()
    book.write("_toc.yml", TOC)
    book.write("1-one.md", FILES["one.md"] + EXERCISES + DRAWING)
    book.write("1-one/more.md", FRONT + "# More\n" + MORE)
    book.edit(
        "book/index.md", "two pages.", "two pages.\n\n:::{container} whole-book-place\nHere:\n:::"
    )
    for edition in ("open", "course"):
        done = book.build("--profile", "quick", "--edition", edition)
        assert done.returncode == 0, done.stdout + done.stderr
        project = open_project(book.root, edition=edition)
        for make in (make_pdf, make_epub):
            apart(make_and_offer, project, make)
    return book


def apart(*call):
    """Call a function in a thread of its own: the Chromium of other tests may have this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(*call).result()


@pytest.fixture(scope="module", params=["open", "course"])
def edition(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def site(book, edition):
    return open_project(book.root, edition=edition).site


@pytest.fixture(scope="module")
def pdf(site, edition) -> PdfReader:
    return PdfReader(site / f"toy{'-course' * (edition == 'course')}.pdf")


@pytest.fixture(scope="module")
def epub(site, edition) -> zipfile.ZipFile:
    return zipfile.ZipFile(site / f"toy{'-course' * (edition == 'course')}.epub")


@pytest.fixture(scope="module")
def trees(epub) -> dict[str, ElementTree.Element]:
    """The documents of the EPUB, by name."""
    names = [name for name in epub.namelist() if name.endswith(".xhtml")]
    return {name: ElementTree.fromstring(epub.read(name)) for name in names}


def without_blanks(text: str) -> str:
    """A text without blanks, and without the letters that printers join."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def said_in(pdf: PdfReader) -> str:
    return "".join(page.extract_text() for page in pdf.pages)


def places_of(pdf: PdfReader) -> dict[str, int]:
    """The numbers of the pages on which places with a name are."""
    return {
        name.lstrip("/"): 1 + pdf.get_destination_page_number(place)
        for name, place in pdf.named_destinations.items()
    }


def links_of(pdf: PdfReader) -> list[dict]:
    return [
        note.get_object()
        for page in pdf.pages
        for note in page.get("/Annots", [])
        if note.get_object()["/Subtype"] == "/Link"
    ]


def test_every_word_of_code_and_answers_is_on_paper(pdf, edition):
    text = without_blanks(said_in(pdf))
    assert [word for word in ALWAYS if without_blanks(word) not in text] == []
    assert (without_blanks(SOLUTION) in text) == (edition == "open")


def test_every_page_of_paper_warns_of_a_preview(pdf):
    pages = [" ".join(page.extract_text().split()) for page in pdf.pages]
    assert [number for number, text in enumerate(pages) if BANNER not in text] == []


def test_answers_on_paper_come_after_the_chapter_with_links_both_ways(pdf, edition):
    places = places_of(pdf)
    asked = [name for name in places if name.startswith("asked-")]
    answers = [name for name in places if name.startswith("answer-")]
    assert len(asked) == len(answers) == {"open": 4, "course": 2}[edition]
    for name in answers:
        assert places[name] >= places["p3"] >= places["p2"]
        assert places[name.replace("answer", "asked")] <= places[name]


def test_the_table_of_contents_has_the_numbers_of_pages(pdf):
    text = pdf.pages[1].extract_text()
    for title, name in (("1. One", "p2"), ("More", "p3"), ("2. Two", "p4")):
        assert re.search(rf"{re.escape(title)}\s*{places_of(pdf)[name]}\b", text), text


def test_the_outline_has_parts_chapters_and_the_pages_below_them(pdf):
    def titles(entries, depth=0):
        for entry in entries:
            if isinstance(entry, list):
                yield from titles(entry, depth + 1)
            else:
                yield depth, entry.title

    found = list(titles(pdf.outline))
    depths = {title: depth for depth, title in found}
    assert depths["Lecture"] < depths["1. One"] < depths["More"] < depths["Further"]


def test_links_on_paper_lead_into_the_book_or_to_their_address(pdf):
    named = set(places_of(pdf))
    inside = [link["/Dest"].lstrip("/") for link in links_of(pdf) if "/Dest" in link]
    outside = {link["/A"]["/URI"] for link in links_of(pdf) if "/URI" in link.get("/A", {})}
    assert inside and set(inside) <= named and outside == {"https://example.org/far"}
    assert "https://example.org/far" in said_in(pdf)


def test_paper_is_tagged_and_says_what_it_is(pdf):
    about = pdf.trailer["/Root"]
    assert about["/MarkInfo"]["/Marked"] and about["/Lang"] == "en" and pdf.metadata.title == "Toy"


def test_what_an_epub_lists_is_what_it_holds(epub):
    assert epub.namelist()[0] == "mimetype" and epub.read("mimetype") == b"application/epub+zip"
    assert epub.infolist()[0].compress_type == zipfile.ZIP_STORED
    package = ElementTree.fromstring(epub.read("book/content.opf"))
    items = {item.get("id"): item for item in package.iter(f"{OPF}item")}
    listed = {f"book/{item.get('href')}" for item in items.values()}
    beside = {"mimetype", "META-INF/container.xml", "book/content.opf"}
    assert listed == set(epub.namelist()) - beside
    spine = [each.get("idref") for each in package.iter(f"{OPF}itemref")]
    documents = {key for key, item in items.items() if item.get("href").endswith(".xhtml")}
    assert set(spine) == documents and len(spine) == len(documents)
    for item in items.values():
        text = epub.read(f"book/{item.get('href')}")
        has = {name for name in ("mathml", "svg") if f"<{name[:4]}".encode() in text}
        if item.get("href").endswith(".xhtml"):
            assert has == set((item.get("properties") or "").split()) - {"nav"}


def test_every_address_in_an_epub_leads_somewhere(epub, trees):
    ids = {name: [e.get("id") for e in tree.iter() if e.get("id")] for name, tree in trees.items()}
    assert all(len(set(found)) == len(found) for found in ids.values())
    followed = 0
    for name, tree in trees.items():
        for element in tree.iter():
            address = element.get("href") or element.get("src")
            if not address or address.startswith("https:"):
                continue
            file, place = urldefrag(address)
            target = posixpath.normpath(posixpath.join("book", file)) if file else name
            assert target in epub.namelist() and (not place or place in ids[target]), address
            followed += 1
    assert followed > 15


def test_an_epub_has_the_whole_text_and_nothing_to_press(trees, edition):
    text = without_blanks("".join("".join(tree.itertext()) for tree in trees.values()))
    assert [word for word in ALWAYS if without_blanks(word) not in text] == []
    assert (without_blanks(SOLUTION) in text) == (edition == "open")
    used = {each.tag.removeprefix(XHTML) for tree in trees.values() for each in tree.iter()}
    assert used.isdisjoint({"script", "button", "input", "details", "iframe", "canvas"})
    assert [e for tree in trees.values() for e in tree.iter() if "download" in e.attrib] == []
    pictures = [each for tree in trees.values() for each in tree.iter(f"{XHTML}img")]
    assert pictures and all(each.get("alt") for each in pictures)


def test_the_contents_of_an_epub_are_those_of_the_book(trees):
    nav = trees["book/nav.xhtml"].find(f".//{XHTML}nav")
    depth = {each: 0 for each in nav.findall(f"{XHTML}ol")}
    titles = {}
    for listed in nav.iter(f"{XHTML}ol"):
        for entry in listed:
            titles[entry.find(f"{XHTML}a").text] = depth[listed]
            depth |= {below: depth[listed] + 1 for below in entry.findall(f"{XHTML}ol")}
    assert titles == {"Toy": 0, "Lecture": 0, "1. One": 1, "More": 2, "Answers": 2, "2. Two": 1}


def test_pages_offer_the_files_that_are_there(book, site, edition):
    name = f"toy{'-course' * (edition == 'course')}"
    chapter = (site / "1-one" / "more.html").read_text(encoding="utf-8")
    first = (site / "book" / "index.html").read_text(encoding="utf-8")
    for ending in ("pdf", "epub"):
        assert chapter.count(f'href="../{name}.{ending}"') == 1
        assert first.count(f'href="../{name}.{ending}"') == 1
        assert (site / f"{name}.{ending}").is_file()


def test_the_site_stays_the_one_that_was_made(book, site):
    done = book.build("--profile", "quick")
    assert done.returncode == 0 and "Nothing has changed" in done.stdout


def test_without_a_site_it_is_said_what_makes_one(tmp_path):
    project = open_project(ToyBook(tmp_path).root, edition="course")
    with pytest.raises(BookError, match=r"There is no .*make book EDITION=course"):
        make_and_offer(project, make_pdf)


def test_without_a_chromium_it_is_said_where_one_comes_from(book, site, edition, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", "/nowhere")
    project = open_project(book.root, edition=edition)
    before = (site / f"toy{'-course' * (edition == 'course')}.pdf").read_bytes()
    with pytest.raises(BookError, match="install it, or Chrome"):
        apart(make_pdf, project)
    assert (site / f"toy{'-course' * (edition == 'course')}.pdf").read_bytes() == before


def test_a_new_site_begins_without_the_files_of_the_old_one(book):
    book.edit("two.md", "A sentence.", "Another sentence.")
    assert book.build("--profile", "quick").returncode == 0
    assert not (book.root / "_build" / "html" / "toy.pdf").exists()
    assert "toy.pdf" not in book.page("book/index") + book.page("1-one")
