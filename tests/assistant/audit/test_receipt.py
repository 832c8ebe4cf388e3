"""A receipt holds all that an answer was made of; a replay says whether it comes out again."""

import json
import shutil
from pathlib import Path

import pytest

from assistant.audit.receipt import FORMAT, save, seal_of
from assistant.audit.receipt import read as load_receipt
from assistant.audit.receipt_builder import receipt
from assistant.cli.entry import main
from assistant.core.answer import ShownSentences, Turn
from assistant.core.query import Query
from assistant.core.settings import load
from tests.fakes import app_that_says
from tests.stories import GOOD, TALKS, WHO, write_files

TRUE = "Sung Kim came for Washington."


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with an index of one article and the receipt of one answer; nobody changes it."""
    folder = tmp_path_factory.mktemp("made")
    write_files(folder / "news", TALKS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSISTANT_DATA", str(folder / "data"))
        patch.setenv("ASSISTANT_CACHE", str(folder / "cache"))
        app = app_that_says(GOOD)
        assert main(["ingest", str(folder / "news")], app) == 0
        assert main(["ask", WHO, "--receipt", str(folder / "r.json")], app) == 0
    return folder


@pytest.fixture
def kept(made, run) -> Path:
    """That receipt in a working folder of its own; the model is ready to give the answer again."""
    shutil.copytree(made / "data", run.root / "data")
    shutil.copy(made / "r.json", run.root / "r.json")
    run.says(GOOD)
    return run.root / "r.json"


def lose_first_generation(run) -> None:
    """Ingest something more, and drop the older generation."""
    run("ingest", "news/flood.txt")
    shutil.rmtree(run.root / "data" / "index" / "g000001")


def replayed(run, code: int) -> list[str]:
    return run("replay", "r.json", code=code)[0].splitlines()


def sealed(path: Path, **changed) -> None:
    """Change a receipt as somebody would who knows how it is sealed."""
    whole = merged(json.loads(path.read_text()), changed)
    whole.pop("sha256")
    path.write_text(json.dumps(whole | {"sha256": seal_of(whole)}))


def merged(one: dict, other: dict) -> dict:
    both = {key: merged(one[key], other[key]) for key in one if isinstance(other.get(key), dict)}
    return one | other | both


def test_a_receipt_holds_question_evidence_prompt_model_and_answer(kept) -> None:
    told = json.loads(kept.read_text())
    assert told["receipt"] == FORMAT
    assert told["asked"]["question"] == WHO
    assert told["asked"]["strict"] == 0.5
    assert told["answer"]["answer"] == GOOD
    assert told["answer"]["citations"][0]["quote"] == GOOD
    assert told["answer"]["model"] == "scripted"
    assert len(told["hashes"]["model"]) == 64
    assert told["prompt"][-1]["content"].endswith(f"Question: {WHO}")
    assert told["answer"]["generation"] == "g000001"
    assert told["settings"]["answer"]["passages"] == 8
    assert "api_key" not in kept.read_text()
    for item in told["answer"]["evidence"]:
        assert item["text"] in TALKS.text
        assert any(
            passage["article"] == item["article"]
            and passage["start"] <= item["start"] < item["end"] <= passage["end"]
            for passage in told["passages"]
        )


def test_two_receipts_of_one_answer_are_the_same_bytes(kept, run) -> None:
    run("ask", WHO, "--receipt", "again.json")
    assert (run.root / "again.json").read_bytes() == kept.read_bytes()


def test_a_receipt_is_never_written_over_and_no_question_is_asked_for_it(kept, run) -> None:
    before = kept.read_bytes()
    line = run.refused("ask", WHO, "--receipt", "r.json", code=2)
    assert "r.json exists already" in line
    assert kept.read_bytes() == before
    line = run.refused("ask", WHO, "--receipt", "nowhere/r.json", code=2)
    assert "There is no folder nowhere" in line


def test_a_refusal_has_a_receipt_too_and_can_be_replayed(kept, run) -> None:
    kept.unlink()
    run("ask", "Who rode to Atlantis?", "--receipt", "r.json", code=7)
    assert json.loads(kept.read_text())["answer"]["refused"] is True
    assert replayed(run, 0)[-1] == "Reproduced."


def test_history_and_strictness_of_a_conversation_stand_in_it(kept, run) -> None:
    app = run.app(load())
    read = ShownSentences("g000001", (("a1", 0, 9),))
    history = [Turn("Who came?", TRUE, ("a1",), read)]
    answer = app.assistant.ask(Query(WHO, history, strict=0.9))
    told = receipt(answer, app, Query(answer.question, history, strict=0.9))
    app.close()
    [before] = told["asked"]["history"]
    assert (before["question"], before["answer"], before["articles"]) == ("Who came?", TRUE, ["a1"])
    assert before["read"]["sentences"] == [{"article": "a1", "start": 0, "end": 9}]
    kept.unlink()
    save(kept, told)
    assert load_receipt(kept).query.history[0] == history[0]
    assert told["asked"]["strict"] == 0.9


def test_a_replay_uses_the_generation_of_the_receipt_although_a_newer_one_is_published(
    kept, run
) -> None:
    run("ingest", "news/flood.txt")
    assert replayed(run, 0) == [
        "g000001 is still here and was asked again.",
        "same: evidence, prompt, model, answer",
        "Reproduced.",
    ]


def test_where_the_generation_is_gone_the_sentences_are_found_by_their_hashes(kept, run) -> None:
    lose_first_generation(run)
    told = replayed(run, 0)
    assert told[0] == "g000001 is gone; g000002 has its sentences, by their hashes."
    assert told[1] == "same: evidence, prompt, model, answer"


def test_where_a_sentence_is_gone_the_question_is_asked_anew_and_differs(kept, run) -> None:
    first, *others = json.loads(kept.read_text())["answer"]["evidence"]
    sealed(kept, answer={"evidence": [first | {"text": "Somebody else came."}, *others]})
    lose_first_generation(run)
    told = replayed(run, 9)
    assert told[0] == "g000001 is gone, or some of its sentences; g000002 was asked anew."
    assert "differs: evidence" in told
    assert told[-1] == "Not reproduced."


def test_an_index_of_the_same_name_with_other_bytes_is_not_taken_for_the_same(kept, run) -> None:
    sealed(kept, hashes={"index": "0" * 64})
    assert replayed(run, 0)[0] == "g000001 is gone; g000001 has its sentences, by their hashes."


def test_another_answer_of_the_model_differs_and_both_are_shown(kept, run) -> None:
    run.says(TRUE)
    told = replayed(run, 9)
    assert "same: evidence, prompt, model" in told
    at = told.index("differs: answer")
    assert told[at + 1 : at + 3] == [f"  then: {GOOD}", f"  now: {TRUE}"]


def test_another_model_differs(kept, run) -> None:
    sealed(kept, hashes={"model": "f" * 64})
    told = replayed(run, 9)
    assert "differs: model" in told
    assert "  then: scripted ffffffffffff" in told


def test_the_settings_of_the_receipt_come_before_those_of_today_and_flags_before_both(
    kept, run, monkeypatch
) -> None:
    monkeypatch.setenv("ASSISTANT_ANSWER_EVIDENCE_TOKENS", "50")
    told, _ = run("replay", "r.json", "--set", "answer.max_tokens=80")
    assert "also: answer.max_tokens 120, now 80" in told
    assert "evidence_tokens" not in told


def test_a_receipt_of_somebody_else_sets_no_address_and_no_file(kept, run) -> None:
    engine = {"url": "http://192.0.2.1/v1", "model": "/tmp/evil.gguf"}
    sealed(kept, settings={"engine": engine})
    told = replayed(run, 0)
    assert "also: engine.url http://192.0.2.1/v1, now none" in told


def test_nothing_in_a_receipt_steers_the_terminal(kept, run) -> None:
    sealed(kept, answer={"answer": "x\x1b[2J\nReproduced."})
    assert "  then: x[2J Reproduced." in replayed(run, 9)


@pytest.mark.parametrize(
    ("content", "code", "why"),
    [
        (b"", 2, "is no receipt"),
        (b"\x00\xff", 2, "is no receipt"),
        (b"[1, 2]", 2, "is no receipt"),
        (b'{"a": 1}', 2, "is no receipt"),
        (b'{"receipt": "yes"}', 2, "is no receipt"),
        (b"[" * 100_000, 2, "is no receipt"),
        (b'{"receipt": 1}', 2, "format 1; this version reads 2"),
        (b'{"receipt": 1', 5, "damaged: it is cut off"),
        (b'{"receipt": 2, "sha256": 5}', 5, "damaged: it was changed"),
    ],
)
def test_a_file_that_is_no_receipt_costs_one_line(run, content, code, why) -> None:
    (run.root / "r.json").write_bytes(content)
    assert why in run.refused("replay", "r.json", code=code)


def test_a_changed_letter_and_a_missing_file_are_noticed(kept, run) -> None:
    assert "cannot be read" in run.refused("replay", "none.json", code=2)
    kept.write_text(kept.read_text().replace("Kim Gunn", "Kim Lunn", 1))
    assert "damaged: it was changed" in run.refused("replay", "r.json", code=5)


@pytest.mark.parametrize(
    ("changed", "code", "why"),
    [
        ({"passages": [{}]}, 5, "is no whole receipt"),
        ({"prompt": "x"}, 5, "is no whole receipt"),
        ({"asked": None}, 5, "is no whole receipt"),
        ({"answer": 5}, 5, "is no whole receipt"),
        ({"seed": None}, 5, "is no whole receipt"),
        ({"more": 1}, 5, "is no whole receipt"),
        ({"asked": {"as_of": "soon"}}, 1, ""),
        ({"asked": {"question": " "}}, 2, ""),
        ({"asked": {"question": "?" * 3_000}}, 2, ""),
        ({"settings": {"answer": {"passages": 100_000}}}, 1, "answer.passages"),
    ],
)
def test_a_sealed_receipt_of_another_shape_costs_one_line(kept, run, changed, code, why) -> None:
    sealed(kept, **changed)
    assert why in run.refused("replay", "r.json", code=code)
