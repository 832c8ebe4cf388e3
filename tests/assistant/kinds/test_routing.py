"""Which way a question goes: by its words alone, at once, and without ever failing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.kinds.routing import KINDS, kind_of

FACTS = """
In the article on the missile, how many minutes did the flight last?
In the report about the flood, who is the mayor?
Who is the mayor of Tavrin?
who won the cup final
When did Sung Kim say that talks were possible?
Where did the ferry sink?
How many people were hurt in the Marrow fire?
How much did the new bridge cost?
How old is the goalkeeper of Tavrin Athletic?
How far is the crater from the village?
How long did the strike of the dockers last?
Which minister resigned over the Ossel flood?
What is the name of the rescued climber?
Which airline flew the crashed jet?
Until when was the vote on the pension law put off?
Since when has Korvin been out of office?
Was the bridge closed on Sunday?
Did the envoys meet in Karuizawa?
Is Pavo Lenz still the mayor?
Are the schools in Velmara open again?
Has the trial of Oskar Veith begun?
Will Kishida travel to Busan?
Did Lenz or Dorran win the election in Tavrin?
Was it Monday or Tuesday when the dike broke?
Didn't the court reject the appeal of the miners?
What percentage of voters took part in the referendum in Ossel?
By how many votes did Lenz beat Dorran?
On what date was the lighthouse automated?
In which town did the envoys meet?
Under which law was Veith charged?
To whom did the museum sell the painting?
Whose car was found near the quarry?
Name the captain of the ferry Petrel.
Tell me the score of the cup final in Velmara.
Please tell me who designed the opera house in Tavrin.
I want to know when the ferry to Busan resumes.
Could you say how high the Ossel rose?
What was the toll of the Ossel flood?
capital of Tavrin province
Ossel flood death toll
The comet was discovered by whom?
What does DNA of the Marrow wolf show?
Hi, who is the president of the chess federation?
Thanks. And when does the ferry sail?
What can you do with a Tavrin library card?
Who are you voting for, did Lenz ask?
Help for the flood victims: who paid it?
How does this work of Abt differ in price?
""".strip().splitlines()

MORE_FACTS = """
Which team did Lenz play for?
How many reports did the commission publish?
How many stories does the tower have?
What was the final order of the top three?
Who told the court that the brakes had failed?
What did the verdict say?
Which article of the constitution was amended?
How large is the archive of the museum?
Has the bridge been open since Friday?
What did the timeline of the inquiry leave out?
Which of the two bridges is longer?
What is the gap between the trains?
What words are on the monument?
Name the injured goalkeeper.
How is the injured goalkeeper?
Is it a test?
Was Lenz or Dorran named?
What was the number of the flight that crashed?
How did the team change its name?
Which new species was found near Marrow?
""".strip().splitlines()

OF_KIND = {
    "list": """
        names of all the witnesses, please
        I'm looking for the names of everyone who spoke at the hearing.
        every politician named in the reports about the tunnel
        Which ministers did the court summon?
        which books has Dorran written?
        Give me all the cities where protests broke out.
        Tell me all the places the storm hit.
        I need the names of the injured. All of them.
        """,
    "count": """
        Count the reports in which Pavo Lenz is named
        Could you tell me the number of articles you have about Ossel?
        How many different people called Kim are there?
        number of times Lenz is named
        Tell me how many articles came out in March.
        """,
    "comparison": """
        Lenz versus Dorran: where do they differ?
        In what way were the two trials different?
        Compare Korvin's two offers for the club
        What's the gap between what the miners wanted and what the company gave?
        How did the explanation of the accident change between February and May?
        What was changed in the corrected article on the ferry?
        Are there any differences between the two reports?
        """,
    "timeline": """
        timeline Ossel flood
        Tavrin's matches in chronological order
        Order the earthquakes by date
        What were the steps from the strike to the sale? With dates, please.
        In what order did things happen in the hostage crisis?
        What happened first, and what came after, in the ferry disaster?
        """,
    "quotes": """
        Everything that Lenz is quoted with
        Which statements by Abt are on record?
        What did the mayor Pavo Lenz tell reporters?
        Lenz's words on the dam, please
        What has Korvin said in the bribery case?
        What is Lenz quoted as saying about the strike?
        """,
    "archive": """
        Which newspapers and agencies are in this collection?
        How large is this archive, in articles?
        What is the latest article from the Harbour Post?
        What topics can I ask you about?
        Any coverage of chess?
        How up to date is your collection?
        headlines of every article from the Harbour Post
        """,
    "news": """
        Give me the developments on the strike since Friday
        What has been newly reported on the ferry since March?
        I last read about the ferry on December 12. What did I miss?
        Has anything come out on Veith since May?
        Anything new on the election since Christmas?
        new developments ferry since tuesday
        I was away for two weeks. What is new about the election?
        """,
    "summary": """
        What happened in the Korvin affair? Keep it short.
        I have no time. Short version of both articles?
        the main points please
        Tell me about the Ossel flood in three sentences
        """,
    "greeting": """
        Great, that helps.
        How are you?
        test
        Thanks, that was all for today.
        I don't know what to ask
        """,
}
ASKED = [
    (question.strip(), kind) for kind, block in OF_KIND.items() for question in block.split("\n")
]

GREETINGS = """
Hi
hello!
Hey there
Good morning
Thanks!
thank you very much
Ok, great
What can you do?
what can you do for me
Help
help me please
Who are you?
Hi, who are you?
What can I ask?
What kinds of questions can I ask you?
How does this work?
How do I use this?
""".strip().splitlines()

FOREIGN = """
¿Cuándo se reunieron los enviados?
Resume los dos artículos
De quoi parlent ces articles ?
Wie viele Menschen starben in der Flut?
Quanti morti ci sono stati?
Hoeveel mensen kwamen om bij de overstroming?
Gdzie spotkali się wysłannicy?
특사는 누구인가요?
谁是特使？
""".strip().splitlines()


@pytest.mark.parametrize(("question", "kind"), [asked for asked in ASKED if asked[0]])
def test_a_kind_is_recognised_in_the_many_forms_in_which_it_is_asked(question, kind):
    assert kind_of(question).kind == kind


@pytest.mark.parametrize(
    ("question", "slots"),
    [
        ("I last read about the ferry on May 12. What did I miss?", "the ferry since May 12"),
        ("I've been away. What is new on the dam since Easter?", "the dam since Easter"),
        ("News on Korvin since the beginning of April, please", "Korvin since April"),
        ("Hi! Could you sum up the trial of Veith for me?", "the trial of Veith"),
        ("What were the stages of the rescue? With dates.", "the rescue"),
        ("Show me how the trial went, with dates", "the trial"),
        ("Explain the tunnel dispute to me in brief.", "the tunnel dispute"),
        ("Please tell me which countries are mentioned in the story on trade", "trade"),
        ("Any coverage of the chess final?", "chess final"),
    ],
)
def test_the_words_around_a_question_are_no_part_of_its_topic(question, slots):
    assert kind_of(question).topic == slots


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("Lenz versus Dorran: where do they differ?", ("Lenz", "Dorran")),
        ("Difference between the old and the new law?", ("the old law", "the new law")),
        (
            "How do the positions of Korvin and Abt on the dam compare?",
            ("the positions of Korvin", "the positions of Abt"),
        ),
    ],
)
def test_the_sides_of_a_comparison_are_those_that_are_named(question, sides):
    assert kind_of(question).sides == sides


@pytest.mark.parametrize("question", [*FACTS, *MORE_FACTS])
def test_a_question_for_a_fact_is_of_no_other_kind(question):
    assert kind_of(question) is None


@pytest.mark.parametrize("said", GREETINGS)
def test_what_asks_nothing_of_the_articles_is_a_greeting(said):
    assert kind_of(said).kind == "greeting"


@pytest.mark.parametrize("question", FOREIGN)
def test_another_language_is_told_apart_before_anything_else(question):
    assert type(kind_of(question)).__name__ == "OtherLanguage"


@settings(deadline=None)
@given(st.text(max_size=400))
def test_no_text_makes_it_fail(text):
    found = kind_of(text)
    assert found is None or isinstance(found, KINDS)


@settings(deadline=None)
@given(st.lists(st.sampled_from(" ".join((*FACTS, *GREETINGS, *FOREIGN)).split()), max_size=40))
def test_no_order_of_words_makes_it_fail(chosen):
    kind_of(" ".join(chosen))


@pytest.mark.parametrize(
    "text",
    [
        *("a " * 2_000, "the " * 1_000, "!" * 4_000, "who " * 1_000, "hi " * 1_000, "é" * 4_000),
        *("hi, " * 1_000, "i was away. " * 300, "since " * 1_000, "the two " * 1_000),
        *("did the mayor say " * 200, "x and for y " * 300, "what did he tell the " * 200),
        *("names of all " * 300, "list the " * 500, "thanks that helps " * 300, "A's two " * 500),
        *("how did the story of " * 200, "versus where " * 300, "please. " * 500),
        *("( " * 2_000, "what can " * 500, "김 " * 2_000, "“" * 4_000, "\n" * 4_000, "A" * 4_000),
    ],
    ids=lambda text: text[:9].strip() or repr(text[0]),
)
def test_long_odd_text_is_recognised_as_something_or_nothing(text):
    kind_of(text)
