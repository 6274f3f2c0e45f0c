"""The status page in Sphinx: its tables, the marks of claims, and the link of each figure to how it
was made.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.ext.glue.directives import PasteFigureDirective
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import make_refnode

FILE = "status.json"
SHORT = 12  # letters of a digest
CHECKED = {True: "checked against this build’s results", False: "not checked in a preview"}
SIGNS = {True: "✓ checked", False: "not checked"}
LEGEND = {
    True: (
        "The sentence before it was checked against this build’s results, and the mark leads to"
        " them."
    ),
    False: (
        "The sentence before it stands on results, and the mark leads to them. A preview checks"
        " none of them."
    ),
}
VERDICTS = {True: "borne out", False: "not borne out", None: "not checked in a preview"}

Cell = str | Iterable[nodes.Node]


def label(*parts: str) -> str:
    """Return the name by which one place refers to another, such as a figure's row."""
    return nodes.make_id("-".join(("made", *parts)))


def connect(app: Sphinx) -> None:
    """Make role, directives and links known to Sphinx."""
    app.setup_extension("myst_nb")
    app.add_config_value("bookkit_checked", False, "env", types=[bool])
    app.add_node(Link)
    app.add_post_transform(ResolveLinks)
    app.connect("doctree-read", explain_marks)
    app.add_role("claim", ClaimRole())
    app.add_directive("build-status", BuildStatus)
    app.add_directive_to_domain("glue", "figure", TraceableFigure, override=True)


class Link(nodes.Inline, nodes.TextElement):
    """A link to a label of this book, until `ResolveLinks` knows where that is.

    Its ``target`` is the label. Without children it reads like the title of the page that it leads
    to. If the label does not exist its children stay without a link, or nothing at all if it is
    ``optional``.
    """


class ResolveLinks(SphinxPostTransform):
    """Turn every `Link` of a page into a reference."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        """Replace the links of the page that is about to be written."""
        labels = self.env.get_domain("std").anonlabels
        for link in list(self.document.findall(Link)):
            if link["target"] in labels:
                instead = [self.reference(link, *labels[link["target"]])]
            else:
                instead = [] if link.get("optional") else list(link.children)
            place = link.parent.index(link)
            link.parent[place : place + 1] = instead

    def reference(self, link: Link, page: str, place: str) -> nodes.reference:
        """Return the reference that a link becomes."""
        children = link.children or [nodes.Text(self.env.titles[page].astext())]
        here = self.env.docname
        reference = make_refnode(
            self.app.builder, here, page, place, list(children), link.get("title")
        )
        reference["classes"] += link["classes"]
        return reference


def only_read_aloud(text: str) -> nodes.inline:
    """Return text that is read aloud and not seen."""
    return nodes.inline("", text, classes=["visually-hidden"])


def only_seen(sign: str) -> nodes.raw:
    """Return a sign that is seen and not read aloud."""
    return nodes.raw("", f'<span aria-hidden="true">{sign}</span>', format="html")


def explain_marks(app: Sphinx, doctree: nodes.document) -> None:
    """Say at the end of a page that has marks of claims what they mean."""
    if any("claim" in link["classes"] for link in doctree.findall(Link)):
        checked = app.config.bookkit_checked
        style = "claim-checked" if checked else "claim-unchecked"
        sign = nodes.inline(
            "",
            "",
            only_seen(SIGNS[checked]),
            only_read_aloud("The mark of a claim:"),
            classes=["claim", style],
        )
        words = nodes.Text(f" {LEGEND[checked]}")
        next(doctree.findall(nodes.section)).append(
            nodes.paragraph("", "", sign, words, classes=["claims-legend"])
        )


class ClaimRole(SphinxRole):
    """``{claim}`C05```: a mark behind a sentence that leads to the results which it stands on."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the mark; the first of a claim on a page can be linked to."""
        checked = self.config.bookkit_checked
        words = f"claim {self.text}: {CHECKED[checked]}"
        sign = only_seen(SIGNS[checked])
        style = ["claim", "claim-checked" if checked else "claim-unchecked"]
        link = Link(
            "",
            "",
            sign,
            only_read_aloud(words),
            target=label("claim", self.text),
            title=words,
            classes=style,
        )
        place = nodes.inline("", "", link, names=[label("mark", self.env.docname, self.text)])
        document = self.inliner.document
        if place["names"][0] not in document.nameids:
            document.note_explicit_target(place)
        return [place], []


