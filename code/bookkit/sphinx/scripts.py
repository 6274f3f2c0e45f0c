"""Scripts of finished pages: none stops a page from being drawn, and none is loaded that its page
does not use.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

from bookkit.system.files import change_texts, digest_of

SCRIPT = re.compile(r"[ \t]*<script\b([^>]*)>(.*?)</script>\n?", re.DOTALL)
SOURCE = re.compile(r'\bsrc="([^"?]*)([^"]*)"')
PRELOAD = re.compile(r'[ \t]*<link rel="preload" as="script"[^>]*>\n?')
WAITS = re.compile(r'\b(?:defer|async|type="module")')
BOOTSTRAP, LATER = "scripts/bootstrap.js", "later.js"
OPTIONS = "documentation_options.js"
USED = {  # what a page has that needs a script; pages without it do not load it
    "scripts/fontawesome.js": r"(?!)",  # icons are drawn already
    "clipboard.min.js": r'class="(?:[^"]* )?highlight[ "]',
    "copybutton.js": r'class="(?:[^"]* )?highlight[ "]',
    "togglebutton.js": r'class="(?:[^"]* )?(?:toggle|admonition (?:[^"]* )?dropdown)[ "]',
    "design-tabs.js": r'class="(?:[^"]* )?sd-tab-set[ "]',
    "searchtools.js": r'id="search-results"|search_as_you_type = true',
    "language_data.js": r'id="search-results"|search_as_you_type = true',
    "searchindex.js": r'id="search-results"|search_as_you_type = true',
    "predict.js": r'data-kind="predict"',
    "parsons.js": r'data-kind="parsons"',
    "parsons-list.js": r'data-kind="parsons"',
    "explain.js": r'data-kind="explain"',
    "sure.js": r'data-kind="predict"',
    "counts.js": r'data-show="book"',
    "record-file.js": r'data-show="book"',
    "picture.js": r'data-show="book"',
}
OF_TOGGLES = re.compile(r"(?:let|var) toggle\w+ = '[^']*';")
MODE = "document.documentElement.dataset.mode = "  # in the theme's own script in the head
MODE_AT_ONCE = """<script>
    {
      let kept = null;
      try { kept = localStorage.getItem("mode"); } catch { /* this browser keeps nothing */ }
      const page = document.documentElement.dataset, dark = "(prefers-color-scheme: dark)";
      page.mode = kept || "auto";
      page.theme = page.mode !== "auto" ? page.mode : matchMedia(dark).matches ? "dark" : "light";
    }
  </script>
"""


def lighten(app: Sphinx, pages: list[Path]) -> None:
    """Let finished pages load the scripts that they use, once they are drawn."""
    static = Path(app.outdir, "_static")
    options = (static / OPTIONS).read_text(encoding="utf-8")
    later = f"{LATER}?v={digest_of((static / LATER).read_bytes())[:8]}"
    change_texts(pages, lambda page: with_light_scripts(page, options, later))


def with_light_scripts(page: str, options: str, later: str) -> str:
    """Return a page whose scripts wait.

    Sphinx's options, which scripts in the page add to, are in it. Bootstrap, which opens menus,
    shows tooltips and leads back to the top, comes with the reader's first move.

    Parameters
    ----------
    page : str
    options : str
        Sphinx's script with its options.
    later : str
        The name of the script that brings Bootstrap.
    """
    body = SCRIPT.sub("", page)
    return SCRIPT.sub(lambda script: changed(script, options, later, body), PRELOAD.sub("", page))


def changed(script: re.Match, options: str, later: str, body: str) -> str:
    """Return what a page with this body has in the place of a script."""
    attributes, text = script[1], script[2]
    source = SOURCE.search(attributes)
    if source is None:
        return of_page(script[0], text, body)
    name = next((each for each in (*USED, BOOTSTRAP, OPTIONS) if source[1].endswith(each)), "")
    if name in USED and not re.search(USED[name], body):
        return ""
    if name == OPTIONS:
        return f"    <script>{options.strip()}</script>\n"
    if name == BOOTSTRAP:
        root = source[1].removesuffix(name)
        asked = f'src="{root}{later}" data-script="{source[1]}{source[2]}"'
        return f"  <script defer {asked}></script>\n"
    if WAITS.search(attributes):
        return script[0]
    return script[0].replace("<script", "<script defer", 1)


def of_page(script: str, text: str, body: str) -> str:
    """Return what a page has in the place of a script that stands in it."""
    if MODE in text:
        return f"  {MODE_AT_ONCE}"
    if OF_TOGGLES.fullmatch(text.strip()) and not re.search(USED["togglebutton.js"], body):
        return ""
    return script
