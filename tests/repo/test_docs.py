"""README and docs/: links lead somewhere, pictures have words, commands and targets are those that there are."""

import argparse
import json
import re
import shlex

import pytest
import yaml
from markdown_it import MarkdownIt

from classroom import cli as classroom_cli
from course import cli as course_cli
from tests.repo._repo import ROOT, pyproject

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
    *("twenty-one", "twenty-two", "twenty-three", "twenty-four", "twenty-five"),
)

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("classroom/handout/*.md")])
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
COMMANDS = {"course": course_cli.COMMANDS | classroom_cli.COMMANDS, "classroom": classroom_cli.COMMANDS}
IN_BUNDLE = ("readme_instructors.md", "readme_students.md")  # their links are tested with the bundle
page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)


def tokens(path):
    """Everything in a page, flat."""
    for token in MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8")):
        yield token
        yield from token.children or ()


def anchors(path):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@page
def test_links_lead_somewhere(path):
    if path.name in IN_BUNDLE:
        pytest.skip("links of the bundle")
    links = [token.attrs["href"] for token in tokens(path) if token.type == "link_open"]
    links += [token.attrs["src"] for token in tokens(path) if token.type == "image"]
    for link in links:
        place, _, anchor = link.partition("#")
        if "://" in place:
            continue
        target = path.parent / place if place else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@page
def test_pictures_have_alt_texts(path):
    assert [token.attrs["src"] for token in tokens(path) if token.type == "image" and not token.content.strip()] == []


def code(path):
    """The pieces of code of a page: whole lines of blocks for a shell, and what stands in the text."""
    for token in tokens(path):
        if token.type == "fence" and token.info.strip() in ("sh", "bat"):
            yield from token.content.splitlines()
        elif token.type == "code_inline":
            yield token.content


@page
def test_targets_exist(path):
    named = {words[1] for words in map(str.split, code(path)) if words[:1] == ["make"] and len(words) > 1}
    assert {name for name in named if "=" not in name} <= TARGETS


@page
def test_commands_are_understood(path):
    for line in code(path):
        words = shlex.split(line, comments=True) if line.count('"') % 2 == 0 else []
        program = re.split(r"[/\\]", words[0])[-1] if words else ""
        if program not in COMMANDS or len(words) < 2 or words[1] in ("--help", "--version"):
            continue
        assert words[1] in COMMANDS[program], line
        parser = argparse.ArgumentParser()
        COMMANDS[program][words[1]].add(parser)
        options = {option for action in parser._actions for option in action.option_strings}
        assert {word for word in words if re.match("--?[a-z]", word)} <= options, line


def test_readme_is_two_screens():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 100
    assert sum(line.startswith("![") for line in lines) == 2, "a painting, and the studio"


def test_readme_has_a_door_to_every_page():
    seen, todo = set(), [ROOT / "README.md"]
    while todo:
        here = todo.pop()
        if here in seen or here.suffix != ".md":
            continue
        seen.add(here)
        links = [token.attrs["href"].partition("#")[0] for token in tokens(here) if token.type == "link_open"]
        todo += [(here.parent / link).resolve() for link in links if link and "://" not in link]
    assert set(ROOT.glob("docs/*.md")) <= seen


def test_the_chapters_of_the_readme_are_those_there_are():
    for name in ("README.md", "docs/studying.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert set(re.findall(r"notebooks/(\w+)\.ipynb", text)) == {one.stem for one in ROOT.glob("notebooks/*.ipynb")}


def test_the_sums_of_the_readme_are_right():
    facts = [json.loads(path.read_text(encoding="utf-8"))["metadata"]["course"] for path in NOTEBOOKS]
    told = re.search(
        r"(\w+) chapters, \w+ ([\w-]+) hours, (\d+) points marked by program and (\d+) for answers in words",
        (ROOT / "README.md").read_text(encoding="utf-8"),
    )
    assert NUMBERS.index(told[1].lower()) == len(facts)
    assert abs(NUMBERS.index(told[2]) - sum(one["minutes"] for one in facts) / 60) <= 1 / 2
    assert int(told[3]) == sum(one["points"] for one in facts)
    assert int(told[4]) == sum(one.get("open_points", 0) for one in facts)


def test_how_to_cite_it():
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(cff)
    assert cff["version"] == pyproject()["project"]["version"]
    assert [author["name"] for author in cff["authors"]] == [one["name"] for one in pyproject()["project"]["authors"]]
    assert all({"type", "title", "authors"} <= set(reference) for reference in cff["references"])


def test_pre_commit_downloads_nothing():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in hooks["repos"]] == ["local"]
    assert all(hook["language"] == "system" for repository in hooks["repos"] for hook in repository["hooks"])


def test_the_workflow_calls_what_ci_runs():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()
    required = {"CI_BROWSER": "required", "CI_SANDBOX": "required"}  # there a skipped test is a failed one
    assert job["steps"][-1] == {"run": ".ci/run", "env": required}
    assert all(f"sudo apt-get install --yes --no-install-recommends {one}" in job["steps"][-2]["run"]
               for one in ("bubblewrap", "chromium"))  # fmt: skip
    assert job["timeout-minutes"] >= 120  # make test takes about 50 on two cores
