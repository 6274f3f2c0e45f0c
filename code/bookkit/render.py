"""How MyST-NB draws outputs in this book: pictures bring their alternative text along."""

from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer


class Renderer(NbElementRenderer):
    """MyST-NB's renderer, which takes a picture's alternative text from the output that holds the picture."""

    def render_image(self, data: MimeData) -> list[nodes.Element]:
        """Render a picture; ``alt`` in the metadata of its format becomes its alternative text."""
        images = super().render_image(data)
        alt = data.output_metadata.get(data.mime_type, {}).get("alt")
        for image in images:
            if alt and not image.get("alt"):
                image["alt"] = alt
        return images
