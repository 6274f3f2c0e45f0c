"""How a page shows an exercise: its number and title over the code with blanks, which a reader can
run.
"""

import json

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from bookkit.exercises.forms import PREFIX
from bookkit.exercises.marking import PARSONS
from bookkit.exercises.parsons_view import as_html


class ExerciseBox(nodes.admonition):
    """An exercise; its ``data`` become attributes of the element."""


class ExerciseForm(nodes.container):
    """The cell that the reader fills in."""


class ExerciseKey(nodes.Element):
    """What answers an exercise, folded on its page; the search leaves it out."""


class ExerciseCell(SphinxDirective):
    """``{exercise-cell} title`` with ``:label:``, ``:number:``, perhaps ``:kind:``, and the code
    with blanks below. Of a Parsons problem what the page knows of its lines comes first, as JSON.
    """

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {  # noqa: RUF012 - docutils wants it so
        "label": directives.unchanged_required,
        "number": directives.unchanged_required,
        "kind": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Return the box, which the label leads to."""
        label, number = self.options["label"], self.options["number"]
        data = {"data-exercise": label.removeprefix(PREFIX)}
        kind = {"data-kind": self.options["kind"]} if self.options.get("kind") else {}
        words, messages = self.state.inline_text(self.arguments[0], self.lineno)
        title = nodes.title("", "", nodes.Text(f"Exercise {number}: "), *words)
        lines = []
        if self.options.get("kind") == PARSONS:
            known, self.content = json.loads(self.content[0]), self.content[1:]
            lines = [nodes.raw("", as_html(known), format="html")]
        box = ExerciseBox(
            "",
            title,
            self.form(data),
            *lines,
            ids=[label],
            classes=["admonition", "exercise"],
            data=data | kind,
        )
        self.set_source_info(box)
        self.env.domains["std"].note_hyperlink_target(
            label, self.env.docname, label, title.astext()
        )
        return [box, *messages]

    def form(self, data: dict[str, str]) -> nodes.Node:
        """Return the code with blanks, in elements of the same classes as a code cell."""
        code = "\n".join(self.content)
        block = nodes.literal_block(code, code, language="ipython3")
        self.set_source_info(block)
        block = nodes.container("", block, classes=["cell_input"])
        return ExerciseForm("", block, classes=["cell", "exercise-form"], data=data)


def visit_box(translator: HTML5Translator, node: ExerciseBox) -> None:
    """Begin the element of an exercise, which is heard by its number and title."""
    spoken = {"role": "group", "aria-label": node.next_node(nodes.title).astext()}
    translator.body.append(translator.starttag(node, "div", **node["data"], **spoken))


def visit_form(translator: HTML5Translator, node: ExerciseForm) -> None:
    """Begin the element of the cell."""
    translator.body.append(
        translator.starttag(node, "div", CLASS="docutils container", **node["data"])
    )


def depart(translator: HTML5Translator, node: nodes.Element) -> None:
    """End either."""
    translator.body.append("</div>\n")


def connect(app: Sphinx) -> None:
    """Make the directive known to Sphinx."""
    app.add_node(ExerciseBox, html=(visit_box, depart))
    app.add_node(ExerciseForm, html=(visit_form, depart))
    app.add_directive("exercise-cell", ExerciseCell)
