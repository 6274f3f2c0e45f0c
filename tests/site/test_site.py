"""The site as files: links, pictures, alternative texts, numbers, banners."""

from urllib.parse import unquote, urlsplit


def test_every_page_of_the_book_is_there(book, pages, site):
    from bookkit.project import open_project

    for page in open_project(book, "quick").pages:
        assert site / page.with_suffix(".html") in pages


def test_internal_links_lead_somewhere(pages, site):
    broken = []
    for file, page in pages.items():
        for link in page.find_all("a", href=True):
            address = urlsplit(link["href"])
            if address.scheme in ("http", "https", "mailto", "javascript"):
                continue
            target = (file.parent / unquote(address.path)).resolve() if address.path else file
            if not target.exists() or (
                address.fragment and target in pages and not page_has(pages[target], unquote(address.fragment))
            ):
                broken.append((str(file.relative_to(site)), link["href"]))
    assert broken == []


def page_has(page, anchor: str) -> bool:
    return page.find(id=anchor) is not None or page.find(attrs={"name": anchor}) is not None


def test_pictures_exist_and_have_alternative_text(pages, site):
    faults = []
    for file, page in pages.items():
        for picture in page.find_all("img"):
            source = picture.get("src", "")
            if not source.startswith("data:") and not (file.parent / unquote(urlsplit(source).path)).exists():
                faults.append((str(file.relative_to(site)), source))
            text = picture.get("alt", "").strip()
            if not text or "/_images/" in text or text.startswith(".."):
                faults.append((str(file.relative_to(site)), source, "alt"))
    assert faults == []


def test_the_pages_are_whole(pages):
    for file, page in pages.items():
        article = page.find("article")
        if article is None:
            continue
        text = article.get_text()
        assert "glue:" not in text and "{glue" not in text, file
        assert not article.select(".system-message, .problematic"), file
        for error in article.select(".traceback"):
            assert error.find_parent(class_="tag_raises-exception"), file


def test_a_preview_says_so_on_every_page(pages):
    for file, page in pages.items():
        banner = page.select_one(".bd-header-announcement")
        assert banner is not None and "preview" in banner.get_text().lower(), file


def test_scripts_styles_and_pictures_come_from_the_book(pages):
    for file, page in pages.items():
        for tag, attribute in (("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src")):
            for element in page.find_all(tag, attrs={attribute: True}):
                if tag == "link" and "stylesheet" not in element.get("rel", []):
                    continue
                assert urlsplit(element[attribute]).scheme in ("", "data"), (file, element[attribute])


def test_exercises_fold_their_solution(pages, site):
    page = pages[site / "chapters" / "3-architecture.html"]
    forms = page.select(".admonition.exercise")
    folded = page.select(".tag_exercise details")
    assert forms and len(forms) == len(folded)
    assert all("_____________" in form.get_text() for form in forms)
    assert all("solution" in fold.find("summary").get_text().lower() for fold in folded)
