"""`python -m eval train`: make the two trained models again, and say how good they are."""

import random
from collections.abc import Sequence
from pathlib import Path

from assistant.container import App
from assistant.core import console
from assistant.core.settings import Settings
from assistant.models.catalogue import PARSER
from assistant.verification.verifier import OnnxVerifier
from eval.scoring.significance import auc
from eval.train.open_sets import OpenQuestion, read_open_sets, read_open_texts
from eval.train.selector import selector_examples, split_by_document
from eval.train.token_model import train
from eval.train.verifier_data import LabelledClaim, from_questions, from_sentences, whole
from index.embedding.onnx_model import OnnxModel
from index.retrieval.reranker import OnnxReranker
from index.retrieval.selector import OnnxSelector, TitledSentences
from index.text.parser import SpacyParser

SEED = 0
TEXTS = 1_800  # articles whose sentences claims are made from
HELD_OUT = 600  # claims of their first articles are not trained on
# claims trained on: with or without a question, and whether nothing, a part or all of it is unsaid
MIXTURE = {
    **{(True, "none"): 2_200, (True, "part"): 1_200, (True, "all"): 1_400},
    **{(False, "none"): 2_000, (False, "part"): 2_400, (False, "all"): 600},
}
SENTENCES = 12  # of a document among which the selector finds the answer, at most


def selector(data: Path, out: Path, minutes: float, settings: Settings) -> None:
    """Train the sentence selector and print how it does on documents it has not seen."""
    base = App(settings).models.path(settings.reranker.model)
    chance = random.Random(SEED)
    training, held_out = split_by_document(read_open_sets(data), SEED)
    examples = [example for one in training for example in selector_examples(one, chance)]
    train(examples, base, out, minutes, SEED)
    chosen = OnnxSelector(OnnxModel.load(out / "model"))
    reranker = OnnxReranker(OnnxModel.load(base), name=settings.reranker.model)
    ranks: dict[str, list[float]] = {"selector": [], "reranker, each sentence alone": []}
    for asked in held_out:
        lines, gold = _around(asked)
        passage = TitledSentences(asked.title, lines)
        ranks["selector"].append(_rank(chosen.select(asked.question, [passage])[0], gold))
        scores = reranker.score(asked.question, lines)
        ranks["reranker, each sentence alone"].append(_rank(scores, gold))
    for name, found in ranks.items():
        first = sum(rank == 1 for rank in found) / len(found)
        mean = sum(1 / rank for rank in found) / len(found)
        console.say(f"{name:32} first {first:.3f}  MRR {mean:.3f}  ({len(found)} questions)")


def verifier(data: Path, out: Path, minutes: float, settings: Settings) -> None:
    """Train the claim verifier and print how it does on documents it has not seen."""
    models = App(settings).models
    base, parser = models.path(settings.reranker.model), SpacyParser.load(models.path(PARSER))
    chance = random.Random(SEED)
    training, held_out = split_by_document(read_open_sets(data), SEED)
    texts = read_open_texts(data)
    chance.shuffle(texts)
    of_sentences = list(from_sentences(texts[:TEXTS], parser, chance))
    claims = _mixture([*from_questions(training, parser, chance), *of_sentences[HELD_OUT:]], chance)
    train([claim.example for claim in claims], base, out, minutes, SEED)
    model = OnnxVerifier(OnnxModel.load(out / "model"))
    for name, rows in (
        ("after their question", list(from_questions(held_out, parser, chance))),
        ("alone", of_sentences[:HELD_OUT]),
    ):
        scores = [(model.compare(row.question, row.claim, row.proof), row.unsaid) for row in rows]
        true = [verdict.least() for verdict, unsaid in scores if not unsaid]
        false = [verdict.least() for verdict, unsaid in scores if unsaid]
        console.say(f"{len(rows)} claims {name}: area true against false {auc(true, false):.3f}")


def _mixture(claims: Sequence[LabelledClaim], chance: random.Random) -> list[LabelledClaim]:
    """As many of each sort as `MIXTURE` says, or all there are."""
    chosen = []
    for sort, size in MIXTURE.items():
        alike = [one for one in claims if (bool(one.question), _unsaid(one)) == sort]
        chosen += chance.sample(alike, min(size, len(alike)))
    return chosen


def _unsaid(one: LabelledClaim) -> str:
    if not one.unsaid:
        return "none"
    return "all" if one.unsaid == whole(one.claim) else "part"


def _around(asked: OpenQuestion) -> tuple[tuple[str, ...], frozenset[int]]:
    """At most `SENTENCES` sentences around the answer, and which of them answer."""
    start = max(0, min(asked.gold) - SENTENCES // 2)
    lines = asked.sentences[start : start + SENTENCES]
    return lines, frozenset(i - start for i in asked.gold if start <= i < start + len(lines))


def _rank(scores: Sequence[float], gold: frozenset[int]) -> float:
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    return 1.0 + next(rank for rank, i in enumerate(order) if i in gold)
