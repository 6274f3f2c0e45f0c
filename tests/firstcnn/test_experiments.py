"""Kept networks: trained once for everything they depend on, trained again when any of it changes
or is damaged.
"""

import hashlib
import importlib.util
import io
import os
import pickle
import subprocess
import sys
import textwrap
import warnings
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from firstcnn import experiments
from firstcnn.evaluation import difference, over_seeds
from firstcnn.experiments import engines
from firstcnn.training import Recipe, bfloat16_is_fast, evaluate
from torch import nn

CALLS = []


@dataclass(frozen=True)
class Counted:
    """No augmentation at all, but each training that takes place calls it once: the sets below are
    one batch.
    """

    name: str = ""

    def __call__(self, images, generator=None):
        CALLS.append(self.name)
        return images


def counted(images, generator=None, strength=1):
    CALLS.append("function")
    return images


class Net(nn.Module):
    def __init__(self, hidden=6):
        super().__init__()
        self.fc1 = nn.Linear(16, hidden)
        self.dropout = nn.Dropout(0.5)
        self.fc2 = nn.Linear(hidden, 3)

    def forward(self, x):
        return self.fc2(self.dropout(self.fc1(x.flatten(1)).relu()))


class OtherNet(Net):
    pass


def pair(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(12, 1, 4, 4, generator=generator), torch.arange(12) % 3


TRAIN, VALIDATION = pair(0), pair(1)
RECIPE = Recipe(epochs=1, batch_size=12, augmentation=Counted())


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """An empty cache, one thread, and a count that begins at nothing."""
    monkeypatch.setenv("FIRSTCNN_CACHE", str(tmp_path / "cache"))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    CALLS.clear()
    yield
    torch.set_num_threads(threads)


def train(build=Net, train=TRAIN, validation=VALIDATION, recipe=RECIPE, **options):
    return experiments.trained(build, train, validation, recipe, **options)


def same_weights(model, other):
    weights, others = model.state_dict(), other.state_dict()
    return weights.keys() == others.keys() and all(
        torch.equal(weights[name], others[name]) for name in weights
    )


def networks(tmp_path):
    return list((tmp_path / "cache" / "networks").glob("*.pt"))


def test_the_second_time_it_is_read():
    model, history = train()
    assert len(CALLS) == 1
    again, history_again = train()
    assert len(CALLS) == 1
    assert same_weights(model, again)
    assert history == history_again
    assert not model.training and not again.training
    loss, accuracy = evaluate(again, *VALIDATION)
    assert (history.validation_loss[-1], history.validation_accuracy[-1]) == (loss, accuracy)


def test_what_was_trained_and_what_was_read_answer_alike():
    first, second = (train(ConvNet)[0] for _ in range(2))
    images = VALIDATION[0]
    assert torch.equal(first(images), second(images))
    assert [p.stride() for p in first.parameters()] == [p.stride() for p in second.parameters()]


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 3, 2)

    def forward(self, x):
        return self.conv2(self.conv1(x)).flatten(1)


def test_the_same_seed_gives_the_same_bits_when_trained_twice(tmp_path, monkeypatch):
    model, history = train(seed=3)
    monkeypatch.setenv("FIRSTCNN_CACHE", str(tmp_path / "another"))
    torch.manual_seed(17)
    again, history_again = train(seed=3)
    assert len(CALLS) == 2
    assert same_weights(model, again)
    assert history.step_loss == history_again.step_loss


def test_the_seed_decides_the_initial_weights():
    assert not same_weights(train(seed=0)[0], train(seed=1)[0])


def test_the_global_generator_is_left_as_it_was():
    state = torch.get_rng_state()
    train(), train()
    assert torch.equal(state, torch.get_rng_state())


def changed_by_a_bit(tensors):
    images, labels = tensors
    images = images.clone()
    images[0, 0, 0, 0] = torch.nextafter(images[0, 0, 0, 0], torch.tensor(9.0))
    return images, labels


def relabelled(tensors):
    return tensors[0], tensors[1].flip(0)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"build": OtherNet},
        {"build": partial(Net, hidden=7)},
        {"train": changed_by_a_bit(TRAIN)},
        {"train": relabelled(TRAIN)},
        {"validation": changed_by_a_bit(VALIDATION)},
        {"recipe": Recipe(epochs=1, batch_size=12, augmentation=Counted(), learning_rate=0.004)},
        {"recipe": Recipe(epochs=1, batch_size=12, augmentation=Counted("another"))},
        {"recipe": Recipe(epochs=1, batch_size=12, augmentation=Counted(), precision="float32")},
        {"recipe": Recipe(epochs=1, batch_size=12, augmentation=counted)},
        {"recipe": Recipe(epochs=1, batch_size=12, augmentation=partial(counted, strength=2))},
    ],
)
def test_whatever_changes_it_is_trained_anew(change):
    train()
    train(**change)
    assert len(CALLS) == 2
    train(**change)
    train()
    assert len(CALLS) == 2


