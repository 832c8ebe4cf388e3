"""A run of a set: one folder, the same figures again, taken up where it was stopped."""

import json
import re
from collections import Counter

import pytest

from assistant.core.settings import load as load_settings
from eval.data.cases import load
from eval.data.run_folder import load_run
from eval.runner.plan import Options, sample
from eval.runner.run import run
from eval.scoring.compare import compare
from index.core.errors import UsageError, UserError
from tests.fakes import ScriptedModel, app_with

ARTICLES = {
    "talks": "Kim Gunn received Sung Kim in Tokyo on Thursday. They spoke about missiles.",
    "flood": "At least twelve people died in the Ossel flood. The river rose for three days.",
    "tram": "Mayor Ilse Dorran opened tram line 4 in Tavrin. The line cost nine million crowns.",
}
CASES = [
    {
        "id": "who",
        "question": "Who received Sung Kim in Tokyo?",
        "answers": ["Kim Gunn"],
        "evidence": [{"article": "talks", "quote": "Kim Gunn received Sung Kim in Tokyo"}],
        "type": "who",
    },
    {
        "id": "toll",
        "question": "How many people died in the Ossel flood?",
        "answers": ["12"],
        "evidence": [{"article": "flood", "quote": "At least twelve people died"}],
        "type": "howmany",
    },
    {
        "id": "tram",
        "question": "Who opened tram line 4 in Tavrin?",
        "answers": ["Ilse Dorran"],
        "evidence": [{"article": "tram", "quote": "Mayor Ilse Dorran opened tram line 4"}],
        "type": "who",
    },
    {
        "id": "cost",
        "question": "How much did the talks in Tokyo cost?",
        "answers": [],
        "answerable": False,
    },
]
SAID = {
    "who": "Kim Gunn received Sung Kim in Tokyo.",
    "toll": "At least 12 people died in the Ossel flood.",
    "tram": "Ilse Dorran opened the line.",
    "cost": "The talks cost 90 million yen.",
}


class CountingModel(ScriptedModel):
    """Says what fits the question; stops the run, or fails, at a question that it is told."""

    def __init__(self, said=SAID, *, stop_at="", fail_at=""):
        super().__init__()
        self._said = {case["question"]: said[case["id"]] for case in CASES}
        self._at = {stop_at: KeyboardInterrupt(), fail_at: RuntimeError("the engine is gone")}
        self.asked = []

    def stream(self, messages, limits, cancel=None):
        if limits.max_tokens <= 1:  # the word on the proof, or reading only
            return super().stream(messages, limits, cancel)
        question = messages[-1].content.rpartition("Question: ")[2]
        case = next(case["id"] for case in CASES if case["question"] == question)
        if case in self._at:
            raise self._at[case]
        self.asked.append(case)
        self._answers = [self._said[question]]
        return super().stream(messages, limits, cancel)


class Keeping(CountingModel):
    """One whose engine can write down what it has read."""

    def __init__(self, cache):
        super().__init__()
        self._cache, self.kept, self.restored = cache, [], []

    def save(self, name):
        self.kept.append(name)
        (folder,) = self._cache.rglob("readings")
        return (folder / name).write_bytes(b"read")

    def restore(self, name):
        self.restored.append(name)


@pytest.fixture
def news_set(tmp_path):
    folder = tmp_path / "set"
    (folder / "articles").mkdir(parents=True)
    for name, text in ARTICLES.items():
        (folder / "articles" / f"{name}.txt").write_text(f"Title: {name}\nSource: x\n\n{text}\n")
    lines = (json.dumps(case) for case in CASES)
    (folder / "questions.jsonl").write_text("\n".join(lines), "utf-8")
    return folder


