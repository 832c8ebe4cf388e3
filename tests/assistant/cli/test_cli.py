"""Every command: its exit code, what goes to stdout and what to stderr."""

import errno
import json
import os
import signal
import sys
from io import StringIO
from pathlib import Path

import pytest

from assistant.cli.entry import main
from index.core.errors import DamagedError
from tests.command_line import python
from tests.fakes import ScriptedModel, WordEmbedding, app_that_says
from tests.stories import GOOD, WHO

MODEL = "smollm2-135m-instruct"


def test_ingest_reports_what_it_did_and_again_that_nothing_changed(run) -> None:
    out, err = run("ingest", "news")
    assert out.startswith("Indexed 2 articles in 2 passages (2 new, 0 changed, 0 removed;")
    assert err == ""
    report = json.loads(run("ingest", "news", "--json")[0])
    assert (report["published"], report["unchanged_files"]) == (False, 2)
    assert run("index", "rebuild")[0].startswith("Indexed 2 articles")


def test_ingest_names_what_it_skipped_and_exits_with_three(run) -> None:
    (run.root / "news" / "empty.txt").write_text("")
    out, _ = run("ingest", "news", code=3)
    assert all(part in out for part in ("Skipped 1.", "SKIP empty", "empty.txt"))


@pytest.mark.parametrize("more", [[], ["--dry-run"], ["--json"]])
def test_ingest_of_a_folder_without_articles_says_which_files_are_some(more, run) -> None:
    (run.root / "empty").mkdir()
    line = run("ingest", "empty", *more)[1]
    assert line.startswith("assistant: no articles") and ".docx" in line and line.count("\n") == 1
    run("ingest", "news")
    assert run("ingest", "news", *more)[1] == ""


