"""The front door: every command, its exit code, what goes to stdout and what to stderr."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.cli.entry import main
from index.core.errors import DamagedError, NoSpaceError
from tests.fakes import ScriptedModel, app_that_says, app_with

ROOT = Path(__file__).parents[3]
TALKS = """Title: Envoys talk in Karuizawa
Date: 2023-07-20
Source: Pacific Ledger

Kim Gunn is the special representative of South Korea. Sung Kim came for Washington.
"""
FLOOD = """Title: Dike gives way
Date: 2024-05-03
Source: Tavrin Gazette

Nadia Korvin heads the rescue service. Nine people are missing.
"""
WHO = "Who is the special representative of South Korea?"
GOOD = "Kim Gunn is the special representative of South Korea."


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """A working folder with two articles, its own data and cache, and nothing set from outside."""
    for name in [name for name in os.environ if name.startswith("ASSISTANT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ASSISTANT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("ASSISTANT_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("assistant.container.App", app_that_says())
    news = tmp_path / "news"
    news.mkdir()
    (news / "talks.txt").write_text(TALKS)
    (news / "flood.txt").write_text(FLOOD)
    return tmp_path


@pytest.fixture
def indexed(home, capsys) -> Path:
    assert main(["ingest", "news"]) == 0
    capsys.readouterr()
    return home


@pytest.fixture
def says(monkeypatch):
    """Replace the model's answers."""
    return lambda *answers: monkeypatch.setattr("assistant.container.App", app_that_says(*answers))


class Typed:
    """A standard input with these lines, as from a pipe."""

    def __init__(self, text: str) -> None:
        self._text = text

    def read(self) -> str:
        return self._text

    def isatty(self) -> bool:
        return False


