"""The real parser: run with `-m real` after `assistant models pull`."""

import json
import pickle
import subprocess
import sys
from dataclasses import asdict

import pytest

from assistant.container import App
from assistant.core.settings import load
from index.text.grammar import ParsedSentence, Relation

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def parse():
    return App(load()).parser.parse


def relation(sentence: ParsedSentence, verb: str) -> Relation:
    [found] = [one for one in sentence.relations if one.verb == verb]
    return found


def described(one: Relation) -> tuple:
    subject = one.subject.text if one.subject else None
    return subject, {argument.role: argument.text for argument in one.arguments}


def test_a_passive_has_its_agent_as_the_subject(parse):
    passive = relation(parse("The harbour race was won by Mara Holt on Sunday."), "win")
    active = relation(parse("Mara Holt won the harbour race on Sunday."), "win")
    assert described(passive)[0] == described(active)[0] == "Mara Holt"
    assert described(passive)[1]["object"].lower() == described(active)[1]["object"].lower()
    assert described(passive)[1]["when"] == "Sunday"
    assert active.subject.kind == "person"


def test_a_day_belongs_to_its_nearest_verb(parse):
    sentence = parse(
        "Holt, who was released in Spain on May 3, plans to return to Norway, her lawyer said."
    )
    assert described(relation(sentence, "release"))[1] == {
        **{"object": "Holt", "in": "Spain", "when": "May 3"}
    }
    assert described(relation(sentence, "return")) == ("Holt", {"to": "Norway"})
    assert relation(sentence, "return").modality == "plan"
    assert sentence.speeches[0].speaker.text == "her lawyer"


def test_negation_and_modality(parse):
    sentence = parse("The mayor did not resign.")
    assert relation(sentence, "resign").negated
    assert relation(parse("The mayor may resign."), "resign").modality == "may"
    denied = parse("The mayor denied that the city had paid bribes.")
    assert relation(denied, "pay").modality == "deny"
    accused = parse("The clerk was accused of stealing two paintings.")
    assert relation(accused, "steal").modality == "accuse"


def test_who_said_what(parse):
    text = "“The bridge has not been closed,” Holt told reporters in Oslo on Thursday."
    [speech] = parse(text).speeches
    assert (speech.speaker.text, speech.verb) == ("Holt", "tell")
    assert text[speech.start : speech.end] == "The bridge has not been closed"


@pytest.mark.parametrize(
    ("text", "speaker", "verb"),
    [
        ("Taxes on fish, Mara Holt said, are a danger to every crew.", "Mara Holt", "say"),
        ("“The bridge is closed,” Holt shouted.", "Holt", "shout"),
        ("Holt continued, “The bridge is closed.”", "Holt", "continue"),
    ],
)
def test_a_verb_inside_what_is_said_and_any_verb_beside_a_quotation(parse, text, speaker, verb):
    [speech] = parse(text).speeches
    assert (speech.speaker.text, speech.verb) == (speaker, verb)


def test_names_have_kinds_and_offsets(parse):
    text = "Pavo Lenz flew from Oslo to Spain on May 3 with 12 envoys."
    kinds = {name.text: name.kind for name in parse(text).names}
    assert kinds == {
        **{"Pavo Lenz": "person", "Oslo": "place", "Spain": "place"},
        **{"May 3": "day", "12": "number"},
    }
    assert all(text[name.start : name.end] == name.text for name in parse(text).names)


def test_a_member_of_an_enumeration_keeps_what_it_is_of(parse):
    sentence = parse("Holt was charged with fraud, breach of trust and forgery.")
    assert sentence.enumerations[0].members == ("fraud", "breach of trust", "forgery")


def test_a_parse_can_be_sent_and_kept(parse):
    sentence = parse("Mara Holt won the harbour race on Sunday.")
    assert pickle.loads(pickle.dumps(sentence)) == sentence
    assert json.loads(json.dumps(asdict(sentence)))["relations"][0]["verb"] == "win"


def test_loading_the_parser_loads_no_torch():
    code = (
        "import sys\n"
        "from assistant.container import App\n"
        "from assistant.core.settings import load\n"
        "App(load()).parser.parse('Mara won.')\nprint('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
