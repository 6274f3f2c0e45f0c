"""Lay out what Sphinx reads, and let it make the site."""

import gc
import json
import shutil
import signal
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import yaml
from nbformat import NotebookNode

from bookkit.book.data import built_from
from bookkit.book.pages import ExecutedPage
from bookkit.book.project import Project
from bookkit.editions.launch import publication
from bookkit.system import processes
from bookkit.system.errors import BookError
from bookkit.system.files import (
    digest_of,
    digests_below,
    read_text,
    without_colours,
    write_if_changed,
)
from bookkit.system.processes import end_with_parent
from bookkit.system.stopping import undisturbed

OWN = ("assets", "node", "templates", "tex")  # folders beside this file whose files make pages
RARELY = (200_000, 50, 1000)  # how often to look for garbage: as usual takes an eighth of the time


def lay_out(
    project: Project,
    shown: Mapping[Path, NotebookNode],
    status: dict[str, Any],
    config: dict[str, Any],
) -> None:
    """Bring the stage up to date: pages with results, other pages, assets, how all was made, and
    the configuration.

    Files that have not changed are left alone.

    Parameters
    ----------
    project : Project
    shown : mapping
        What readers of the edition get of each executed page.
    status : dict
        How all was made.
    config : dict
        As `configuration` returns it.
    """
    kept = {project.stage / "_config.yml", project.stage / "_toc.yml", project.status}
    write_if_changed(project.status, json.dumps(status, indent=1, ensure_ascii=False))
    for page, notebook in shown.items():
        kept.add(target := project.stage / page.with_suffix(".ipynb"))
        write_if_changed(target, nbformat.writes(notebook))
    for file in sources(project):
        relative = file.relative_to(project.root)
        if relative not in shown:
            kept.add(target := project.stage / relative)
            write_if_changed(target, file.read_bytes())
    write_if_changed(project.stage / "_toc.yml", read_text(project.root / "_toc.yml"))
    write_if_changed(project.stage / "_config.yml", yaml.safe_dump(config, sort_keys=False))
    for file in project.stage.rglob("*"):
        if file.is_file() and file not in kept:
            file.unlink()


def sources(project: Project) -> list[Path]:
    """Return the pages of the table of contents and everything in the folders that the book brings
    along.
    """
    folders = [project.root / folder for folder in project.settings.assets]
    files = {file for folder in folders for file in folder.rglob("*") if file.is_file()}
    return sorted(files | {project.root / page for page in project.pages})


def configuration(project: Project) -> dict[str, Any]:
    """Return the book's configuration: execution off; a banner on every page of a preview; claims
    checked or not.
    """
    config = deepcopy(project.config)
    subtable(config, "execute")["execute_notebooks"] = "off"
    if project.profile.is_preview:
        subtable(config, "html")["announcement"] = project.profile.banner
    sphinx = subtable(config, "sphinx")
    extensions = sphinx["extra_extensions"] = [
        *(sphinx.get("extra_extensions") or []),
        "bookkit.sphinx.outdated",
    ]
    if "bookkit.sphinx.extension" in extensions:
        own = {
            "bookkit_checked": not project.profile.is_preview,
            "bookkit_publish": publication(project.settings.publish),
            "bookkit_notebooks": project.notebooks,
        }
        own["bookkit_solutions"] = project.edition.solutions
        own["bookkit_zips"] = project.zips
        own["bookkit_help"] = project.settings.help
        own["bookkit_progress"] = project.settings.progress
        own["bookkit_built_from"] = built_from(project)
        subtable(sphinx, "config").update(own)
    return config