class TraceableFigure(PasteFigureDirective):
    """A figure that a cell showed, with a link in its caption to the code, the time and the machine
    that made it.
    """

    def run(self) -> list[nodes.Node]:
        """Add label and link to what the directive returns."""
        result = super().run()
        page, name = self.document.settings.env.docname, self.arguments[0]
        place = nodes.target("", "", names=[label("shown", page, name)])
        self.document.note_explicit_target(place)
        for caption in (found for node in result for found in node.findall(nodes.caption)):
            row = label("figure", page, name)
            words = nodes.Text("how this was made"), only_read_aloud(f": {name}")
            caption += [
                nodes.Text(" "),
                Link("", "", *words, target=row, optional=True, classes=["how-made"]),
            ]
        return [place, *result]


class BuildStatus(SphinxDirective):
    """``{build-status}`` and the name of a table of `TABLES`: how this build was made, and what its
    lessons hold.
    """

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table, or a note if the book was not built by ``bookkit``."""
        kind = directives.choice(self.arguments[0], tuple(TABLES))
        file = Path(self.env.srcdir) / FILE
        self.env.note_dependency(str(file))
        if not file.is_file():
            return [nodes.paragraph("", "Not known: these pages were not made by `make book`.")]
        rows = json.loads(file.read_text(encoding="utf-8"))[kind]
        if not rows:
            return [nodes.paragraph("", "There are none.")]
        made = TABLES[kind](rows)
        for node in made:
            for named in node.findall(
                lambda each: isinstance(each, nodes.Element) and each.get("names")
            ):
                self.state.document.note_explicit_target(named)
        return made


def pages_table(rows: list[dict[str, Any]]) -> list[nodes.Node]:
    """Return the table of the pages with code."""
    head = ["Page", "Executed (UTC)", "Seconds", "Code cells", "Profile", "Digest"]
    body = [
        row(
            [page_link(r["page"])],
            moment(r["executed"]),
            f"{r['seconds']:.1f}",
            str(r["cells"]),
            r["profile"],
            short_digest(r),
        )
        for r in rows
    ]
    return [table(head, body)]


def short_digest(page: dict[str, Any]) -> list[nodes.Node]:
    """Return the beginning of a page's digest."""
    return [nodes.literal("", page["digest"][:SHORT])]


def environments_table(rows: list[dict[str, Any]]) -> list[nodes.Node]:
    """Return a table for each environment, under the pages that were executed in it."""
    made: list[nodes.Node] = []
    for each in rows:
        links = [part for page in each["pages"] for part in (nodes.Text(", "), page_link(page))]
        made.append(nodes.paragraph("", "", nodes.Text("Pages: "), *links[1:]))
        made.append(
            table(["What", "Value"], [row(name, value) for name, value in flat(each["values"])])
        )
    return made