def test_arguments_of_a_build_or_an_augmentation_count():
    for build in (partial(Net, hidden=4), partial(Net, hidden=5), partial(Net, 4)):
        train(build)
    for strength in (1, 2):
        train(
            recipe=Recipe(epochs=1, batch_size=12, augmentation=partial(counted, strength=strength))
        )
    assert len(CALLS) == 5


@pytest.mark.parametrize("what", ["threads", "torch", "capability", "bfloat16"])
def test_another_machine_trains_anew(monkeypatch, what):
    train()
    if what == "threads":
        torch.set_num_threads(2)
    elif what == "torch":
        monkeypatch.setattr(torch, "__version__", "2.99.0")
    elif what == "capability":
        monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2048")
    else:
        fast = bfloat16_is_fast()
        monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": not fast})
    train()
    assert len(CALLS) == 2


NETWORK_SOURCE = '''
"""A network in a file of its own."""
from torch import nn
HIDDEN = 6

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(16, HIDDEN), nn.Linear(HIDDEN, 3)

    def forward(self, x):
        return self.fc2(self.fc1(x.flatten(1)).relu())
'''


def network_from(tmp_path, monkeypatch, source):
    file = tmp_path / "own_network.py"
    file.write_text(textwrap.dedent(source))
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_file_location("own_network", file)
    )
    monkeypatch.setitem(sys.modules, "own_network", module)
    exec(compile(file.read_text(), str(file), "exec"), module.__dict__)
    return module.Net


@pytest.mark.parametrize(
    "old, new, trainings",
    [
        ("relu()", "tanh()", 2),
        ("HIDDEN = 6", "HIDDEN = 7", 2),
        ("A network in a file", "A docstring", 1),
        ("HIDDEN = 6", "HIDDEN = 6  # a comment", 1),
    ],
)
def test_the_source_of_the_network_counts_but_not_its_comments(
    tmp_path, monkeypatch, old, new, trainings
):
    train(network_from(tmp_path, monkeypatch, NETWORK_SOURCE))
    train(network_from(tmp_path, monkeypatch, NETWORK_SOURCE.replace(old, new)))
    assert len(CALLS) == trainings


def test_a_network_that_stands_in_no_file_is_trained_every_time(tmp_path):
    cell = {"__name__": "__main__"}
    exec("from torch import nn\nclass Net(nn.Sequential):\n    pass", cell)
    cell["Net"].__init__ = lambda self: nn.Sequential.__init__(self, nn.Flatten(), nn.Linear(16, 3))
    first, second = train(cell["Net"])[0], train(cell["Net"])[0]
    assert len(CALLS) == 2
    assert same_weights(first, second)
    assert networks(tmp_path) == []


# --------------------------------------------------------------------------------------------------
# damage


