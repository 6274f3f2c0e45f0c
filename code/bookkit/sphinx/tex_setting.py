"""TeX set as MathML and said in words, by one call of node for all formulas of a site."""

import json
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from bookkit.system import processes
from bookkit.system.errors import BookError
from bookkit.system.files import digest_of, write_if_changed

SCRIPT = Path(__file__).parent / "tex" / "set.mjs"
PACKAGES = ("temml", "speech-rule-engine", "@fontsource/stix-two-math")
WHERE = re.compile(r"\s+at (?:position \d+|end of input):.*", re.DOTALL)

UNKNOWN = "Unsupported function name: "


class Formula(NamedTuple):
    """What stands in the TeX of a formula, and whether it has lines of its own."""

    tex: str
    display: bool


class SetFormula(NamedTuple):
    """A formula as MathML and in words."""

    mathml: str
    words: str


class TexSetter:
    r"""Sets formulas and keeps them in a file, with a digest of what set them.

    Parameters
    ----------
    packages : Path
        The folder ``node_modules``.
    file : Path
        Where set formulas are kept.
    macros : mapping
        TeX for each name that the book adds, ``{"\RR": "\mathbb{R}"}``.
    """

    def __init__(self, packages: Path, file: Path, macros: Mapping[str, str]):
        self.packages, self.file, self.macros = packages, file, dict(macros)
        self.known: dict[Formula, SetFormula] = {}
        self.faults: dict[Formula, str] = {}

    def set_all(self, formulas: Iterable[Formula]) -> None:
        """Set the formulas that are not set yet; `known` and `faults` then have each of them.

        Raises
        ------
        BookError
            If a package is missing or node fails.
        """
        wanted = sorted(set(formulas) - self.known.keys() - self.faults.keys())
        if not wanted:
            return
        origin = self._origin()
        kept = self._kept(origin)
        self.known |= {each: kept[each] for each in wanted if each in kept}
        missing = [each for each in wanted if each not in kept]
        for formula, answer in zip(missing, self._ask(missing), strict=True):
            if "error" in answer:
                self.faults[formula] = in_a_sentence(**answer)
            else:
                self.known[formula] = SetFormula(**answer)
        if missing:
            rows = [[*formula, *found] for formula, found in sorted(self.known.items())]
            text = json.dumps({"origin": origin, "formulas": rows}, ensure_ascii=False, indent=0)
            write_if_changed(self.file, text)

    def _kept(self, origin: str) -> dict[Formula, SetFormula]:
        """Return the formulas that were set by the same means."""
        try:
            found = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        rows = found["formulas"] if found["origin"] == origin else []
        return {Formula(*row[:2]): SetFormula(*row[2:]) for row in rows}

    def _origin(self) -> str:
        """Return a digest of the script, of its packages and of the macros."""
        files = [SCRIPT, *(self.packages / name / "package.json" for name in PACKAGES)]
        for file in files:
            if not file.is_file():
                raise BookError(
                    f"formulas need the npm packages {', '.join(PACKAGES)}: name them in"
                    " package.json, and files of them in the table browser-parts of pyproject.toml"
                )
        texts = [file.read_bytes() for file in files]
        return digest_of(b"\0".join([*texts, json.dumps(self.macros, sort_keys=True).encode()]))

    def _ask(self, formulas: list[Formula]) -> list[dict]:
        if not formulas:
            return []
        with tempfile.TemporaryDirectory() as folder:
            question = Path(folder, "formulas.json")
            text = json.dumps({"formulas": formulas, "macros": self.macros})
            question.write_text(text, encoding="utf-8")
            command = [processes.tool("node"), str(SCRIPT), str(self.packages), str(question)]
            done = processes.run(command, Path(folder))
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise BookError(f"node could not set the formulas: {' '.join(said[-8:])}")
        return json.loads(done.stdout)


def in_a_sentence(error: str, position: int | None = None) -> str:
    """Return what is wrong in the TeX of a formula, in one line."""
    what = " ".join(WHERE.sub("", error).split())
    if (name := what.removeprefix(UNKNOWN)) != what:
        return f"{name} is unknown; macros of the book's own stand in mathjax3_config"
    return what if position is None else f"{what} (behind character {position})"
