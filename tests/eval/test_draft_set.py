"""The set of drafts: its gold stands in its articles, and it holds what its README says."""

import re
from collections import Counter

import pytest

from eval.data.cases import article_name
from eval.drafts.draft_set import ARTICLES, DRAFTS, read_drafts
from eval.sources.evaluate import read_articles
from index.text.chunking import sentences

READ = read_drafts()
SENTENCES = [one for draft in READ for one in draft.sentences]
TEXTS = {
    article_name(article.path): article.text
    for folder in ARTICLES
    for article in read_articles(folder)
}
README = (DRAFTS / "README.md").read_text("utf-8")
SWAPS = ("name", "number", "day", "office", "speaker", "negation")


def words(text):
    return re.findall(r"\w+", text.casefold())


def test_there_are_as_many_of_each_kind_as_planned():
    assert len(SENTENCES) == len({one.id for one in SENTENCES}) == 300
    assert Counter(one.verdict for one in SENTENCES) == {
        **{"supported": 100, "contradicted": 120, "not_in_archive": 60, "no_claim": 20}
    }
    swapped = Counter(one.kind for one in SENTENCES if one.verdict == "contradicted")
    assert swapped == dict.fromkeys(SWAPS, 20)
    others = Counter(one.kind for one in SENTENCES if one.verdict != "contradicted")
    for kind, number in others.items():
        assert re.search(rf"{kind}(?: \([^)]*\))? {number}\b", README)


def test_there_are_drafts_of_several_paragraphs():
    assert 10 <= len(READ) <= 15
    for draft in READ:
        assert len({one.paragraph for one in draft.sentences}) >= 3
        assert draft.text.count("\n\n") == len({one.paragraph for one in draft.sentences}) - 1


@pytest.mark.parametrize("draft", READ, ids=lambda draft: draft.name)
def test_a_plain_text_is_what_the_code_makes_of_the_sentences(draft):
    assert (DRAFTS / "texts" / f"{draft.name}.txt").read_text("utf-8") == draft.text
    for one, (start, end) in zip(draft.sentences, draft.spans, strict=True):
        assert draft.text[start:end] == one.text


@pytest.mark.parametrize("one", SENTENCES, ids=lambda one: one.id)
def test_the_proof_is_a_whole_sentence_of_its_article(one):
    assert bool(one.evidence) == (one.verdict in ("supported", "contradicted"))
    for fact in one.evidence:
        assert fact
        for gold in fact:
            text = TEXTS[gold.article]
            assert gold.quote in {" ".join(text[slice(*span)].split()) for span in sentences(text)}


@pytest.mark.parametrize("one", [one for one in SENTENCES if one.evidence], ids=lambda one: one.id)
def test_nothing_is_copied_word_for_word(one):
    sentence = " ".join(words(one.text))
    assert not any(sentence in " ".join(words(text)) for text in TEXTS.values())


@pytest.mark.parametrize(
    "one", [one for one in SENTENCES if one.verdict == "contradicted"], ids=lambda one: one.id
)
def test_the_right_value_stands_in_the_article(one):
    assert one.instead
    near = " ".join(TEXTS[gold.article] for fact in one.evidence for gold in fact).casefold()
    assert any(value.casefold() in near for value in one.instead) or one.kind == "negation"
