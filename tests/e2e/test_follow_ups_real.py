"""Follow-ups understood with the real parser: run with `-m real` after `assistant models pull`."""

import pytest

from assistant.container import App
from assistant.core.answer import Turn
from assistant.core.settings import load
from assistant.rewriting.standalone_question import standalone

pytestmark = pytest.mark.real

RACE = Turn("Who won the Tavrin marathon?", "Marek Korvin won it in 2019.")
MEETING = Turn("Where did the envoys meet?", "They met in Karuizawa.")
JAPAN = Turn("How many inhabitants does Japan have?", "125 million.")
SERVICE = Turn("Who heads the National Rescue Service?", "Nadia Korvin heads it.")
DAM = Turn("Did the dam break in Tavrin?", "Yes, on 3 May.")


@pytest.fixture(scope="module")
def parser():
    return App(load()).parser


@pytest.mark.parametrize(
    ("turn", "question", "sentence"),
    [
        (RACE, "How long is it?", "How long is the Tavrin marathon?"),
        (RACE, "When?", "When did Marek Korvin win the Tavrin marathon?"),
        (MEETING, "When did they arrive there?", "When did the envoys arrive in Karuizawa?"),
        (JAPAN, "And South Korea?", "How many inhabitants does South Korea have?"),
        (SERVICE, "What is her salary?", "What is Nadia Korvin’s salary?"),
        (SERVICE, "How many work for it?", "How many work for the National Rescue Service?"),
        (DAM, "Who repaired it?", "Who repaired the dam?"),
        (
            Turn("Which hotel hosted the Karuizawa talks?", "The Prince Hotel did."),
            "Who led those talks?",
            "Who led the Karuizawa talks?",
        ),
        (
            Turn("Who signed the treaty?", "The Treaty of Brask was signed by Ana Moll."),
            "When did she sign it?",
            "When did Ana Moll sign the treaty?",
        ),
        (
            Turn("What did Ann and Bert Beil’s daughter study?", "Clara studied law."),
            "How old is she?",
            "How old is Clara?",
        ),
        (RACE, "Where was the cotton gin built and where is it used?", ""),
        (RACE, "What makes it easier to run in the cold?", ""),
        (RACE, "Which day did Wellington begin its search?", ""),
        (JAPAN, "And Marek Korvin?", ""),  # no person was spoken of
        (
            Turn("What is he selling?", "He is selling a boat."),
            "When did it sink?",
            "When did the boat sink?",
        ),
        (Turn("What is he selling?", ""), "When did it sink?", ""),
        (
            Turn(
                "Who is the ROK special representative?",
                "The ROK envoy for Korean Peninsula Peace and Security Affairs is Kim Gunn.",
            ),
            "When did he meet them?",
            "",
        ),
    ],
)
def test_what_a_follow_up_means(parser, turn, question, sentence):
    assert standalone(question, [turn], parser) == sentence