@pytest.fixture
def go(tmp_path, news_set):
    """Runs the set with a model; gives exit code and, if there is one, the run."""

    def go(model, out="run", *, flags=None, **options):
        settings = load_settings({"cache": str(tmp_path / "cache"), **(flags or {})}, environ={})
        wanted = Options(set=str(news_set), out=tmp_path / out, **options)
        code = run(settings, wanted, app_with(model))
        return code, load_run(tmp_path / out)

    return go


def forget_outcomes(tmp_path):
    """Empty the cache of whole outcomes; scores and drafts stay."""
    for file in (tmp_path / "cache" / "eval").glob("answers.sqlite*"):
        file.unlink()


def scores(found):
    return {one.case.id: one.scores for one in found.results}


def ids(found):
    return [one.case.id for one in found.results]


def outputs(found):
    return {one.case.id: one.outcome.output for one in found.results}


def shown(found):
    """The evidence that the model was shown, by case."""
    return {name: [e["text"] for e in out["evidence"]] for name, out in outputs(found).items()}


def test_a_run_is_a_folder_with_settings_cases_and_figures(go):
    code, found = go(CountingModel())
    assert code == 0
    assert ids(found) == ["who", "toll", "tram", "cost"]
    figures = found.summary.metrics
    assert figures["answer"] == figures["recall@1"] == figures["quote_shown"] == 1
    assert figures["citation_precision"] == figures["citation_gold"] == 1
    assert (figures["rejection"], figures["false_refusal"]) == (1, 0)
    assert figures["seconds_total"] >= 0
    assert found.summary.counts["planned"] == found.summary.counts["cases"] == 4
    assert set(found.summary.by_type) == {"who", "howmany", "unanswerable"}
    assert found.config["mode"] == "answers"
    assert set(found.config["fingerprint"]) >= {"code", "model", "prompts", "index", "seed"}
    assert "api_key" not in json.dumps(found.config)


def test_retrieval_alone_asks_no_model(go):
    model = CountingModel()
    _, found = go(model, mode="retrieval")
    assert model.asked == []
    assert set(outputs(found).values()) == {None}
    assert found.summary.metrics["recall@1"] == found.summary.metrics["mrr"] == 1
    assert "answer" not in found.summary.metrics
    assert found.results[-1].outcome.retrieved == ()  # there is nothing to be found
    assert found.results[0].outcome.retrieved[0]["article"] == "talks"


def test_with_the_proof_alone_the_model_reads_its_sentences_and_no_other(go):
    model = CountingModel()
    _, found = go(model, mode="gold")
    assert model.asked == ["who", "toll", "tram"]  # nothing proves that something is not told
    assert shown(found) == {
        "who": ["Kim Gunn received Sung Kim in Tokyo on Thursday."],
        "toll": ["At least twelve people died in the Ossel flood."],
        "tram": ["Mayor Ilse Dorran opened tram line 4 in Tavrin."],
    }
    assert found.config["mode"] == "gold"
    assert found.summary.metrics["answer"] == found.summary.metrics["quote_shown"] == 1


def test_what_is_written_from_the_proof_is_scored_unchecked(go):
    model = CountingModel({**SAID, "tram": "Ilse Dorran of Velmara opened it."})
    _, found = go(model, mode="gold")
    assert found.summary.metrics["answer"] == 1
    _, checked = go(CountingModel({**SAID, "tram": "Ilse Dorran of Velmara opened it."}), "checked")
    assert {name for name, one in outputs(checked).items() if one["refused"]} == {"tram", "cost"}


def test_warm_every_article_is_read_beforehand_and_shown_whole(go, tmp_path):
    model = Keeping(tmp_path / "cache")
    _, found = go(model, mode="warm")
    assert (len(model.kept), len(model.restored)) == (3, 4)
    assert all("The river rose" in str(m) for m in model.shown if "Ossel flood?" in str(m))
    assert found.config["mode"] == "warm"
    assert found.summary.metrics["answer"] == 1


def test_warm_wants_room_for_what_is_read(go):
    with pytest.raises(UsageError, match=r"engine\.warm_mb is 0"):
        go(CountingModel(), mode="warm", flags={"engine.warm_mb": "0"})


