"""A page's MyST as Markdown that any notebook viewer shows: what each piece becomes, and what is
refused.
"""

import re

import nbformat
import pytest
from bookkit.book.project import open_project
from bookkit.book.references import References, Target, Work
from bookkit.editions.notebooks import context_of
from bookkit.editions.plain_markdown import PlainMarkdown, glued_values
from bookkit.system.errors import BookError
from markdown_it import MarkdownIt

GREY = bytes.fromhex(  # a picture of one pixel
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)
BOOK = References(
    labels={
        "sec-here": Target("Here, and `now`?", "one", "sec-here", is_heading=True),
        "sec-there": Target("The *other* place", "folder/two", "sec-there", is_heading=True),
        "mis-box": Target("Often said: nothing", "one", "mis-box"),
        "fig-line": Target("Fig. 1.2", "one", "fig-line"),
        "fig-far": Target("Fig. 2.1", "folder/two", "fig-far"),
    },
    terms={"weight": Target("weight", "words", "term-weight")},
    pages={"one": Target("The first", "one"), "folder/two": Target("The second", "folder/two")},
    works={"smith2000": Work("Smith", "2000"), "three1999": Work("Jones et al.", "1999")},
    bibliography="works",
)
VALUES = {"gain": "-0.4567", "name": "'a_b'", "share": "12.5", "count": "1234"}


def plain(text: str, address: str = "../", page: str = "one") -> str:
    return PlainMarkdown(page, BOOK, VALUES, address)(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{glue:text}`gain:.2f` points", "−0.46 points"),
        ("{glue:text}`share:.0f` % of {glue:text}`count:,d`", "12\u00a0% of 1,234"),
        ("{glue:text}`name`", r"a\_b"),
        ("A {term}`weight` and {term}`two <weight>`", "A [weight](../words.html#term-weight) and two"),
        ("an {term}`unknown term`", "an unknown term"),
        ("see {ref}`sec-there`", "see [The *other* place](../folder/two.html#sec-there)"),
        ("see {ref}`that\n  place <sec-there>`.", "see [that\n  place](../folder/two.html#sec-there)."),
        ("see {ref}`sec-here`", "see [Here, and `now`?](#Here,-and-now?)"),
        ("see {ref}`the box <mis-box>`", "see the box"),
        ("{numref}`fig-line` and {numref}`fig-far`", "Fig. 1.2 and [Fig. 2.1](../folder/two.html#fig-far)"),
        ("{doc}`folder/two`, {doc}`chapter 2 </folder/two>`", "[The second](../folder/two.html), "
         "[chapter 2](../folder/two.html)"),
        ("{cite:t}`smith2000` says", "[Smith](../works.html) (2000) says"),
        ("it is so {cite:p}`smith2000,three1999`.", "it is so ([Smith, 2000](../works.html); "
         "[Jones et al., 1999](../works.html))."),
        ("It is so. {claim}`C01` And so on.", "It is so. And so on."),
        ("{math}`x^2`, H{sub}`2`O", "$x^2$, H<sub>2</sub>O"),
        ("`{ref}` and $a_{ref}$ and ``{term}`x` `` stay", "`{ref}` and $a_{ref}$ and ``{term}`x` `` stay"),
        ("[a page](folder/two.md), [a place](#sec-there)", "[a page](../folder/two.html), "
         "[a place](../folder/two.html#sec-there)"),
        ("[the web](https://example.org)", "[the web](https://example.org)"),
        ("[small]{.tiny} and `code`{.python}", "small and `code`"),
        ("said[^note] twice[^note]\n\n[^note]: indeed", "said<sup>1</sup> twice<sup>1</sup>\n\n<sup>1</sup> indeed"),
        ("(sec-here)=\n## Here <!-- minutes: 4 -->\nText.", "## Here\n\n*4 minutes*\n\nText."),
        ("### Later <!-- after class -->\n\nText.", "### Later\n\nText."),
        ("{.big}\nText. <!-- a\nremark --> More.\n% unseen", "Text. More."),
        ("$$\na &= b \\\\\n$$ (eq-one)", "$$\na &= b \\\\\n$$"),
        ("Locality\n: It is local,\n  so to speak.\n\nSharing\n: Shared.",
         "**Locality.** It is local,\nso to speak.\n\n**Sharing.** Shared."),
        ("| a | b |\n|---|---|\n| {glue:text}`count:,d` | 2 |", "| a | b |\n|---|---|\n| 1,234 | 2 |"),
        ("```python\nx = '{ref}`a`'\n# (label)=\n```", "```python\nx = '{ref}`a`'\n# (label)=\n```"),
        (":::{admonition} Often said: *x*\n:class: misconception\nNo.\n\nNo.\n:::",
         "> **Often said: *x***\n>\n> No.\n>\n> No."),
        (":::{note}\nCare.\n:::", "> **Note**\n>\n> Care."),
        (":::{dropdown} What is $w^2$ & `x<y`?\n:class-container: reveal\nIt is {glue:text}`count`.\n:::",
         "<details><summary>What is $w^2$ &amp; <code>x&lt;y</code>?</summary>\n\nIt is 1234.\n\n</details>"),
        ("```{glue:figure} fig-line\n:name: fig-line\nA line. **Look at** {glue:text}`count`.\n```",
         "**Fig. 1.2.** A line. **Look at** 1234."),
        ("```{page-part} clock\n:scripts: clock.js\nThe page has a {term}`clock <epoch>`.\n```",
         "The page has a clock."),
        ("```{list-table} Sizes\n:header-rows: 1\n* - a\n  - b\n* - {glue:text}`count`\n  - 2\n```",
         "**Sizes**\n\n| a | b |\n|---|---|\n| 1234 | 2 |"),
        ("- one\n\n  :::{note}\n  In a list.\n  :::\n- two", "- one\n\n  > **Note**\n  >\n  > In a list.\n\n- two"),
    ],
)  # fmt: skip
def test_what_each_piece_of_myst_becomes(text, expected):
    assert plain(text) == expected


