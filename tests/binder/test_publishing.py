"""The workflow that publishes pages and notebooks: its commands exist, and its branch keeps its
history.
"""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from bookkit.book.project import open_project
from bookkit.editions.launch import publication

ROOT = Path(__file__).parents[2]
PUSH = ROOT / ".github" / "push-branch"


WORKFLOW = ROOT / ".github" / "workflows" / "publish.yml"


@pytest.fixture(scope="module")
def jobs() -> dict[str, dict]:
    return yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]


def commands_of(job: dict) -> list[str]:
    return [line for step in job["steps"] if "run" in step for line in step["run"].splitlines()]


@pytest.fixture(scope="module")
def commands(jobs) -> list[str]:
    return [line for job in jobs.values() for line in commands_of(job)]


def test_only_a_job_that_runs_nothing_of_others_may_write(jobs):
    assert yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["permissions"] == {}
    assert jobs.keys() == {"make", "known-faults", "publish"}
    for name in ("make", "known-faults"):
        assert jobs[name]["permissions"] == {"contents": "read"}
    assert jobs["publish"]["permissions"] == {
        "contents": "write",
        "pages": "write",
        "id-token": "write",
    }
    assert {command.split()[0] for command in commands_of(jobs["publish"])} == {
        "tar",
        ".github/push-branch",
    }


@pytest.mark.parametrize("workflow", sorted(WORKFLOW.parent.glob("*.yml")), ids=lambda f: f.stem)
def test_actions_are_named_by_their_commits_and_leave_no_credentials(workflow):
    text = workflow.read_text(encoding="utf-8")
    used, jobs = re.findall(r"uses: (.*)", text), yaml.safe_load(text)["jobs"]
    steps = [step for job in jobs.values() for step in job["steps"] if "uses" in step]
    assert len(used) == len(steps)
    assert [
        line
        for line in used
        if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
    ] == []
    checkouts = [step for step in steps if step["uses"].startswith("actions/checkout@")]
    assert checkouts and all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_packages_of_npm_run_nothing_when_they_are_installed():
    assert "ignore-scripts=true" in (ROOT / ".npmrc").read_text().splitlines()


def test_the_workflow_makes_tests_and_publishes_with_commands_that_exist(commands):
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M)
    made = [command.split()[1] for command in commands if command.startswith("make ")]
    assert made == ["book", "pdf", "epub", "test"] and set(made) <= set(targets)
    assert ".venv/bin/python -m bookkit publish" in commands


def test_the_workflow_pushes_the_branch_that_the_pages_lead_to(commands):
    branch = publication(open_project(ROOT).settings.publish, {})["branch"]
    assert commands[-1] == f'.github/push-branch {branch} "$RUNNER_TEMP/published"'


def git(*arguments: str | Path, folder: Path) -> str:
    settings = ["-c", "user.name=Test", "-c", "user.email=test@test.example"]
    return subprocess.run(
        ["git", *settings, *arguments], cwd=folder, capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A repository with one commit, whose origin is another one."""
    work, origin = tmp_path / "work", tmp_path / "origin"
    (work / "out" / "notebooks").mkdir(parents=True)
    git("init", "--quiet", "--bare", origin, folder=tmp_path)
    git("init", "--quiet", "--initial-branch=main", folder=work)
    (work / ".gitignore").write_text("out/\n")
    git("add", "--all", folder=work)
    git("commit", "--quiet", "--message", "Sources", folder=work)
    git("remote", "add", "origin", origin, folder=work)
    return work


def push(work: Path, **files: str) -> tuple[list[str], int]:
    """Publish files and return those of the branch, and the number of its commits."""
    for file in (work / "out" / "notebooks").iterdir():
        file.unlink()
    for name, text in files.items():
        (work / "out" / "notebooks" / f"{name}.ipynb").write_text(text)
    subprocess.run([PUSH, "published", "out"], cwd=work, check=True, capture_output=True)
    assert git("status", "--short", folder=work) == ""
    names = git("ls-tree", "-r", "--name-only", "published", folder=work.parent / "origin").split()
    return names, int(git("rev-list", "--count", "published", folder=work.parent / "origin"))


def test_a_branch_holds_what_was_made_last_and_keeps_its_history(checkout):
    assert push(checkout, one="1", two="2") == (["notebooks/one.ipynb", "notebooks/two.ipynb"], 1)
    assert push(checkout, one="1", two="2")[1] == 1
    assert push(checkout, two="changed") == (["notebooks/two.ipynb"], 2)


def test_the_weekly_check_of_links_may_only_read():
    workflow = yaml.safe_load((WORKFLOW.parent / "links.yml").read_text(encoding="utf-8"))
    assert workflow["permissions"] == {} and workflow[True]["schedule"]  # YAML reads on as True
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "read"}
    assert commands_of(job) == ["python tools/links.py"] and (ROOT / "tools" / "links.py").is_file()


def test_who_cites_the_book_names_its_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert cited["version"] == project["version"] and cited["authors"] and cited["license"]