def test_without_a_proof_there_is_no_ceiling(go, news_set):
    cases = [{**case, "evidence": []} for case in CASES]
    (news_set / "questions.jsonl").write_text("\n".join(map(json.dumps, cases)), "utf-8")
    with pytest.raises(UsageError, match="--gold needs questions whose evidence has quotes"):
        go(CountingModel(), mode="gold")


def test_another_proof_is_asked_anew(go, news_set):
    go(CountingModel(), "first", mode="gold")
    anew = [
        {**case, "evidence": [{"article": "talks", "quote": "They spoke about missiles"}]}
        if case["id"] == "who"
        else case
        for case in CASES
    ]
    (news_set / "questions.jsonl").write_text("\n".join(map(json.dumps, anew)), "utf-8")
    _, found = go(CountingModel(), "again", mode="gold")
    assert shown(found)["who"] == ["They spoke about missiles."]


def test_retrieval_measured_again_reads_nothing_twice_and_tells_no_time(go, tmp_path):
    _, first = go(CountingModel(), "first", mode="retrieval")
    forget_outcomes(tmp_path)
    _, again = go(CountingModel(), "again", mode="retrieval")
    assert scores(first) == scores(again)
    assert "seconds_search" in first.summary.metrics
    assert "seconds_search" not in again.summary.metrics
    _, fresh = go(CountingModel(), "fresh", mode="retrieval", cached=False)
    assert "seconds_search" in fresh.summary.metrics


def test_a_repeat_gives_the_same_scores_asked_anew_or_not(go):
    _, first = go(CountingModel(), "first")
    again = CountingModel()
    _, repeated = go(again, "again")
    assert again.asked == []
    anew = CountingModel()
    _, fresh = go(anew, "fresh", cached=False)
    assert len(anew.asked) >= 3
    assert scores(first) == scores(repeated) == scores(fresh)
    assert first.summary.intervals["answer"] == fresh.summary.intervals["answer"]


def test_a_changed_check_is_measured_on_the_drafts_of_before(go, tmp_path):
    _, first = go(CountingModel(), "first")
    forget_outcomes(tmp_path)  # as after a change of the code that cites and refuses
    again = CountingModel()
    _, replayed = go(again, "again")
    assert again.asked == []
    assert scores(first) == scores(replayed)
    assert first.summary.metrics["prompt_tokens"] == replayed.summary.metrics["prompt_tokens"]
    assert first.summary.counts["replayed"] == 0
    assert replayed.summary.counts["replayed"] == 4
    assert "seconds_total" in first.summary.metrics
    assert not [name for name in replayed.summary.metrics if name.startswith("seconds_")]
    anew = CountingModel()
    _, fresh = go(anew, "fresh", cached=False)
    assert sorted(anew.asked) == ["cost", "toll", "tram", "who"]
    assert "seconds_total" in fresh.summary.metrics


def test_a_stopped_run_keeps_what_is_done_and_goes_on_from_there(go):
    code, stopped = go(CountingModel(stop_at="tram"), cached=True)
    assert code == 130
    assert ids(stopped) == ["who", "toll"]
    assert stopped.summary.counts["planned"] == 4
    assert stopped.summary.metrics["answer"] == 1
    model = CountingModel()
    code, found = go(model)
    assert code == 0
    assert not {"who", "toll"} & set(model.asked)
    assert ids(found) == ["who", "toll", "tram", "cost"]
    assert found.config["started"] == stopped.config["started"]


def test_a_failed_question_is_counted_and_tried_again_next_time(go):
    code, found = go(CountingModel(fail_at="toll"))
    assert code == 1
    assert found.results[1].outcome.error == "RuntimeError: the engine is gone"
    assert found.summary.metrics["errors"] == 0.25
    assert found.summary.metrics["answer"] == pytest.approx(2 / 3, abs=1e-6)
    code, found = go(CountingModel())
    assert code == 0
    assert found.summary.metrics["answer"] == 1


