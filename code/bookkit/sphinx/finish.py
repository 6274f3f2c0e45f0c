"""What makes the theme's pages whole: heads without repetition, a page for addresses that lead
nowhere.
"""

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from markupsafe import Markup
from sphinx.application import Sphinx
from sphinx.config import Config

from bookkit.sphinx.plain_text import numbered_title, plain
from bookkit.system.files import change_texts

TEMPLATES = Path(__file__).parent / "templates"
VIEWPORT = re.compile(r'<meta name="viewport"[^>]*>\s*')
TOGGLE = '<summary><span class="toctree-toggle"'  # of the table of contents: a sign without words
INPUT, OUTPUT = (f'<div class="cell_{part} docutils container"' for part in ("input", "output"))
SPOKEN = {  # what is seen by its look alone, and how a screen reader gets to know it
    TOGGLE: TOGGLE.replace("<summary>", '<summary aria-label="Pages below">'),
    INPUT: f'{INPUT} role="group" aria-label="Code"',
    OUTPUT: f'{OUTPUT} role="group" aria-label="Output"',
}
UNDECIDED = (  # what a page's own script replaces; without scripts it has no colours
    'data-theme="auto"'
)
OTHERS = ("search", "genindex", "py-modindex")
LONGEST = 160  # characters of a description


def use_templates(app: Sphinx, config: Config) -> None:
    """Let the templates of this package go before the theme's."""
    config.templates_path.append(str(TEMPLATES))


def set_head(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Say once how wide a page is, and what the page is about."""
    tags = "".join(f"\n    {tag}" for tag in about(app, pagename, context, doctree))
    context["metatags"] = VIEWPORT.sub("", context.get("metatags", "")) + tags


def about(app: Sphinx, pagename: str, context: dict[str, Any], doctree: Any) -> Iterator[str]:
    """Yield the tags that tell search engines, and services where a link is posted, of a page."""
    named = context.get("title") or context.get("indextitle") or "Index"  # said by its template
    book, title = app.config.html_title, Markup(named).striptags()
    described = (description_of(doctree) if doctree else "") or f"{title}: {book}"
    told = {"type": "article" if doctree else "website", "title": title, "site_name": book}
    told |= {"description": described, "locale": app.config.language}
    published = address_of(app)
    if published:
        told["url"] = published + app.builder.get_target_uri(pagename)
        picture = app.config.bookkit_publish.get("picture")
        told |= {"image": f"{published}_static/{picture}"} if picture else {}
    yield f'<meta name="description" content="{escape(described)}" />'
    for name, text in told.items():
        yield f'<meta property="og:{name}" content="{escape(text)}" />'


def address_of(app: Sphinx) -> str:
    """Return the published address of the site, with a slash at its end; empty if it has none.

    An edition for a course is published by its instructors, elsewhere.
    """
    site = (app.config.bookkit_publish or {}).get("site", "")
    return f"{site}/" if site and app.config.bookkit_solutions else ""


def set_address(app: Sphinx) -> None:
    """Let each page of a published book name its own address as the one that counts."""
    app.config.html_baseurl = address_of(app)


def description_of(doctree: nodes.document) -> str:
    """Return the beginning of a page's first paragraph, up to a whole word."""
    texts = (" ".join(plain(node).split()) for node in doctree.findall(nodes.paragraph))
    text = next(filter(None, texts), "")
    return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] + " …"


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Complete the folder of a site: colours without scripts, the way from its top, and a page for
    wrong addresses.
    """
    if exception or app.builder.format != "html":
        return
    site, first = Path(app.outdir), app.builder.get_target_uri(app.config.root_doc)
    top = address_of(app) or "/"
    write(app, site / "404.html", "404.html", top=top, home=top + first, pages=main_pages(app))
    if app.config.root_doc != "index":
        write(app, site / "index.html", "forward.html", home=first, address=address_of(app))
    if address_of(app):
        write_for_robots(app, site)
    change_texts(pages_of(app), completed)


def pages_of(app: Sphinx) -> list[Path]:
    """Return the pages of a site that have the theme's form."""
    named = sorted((*app.env.found_docs, *OTHERS))
    files = [Path(app.outdir) / app.builder.get_target_uri(name) for name in named]
    return [file for file in files if file.is_file()]


def completed(text: str) -> str:
    """Return a page that is light where no script says what it is, and that names what has no
    words.
    """
    done = text.replace(UNDECIDED, 'data-theme="light"', 1)
    for seen, spoken in SPOKEN.items():
        done = done.replace(seen, spoken)
    return done


def main_pages(app: Sphinx) -> list[tuple[str, str]]:
    """Return addresses, from the top of the site, and titles of the pages that the table of
    contents has on its first level.
    """
    first = app.env.toctree_includes.get(app.config.root_doc, [])
    return [(app.builder.get_target_uri(name), numbered_title(app, name)) for name in first]


def write_for_robots(app: Sphinx, site: Path) -> None:
    """Write the list of all pages for search engines, and where it is."""
    top = address_of(app)
    pages = [top + app.builder.get_target_uri(name) for name in sorted(app.env.found_docs)]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
        *(f"<url><loc>{escape(page)}</loc></url>" for page in pages),
        "</urlset>\n",
    ]
    (site / "sitemap.xml").write_text("\n".join(lines), encoding="utf-8")
    robots = f"User-agent: *\nAllow: /\n\nSitemap: {top}sitemap.xml\n"
    (site / "robots.txt").write_text(robots, encoding="utf-8")


def write(app: Sphinx, file: Path, template: str, **more: Any) -> None:
    """Write a page that has nothing of the theme."""
    context = {"docstitle": app.config.html_title, "language": app.config.language, **more}
    file.write_text(app.builder.templates.render(template, context), encoding="utf-8")


def connect(app: Sphinx) -> None:
    """Connect the changes, the last ones behind what other extensions write when all is done."""
    app.connect("config-inited", use_templates)
    app.connect("builder-inited", set_address)
    app.connect("html-page-context", set_head, priority=700)
    app.connect("build-finished", finish, priority=900)
