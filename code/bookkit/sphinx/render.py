"""How MyST-NB draws outputs in this book: pictures bring their alternative text along, tables say
what they head.
"""

from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer

from bookkit.sphinx.tables import mended


class Renderer(NbElementRenderer):
    """MyST-NB's renderer, with the alternative texts of pictures and with tables that everyone can
    read.
    """

    def render_image(self, data: MimeData) -> list[nodes.Element]:
        """Render a picture; ``alt`` in the metadata of its format becomes its alternative text."""
        images = super().render_image(data)
        alt = data.output_metadata.get(data.mime_type, {}).get("alt")
        for image in images:
            if alt and not image.get("alt"):
                image["alt"] = alt
        return images

    def render_text_html(self, data: MimeData) -> list[nodes.Element]:
        """Render HTML; its tables get proper headers, and numbers keep their units."""
        return [nodes.raw(text=mended(data.string), format="html", classes=["output", "text_html"])]
