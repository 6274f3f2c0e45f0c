"""How a page shows an exercise in words: its question, and folded below it the criteria and three
answers of students, each with the book's marks in a fold of its own.

Readers without scripts get just this. `explain.js` adds the box to write in, and marks to set.
"""

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from bookkit.book.myst import Directive
from bookkit.exercises.directive import ExerciseBox, ExerciseKey
from bookkit.exercises.explain import NAME, Sample, Task, how_many, marks_of, task_of
from bookkit.exercises.forms import PREFIX

HELD = "Criteria, and three answers with their marks"
KEPT = "Your instructor has the criteria of a good answer, and three answers with their marks."
LINES = 7  # to write on, on paper
DROPDOWN = ["sd-sphinx-override", "sd-dropdown", "sd-card", "sd-mb-3"]


class Piece(nodes.Element):
    """An element of HTML, with its ``tag`` and its ``data``."""


class Explain(SphinxDirective):
    """``{explain} title`` with ``:label:``, ``:number:``, ``:words:`` and ``:enough:``, as
    `bookkit.exercises.explain` describes it.
    """

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {  # noqa: RUF012 - docutils wants it so
        "label": directives.unchanged_required,
        "number": directives.unchanged_required,
        "words": directives.unchanged_required,
        "enough": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Return the box, which the label leads to."""
        label, number = self.options["label"], self.options["number"]
        options = {name: str(value) for name, value in self.options.items()}
        task = task_of(Directive(NAME, self.arguments[0], options, "\n".join(self.content)))
        words, messages = self.state.inline_text(self.arguments[0], self.lineno)
        title = nodes.title("", "", nodes.Text(f"Exercise {number}: "), *words)
        data = {"data-exercise": label.removeprefix(PREFIX), "data-kind": NAME}
        data |= {"data-words": str(task.words), "data-enough": str(task.enough)}
        box = ExerciseBox(
            *("", title, *self.parsed(task.question), *self.below(task)),
            ids=[label],
            classes=["admonition", "exercise", "explain"],
            data=data,
        )
        self.set_source_info(box)
        self.env.domains["std"].note_hyperlink_target(
            label, self.env.docname, label, title.astext()
        )
        return [box, *messages]

    def parsed(self, text: str) -> list[nodes.Node]:
        """Return a text in MyST as nodes."""
        lines = StringList(text.splitlines(), self.env.doc2path(self.env.docname))
        holder = nodes.container()
        self.state.nested_parse(lines, self.content_offset, holder)
        return holder.children

    def below(self, task: Task) -> list[nodes.Node]:
        """Return what stands below the question."""
        limit = f"In at most {task.words} words."
        said = limit if task.criteria else f"{limit} {KEPT}"
        length = nodes.paragraph("", said, classes=["explain-length"])
        empty = [piece("div", "") for _ in range(LINES)]
        lines = piece("div", "explain-lines", *empty, **{"aria-hidden": "true"})
        return [length, lines, self.key(task)] if task.criteria else [length, lines]

    def key(self, task: Task) -> nodes.Node:
        """Return the fold with criteria and samples."""
        listed = "\n".join(f"{k}. {text}" for k, text in enumerate(task.criteria, 1))
        criteria = piece("div", "explain-criteria", *self.parsed(listed))
        samples = [self.sample(*each, task) for each in zip("ABC", task.samples, strict=True)]
        summary = piece(
            "summary",
            "sd-summary-title sd-card-header",
            piece("span", "sd-summary-text", nodes.Text(HELD)),
        )
        content = piece(
            "div",
            "sd-summary-content sd-card-body",
            nodes.paragraph("", how_many(task)),
            *(criteria, *samples),
        )
        return ExerciseKey(
            *("", summary, content), tag="details", classes=[*DROPDOWN, "explain-key"], data={}
        )

    def sample(self, letter: str, sample: Sample, task: Task) -> nodes.Node:
        """Return an answer of a student, and in a fold of its own how the book marks it."""
        name = nodes.paragraph(
            "", "", nodes.strong("", f"Answer {letter}"), classes=["explain-name"]
        )
        held = piece("span", "", nodes.Text(f"The book’s marks for answer {letter}"))
        marks = piece(
            "details",
            "hide explain-marks",
            piece("summary", "", held),
            nodes.paragraph("", marks_of(sample, task)),
            *self.parsed(sample.reason),
        )
        met = " ".join(map(str, sample.met))
        text = nodes.block_quote("", *self.parsed(sample.text))
        return piece("div", "explain-sample", name, text, marks, **{"data-met": met})


def piece(tag: str, classes: str, *children: nodes.Node, **data: str) -> Piece:
    """Return an element of HTML."""
    return Piece("", *children, tag=tag, classes=classes.split(), data=data)


def visit(translator: HTML5Translator, node: nodes.Element) -> None:
    """Begin an element."""
    translator.body.append(translator.starttag(node, node["tag"], "", **node["data"]))


def depart(translator: HTML5Translator, node: nodes.Element) -> None:
    """End it."""
    translator.body.append(f"</{node['tag']}>\n")


def connect(app: Sphinx) -> None:
    """Make the directive known to Sphinx."""
    app.add_node(Piece, html=(visit, depart))
    app.add_node(ExerciseKey, html=(visit, depart))
    app.add_directive(NAME, Explain)
