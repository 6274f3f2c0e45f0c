"""What a reader writes is kept for other chapters, or taken from the book."""

import ast
import gc
import os
import pickle
from pathlib import Path

import pytest
import torch
from bookkit.exercises import blanks
from firstcnn import data
from IPython.core.interactiveshell import InteractiveShell
from lessons import book_work, work
from lessons.work import WorkError, keep, kept
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

NETWORK = """
class SimpleCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, kernel_size=3)

    def forward(self, x):
        return self.conv(x).mean(dim=(2, 3))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(work.VARIABLE, raising=False)
    return tmp_path / "my-first-cnn"


@pytest.fixture(scope="module")
def shell():
    """What runs cells, as a notebook and a live page do."""
    shell = InteractiveShell()
    blanks.install(shell)
    gc.freeze()  # or each reset would walk through all that tests before this file have left
    return shell


@pytest.fixture
def defined(shell):
    """A function from cells and a name to what the cells have defined under it."""

    def run(name, *cells):
        shell.reset(new_session=False)
        for cell in ("from torch import nn\nimport torch", *cells):
            shell.run_cell(cell)
        return shell.user_ns[name]

    return run


def write(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_bytes(text if isinstance(text, bytes) else text.encode())


def test_a_class_of_a_cell_is_kept_and_comes_back_with_the_same_parameters(defined, folder, capsys):
    own = defined("SimpleCNN", NETWORK)
    keep(own)
    assert "SimpleCNN is kept in my-first-cnn" in capsys.readouterr().out
    again = kept("SimpleCNN")
    assert "SimpleCNN is your own, from my-first-cnn" in capsys.readouterr().out
    net = own()
    copy = again()
    torch.save(net.state_dict(), "net.pt")
    copy.load_state_dict(torch.load("net.pt"))
    x = torch.randn(2, 1, 6, 6)
    assert again is not own and torch.equal(net(x), copy(x))
    assert torch.equal(pickle.loads(pickle.dumps(copy))(x), copy(x))


def test_a_kept_file_holds_the_source_as_it_was_typed_and_runs_by_itself(defined, folder):
    keep(defined("SimpleCNN", NETWORK))
    text = (folder / "SimpleCNN.py").read_text()
    assert NETWORK.strip() in text
    namespace = {}
    exec(text, namespace)
    assert namespace["SimpleCNN"]()(torch.zeros(1, 1, 5, 5)).shape == (1, 4)


def test_of_two_cells_the_one_that_ran_last_is_kept(defined, folder):
    later = NETWORK.replace("nn.Conv2d(1, 4", "nn.Conv2d(1, 5")
    keep(defined("SimpleCNN", NETWORK))
    keep(defined("SimpleCNN", NETWORK, later))
    assert kept("SimpleCNN")()(torch.zeros(1, 1, 5, 5)).shape == (1, 5)


def test_what_a_class_uses_is_kept_with_it(defined, folder):
    cells = (
        "import torchvision.transforms as T\nfrom math import sqrt as root",
        "class Block(nn.Conv2d):\n    def forward(self, x):\n        return super().forward(x)",
        NETWORK.replace("nn.Conv2d(1, 4", "Block(1, int(root(16))").replace("(x)", "(T.Pad(1)(x))"),
    )
    keep(defined("SimpleCNN", *cells))
    assert kept("SimpleCNN")()(torch.zeros(1, 1, 5, 5)).shape == (1, 4)


def test_a_decorated_function_is_kept_with_its_decorator(defined, folder):
    cell = "@torch.no_grad()\ndef evaluate(model, loader):\n    return model(loader)"
    keep(defined("evaluate", cell))
    assert not kept("evaluate")(torch.nn.Linear(1, 1), torch.ones(1, 1)).requires_grad


def test_what_the_book_gave_can_be_kept_again(folder):
    keep(kept("SimpleCNN"), kept("make_loaders"))
    keep(kept("SimpleCNN"))
    assert sorted(file.name for file in folder.iterdir()) == ["SimpleCNN.py", "make_loaders.py"]
    assert kept("SimpleCNN")().fc1.in_features == 6272


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (("mean = 3.0", "def evaluate(x):\n    return x - mean"), "uses mean, which"),
        (("def evaluate(x):\n    return x - mean",), "uses mean, which"),
        (
            ("a = 1", "def helper(x):\n    return a", "def evaluate(x):\n    return helper(x)"),
            "uses a, which",
        ),
        (("def evaluate(x):\n    return _____________",), "open blank"),
        (("evaluate = lambda x: x",), "with a name"),
        (("evaluate = nn.Linear(1, 1)",), "object of the class Linear"),
        (("evaluate = 3",), "object of the class int"),
        (("evaluate = type('evaluate', (), {})",), "source cannot be found"),
        (("exec('def evaluate(x):\\n    return x')",), "source cannot be found"),
    ],
)
def test_what_cannot_be_kept_is_told_in_words_and_nothing_is_written(defined, folder, cells, said):
    own = defined("evaluate", *cells)
    with pytest.raises(WorkError, match=said):
        keep(book_work.SimpleCNN, own)
    assert not folder.exists()


def test_what_does_not_run_by_itself_says_why(defined, folder, monkeypatch):
    monkeypatch.setenv("HALVES", "2")
    cell = "def evaluate(x, n=int(os.environ['HALVES'])):\n    return x / n"
    own = defined("evaluate", "import os", cell)
    monkeypatch.delenv("HALVES")
    with pytest.raises(WorkError, match=r"by itself its source stops in line \d+ with KeyError"):
        keep(own)
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_is_told_in_words(folder):
    folder.write_text("a file")
    with pytest.raises(WorkError, match=r"my-first-cnn.* could not be written"):
        keep(book_work.SimpleCNN)
    assert folder.read_text() == "a file"


def test_without_a_file_the_book_helps_out_and_says_so(folder, capsys):
    assert kept("SimpleCNN") is book_work.SimpleCNN
    assert "SimpleCNN is the book's: there is no my-first-cnn" in capsys.readouterr().out
    assert not folder.exists()


def test_a_reader_who_is_stuck_takes_the_books(defined, folder, capsys):
    keep(defined("SimpleCNN", NETWORK))
    assert kept("SimpleCNN", whose="book") is book_work.SimpleCNN
    assert capsys.readouterr().out.endswith("SimpleCNN is the book's.\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def evaluate(:\n", "is not Python in line 1"),
        ("x = 1\nx / 0\n", "stops in line 2 with ZeroDivisionError"),
        ("import of_no_package\n", "stops in line 1 with ModuleNotFoundError"),
        ("raise SystemExit\n", "stops in line 1"),
        ("evaluate = 3\n", "defines no function or class evaluate"),
        ("def evaluates():\n    return 1\n", "defines no function or class evaluate"),
        ("def evaluate():\n    return total\n", "uses total, which it does not define"),
        (b"\xff\xfe", "cannot be read"),
        (b"a = 1\0", "is not Python"),
    ],
)
def test_a_broken_file_is_told_in_a_sentence_and_the_book_helps_out(folder, capsys, text, said):
    write(folder, "evaluate", text)
    assert kept("evaluate") is book_work.evaluate
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and said in out and "keep(evaluate)" in out


def test_a_folder_in_the_files_place_is_told_in_a_sentence(folder, capsys):
    (folder / "evaluate.py").mkdir(parents=True)
    assert kept("evaluate") is book_work.evaluate
    assert "cannot be read" in capsys.readouterr().out


def test_a_file_that_was_edited_is_read_anew(folder):
    write(folder, "evaluate", "def evaluate():\n    return 1\n")
    assert kept("evaluate")() == 1
    write(folder, "evaluate", "def evaluate():\n    return 2\n")
    assert kept("evaluate")() == 2


def test_names_that_readers_do_not_write_are_refused():
    with pytest.raises(WorkError, match="Readers write SimpleCNN, evaluate"):
        kept("../SimpleCNN")
    with pytest.raises(WorkError, match='either "mine" or "book"'):
        kept("SimpleCNN", whose="yours")


def test_live_pages_can_share_a_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(work.VARIABLE, str(tmp_path / "shared"))
    keep(book_work.SimpleCNN)
    assert os.listdir(tmp_path / "shared") == ["SimpleCNN.py"]


def test_the_books_loaders_are_normalised_by_the_training_images_alone():
    train_loader, validation_loader = book_work.make_loaders(batch_size=50)
    train, validation = data.open_training_sets()
    images, labels = train_loader.dataset.tensors
    assert images.shape == (len(train.labels), 1, 28, 28) and images.dtype == torch.float32
    assert images.mean().item() == pytest.approx(0, abs=1e-3)
    assert images.std().item() == pytest.approx(1, abs=1e-3)
    assert torch.equal(labels, train.labels)
    assert torch.equal(validation_loader.dataset.tensors[1], validation.labels)
    first, _ = next(iter(validation_loader))
    mean, std = data.pixel_statistics(train.images)
    assert torch.allclose(first, data.prepare(validation.images[:50], mean, std), atol=1e-5)
    assert not torch.equal(next(iter(train_loader))[1], train.labels[:50])


def test_the_books_loop_learns_and_its_evaluation_counts():
    torch.manual_seed(0)
    images, labels = torch.randn(40, 1, 28, 28), torch.arange(40) % 4
    loader = DataLoader(TensorDataset(images, labels), batch_size=16)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = [book_work.train_epoch(model, loader, optimizer) for _ in range(3)]
    assert len(losses[0]) == 3 and sum(losses[2]) < sum(losses[0])
    loss, accuracy = book_work.evaluate(model, loader)
    assert loss == pytest.approx(F.cross_entropy(model(images), labels).item(), rel=1e-4)
    assert accuracy == (model(images).argmax(1) == labels).float().mean().item()


def test_the_books_work_uses_nothing_of_the_package_but_its_data():
    tree = ast.parse(Path(book_work.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    taken = [alias.name for node in imports if node.module == "firstcnn" for alias in node.names]
    assert taken == ["data"]
    assert not any((node.module or "").startswith("firstcnn.") for node in imports)
