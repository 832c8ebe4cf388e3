"""Sentences with offsets, and passages of whole sentences, for any text at all."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.core.articles import Article
from index.text.chunking import MAX_SENTENCE, PassageSplitter, sentences

LATIN = "The mayor of U.S. and Mr. Lee, said: no! 3.5% … “yes” ,, .. ;; a.b (so) é e\u0301"
OTHER = "北京。 है। 👩‍👩‍👧 ?! ..."
SPACES = ["\n", "\n\n", " ", "\t", "\u2028", "\u3000", "\xa0"]
WORDS = st.sampled_from([*LATIN.split(), *OTHER.split(), *SPACES, "x" * 300])
TEXTS = st.one_of(
    st.text(max_size=400),
    st.lists(WORDS, max_size=120).map(" ".join),
    st.lists(WORDS, max_size=120).map("".join),
)


def by_letter(text):
    """Every fifth of a character's worth of tokens: the splitter is forced to every cut it has."""
    return list(range(-(-len(text) // 5)))


def by_word(text):
    return text.split()


def article(text):
    return Article("/news/a.txt", "A title", text)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
@example("x" * 5000)
def test_sentences_are_in_order_apart_and_hold_all_but_space(text):
    position, between = 0, ""
    for start, end in sentences(text):
        assert position <= start < end <= len(text)
        assert end - start <= MAX_SENTENCE
        assert text[start:end] == text[start:end].strip()
        assert "\n" not in text[start:end]
        between += text[position:start]
        position = end
    assert not (between + text[position:]).strip()


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from([by_letter, by_word]), st.integers(1, 40))
@example("x" * 5000, by_letter, 10)
@example("a,,b.. c;; " * 40, by_letter, 3)
@example("", by_word, 5)
def test_every_sentence_stands_in_exactly_one_passage_in_reading_order(text, tokenize, tokens):
    passages = PassageSplitter(tokenize, tokens).split(article(text))
    assert [span for passage in passages for span in passage.sentences] == sentences(text)
    for passage in passages:
        assert passage.text == text[passage.start : passage.end]
        assert passage.text.strip()
    assert len({passage.id for passage in passages}) == len(passages)


def test_a_passage_keeps_to_its_tokens_where_sentences_allow_it():
    text = " ".join(f"The boat number {n} came in." for n in range(60))
    passages = PassageSplitter(by_word, 30).split(article(text))
    assert all(len(by_word(passage.text)) <= 30 for passage in passages)
    assert len(passages) == 12


def test_a_sentence_longer_than_a_passage_is_not_torn():
    long = "The boats that came in were " + ", ".join(f"number {n}" for n in range(80)) + "."
    passages = PassageSplitter(by_word, 20).split(article(f"It rained. {long} It stopped."))
    assert any(long in passage.text for passage in passages)


@pytest.mark.parametrize(
    "sentence",
    [
        "Pvt. Travis King met Sen. Lee in the U.S. on Jan. 5.",
        "Prices rose 3.5 percent, said Mr. Ito of Ito & Co.",
        "“We go. We stay,” she said.",
    ],
)
def test_abbreviations_and_quotes_do_not_end_a_sentence(sentence):
    text = f"{sentence} They left."
    assert [text[a:b] for a, b in sentences(text)][-1] == "They left."
    assert text[slice(*sentences(text)[0])].startswith(sentence[:5])
