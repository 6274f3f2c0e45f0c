"""A picture that one page shows and another one too, with the alternative text that it has
there.
"""

from typing import Any

from docutils import nodes
from myst_nb.ext.glue.crossref import (
    ReplacePendingGlueReferences,
    generate_any_nodes,
    read_glue_cache,
)
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

LOG = logging.getLogger(__name__)


class Borrowed(nodes.General, nodes.Element):
    """Stands for the picture ``key`` of the page ``refdoc`` until all pages are read."""

    key = property(lambda self: self["key"])
    refdoc = property(lambda self: self["refdoc"])
    inline = False


class BorrowFigure(SphinxDirective):
    """``{borrowed-figure} /chapters/5-comparison fig-name`` with a caption below."""

    required_arguments = 2
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return picture and caption."""
        page, key = self.arguments
        picture = Borrowed(key=key, refdoc=page.lstrip("/"))
        self.env.note_dependency(
            str(self.env.doc2path(picture.refdoc))
        )  # else a new picture there leaves the old here
        picture.source, picture.line = self.get_source_info()
        caption = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, caption)
        tags = [
            nodes.raw("", tag, format="html")
            for tag in ("<figure>", "<figcaption>", "</figcaption></figure>")
        ]
        return [tags[0], picture, tags[1], *caption.children, tags[2]]


class ShowBorrowed(SphinxPostTransform):
    """Put every borrowed picture in its place, with its alternative text."""

    default_priority = ReplacePendingGlueReferences.default_priority - 1

    def run(self, **kwargs: Any) -> None:
        """Replace what stands for pictures on the page that is about to be written."""
        for borrowed in list(self.document.findall(Borrowed)):
            shown = read_glue_cache(self.env.mystnb_config.output_folder, borrowed.refdoc).get(
                borrowed.key
            )
            if shown is None:
                LOG.warning(
                    "the page %s shows no %s", borrowed.refdoc, borrowed.key, location=borrowed
                )
            borrowed.replace_self(self.picture(borrowed, shown) if shown else [])

    def picture(self, borrowed: Borrowed, shown: dict[str, Any]) -> list[nodes.Element]:
        """Return the picture with the alternative text that it has on its own page."""
        found = generate_any_nodes(borrowed, shown, ["image/png"], self.app.builder, self.env)
        for image in found:
            image["alt"] = shown["metadata"]["image/png"]["alt"]
        return found


def connect(app: Sphinx) -> None:
    """Make the directive known to Sphinx."""
    app.add_node(Borrowed)
    app.add_directive("borrowed-figure", BorrowFigure)
    app.add_post_transform(ShowBorrowed)