def cut(content):
    return content[: len(content) // 2]


def flip_a_bit(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    "damage", [cut, flip_a_bit, lambda content: b"", lambda content: b"not a network"]
)
def test_a_damaged_file_is_trained_again_with_a_warning(tmp_path, damage):
    model, _ = train()
    (file,) = networks(tmp_path)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.warns(UserWarning, match="damaged"):
        again, _ = train()
    assert len(CALLS) == 2
    assert same_weights(model, again)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train()
    assert len(CALLS) == 2


def stored(content):
    return hashlib.sha256(content).digest() + content


def saved(record):
    stream = io.BytesIO()
    torch.save(record, stream)
    return stored(stream.getvalue())


def without(name):
    return lambda record: {key: value for key, value in record.items() if key != name}


def with_other(**parts):
    return lambda record: record | parts


def narrower(record):
    return record | {"state": Net(hidden=5).state_dict()}


def nested(name, inner, value):
    return lambda record: record | {name: record[name] | {inner: value}}


OTHER_CONTENTS = [
    lambda record: [record],
    lambda record: {},
    lambda record: "text",
    *(
        without(part)
        for part in ("key", "state", "history", "logits", "parameters", "machine", "precision")
    ),
    with_other(state=None),
    with_other(state={}),
    with_other(logits="none"),
    with_other(logits=torch.zeros(5, 3)),
    with_other(machine={}),
    with_other(precision=3),
    with_other(history=[]),
    narrower,
    nested("state", "another.weight", torch.zeros(2)),
    nested("history", "validation_loss", []),
    nested("history", "seconds", ["long"]),
    nested("history", "extra", [1.0]),
]


def test_a_file_with_a_right_digest_of_something_else_is_trained_again_with_a_warning(tmp_path):
    model, _ = train()
    (file,) = networks(tmp_path)
    record = torch.load(io.BytesIO(file.read_bytes()[32:]), weights_only=True)
    for number, other in enumerate(OTHER_CONTENTS):
        file.write_bytes(saved(other(record)))
        with pytest.warns(UserWarning, match="damaged") as warned:
            again, _ = train()
        assert len(warned) == 1 and len(CALLS) == number + 2
        assert same_weights(model, again)
    train()
    assert len(CALLS) == len(OTHER_CONTENTS) + 1


def test_a_file_with_a_right_digest_that_is_none_of_pytorchs_is_trained_again(tmp_path):
    train()
    (file,) = networks(tmp_path)
    for number, content in enumerate(
        [b"", b"no torch file", b"PK\x03\x04 nor this", pickle.dumps({"key": 1})]
    ):
        file.write_bytes(stored(content))
        with pytest.warns(UserWarning, match="damaged"):
            train()
        assert len(CALLS) == number + 2


class Evil:
    def __reduce__(self):
        return CALLS.append, ("evil",)


def test_code_in_a_kept_file_does_not_run(tmp_path):
    train()
    (file,) = networks(tmp_path)
    file.write_bytes(saved({"key": Evil()}))
    with pytest.warns(UserWarning, match="damaged"):
        train()
    assert "evil" not in CALLS


def test_a_sweep_trains_again_what_is_something_else_and_asks_again_for_its_answers(tmp_path):
    case = {"a": (Net, Recipe(epochs=1, batch_size=12))}
    before = experiments.sweep(case, TRAIN, VALIDATION, judged_on={"other": pair(2)})
    (network,), (answers,) = (
        list((tmp_path / "cache" / "networks").glob(kind)) for kind in ("*.pt", "*.logits")
    )
    for file, other in ((network, narrower), (answers, with_other(logits=torch.zeros(2, 3)))):
        record = torch.load(io.BytesIO(file.read_bytes()[32:]), weights_only=True)
        file.write_bytes(saved(other(record)))
        with pytest.warns(UserWarning, match="damaged"):
            after = experiments.sweep(case, TRAIN, VALIDATION, judged_on={"other": pair(2)})
        pd.testing.assert_frame_equal(before.drop(columns="seconds"), after.drop(columns="seconds"))


class Lazy(nn.Module):
    """Finds out by its first image how many values its layer takes."""

    def __init__(self):
        super().__init__()
        self.fc = nn.LazyLinear(3)

    def forward(self, x):
        return self.fc(x.flatten(1))


def test_a_network_whose_size_is_found_out_by_its_first_image_is_kept(tmp_path):
    for _ in range(2):
        train(Lazy)
    assert len(CALLS) == 1


def test_the_file_of_another_training_is_not_believed(tmp_path):
    train(seed=0)
    (first,) = networks(tmp_path)
    other, _ = train(seed=1)
    (second,) = set(networks(tmp_path)) - {first}
    second.write_bytes(first.read_bytes())
    with pytest.warns(UserWarning, match="another training"):
        again, _ = train(seed=1)
    assert len(CALLS) == 3
    assert same_weights(other, again)


def test_an_interrupted_training_leaves_no_network_behind(tmp_path):
    images, labels = TRAIN
    with pytest.raises(RuntimeError, match="loss became nan"):
        train(train=(images * float("nan"), labels))
    assert networks(tmp_path) == []
    assert list((tmp_path / "cache" / "networks").glob("*.partial")) == []


AT_ONCE = """
import os, pathlib, time
import torch
from firstcnn import experiments
from firstcnn.training import Recipe
from slow_module import Net, slow
torch.set_num_threads(1)
images, labels = torch.ones(4, 1, 4, 4), torch.arange(4) % 3
started = pathlib.Path(os.environ["STARTED"])
(started / str(os.getpid())).touch()
end = time.monotonic() + 240
while len(list(started.iterdir())) < 2:
    assert time.monotonic() < end, "the other process has not started"
    time.sleep(0.01)
model, history = experiments.trained(Net, (images, labels), (images, labels), Recipe(1, 4, augmentation=slow))
answer = f"{model.fc1.weight.sum().item()} {history.step_loss}"
print(answer)
"""

SLOW = """
import os, time

def slow(images, generator=None):
    with open(os.environ["TRAINING_LOG"], "a") as log:
        log.write("trained\\n")
    time.sleep(1)
    return images
"""


@pytest.fixture
def in_two_processes():
    """A function that runs a program in another process and in this one, at the same time; from
    both the text that it names ``answer``.
    """
    others = []

    def run(program):
        pipes = {"stdout": subprocess.PIPE, "text": True}
        others.append(subprocess.Popen([sys.executable, "-c", program], **pipes))
        here = {"__name__": "__main__"}
        exec(program, here)
        said, _ = others[0].communicate(timeout=300)
        assert others[0].returncode == 0
        return here["answer"], said.strip()

    yield run
    for other in others:
        other.kill()
        other.wait()


def test_two_processes_at_once_train_once(tmp_path, monkeypatch, in_two_processes):
    (tmp_path / "modules").mkdir()
    (tmp_path / "started").mkdir()
    (tmp_path / "modules" / "slow_module.py").write_text(NETWORK_SOURCE + SLOW)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"), prepend=os.pathsep)
    monkeypatch.syspath_prepend(tmp_path / "modules")
    monkeypatch.setenv("TRAINING_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("STARTED", str(tmp_path / "started"))
    here, there = in_two_processes(AT_ONCE)
    monkeypatch.delitem(sys.modules, "slow_module")
    assert (tmp_path / "log").read_text() == "trained\n"
    assert here == there != ""


# -------------------------------------------------------------------------------------------------
# errors and sweeps


@pytest.mark.parametrize("build", [lambda: Net(), Net(), partial(lambda hidden: Net(hidden), 4)])
def test_only_a_class_can_be_followed(build):
    with pytest.raises(ValueError, match=r"functools.partial\(Class"):
        train(build)


def test_an_argument_that_cannot_be_written_into_a_key():
    with pytest.raises(ValueError, match="cannot be written into the key"):
        train(partial(Net, object()))


def test_an_augmentation_with_a_closure_cannot_be_followed():
    strength = 2

    def closed(images, generator=None):
        return images * strength

    with pytest.raises(ValueError, match="cannot be written into the key"):
        train(recipe=Recipe(epochs=1, batch_size=12, augmentation=closed))


COLUMNS = [
    "case",
    "seed",
    "accuracy",
    "validation_accuracy",
    "validation_loss",
    "train_accuracy",
    "seconds",
    "parameters",
    "right",
    "torch",
    "cpu_capability",
    "threads",
    "device",
    "precision",
]


def test_sweep_is_tidy():
    cases = {"small": (partial(Net, hidden=2), RECIPE), "large": (Net, RECIPE)}
    table = experiments.sweep(cases, TRAIN, VALIDATION, seeds=range(2))
    assert list(table.columns) == COLUMNS
    runs = list(zip(table["case"], table["seed"], strict=True))
    assert runs == [("small", 0), ("small", 1), ("large", 0), ("large", 1)]
    assert list(table["parameters"]) == [2 * 17 + 3 * 3] * 2 + [6 * 17 + 3 * 7] * 2
    CALLS.clear()
    model, history = train(seed=1)
    row = table.iloc[3]
    assert (row["validation_loss"], row["validation_accuracy"]) == evaluate(model, *VALIDATION)
    assert row["train_accuracy"] == history.train_accuracy[-1]
    assert row["seconds"] == sum(history.seconds) > 0
    assert len(CALLS) == 0, "the network of the sweep is the one that `trained` finds"
    images, labels = VALIDATION
    assert row["right"].tolist() == (model(images).argmax(1) == labels).tolist()
    assert row["accuracy"] == row["validation_accuracy"] == row["right"].mean()
    assert (row["torch"], row["threads"]) == (torch.__version__, 1)
    assert row["cpu_capability"] == torch.backends.cpu.get_cpu_capability()
    assert row["device"] == "CPU"
    assert row["precision"] == ("bfloat16" if bfloat16_is_fast() else "float32")


def test_sweep_and_trained_keep_the_same_networks():
    train(seed=5)
    experiments.sweep({"a": (Net, RECIPE), "again": (Net, RECIPE)}, TRAIN, VALIDATION, seeds=[5])
    assert len(CALLS) == 1


@dataclass(frozen=True)
class Noted:
    """No augmentation, but each training notes its process and its thread count in a file."""

    file: str

    def __call__(self, images, generator=None):
        with open(self.file, "a") as file:
            file.write(f"{os.getpid()} {torch.get_num_threads()}\n")
        return images


def test_little_work_is_done_in_this_process_more_in_others_and_all_with_the_same_bits(
    tmp_path, monkeypatch, capfd
):
    torch.set_num_threads(2)
    state = torch.get_rng_state()
    monkeypatch.setattr(engines, "IDLE_SECONDS", 0)  # as if no processes were there
    found, places = [], []
    for number, limit in enumerate((engines.LITTLE_WORK, 0)):
        monkeypatch.setattr(engines, "LITTLE_WORK", limit)
        monkeypatch.setenv("FIRSTCNN_CACHE", str(tmp_path / f"cache{number}"))
        file = tmp_path / f"noted{number}"
        recipe = Recipe(epochs=2, batch_size=5, augmentation=Noted(str(file)))
        cases = {"linear": (Net, recipe), "convolution": (ConvNet, recipe)}
        found.append(experiments.networks(cases, TRAIN, VALIDATION))
        lines = [line.split() for line in file.read_text().splitlines()]
        places.append({int(process) for process, _ in lines})
        assert {threads for _, threads in lines} == {"1"}
    assert places[0] == {os.getpid()} and os.getpid() not in places[1]
    for run, (model, history) in found[0].items():
        assert (
            same_weights(model, found[1][run][0])
            and history.step_loss == found[1][run][1].step_loss
        )
    assert torch.get_num_threads() == 2 and torch.equal(torch.get_rng_state(), state)
    assert "Net:" not in capfd.readouterr().err, "only the sweep has a bar"


def test_a_sweep_of_nothing_has_its_columns():
    assert list(experiments.sweep({}, TRAIN, VALIDATION).columns) == COLUMNS


def test_each_case_may_have_seeds_of_its_own():
    cases = {"a": (Net, RECIPE), "b": (partial(Net, hidden=3), RECIPE)}
    seeds = {"b": range(2), "a": [7]}
    table = experiments.sweep(cases, TRAIN, VALIDATION, seeds=seeds)
    assert list(zip(table["case"], table["seed"], strict=True)) == [("a", 7), ("b", 0), ("b", 1)]
    assert list(experiments.networks(cases, TRAIN, VALIDATION, seeds)) == [
        ("a", 7),
        ("b", 0),
        ("b", 1),
    ]


def test_networks_of_a_sweep_and_what_they_answer_on_other_sets(tmp_path):
    small, large = pair(2), (pair(3)[0][:7], pair(3)[1][:7])
    cases = {"a": (Net, RECIPE), "b": (partial(Net, hidden=3), Recipe(1, 12, precision="float32"))}
    table = experiments.sweep(
        cases, TRAIN, VALIDATION, seeds=[3, 4], judged_on={"small": small, "large": large}
    )
    assert list(table.columns) == ["case", "seed", "judged_on", *COLUMNS[2:]]
    assert list(table["judged_on"]) == ["small", "large"] * 4
    found = experiments.networks(cases, TRAIN, VALIDATION, [3, 4])
    assert list(found) == [("a", 3), ("a", 4), ("b", 3), ("b", 4)]
    for _, row in table.iterrows():
        model, history = found[row["case"], row["seed"]]
        images, labels = {"small": small, "large": large}[row["judged_on"]]
        assert not model.training
        assert row["right"].tolist() == (model(images).argmax(1) == labels).tolist()
        assert row["accuracy"] == row["right"].mean()
        assert row["validation_accuracy"] == history.validation_accuracy[-1]
    assert list(table["precision"][4:]) == ["float32"] * 4
    assert len(networks(tmp_path)) == 4


def test_a_network_defined_in_a_cell_can_be_swept(tmp_path):
    cell = {"__name__": "__main__"}
    exec("from torch import nn\nclass Cell(nn.Sequential):\n    pass", cell)
    cell["Cell"].__init__ = lambda self: nn.Sequential.__init__(
        self, nn.Flatten(), nn.Linear(16, 3)
    )
    case = {"cell": (cell["Cell"], Recipe(epochs=1, precision="float32"))}
    table = experiments.sweep(
        case, TRAIN, VALIDATION, seeds=[0, 1], judged_on={"validation": VALIDATION}
    )
    model, _ = train(cell["Cell"], recipe=Recipe(epochs=1, precision="float32"), seed=1)
    assert table["validation_accuracy"][1] == evaluate(model, *VALIDATION)[1]
    assert table["accuracy"].equals(table["validation_accuracy"])
    assert networks(tmp_path) == []


@pytest.mark.parametrize(
    "options, message",
    [
        ({"seeds": [0, 1, 0]}, "repeat"),
        ({"seeds": {"a": [2, 2]}}, "repeat"),
        ({"seeds": {"b": [0]}}, "seeds are those of 'b', the cases are 'a'"),
        ({"engine": "threads"}, "'loky' .* or 'dask'"),
        ({"judged_on": {"odd": (TRAIN[0], TRAIN[1][:3])}}, "'odd' has 12 images and 3 labels"),
        ({"judged_on": {"none": (TRAIN[0][:0], TRAIN[1][:0])}}, "'none' has 0 images"),
    ],
)
def test_sweeps_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        experiments.sweep({"a": (Net, RECIPE)}, TRAIN, VALIDATION, **options)


# --------------------------------------------------------------------------------------------------
# comparisons


def results(**rights):
    """A sweep's table: for each case a table of truth values (seeds, images)."""
    rows = [
        {"case": case, "seed": seed, "right": np.array(one, dtype=bool)}
        for case, right in rights.items()
        for seed, one in enumerate(right)
    ]
    return pd.DataFrame(rows)


def test_intervals_are_those_of_the_groups():
    draw = np.random.default_rng(0)
    b, a = draw.random((3, 40)) < 0.9, draw.random((2, 40)) < 0.5
    table = experiments.intervals(results(b=b, a=a))
    assert table.columns.to_list() == ["case", "accuracy", "low", "high", "seeds", "images"]
    assert [tuple(row) for row in table.itertuples(index=False)] == [
        ("b", *over_seeds(b)),
        ("a", *over_seeds(a)),
    ]
    by_two = experiments.intervals(
        results(b=b, a=a).assign(count=[1, 1, 1, 2, 2]), by=["count", "case"]
    )
    assert by_two[["count", "case"]].to_numpy().tolist() == [[1, "b"], [2, "a"]]
    assert by_two["low"].equals(table["low"])


def test_differences_are_against_one_group():
    draw = np.random.default_rng(0)
    best, base, worst = (draw.random((3, 400)) < share for share in (0.95, 0.7, 0.3))
    table = experiments.differences(
        results(best=best, base=base, same=base, worst=worst), against="base"
    )
    assert table.columns.to_list() == ["case", "difference", "low", "high", "verdict"]
    assert list(table["case"]) == ["best", "same", "worst"]
    assert list(table["verdict"]) == ["higher", "not shown different", "lower"]
    assert tuple(table.iloc[0])[1:] == tuple(difference(best, base))


def test_groups_that_are_none():
    table = results(a=[[True, False]] * 2)
    with pytest.raises(ValueError, match="'b' is not in the column 'case': choose one of 'a'"):
        experiments.differences(table, against="b")
    with pytest.raises(ValueError, match="no column 'colour'"):
        experiments.intervals(table, by="colour")
    with pytest.raises(ValueError, match="a seed twice"):
        experiments.intervals(pd.concat([table, table]))
    with pytest.raises(ValueError, match="several values of judged_on"):
        experiments.intervals(table.assign(judged_on=["one", "two"]))


# ---------------------------------------------------------------------------------------------- the
# same numbers twice

TRAINED_ALONE = """
import hashlib, os
import torch
from firstcnn import experiments, models
from firstcnn.augment import Affine
from firstcnn.training import Recipe
torch.set_num_threads(1)
os.environ["FIRSTCNN_CACHE"] += str(os.getpid())
generator = torch.Generator().manual_seed(1)
pair = torch.rand(60, 1, 28, 28, generator=generator), torch.arange(60) % 10
recipe = Recipe(epochs=1, batch_size=16, augmentation=Affine(rotation=10, translation=0.1))
model, history = experiments.trained(models.SimpleCNN, pair, pair, recipe, seed=7)
weights = b"".join(tensor.contiguous().numpy().tobytes() for tensor in model.state_dict().values())
with torch.no_grad():
    answers = model(pair[0]).numpy().tobytes()
digests = [hashlib.sha256(part).hexdigest() for part in (weights, answers)]
answer = f"{digests} {history.step_loss} {history.validation_loss}"
print(answer)
"""


def test_two_processes_with_one_seed_give_the_same_bits(in_two_processes):
    here, there = in_two_processes(TRAINED_ALONE)
    assert here == there != ""