def test_a_run_stopped_at_once_has_an_empty_summary(go):
    code, found = go(CountingModel(stop_at="who"))
    assert (code, found.results, found.summary.metrics) == (130, (), {})


def test_a_missing_model_ends_the_run_and_fails_no_case(tmp_path, news_set):
    class Empty(app_with(CountingModel())):
        def _load_model(self):
            raise UserError("There is no model.")

    settings = load_settings({"cache": str(tmp_path / "cache")}, environ={})
    wanted = Options(set=str(news_set), out=tmp_path / "run")
    with pytest.raises(UserError, match="no model"):
        run(settings, wanted, Empty)
    assert (tmp_path / "run" / "cases.jsonl").read_text() == ""


def test_another_run_s_folder_is_not_overwritten(go, tmp_path):
    go(CountingModel())
    with pytest.raises(UsageError, match="differs in seed"):
        go(CountingModel(), seed=1)
    code, found = go(CountingModel(), seed=1, cached=False)
    assert (code, found.config["seed"]) == (0, 1)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    with pytest.raises(UsageError, match="holds other files"):
        go(CountingModel(), "mine")


def test_a_changed_article_is_indexed_and_asked_about_anew(go, news_set):
    go(CountingModel(), "before")
    (news_set / "articles" / "tram.txt").write_text("Mayor Pavo Lenz opened tram line 4 in Tavrin.")
    model = CountingModel(SAID | {"tram": "Pavo Lenz opened it."})
    _, found = go(model, "after")
    assert "tram" in model.asked
    assert found.results[2].scores["answer"].value == 0
    assert found.results[2].scores["answer"].why == "it holds none of Ilse Dorran"


@pytest.mark.parametrize(
    ("said", "figure", "unharmed"),
    [
        ({"who": "Sung Kim was received in Tokyo."}, "answer", ("false_refusal", "rejection")),
        ({"who": "The article does not say."}, "false_refusal", ("rejection", "answer_precision")),
    ],
)
def test_a_planted_failure_shows_in_its_figure(go, said, figure, unharmed):
    _, good = go(CountingModel(), "good")
    _, bad = go(CountingModel(SAID | said), "bad", cached=False)
    assert good.summary.metrics[figure] != bad.summary.metrics[figure]
    for name in unharmed:
        assert good.summary.metrics[name] == bad.summary.metrics[name]
    assert [name for name in ids(good) if scores(good)[name] != scores(bad)[name]] == ["who"]


@pytest.mark.parametrize("mode", ["retrieval", "answers"])
def test_a_case_is_asked_as_of_its_day(go, news_set, mode):
    dated = f"Title: talks\nDate: 2023-07-20\n\n{ARTICLES['talks']}\n"
    (news_set / "articles" / "talks.txt").write_text(dated, "utf-8")
    days = {"then": "2023-07-19", "later": "2023-07-21"}
    lines = [json.dumps(CASES[0] | {"id": name, "as_of": day}) for name, day in days.items()]
    (news_set / "questions.jsonl").write_text("\n".join(lines), "utf-8")
    _, found = go(CountingModel(), mode=mode)
    recall = {name: some["recall@10"].value for name, some in scores(found).items()}
    assert recall == {"then": 0, "later": 1}
    if mode == "answers":
        refused = {name: output["refused"] for name, output in outputs(found).items()}
        assert refused == {"then": True, "later": False}


# ── sampling ──────────────────────────────────────────────────────────────────────────────────


