"""The one reader of MyST: what the tokens of its parser say of a text.

Directives, options, labels, headings, roles and front matter are found here and nowhere else.
Lines of a text are counted from 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

CONFIG = MdParserConfig(
    enable_extensions={
        "amsmath",
        "attrs_block",
        "attrs_inline",
        "colon_fence",
        "deflist",
        "dollarmath",
        "substitution",
    }
)
FENCES = ("fence", "colon_fence")
LITERAL = {  # directives whose text is shown or executed as it stands
    "code",
    "code-block",
    "code-cell",
    "eval-rst",
    "literalinclude",
    "math",
    "parsed-literal",
    "raw",
    "sourcecode",
}
NOTES = ("before class", "after class")  # on the lecture clock, beside the minutes


@cache
def _parser() -> MarkdownIt:
    return create_md_parser(CONFIG, RendererHTML)


@lru_cache(maxsize=8192)
def tokens(text: str) -> tuple[Token, ...]:
    """Return the tokens of a text; they are shared, and nobody changes them."""
    return tuple(_parser().parse(text))


@dataclass(frozen=True)
class Directive:
    """A directive.

    Attributes
    ----------
    name, argument : str
    options : dict of str to str
    body : str
        Its text below the options.
    line : int
        Of its first line.
    body_line : int
        Of the first line of its text.
    """

    name: str
    argument: str
    options: dict[str, str] = field(default_factory=dict)
    body: str = ""
    line: int = 1
    body_line: int = 2

    @property
    def is_discussion(self) -> bool:
        """Whether it asks the class; its answer follows ``+++``."""
        return (self.name, self.argument) == ("admonition", "Discuss")


def directive_of(token: Token, line: int = 1) -> Directive | None:
    """Return the directive of a token of a text that begins at a line; None if it is none."""
    if token.type not in FENCES or not token.info.strip().startswith("{"):
        return None
    name, closed, argument = token.info.strip()[1:].partition("}")
    if not closed or not name or " " in name:
        return None
    first = line + token.map[0]
    lines, options = token.content.splitlines(), {}
    while lines and (option := _option(lines[0])):
        options |= [option]
        lines.pop(0)
    body = "\n".join(lines)
    return Directive(name, argument.strip(), options, body, first, first + 1 + len(options))


def _option(line: str) -> tuple[str, str] | None:
    """Return name and value of an option, such as ``:class: discuss``."""
    colon, _, rest = line.strip().partition(":")
    name, closed, value = rest.partition(":")
    is_name = name.replace("-", "").replace("_", "").isalnum()
    return (name, value.strip()) if not colon and closed and is_name else None


def is_closed(token: Token, lines: list[str]) -> bool:
    """Tell whether a fence has an end of its own, rather than that of the text."""
    begin, end = token.map
    return end - begin > 1 and lines[end - 1].rstrip().endswith(token.markup)


def walk(text: str, line: int = 1) -> Iterator[tuple[Token, int]]:
    """Yield the tokens of a text, each with the line where it begins; behind a directive that holds
    prose come the tokens of that.
    """
    last = line
    for token in tokens(text):
        last = line + token.map[0] if token.map else last
        yield token, last
        directive = directive_of(token, line)
        if directive and directive.name not in LITERAL:
            yield from walk(directive.body, directive.body_line)
        elif token.type == "colon_fence" and not directive:
            yield from walk(token.content, last + 1)


@dataclass(frozen=True)
class Heading:
    """A heading.

    Attributes
    ----------
    level : int
    title : str
        In MyST, without the note behind it.
    line : int
    label : str
        What stands as ``(label)=`` above it.
    note : str
        ``minutes: 6``, ``before class`` or ``after class``, from the comment behind the title.
    """

    level: int
    title: str
    line: int
    label: str = ""
    note: str = ""

    @property
    def minutes(self) -> int | None:
        """What the lecture clock gives its section; None for before and after class."""
        return int(self.note.partition(" ")[2]) if self.note.startswith("minutes") else None

    @property
    def shown_note(self) -> str:
        """What a page shows of the note; nothing of ``after class``, which the place of a page
        says.
        """
        if self.minutes is not None:
            return f"{self.minutes} minute{'s' * (self.minutes != 1)}"
        return "" if self.note == "after class" else self.note


def headings(text: str, line: int = 1) -> list[Heading]:
    """Return the headings of a text, those inside of directives left out."""
    found, label = [], ""
    for token, inline in pairwise([*tokens(text), Token("", "", 0)]):
        if token.type == "heading_open" and token.level == 0:
            title, note = _title_and_note(inline)
            found.append(Heading(int(token.tag[1]), title, line + token.map[0], label, note))
        label = token.content if token.type == "myst_target" else ""
    return found


def _title_and_note(inline: Token) -> tuple[str, str]:
    comment = inline.children[-1].content if inline.children else ""
    note = comment.removeprefix("<!-- ").removesuffix(" -->") if comment.startswith("<!--") else ""
    name, _, number = note.partition(": ")
    is_clock = note in NOTES or (name == "minutes" and number.isdecimal())
    title = inline.content.removesuffix(comment).rstrip() if is_clock else inline.content
    return title, note if is_clock else ""


def sections(text: str) -> list[tuple[str, int | None]]:
    """Return title and minutes of every section with a note on the lecture clock; None for before
    or after class.
    """
    return [(each.title, each.minutes) for each in headings(text) if each.note]


def title_of(text: str) -> str:
    """Return the first heading of level 1; empty if there is none."""
    return next((each.title for each in headings(text) if each.level == 1), "")


def without_title(text: str) -> str:
    """Return a text without its first heading of level 1."""
    first = next((each.line - 1 for each in headings(text) if each.level == 1), None)
    if first is None:
        return text
    lines = text.split("\n")
    return "\n".join([*lines[:first], "\n".join(lines[first + 1 :]).lstrip("\n")])


@dataclass(frozen=True)
class Role:
    """A role in a text.

    Attributes
    ----------
    name, content : str
    before : str
        What stands in front of it in its paragraph.
    line : int
    """

    name: str
    content: str
    before: str
    line: int


def roles(text: str) -> Iterator[Role]:
    """Yield the roles of a text, in order."""
    for token, line in walk(text):
        place = 0
        for child in token.children or []:
            if child.type == "myst_role":
                name, content = child.meta["name"], child.content
                place = max(place, token.content.find(f"{{{name}}}`", place))
                before = token.content[:place]
                yield Role(name, content, before, line + before.count("\n"))
                place += len(name) + len(content) + 4


def text_and_target(content: str) -> tuple[str, str]:
    """Return the text of a reference, empty if it has none of its own, and where it leads."""
    content = content.strip()
    text, named, target = content.removesuffix(">").rpartition("<")
    return (text.rstrip(), target) if named and content.endswith(">") else ("", content)


def nested_cells(text: str, line: int = 1) -> Iterator[int]:
    """Yield the lines where Markdown between cells holds a code cell that is no text to be
    shown.
    """
    for token, at in walk(text, line):
        directive = directive_of(token)
        if directive and directive.name == "code-cell":
            yield at


def show_minutes(text: str) -> str:
    """Turn the comment behind a heading into a line below: its minutes, or ``before class``."""
    lines = text.splitlines()
    for each in headings(text):
        if each.note:
            bare = lines[each.line - 1].rpartition("<!--")[0].rstrip()
            shown = f"\n\n{{.minutes}}\n{each.shown_note}\n" if each.shown_note else ""
            lines[each.line - 1] = bare + shown
    return "\n".join(lines)
