"""The six zips of the finished book, each run from top to bottom in an environment that was empty.

The wheel and all that it requires are installed by the notebooks' own first cell. The student's
notebook stops at its blanks alone; the one with solutions runs through.
"""

import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "_build" / "html" / "notebooks"
CHAPTERS = sorted(file.stem for file in (ROOT / "chapters").glob("*.md"))
SECONDS = 1800  # for one cell: the first one downloads PyTorch


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A new environment with Jupyter's kernel and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "ipykernel"], check=True)
    subprocess.run([python, "-m", "ipykernel", "install", "--sys-prefix"], check=True)
    return folder


def run(empty: Path, file: Path, monkeypatch) -> nbformat.NotebookNode:
    """Run all cells of a notebook as a student does, whatever they raise."""
    monkeypatch.setenv("PATH", f"{empty / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("JUPYTER_PATH", str(empty / "share" / "jupyter"))
    monkeypatch.delenv("FIRSTCNN_PROFILE", raising=False)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    notebook = nbformat.read(file, 4)
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        allow_errors=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(file.parent)}},
    )
    return client.execute()


def errors(notebook: nbformat.NotebookNode) -> list[str]:
    return [
        f"{output.ename}: {output.evalue}"
        for cell in notebook.cells
        if cell.cell_type == "code" and "raises-exception" not in cell.metadata.get("tags", [])
        for output in cell.outputs
        if output.output_type == "error"
    ]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_zip_runs_from_top_to_bottom_in_an_empty_environment(
    chapter, empty, tmp_path_factory, monkeypatch
):
    unpacked = tmp_path_factory.getbasetemp() / "unpacked"
    for form in ("", "solutions"):
        with zipfile.ZipFile(NOTEBOOKS / form / f"{chapter}.zip") as made:
            made.extractall(unpacked / form)
    folder = next(path.parent for path in unpacked.glob("*/*.whl"))
    solved = run(empty, unpacked / "solutions" / folder.name / f"{chapter}.ipynb", monkeypatch)
    assert errors(solved) == []
    student = errors(run(empty, folder / f"{chapter}.ipynb", monkeypatch))
    assert [said for said in student if not said.startswith(("OpenBlank: ", "NameError: "))] == []
