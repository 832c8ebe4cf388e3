"""Where an excerpt stands in a text though words were edited."""

import pytest

from assistant.archive.word_alignment import NOWHERE, align

TEXT = (
    "The ferry Alder left Quill Harbour at dawn with forty passengers. Its engine stopped off Cape"
    " Morrow, and a tug towed it home before noon. The owner apologised and gave the money back."
)


@pytest.mark.parametrize(
    ("excerpt", "quote", "matched"),
    [
        ("left Quill Harbour at dawn", "left Quill Harbour at dawn", 5),
        (
            "a tug pulled it home well before noon",
            "a tug towed it home before noon",
            6,  # of 8: "pulled" and "well" are new
        ),
        ("The owner apologized and gave", "The owner apologised and gave", 5),
        (
            "The ferry Alder left Quill Harbour […] a tug towed it home before noon.",
            "The ferry Alder left Quill Harbour at dawn with forty passengers. Its engine stopped"
            " off Cape Morrow, and a tug towed it home before noon",
            13,
        ),
    ],
)
def test_the_words_of_an_excerpt_are_found_in_order(excerpt, quote, matched):
    found = align(excerpt, TEXT)
    [(start, end)] = found.spans
    assert (TEXT[start:end], found.matched) == (quote, matched)


def test_names_and_set_phrases_alone_are_nowhere():
    assert (
        align("Passengers of the Alder were afraid off Cape Morrow, the owner said", TEXT)
        == NOWHERE
    )
    assert align("", TEXT) == align("Alder", "") == NOWHERE


def test_what_stands_far_apart_has_two_places():
    text = f"{TEXT} {'Rain fell on the hills again. ' * 20} Nobody was hurt in the whole affair."
    found = align("The ferry Alder left Quill Harbour, nobody was hurt in the whole affair", text)
    assert [text[a:b] for a, b in found.spans] == [
        "The ferry Alder left Quill Harbour",
        "Nobody was hurt in the whole affair",
    ]


def test_changes_name_both_wordings():
    changes = align("its motor stopped off Cape Morrow, and a tug towed it home", TEXT).changes
    assert [tuple(one) for one in changes] == [("engine", "motor")]
