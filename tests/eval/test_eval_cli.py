"""The command line of the evaluation: each command binds to the function that runs it."""

import inspect

import pytest

from eval.__main__ import main, parse


@pytest.mark.parametrize(
    "words",
    [
        *(
            "speed",
            "speed ingest --equality 5",
            "extract --failures --json f.json",
            "injection",
            "sources",
        ),
        *("run", "generate", "import q.csv new", "report r", "compare a b c --html p.html"),
        *("calibrate a b", "gate r --min answer=0.5 --max errors=0"),
    ],
)
def test_a_command_has_an_option_for_every_parameter_of_its_function(words):
    function, options = parse(words.split())
    inspect.signature(function).bind(**options)


@pytest.mark.parametrize(
    ("words", "mode"),
    [
        ("", "answers"),
        ("--retrieval-only", "retrieval"),
        ("--gold", "gold"),
        ("--warm", "warm"),
        ("--peer llamaindex", "llamaindex"),
    ],
)
def test_a_run_has_one_mode(words, mode):
    assert parse(["run", *words.split()])[1]["options"].mode == mode


def test_two_modes_are_a_wrong_usage():
    with pytest.raises(SystemExit) as end:
        parse(["run", "--gold", "--warm"])
    assert end.value.code == 2


def test_the_import_command_makes_a_set(tmp_path, capsys):
    source = tmp_path / "q.csv"
    source.write_text("question,answer,context\nWho came?,Kim,Kim came.\n")
    assert main(["import", str(source), str(tmp_path / "new")]) == 0
    assert "1 questions, 1 articles" in capsys.readouterr().out
