"""A process that has imported what builds of a book import, and forks one for every build.

What a build does is the same as in a new process; only the imports, which take longer than a small
book, have been done. Builds that are stopped or killed are started as `make book` starts them.
"""

import atexit
import json
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

IMPORTED = (
    *("bookkit.run.build", "bookkit.run.making", "bookkit.sphinx.extension", "typer"),
    *("jupyter_book.sphinx", "sphinx.builders.html", "sphinx_book_theme", "sphinx_comments"),
    *("sphinx_copybutton", "sphinx_design", "sphinx_external_toc", "sphinx_jupyterbook_latex"),
    *("sphinx_multitoc_numbering", "sphinx_thebe", "sphinx_togglebutton", "sphinxcontrib.bibtex"),
)


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess:
    """Run ``python -m bookkit`` with these words in a folder, as `subprocess.run` would."""
    with tempfile.TemporaryDirectory() as place:
        said = [str(Path(place, name)) for name in ("stdout", "stderr")]
        request = {"command": list(command), "folder": str(folder), "said": said}
        process = server()
        process.stdin.write(json.dumps(request | {"environment": dict(environment)}) + "\n")
        process.stdin.flush()
        code = int(process.stdout.readline())
        texts = [Path(file).read_text(encoding="utf-8", errors="replace") for file in said]
    return subprocess.CompletedProcess(command, code, *texts)


@cache
def server() -> subprocess.Popen:
    """The process, started when it is first needed; it ends with the tests."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen([sys.executable, __file__], **pipes)
    atexit.register(process.communicate)
    return process


def serve() -> None:
    """Fork a process for every request, and print its exit code."""
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            become(**json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def become(
    command: Sequence[str], folder: str, environment: Mapping[str, str], said: Sequence[str]
) -> None:
    """Go on as a new Python would with ``-m bookkit`` in a folder and an environment."""
    redirect(*said)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:1] = [folder, *environment["PYTHONPATH"].split(os.pathsep)]
    sys.argv = ["bookkit", *command]
    fork_programs()
    runpy.run_module("bookkit", run_name="__main__", alter_sys=True)
    sys.exit()


def redirect(*files: str) -> None:
    """Let standard output and error lead to files, and standard input be empty."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, file in enumerate(files, start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)


def fork_programs() -> None:
    """Let the build fork the program that runs Sphinx as well."""
    from bookkit.system import processes

    start = processes.run

    def fork(command: list[str], folder: Path, environment: Mapping[str, str] | None = None):
        if command[1] != "-c":
            return start(command, folder, environment)
        with tempfile.TemporaryDirectory() as place:
            files = [Path(place, name) for name in ("stdout", "stderr")]
            if (child := os.fork()) == 0:
                redirect(*map(str, files))
                execute(*command[2:])
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            texts = [file.read_text(encoding="utf-8", errors="replace") for file in files]
        return subprocess.CompletedProcess(command, code, *texts)

    processes.run = fork


def execute(program: str, *arguments: str) -> None:
    """Go on as a new Python would with ``-c``; does not return."""
    sys.argv = ["-c", *arguments]
    code = 1
    try:
        exec(program, {"__name__": "__main__"})
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    for name in IMPORTED:
        import_module(name)
    serve()
