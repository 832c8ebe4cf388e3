"""Made-up run folders, as `eval.runner.run` writes them, for the tests of what reads them."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from eval.data.results import CaseResult
from eval.data.run_folder import write_results
from eval.scoring.summary import summarise

QUOTE = "Seoul was represented by Kim Gunn, the ROK Special Representative."
OTHER = "Ambassador Sung Kim came for Washington."


def case(number: int, right: bool = True, **changes: Any) -> dict[str, Any]:
    """One answered case of cases.jsonl; `right` sets the score and the answer."""
    name = "Kim Gunn" if right else "Sung Kim"
    quote = QUOTE if right else OTHER
    made = {
        "id": f"q{number:03}",
        "type": ("who", "when", "how many")[number % 3],
        "tags": [],
        "question": f"Who is the ROK special representative, asked for the {number}. time?",
        "answerable": True,
        "gold": {"answers": ["Kim Gunn"], "evidence": [{"article": "tokyo", "quote": QUOTE}]},
        "output": output(f"It was {name}.", quote, relevance=3.0 if right else 0.5 + number / 1000),
        "retrieved": [{"article": "a1", "text": f"{QUOTE} {OTHER}", "rank": 1, "relevance": 2.5}],
        "scores": {
            "answer": {"value": float(right), "why": f"the answer says {name}"},
            "f1": {"value": 0.8 if right else 0.3, "why": "3 of 4 words"},
            "quote_shown": {"value": 1.0, "why": "the sentence was shown"},
            "citation_precision": {"value": 1.0, "why": "what is cited proves the claim"},
            "rejection": {"value": None, "why": "it can be answered"},
        },
        "seconds": {"evidence": 0.2, "first_token": 1.0, "total": 2.0 + (number % 17) / 4},
        "error": None,
    }
    return made | changes


def output(answer: str, quote: str, relevance: float = 1.0) -> dict[str, Any]:
    """The JSON object of an answer with two sentences of evidence."""
    about = {"article": "a1", "title": "Envoys", "published": "2022-06-03", "source": "Wire"}
    sentences = [
        {**about, "text": text, "start": start, "end": start + len(text), "relevance": relevance}
        for start, text in ((0, QUOTE), (100, OTHER))
    ]
    cited = next(sentence for sentence in sentences if sentence["text"] == quote)
    return {
        "question": "Who?",
        "searched": "Who?",
        "answer": answer,
        "refused": False,
        "reason": None,
        "claims": [{"text": answer, "kept": True, "citations": [1], "unsupported": []}],
        "citations": [{**cited, "number": 1, "quote": quote, "support": 0.9}],
        "evidence": sentences,
        "cut": None,
        "timings": {"total_s": 2.0},
        "model": "tiny",
        "generation": "g000001",
    }


def refused(number: int, answerable: bool) -> dict[str, Any]:
    """One refused case: right if it cannot be answered."""
    name = "false_refusal" if answerable else "rejection"
    said = output("", QUOTE, relevance=-4.0) | {
        "refused": True,
        "claims": [],
        "citations": [],
        "reason": {"code": "nothing_relevant", "reason": "No article is about this."},
    }
    scores = {name: {"value": 1.0, "why": "it was refused"}}
    if answerable:
        scores["answer"] = {"value": 0.0, "why": "no answer was given"}
    return case(number, answerable=answerable, output=said, scores=scores, type="near miss")


def write(folder: Path, cases: list[dict[str, Any]], **config: Any) -> Path:
    """A finished run folder."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"set": "sample", "model": "tiny", "seed": 7, "started": "2024-06-15T12:00:00Z"}
    (folder / "config.json").write_text(json.dumps(settings | config), "utf-8")
    results = [CaseResult.parse(json.dumps(one)) for one in cases]
    write_results(folder, results, summarise(results, seed=7))
    return folder


def mixed(count: int = 60, seed: int = 1) -> list[dict[str, Any]]:
    """Right, wrong and refused cases in a fixed order."""
    draw = random.Random(seed)
    made = []
    for number in range(count):
        chance = draw.random()
        if chance < 0.1:
            made.append(refused(number, answerable=chance < 0.05))
        else:
            made.append(case(number, right=chance > 0.25))
    return made


def hostile_run(folder: Path, payloads: list[str], right: bool = False) -> Path:
    """Every payload in every place of a run that holds text."""
    rows = []
    for number, payload in enumerate(payloads):
        row = case(number, right)
        row["question"] = row["searched"] = row["output"]["answer"] = payload
        row["type"] = row["id"] = f"{number} {payload}"
        row["gold"] = {"answers": [payload], "evidence": [{"article": payload, "quote": payload}]}
        row["output"]["claims"].append({"text": payload, "kept": False, "unsupported": [payload]})
        row["output"]["evidence"][0] |= {"text": f"a {payload} b", "title": payload}
        row["output"]["evidence"][1] |= {"source": payload, "published": payload}
        row["scores"]["answer"]["why"] = payload
        row["scores"][payload] = {"value": 0.0, "why": payload}
        rows.append(row)
    rows[0] |= {"output": None, "error": payloads[0]}
    return write(folder, rows, set=payloads[0], model=payloads[1], **{payloads[2]: payloads[2]})
