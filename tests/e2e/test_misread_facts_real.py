"""Questions that were once answered with the right words of the wrong fact: `pytest -m real`.

Each is now answered right, or refused with the sentence that comes nearest.
"""

import pytest

from assistant.answering.pipeline import Assistant
from assistant.container import App
from assistant.core.answer import Answer
from assistant.core.settings import load
from tests.command_line import ROOT, python

pytestmark = pytest.mark.real

SHARED = ROOT.parent / "shared" / "articles"
SAMPLE = ROOT / "eval" / "sets" / "sample" / "articles"


def assistant_over(folder, articles) -> App:
    process = python("-m", "assistant", "ingest", "--data", str(folder), str(articles))
    _, problems = process.communicate(timeout=300)
    assert process.returncode == 0, problems
    return App(load({"data": str(folder)}))


@pytest.fixture(scope="module")
def envoys(tmp_path_factory):
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there: the real articles are not part of the repository")
    app = assistant_over(tmp_path_factory.mktemp("shared"), SHARED)
    yield app.assistant
    app.close()


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    app = assistant_over(tmp_path_factory.mktemp("sample"), SAMPLE)
    yield app.assistant
    app.close()


def quotes(answer: Answer) -> str:
    return " ".join(citation.quote for citation in answer.citations)


def is_refused_with_evidence(answer: Answer) -> bool:
    return answer.refused and bool(answer.evidence)


def test_who_won_is_not_mixed_up_in_a_summary(sample: Assistant) -> None:
    answer = sample.ask("Give me a summary of all articles")
    for claim in answer.supported:
        cited = " ".join(citation.quote for citation in claim.citations)
        assert "Lenz" not in claim.text or "Lenz" in cited


def test_what_a_title_says_is_cited_as_the_title(envoys: Assistant) -> None:
    answer = envoys.ask("What happened at the Karuizawa meeting?")
    condemned = [claim for claim in answer.supported if "condemn" in claim.text]
    for claim in condemned:
        assert any("condemn" in citation.quote for citation in claim.citations)
    assert answer.refused or "condemn" not in answer.text or condemned


def test_a_city_is_no_hotel(envoys: Assistant) -> None:
    answer = envoys.ask("Which hotel hosted the Karuizawa talks?")
    assert is_refused_with_evidence(answer)


# The day of another verb ("was taken to the airport Monday but did not board"): that the question's
# verb has to stand in the proof would strike 13 of 16 right answers to "when" of four sets.
@pytest.mark.xfail(strict=True, reason="a paraphrase and another deed are not told apart")
def test_a_release_is_no_return(envoys: Assistant) -> None:
    answer = envoys.ask("When was Travis King returned to the United States?")
    assert is_refused_with_evidence(answer) or "not" in answer.text


def test_an_assault_is_not_why_he_was_spoken_of(envoys: Assistant) -> None:
    answer = envoys.ask("Why did Travis King's case come up?")
    assert is_refused_with_evidence(answer) or "assault" not in answer.text


def test_which_kim_spoke_is_said(envoys: Assistant) -> None:
    answer = envoys.ask("Who said that Washington's bottom line has not changed?")
    assert is_refused_with_evidence(answer) or (
        "Sung Kim" in answer.text or "several" in " ".join(answer.caveats)
    )
    assert "bottom line" in quotes(answer) or answer.refused
