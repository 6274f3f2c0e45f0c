"""A chapter and a first page with exercises of their own, in the dress of the built book."""

import json
import re
from pathlib import Path

BOOK = "Your First CNN"
TITLES = {"load": "2.1 Open both files", "shuffled": "2.2 Who shuffles?", "side": "2.3 How long is the side?"}
INDEX = {
    "book": BOOK,
    "overview": "book/index",
    "chapters": [
        {"page": "chapters/2-data", "title": "2. The data", "exercises": list(TITLES)},
        {"page": "chapters/3-architecture", "title": "3. Building the network", "exercises": ["relu"]},
    ],
    "titles": {**TITLES, "relu": "3.1 Where is it zero?"},
}
FORM = """
<div class="admonition exercise" id="ex-{id}" data-exercise="{id}"{kind}>
<p class="admonition-title">Exercise {title}</p>
<div class="cell exercise-form docutils container" data-exercise="{id}"><div class="cell_input docutils container">
<div class="highlight-ipython3 notranslate"><div class="highlight"><pre># Exercise {title}
answer = _____________  # blank 1 of 1: {hint}
check("{id}", answer)</pre></div></div></div></div></div>
<div class="cell tag_exercise tag_solution tag_hide-cell docutils container" id="solution-{id}">
<details class="admonition hide above-input"><summary aria-label="Toggle hidden content">
<p class="collapsed admonition-title">Show the solution</p><p class="expanded admonition-title">Hide the solution</p>
</summary><div class="cell_input docutils container"><pre>answer = 1</pre></div></details></div>
"""
REVEAL = """
<details class="sd-sphinx-override sd-dropdown sd-card sd-mb-3 reveal" id="reveal-{id}">
<summary class="sd-summary-title sd-card-header"><span class="sd-summary-text">Reveal: what happens</span></summary>
<div class="sd-summary-content sd-card-body docutils"><p class="sd-card-text">The answer is {id}.</p></div></details>
"""
PROGRESS = '<div class="exercise-progress" data-show="{}" hidden></div>'


def exercise(id: str, hint: str = "a number", kind: str = "") -> str:
    """An exercise with its solution; one to be predicted has a reveal."""
    number, title = TITLES[id].split(" ", 1)
    kind_of = f' data-kind="{kind}"' if kind else ""
    form = FORM.format(id=id, title=f"{number}: {title}", hint=hint, kind=kind_of)
    return form + (REVEAL.format(id=id) if kind else "")


CHAPTER = [
    exercise("load"),
    exercise("shuffled", '"higher", "lower" or "the same"', "predict"),
    exercise("side", "how many pixels", "predict"),
]


def chapter(site: Path, index: dict = INDEX, exercises: list[str] = CHAPTER) -> str:
    """The HTML of a chapter."""
    body = f"<section id='the-data'><h1>The data</h1>{PROGRESS.format('chapter')}{''.join(exercises)}</section>"
    return dressed(site / "chapters" / "2-data.html", body, {**index, "page": "chapters/2-data"})


def first_page(site: Path, index: dict = INDEX) -> str:
    """The HTML of the first page."""
    body = f"<section id='your-first-cnn'><h1>{BOOK}</h1>{PROGRESS.format('book')}</section>"
    return dressed(site / "book" / "index.html", body, {**index, "page": "book/index"})


def dressed(file: Path, body: str, index: dict) -> str:
    """A built page with another article in it."""
    script = f'<script type="application/json" id="exercise-index">{json.dumps(index)}</script>'
    page = re.sub(r'<script type="application/json" id="exercise-index">.*?</script>', "", file.read_text("utf-8"))
    page = re.sub(r'<nav class="bd-toc-nav.*?</nav>', "", page, flags=re.S)
    before, article, rest = page.partition('<article class="bd-article">')
    return before + article + body + script + rest[rest.index("</article>") :]
