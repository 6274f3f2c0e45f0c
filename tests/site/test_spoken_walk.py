"""Chapter 1 as a screen reader meets it: a walk through Chromium's tree of roles and names."""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import static_site
import yaml
from browser_window import BrowserWindow

CHAPTER = "chapters/1-why-convolution"
ROOT = Path(__file__).parents[2]
HEADING = re.compile(r'heading "(.+)" \[level=(\d)\]')
UNHEARD = re.compile(r"^(`{3,}|:{3,}).*?^\1\s*$| *<!--.*?-->", re.MULTILINE | re.DOTALL)


def stops(tree: list | dict | str) -> Iterator[str]:
    """Yield role and name of everything in a snapshot, in the order in which it is heard."""
    for one in tree if isinstance(tree, list) else [tree]:
        if isinstance(one, dict):
            for what, inside in one.items():
                if what.startswith("/"):  # an attribute, such as the address of a link
                    continue
                if isinstance(inside, list):
                    yield what
                    yield from stops(inside)
                else:
                    yield f"{what}: {inside}"
        else:
            yield str(one)


@pytest.fixture(scope="module")
def walk(chromium, site) -> list[str]:
    """What is heard on the page of chapter 1, from its beginning to its end."""
    with static_site.served(site) as address:
        window = BrowserWindow(chromium, 1400, reduced_motion="reduce")
        window.page.goto(f"{address}/{CHAPTER}.html", wait_until="load")
        window.page.locator(".exercise-progress strong").wait_for()
        window.page.locator(".live-panel button").first.wait_for()
        heard = list(stops(yaml.safe_load(window.page.locator("body").aria_snapshot())))
        window.context.close()
    return heard


@pytest.fixture(scope="module")
def article(walk) -> list[str]:
    """What is heard from the chapter's title on."""
    return walk[walk.index('heading "1. Why convolution?" [level=1]') :]


def test_the_landmarks_come_in_the_order_of_the_page(walk):
    landmarks = [stop for stop in walk if stop.split()[0] in ("navigation", "main", "banner")]
    assert walk[0] == 'link "Skip to main content"'
    assert landmarks == [
        "banner",
        'navigation "Book"',
        'navigation "Main"',
        "main",
        'navigation "Contents"',
    ]


def test_the_headings_are_those_of_the_chapter_and_skip_no_level(article):
    source = UNHEARD.sub("", (ROOT / f"{CHAPTER}.md").read_text(encoding="utf-8"))
    written = re.findall(r"^(#+) (.+)$", source.split("---", 2)[2], re.MULTILINE)
    heard = [match.groups() for stop in article if (match := HEADING.match(stop))]
    words = [re.sub(r"[`*’']|\{[^}]*\}", "", name) for _, name in written]
    assert [re.sub(r"^\d\. |[’']", "", name) for name, _ in heard] == words
    levels = [int(level) for _, level in heard]
    assert levels == [len(signs) for signs, _ in written]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_code_outputs_and_exercises_are_told_apart_by_their_names(article, pages, site):
    tree = pages[site / f"{CHAPTER}.html"].select_one("article")
    shown = [cell for cell in tree.select(".cell_input") if not cell.find_parent("details")]
    assert article.count('group "Code"') == len(shown) > 5
    assert article.count('group "Output"') > 3
    titles = [title.get_text() for title in tree.select(".exercise > .admonition-title")]
    groups = [stop for stop in article if stop.startswith('group "Exercise')]
    assert groups == [f'group "{title}"' for title in titles] and len(titles) == 3


def test_whatever_can_be_used_has_a_name_that_says_what_it_is(walk):
    used = [stop for stop in walk if stop.split()[0] in ("button", "link", "textbox", "combobox")]
    assert [stop for stop in used if '"' not in stop] == []
    vague = {"here", "more", "link", "click here", "toggle", "button"}
    assert [stop for stop in used if stop.split('"')[1].lower() in vague] == []


def test_pictures_are_described_and_stand_in_figures_with_their_captions(article):
    pictures = [stop for stop in article if stop.startswith("img ") and "Copy" not in stop]
    captions = [stop for stop in article if stop.startswith('figure "Fig. 1.')]
    assert len(captions) >= 3
    assert [stop for stop in pictures if len(stop.split()) < 8] == []


def test_links_to_the_next_exercises_say_that_they_are_exercises(article, pages, site):
    index = json.loads(pages[site / f"{CHAPTER}.html"].find(id="exercise-index").get_text())
    links = [stop for stop in article if re.match(r'link "Exercise 1\.\d+ ', stop)]
    own = next(row for row in index["chapters"] if row["page"] == CHAPTER)
    next_ones = [index["titles"][each] for each in own["exercises"][:3]]
    assert links == [f'link "Exercise {title}"' for title in next_ones]
