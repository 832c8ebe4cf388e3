"""Sentences of a passage are scored by the mean logit of their tokens."""

from index.retrieval.selector import UNREAD, OnnxSelector, TitledSentences, passage_text

RACE = TitledSentences("A race", ("Holt ran.", "She won by a second."))


class WordModel:
    """One token a word; those of these words have a logit of 3, the others of -3."""

    def __init__(self, *wanted: str, read: int = 1_000) -> None:
        self.wanted, self.read, self.calls = wanted, read, 0

    def map(self, function, texts):
        return {text: function(text) for text in texts}

    def token_logits(self, first, second, side):
        self.calls += 1
        assert side == 1
        found, at = [], 0
        for word in second.split():
            at = second.index(word, at)
            found.append((at, 3.0 if word.strip(".") in self.wanted else -3.0))
            at += len(word)
        return [one for one in found if one[0] < self.read]


def test_a_sentence_has_the_mean_of_its_tokens_and_a_title_none():
    model = WordModel("race", "She", "won")
    assert OnnxSelector(model).select("Who won?", [RACE]) == [(-3.0, (3 + 3 - 9) / 5)]


def test_what_the_model_cannot_read_is_the_least():
    [(first, second)] = OnnxSelector(WordModel("Holt", read=18)).select("Who won?", [RACE])
    assert first == 0.0
    assert second == UNREAD


def test_a_passage_is_read_once_for_a_question():
    model = WordModel()
    selector = OnnxSelector(model)
    selector.select("Who won?", [RACE])
    selector.select("Who won?", [RACE])
    assert model.calls == 1
    selector.select("Who lost?", [RACE])
    assert model.calls == 2


def test_places_are_those_of_the_sentences():
    for title in ("", "A race"):
        text, places = passage_text(title, RACE.sentences)
        assert tuple(text[a:b] for a, b in places) == RACE.sentences
