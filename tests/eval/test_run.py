"""Runs of a set: one folder, the same figures again, continued where they were stopped."""

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

MET = "Kim Gunn received Sung Kim in Tokyo"
DIED = "At least twelve people died"
OPENED = "Mayor Ilse Dorran opened tram line 4"
ARTICLES = {
    "talks": f"{MET} on Thursday. They spoke about missiles.",
    "flood": f"{DIED} in the Ossel flood. The river rose for three days.",
    "tram": f"{OPENED} in Tavrin. The line cost nine million crowns.",
}


def case(name, question, answer, article, quote, kind="who"):
    evidence = [{"article": article, "quote": quote}]
    row = {"id": name, "question": question, "answers": [answer], "type": kind}
    return row | {"evidence": evidence}


CASES = [
    case("who", "Who received Sung Kim in Tokyo?", "Kim Gunn", "talks", MET),
    case("toll", "How many people died in the Ossel flood?", "12", "flood", DIED, "howmany"),
    case("tram", "Who opened tram line 4 in Tavrin?", "Ilse Dorran", "tram", OPENED),
    {"id": "cost", "question": "How much did the talks in Tokyo cost?", "answers": []},
]
SAID = {
    "who": "Kim Gunn received Sung Kim in Tokyo.",
    "toll": "At least 12 people died in the Ossel flood.",
    "tram": "Ilse Dorran opened the line.",
    "cost": "The talks cost 90 million yen.",
}


class CountingModel(ScriptedModel):
    """Answers the question it finds in the prompt; stops the run, or fails, at a given case.

    It can save and restore its state, as an engine that reads articles beforehand does.
    """

    def __init__(self, said=SAID, *, stop_at="", fail_at="", cache=None, before="Question: "):
        super().__init__()
        self._said = said
        self._at = {stop_at: KeyboardInterrupt(), fail_at: RuntimeError("the engine is gone")}
        self._before, self._cache = before, cache
        self.asked, self.saved, self.restored = [], [], []

    def stream(self, messages, limits, cancel=None):
        if limits.max_tokens <= 1:  # the self-check, or reading only
            return super().stream(messages, limits, cancel)
        question = messages[-1].content.rpartition(self._before)[2].partition("\n")[0]
        name = next(case["id"] for case in CASES if case["question"] == question)
        if name in self._at:
            raise self._at[name]
        self.asked.append(name)
        self._answers = [self._said[name]]
        return super().stream(messages, limits, cancel)

    def save(self, name):
        self.saved.append(name)
        (folder,) = self._cache.rglob("readings")
        return (folder / name).write_bytes(b"read")

    def restore(self, name):
        self.restored.append(name)


def peer_model():
    """Answers the prompts of LlamaIndex."""
    refusing = SAID | {"cost": "The context does not mention what the talks cost."}
    return CountingModel(refusing, before="Query: ")


@pytest.fixture
def news_set(tmp_path):
    folder = tmp_path / "set"
    (folder / "articles").mkdir(parents=True)
    for name, text in ARTICLES.items():
        (folder / "articles" / f"{name}.txt").write_text(f"Title: {name}\nSource: x\n\n{text}\n")
    write_cases(folder, CASES)
    return folder


def write_cases(folder, cases):
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, cases)), "utf-8")


@pytest.fixture
def go(tmp_path, news_set):
    """Runs the set with a model; gives exit code and the run."""

    def go(model, out="run", *, flags=None, **options):
        settings = load_settings({"cache": str(tmp_path / "cache"), **(flags or {})}, environ={})
        chosen = Options(set=str(news_set), out=tmp_path / out, **options)
        code = run(settings, chosen, app_with(model))
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


def test_a_run_is_a_folder_with_settings_cases_and_metrics(go):
    code, found = go(CountingModel())
    assert code == 0
    assert ids(found) == ["who", "toll", "tram", "cost"]
    metrics = found.summary.metrics
    assert metrics["answer"] == metrics["recall@1"] == metrics["quote_shown"] == 1
    assert metrics["citation_precision"] == metrics["citation_gold"] == 1
    assert (metrics["rejection"], metrics["false_refusal"]) == (1, 0)
    assert metrics["seconds_total"] >= 0
    assert found.summary.counts["planned"] == found.summary.counts["cases"] == 4
    assert set(found.summary.by_type) == {"who", "howmany", "unanswerable"}
    assert found.config["mode"] == "answers"
    assert set(found.config["fingerprint"]) >= {"code", "model", "prompts", "index", "seed"}
    assert "api_key" not in json.dumps(found.config)


