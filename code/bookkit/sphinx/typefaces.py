"""Typefaces that a page needs for its first screen, fetched before its style sheets are read.

``html_context`` names them in ``preload_fonts``, as files of the static folder. Browsers fetch no
typeface beforehand for pages from the disk, and complain: a script asks first where the page is
from.
"""

import json
from typing import Any

from sphinx.application import Sphinx

SCRIPT = (
    '<script>if (location.protocol !== "file:") for (const href of {fonts})'
    ' document.head.append(Object.assign(document.createElement("link"), {{ rel: "preload",'
    ' as: "font", type: "font/woff2", crossOrigin: "", href }}));</script>'
)


def fetch_beforehand(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Let a page fetch these typefaces at once; the style sheets that use them come after it."""
    fonts = [context["pathto"](f"_static/{file}", 1) for file in context.get("preload_fonts", [])]
    if fonts:
        script = SCRIPT.format(fonts=json.dumps(fonts))
        context["metatags"] = f"{context.get('metatags', '')}\n{script}"


def connect(app: Sphinx) -> None:
    """Connect this part to Sphinx."""
    app.connect("html-page-context", fetch_beforehand)
