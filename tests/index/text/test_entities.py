"""Names, numbers, dates and quotations, and the spellings that are the same."""

import pytest

from index.text.entities import entities
from index.text.words import opening_word, stems, words


def texts(sentence: str) -> list[str]:
    return [particular.text for particular in entities(sentence)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12", "twelve"),
        ("Twelve", "12"),
        ("1,200", "1200"),
        ("1,200,000", "1200000"),
        ("20th", "20"),
        ("third", "3rd"),
        ("5%", "5 per cent"),
        ("5 percent", "5 %"),
        ("U.S.", "US"),
        ("United States", "U.S."),
        ("the United States of America", "the USA"),
        ("American", "U.S."),
        ("UK", "United Kingdom"),
        ("British", "Britain"),
        ("U.N.", "United Nations"),
        ("EU", "European Union"),
        ("ROK", "Republic of Korea"),
        ("Republic of Korea", "South Korea"),
        ("South Korean", "South Korea’s"),
        ("DPRK", "North Korea"),
        ("Democratic People's Republic of Korea", "DPRK"),
        ("Democratic People’s Republic of Korea", "North Korean"),
        ("Kim's", "Kim"),
        ("envoys’ talks", "envoys talks"),
        ("Zürich", "Zurich"),
        ("Tae-hyo", "Tae hyo"),
        ("KIM GUNN", "Kim Gunn"),
    ],
)
def test_two_spellings_of_one_thing_are_equal(one, other) -> None:
    assert words(one) == words(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("45", "45,756"),
        ("6.4", "64"),
        ("6.4", "6"),
        ("2023", "2024"),
        ("North Korea", "South Korea"),
        ("DPRK", "ROK"),
        ("Kim", "King"),
        ("Lee", "Leeds"),
    ],
)
def test_what_only_looks_alike_is_different(one, other) -> None:
    assert not set(words(one)) & set(words(other))


def test_forty_five_is_not_found_in_a_number_that_begins_so() -> None:
    assert "45" not in words("The election drew 45,756 voters and 45.5 per cent.")


def test_a_name_is_one_run_of_capitals() -> None:
    assert texts("He met Takehiro Funakoshi and Sung Kim.") == ["Takehiro Funakoshi", "Sung Kim"]


def test_names_of_a_list_are_apart_and_a_date_is_whole() -> None:
    assert texts("He left Busan, Japan and Seoul on July 20, 2023.") == [
        "Busan",
        "Japan",
        "Seoul",
        "July 20, 2023",
    ]


def test_a_date_with_the_day_first_is_whole() -> None:
    assert texts("it began on 3 June 2024 at dawn") == ["3 June 2024"]


def test_may_is_a_month_in_a_date_and_no_name_where_it_opens_a_question() -> None:
    assert texts("it began on 3 May 2024 at dawn") == ["3 May 2024"]
    assert texts("May 3 was a Friday") == ["May 3", "Friday"]
    assert texts("a summit in May may follow") == ["May"]
    assert texts("May they rest") == []


def test_an_ordinal_is_its_number() -> None:
    [found] = entities("he came on July 20th again")
    assert (found.text, found.words) == ("July 20th", ("july", "20"))


def test_numbers_in_words_and_figures_are_particulars() -> None:
    assert texts("about twelve of the 1,200 men, or 6.4 metres") == ["twelve", "1,200", "6.4"]


def test_one_and_first_are_mostly_no_numbers() -> None:
    assert texts("one of them was the first to leave for a second time") == []


def test_a_word_that_is_only_capitalised_by_habit_names_nothing() -> None:
    assert texts("The envoy and Mr. Lee met. However, they left.") == ["Lee"]


def test_a_quotation_is_kept_whole_and_its_names_are_not_taken_apart() -> None:
    found = entities("Kim said “we trust the Republic of Korea” on Friday.")
    assert [p.text for p in found if p.quotation] == ["we trust the Republic of Korea"]
    assert [p.text for p in found if not p.quotation] == ["Kim", "Friday"]


def test_a_word_in_quotation_marks_is_no_quotation() -> None:
    assert not any(p.quotation for p in entities('The "so-called" deal was "very big" news.'))


@pytest.mark.parametrize(
    "address", ["http://evil.example/?q=chat", "www.evil.example", "javascript:alert"]
)
def test_a_web_address_is_a_particular_that_must_stand_word_for_word(address) -> None:
    [found] = [p for p in entities(f"they said to read ![x]({address}) now") if p.quotation]
    assert found.text == address


@pytest.mark.parametrize(
    ("name", "comparable"),
    [
        ("Republic of Korea", ("southkorea",)),
        ("Democratic People’s Republic of Korea", ("northkorea",)),
        ("United States of America", ("us",)),
    ],
)
def test_the_full_name_of_a_state_is_one_particular(name, comparable) -> None:
    [found] = entities(f"he spoke for the {name} there")
    assert (found.text, found.words) == (name, comparable)


def test_the_opening_word_is_the_first_word_whatever_stands_before_it() -> None:
    assert opening_word("“Kim Gunn said so.") == "Kim"
    assert opening_word("…") == ""


def test_stems_leave_out_words_that_carry_no_meaning() -> None:
    assert stems("The envoys were meeting them") == stems("envoy meets")


def test_a_sentence_without_particulars_has_none() -> None:
    assert entities("the rain fell on the town") == []
    assert entities("") == []
