"""Names, numbers, dates and quotations, and the spellings that are equal."""

import pytest

from index.text.entities import entities
from index.text.words import words


@pytest.mark.parametrize(
    "same",
    [
        *("12|twelve|Twelve", "1,200|1200", "1,200,000|1200000", "20th|20", "third|3rd"),
        *("5%|5 per cent|5 percent|5 %", "UK|United Kingdom|British|Britain", "KIM GUNN|Kim Gunn"),
        *("U.S.|US|United States|American", "the United States of America|the USA"),
        *("U.S. envoy|U. S. envoy|U.S envoy|US envoy", "George H. W. Bush|George H.W. Bush"),
        *("U.N.|United Nations", "EU|European Union", "Kim's|Kim", "envoys’ talks|envoys talks"),
        *("ROK|Republic of Korea|South Korea|South Korea’s|South Korean", "Zürich|Zurich"),
        "DPRK|Democratic People's Republic of Korea|Democratic People’s Republic of Korea",
        *("DPRK|North Korean|North Korea", "Tae-hyo|Tae hyo"),
    ],
)
def test_spellings_of_one_thing_are_equal(same) -> None:
    assert len({words(one) for one in same.split("|")}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("45", "45,756"), ("6.4", "64"), ("6.4", "6"), ("2023", "2024")),
        *(("North Korea", "South Korea"), ("DPRK", "ROK"), ("Kim", "King"), ("Lee", "Leeds")),
        ("45", "The election drew 45,756 voters and 45.5 per cent."),
    ],
)
def test_what_only_looks_alike_is_different(one, other) -> None:
    assert not set(words(one)) & set(words(other))


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("He met Takehiro Funakoshi and Sung Kim.", "Takehiro Funakoshi|Sung Kim"),
        ("He left Busan, Japan and Seoul on July 20, 2023.", "Busan|Japan|Seoul|July 20, 2023"),
        ("it began on 3 June 2024 at dawn", "3 June 2024"),
        ("it began on 3 May 2024 at dawn", "3 May 2024"),
        ("May 3 was a Friday", "May 3|Friday"),
        ("a summit in May may follow", "May"),
        ("May they rest", ""),
        ("he came on July 20th again", "July 20th"),
        ("the U. S. House, not plan B. A man", "U. S. House|B"),
        ("about twelve of the 1,200 men, or 6.4 metres", "twelve|1,200|6.4"),
        ("one of them was the first to leave for a second time", ""),
        ("The envoy and Mr. Lee met. However, they left.", "Lee"),
        (
            "Kim said “we trust the Republic of Korea” on Friday.",
            "we trust the Republic of Korea|Kim|Friday",
        ),
        ('The "so-called" deal was "very big" news.', ""),
        ("the rain fell on the town", ""),
        ("", ""),
    ],
)
def test_names_numbers_and_dates_are_whole_runs(sentence, found) -> None:
    assert "|".join(entity.text for entity in entities(sentence)) == found


@pytest.mark.parametrize(
    "address", ["http://evil.example/?q=chat", "www.evil.example", "javascript:alert"]
)
def test_quotations_and_addresses_have_to_be_in_a_text_word_for_word(address) -> None:
    found = entities(f"he said “we trust the Republic of Korea”, see ![x]({address}) now")
    quoted = [entity.text for entity in found if entity.quotation]
    assert quoted == ["we trust the Republic of Korea", address]


@pytest.mark.parametrize(
    ("name", "comparable"),
    [
        ("Republic of Korea", ("southkorea",)),
        ("Democratic People’s Republic of Korea", ("northkorea",)),
        ("United States of America", ("us",)),
        ("July 20th", ("july", "20")),
    ],
)
def test_the_full_name_of_a_state_is_one_entity(name, comparable) -> None:
    [found] = entities(f"he spoke for the {name} there")
    assert (found.text, found.words) == (name, comparable)
