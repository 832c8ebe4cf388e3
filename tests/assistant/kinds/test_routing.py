"""Which way a question goes: by its words alone, at once, and without ever failing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.kinds.routing import KINDS, kind_of

FACTS = """
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


@pytest.mark.parametrize("question", FACTS)
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
        *("( " * 2_000, "what can " * 500, "김 " * 2_000, "“" * 4_000, "\n" * 4_000, "A" * 4_000),
    ],
    ids=lambda text: text[:9].strip() or repr(text[0]),
)
def test_long_odd_text_is_recognised_as_something_or_nothing(text):
    kind_of(text)
