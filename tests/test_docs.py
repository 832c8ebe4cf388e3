"""The README tells the truth about commands, settings, files, exit codes and JSON."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from assistant.cli.parser import EXIT_CODES, parser
from assistant.core.settings import keys, load, value_of
from assistant.models.store import catalogue

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def subcommands(of: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


@pytest.mark.parametrize("command", sorted(subcommands(parser())))
def test_every_command_stands_in_the_readme(command):
    assert f"| `assistant {command}" in README


@pytest.mark.parametrize(
    ("command", "action"),
    [(c, a) for c, p in subcommands(parser()).items() for a in subcommands(p)],
)
def test_every_action_of_a_command_stands_in_its_row(command, action):
    row = re.search(rf"^\| `assistant {command}.*$", README, re.M)
    assert row and re.search(rf"`{action}\b", row[0])


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (name, option)
        for name, command in subcommands(parser()).items()
        for action in command._actions
        for option in action.option_strings
        if option.startswith("--") and option != "--help"
    ],
)
def test_every_option_stands_in_the_readme(command, option):
    assert f"`{option}" in README or f" {option} " in README or f"{option}`" in README


def test_every_command_in_a_code_block_can_be_parsed():
    lines = re.findall(r"^(?:\$ )?assistant (.+)$", README, re.M)
    assert len(lines) >= 4
    for line in lines:
        words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', line)]
        if words[0] != "eval":
            parser().parse_args(words)


@pytest.mark.parametrize("key", sorted(keys()))
def test_the_settings_table_names_every_setting_with_its_default(key):
    row = re.search(rf"^\| `{re.escape(key)}` \| (.*?) \| (.*?) \|$", README, re.M)
    assert row, f"{key} is not in the table"
    if key not in ("data", "cache"):
        default = str(value_of(load(environ={}), key))
        assert row[1].strip("`") == (default if default not in ("", "None") else "—")
    assert row[2] == keys()[key].description


def test_the_settings_table_names_no_other_setting():
    table = README.split("### Settings")[1].split("\nAnother model")[0]
    assert set(re.findall(r"^\| `([\w.]+)` \|", table, re.M)) == set(keys())


def test_every_exit_code_stands_in_the_readme():
    for code in re.findall(r"\b([0-8])  ", EXIT_CODES):
        assert re.search(rf"^\| {code} \| ", README, re.M)


@pytest.mark.parametrize(
    "path",
    sorted(
        str(path.relative_to(ROOT))
        for folder in ("assistant", "index", "prompts", "ui", "eval")
        for path in (ROOT / folder).glob("*.*")
        if path.suffix in (".py", ".toml", ".txt") and path.name != "__init__.py"
    ),
)
def test_every_file_stands_in_the_tree(path):
    folder, name = path.split("/")
    tree = README.split("## Develop it")[1]
    block = re.search(rf"^{folder}/.*?(?=^\S|\Z)", tree, re.M | re.S)
    assert block and re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", block[0])


def test_every_model_of_the_catalogue_stands_in_the_readme():
    for name, model in catalogue().items():
        assert re.search(rf"^\| `{re.escape(name)}` \| .* \| {model.licence} \|$", README, re.M)


def test_the_json_table_names_the_keys_of_an_answer():
    from assistant.backends.serialization import as_json
    from assistant.core.answer import Answer

    table = README.split("### JSON")[1].split("### Settings")[0]
    named = set(re.findall(r"`(\w+)`", table))
    printed = as_json(Answer("?"))
    assert set(printed) <= named
    assert set(printed["timings"]) <= named
