"""What a reader reads of a page: its prose, section by section, without code, formulas and
marks.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from markdown_it.token import Token

from bookkit.book import myst
from bookkit.book.myst import Heading

DIRECTIVES = {
    "admonition",
    "note",
    "tip",
    "warning",
    "dropdown",
    "glue:figure",
    "figure",
    "glossary",
    "list-table",
    "explain",
    "sample",
}
FOLDED = {"dropdown"}
OTHER_VOICES = {"sample"}  # above +++ a student speaks; the book below it
SENTENCE_END = re.compile(r"(?<=[.?!])[\"”»)]?\s+(?=[\"“«(]?[A-Z0-9Σµ])")
WORD = re.compile(r"(?<![0-9A-Za-z])[A-Za-zÀ-ž]+(?:['’][A-Za-z]+)?(?![0-9A-Za-z])")


@dataclass(frozen=True)
class Paragraph:
    """A piece of running text.

    Attributes
    ----------
    section : str
        The heading above it, of level 2 or with a note on the lecture clock; empty before the
        first.
    minutes : int or None
        What the lecture clock gives this section; None for after class or where there is no note.
    text : str
        What is read, with a number as ``0``, a formula as ``x`` and code as ``code``.
    line : int
        Where it begins, counted from 1.
    folded : bool
        Whether the reader has to unfold it first.
    linked : tuple of (str, int)
        The glossary terms that it links, in lower case, and where in ``text`` the link begins.
    is_running : bool
        Whether it is running text rather than a cell of a table or an entry of a list.
    """

    section: str
    minutes: int | None
    text: str
    line: int
    folded: bool
    linked: tuple[tuple[str, int], ...]
    is_running: bool

    @property
    def words(self) -> int:
        """The number of words, a number or a formula counting as one."""
        return len(self.text.split())

    @property
    def sentences(self) -> list[str]:
        """The sentences of the text."""
        return [sentence for sentence in SENTENCE_END.split(self.text) if sentence.strip()]


def paragraphs(source: str) -> list[Paragraph]:
    """Return the prose of a MyST page in order, captions, boxes and folded answers included.

    Parameters
    ----------
    source : str
        The page as it is written.
    """
    place = {"section": "", "minutes": None}
    return list(_paragraphs(source, place, line=1, folded=False))


def _paragraphs(text: str, place: dict, line: int, folded: bool) -> Iterator[Paragraph]:
    """Yield the paragraphs of a text that begins at ``line``; ``place`` holds the section and moves
    along.
    """
    tokens = myst.tokens(text)
    heads = {each.line: each for each in myst.headings(text)}
    lists = 0
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        lists += {"bullet_list_open": 1, "ordered_list_open": 1, "table_open": 1}.get(token.type, 0)
        lists -= {"bullet_list_close": 1, "ordered_list_close": 1, "table_close": 1}.get(
            token.type, 0
        )
        if token.type == "heading_open":
            place.update(_clock(heads.get(token.map[0] + 1)))
        elif token.type in myst.FENCES:
            yield from _inside(token, place, line, folded)
        elif following is not None and following.type == "inline" and token.type != "heading_open":
            begin = (following.map or token.map or [0])[0]
            yield _paragraph(following, place, line + begin, folded, lists == 0)


def _clock(heading: Heading | None) -> dict:
    """Return what a heading changes: below level 2 only a note on the clock begins something
    new.
    """
    if heading and (heading.note or heading.level == 2):
        return {"section": heading.title, "minutes": heading.minutes}
    return {}


def _inside(token: Token, place: dict, line: int, folded: bool) -> Iterator[Paragraph]:
    """Yield the prose of a directive; code and unknown directives hold none."""
    directive = myst.directive_of(token, line)
    if not directive or directive.name not in DIRECTIVES:
        return
    folded, begin = folded or directive.name in FOLDED, directive.body_line
    question, cut, answer = f"\n{directive.body}\n".partition("\n+++\n")
    if directive.name not in OTHER_VOICES:
        yield from _paragraphs(question[1:], place, begin, folded)
    if cut:
        yield from _paragraphs(answer, place, begin + question.count("\n") + 1, folded=True)


def _paragraph(inline: Token, place: dict, line: int, folded: bool, is_running: bool) -> Paragraph:
    text, linked = "", []
    for child in inline.children or []:
        if child.type == "myst_role" and child.meta["name"] == "term":
            target = " ".join(myst.text_and_target(child.content)[1].split()).lower()
            linked.append((target, len(text)))
        text = re.sub(r"\s+", " ", text + _read_aloud(child))
    return Paragraph(
        place["section"], place["minutes"], text, line, folded, tuple(linked), is_running
    )


def _read_aloud(piece: Token) -> str:
    """Return what is read of a piece of a paragraph."""
    if piece.type != "myst_role":
        return {
            "text": piece.content,
            "softbreak": " ",
            "code_inline": "code",
            "math_inline": "x",
        }.get(piece.type, "")
    name = piece.meta["name"]
    if name in ("glue:text", "glue"):
        return "0"
    if name in ("ref", "numref", "doc", "cite:t"):
        return piece.content.partition("<")[0].strip() if "<" in piece.content else "There"
    return piece.content.partition("<")[0].strip() if name == "term" else ""


def pace(prose: Iterable[Paragraph]) -> float:
    """Return the words of a page's core sections, folded answers left out, per minute of the
    lecture clock.

    Returns
    -------
    float
        Words per minute; 0 for a page that has no core section.
    """
    core = [paragraph for paragraph in prose if paragraph.minutes]
    minutes = {paragraph.section: paragraph.minutes for paragraph in core}
    return sum(p.words for p in core if not p.folded) / (sum(minutes.values()) or 1)


def sentence_length(prose: Iterable[Paragraph]) -> float:
    """Return the mean number of words of a sentence of running text."""
    lengths = [len(s.split()) for p in prose if p.is_running for s in p.sentences]
    return sum(lengths) / max(1, len(lengths))


def words(prose: Iterable[Paragraph]) -> dict[str, int]:
    """Return every word of the prose with the line where it first stands."""
    first: dict[str, int] = {}
    for paragraph in prose:
        for word in WORD.findall(paragraph.text):
            first.setdefault(word.replace("’", "'"), paragraph.line)
    return first


def unlinked(prose: Iterable[Paragraph], terms: Iterable[str]) -> dict[str, int]:
    """Return the glossary terms that the prose uses before, or without, linking them, each with the
    line.

    A term counts as used where it stands, with or without a plural s, and is not part of a longer
    term.
    """
    by_length = sorted((term.lower() for term in terms), key=len, reverse=True)
    used = re.compile(
        rf"(?<![\w-])({'|'.join(map(re.escape, by_length))})(?:s|es)?(?![\w-])", flags=re.I
    )
    found, seen = {}, set()
    for paragraph in prose:
        links = {begin: term for term, begin in paragraph.linked}
        places = [
            (m.start(), m[1].lower())
            for m in used.finditer(paragraph.text)
            if m.start() not in links
        ]
        for begin, term in sorted([*places, *links.items()]):
            if term not in seen and begin not in links:
                found[term] = paragraph.line
            seen.add(term)
    return found
