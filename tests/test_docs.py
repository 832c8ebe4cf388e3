"""README and docs name every command, option, route, exit code, JSON key and setting there is."""

from __future__ import annotations

import argparse
import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.backends.serialization import to_json
from assistant.cli.entry import EXIT_CODES, parser
from assistant.core.answer import Answer
from assistant.models.catalogue import catalogue
from docs.generate import pages
from eval.__main__ import parser as eval_parser
from ui.web.security_middleware import API_ROUTES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
DOCS = {path.name: path.read_text("utf-8") for path in (ROOT / "docs").glob("*.md")}
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def walk(
    command: argparse.ArgumentParser, name: str = ""
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command and action with its parser."""
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, inner in action.choices.items():
                yield f"{name} {word}".strip(), inner
                yield from walk(inner, f"{name} {word}".strip())


def options(command: argparse.ArgumentParser) -> set[str]:
    return {word for action in command._actions for word in action.option_strings} - {
        "-h",
        "--help",
    }


def section(page: str, heading: str) -> str:
    """The text below a heading that holds `heading`, up to the next one of its level."""
    found = re.search(rf"^## .*{re.escape(heading)}.*?(?=^## |\Z)", DOCS[page], re.M | re.S)
    assert found, f"docs/{page} has no section on {heading}"
    return found[0]


@pytest.mark.parametrize("file", sorted(pages()), ids=lambda file: file.name)
def test_a_generated_page_is_up_to_date(file):
    assert file.read_text("utf-8") == pages()[file], "run `make docs`"


def test_the_readme_is_short_and_names_every_command():
    assert len(README.splitlines()) <= 200
    for name, _ in walk(parser()):
        if " " not in name:
            assert f"`assistant {name}" in README


@pytest.mark.parametrize(
    ("name", "command"), list(walk(parser())), ids=lambda value: str(value)[:20]
)
def test_every_command_action_and_option_is_explained(name, command):
    if name == "eval":
        return
    first, *action = name.split()
    text = section("using.md", f"`assistant {first}")
    for word in action:
        assert re.search(rf"^\| `{word}\b", text, re.M)
    common = section("using.md", "Ingest") and DOCS["using.md"].partition("\n## ")[0]
    for option in options(command):
        assert re.search(rf"`{option}\b", text) or re.search(rf"`{option}\b", common), option


@pytest.mark.parametrize(
    ("name", "command"), list(walk(eval_parser())), ids=lambda value: str(value)[:20]
)
def test_every_measurement_and_its_options_are_explained(name, command):
    assert f"eval {name}" in DOCS["evaluation.md"] or f"`{name} " in DOCS["evaluation.md"]
    for option in options(command):
        assert re.search(rf"[`\s]{option}\b", DOCS["evaluation.md"]), option


def test_every_exit_code_is_explained():
    for code in re.findall(r"\b(\d)  ", EXIT_CODES):
        assert re.search(rf"^\| {code} \| ", DOCS["operations.md"], re.M)


def test_every_route_for_programs_is_explained():
    routes = re.findall(r"`(GET|POST|DELETE) (/[^`]*)`", DOCS["http-api.md"])
    for method, path in routes:
        filled = path.replace("{answer_id}", "0" * 32).replace("{id}", "0" * 8)
        assert API_ROUTES.fullmatch(f"{method} {filled}"), path
    for name in [
        *re.findall(r"[a-z]{3,}", API_ROUTES.pattern.partition("|POST")[2]),
        "docs",
        "metrics",
    ]:
        assert any(name in path for _, path in routes), name


def test_every_key_of_an_answer_is_explained():
    named = set(re.findall(r"`(\w+)`", section("http-api.md", "The answer object")))
    printed = to_json(Answer("?"))
    assert set(printed) | set(printed["timings"]) <= named


def test_every_model_of_the_catalogue_is_listed():
    for name, model in catalogue().items():
        assert re.search(
            rf"^\| `{re.escape(name)}` \| .* \| {model.licence} \|$", DOCS["models.md"], re.M
        )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere_and_commands_can_be_parsed(page):
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)#\s]*(?:#[\w-]+)?)\)", text):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        headings = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.M) if anchor else []
        anchors = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
        assert not anchor or anchor in anchors, target
    for path in re.findall(r"`((?:assistant|index|prompts|ui|eval|tests|docs)/[\w/-]+\.py)`", text):
        assert (ROOT / path).exists(), path
    for line in re.findall(r"^(?:\$ )?assistant (.+)$", text, re.M):
        words = shlex.split(line, comments=True)
        (eval_parser() if words[0] == "eval" else parser()).parse_args(words[words[0] == "eval" :])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_examples_in_python_compile_and_import_what_there_is(page):
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.M | re.S):
        tree = ast.parse(block)
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        exec(compile(ast.Module(imports, []), str(page), "exec"), {})
