"""`assistant doctor --bench`: what is measured, what follows from it, and one line when nothing."""

from itertools import count

import pytest

from assistant.cli.entry import main
from assistant.cli.maintenance.bench import LEAST_EVIDENCE, Speed, describe, measure
from assistant.llm.language_model import Piece, Usage
from assistant.models.catalogue import catalogue
from index.core.errors import UserError
from tests.fakes import ScriptedModel, WordEmbedding, WordReranker

BIG, SMALL, TOY = (m for m in catalogue().values() if m.kind == "llm" and m.measured)
# 50 tokens a second, 70 of frame, half a second to the evidence
SPEED = Speed(read=50.0, written=10.0, embedding_s=0.1, reranking_s=0.4, frame=70)


class Timed(ScriptedModel):
    """Reads 100 tokens in two seconds and writes 21 in two more."""

    usage = Usage(100, 0, 21, 2.0, 2.0, "length")

    def stream(self, messages, limits, cancel=None):
        self.shown.append(messages)
        yield Piece("Because")
        yield Piece(usage=self.usage)


def test_every_part_that_a_question_waits_for_is_measured() -> None:
    model = Timed()
    found = measure(model, WordEmbedding(), WordReranker(), count(1.0).__next__)  # a second a look
    assert (found.read, found.written) == (50.0, 10.0)
    assert (found.embedding_s, found.reranking_s) == (1.0, 1.0)
    [shown] = model.shown
    assert 0 < found.frame < model.count_prompt(shown)


def test_an_engine_that_does_not_tell_its_speed_is_told() -> None:
    model = Timed()
    model.usage = Usage(0, 0, 0, 0.0, 0.0, "stop")
    with pytest.raises(UserError, match="does not report"):
        measure(model, WordEmbedding(), WordReranker())


def test_the_budget_is_what_is_left_of_the_time_in_tokens() -> None:
    assert SPEED.first_word_s(280) == pytest.approx(7.5)
    assert SPEED.budget(7.5) == 280
    assert SPEED.budget(7.4) == 270
    assert SPEED.budget(7.5, size=0.5) == 630
    assert SPEED.budget(0.1) == 0


def advice(first_word_s: float, budget: int = 280, measured=BIG) -> str:
    *_, last = describe(SPEED, measured, (BIG, SMALL), budget, first_word_s)
    return last


def test_the_largest_model_with_all_the_evidence_is_advised_then_one_with_less() -> None:
    assert advice(8.0) == (
        "the first word within 8 s: set "
        "engine.model=qwen2.5-coder-1.5b-instruct, answer.evidence_tokens=280"
    )
    assert SPEED.budget(6.5) >= LEAST_EVIDENCE  # the larger model would do with less
    assert "qwen2.5-coder-0.5b-instruct, answer.evidence_tokens=280" in advice(6.5)
    soon = SPEED.first_word_s(230, SMALL.bytes / BIG.bytes) + 0.01
    assert "qwen2.5-coder-0.5b-instruct, answer.evidence_tokens=230" in advice(soon)
    assert advice(1.0).startswith("no model gives the first word within 1 s on this machine: qwen2")
    assert "200 tokens of evidence" in advice(1.0)


def test_the_command_measures_and_advises_no_model_that_is_too_weak(run) -> None:
    run.model(Timed())
    out, _ = run("doctor", "--bench", "--first-word", "20", code=1)
    speed = out[out.index("\nspeed\n") :]
    assert "reads 50 tokens a second, writes 10.0" in speed
    assert "first word within 20 s: set engine.model=qwen2.5-coder-1.5b-instruct" in speed
    assert TOY.name not in speed


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "inf", "nan"])
def test_a_first_word_that_is_no_number_of_seconds_is_refused(seconds, capsys) -> None:
    with pytest.raises(SystemExit) as left:
        main(["doctor", "--bench", f"--first-word={seconds}"])
    assert left.value.code == 2
    assert "no number of seconds" in capsys.readouterr().err
