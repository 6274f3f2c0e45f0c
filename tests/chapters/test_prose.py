"""How the book reads: pace, sentences, paragraphs, spelling, words that are explained where they
first come up.
"""

import math
import re
import subprocess
from functools import cache
from pathlib import Path

import pyphen
import pytest
from bookkit.book import prose
from bookkit.book.myst import headings
from bookkit.book.pages import Page
from bookkit.system.processes import tool
from the_book import CORES, ROOT, every_core, every_page, every_page_below, lecture, name_of

CHAPTERS = [ROOT / page.file for page in lecture()]
BOOK = [
    ROOT / "book" / name for name in ("index.md", "instructor/guide.md", "start/how-to-read.md")
]
REST = sorted({*(ROOT / "book").rglob("*.md")} - {*BOOK})
PACE = 110  # words a minute of a core section: it leaves a quarter of the time to think and to type
EMOJI = re.compile("[\U0001f000-\U0001faff☀-➿⬀-⯿]")


QUESTION = 250  # words of the cores for each question in them
SENTENCE = 18  # words
CONJUNCTION = 400  # words for each sentence that begins with one
EASE = 60  # Flesch: plain English
BEGINS = re.compile(r"[“\"(*]*(And|But|So|Or|Nor)\b")
PRIVATE = {  # a word that only this book used so, and the field's own
    r"prices?": "loss",
    r"(?<!standard )deviations?": "standard deviation",
    r"(?:on|over|off|of|for|black|white|empty|bare|into) (?:the |its |white |black )?paper": (
        "background, or by hand"
    ),
    r"(?<!browser )(?<!browser’s )windows?": "kernel",
    r"ink": "bright pixels, or stroke",
    r"whoever": "anybody who, or a reader",
    r"(?<!take )(?<!takes )(?<!took )(?<!taken )(?<!taking )"
    r"(?:the|a|its|their|each|every|this|that|same|other|dark|bright|first|second|two) places?": (
        "position"
    ),
}
WORDS = re.compile("|".join(rf"\b{word}\b" for word in PRIVATE), flags=re.I)
SYLLABLES = pyphen.Pyphen(lang="en_GB")


@cache
def of(page: Path) -> list[prose.Paragraph]:
    return prose.paragraphs(page.read_text(encoding="utf-8"))


def prose_of(page: Page) -> list[prose.Paragraph]:
    return of(ROOT / page.file)


def pages(files):
    return pytest.mark.parametrize("page", files, ids=lambda page: page.stem)


@every_core
def test_a_core_section_leaves_time_to_think_and_to_type(page):
    by_section: dict[str, list] = {}
    for paragraph in prose_of(page):
        by_section.setdefault(paragraph.section, []).append(paragraph)
    assert {
        title: pace for title, each in by_section.items() if (pace := prose.pace(each)) >= PACE
    } == {}


def test_a_core_asks_few_questions():
    words, asked = 0, {}
    for page in CORES:
        # the recall questions are the titles of their boxes
        text = prose_of(page)
        words += sum(paragraph.words for paragraph in text)
        ends = (s.rstrip('”")*').endswith("?") for p in text for s in p.sentences)
        asked[name_of(page)] = sum(ends)
    assert sum(asked.values()) <= words / QUESTION, asked


@every_page
def test_sentences_of_a_chapter_have_few_words(page):
    assert prose.sentence_length(prose_of(page)) <= SENTENCE


@every_page
def test_few_sentences_begin_with_a_conjunction(page):
    found = [s for s in sentences_of(page) if BEGINS.match(s)]
    words = sum(paragraph.words for paragraph in prose_of(page))
    assert len(found) <= math.ceil(words / CONJUNCTION), found


def sentences_of(page: Page) -> list[str]:
    return [s for p in prose_of(page) if p.is_running for s in p.sentences]


@every_page
def test_words_are_those_of_the_field(page):
    found = {(p.line, m[0]) for p in prose_of(page) for m in WORDS.finditer(p.text)}
    assert found == set()


def test_a_private_word_is_told_from_the_same_word_in_its_common_sense():
    private = (
        "The price fell. A deviation of 2. Ink on the paper. A window of 3 × 3. The same place."
    )
    assert [m[0] for m in WORDS.finditer(private)] == [
        *("price", "deviation", "Ink", "on the paper", "window", "The same place"[4:]),
    ]
    common = (
        "The standard deviation. A paper reports it. They take their places. It takes place."
        " You place the kernel. One case in place of two, to three decimal places. I think. Prized."
    )
    assert WORDS.findall(common) == []


@every_page
def test_a_first_year_student_reads_it_with_ease(page):
    assert flesch(sentences_of(page)) >= EASE


def flesch(sentences: list[str]) -> float:
    """The reading ease of Flesch (1948); about 60 to 70 is plain English."""
    words = re.findall(r"[A-Za-z]+", " ".join(sentences))
    syllables = sum(len(SYLLABLES.positions(word)) + 1 for word in words)
    return 206.835 - 1.015 * len(words) / len(sentences) - 84.6 * syllables / len(words)


def test_the_reading_ease_tells_easy_text_from_hard_text():
    assert flesch(["The cat sat on the mat.", "It saw a dog."]) > 90
    hard = (
        "Notwithstanding considerable methodological heterogeneity, interpretability deteriorates."
    )
    assert flesch([hard]) < 30


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


@every_page
def test_terms_lead_to_the_glossary_where_they_first_come_up(page, glossary):
    """On a page below a chapter, what the chapter links need not be linked again."""
    chapter = [p for core in CORES if core.file == page.above for p in prose_of(core)]
    met = {term for p in chapter for term, _ in p.linked}
    found = prose.unlinked(prose_of(page), glossary)
    assert {term: line for term, line in found.items() if term not in met} == {}


def test_every_term_is_used(glossary):
    used = {term for page in [*CHAPTERS, *BOOK, *REST] for p in of(page) for term, _ in p.linked}
    assert {term for term in glossary if term.lower() not in used} == set()


@every_core
def test_every_section_says_when_it_is_read(page):
    of_level_2 = [each for each in headings(page.text) if each.level == 2]
    assert [each.title for each in of_level_2 if not each.note] == ["What you will be able to do"]


@every_page_below
def test_sections_below_a_chapter_say_that_they_are_for_after_class(page):
    assert [each.title for each in headings(page.text) if each.level == 2 and not each.note] == []
