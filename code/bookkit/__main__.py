"""The commands behind the Makefile: ``python -m bookkit --help``."""

from bookkit.system import stopping

if __name__ == "__main__":  # before all that takes time to import
    stopping.listen()

import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial, wraps
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bookkit.system.errors import BookError, in_words

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Make, serve and check the book."
)
console = Console(soft_wrap=True, highlight=False)


def plainly(command: Callable) -> Callable:
    """Let a command end with the text of its error rather than with a traceback."""

    @wraps(command)
    def wrapped(*arguments, **options):
        try:
            return command(*arguments, **options)
        except BookError as error:
            say_why(str(error))
        except OSError as error:
            stopping.check()
            say_why(in_words(error))
        except Exception:
            stopping.check()  # a library may have turned a signal into an error of its own
            raise
        raise typer.Exit(1) from None

    return wrapped


def say_why(text: str) -> None:
    """Print why a command ends early."""
    console.print("[bold red]Stopped.[/bold red]", end=" ")
    console.print(text, markup=False, emoji=False)


@app.command()
@plainly
def parts() -> None:
    """Bring the site's parts from npm."""
    from bookkit.book.project import open_project
    from bookkit.run.parts import bring_browser_parts
    from bookkit.system.lock import alone

    project = open_project(Path.cwd())
    with alone(project.root):
        bring_browser_parts(project)


@app.command()
@plainly
def build(
    profile: Annotated[
        str, typer.Option(help="One of the book's; its first if none is named.")
    ] = "",
    edition: Annotated[str, typer.Option(help="open, or course: without solutions.")] = "open",
    data: Annotated[
        str, typer.Option(help="A folder of data to use in place of the book’s own.")
    ] = "",
) -> None:
    """Make the site in _build/html, or that of the course edition in _build/course/html."""
    from bookkit.book.project import open_project
    from bookkit.run.making import build as build_book

    project = open_project(Path.cwd(), profile, edition)
    if data:
        os.environ[project.variable("data")] = str(absolute(data))
    build_book(project, console)


def absolute(folder: str) -> Path:
    """Return the whole path of a folder as it was typed, also with a ``~`` that the shell left as
    it is.

    Raises
    ------
    BookError
        If it names a person whom this machine does not know.
    """
    try:
        return Path(folder).expanduser().resolve()
    except RuntimeError:
        raise BookError(
            f"{folder}: this machine knows no such person: write the whole path."
        ) from None


@app.command()
@plainly
def costs(
    profile: Annotated[
        str, typer.Option(help="One of the book's; its first if none is named.")
    ] = "",
) -> None:
    """Write into the book what its pages cost when they were last executed here."""
    from bookkit.book.project import open_project
    from bookkit.run.cost import ship_costs
    from bookkit.system.lock import alone

    project = open_project(Path.cwd(), profile)
    with alone(project.root):
        console.print(f"The costs are in {ship_costs(project)}")


@app.command()
@plainly
def exercises() -> None:
    """List the exercises, each with its number of blanks and of wrong answers."""
    from bookkit.book.pages import read_pages
    from bookkit.book.project import open_project
    from bookkit.exercises.rules import listing

    project = open_project(Path.cwd())
    for line in listing(project, read_pages(project.root, project.pages, project.chapters)):
        console.print(line, markup=False)


@app.command()
@plainly
def serve(
    port: Annotated[int, typer.Option(help="0 takes any free one.")] = 8000,
    edition: Annotated[str, typer.Option(help="open, or course.")] = "open",
) -> None:
    """Serve the site with kernels for its cells, and print its address."""
    from bookkit.book.project import open_project
    from bookkit.serve.server import serve as serve_book
    from bookkit.sphinx.site import settle
    from bookkit.system.lock import alone

    def announce(address: str) -> None:
        console.print(f"The book is at {address} (Ctrl-C ends it)")

    project = open_project(Path.cwd(), edition=edition)
    if not project.site.exists():
        with alone(project.root):
            settle(project)
    serve_book(project, port, announce, partial(console.print, markup=False))
    with suppress(OSError):  # the terminal may be what was closed
        console.print("Closed.")


@app.command()
@plainly
def publish(edition: Annotated[str, typer.Option(help="open, or course.")] = "open") -> None:
    """Lay out the branch from which Binder and Colab open the notebooks, in _build/published."""
    from bookkit.book.project import open_project
    from bookkit.editions.branch import lay_out_branch
    from bookkit.sphinx.site import settle
    from bookkit.system.lock import alone

    project = open_project(Path.cwd(), edition=edition)
    with alone(project.root):
        settle(project)
        console.print(f"The branch is in {lay_out_branch(project)}")


@app.command()
@plainly
def pdf(edition: Annotated[str, typer.Option(help="open, or course.")] = "open") -> None:
    """Print the finished book into one PDF, and offer it on its pages."""
    from bookkit.book.project import open_project
    from bookkit.editions.paper import make_pdf
    from bookkit.run.offering import make_and_offer

    project = open_project(Path.cwd(), edition=edition)
    console.print(f"The PDF is {make_and_offer(project, make_pdf)}")


@app.command()
@plainly
def epub(edition: Annotated[str, typer.Option(help="open, or course.")] = "open") -> None:
    """Pack the finished book into one EPUB, and offer it on its pages."""
    from bookkit.book.project import open_project
    from bookkit.editions.epub import make_epub
    from bookkit.run.offering import make_and_offer

    project = open_project(Path.cwd(), edition=edition)
    console.print(f"The EPUB is {make_and_offer(project, make_epub)}")


if __name__ == "__main__":
    app()
