"""The JSON of an answer: exactly these keys, quotes word for word, events in order."""

import json

from assistant.answering.pipeline import Assistant
from assistant.backends.serialization import events, to_json
from assistant.core.query import Query
from assistant.core.settings import AnswerSettings
from index.core.articles import Article
from tests.fakes import FixedSearch, ScriptedModel, WordReranker
from tests.stories import GOOD, TALKS, WHO

UNDATED = Article(path="/n.txt", title="Note", text="A special representative is a diplomat.")
SAID = f"{GOOD} He flew to Paris. A special representative is a diplomat."

ABOUT = {"article", "title", "published", "source"}
KEYS = {
    *("question", "searched", "answer", "refused", "reason", "claims", "citations", "evidence"),
    *("read", "caveats", "confidence", "signs", "cut", "timings", "model", "generation"),
    *("kind", "in_rows", "options", "quoted"),
}
CITATION = {
    *(*ABOUT, "number", "url", "byline", "part", "quote", "days", "start", "end", "support"),
}
EVIDENCE = {*ABOUT, "text", "days", "start", "end", "relevance", "carried_by"}
CLAIM = {"label", "text", "kept", "computed", "citations", "unsupported", "disagreement"}
TIMINGS = {
    *("evidence_s", "first_token_s", "total_s", "prompt_tokens", "cached_tokens"),
    *("completion_tokens", "model_calls"),
}


def stream(*said: str, generation: str = "g1", history=(), question=WHO):
    search = FixedSearch(TALKS, UNDATED, generation=generation)
    limit = AnswerSettings(evidence_tokens=200)
    return Assistant(search, WordReranker(), lambda: ScriptedModel(*said), limit).stream(
        Query(question, history)
    )


def final(*said: str, **named):
    *_, answer = stream(*said, **named)
    return answer


def test_the_object_has_exactly_the_documented_keys() -> None:
    row = to_json(final(SAID))
    assert row.keys() == KEYS
    assert row["timings"].keys() == TIMINGS
    for name, keys in (("claims", CLAIM), ("citations", CITATION), ("evidence", EVIDENCE)):
        assert row[name]
        assert all(item.keys() == keys for item in row[name])
    assert (row["refused"], row["reason"], row["cut"]) == (False, None, None)
    assert json.loads(json.dumps(row)) == row


def test_a_refusal_has_the_same_keys() -> None:
    row = to_json(final(generation=""))
    assert row.keys() == KEYS
    assert row["refused"] is True
    assert row["reason"].keys() == {"code", "reason"}
    assert row["reason"]["code"] == "empty_index"
    assert (row["answer"], row["citations"], row["evidence"]) == ("", [], [])


def test_quotes_are_the_article_between_their_offsets_and_dates_are_iso_or_null() -> None:
    row = to_json(final(SAID))
    articles = {article.id: article for article in (TALKS, UNDATED)}
    for item in row["citations"]:
        assert item["quote"] == articles[item["article"]].text[item["start"] : item["end"]]
        assert 0 < item["support"] <= 1
    for item in row["evidence"]:
        assert item["text"] == articles[item["article"]].text[item["start"] : item["end"]]
    published = {item["title"]: item["published"] for item in row["citations"]}
    assert published == {TALKS.title: "2023-07-20", "Note": None}


def test_what_only_the_title_says_is_cited_as_the_title() -> None:
    row = to_json(final("Kim Gunn is the special representative at the Envoys talk."))
    sentence, title = row["citations"]
    assert (sentence["part"], sentence["quote"]) == ("text", GOOD)
    assert (title["part"], title["quote"]) == ("title", TALKS.title)
    assert (title["start"], title["end"]) == (-1, -1)
    assert -1 not in [place["start"] for place in row["read"]["sentences"]]


def test_claims_point_to_citations_and_the_answer_is_the_supported_ones() -> None:
    row = to_json(final(SAID))
    assert [claim["citations"] for claim in row["claims"]] == [[1], [], [2]]
    assert [claim["kept"] for claim in row["claims"]] == [True, False, True]
    assert row["claims"][1]["unsupported"] == ["Paris"]
    assert [citation["number"] for citation in row["citations"]] == [1, 2]
    assert row["answer"] == " ".join(claim["text"] for claim in row["claims"] if claim["kept"])


def test_events_are_evidence_then_claims_as_they_come_then_the_answer() -> None:
    told = list(events(stream(SAID)))
    assert [event["event"] for event in told] == ["evidence", "claim", "claim", "claim", "answer"]
    assert told[0].keys() == {"event", "question", "searched", "evidence", "quoted"}
    assert told[1].keys() == {"event", *CLAIM}
    assert told[-1].keys() == {"event", *KEYS}
    assert told[0]["evidence"] == told[-1]["evidence"]
    assert [{**claim, "event": None} for claim in told[1:-1]] == [
        {"event": None, **claim} for claim in told[-1]["claims"]
    ]


def test_a_refusal_without_evidence_is_one_event() -> None:
    assert [event["event"] for event in events(stream(generation=""))] == ["answer"]
