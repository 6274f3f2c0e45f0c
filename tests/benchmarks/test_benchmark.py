"""The benchmark's own arithmetic, and one of its trainings on few images. Its timings are judged by
nobody here.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def beside(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))


def runs(*pairs):
    return [{"seconds": seconds, "accuracy": accuracy} for seconds, accuracy in pairs]


def test_the_last_line_by_hand():
    import benchmark

    lecture = runs((150, 0.99), (170, 0.98), (160, 0.991))
    recipe = runs((16, 0.9915), (14, 0.98), (15, 0.995))
    line = benchmark.last_line({"lecture": lecture, "recipe": recipe})
    assert line == "bench: 10.7 times faster, accuracy 99.15% against 99.00%"


FAST, SLOW = (
    {
        **{
            "python": "3.11.7",
            "torch": "2.14.1",
            "cpu_capability": capability,
            "threads": 2,
            "processor": name,
        },
        **{
            "cores": 2,
            "bfloat16 in hardware": name == "fast",
            "measured": "2026-11-22T19:10:23+00:00",
        },
    }
    for name, capability in (("fast", "AVX512"), ("slow", "AVX2"))
)


def measure_on(monkeypatch, output, machine, headline, *parts):
    import benchmark

    monkeypatch.setattr(benchmark, "machine", lambda part: machine)
    monkeypatch.setattr(
        benchmark, "parts", lambda: {"headline": lambda: headline, "floor": lambda: {"rates": {}}}
    )
    benchmark.main([*parts, "--output", str(output)])
    return json.loads(output.read_text())


def test_another_machine_stands_beside_the_first_and_only_its_own_figures_are_printed(
    tmp_path, monkeypatch, capsys
):
    output = tmp_path / "benchmark.json"
    first = {"lecture": runs((150, 0.99)), "recipe": runs((15, 0.98))}
    second = {"lecture": runs((280, 0.97)), "recipe": runs((40, 0.96))}
    before = measure_on(monkeypatch, output, FAST, first)
    capsys.readouterr()
    found = measure_on(monkeypatch, output, SLOW, second, "headline")
    assert found["floor"] == before["floor"] and found["floor"][0]["machine"] == FAST
    assert [(one["machine"], one["found"]) for one in found["headline"]] == [
        (FAST, first),
        (SLOW, second),
    ]
    printed = capsys.readouterr().out
    assert (
        "bench: 7.0 times faster, accuracy 96.00% against 97.00%" in printed
        and "150" not in printed
    )
    again = measure_on(
        monkeypatch, output, FAST | {"measured": "later"}, second
    )  # everything: no other is lost
    assert [one["machine"]["processor"] for one in again["headline"]] == ["slow", "fast"]
    assert [one["found"] for one in again["headline"]] == [second, second]
    measure_on(monkeypatch, output, SLOW, first, "floor")
    assert "bench:" not in capsys.readouterr().out.partition("7.0 times")[2]


def test_the_page_shows_every_machine(tmp_path, monkeypatch):
    """One more machine that has measured the headline alone; its figures are no measurement, and go
    nowhere.
    """
    book = HERE.parents[1] / "book" / "reference"
    bench = json.loads((book / "benchmark.json").read_text())
    assert all(one["machine"]["processor"] for several in bench.values() for one in several)
    slow = {"lecture": runs((280, 0.97)), "recipe": runs((40, 0.96))}
    bench["headline"].append({"machine": SLOW, "seconds": 1, "found": slow})
    card = SLOW | {"device": "A Card (cuda)"}
    quick = {"lecture": runs((60, 0.97)), "recipe": runs((2, 0.96))}
    bench["headline"].append({"machine": card, "seconds": 1, "found": quick})
    (tmp_path / "benchmark.json").write_text(json.dumps(bench))
    monkeypatch.chdir(tmp_path)
    cells = re.findall(
        r"^```\{code-cell\} python\n(?::[^\n]*\n)*(.*?)^```",
        (book / "performance.md").read_text(),
        re.M | re.S,
    )
    glued, names = {}, {}
    monkeypatch.setattr("bookkit.notebook.glue", glued.__setitem__)
    monkeypatch.setattr("bookkit.notebook.show", lambda figure, name, alt: None)
    for cell in cells:
        exec(cell, names)
    letter = {
        name: names["letters"][names["identity"]({"machine": machine})]
        for name, machine in (("slow", SLOW), ("card", card))
    }
    slow = f"machine {letter['slow']}"
    assert f"7.0 times faster on {slow} (without bfloat16 in hardware)" in glued["ratios"]
    assert "on machine A (with bfloat16 in hardware) and" in glued["ratios"]
    assert glued["machine-floor"].startswith("machine A")
    table = names["table"]
    on_card = f"30.0 times faster on machine {letter['card']} (A Card (cuda), without bfloat16"
    assert on_card in glued["ratios"]
    assert list(table.columns) == [f"machine {each}" for each in names["letters"].values()]
    assert table.loc["headline: lecture", slow] == "280.0 s, 97.00%"
    assert table.loc["floor: an epoch", slow] == "–"


def test_a_graphics_card_is_a_machine_of_its_own_and_the_processors_parts_are_not_its(
    tmp_path, monkeypatch
):
    import benchmark

    found = parts_beside_a_card(monkeypatch, benchmark)
    assert found["headline"]["device"] == "A Card (cuda)" and "device" not in found["floor"]
    first, second = ({"machine": found[part], "found": {}} for part in ("floor", "headline"))
    assert benchmark.beside([first], second) == [first, second]
    assert benchmark.beside([first, second], second) == [first, second]


def parts_beside_a_card(monkeypatch, benchmark):
    card = benchmark.CPU.__class__("cuda")
    monkeypatch.setattr(benchmark, "find_device", lambda: card)
    monkeypatch.setattr(benchmark, "in_words", lambda device: "A Card (cuda)")
    return {part: benchmark.machine(part) for part in ("headline", "floor")}


def test_every_millisecond_belongs_to_one_kind_of_work():
    import floor

    found = floor.by_kind(
        {"aten::mkldnn_convolution": 3.0, "aten::mm": 2.0, "aten::addmm": 1.0, "aten::pow": 0.5}
    )
    assert (
        found["convolutions"] == 3
        and found["fully connected layers"] == 3
        and found["everything else"] == 0.5
    )
    assert sum(found.values()) == 6.5


def test_the_public_network_is_the_one_described():
    import public_recipe
    from firstcnn.models import count_parameters

    convolutions = 24 * (25 + 1) + 32 * (24 * 9 + 1)
    assert count_parameters(public_recipe.TwoConvolutions()) == convolutions + 256 * 801 + 10 * 257


@pytest.mark.parametrize(
    "name", ["FastCNN, 1 epochs", pytest.param("public", marks=pytest.mark.soak)]
)
def test_a_training_in_a_process_of_its_own(name):
    environment = {**os.environ, "FIRSTCNN_PROFILE": "quick", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(HERE / "contenders.py"), name, "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["accuracy"] > 0.3 and found["seconds"] > 0 and found["validation_seconds"] > 0
