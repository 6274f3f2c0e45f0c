"""Write every version anew, with hashes: ``uv`` has to be installed. Versions stay unless their
ranges forbid them; ``--upgrade``, or ``--upgrade-package NAME``, takes newer ones.

requirements.txt has what the book needs, requirements-cuda.txt what PyTorch's build for graphics
cards needs besides, binder/requirements.txt what notebooks need, and binder/torch.txt the version
of PyTorch, whose build for processors comes from an index of its own, with other hashes.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
BOOK, CUDA = ROOT / "requirements.txt", ROOT / "requirements-cuda.txt"
BINDER, TORCH = ROOT / "binder" / "requirements.txt", ROOT / "binder" / "torch.txt"
BLOCK = re.compile(r"^[a-z0-9][^\n]*(?:\n    --hash[^\n]*)*\n", flags=re.M)
NOTE = """# What cells need, and Jupyter, but for PyTorch (torch.txt).
# Versions and hashes are those of the root's file.
# tools/renew_requirements.py writes this file.
"""


def is_cuda(block: str) -> bool:
    """Tell whether a package belongs to PyTorch's build for graphics cards."""
    return re.match(r"(nvidia|cuda|triton)[-=]", block) is not None


def is_torch(block: str) -> bool:
    """Tell whether a package is PyTorch or torchvision."""
    return re.match(r"torch(vision)?==", block) is not None


def compiled(sources: list[str], options: list[str], begin: str) -> list[str]:
    """Return the packages that uv finds, each with its hashes; it keeps the versions of ``begin``
    where it can.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text(begin, encoding="utf-8")
        command = [
            "uv",
            "pip",
            "compile",
            *sources,
            "--generate-hashes",
            "--no-header",
            "--no-annotate",
            "-o",
            file,
        ]
        subprocess.run([*command, *options], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        return BLOCK.findall(file.read_text(encoding="utf-8"))


def write(file: Path, blocks: list[str], wanted: Callable[[str], bool], note: str = "") -> None:
    """Write those packages that are wanted."""
    file.write_text(note + "".join(filter(wanted, blocks)), encoding="utf-8")


def main() -> None:
    """Renew all four files."""
    kept = BOOK.read_text(encoding="utf-8") + CUDA.read_text(encoding="utf-8")
    options = ["--all-extras", "--universal", "--python-version", "3.11", *sys.argv[1:]]
    book = compiled(["pyproject.toml"], options, kept)
    write(BOOK, book, lambda block: not is_cuda(block))
    write(CUDA, book, is_cuda)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as versions:
        versions.writelines(block.splitlines()[0].rstrip(" \\") + "\n" for block in book)
        versions.flush()
        options = ["-c", versions.name, "--python-version", "3.11.9", "--python-platform", "linux"]
        binder = compiled(
            ["pyproject.toml", "binder/requirements.in"],
            options,
            BINDER.read_text(encoding="utf-8"),
        )
    write(BINDER, binder, lambda block: not is_cuda(block) and not is_torch(block), NOTE)
    TORCH.write_text(
        "".join(f"{block.split()[0]}\n" for block in binder if is_torch(block)), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
