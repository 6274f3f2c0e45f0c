"""What the one reader of MyST finds in a text, and that nobody else reads it."""

import ast
from pathlib import Path

import bookkit
import pytest
from bookkit.book import myst
from bookkit.book.myst import Role

TEXT = """---
title: front matter
---

(sec-a)=
# One

(sec-b)=
## Two `x` <!-- minutes: 3 -->

````{note}
:class: tip
Claimed here. {claim}`C1`

```{code-cell} python
x
```
````

- An item. {claim}`C2` `{claim}`C0`` is code.

### Three <!-- not a note -->

```python
## No heading <!-- minutes: 9 -->
```
"""


def test_headings_have_labels_and_notes():
    found = [(h.level, h.title, h.label, h.note, h.minutes) for h in myst.headings(TEXT)]
    assert found == [
        (1, "One", "sec-a", "", None),
        (2, "Two `x`", "sec-b", "minutes: 3", 3),
        (3, "Three <!-- not a note -->", "", "", None),
    ]
    lines = TEXT.splitlines()
    assert [lines[h.line - 1][:5] for h in myst.headings(TEXT)] == ["# One", "## Tw", "### T"]


def test_roles_are_found_in_directives_and_lists_and_not_in_code():
    first, second = myst.roles(TEXT)
    assert first == Role("claim", "C1", "Claimed here. ", 13)
    assert second == Role("claim", "C2", "An item. ", 20)


def test_a_directive_has_a_name_options_and_text_with_their_lines():
    directives = [each for token in myst.tokens(TEXT) if (each := myst.directive_of(token))]
    assert [(d.name, d.options, d.line, d.body_line) for d in directives] == [
        ("note", {"class": "tip"}, 11, 13)
    ]
    assert directives[0].body.startswith("Claimed here.")
    assert list(myst.nested_cells(TEXT)) == [15]


def test_only_the_first_title_is_taken_out():
    assert myst.title_of(TEXT) == "One"
    assert "# One" not in myst.without_title(TEXT) and "(sec-b)=\n## Two" in myst.without_title(
        TEXT
    )
    shown = "```sh\n# a comment\n```"
    assert myst.without_title(shown) == shown


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("sec-a", ("", "sec-a")),
        ("There <sec-a>", ("There", "sec-a")),
        ("a < b <sec-a> ", ("a < b", "sec-a")),
    ],
)
def test_a_reference_has_a_target_and_perhaps_a_text(content, expected):
    assert myst.text_and_target(content) == expected


MARKS = ("`{3", ":{3", "~{3", ")=", "<!--", "{claim", "{ref", "#+", "#{", "---", "```", ":::")


def scans_myst(file: Path) -> bool:
    """Whether a module has a regular expression with marks of MyST."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if is_call and isinstance(node.func.value, ast.Name) and node.func.value.id == "re":
            pattern = ast.unparse(node.args[0]).replace("\\", "")
            if any(mark in pattern for mark in MARKS):
                return True
    return False


def test_one_module_of_the_kit_at_most_scans_myst_by_itself():
    files = Path(bookkit.__file__).parent.rglob("*.py")
    assert {file.name for file in files if scans_myst(file)} <= {"plain_markdown.py"}