def flat(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield names and values, a dictionary's one by one, those of the packages as one list."""
    for name, value in values.items():
        if name == "versions" and value:
            yield (
                "packages",
                ", ".join(f"{package} {version}" for package, version in value.items()),
            )
        elif isinstance(value, dict):
            yield from ((inner.replace("_", " "), str(item)) for inner, item in value.items())
        else:
            yield name.replace("_", " "), str(value)


def claims_table(rows: list[dict[str, Any]]) -> list[nodes.Node]:
    """Return the table of the claims, each with the values that it stands on."""
    head = ["Claim", "In words", "Stated in", "Results"]
    body = []
    for r in rows:
        links = [link(label("mark", page, r["claim"])) for page in r["marks"]]
        stated = [part for each in links for part in (nodes.Text(", "), each)][1:]
        values = nodes.literal_block(
            "", json.dumps(r["values"], indent=1, ensure_ascii=False), language="json"
        )
        title = f"The values of {r['claim']}"
        where = nodes.paragraph(
            "", "", nodes.Text(f"Recorded in code cell {r['cell']} of "), page_link(r["page"])
        )
        body.append(
            row(
                r["claim"],
                r["words"],
                stated,
                VERDICTS[r["borne_out"]],
                name=label("claim", r["claim"]),
            )
        )
        body.append(folded_row(len(head), title, where, values))
    return [table(head, body)]


def figures_table(rows: list[dict[str, Any]]) -> list[nodes.Node]:
    """Return the table of the figures, each with the code that drew it."""
    head = ["Figure", "Page", "Code cell", "Seconds", "Executed (UTC)"]
    body = []
    for r in rows:
        shown = link(label("shown", r["page"], r["figure"]), r["figure"])
        about = (str(r["cell"]), f"{r['seconds']:.2f}", moment(r["executed"]))
        drawn = nodes.literal_block("", r["code"], language="ipython3")
        body.append(
            row(
                [shown],
                [page_link(r["page"])],
                *about,
                name=label("figure", r["page"], r["figure"]),
            )
        )
        body.append(folded_row(len(head), f"The code of {r['figure']}", drawn))
    return [table(head, body)]


def clock_table(rows: list[dict[str, Any]]) -> list[nodes.Node]:
    """Return the table of the core sections; those of a page stand together, with their sum."""
    head = [
        "Section",
        "Minutes",
        "Needed",
        "Words",
        "Lines",
        "Figures",
        "Exercises",
        "Talks",
        "Run (s)",
    ]
    body = []
    for page in dict.fromkeys(r["page"] for r in rows):
        own = [r for r in rows if r["page"] == page]
        body += [row([link(r["label"], r["title"])], *map(str, clock_values(r))) for r in own]
        totals = [sum(values) for values in zip(*map(clock_values, own), strict=True)]
        name = nodes.strong("", "", nodes.Text("Sum of "), page_link(page))
        body.append(row([name], *(f"{total:g}" for total in totals)))
    return [table(head, body)]


CLOCK = ("minutes", "needed", "words", "exercises", "discussions", "seconds")


def clock_values(r: dict[str, Any]) -> list[float]:
    """Return the numbers of a section."""
    return [r[name] for name in CLOCK]


def routes_table(rows: list[dict[str, Any]]) -> list[nodes.Node]:
    """Return the routes, each with what it takes, what that needs, and what it leaves out."""
    head = ["Route", "Needed", "What it takes", "What it leaves out"]
    body = [
        row(
            [nodes.strong("", f"{r['minutes']} minutes")],
            f"{sum(part['needed'] for part in r['taken']):.0f} minutes",
            listed([part_link(part) for part in r["taken"]]),
            listed([part_link(part) for part in r["left_out"]]),
        )
        for r in rows
    ]
    return [table(head, body)]


def part_link(part: dict[str, Any]) -> nodes.Node:
    """Return a link to a section or a page of a route."""
    if part["name"] == part["page"]:
        return page_link(part["page"])
    return link(part["name"], part["title"])


def goals_table(rows: list[dict[str, Any]]) -> list[nodes.Node]:
    """Return the table of the goals, each with where it is taught and what tests it."""
    body = []
    for r in rows:
        tests = listed([link(*exercise) for exercise in r["exercises"]])
        counts = {"discussion": r["discussions"], "question": r["questions"]}
        told = ", ".join(
            f"{count} {kind}{'s' * (count > 1)}" for kind, count in counts.items() if count
        )
        tests += [nodes.Text(", " * bool(tests) + told)] if told else []
        body.append(
            row(
                [page_link(r["page"])],
                r["goal"],
                listed([link(*section) for section in r["taught"]]),
                tests,
            )
        )
    return [table(["Chapter", "Goal", "Taught in", "Tested by"], body)]


def comparisons_table(rows: list[dict[str, Any]]) -> list[nodes.Node]:
    """Return the table of the comparisons, each with what its networks cost, and their sum."""
    body = [
        row(
            [page_link(r["page"]), nodes.Text(f": {compared(r)}")],
            trained_and_read(r),
            billions(r["multiplications"]),
            f"{r['seconds']:,.0f}",
        )
        for r in rows
    ]
    known = [r["multiplications"] for r in rows if r["multiplications"] is not None]
    sums = str(sum(r["trained"] for r in rows)), billions(sum(known))
    body.append(row([nodes.strong("", "Sum")], *sums, f"{sum(r['seconds'] for r in rows):,.0f}"))
    return [table(["Page", "Networks", "Billions", "Seconds"], body)]


def compared(comparison: dict[str, Any]) -> str:
    """Return what a comparison is about: its cases, its images and how many seeds each has."""
    fewest, most = comparison["seeds"]
    seeds = f"{fewest} to {most} seeds" if fewest < most else f"{most} seed" + "s" * (most > 1)
    return f"{shortened(comparison['cases'])}; {comparison['images']:,} images; {seeds}"


def trained_and_read(comparison: dict[str, Any]) -> str:
    """Return how many networks a comparison trains, and in brackets how many it finds trained."""
    read = sum(comparison["read"].values())
    return f"{comparison['trained']}" + (f" ({read})" if read else "")


def shortened(names: list[str], most: int = 3) -> str:
    """Return a list of names, cut where it gets long."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def billions(count: int | None) -> str:
    """Return a number in billions."""
    if count is None:
        return "not counted"
    return f"{count / 1e9:,.0f}" if count >= 1e11 else f"{count / 1e9:.1f}"


def listed(parts: list[nodes.Node]) -> list[nodes.Node]:
    """Return parts with commas between them."""
    return [node for part in parts for node in (nodes.Text(", "), part)][1:]


TABLES: dict[str, Callable[[list[dict[str, Any]]], list[nodes.Node]]] = {
    "pages": pages_table,
    "environments": environments_table,
    "claims": claims_table,
    "figures": figures_table,
    "comparisons": comparisons_table,
    "clock": clock_table,
    "goals": goals_table,
    "routes": routes_table,
}


def moment(time: str) -> list[nodes.Node]:
    """Return a moment in UTC to the minute, on one line."""
    return [nodes.inline("", time[:16].replace("T", " "), classes=["text-nowrap"])]


def link(target: str, text: str = "") -> Link:
    """Return a link to a label, with a text or with the title of its page."""
    return Link("", text, target=target)


def page_link(page: str) -> nodes.Node:
    """Return a link to a page, with its title."""
    options = {
        "refdomain": "std",
        "reftype": "doc",
        "reftarget": f"/{page}",
        "refexplicit": False,
        "refwarn": True,
    }
    return pending_xref("", nodes.inline("", page), **options)


def table(head: list[str], body: list[nodes.row]) -> nodes.table:
    """Return a table with a row of headers; a narrow screen scrolls it in a box of its own."""
    columns = [nodes.colspec(colwidth=1) for _ in head]
    group = nodes.tgroup(
        "", *columns, nodes.thead("", row(*head)), nodes.tbody("", *body), cols=len(head)
    )
    return nodes.table("", group, classes=["build-status", "colwidths-auto"])


def row(*cells: Cell, name: str = "") -> nodes.row:
    """Return a row of a table, which can be linked to if it has a name."""
    entries = [nodes.entry("", paragraph(cell)) for cell in cells]
    return nodes.row("", *entries, **({"names": [name]} if name else {}))


def paragraph(cell: Cell) -> nodes.paragraph:
    """Return what stands in a cell."""
    return nodes.paragraph("", cell) if isinstance(cell, str) else nodes.paragraph("", "", *cell)


def folded_row(columns: int, title: str, *content: nodes.Node) -> nodes.row:
    """Return a row of one wide cell whose content is folded under a title."""
    opening = nodes.raw("", f"<details><summary>{escape(title)}</summary>", format="html")
    closing = nodes.raw("", "</details>", format="html")
    entry = nodes.entry("", opening, *content, closing, morecols=columns - 1)
    return nodes.row("", entry, classes=["folded"])
