"""How the book reads: pace, sentences, paragraphs, spelling, words that are explained where they
first come up.
"""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from bookkit.book import prose
from bookkit.book.myst import headings
from bookkit.run.parts import tool

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted((ROOT / "chapters").glob("*.md"))
BOOK = [
    ROOT / "book" / name for name in ("index.md", "instructor/guide.md", "start/how-to-read.md")
]
REST = sorted({*(ROOT / "book").rglob("*.md")} - {*BOOK})
PACE = 110  # words a minute of a core section: it leaves a quarter of the time to think and to type
EMOJI = re.compile("[\U0001f000-\U0001faff☀-➿⬀-⯿]")


@cache
def of(page: Path) -> list[prose.Paragraph]:
    return prose.paragraphs(page.read_text(encoding="utf-8"))


def pages(files):
    return pytest.mark.parametrize("page", files, ids=lambda page: page.stem)


@pages(CHAPTERS)
def test_a_core_section_leaves_time_to_think_and_to_type(page):
    by_section: dict[str, list] = {}
    for paragraph in of(page):
        by_section.setdefault(paragraph.section, []).append(paragraph)
    assert {
        title: pace for title, each in by_section.items() if (pace := prose.pace(each)) >= PACE
    } == {}


@pages([*CHAPTERS, *BOOK, *REST])
def test_sentences_are_short_and_paragraphs_too(page):
    assert prose.sentence_length(of(page)) < 20
    assert {p.line: p.words for p in of(page) if p.words > 120} == {}
    assert {
        p.line: s for p in of(page) if p.is_running for s in p.sentences if len(s.split()) > 40
    } == {}


@pages([*CHAPTERS, *BOOK, *REST])
def test_the_text_does_not_shout(page):
    assert [p.line for p in of(page) if "!" in p.text or EMOJI.search(p.text)] == []


def unknown(words: set[str]) -> set[str]:
    """Of some words, those that neither the dictionary of British English nor the list of the
    field's words has.
    """
    own = set((Path(__file__).parent / "words.txt").read_text(encoding="utf-8").split())
    stems = {word: word.removesuffix("'s") for word in words if len(word) > 1}
    asked = [word for word, stem in stems.items() if not own & {stem, stem[0].lower() + stem[1:]}]
    command = [tool("node"), str(Path(__file__).with_name("unknown_words.mjs"))]
    done = subprocess.run(
        command, input="\n".join(asked), capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_speller_knows_what_is_wrong():
    assert unknown({"colour", "logits", "Logits", "MNIST's", "convolutoin", "recieve"}) == {
        "convolutoin",
        "recieve",
    }


def test_the_words_are_spelled_right():
    where = {}
    for page in [*CHAPTERS, *BOOK, *REST]:
        for word, line in prose.words(of(page)).items():
            where.setdefault(word, f"{page.name}:{line}")
    assert {word: where[word] for word in unknown(set(where))} == {}


@pytest.fixture(scope="module")
def glossary() -> list[str]:
    text = (ROOT / "book" / "reference" / "glossary.md").read_text(encoding="utf-8")
    entries = text.partition(":sorted:")[2]
    return re.findall(r"^(\S.*)\n(?=  \S)", entries, flags=re.M)


def test_the_glossary_has_a_term_for_everything(glossary):
    assert len(glossary) == len(set(glossary)) >= 60


@pages(CHAPTERS)
def test_terms_lead_to_the_glossary_where_they_first_come_up(page, glossary):
    assert prose.unlinked(of(page), glossary) == {}


def test_every_term_is_used(glossary):
    used = {term for page in [*CHAPTERS, *BOOK, *REST] for p in of(page) for term, _ in p.linked}
    assert {term for term in glossary if term.lower() not in used} == set()


@pages(CHAPTERS)
def test_every_section_says_when_it_is_read(page):
    of_level_2 = [h for h in headings(page.read_text(encoding="utf-8")) if h.level == 2]
    assert [h.title for h in of_level_2 if not h.note] == ["What you will be able to do"]