def refused(capsys, *arguments: str, code: int) -> str:
    """The one line on stderr of a command that fails with this code."""
    assert main(arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    [line] = err.splitlines()
    assert line.startswith("assistant: ")
    return line


def python(*arguments: str, **named) -> subprocess.Popen[str]:
    """A real process in the repository's name, with pipes."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        **({"text": True} | pipes | named),
    )


# ── ingest ────────────────────────────────────────────────────────────────────────────────────


def test_ingest_reports_what_it_did(capsys) -> None:
    assert main(["ingest", "news"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Indexed 2 articles in 2 passages (2 new, 0 changed, 0 removed;")
    assert err == ""


def test_ingest_again_has_nothing_to_do(indexed, capsys) -> None:
    assert main(["ingest", "news", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["published"] is False
    assert report["unchanged_files"] == 2


def test_ingest_names_what_it_skipped_and_exits_with_three(home, capsys) -> None:
    (home / "news" / "empty.txt").write_text("")
    assert main(["ingest", "news"]) == 3
    out = capsys.readouterr().out
    assert "Skipped 1." in out
    assert "SKIP empty" in out
    assert "empty.txt" in out


def test_ingest_tells_of_a_file_that_is_gone_and_prunes_when_told(indexed, capsys) -> None:
    (indexed / "news" / "flood.txt").unlink()
    assert main(["ingest", "news"]) == 0
    assert "GONE" in capsys.readouterr().out
    assert main(["ingest", "news", "--prune"]) == 0
    assert "1 removed" in capsys.readouterr().out


def test_a_rebuild_needs_no_path(indexed, capsys) -> None:
    assert main(["index", "rebuild"]) == 0
    assert capsys.readouterr().out.startswith("Indexed 2 articles")


def test_ingest_without_a_path_is_wrong_usage(capsys) -> None:
    assert "assistant ingest PATH" in refused(capsys, "ingest", code=2)


def test_a_path_that_is_not_there_is_wrong_usage(capsys) -> None:
    assert "nowhere" in refused(capsys, "ingest", "nowhere", code=2)


def test_an_address_is_not_fetched(capsys) -> None:
    line = refused(capsys, "ingest", "https://news.example/a.html", code=2)
    assert "Addresses are not fetched" in line


def test_a_data_folder_that_cannot_be_written_is_named(monkeypatch, capsys) -> None:
    def denied(path, *_, **__):  # not with chmod: root may write everywhere
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", denied)
    line = refused(capsys, "ingest", "news", "--data", "locked", code=1)
    assert "locked/index cannot be written" in line
    assert "ASSISTANT_DATA" in line


def test_a_second_ingest_is_told_who_holds_the_lock_and_exits_with_four(home, capsys) -> None:
    holder = python(
        "-c",
        "import sys; from pathlib import Path; from index.storage.generations import Store\n"
        "with Store(Path(sys.argv[1])).writing(): print('held', flush=True); sys.stdin.read()",
        str(home / "data" / "index"),
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        line = refused(capsys, "ingest", "news", code=4)
        holder.stdin.close()
    assert f"pid {holder.pid}" in line


def test_a_full_disk_exits_with_six(monkeypatch, capsys) -> None:
    class Full(app_that_says()):
        def ingest(self, progress):
            raise NoSpaceError("No space left while building the index.")

    monkeypatch.setattr("assistant.container.App", Full)
    assert "No space left" in refused(capsys, "ingest", "news", code=6)


# ── ask ───────────────────────────────────────────────────────────────────────────────────────


def test_ask_prints_the_answer_and_the_sentence_that_proves_it(indexed, says, capsys) -> None:
    says(GOOD)
    assert main(["ask", WHO]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == f"{GOOD} [1]"
    assert "[1] Envoys talk in Karuizawa — Pacific Ledger, 20 July 2023" in lines
    assert lines[-1] == f"    “{GOOD}”"
    assert err == "The newest article that is cited is of 20 July 2023.\n"


def test_ask_says_how_much_it_left_out_on_stderr(indexed, says, capsys) -> None:
    says(f"{GOOD} He flew to Paris.")
    assert main(["ask", WHO]) == 0
    out, err = capsys.readouterr()
    assert "Paris" not in out
    assert err.endswith("1 sentence left out: nothing in the articles proves it.\n")


@pytest.mark.parametrize("arguments", [["ask"], ["ask", "-"]])
def test_a_question_comes_from_stdin_if_none_is_given(
    arguments, indexed, says, monkeypatch, capsys
) -> None:
    says(GOOD)
    monkeypatch.setattr(sys, "stdin", Typed(f"{WHO}\n"))
    assert main(arguments) == 0
    assert GOOD in capsys.readouterr().out


def test_ask_json_is_one_object(indexed, says, capsys) -> None:
    says(GOOD)
    assert main(["ask", "--json", WHO]) == 0
    out, err = capsys.readouterr()
    answer = json.loads(out)
    assert answer["answer"] == GOOD
    assert answer["citations"][0]["quote"] == GOOD
    assert err == ""


def test_ask_json_stream_is_one_event_a_line(indexed, says, capsys) -> None:
    says(f"{GOOD} Sung Kim came for Washington.")
    assert main(["ask", "--json", "--stream", WHO]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in told] == ["evidence", "claim", "claim", "answer"]


@pytest.mark.parametrize("options", [[], ["--json"], ["--json", "--stream"]])
def test_a_question_that_the_articles_do_not_answer_exits_with_seven(
    options, indexed, says, capsys
) -> None:
    says("He flew to Paris.")
    assert main(["ask", *options, WHO]) == 7
    out = capsys.readouterr().out
    assert "Not in these articles" in out


def test_a_name_that_is_not_in_the_articles_exits_with_seven_and_shows_the_nearest(
    indexed, says, capsys
) -> None:
    says()
    assert main(["ask", "Who is the special representative of Iceland?"]) == 7
    out = capsys.readouterr().out
    assert "“Iceland”" in out
    assert "Nearest articles:\n  Envoys talk in Karuizawa" in out


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_asking_an_empty_index_exits_with_seven_and_says_what_to_do(options, capsys) -> None:
    assert main(["ask", *options, WHO]) == 7
    assert "assistant ingest FOLDER" in capsys.readouterr().out


def test_an_empty_question_is_wrong_usage(indexed, capsys) -> None:
    assert "empty" in refused(capsys, "ask", " ", code=2)


def test_an_overlong_question_is_wrong_usage(indexed, capsys) -> None:
    assert "2,000" in refused(capsys, "ask", "x" * 2001, code=2)


def test_a_question_with_bytes_that_are_no_text_is_asked_without_them(
    indexed, says, capsys
) -> None:
    says(GOOD)
    assert main(["ask", "\udcff" + WHO]) == 0
    assert GOOD in capsys.readouterr().out


def test_ctrl_c_ends_ask_with_one_line(indexed, monkeypatch, capsys) -> None:
    class Interrupted(ScriptedModel):
        def stream(self, messages, limits, cancel=None):
            signal.raise_signal(signal.SIGINT)
            yield from ()

    monkeypatch.setattr("assistant.container.App", app_with(Interrupted()))
    assert refused(capsys, "ask", WHO, code=130) == "assistant: stopped."


def test_the_model_is_closed_at_the_end(indexed, monkeypatch, capsys) -> None:
    model = ScriptedModel(GOOD)
    monkeypatch.setattr("assistant.container.App", app_with(model))
    main(["ask", WHO])
    assert model.closed


def test_hostile_text_cannot_reach_the_terminal(home, says, capsys) -> None:
    (home / "news" / "talks.txt").write_text(
        "Title: Envoys\x1b]0;owned\x07 talk\nSource: Led\x9bger\nDate: 2023-07-20\n\n"
        "Kim Gunn \u202eis the \x1b[31mspecial representative of South Korea.\n"
    )
    assert main(["ingest", "news"]) == 0
    says("Kim Gunn is the [31mspecial\x1b[2J representative of South Korea.")
    main(["ask", WHO])
    main(["search", WHO])
    main(["articles", "list"])
    out, err = capsys.readouterr()
    assert "Kim Gunn" in out
    assert not set(out + err) & set("\x1b\x07\x9b\u202e")


# ── search, articles, models ──────────────────────────────────────────────────────────────────


def test_search_prints_a_table_best_first(indexed, capsys) -> None:
    assert main(["search", WHO]) == 0
    out, err = capsys.readouterr()
    head, first, second = out.splitlines()
    assert head.split()[:4] == ["dense", "bm25", "fused", "rerank"]
    assert "Envoys talk in Karuizawa" in first
    assert "Dike gives way" in second
    assert err == ""


def test_search_json_is_a_list_with_ranks_and_scores(indexed, capsys) -> None:
    assert main(["search", "--json", "-k", "1", WHO]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert (row["rank"], row["title"]) == (1, "Envoys talk in Karuizawa")
    assert row.keys() == {
        *("rank", "passage", "article", "title", "published", "source", "text", "start", "end"),
        *("dense_rank", "similarity", "carried_by"),
        *("lexical_rank", "bm25", "fused", "relevance"),
    }


def test_search_in_an_empty_index_says_so_on_stderr(capsys) -> None:
    assert main(["search", WHO]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "Nothing is indexed yet" in err
    assert main(["search", "--json", WHO]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize("arguments", [["-k", "0", "x"], [""], ["\udcff"]])
def test_a_senseless_search_is_wrong_usage(arguments, indexed, capsys) -> None:
    refused(capsys, "search", *arguments, code=2)


@pytest.mark.parametrize("arguments", [["articles"], ["articles", "list"]])
def test_articles_are_listed_newest_first(arguments, indexed, capsys) -> None:
    assert main(arguments) == 0
    flood, talks = capsys.readouterr().out.splitlines()
    assert "2024-05-03  Dike gives way" in flood
    assert "2023-07-20  Envoys talk" in talks
    assert talks.endswith("1 passages")


def test_articles_are_listed_as_json(indexed, capsys) -> None:
    assert main(["articles", "list", "--json"]) == 0
    flood, talks = json.loads(capsys.readouterr().out)
    assert flood["published"] == "2024-05-03"
    assert talks["source"] == "Pacific Ledger"
    assert talks["path"].endswith("news/talks.txt")


def id_of(title: str, capsys) -> str:
    main(["articles", "list", "--json"])
    rows = json.loads(capsys.readouterr().out)
    return next(row["id"] for row in rows if row["title"] == title)


def test_an_article_is_shown_by_the_beginning_of_its_id(indexed, capsys) -> None:
    article = id_of("Dike gives way", capsys)
    assert main(["articles", "show", article[:8]]) == 0
    out = capsys.readouterr().out
    assert f"id: {article}\ntitle: Dike gives way\npublished: 2024-05-03\n" in out
    assert out.endswith("Nine people are missing.\n")


def test_an_article_is_removed_and_found_no_more(indexed, capsys) -> None:
    article = id_of("Dike gives way", capsys)
    assert main(["articles", "remove", article[:8]]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Removed Dike gives way from the index.")
    assert (indexed / "news" / "flood.txt").exists()
    assert main(["search", "--json", "Nadia Korvin"]) == 0
    assert "Korvin" not in capsys.readouterr().out


@pytest.mark.parametrize("action", ["show", "remove"])
@pytest.mark.parametrize("article", ["ffffffffffffffff", "", "%"])
def test_an_id_that_names_no_single_article_is_wrong_usage(
    action, article, indexed, capsys
) -> None:
    assert "articles list" in refused(capsys, "articles", action, article, code=2)


def test_listing_an_empty_index_is_an_error(capsys) -> None:
    assert "assistant ingest FOLDER" in refused(capsys, "articles", "list", code=1)


@pytest.mark.parametrize("arguments", [["models"], ["models", "list"]])
def test_models_lists_the_catalogue_and_marks_those_of_the_settings(arguments, capsys) -> None:
    assert main(arguments) == 0
    *rows, legend = capsys.readouterr().out.splitlines()
    assert all(row.endswith("absent") for row in rows)
    assert sum(row.startswith("*") for row in rows) == 3
    assert legend == "* named by the settings"


def test_verify_checks_what_is_here(capsys) -> None:
    assert main(["models", "verify"]) == 0
    assert capsys.readouterr().out == ""


def test_the_path_of_a_model_that_is_not_here_is_an_error_with_the_way_out(capsys) -> None:
    line = refused(capsys, "models", "path", "smollm2-135m-instruct", code=1)
    assert "assistant models pull smollm2-135m-instruct" in line


def test_a_model_nobody_knows_is_wrong_usage_with_the_nearest_name(capsys) -> None:
    line = refused(capsys, "models", "path", "smollm2-135m", code=2)
    assert "smollm2-135m-instruct" in line


def test_a_damaged_model_is_told_by_verify_with_code_five(home, capsys) -> None:
    folder = home / "cache" / "models" / "smollm2-135m-instruct"
    assert main(["models", "path", "smollm2-135m-instruct"]) == 1
    wanted = capsys.readouterr().err.split("(")[1].split(")")[0]
    folder.mkdir(parents=True)
    Path(wanted).write_bytes(b"GGUF")
    assert "smollm2-135m-instruct" in refused(capsys, "models", "verify", code=5)


# ── options, errors, pipes ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "arguments",
    [
        ["articles", "--data", "other", "list"],
        ["articles", "list", "--data", "other"],
        ["search", "--data", "other", WHO],
        ["articles", "--set", "data=other", "list"],
    ],
)
def test_the_data_folder_may_be_given_before_or_after_an_action(arguments, indexed, capsys) -> None:
    (indexed / "data").rename(indexed / "other")
    assert main(arguments) == 0
    assert "Envoys talk" in capsys.readouterr().out


def test_a_broken_settings_file_is_one_line(home, capsys) -> None:
    (home / "assistant.toml").write_text("[engine\n")
    assert "assistant.toml is not TOML" in refused(capsys, "doctor", code=2)


def test_a_settings_file_that_is_not_there_is_one_line(capsys) -> None:
    assert "none.toml" in refused(capsys, "doctor", "--config", "none.toml", code=2)


@pytest.mark.parametrize("pair", ["engine.thread=2", "engine.threads=many", "engine.threads"])
def test_a_bad_setting_is_one_line(pair, capsys) -> None:
    assert "engine.thread" in refused(capsys, "articles", "--set", pair, code=2)


def test_an_unknown_variable_is_one_line(monkeypatch, capsys) -> None:
    monkeypatch.setenv("ASSISTANT_ENGINE_THREDS", "2")
    assert "Did you mean engine.threads?" in refused(capsys, "articles", code=2)


@pytest.mark.parametrize("arguments", [[], ["unknown"], ["ask", "--unknown"], ["articles", "show"]])
def test_wrong_arguments_exit_with_two_and_show_the_usage(arguments, capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: assistant")


def test_help_tells_the_exit_codes(capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert all(f"  {code}  " in out for code in range(8))


def damage(data: Path, *names: str) -> None:
    for folder in (data / "index").glob("g0*"):
        for name in names:
            path = folder / name
            path.chmod(0o644)
            path.write_bytes(b"damaged")


@pytest.mark.parametrize("arguments", [["ask", WHO], ["search", WHO], ["articles", "list"]])
def test_a_damaged_index_exits_with_five_and_the_way_out(arguments, indexed, capsys) -> None:
    damage(indexed / "data", "library.sqlite")
    line = refused(capsys, *arguments, code=5)
    assert "assistant index rebuild" in line


def test_an_older_whole_index_is_used_with_a_warning(indexed, says, capsys) -> None:
    (indexed / "news" / "third.txt").write_text("The barge carries six thousand books.\n")
    assert main(["ingest", "news"]) == 0
    newest = max((indexed / "data" / "index").glob("g0*"))
    (newest / "library.sqlite").write_bytes(b"damaged")
    capsys.readouterr()
    says(GOOD)
    assert main(["ask", WHO]) == 0
    out, err = capsys.readouterr()
    assert GOOD in out
    assert "is damaged" in err
    assert "rebuild" in err


def test_an_error_message_cannot_carry_an_escape(monkeypatch, capsys) -> None:
    class Hostile(app_that_says()):
        @property
        def store(self):
            raise DamagedError("The server says \x1b]0;owned\x07\nassistant: all is well.")

    monkeypatch.setattr("assistant.container.App", Hostile)
    assert "\x1b" not in refused(capsys, "articles", code=5)


def test_an_index_of_another_embedder_is_told_with_the_way_out(
    indexed, monkeypatch, capsys
) -> None:
    from tests.fakes import WordEmbedding

    class Other(WordEmbedding):
        name = "other"
        identity = "other-1"

    class Changed(app_that_says()):
        embedder = Other()

    monkeypatch.setattr("assistant.container.App", Changed)
    assert "built with word-embedding; the settings name other" in refused(
        capsys, "ask", WHO, code=1
    )


def test_a_bug_is_not_hidden(indexed, says) -> None:
    says()  # the model has no answer, which the fake reports as a bug
    with pytest.raises(AssertionError, match="no answer is left"):
        main(["ask", WHO])


@pytest.mark.parametrize("arguments", [["models", "list"], ["doctor"], ["articles", "list"]])
def test_nothing_is_coloured_when_not_in_a_terminal(arguments, indexed, capsys) -> None:
    main(arguments)
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err


def test_a_reader_that_has_gone_is_no_error(home) -> None:
    gone, pipe = os.pipe()
    os.close(gone)
    process = python("-m", "assistant.cli", "models", "list", stdout=pipe)
    os.close(pipe)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


def test_piping_into_head_is_quiet(home) -> None:
    line = f"{sys.executable} -m assistant.cli models list | head -1"
    found = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert len(found.stdout.splitlines()) == 1


def test_a_real_process_exits_with_the_code_and_one_line(home) -> None:
    process = python("-m", "assistant.cli", "ask", WHO)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err.startswith("assistant: Model '") and " is not here" in err
    assert len(err.splitlines()) == 1


def test_a_question_that_is_no_text_is_wrong_usage(home, monkeypatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8:strict")
    process = python("-m", "assistant.cli", "ask", text=False)
    out, err = process.communicate(b"\xff\xfe", timeout=60)
    assert (process.returncode, out) == (2, b"")
    assert b"no text" in err
    assert b"Traceback" not in err


def test_a_terminal_that_lacks_a_sign_shows_a_question_mark(indexed, monkeypatch) -> None:
    (indexed / "news" / "long.txt").write_text(
        f"Title: Zürich {'long ' * 30}\nDate: 2024-01-01\n\nRain.\n"
    )
    assert main(["ingest", "news"]) == 0
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    process = python("-m", "assistant.cli", "articles", "list")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "Z?rich" in out
