"""Articles, sources, mentions and names are counted exactly; other numbers stay facts."""

from dataclasses import replace

import pytest

from assistant.kinds.inventory.count import Count
from tests.assistant.kinds.names_in_stories import REGATTA, STRIKE, ask, rows


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("How many articles mention Mara Quist?", "1 article mentions Mara Quist."),
        ("In how many articles is Quist mentioned?", "2 articles mention Quist."),
        ("How many sources mention Quist?", "2 sources mention Quist: Sailing Week, Bay Post."),
        ("How many articles were published in February 2024?", "1 article was published"),
        ("How many articles are from the Bay Post?", "1 article is from the Bay Post."),
        ("How many articles are from the paper Bay Post?", "1 article is from the paper Bay"),
        ("How many articles are about or mention Quist?", "2 articles mention Quist."),
        ("How often is Norland mentioned?", "“Norland” stands 2 times in the text of 1 article."),
        ("How many people are mentioned?", "3 people are named in 2 articles: "),
    ],
)
def test_what_is_counted(asked, text):
    answer = ask(asked, STRIKE, REGATTA)
    assert answer.kind == "count"
    assert rows(answer)[0].startswith(text)
    assert answer.citations


def test_names_in_both_orders_are_the_same():
    turned = replace(STRIKE, path="/a/turned.txt", text="Quist Mara is the mayor.")
    answer = ask("How many articles mention Mara Quist?", STRIKE, turned)
    assert answer.claims[0].computed == "2"


def test_a_surname_alone_counts_where_only_one_bears_it():
    later = replace(STRIKE, path="/a/later.txt", text="Mayor Quist said that the strike was over.")
    asked = "How many articles mention Mara Quist?"
    assert ask(asked, STRIKE, later).claims[0].computed == "2"
    assert ask(asked, STRIKE, later, REGATTA).claims[0].computed == "1"  # of Oto Quist too


@pytest.mark.parametrize(
    "asked", ["How many articles mention Mara Quist?", "How many people are mentioned?"]
)
def test_a_caption_is_cited_only_where_no_sentence_of_the_text_says_it(asked):
    caption = "[Caption] Mara Quist at the harbour of Norland."
    both = replace(STRIKE, text=f"{caption} {STRIKE.text}")
    quotes = [item.evidence.text for item in ask(asked, both).claims[0].citations]
    assert quotes[0].startswith("Mara Quist, the mayor of")
    only = ask("How many articles mention Norland?", both)
    assert only.claims[0].citations[0].evidence.text == caption


def test_us_is_no_pronoun():
    pronoun = replace(STRIKE, text="They told us that they met.")
    answer = ask("How many articles mention the US?", pronoun)
    assert (
        answer.refusal.reason == "Not in these articles: none of the 1 article mentions “the US”."
    )


@pytest.mark.parametrize(
    "asked",
    [
        "How many people died?",
        "How many seats are there in parliament?",
        "How many meetings were there?",
        "How many sources did the police cite?",
        "How many reports were filed?",
        "How many articles does the constitution have?",
    ],
)
def test_a_number_that_stands_in_an_article_is_a_fact(asked):
    assert Count.recognise(asked) is None
