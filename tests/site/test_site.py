"""The site as files: links, pictures, alternative texts, numbers, banners."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from PIL import Image


def test_every_page_of_the_book_is_there(book, pages, site):
    from bookkit.book.project import open_project

    for page in open_project(book, "quick").pages:
        assert site / page.with_suffix(".html") in pages


def test_internal_links_lead_somewhere(pages, site):
    broken = []
    anchors = {file: anchors_of(page) for file, page in pages.items()}
    for file, page in pages.items():
        for link in page.find_all("a", href=True):
            address = urlsplit(link["href"])
            if address.scheme in ("http", "https", "mailto", "javascript", "data"):
                continue
            target = (file.parent / unquote(address.path)).resolve() if address.path else file
            if not target.exists() or (
                address.fragment
                and unquote(address.fragment)
                not in anchors.get(target, {unquote(address.fragment)})
            ):
                broken.append((str(file.relative_to(site)), link["href"]))
    assert broken == []


def anchors_of(page) -> set[str]:
    """The names of all places of a page that a link can lead to."""
    names = {tag.get(name) for tag in page.find_all(True) for name in ("id", "name")} - {None}
    made = page.select(".exercise-progress[data-show=book]")  # by its script, with a heading
    return names | ({"your-exercises"} if made else set())


def test_pictures_exist_and_have_alternative_text(pages, site):
    faults = []
    for file, page in pages.items():
        for picture in page.find_all("img"):
            source = picture.get("src", "")
            if (
                not source.startswith("data:")
                and not (file.parent / unquote(urlsplit(source).path)).exists()
            ):
                faults.append((str(file.relative_to(site)), source))
            text = picture.get("alt", "").strip()
            if not text or "/_images/" in text or text.startswith(".."):
                faults.append((str(file.relative_to(site)), source, "alt"))
    assert faults == []


def test_figures_have_their_size_and_light_files_and_come_when_they_are_near(pages, site):
    for file, page in pages.items():
        figures = page.select("figure img")
        assert all(image.get("loading") == "lazy" for image in figures[1:]), file
        for image in figures:
            width, height = int(image["width"]), int(image["height"])
            for source in image.find_parent("picture").select("source"):
                for entry in source["srcset"].split(","):
                    light = Image.open(file.parent / entry.split()[0])
                    assert abs(light.height - light.width * height / width) < 1, entry


def test_the_pages_are_whole(pages):
    for file, page in pages.items():
        article = page.find("article")
        if article is None:
            continue
        text = " ".join(
            string for string in article.strings if not string.find_parent(["code", "pre"])
        )
        assert "glue:" not in text and "{glue" not in text, file
        assert not article.select(".system-message, .problematic"), file
        for error in article.select(".traceback"):
            assert error.find_parent(class_="tag_raises-exception"), file


def test_a_preview_says_so_on_every_page(pages):
    for file, page in pages.items():
        banner = page.select_one(".bd-header-announcement")
        assert banner is not None and "Its numbers mean nothing." in banner.get_text(), file


def test_scripts_styles_and_pictures_come_from_the_book(pages):
    for file, page in pages.items():
        for tag, attribute in (
            ("script", "src"),
            ("link", "href"),
            ("img", "src"),
            ("iframe", "src"),
        ):
            for element in page.find_all(tag, attrs={attribute: True}):
                if tag == "link" and "stylesheet" not in element.get("rel", []):
                    continue
                assert urlsplit(element[attribute]).scheme in ("", "data"), (
                    file,
                    element[attribute],
                )


def test_exercises_fold_their_solution(pages, site):
    page = pages[site / "chapters" / "3-architecture.html"]
    forms = page.select(".admonition.exercise")
    folded = page.select(".tag_exercise details")
    assert forms and len(forms) == len(folded)
    assert all("_____________" in form.get_text() for form in forms)
    assert all("solution" in fold.find("summary").get_text().lower() for fold in folded)


def test_the_first_page_shows_the_map_of_chapter_5_with_its_words(pages, site):
    first, chapter = (
        pages[site / "book" / "index.html"],
        pages[site / "chapters" / "5-comparison" / "shifted.html"],
    )
    (picture,) = first.select("figure img")
    there = chapter.find("img", alt=picture["alt"])
    assert there is not None and Path(there["src"]).name == Path(picture["src"]).name
    assert first.select_one("figure figcaption a[href*='5-comparison']")


def test_the_guide_adds_up_the_clock_and_says_what_tests_each_goal(pages, site):
    guide = pages[site / "book" / "instructor" / "guide.html"]
    clock, routes, goals = guide.select("table.build-status")
    rows = [
        [cell.get_text(" ", strip=True) for cell in row.select("td")]
        for row in clock.select("tbody tr")
    ]
    sums = {row[0]: int(row[1]) for row in rows if row[0].startswith("Sum of")}
    assert list(sums.values()) == [15, 30, 30, 30, 15]
    assert sum(int(row[1]) for row in rows) == 2 * 120
    for minutes, row in zip((50, 75, 120, 180), routes.select("tbody tr"), strict=True):
        name, needed, taken, _ = row.select("td")
        assert name.get_text().split() == [f"{minutes}", "minutes"] and taken.select("a")
        assert int(needed.get_text().split()[0]) <= minutes
    for row in goals.select("tbody tr"):
        _, goal, taught, tested = row.select("td")
        assert goal.get_text() and taught.select("a") and tested.get_text(strip=True)


def test_numbers_from_the_run_have_minus_signs_and_keep_their_per_cent_sign(pages):
    numbers = [number for page in pages.values() for number in page.select("span.pasted-text")]
    assert len(numbers) > 200
    for number in numbers:
        assert not re.search(r"(?<![\w.])-\d", number.get_text()), number
        assert not str(number.next_sibling or "").startswith((" %", "\n%")), number.parent
