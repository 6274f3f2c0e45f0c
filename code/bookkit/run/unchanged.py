"""Tell in a second or two that nothing has changed since a site was made.

After a build, digests are noted of everything that it came from and of everything that it made. If
all of them hold, nothing is imported, read or checked again. What a book's own functions depend on
(``inputs``) is taken to be its code, the files that its ``prepare`` returns, the environment
variables, the packages, the processor and the graphics cards; a book with inputs whose ``prepare``
returns no files is always built step by step.
"""

import json
import os
import platform
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bookkit.book.project import Project
from bookkit.system.files import digest_of, digests_below, write_if_changed

KIT = Path(__file__).parents[1]
CARD = re.compile(r"nvidia\d+|kfd|dxg")  # what a card, or the way to it, is called in /dev
SESSION = re.compile(  # variables that tell about a terminal or a call, and nothing of results
    r"_|PWD|OLDPWD|SHLVL|TERM.*|COLUMNS|LINES|COLORTERM|LS_COLORS|PS[0-9]|PROMPT.*|WINDOWID|TMUX.*"
    r"|STY|DISPLAY|WAYLAND_.*|XDG_(SESSION|RUNTIME|SEAT|VTNR).*|DBUS_.*|SSH_.*|GPG_.*|VSCODE.*"
    r"|MAKE.*|MFLAGS|HIST.*|LESS.*|PAGER|EDITOR|VISUAL|NO_COLOR|FORCE_COLOR|INVOCATION_ID"
    r"|PYTEST_.*|VIRTUAL_ENV.*"
)


def sources_of(project: Project) -> str:
    """Return a digest of all that a build comes from, but its data; taken before it reads any."""
    code = project.root / project.settings.code
    folders = {project.root, *(project.root / page.parent for page in project.pages)}
    beside = [file for folder in sorted(folders) for file in folder.iterdir() if file.is_file()]
    assets = [project.root / folder for folder in project.settings.assets]
    return digest_of(
        json.dumps(
            [
                str(project.root),
                digests_of_files(beside),
                [without_compiled(digests_below(folder)) for folder in (*assets, code, KIT)],
                digests_of_files(parts_of(project)),
                environment(project),
                machine(),
            ]
        ).encode()
    )


def parts_of(project: Project) -> list[Path]:
    """Return the files in ``node_modules`` that the site takes along."""
    packages = project.root / "node_modules"
    wanted = project.settings.browser_parts
    return [packages / name / file for name, files in wanted.items() for file in files]


def digests_of_files(files: Iterable[Path]) -> dict[str, str | None]:
    """Return the digest of each file; None for one that cannot be read."""
    return {str(file): digest_or_none(file) for file in files}


def digest_or_none(file: Path) -> str | None:
    """Return the digest of a file; None if it cannot be read."""
    try:
        return digest_of(file.read_bytes())
    except OSError:
        return None


def without_compiled(digests: dict[str, str]) -> dict[str, str]:
    """Leave out what Python has compiled."""
    return {name: digest for name, digest in digests.items() if not name.endswith(".pyc")}


def environment(project: Project) -> dict[str, str]:
    """Return the environment variables on which results may depend; the profile is none of them."""
    own = project.settings.environment.profile
    return {
        name: value
        for name, value in sorted(os.environ.items())
        if name != own and not SESSION.fullmatch(name)
    }


def machine() -> list[Any]:
    """Return what is known of Python, its packages, the processor and graphics cards without
    importing any.
    """
    folders = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    packages = sorted(file.name for folder in folders for file in Path(folder).glob("*.dist-info"))
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        processor = sorted(
            {line for line in lines if re.match(r"(model name|flags|Features)", line)}
        )
    except OSError:
        processor = [platform.processor(), platform.machine()]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cards = sorted(name for name in os.listdir("/dev") if CARD.fullmatch(name))
    return [sys.version, sys.executable, packages, processor, cores, cards]


def data_digests(files: Iterable[str]) -> list[Any]:
    """Return the digests of data files, and the names of what lies beside them."""
    paths = [Path(file) for file in files]
    folders = sorted({path.parent for path in paths})
    names = [sorted(os.listdir(folder)) if folder.is_dir() else None for folder in folders]
    return [digests_of_files(paths), names]


def results_of(project: Project) -> str:
    """Return a digest of all that a build has made."""
    folders = ("stage", "html", ".doctrees", "jupyter_execute")
    made = [digests_below(project.build / folder) for folder in folders]
    files = digests_of_files([project.results, project.build / "site.json"])
    return digest_of(json.dumps([made, files, digests_below(project.executed)]).encode())


def note_of(project: Project) -> Path:
    """Return the file of what is noted."""
    return project.build / "unchanged.json"


def note(project: Project, sources: str, data: list[str] | None) -> None:
    """Note that a site was made from these sources and data; None if data are not known."""
    if data is None and project.settings.inputs:
        note_of(project).unlink(missing_ok=True)
        return
    found = {"profile": project.profile.name, "sources": sources, "data": data or []}
    found |= {"digests": data_digests(data or []), "results": results_of(project)}
    write_if_changed(note_of(project), json.dumps(found))


@contextmanager
def growing(project: Project) -> Iterator[None]:
    """Let something be added to what a build has made: what was noted then holds again, if it held
    before.
    """
    file = note_of(project)
    try:
        noted = json.loads(file.read_text(encoding="utf-8"))
        held = noted["results"] == results_of(project)
    except (OSError, ValueError, LookupError, TypeError):
        held = False
    yield
    if held:
        write_if_changed(file, json.dumps({**noted, "results": results_of(project)}))


def holds(project: Project, sources: str) -> bool:
    """Tell whether the site is the one that a build from these sources would make."""
    try:
        noted = json.loads(note_of(project).read_text(encoding="utf-8"))
        return (
            (noted["profile"], noted["sources"]) == (project.profile.name, sources)
            and noted["digests"] == data_digests(noted["data"])
            and noted["results"] == results_of(project)
        )
    except (OSError, ValueError, LookupError, TypeError):
        return False
