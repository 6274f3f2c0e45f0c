"""How long a file of the packages may be."""

from pathlib import Path

CODE = Path(__file__).parents[1] / "code"
LONGEST = 500  # lines
TABLES = "lessons/checks/*/exercises.py"  # of answers, which grow with the exercises


def test_files_are_short_but_for_tables_of_answers():
    files = [file for file in CODE.rglob("*") if file.suffix in {".py", ".js", ".css"}]
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    assert len(files) > 100
    long = {file: length for file, length in lengths.items() if length > LONGEST}
    assert [file for file in long if not file.match(TABLES)] == []
