"""From a page's MyST to Markdown that Jupyter, Colab and VS Code show: no directive, role, label or
comment is left.
"""

import posixpath
import re
from ast import literal_eval
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.token import Token
from nbformat import NotebookNode

from bookkit.book.mime import GLUED
from bookkit.book.myst import FENCES, directive_of, is_closed, show_minutes, text_and_target, tokens
from bookkit.book.numbers import with_minus_signs
from bookkit.book.references import References, Target
from bookkit.editions.discussions import fold_answers
from bookkit.system.errors import BookError

LABEL = re.compile(r"^\([\w:.-]+\)=\s*$")
ATTRIBUTES = re.compile(r"^\s*\{[.#%][^}]*\}\s*$")
REMARK = re.compile(r"^%(?: |$)")
DEFINITION = re.compile(r"^: +")
FOOTNOTE = re.compile(r"^\[\^(?P<name>[\w-]+)\]: *")
INLINE = re.compile(
    r"""(?P<comment>\s*<!--.*?-->)
    | (?P<math>\$\$.+?\$\$(?P<number>\s*\([\w:.-]+\))?
               | (?<![\\$])\$(?![\s$])[^$]+?(?<![\s\\])\$(?!\d))
    | (?P<space>\s*)\{(?P<role>[a-z][\w:.-]*)\}(?P<ticks>`+)(?P<content>.+?)(?P=ticks)(?!`)
    | (?P<code>(?<!`)(?P<fence>`+)(?!`).+?(?<!`)(?P=fence)(?!`))
    | \[\^(?P<footnote>[\w-]+)\]
    | (?<!\\)(?P<image>!?)\[(?P<text>[^\[\]]*)\](?:\((?P<target>[^()\s]*)\)|(?=\{[.#]))
    | (?P<attributes>(?<=[\])`*])\{[.#%][^}\n]*\})""",
    flags=re.S | re.X,
)
BOXES = {
    "attention",
    "caution",
    "danger",
    "error",
    "hint",
    "important",
    "note",
    "seealso",
    "tip",
    "warning",
}
AS_JUPYTER = ",?!:;'"  # what stands unquoted in its links to headings
SUMMARY = MarkdownIt("commonmark", {"html": False})


def glued_values(outputs: Iterable[NotebookNode]) -> dict[str, str]:
    """Return what the cells of a page keep for its text: the name of each value, and the value as
    Python writes it.
    """
    found = {}
    for output in outputs:
        name = output.get("metadata", {}).get("scrapbook", {}).get("name")
        data = output.get("data", {})
        if name and f"{GLUED}text/plain" in data:
            found[name] = data[f"{GLUED}text/plain"]
    return found