def subtable(config: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a table of a configuration, which gets an empty one if it has none."""
    if not config.get(name):
        config[name] = {}
    if not isinstance(config[name], dict):
        raise BookError(
            f"_config.yml: {name} is {config[name]!r}: write names and values below it, or take it"
            " out."
        )
    return config[name]


def render(
    project: Project, executed: Mapping[Path, ExecutedPage], complete: Callable[[Path], None]
) -> None:
    """Make the site from the stage beside the old one, and put it in its place once it is whole.

    Nothing is done if all that the site comes from is what it was, and the site too. What tells
    this is removed meanwhile: after a run that did not end well everything is read anew.

    Parameters
    ----------
    project : Project
    executed : mapping
        The executed pages.
    complete : function
        From the folder of the new site, it adds what Sphinx does not make.

    Raises
    ------
    BookError
        If Sphinx warns of anything or does not end well; then the old site is as it was.
    """
    note = project.build / "site.json"
    noted, now = noted_in(note), origins(project, executed)
    if noted == {**now, **kept_in(project)}:
        return
    read_before = {name: noted.get(name) for name in ("common", "read")}
    # where nothing of a solution may stay, such as the picture of a cell that is an exercise now
    if not project.edition.solutions or read_before != {
        "common": now["common"],
        "read": kept_in(project)["read"],
    }:
        forget(project)
    for left_over in (project.fresh, project.previous):
        remove(left_over)
    note.unlink(missing_ok=True)
    try:
        run_sphinx_on(project)
        complete(project.fresh)
    except BaseException:
        shutil.rmtree(project.fresh, ignore_errors=True)
        raise
    swap(project)
    write_if_changed(note, json.dumps({**now, **kept_in(project)}))


def noted_in(note: Path) -> dict[str, Any]:
    """Return what was noted of a finished site; nothing if that is not known."""
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def profile_of_site(project: Project) -> str | None:
    """Return the name of the profile of the finished site; None if that is not known."""
    return noted_in(project.build / "site.json").get("profile")


def origins(project: Project, executed: Mapping[Path, ExecutedPage]) -> dict[str, Any]:
    """Return digests of all that a site comes from: its pages, and what all of them have in common.

    To the latter belong the configuration and whatever else lies in the stage, this package and the
    installed ones. Of the book's own code, Sphinx notes itself which pages depend on it.
    """
    pages = {page.with_suffix(".ipynb") if page in executed else page for page in project.pages}
    texts = {str(Path("stage", page)) for page in pages} | {str(Path("stage", project.status.name))}
    staged = digests_below(project.stage)
    results = {
        str(file): digest_of(nbformat.writes(page.notebook()).encode())
        for file, page in executed.items()
    }
    common = {
        name: digest
        for name, digest in staged.items()
        if name not in texts and not is_asset(project, name)
    }
    settings = {
        name: digest_of(file.read_bytes())
        for name in ("pyproject.toml", "package-lock.json")
        if (file := project.root / name).is_file()
    }
    return {
        "profile": project.profile.name,
        "stage": staged,
        "results": results,
        "assets": digests_below(*(Path(__file__).parent / name for name in OWN)),
        "packages": [
            digest_of(file.read_bytes()) for file in project.root.glob("package-lock.json")
        ],
        "code": sources_below(project.root / project.settings.code),
        "common": [
            common,
            sources_below(Path(__file__).parents[1]),
            settings,
            installed(),
            sys.version,
        ],
    }


def sources_below(folder: Path) -> dict[str, str]:
    """Return the digests of the Python files of a folder."""
    return {name: digest for name, digest in digests_below(folder).items() if name.endswith(".py")}


def is_asset(project: Project, name: str) -> bool:
    """Tell whether a file of the stage is one that Sphinx copies and does not read."""
    folders = ((project.config.get("sphinx") or {}).get("config") or {}).get(
        "html_static_path"
    ) or []
    return any(Path(name).is_relative_to(Path("stage", folder)) for folder in folders)


def installed() -> list[str]:
    """Return the names and versions of everything that is installed beside this Python."""
    folders = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    return sorted(file.name for folder in folders for file in Path(folder).glob("*.dist-info"))


def kept_in(project: Project) -> dict[str, dict[str, str]]:
    """Return the digests of the finished site, and of what Sphinx keeps of the pages that it has
    read.
    """
    read = digests_below(project.build / ".doctrees") | digests_below(
        project.build / "jupyter_execute"
    )
    return {"site": digests_below(project.site), "read": read}


@contextmanager
def growing(project: Project) -> Iterator[None]:
    """Let something be added to a finished site: what was noted of it then holds again, if it held
    before.
    """
    note = project.build / "site.json"
    noted = noted_in(note)
    held = noted == {**noted, **kept_in(project)}
    yield
    if held:
        write_if_changed(note, json.dumps({**noted, **kept_in(project)}))


def forget(project: Project) -> None:
    """Remove everything that earlier builds left, but the stage and the finished site."""
    keep = {project.stage, project.site}
    if not project.edition.folder:  # beside it lie the other editions
        keep |= {
            file
            for file in project.build.iterdir()
            if file.name not in (".doctrees", "jupyter_execute")
        }
    for file in set(project.build.iterdir()) - keep:
        remove(file)


def remove(file: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if file.is_dir() and not file.is_symlink():
        shutil.rmtree(file)
    else:
        file.unlink(missing_ok=True)


def swap(project: Project) -> None:
    """Put the new site in the place of the old one. Should that be cut short, `settle` brings the
    old one back.
    """
    with undisturbed():
        if project.site.exists():
            project.site.rename(project.previous)
        project.fresh.rename(project.site)
    remove(project.previous)


def settle(project: Project) -> None:
    """Bring back the site if a build was killed in the very moment in which a new one took its
    place.
    """
    if not project.site.exists() and project.previous.is_dir():
        project.previous.rename(project.site)


def run_sphinx_on(project: Project) -> None:
    """Run Jupyter Book on the stage, in a process of its own; every warning counts as an error.

    Raises
    ------
    BookError
        With what Sphinx complained about, in terms of the book's own files.
    """
    program = (
        "import sys; from bookkit.sphinx.site import run_sphinx;"
        " sys.exit(run_sphinx(*sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, str(project.stage), str(project.fresh)]
    done = processes.run(command, project.root)
    log = without_colours(done.stdout + done.stderr)
    write_if_changed(project.build / "sphinx.log", log)
    if done.returncode < 0:
        raise BookError(
            f"Sphinx was ended from outside ({signal.strsignal(-done.returncode)}), most often for"
            " want of memory: close other programs or give it more, then call this again."
        )
    if done.returncode:
        raise BookError(f"Sphinx found fault with the book:\n{complaints(project, log)}")


def run_sphinx(stage: str, site: str) -> int:
    """Make the site from the stage with Jupyter Book's configuration; return 0 if there was nothing
    to complain of.
    """
    from jupyter_book.sphinx import build_sphinx

    end_with_parent()
    gc.freeze()
    gc.set_threshold(*RARELY)
    file = Path(stage) / "_config.yml"
    options = {
        "external_toc_path": str(Path(stage) / "_toc.yml"),
        "nitpicky": True,
        "latex_individualpages": False,
    }
    result = build_sphinx(
        stage,
        site,
        noconfig=True,
        path_config=file,
        confoverrides=options,
        warningiserror=True,
        keep_going=True,
    )
    return result if isinstance(result, int) else 1


def complaints(project: Project, log: str) -> str:
    """Return the lines of a Sphinx log that complain, with the names of the book's own files."""
    lines = [
        line for line in log.splitlines() if "WARNING" in line or "ERROR" in line or "rror:" in line
    ]
    text = "\n".join(lines or log.splitlines()[-30:]).replace(f"{project.stage}/", "")
    for page in project.pages:
        text = text.replace(str(page.with_suffix(".ipynb")), str(page))
    return f"{text}\n(everything it said: {project.build / 'sphinx.log'})"
