"""Which data a book was built from, and whether live cells and notebooks read the same.

The site and its notebooks carry the name of the folder and a digest of what is in it, never where
the folder lies. That stays in ``_build`` of the book's own folder, where its server, and notebooks
on the same machine, find it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from bookkit.system.files import write_if_changed

BUILT_FROM = (  # environment variable of live cells: what `built_from` returns, as JSON
    "BOOKKIT_BUILT_FROM"
)
LIVE_FILE = (  # of the site: what it was built from; and whether its own address has kernels
    "live.json"
)
PLACES = Path("_build") / "data.json"  # digest → folder, of all builds in a book's folder
ASK = """import sys
from pkgutil import resolve_name
try:
    print("digest", resolve_name(sys.argv[1])())
except Exception as error:
    sys.exit(str(error))
"""


def built_from(project: Any) -> dict[str, str] | None:
    """Return which data a build reads; None for a book without data of its own.

    Parameters
    ----------
    project : Project
        Its settings name the variable and the function: ``environment.data`` and ``inputs.data``.

    Returns
    -------
    dict
        ``variable`` that names a folder of data, ``function`` that returns the digest of what a
        Python reads, that ``digest``, and the name of the ``folder``, empty for the usual data.
    """
    variable, function = variable_and_function(project)
    if not variable or not function:
        return None
    folder = named_folder(variable)
    digest = str(resolve_name(function)())
    return {
        "variable": variable,
        "function": function,
        "digest": digest,
        "folder": folder.name if folder else "",
    }


def remember_data(project: Any) -> None:
    """Note in the book's folder where the data of this build lie."""
    built = built_from(project)
    if built and built["folder"]:
        places = places_in(project.root) | {built["digest"]: str(named_folder(built["variable"]))}
        write_if_changed(project.root / PLACES, json.dumps(places, indent=1))


def variable_and_function(project: Any) -> tuple[str, str]:
    """Return the variable that names a folder of data, and the function that returns their digest;
    empty if none.
    """
    return project.settings.environment.data, project.settings.inputs.get("data", "")


def named_folder(variable: str) -> Path | None:
    """Return the folder that an environment variable names, seen from where this process was
    called.
    """
    named = os.environ.get(variable)
    return Path(named).expanduser().absolute() if named else None


def places_in(root: Path) -> dict[str, str]:
    """Return where the data of the builds in a book's folder lie: digest to folder."""
    try:
        found = json.loads((root / PLACES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def data_at_serving(project: Any) -> tuple[dict[str, str], str]:
    """Return the variables under which the kernels of a server read the book's data, and what to
    say about it.

    Raises nothing if the data are gone or changed: the pages can be read all the same. The words
    say what is wrong.
    """
    variable, function = variable_and_function(project)
    built = built_site(project.site)
    here = named_folder(variable) if variable else None
    if not function or (not here and not built.get("folder")):
        return {}, ""
    place = here or places_in(project.root).get(built["digest"])
    if not place:
        return (
            {},
            (
                f"{origin(built)} Where they lie is not known here: set {variable} to that folder."
                " Cells read other data."
            ),
        )
    environment = {variable: str(place)}
    command = [sys.executable, "-c", ASK, function]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True
    )
    digest = done.stdout.rpartition("digest ")[2].strip()
    if done.returncode:
        return environment, f"{origin(built)} Cells cannot read them: {done.stderr.strip()}"
    if built and digest != built["digest"]:
        return environment, f"{origin(built)} {other(str(place), digest)}"
    if not built:
        return (
            environment,
            f"Cells read the data in {place}. This site does not say what it was built from.",
        )
    return environment, f"Cells read the data in {place}, those that the book was built from."


def built_site(site: Path) -> dict[str, str]:
    """Return what a finished site says about its data."""
    try:
        said = json.loads((site / LIVE_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return (said.get("built_from") if isinstance(said, dict) else None) or {}


def origin(built: Mapping[str, str]) -> str:
    """Return a sentence on the data of a book."""
    if not built:
        return "This site does not say which data it was built from."
    folder = (
        f"the data in a folder called {built['folder']}"
        if built.get("folder")
        else "its usual data"
    )
    return f"The book was built from {folder} (SHA-256 {built.get('digest', '')[:12]})."


def other(place: str, digest: str) -> str:
    """Return a sentence for cells that read other data than the book."""
    return (
        f"Cells read other data, those in {place} (SHA-256 {digest[:12]}), so their results differ"
        " from the pages'."
    )


def check_data(variable: str, function: str, digest: str, folder: str) -> None:
    """Make this Python read the data that the book was built from, if they are on this machine; say
    what it reads.

    Parameters are those of the book, as `built_from` returns them. Of a book that was built from
    its usual data, nothing is said unless the variable names a folder.
    """
    built = {"digest": digest, "folder": folder}
    root = Path(__file__).parents[3]  # of a book's folder, if this package is used from there
    place = os.environ.get(variable) or places_in(root).get(digest, "")
    if place:
        os.environ[variable] = place
        print(verdict(place, function, built))
    elif folder:
        print(
            f"{origin(built)} They are not on this machine: these cells read other data, and show"
            " other results."
        )
        print(
            f"Bring the folder here, restart Python, and set os.environ[{variable!r}] to it before"
            " anything else."
        )


def verdict(place: str, function: str, built: Mapping[str, str]) -> str:
    """Return a sentence on whether the data in a place are those of a book."""
    try:
        digest = str(resolve_name(function)())
    except Exception as error:
        return f"{origin(built)} Here they cannot be read: {error}"
    if digest != built["digest"]:
        return f"{origin(built)} {other(place, digest)}"
    return f"These cells read the data in {place}, from which the book was built."


def check_live_data() -> None:
    """Do the same for a live cell, whose page says in an environment variable what the book was
    built from.
    """
    if os.environ.get(BUILT_FROM):
        check_data(**json.loads(os.environ[BUILT_FROM]))
