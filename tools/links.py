"""Ask for every address that the book's texts link to, and name those that lead nowhere.

It needs nothing but Python. Servers that only refuse programs (403, 429) count as there.
"""

import re
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[1]
TEXTS = ("*.md", "book/**/*.md", "book/**/*.bib", "chapters/**/*.md")
ADDRESS = re.compile(r"https?://[^\s<>\"'`\\^{}|…]+")
DOI = re.compile(r"^\s*doi\s*=\s*[{\"]([^}\"]+)", re.IGNORECASE)
HERE = re.compile(r"https?://(localhost|127\.|[\w.-]*example\b|[\w.-]*\.example\b)")
THERE = {HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
SECONDS, PAUSES = 20, (2, 10, 0)  # of patience, and between the tries
HEADERS = {"User-Agent": "Mozilla/5.0 (link check of a textbook)", "Accept": "*/*"}


def addresses(root: Path) -> dict[str, str]:
    """Return the addresses in the texts below a folder, each with where it first stands."""
    found: dict[str, str] = {}
    for file in sorted({file for pattern in TEXTS for file in root.glob(pattern)}):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            for address in addresses_in(line):
                found.setdefault(address, f"{file.relative_to(root)}:{number}")
    return found


def addresses_in(line: str) -> Iterator[str]:
    """Yield the addresses of a line, without marks that belong to the sentence; of a DOI that of
    its record, since publishers refuse programs.
    """
    yield from (f"https://doi.org/api/handles/{doi}" for doi in DOI.findall(line))
    for address in ADDRESS.findall(line):
        address = address.rstrip(".,;:*_!?]")
        while address.endswith(")") and address.count(")") > address.count("("):
            address = address[:-1].rstrip(".,;:*_!?]")
        if "//" in address and not HERE.match(address):
            yield address.partition("#")[0]


def fault(address: str, pauses: tuple[float, ...] = PAUSES) -> str:
    """Return what is wrong with an address, after as many tries as there are pauses; empty if
    nothing is.
    """
    said = ""
    for pause in pauses:
        try:
            with urlopen(Request(address, headers=HEADERS), timeout=SECONDS):
                return ""
        except HTTPError as error:
            if error.code in THERE:
                return ""
            said = f"{error.code} {error.reason}"
        except (OSError, ValueError) as error:
            said = str(getattr(error, "reason", error)) or type(error).__name__
        time.sleep(pause)
    return said


def main(root: Path = ROOT, pauses: tuple[float, ...] = PAUSES) -> int:
    """Print the addresses that lead nowhere; return 1 if there are any, else 0."""
    found = addresses(root)
    with ThreadPoolExecutor(8) as pool:
        faults = dict(zip(found, pool.map(lambda each: fault(each, pauses), found), strict=True))
    dead = {address: said for address, said in faults.items() if said}
    for address, said in dead.items():
        print(f"{found[address]}: {address}: {said}")
    print(f"{len(found)} addresses, {len(dead)} of them lead nowhere")
    return int(bool(dead))


if __name__ == "__main__":
    sys.exit(main())
