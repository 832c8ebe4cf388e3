"""A follow-up becomes a sentence that a person would say, or none: here without a parser.

What a parser adds is tested with the real one in tests/e2e/test_follow_ups_real.py.
"""

import pytest

from assistant.core.answer import Turn
from assistant.rewriting.standalone_question import standalone

TALKS = Turn("Who is the ROK special representative?", "Kim Gunn is.")
FLOOD = Turn("How many people died at Lower Brask?", "At least 12 people died.")
RACE = Turn("Who won the Tavrin marathon?", "Marek Korvin won it in 2019.")
KING = Turn("Where did Travis King go?", "He crossed into North Korea.")
MEETING = Turn("Where did the envoys meet?", "They met in Karuizawa.")
THREE = Turn("Who came?", "There came Anna Abt, Bert Beil and Carl Cohn.")
MISSING = Turn("How many people were missing on 3 May 2024?", "Nine.")


@pytest.mark.parametrize(
    ("history", "question", "sentence"),
    [
        (
            [TALKS],
            "Where did he meet his counterparts?",
            "Where did Kim Gunn meet his counterparts?",
        ),
        ([TALKS], "And when was his family told?", "When was Kim Gunn’s family told?"),
        ([TALKS], "Thanks. Who sent him?", "Who sent Kim Gunn?"),
        ([KING], "When was he taken to the airport?", "When was Travis King taken to the airport?"),
        ([RACE], "Where does she live?", "Where does Marek Korvin live?"),
        ([RACE], "Who was third that year?", "Who was third in 2019?"),
        ([FLOOD], "How many were hurt there?", "How many were hurt at Lower Brask?"),
        ([MEETING], "Who went there?", "Who went to Karuizawa?"),
        ([MEETING], "How big is the city?", "How big is Karuizawa?"),
        ([THREE], "When did the second one leave?", "When did Bert Beil leave?"),
        (
            [THREE],
            "Where did they meet?",
            "Where did Anna Abt, Bert Beil and Carl Cohn meet?",
        ),
        ([MISSING], "Who was saved that day?", "Who was saved on 3 May 2024?"),
        ([KING, Turn("When?", "In July 2023.")], "Who saw him?", "Who saw Travis King?"),
    ],
)
def test_what_refers_to_the_turns_before_is_replaced_in_place(history, question, sentence) -> None:
    assert standalone(question, history) == sentence


@pytest.mark.parametrize(
    ("history", "question", "sentence"),
    [
        ([KING], "When?", "When did Travis King go?"),
        ([KING], "And why?", "Why did Travis King go?"),
        (
            [Turn("Did the dam in Tavrin break?", "Yes.")],
            "When?",
            "When did the dam in Tavrin break?",
        ),
        ([FLOOD], "And in Pellow Bridge?", "How many people died in Pellow Bridge?"),
        ([FLOOD], "And in 2006?", "How many people died at Lower Brask in 2006?"),
        ([MISSING], "And on 9 May?", "How many people were missing on 9 May 2024?"),
        ([MISSING], "What about 2021?", "How many people were missing in 2021?"),
        (
            [Turn("How did the team do at the 2002 Brask Cup?", "")],
            "And in 2006?",
            "How did the team do at the 2006 Brask Cup?",
        ),
    ],
)
def test_what_is_left_out_is_taken_from_the_question_before(history, question, sentence) -> None:
    assert standalone(question, history) == sentence


@pytest.mark.parametrize(
    ("history", "question"),
    [
        ([TALKS], "What did they agree on?"),  # who?
        ([TALKS], "What about the others?"),
        ([FLOOD], "Who counted them?"),
        ([Turn("Where is Tomas Reel?", "")], "And when?"),
        ([MEETING], "Where did he go?"),
        ([THREE], "Where did he go?"),  # which of three?
        ([Turn("Where did Ann Abt and Bert Beil go?", "To the coast.")], "When did she come back?"),
        ([Turn("Who met Ann Abt?", "Bert Beil and Carl Cohn met her.")], "Where is the third one?"),
        ([TALKS], "Is it true that it rains in Busan?"),
        ([TALKS], "How many ships sank off Busan?"),
        ([KING], "When did Runa Feld lose her boat?"),
        ([RACE], "Who wrote a book on Busan in his free time?"),
        ([TALKS], "On another subject, where did he go?"),
        ([TALKS], "Hi"),
        ([TALKS], "Thank you!"),
        ([TALKS], "من هو؟"),
        ([Turn("من هو؟", "م ن")], "Where did he go?"),
        ([], "Where did he go?"),
    ],
)
def test_where_it_is_not_sure_there_is_no_sentence(history, question) -> None:
    assert standalone(question, history) == ""
