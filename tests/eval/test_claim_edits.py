"""Edits of sentences with hand-made grammar: no model is needed to try them."""

from eval.claims.edits import edits, unsaid
from eval.claims.parsed import CONTRADICTED, SUPPORTED, ParsedArticle, Sentence, Token, joined

# word/tag/dependency/head/kind of name
WON = (
    "Korvin/NNP/nsubj/1/PERSON beat/VBD/ROOT/1 Lenz/NNP/dobj/1/PERSON in/IN/prep/1 the/DT/det/5"
    " final/NN/pobj/3 on/IN/prep/1 Sunday/NNP/pobj/6/DATE ./././1"
)
SAID = (
    "Runa/NNP/compound/1/PERSON Feld/NNP/nsubj/6/PERSON ,/,/punct/1 the/DT/det/4"
    " mayor/NN/appos/1 ,/,/punct/1 said/VBD/ROOT/6 three/CD/nummod/8/CARDINAL"
    " bridges/NNS/nsubj/9 reopened/VBD/ccomp/6 ./././6"
)


def article(*sentences):
    text, found = "", []
    for words in sentences:
        tokens, start = [], len(text)
        for number, word in enumerate(words.split()):
            form, tag, dep, head, kind = [
                "." if p == "" else p for p in (word + "////").split("/")[:5]
            ]
            if word.startswith("."):
                form, tag, dep, head, kind = ".", ".", "punct", word[-1], "."
            if form not in ",.":
                text += " " * (number > 0)
            kind = "" if kind == "." else kind
            opens = bool(kind) and (not tokens or tokens[-1].entity != kind)
            lemma = {"beat": "beat", "said": "say", "reopened": "reopen"}.get(form, form.lower())
            at = len(text)
            tokens.append(Token(at, at + len(form), form, lemma, tag, dep, int(head), kind, opens))
            text += form
        found.append(Sentence(start, len(text), tuple(tokens)))
        text += " "
    return ParsedArticle("tavrin", text, tuple(found))


def made(number, label):
    return {
        (edit.kind, edit.text) for edit in edits(article(WON, SAID), number) if edit.label == label
    }


def test_true_rewrites_say_less_or_the_same():
    assert made(0, SUPPORTED) >= {
        ("active to passive", "Lenz was beaten by Korvin in the final on Sunday."),
    }
    assert made(1, SUPPORTED) >= {
        ("apposition dropped", "Runa Feld said three bridges reopened."),
        ("number in digits", "Runa Feld, the mayor, said 3 bridges reopened."),
        ("said to according to", "According to Runa Feld, the mayor, three bridges reopened."),
    }


def test_false_edits_have_one_thing_wrong():
    beaten = dict(made(0, CONTRADICTED))
    assert beaten["subject and object exchanged"] == "Lenz beat Korvin in the final on Sunday."
    assert beaten["negation inserted"] == "Korvin did not beat Lenz in the final on Sunday."
    assert beaten["exclusive word"] == "Korvin beat Lenz in the semi-final on Sunday."
    assert beaten["day"] != "Korvin beat Lenz in the final on Sunday."
    said = dict(made(1, CONTRADICTED))
    assert said["negation inserted"] == "Runa Feld, the mayor, said three bridges did not reopen."
    assert said["number"].endswith("bridges reopened.")
    assert "three" not in said["number"]


def test_edits_are_the_same_for_the_same_seed_and_rebuild_from_their_pieces():
    stories = article(WON, SAID)
    for number in (0, 1):
        first, again = list(edits(stories, number, 7)), list(edits(stories, number, 7))
        assert first == again != []
        assert all(joined(stories.text, edit.pieces) == edit.text for edit in first)
        assert len({edit.text for edit in first}) == len(first)


def test_an_unsaid_claim_is_no_neighbour():
    stories = article(WON, SAID, SAID.replace("bridges", "ferries"))
    assert unsaid(stories, 0).text == "Runa Feld, the mayor, said three ferries reopened."
    assert unsaid(article(WON, SAID), 0) is None
