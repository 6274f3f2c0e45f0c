"""The table of what comparisons cost: rows from what cells asked for, and how they are told."""

from types import SimpleNamespace

from bookkit.book.mime import COST
from bookkit.run.comparisons import comparisons_of
from bookkit.sphinx.status_page import compared, comparisons_table


def asked(*networks, images=100):
    """What a cell asked for: networks as (case, seed, what it is kept under, seconds)."""
    keys = ("case", "seed", "network", "seconds")
    rows = [dict(zip(keys, n, strict=True)) | {"multiplications": 10**9} for n in networks]
    return {"images": images, "networks": rows}


def page(name, *cells):
    """A page with a code cell for each list of comparisons."""
    made = [SimpleNamespace(is_code=True, outputs=[{"data": {COST: list(own)}}]) for own in cells]
    return SimpleNamespace(page=SimpleNamespace(docname=name), cells=made)


def test_a_comparison_adds_up_the_seconds_of_what_is_trained_first_in_it():
    first = page("one", [asked(("A", 0, "a0", 3.0), ("A", 1, "a1", 4.0), ("B", 0, "b0", 10.0))])
    second = page("two", [asked(("A", 0, "a0", 3.0), ("C", 0, None, 5.0), ("C", 1, None, 6.0))])
    one, two = comparisons_of([first, second])
    assert (one["trained"], one["seconds"], one["read"]) == (3, 17.0, {})
    assert (two["trained"], two["seconds"], two["read"]) == (2, 11.0, {"one": 1})
    assert (one["seeds"], two["seeds"]) == ((1, 2), (1, 2))


def test_what_a_cell_compares_in_several_steps_is_one_comparison():
    steps = [asked(("A", seed, f"a{seed}", 2.0)) for seed in range(3)]
    other = asked(("A", 0, "x", 1.0), images=20)
    rows = comparisons_of([page("one", [*steps, other], [asked(("A", 7, "a7", 1.0))])])
    assert [(row["cell"], row["trained"], row["images"]) for row in rows] == [
        (1, 3, 100),
        (1, 1, 20),
        (2, 1, 100),
    ]
    assert rows[0]["seeds"] == (3, 3) and rows[0]["multiplications"] == 3 * 10**9


def test_a_row_says_what_was_compared_and_the_last_row_has_the_sums():
    first = asked(*[(name, seed, name + str(seed), 600.0) for name in "ABCDE" for seed in (0, 1)])
    row = comparisons_of([page("one", [first])])[0]
    assert compared(row) == "A, B, C and 2 more; 100 images; 2 seeds"
    assert compared(row | {"seeds": [1, 10]}).endswith("1 to 10 seeds")
    assert compared(row | {"seeds": [1, 1]}).endswith("; 1 seed")
    (table,) = comparisons_table([row, row | {"multiplications": None}])
    told = table.astext().split("\n\n")
    assert told[-4:] == ["Sum", "20", "10.0", "12,000"]