# ── modes ─────────────────────────────────────────────────────────────────────────────────────


def test_retrieval_alone_asks_no_model(go):
    model = CountingModel()
    _, found = go(model, mode="retrieval")
    assert model.asked == []
    assert set(outputs(found).values()) == {None}
    assert found.summary.metrics["recall@1"] == found.summary.metrics["mrr"] == 1
    assert "answer" not in found.summary.metrics
    assert found.results[-1].outcome.retrieved == ()  # there is nothing to be found
    assert found.results[0].outcome.retrieved[0]["article"] == "talks"


def test_with_gold_evidence_the_model_reads_its_sentences_and_is_not_checked(go, news_set):
    said = {**SAID, "tram": "Ilse Dorran of Velmara opened it."}
    model = CountingModel(said)
    _, found = go(model, mode="gold")
    assert model.asked == ["who", "toll", "tram"]  # there is no evidence of an absence
    assert shown(found) == {
        "who": [f"{MET} on Thursday."],
        "toll": [f"{DIED} in the Ossel flood."],
        "tram": [f"{OPENED} in Tavrin."],
    }
    assert found.summary.metrics["answer"] == found.summary.metrics["quote_shown"] == 1
    _, checked = go(CountingModel(said), "checked")
    assert {name for name, one in outputs(checked).items() if one["refused"]} == {"tram", "cost"}
    other = case("who", CASES[0]["question"], "Kim Gunn", "talks", "They spoke about missiles")
    write_cases(news_set, [other, *CASES[1:]])
    _, again = go(CountingModel(), "again", mode="gold")
    assert shown(again)["who"] == ["They spoke about missiles."]


def test_without_gold_evidence_there_is_no_ceiling(go, news_set):
    write_cases(news_set, [{**case, "evidence": []} for case in CASES])
    with pytest.raises(UsageError, match="--gold"):
        go(CountingModel(), mode="gold")


def test_warm_every_article_is_read_beforehand_and_shown_whole(go, tmp_path):
    model = CountingModel(cache=tmp_path / "cache")
    _, found = go(model, mode="warm")
    # three short articles are read as one
    assert (len(model.saved), len(model.restored)) == (1, 4)
    assert all("The river rose" in str(m) for m in model.shown if "Ossel flood?" in str(m))
    assert found.summary.metrics["answer"] == 1
    with pytest.raises(UsageError, match=r"engine\.warm_mb"):
        go(CountingModel(), mode="warm", cached=False, flags={"engine.warm_mb": "0"})


def test_a_peer_answers_the_same_cases_and_is_compared_with_ours(go):
    model = peer_model()
    code, peer = go(model, "peer", mode="llamaindex", sample=3, seed=5)
    _, ours = go(CountingModel(SAID | {"who": "Sung Kim."}), "ours", sample=3, seed=5)
    assert code == 0 and ids(ours) == ids(peer)
    metrics = peer.summary.metrics
    assert metrics["answer"] == metrics["recall@3"] == metrics["model_calls"] == 1
    assert metrics["citation_gold"] == metrics["errors"] == 0  # it cites nothing
    assert "Context information is below." in str(model.shown[0])
    found = compare(ours, peer)
    assert (found.pairs, found.unpaired) == (3, 0)
    assert {"answer", "recall@5", "prompt_tokens"} <= {one.metric for one in found.changes}
    assert ("mode", "answers", "llamaindex") in found.settings


@pytest.mark.parametrize("mode", ["retrieval", "answers"])
def test_a_case_is_asked_as_of_its_day(go, news_set, mode):
    dated = f"Title: talks\nDate: 2023-07-20\n\n{ARTICLES['talks']}\n"
    (news_set / "articles" / "talks.txt").write_text(dated, "utf-8")
    days = {"then": "2023-07-19", "later": "2023-07-21"}
    write_cases(news_set, [CASES[0] | {"id": name, "as_of": day} for name, day in days.items()])
    _, found = go(CountingModel(), mode=mode)
    recall = {name: some["recall@10"].value for name, some in scores(found).items()}
    assert recall == {"then": 0, "later": 1}
    if mode == "answers":
        refused = {name: output["refused"] for name, output in outputs(found).items()}
        assert refused == {"then": True, "later": False}


# ── what is not asked again ───────────────────────────────────────────────────────────────────


def test_a_repeat_gives_the_same_scores_asked_anew_or_not(go):
    _, first = go(CountingModel(), "first")
    silent = CountingModel()
    _, repeated = go(silent, "again")
    assert silent.asked == []
    anew = CountingModel()
    _, fresh = go(anew, "fresh", cached=False)
    assert sorted(anew.asked) == ["cost", "toll", "tram", "who"]
    assert scores(first) == scores(repeated) == scores(fresh)
    assert first.summary.intervals["answer"] == fresh.summary.intervals["answer"]