def test_ingest_reports_a_file_that_is_gone_and_prunes_it(indexed) -> None:
    (indexed.root / "news" / "flood.txt").unlink()
    assert "GONE" in indexed("ingest", "news")[0]
    assert "1 removed" in indexed("ingest", "news", "--prune", "--force")[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ingest"], "assistant ingest PATH"),
        (["ingest", "nowhere"], "nowhere"),
        (["ingest", "https://news.example/a.html"], "Addresses are not fetched"),
        (["ask", " "], "empty"),
        (["ask", "x" * 2001], "2,000"),
        (["ask", WHO, "--export", "answer.txt"], ".docx"),
        (["chat", "--export", "talk"], ".csl.json"),
        (["search", "-k", "0", "x"], "-k"),
        (["search", ""], "empty"),
        (["search", "\udcff"], "empty"),
        (["models", "path", MODEL[:-9]], MODEL),
        (["doctor", "--config", "none.toml"], "none.toml"),
        (["articles", "--set", "engine.thread=2"], "engine.thread"),
        (["articles", "--set", "engine.threads=many"], "engine.thread"),
        (["articles", "--set", "engine.threads"], "engine.thread"),
        *(
            (["articles", action, article], "articles list")
            for action in ("show", "remove")
            for article in ("ffffffffffffffff", "", "%")
        ),
    ],
)
def test_wrong_usage_is_one_line_and_exits_with_two(arguments, words, indexed) -> None:
    assert words in indexed.refused(*arguments, code=2)


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["ask", WHO, "--colour"], "assistant ask"),
        (["index", "verify", "--colour"], "assistant index verify"),
        (["index", "--colour"], "assistant index"),
        (["eval", "report", "runs", "--colour"], "assistant eval report"),
    ],
)
def test_an_unknown_option_is_refused_with_the_usage_of_its_command(arguments, command, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    err = capsys.readouterr().err
    assert err.startswith(f"usage: {command} [")
    assert err.endswith(f"{command}: error: unrecognized arguments: --colour\n")


def test_a_data_folder_that_cannot_be_written_is_named(run, monkeypatch) -> None:
    def denied(path, *_, **__):  # not with chmod: root may write everywhere
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", denied)
    line = run.refused("ingest", "news", "--data", "locked", code=1)
    assert "locked/index cannot be written" in line
    assert "ASSISTANT_DATA" in line


def test_ask_prints_the_answer_and_the_sentence_that_proves_it(indexed) -> None:
    indexed.says(f"{GOOD} He flew to Paris.")
    out, err = indexed("ask", WHO)
    lines = out.splitlines()
    assert lines[0] == f"{GOOD} [1]"
    assert "[1] Envoys talk in Karuizawa — Harbour Courier, 20 July 2023" in lines
    assert lines[-1] == f"    “{GOOD}”"
    assert err.splitlines() == [
        "The newest article that is cited is of 20 July 2023.",
        "1 sentence left out: nothing in the articles proves it.",
    ]


def test_ask_names_a_cited_title_as_the_title(indexed) -> None:
    indexed.says("Kim Gunn is the special representative at the Envoys talk.")
    lines = indexed("ask", WHO)[0].splitlines()
    assert lines[0].endswith("[1][2]")
    assert lines[-1] == "    Title: “Envoys talk in Karuizawa”"


@pytest.mark.parametrize("arguments", [["ask"], ["ask", "-"]])
def test_a_question_comes_from_stdin_if_none_is_given(arguments, indexed, monkeypatch) -> None:
    indexed.says(GOOD)
    monkeypatch.setattr(sys, "stdin", StringIO(f"{WHO}\n"))
    assert GOOD in indexed(*arguments)[0]


def test_ask_json_is_one_object_or_one_event_a_line(indexed) -> None:
    indexed.says(GOOD)
    out, err = indexed("ask", "--json", WHO)
    answer = json.loads(out)
    assert (answer["answer"], answer["citations"][0]["quote"], err) == (GOOD, GOOD, "")
    indexed.says(f"{GOOD} Sung Kim came for Washington.")
    events = map(json.loads, indexed("ask", "--json", "--stream", WHO)[0].splitlines())
    assert [event["event"] for event in events] == ["evidence", "claim", "claim", "answer"]


@pytest.mark.parametrize("options", [[], ["--json"], ["--json", "--stream"]])
def test_a_question_that_the_articles_do_not_answer_exits_with_seven(options, indexed) -> None:
    indexed.says("He flew to Paris.")
    assert "Not in these articles" in indexed("ask", *options, WHO, code=7)[0]


def test_a_name_that_is_not_in_the_articles_exits_with_seven_and_shows_the_nearest(indexed) -> None:
    out, _ = indexed("ask", "Who is the special representative of Iceland?", code=7)
    assert "“Iceland”" in out
    assert "Nearest articles:\n  Envoys talk in Karuizawa" in out


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_asking_an_empty_index_exits_with_seven_and_says_what_to_do(options, run) -> None:
    assert "assistant ingest FOLDER" in run("ask", *options, WHO, code=7)[0]


def test_ctrl_c_ends_ask_with_one_line(indexed) -> None:
    class Interrupted(ScriptedModel):
        def stream(self, messages, limits, cancel=None):
            signal.raise_signal(signal.SIGINT)
            yield from ()

    indexed.model(Interrupted())
    assert indexed.refused("ask", WHO, code=130) == "assistant: stopped."


def test_hostile_text_cannot_reach_the_terminal(run) -> None:
    (run.root / "news" / "talks.txt").write_text(
        "Title: Envoys\x1b]0;owned\x07 talk\nSource: Led\x9bger\nDate: 2023-07-20\n\n"
        "Kim Gunn \u202eis the \x1b[31mspecial representative of South Korea.\n"
    )
    printed = "".join(run("ingest", "news"))
    run.says("Kim Gunn is the [31mspecial\x1b[2J representative of South Korea.")
    printed += "".join(run("ask", WHO, code=7))
    for arguments in (["search", WHO], ["articles", "list"]):
        printed += "".join(run(*arguments))
    assert "Kim Gunn" in printed
    assert not set(printed) & set("\x1b\x07\x9b\u202e")


def test_search_prints_a_table_best_first_or_json(indexed) -> None:
    out, err = indexed("search", WHO)
    head, first, second = out.splitlines()
    assert head.split()[:4] == ["dense", "bm25", "fused", "rerank"]
    assert "Envoys talk in Karuizawa" in first
    assert "Dike gives way" in second
    assert err == ""
    [row] = json.loads(indexed("search", "--json", "-k", "1", WHO)[0])
    assert (row["rank"], row["title"]) == (1, "Envoys talk in Karuizawa")
    assert row.keys() == {
        *("rank", "passage", "article", "title", "published", "source", "text", "start", "end"),
        *("dense_rank", "similarity", "carried_by", "lexical_rank", "bm25", "fused", "relevance"),
    }


@pytest.mark.parametrize("arguments", [["articles"], ["articles", "list"]])
def test_articles_are_listed_newest_first(arguments, indexed) -> None:
    flood, talks = indexed(*arguments)[0].splitlines()
    assert "2024-05-03  Dike gives way" in flood
    assert "2023-07-20  Envoys talk" in talks
    assert talks.endswith("1 passages")
    flood, talks = json.loads(indexed("articles", "list", "--json")[0])
    assert (flood["published"], talks["source"]) == ("2024-05-03", "Harbour Courier")
    assert talks["path"].endswith("news/talks.txt")


def test_an_article_is_shown_and_removed_by_the_beginning_of_its_id(indexed) -> None:
    article = json.loads(indexed("articles", "list", "--json")[0])[0]["id"]
    out, _ = indexed("articles", "show", article[:8])
    assert f"id: {article}\ntitle: Dike gives way\npublished: 2024-05-03\n" in out
    assert out.endswith("Nine people are missing.\n")
    out, _ = indexed("articles", "remove", article[:8])
    assert out.startswith("Removed Dike gives way from the index.")
    assert (indexed.root / "news" / "flood.txt").exists()
    assert "Korvin" not in indexed("search", "--json", "Nadia Korvin")[0]


@pytest.mark.parametrize("arguments", [["models"], ["models", "list"]])
def test_models_lists_the_catalogue_and_marks_those_of_the_settings(arguments, run) -> None:
    *rows, legend = run(*arguments)[0].splitlines()
    assert all(row.endswith("absent") for row in rows)
    assert sum(row.startswith("*") for row in rows) == 4
    assert legend == "* named by the settings"
    assert run("models", "verify")[0] == ""


def test_a_model_that_is_not_here_or_damaged_is_an_error_with_the_way_out(run) -> None:
    line = run.refused("models", "path", MODEL, code=1)
    assert f"assistant models pull {MODEL}" in line
    (run.root / "cache" / "models" / MODEL).mkdir(parents=True)
    Path(line.split("(")[1].split(")")[0]).write_bytes(b"GGUF")
    assert MODEL in run.refused("models", "verify", code=5)


@pytest.mark.parametrize(
    "arguments",
    [
        ["articles", "--data", "other", "list"],
        ["articles", "list", "--data", "other"],
        ["search", "--data", "other", WHO],
        ["articles", "--set", "data=other", "list"],
    ],
)
def test_the_data_folder_may_be_given_before_or_after_an_action(arguments, indexed) -> None:
    (indexed.root / "data").rename(indexed.root / "other")
    assert "Envoys talk" in indexed(*arguments)[0]


def test_help_lists_the_exit_codes(capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert all(f"  {code}  " in out for code in range(8))


def test_an_error_message_cannot_carry_an_escape(run) -> None:
    class Hostile(app_that_says()):
        @property
        def store(self):
            raise DamagedError("The server says \x1b]0;owned\x07\nassistant: all is well.")

    run.app = Hostile
    assert "\x1b" not in run.refused("articles", code=5)


def test_an_index_of_another_embedder_is_an_error_with_the_way_out(indexed) -> None:
    class Other(WordEmbedding):
        name, identity = "other", "other-1"

    indexed.app = type("Changed", (app_that_says(),), {"embedder": Other()})
    line = indexed.refused("ask", WHO, code=1)
    assert "built with word-embedding; the settings name other" in line


def test_a_reader_that_has_gone_is_no_error(run) -> None:
    gone, pipe = os.pipe()
    os.close(gone)
    process = python("-m", "assistant", "models", "list", stdout=pipe)
    os.close(pipe)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


def test_a_real_process_exits_with_the_code_and_one_line(run, monkeypatch) -> None:
    process = python("-m", "assistant", "ask", WHO)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err.startswith("assistant: Model '") and " is not here" in err
    assert len(err.splitlines()) == 1
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8:strict")
    process = python("-m", "assistant", "ask", text=False)
    out, err = process.communicate(b"\xff\xfe", timeout=60)
    assert (process.returncode, out) == (2, b"")
    assert b"no text" in err and b"Traceback" not in err


def test_a_terminal_that_lacks_a_character_shows_a_question_mark(indexed, monkeypatch) -> None:
    (indexed.root / "news" / "long.txt").write_text(
        f"Title: Zürich {'long ' * 30}\nDate: 2024-01-01\n\nRain.\n"
    )
    indexed("ingest", "news")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    process = python("-m", "assistant", "articles", "list")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "Z?rich" in out
