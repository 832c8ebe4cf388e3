"""The sentence that says who "Kim" or "he" is is shown with the one that needs it."""

import pytest

from assistant.answering.introductions import introductions
from assistant.answering.sentence_selection import select_sentences
from index.core.articles import Article
from tests.fakes import FixedSearch, WordReranker, evidence_of

FULL = "Sung Kim met Nadia Korvin."
OTHER = "Rain fell on the harbour."


@pytest.mark.parametrize(
    ("sentence", "introduced"),
    [
        ("Kim added that nothing had changed.", True),
        ("“Nothing has changed,” Kim added.", True),
        ("He added that nothing had changed.", True),
        ("Her report is due in May.", True),
        ("Kim Gunn added that nothing had changed.", False),
        ("Veith added that nothing had changed.", False),
        ("They added that nothing had changed.", False),
        ("Nothing had changed.", False),
    ],
)
def test_a_bare_name_or_a_pronoun_needs_the_sentence_with_the_full_name(
    sentence, introduced
) -> None:
    article = Article("/x", "Talks", f"{FULL} {OTHER} {sentence}")
    sentences = evidence_of(article)
    found = introductions(sentences)
    assert [item.text for item in found.values()] == [FULL] * introduced
    assert not introductions([item for item in sentences if item.text != FULL])


def test_no_other_article_introduces() -> None:
    one, other = Article("/a", "A", FULL), Article("/b", "B", "Kim added nothing.")
    assert not introductions(evidence_of(one, other))


@pytest.mark.parametrize(("budget", "shown"), [(12, 2), (8, 1)])
def test_the_introduction_is_shown_if_there_is_room_for_it(budget, shown) -> None:
    said = "Kim added that nothing changed."
    article = Article("/x", "Talks", f"{FULL} {OTHER} The council dined. {said}")
    question = "Who added that nothing changed?"
    found = FixedSearch(article).search(question, 6)
    evidence = select_sentences(
        question, found, WordReranker(5.0), lambda text: len(text.split()) - 1, budget
    )
    assert [item.text for item in evidence] == [FULL, said][-shown:]