@pytest.mark.parametrize("mode", ["retrieval", "answers", "llamaindex"])
def test_a_changed_step_is_measured_on_cached_scores_and_drafts_without_times(go, tmp_path, mode):
    time = "seconds_search" if mode == "retrieval" else "seconds_total"
    model = peer_model if mode == "llamaindex" else CountingModel
    _, first = go(model(), "first", mode=mode)
    forget_outcomes(tmp_path)  # as after a change of other code
    silent = model()
    _, again = go(silent, "again", mode=mode)
    assert silent.asked == []
    assert scores(first) == scores(again)
    assert first.summary.counts["replayed"] == 0
    assert again.summary.counts["replayed"] >= 3
    assert time in first.summary.metrics
    assert not [name for name in again.summary.metrics if name.startswith("seconds_")]
    _, fresh = go(model(), "fresh", mode=mode, cached=False)
    assert time in fresh.summary.metrics


def test_a_stopped_run_keeps_what_is_done_and_continues_from_there(go):
    code, none = go(CountingModel(stop_at="who"))
    assert (code, none.results, none.summary.metrics) == (130, (), {})
    code, stopped = go(CountingModel(stop_at="tram"))
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


def test_a_missing_model_ends_the_run_and_fails_no_case(tmp_path, news_set):
    class Empty(app_with(CountingModel())):
        def _load_model(self):
            raise UserError("There is no model.")

    settings = load_settings({"cache": str(tmp_path / "cache")}, environ={})
    with pytest.raises(UserError, match="no model"):
        run(settings, Options(set=str(news_set), out=tmp_path / "run"), Empty)
    assert (tmp_path / "run" / "cases.jsonl").read_text() == ""


def test_another_run_s_folder_is_not_overwritten(go, tmp_path):
    go(CountingModel())
    with pytest.raises(UsageError, match="differs in seed"):
        go(CountingModel(), seed=1)
    code, found = go(CountingModel(), seed=1, cached=False)
    assert (code, found.config["seed"]) == (0, 1)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    with pytest.raises(UsageError, match="other files"):
        go(CountingModel(), "mine")


@pytest.mark.parametrize(
    ("who", "metric", "unharmed"),
    [
        ("Sung Kim was received in Tokyo.", "answer", ("false_refusal", "rejection")),
        ("The article does not say.", "false_refusal", ("rejection", "answer_precision")),
    ],
)
def test_a_planted_failure_shows_in_its_metric(go, who, metric, unharmed):
    _, good = go(CountingModel(), "good")
    _, bad = go(CountingModel(SAID | {"who": who}), "bad", cached=False)
    assert good.summary.metrics[metric] != bad.summary.metrics[metric]
    for name in unharmed:
        assert good.summary.metrics[name] == bad.summary.metrics[name]
    assert [name for name in ids(good) if scores(good)[name] != scores(bad)[name]] == ["who"]


# ── samples and what a person sees ────────────────────────────────────────────────────────────


def test_a_sample_has_every_type_by_its_share_and_is_the_same_for_a_seed():
    cases = load("sample").cases
    some = sample(cases, 36, seed=0)
    assert len(some) == 36
    types = Counter(c.type for c in some)
    assert all(abs(types[kind] - n / 2) < 1 for kind, n in Counter(c.type for c in cases).items())
    assert some == sample(cases, 36, seed=0)
    assert some != sample(cases, 36, seed=1)
    assert [c.id for c in some] == sorted(c.id for c in some)
    assert sample(cases, 500, seed=0) == sample(cases, None, seed=0) == cases
    with pytest.raises(UsageError):
        sample(cases, 0, seed=0)


def test_the_table_names_metrics_intervals_and_types_and_the_page(go, tmp_path, capsys):
    go(CountingModel())
    shown = capsys.readouterr()
    assert "4 questions" in shown.out and "None of 4 questions failed" in shown.out
    assert f"Report: {tmp_path / 'run' / 'report.html'}" in shown.out
    assert (tmp_path / "run" / "report.html").is_file()
    for line in ("answer ", "balanced_accuracy", "recall@5", "seconds_total", "howmany"):
        assert line in shown.out
    assert re.search(r"^  answer +100\.0 %   100\.0 % – 100\.0 % +3$", shown.out, re.M)
    assert shown.err == ""  # no progress bar without a terminal
