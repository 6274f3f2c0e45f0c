"""What counts as prose: headings, code, formulas and marks do not; boxes, captions and answers
do.
"""

import pytest
from bookkit.book import prose

PAGE = """---
file_format: mystnb
---

# Title

Three words here.

(sec-one)=
## One <!-- minutes: 2 -->

Call it a {term}`kernel`. It has {glue:text}`count:d` weights, `3 * 3` of them, $w_1$ to $w_9$. {claim}`C01` See
{ref}`sec-two` and {ref}`the other <sec-three>`.

```{code-cell} python
not_prose = "at all"
```

```{glue:figure} fig-one
:name: fig-one
A caption. **Look at** it.
```

- a list entry

:::{admonition} Discuss
:class: discuss
Why?
+++
Because it is folded.
:::

### Deeper <!-- after class -->

No {term}`kernels <kernel>` are in a hurry.

## Two <!-- before class -->

:::{dropdown} 1. A question?
An answer.
:::
"""


@pytest.fixture
def page() -> list[prose.Paragraph]:
    return prose.paragraphs(PAGE)


def test_prose_is_what_is_read_aloud(page):
    assert [p.text for p in page] == [
        "Three words here.",
        "Call it a kernel. It has 0 weights, code of them, x to x. See There and the other.",
        "A caption. Look at it.",
        "a list entry",
        "Why?",
        "Because it is folded.",
        "No kernels are in a hurry.",
        "An answer.",
    ]


def test_each_paragraph_knows_its_section_its_line_and_its_fold(page):
    lines = PAGE.splitlines()
    for paragraph in page:
        assert paragraph.text.split()[0] in lines[paragraph.line - 1]
    assert [(p.section, p.minutes) for p in page] == [
        ("", None),
        *[("One", 2)] * 5,
        ("Deeper", None),
        ("Two", None),
    ]
    assert [p.text for p in page if p.folded] == ["Because it is folded.", "An answer."]
    assert [p.text for p in page if not p.is_running] == ["a list entry"]


def test_pace_counts_core_sections_without_what_is_folded(page):
    assert prose.pace(page) == (19 + 5 + 3 + 1) / 2
    assert prose.pace(prose.paragraphs("# Nothing\n\nHere.")) == 0


def test_sentences_end_at_stops(page):
    assert [len(p.sentences) for p in page[:3]] == [1, 3, 2]
    decimals = prose.paragraphs("It is 3.5 wide, e.g. here. And 4 high? Yes.")
    assert decimals[0].sentences == ["It is 3.5 wide, e.g. here.", "And 4 high?", "Yes."]
    assert prose.sentence_length(decimals) == (6 + 3 + 1) / 3


def test_words_come_with_their_first_line(page):
    found = prose.words(page)
    assert found["Three"] == 7 and found["kernel"] == 12 and found["kernels"] == 35
    assert "not_prose" not in found and "term" not in found and "sec" not in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A {term}`kernel` and kernels.", {}),
        ("Kernels, later a {term}`kernel`.", {"kernel": 1}),
        ("A {term}`filter <kernel>`.", {}),
        ("A {term}`batch normalisation`, then a batch.", {"batch": 1}),
        ("One batch\nnormalisation", {"batch normalisation": 1}),
        ("Kernelled, subkernel, `kernel`.", {}),
    ],
)
def test_a_term_is_linked_where_it_is_first_used(text, expected):
    assert (
        prose.unlinked(prose.paragraphs(text), ["kernel", "batch", "batch normalisation"])
        == expected
    )