def test_a_sample_has_every_type_by_its_share_and_is_the_same_for_a_seed():
    cases = load("sample").cases
    some = sample(cases, 36, seed=0)
    assert len(some) == 36
    all_types, types = Counter(c.type for c in cases), Counter(c.type for c in some)
    assert all(abs(types[kind] - count / 2) < 1 for kind, count in all_types.items())
    assert some == sample(cases, 36, seed=0)
    assert some != sample(cases, 36, seed=1)
    assert [c.id for c in some] == sorted(c.id for c in some)
    assert sample(cases, 500, seed=0) == sample(cases, None, seed=0) == cases
    with pytest.raises(UsageError, match="1 or more"):
        sample(cases, 0, seed=0)


def test_a_sampled_run_asks_no_more(go):
    _, found = go(CountingModel(), sample=2)
    assert len(found.results) == 2


# ── what a person sees ────────────────────────────────────────────────────────────────────────


def test_the_table_names_figures_intervals_and_types_and_the_page(go, tmp_path, capsys):
    go(CountingModel())
    shown = capsys.readouterr()
    assert "4 questions" in shown.out and "None of 4 questions failed" in shown.out
    assert f"Report: {tmp_path / 'run' / 'report.html'}" in shown.out
    assert (tmp_path / "run" / "report.html").is_file()
    for line in ("answer ", "balanced_accuracy", "recall@5", "seconds_total", "howmany"):
        assert line in shown.out
    assert re.search(r"^  answer +100\.0 %   100\.0 % – 100\.0 % +3$", shown.out, re.M)
    assert shown.err == ""  # no bar where nobody looks


def test_evidence_that_names_no_article_is_told(go, news_set, capsys):
    case = CASES[0] | {"evidence": [{"article": "tlaks"}]}
    (news_set / "questions.jsonl").write_text(json.dumps(case), "utf-8")
    go(CountingModel())
    assert "not in the set, such as tlaks" in capsys.readouterr().err


# ── a peer ────────────────────────────────────────────────────────────────────────────────────


class PlainModel(CountingModel):
    """Says what fits the question of LlamaIndex's own prompt."""

    def stream(self, messages, limits, cancel=None):
        prompt = messages[-1].content
        question = prompt.rpartition("Query: ")[2].partition("\n")[0]
        self.asked.append(prompt)
        self._answers = [self._said.get(question, question)]
        return ScriptedModel.stream(self, messages, limits, cancel)


def test_a_peer_answers_the_same_cases_with_the_same_metrics(go):
    refusing = SAID | {"cost": "The context does not mention what the talks cost."}
    model = PlainModel(refusing)
    code, found = go(model, mode="llamaindex")
    assert code == 0
    assert {one.outcome.error for one in found.results} == {None}
    figures = found.summary.metrics
    assert figures["answer"] == figures["rejection"] == figures["recall@3"] == 1
    assert figures["citation_gold"] == 0  # it cites nothing
    assert figures["model_calls"] == 1
    assert found.config["mode"] == "llamaindex"
    assert all("Context information is below." in prompt for prompt in model.asked)


def test_a_peer_s_run_is_of_the_same_sample_and_is_compared_with_ours(go):
    refusing = SAID | {"cost": "The context does not mention what the talks cost."}
    _, ours = go(CountingModel(SAID | {"who": "Sung Kim."}), "ours", sample=3, seed=5)
    _, peer = go(PlainModel(refusing), "peer", mode="llamaindex", sample=3, seed=5)
    assert ids(ours) == ids(peer)
    found = compare(ours, peer)
    assert (found.pairs, found.unpaired) == (3, 0)
    assert {"answer", "recall@5", "prompt_tokens"} <= {one.metric for one in found.changes}
    assert ("mode", "answers", "llamaindex") in found.settings


def test_a_peer_s_drafts_are_kept_too(go, tmp_path):
    refusing = SAID | {"cost": "The context does not mention what the talks cost."}
    _, first = go(PlainModel(refusing), "first", mode="llamaindex")
    forget_outcomes(tmp_path)
    silent = PlainModel(refusing)
    _, again = go(silent, "again", mode="llamaindex")
    assert silent.asked == [] and scores(first) == scores(again)
    assert "seconds_total" not in again.summary.metrics