def test_a_discussion_is_a_quotation_with_its_answer_folded_inside():
    text = (
        ":::{admonition} Discuss\n:class: discuss\nWhy?\n+++\n**A good answer** is"
        " short.\n:::\n\nAfter."
    )
    html = MarkdownIt().render(plain(text))
    box, after = html.split("</blockquote>")
    assert "<strong>Discuss</strong>" in box and "After." in after
    assert re.search(
        r"<summary>What a good answer holds</summary>\s*<p><strong>A good answer</strong>", box
    )
    assert box.index("</details>") > box.index("is short.")


def test_links_lead_to_the_published_site_where_there_is_one():
    assert (
        plain("{doc}`folder/two`", "https://example.org/book/")
        == "[The second](https://example.org/book/folder/two.html)"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{glue:text}`nowhere`", "asks for nowhere: no cell glues it"),
        ("{ref}`sec-nowhere`", "leads to sec-nowhere: no page has this label"),
        ("{doc}`nowhere`", "leads to the page nowhere"),
        ("{cite:p}`nobody1900`", "nobody1900 is cited"),
        ("{strange}`role`", r"the role \{strange\} has no form"),
        (":::{strange} directive\n:::", r"the directive \{strange\} has no form"),
        (":::{note}\nopen", r":::\{note\} is not closed: end it with :::"),
    ],
)
def test_what_cannot_be_turned_plain_is_named_with_its_place(text, words):
    with pytest.raises(BookError, match=rf"^one\.md:7: .*{words}"):
        PlainMarkdown("one", BOOK, VALUES)(text, "one.md:7")


def test_values_are_found_in_the_outputs_of_cells():
    output = nbformat.v4.new_output(
        "display_data",
        data={"application/papermill.record/text/plain": "0.5"},
        metadata={"scrapbook": {"name": "half", "mime_prefix": "application/papermill.record/"}},
    )
    assert glued_values([output]) == {"half": "0.5"}


PLACES = """
(sec-a)=
## A *place* with `code` <!-- minutes: 2 -->

(mis-b)=
:::{admonition} Box
Text.
:::

```{figure} book/grey.png
:name: fig-a
One.
```

```{figure} book/grey.png
:name: fig-b
Another one.
```

{cite:t}`k1`
"""
GLOSSARY = """
```{bibliography}
```

```{glossary}
:sorted:

batch – norm
  Text.

ReLU
  Text.
```
"""


def test_references_are_those_that_sphinx_knows(toy_book):
    toy_book.exercise()
    chapter = (toy_book.root / "1-one.md").read_text(encoding="utf-8")
    toy_book.write("1-one.md", chapter + PLACES)
    toy_book.write("two.md", f"# Two\n{GLOSSARY}")
    (toy_book.root / "book" / "grey.png").write_bytes(GREY)
    toy_book.write(
        "book/works.bib",
        "@book{k1, author={A. Smith and B. de Jong and C. Lee}, title={On}, publisher={P}, year={1999}}\n",
    )
    toy_book.edit("_config.yml", "title: Toy", "title: Toy\nbibtex_bibfiles: [book/works.bib]")
    toy_book.edit("_toc.yml", "chapters:\n", "options:\n  numbered: true\nchapters:\n")
    done = toy_book.build()
    assert done.returncode == 0, done.stdout + done.stderr
    found = context_of(open_project(toy_book.root)).references
    heading = "A *place* with `code`"
    assert found.labels["sec-a"] == Target(heading, "1-one", "sec-a", is_heading=True)
    assert found.labels["mis-b"] == Target("Box", "1-one", "mis-b")
    assert found.labels["fig-b"] == Target("Fig. 1.2", "1-one", "fig-b")
    assert found.labels["ex-sum"] == Target("Exercise 1.1: The sum", "1-one", "ex-sum")
    assert found.terms["relu"].anchor == "term-ReLU"
    assert found.pages["two"].text == "Two" and found.bibliography == "two"
    assert found.works["k1"] == Work("Smith et al.", "1999")