@dataclass
class PlainMarkdown:
    """Turns the text of one page into plain Markdown, cell by cell in their order.

    Parameters
    ----------
    page : str
        Name of the page, such as ``chapters/2-data``.
    references : References
        What it can refer to.
    values : mapping of str to str
        What it glued, as `glued_values` returns it.
    address : str
        Where the site is, with a slash at the end: an address, or a path from the notebook.
    """

    page: str
    references: References = field(default_factory=References)
    values: Mapping[str, str] = field(default_factory=dict)
    address: str = "../"
    linked: set[str] = field(default_factory=set)  # terms, each of which is linked once
    footnotes: dict[str, int] = field(default_factory=dict)
    place: str = ""

    def __call__(self, text: str, place: str = "") -> str:
        """Return the text of a cell as plain Markdown.

        Parameters
        ----------
        text : str
            MyST.
        place : str
            File and line, for messages.

        Raises
        ------
        BookError
            If the text holds a role or a directive that has no plain form, or a value or label that
            nobody gave.
        """
        self.place = place or self.page
        text = self.blocks(fold_answers(show_minutes(text), self.place))
        return re.sub(r"\n{3,}", "\n\n", text).strip()

    def blocks(self, text: str) -> str:
        """Return text with its directives, code and paragraphs turned plain."""
        lines, result, after = text.splitlines(), [], 0
        for token in tokens(text):
            if token.type in FENCES:
                begin, end = token.map
                indent = lines[begin][: len(lines[begin]) - len(lines[begin].lstrip())]
                block = _indented(self.block(token, lines), indent)
                result += [self.prose(lines[after:begin]), block]
                after = end
        return "\n\n".join([*result, self.prose(lines[after:])]).strip("\n")

    def block(self, token: Token, lines: list[str]) -> str:
        """Return a directive, or a block of code, as plain Markdown."""
        if not is_closed(token, lines):
            first = lines[token.map[0]].strip()
            raise self.fault(f"{first} is not closed", f"end it with {token.markup}")
        directive = directive_of(token)
        if directive is None:
            body = token.content.removesuffix("\n")
            if token.type == "colon_fence":
                return body
            return f"{token.markup}{token.info.strip()}\n{body}\n{token.markup}"
        options, body = directive.options, directive.body.strip("\n")
        name, argument = directive.name, directive.argument
        if name in BOXES:
            return self.box(name.capitalize(), "\n\n".join(filter(None, [argument, body])), options)
        render: Mapping[str, Callable[[], str]] = {
            "admonition": lambda: self.box(argument, body, options),
            "dropdown": lambda: self.fold(argument, body),
            "glue:figure": lambda: self.caption(options.get("name", ""), body),
            "figure": lambda: self.picture(argument, options, body),
            "math": lambda: f"$$\n{body}\n$$",
            "code-block": lambda: f"```{argument}\n{body}\n```",
            "list-table": lambda: self.table(argument, body),
            "page-part": lambda: self.blocks(body),
        }
        if name not in render:
            raise self.fault(
                f"the directive {{{name}}} has no form for notebooks",
                "add one to bookkit.editions.plain_markdown",
            )
        return render[name]()

    def fault(self, what: str, cure: str) -> BookError:
        """Return the error that says what a cell's text holds."""
        return BookError(f"{self.place}: below this line, {what}: {cure}.")

    def box(self, title: str, body: str, options: Mapping[str, str]) -> str:
        """Return an admonition as a quotation."""
        if "dropdown" in options.get("class", "").split():
            return self.fold(title, body)
        quoted = f"**{self.inline(title)}**\n\n{self.blocks(body)}".strip()
        return "\n".join(f"> {line}".rstrip() for line in quoted.splitlines())

    def fold(self, title: str, body: str) -> str:
        """Return text that the reader unfolds; its title is HTML, in which Markdown is not read."""
        summary = re.sub(r"</?a\b[^>]*>", "", SUMMARY.renderInline(self.inline(title)))
        return f"<details><summary>{summary}</summary>\n\n{self.blocks(body.strip())}\n\n</details>"

    def caption(self, label: str, body: str) -> str:
        """Return the caption of a figure that the cell above draws."""
        number = self.references.labels[label].text if label in self.references.labels else "Figure"
        return f"**{number}.** {self.blocks(body.strip())}"

    def picture(self, file: str, options: Mapping[str, str], body: str) -> str:
        """Return a picture of the book, taken from the site, with its caption."""
        image = f"![{options.get('alt', '')}]({self.address}_images/{posixpath.basename(file)})"
        return f"{image}\n\n{self.caption(options.get('name', ''), body)}"

    def table(self, title: str, body: str) -> str:
        """Return a table that is written as a list of lists."""
        rows = [row.split("\n  - ") for row in re.split(r"^\* - ", body, flags=re.M)[1:]]
        cells = [[self.inline(" ".join(cell.split())) for cell in row] for row in rows]
        lines = [f"| {' | '.join(row)} |" for row in cells]
        lines.insert(1, "|---" * len(cells[0]) + "|")
        return "\n".join([f"**{self.inline(title)}**\n" if title else "", *lines]).strip()

    def prose(self, lines: list[str]) -> str:
        """Return lines without directives as plain Markdown."""
        text = re.sub(
            r"^\{\.minutes\}\n(.+)$",
            lambda found: f"*{found[1].capitalize()}*",
            "\n".join(lines),
            flags=re.M,
        )
        kept = [
            line
            for line in text.splitlines()
            if not any(mark.match(line) for mark in (LABEL, ATTRIBUTES, REMARK))
        ]
        paragraphs = re.split(r"\n\s*\n", "\n".join(kept))
        return "\n\n".join(
            self.paragraph(paragraph) for paragraph in paragraphs if paragraph.strip()
        )

    def paragraph(self, text: str) -> str:
        """Return a paragraph, list, table, heading or definition as plain Markdown."""
        lines = text.strip("\n").splitlines()
        if len(lines) > 1 and DEFINITION.match(lines[1]):
            lines = [
                f"**{lines[0].rstrip('.')}.** {DEFINITION.sub('', lines[1])}",
                *map(str.strip, lines[2:]),
            ]
        text = "\n".join(lines)
        text = FOOTNOTE.sub(lambda found: f"{self.footnote(found['name'])} ", text)
        return self.inline(text).strip("\n")

    def inline(self, text: str) -> str:
        """Return text with its roles, links and marks turned plain; formulas and code stay as they
        are.
        """
        return INLINE.sub(self.piece, re.sub(r"(\{glue:text\}`[^`]+`)\s%", "\\1\u00a0%", text))

    def piece(self, found: re.Match) -> str:
        """Return what stands for one role, link, formula, piece of code, or mark."""
        if found["role"]:
            text = self.role(found["role"], found["content"])
            return f"{found['space']}{text}" if text else ""
        if found["math"]:
            return found["math"].removesuffix(found["number"] or "")
        if found["footnote"]:
            return self.footnote(found["footnote"])
        if found["text"] is not None:
            return self.link_or_image(found)
        return found["code"] or ""  # comments and attributes vanish

    def footnote(self, name: str) -> str:
        """Return the sign of a footnote."""
        return f"<sup>{self.footnotes.setdefault(name, len(self.footnotes) + 1)}</sup>"

    def link_or_image(self, found: re.Match) -> str:
        """Return a Markdown link that also leads somewhere from a notebook."""
        text, target = self.inline(found["text"]), found["target"]
        if target is None:  # a span with attributes
            return text
        if found["image"]:
            image = f"{self.address}_images/{posixpath.basename(target)}"
            return f"![{text}]({target if ':' in target else image})"
        if re.match(r"[a-z]+:", target):
            return f"[{text}]({target})"
        file, _, anchor = target.partition("#")
        if anchor and not file:
            return self.link(text, self.labelled(anchor))
        return self.link(text, self.document(file))

    def role(self, name: str, content: str) -> str:
        """Return what a role reads like, with a link where it leads somewhere."""
        text, target = text_and_target(content)
        if name in ("glue:text", "glue"):
            return self.value(content)
        if name in ("ref", "numref"):
            return self.link(text, self.labelled(target))
        if name == "doc":
            return self.link(text, self.document(target))
        if name == "term":
            return self.term(text or " ".join(target.split()), " ".join(target.split()).lower())
        if name in ("cite:p", "cite:t"):
            return self.citation(name, [key.strip() for key in content.split(",")])
        if name == "math":
            return f"${content}$"
        if name in ("sub", "sup", "kbd"):
            return f"<{name}>{escape(content)}</{name}>"
        if name == "claim":  # leads from a sentence to how the site checked it
            return ""
        raise self.fault(
            f"the role {{{name}}} has no form for notebooks",
            "add one to bookkit.editions.plain_markdown",
        )

    def value(self, content: str) -> str:
        """Return a value that a cell glued, as the site writes it."""
        name, _, form = content.partition(":")
        if name not in self.values:
            raise self.fault(f"{{glue:text}} asks for {name}", "no cell glues it; correct the name")
        from myst_nb.core.variables import format_plain_text  # loads a database, in a second

        text = with_minus_signs(format_plain_text(_text_of(self.values[name]), form))
        return re.sub(r"([\\`*_<|\[\]])", r"\\\1", text)

    def labelled(self, label: str) -> Target:
        """Return the target of a label."""
        if label not in self.references.labels:
            raise self.fault(f"a reference leads to {label}", "no page has this label; correct it")
        return self.references.labels[label]

    def document(self, path: str) -> Target:
        """Return the target of a page that is named from this page, or from the root with a slash
        in front.
        """
        base = "" if path.startswith("/") else posixpath.dirname(self.page)
        name = posixpath.normpath(posixpath.join(base, path.lstrip("/"))).removesuffix(".md")
        if name not in self.references.pages:
            raise self.fault(
                f"a reference leads to the page {path}",
                "the book has none of this name; correct it",
            )
        return self.references.pages[name]

    def term(self, text: str, term: str) -> str:
        """Return a term, with a link to the glossary where it first comes up."""
        target = self.references.terms.get(term)
        if target is None or term in self.linked:
            return text
        self.linked.add(term)
        return self.link(text, target)

    def citation(self, name: str, keys: list[str]) -> str:
        """Return ``(Wilson, 1927)`` or ``Wilson (1927)``, with a link to the bibliography."""
        missing = [key for key in keys if key not in self.references.works]
        if missing:
            raise self.fault(f"{missing[0]} is cited", "no such work is listed; correct the key")
        works = [self.references.works[key] for key in keys]
        target = Target("", self.references.bibliography) if self.references.bibliography else None
        if name == "cite:t":
            return ", ".join(f"{self.link(work.authors, target)} ({work.year})" for work in works)
        return f"({'; '.join(self.link(f'{work.authors}, {work.year}', target) for work in works)})"

    def link(self, text: str, target: Target | None) -> str:
        """Return text that leads to a place: a heading of this notebook, or the site."""
        text = text or self.inline(target.text)
        if target is None or (target.page == self.page and not target.is_heading):
            return text
        if target.page != self.page:
            place = f"#{target.anchor}" if target.anchor else ""
            return f"[{text}]({self.address}{target.page}.html{place})"
        heading = re.sub(r"[`*]", "", self.inline(target.text)).replace(" ", "-")
        return f"[{text}](#{quote(heading, safe=AS_JUPYTER)})"


def _text_of(value: str) -> str:
    """Return a glued value as `format_plain_text` reads it."""
    return value if isinstance(value, str) else str(literal_eval(value))


def _indented(text: str, indent: str) -> str:
    return "\n".join(f"{indent}{line}".rstrip() for line in text.splitlines())
