"""Cached drafts: the same pieces again, and only where they would be the same."""

from contextlib import ExitStack, closing

import pytest

from assistant.llm.language_model import Limits, Message, Piece, Reading, Usage
from eval.data.caches import CachedLanguageModel
from tests.fakes import ScriptedModel

ASKED = [Message("system", "You answer."), Message("user", "Who came?")]
LIMITS = Limits(160, 120.0)


class Reader(ScriptedModel):
    """Reports its progress, and ends with a given finish reason."""

    def __init__(self, *answers, finish="stop"):
        super().__init__(*answers)
        self.finish = finish

    def stream(self, messages, limits, cancel=None):
        yield Piece(reading=Reading(1, 2))
        for piece in super().stream(messages, limits, cancel):
            if piece.usage:
                yield Piece(usage=Usage(12, 3, 4, 0.5, 0.25, self.finish))
            else:
                yield Piece(piece.text, likely=((piece.text, -0.25), ("No", -1.5)))


@pytest.fixture
def drafts(tmp_path):
    """Makes a wrapper around a model, all of them with one file."""
    with ExitStack() as stack:

        def drafts(model, identity="tiny", *, read=True):
            made = CachedLanguageModel(model, identity, tmp_path / "drafts.sqlite", read=read)
            return stack.enter_context(closing(made))

        yield drafts


def test_a_draft_comes_again_in_the_same_pieces_with_the_same_usage(drafts):
    first = list(drafts(Reader("Kim Gunn came to Tokyo.")).stream(ASKED, LIMITS))
    silent = Reader()
    again = drafts(silent)
    assert list(again.stream(ASKED, LIMITS)) == first
    assert first[0] == Piece(reading=Reading(1, 2))
    assert first[-1].usage == Usage(12, 3, 4, 0.5, 0.25, "stop")
    assert (again.replayed, silent.shown) == (1, [])


@pytest.mark.parametrize(
    ("identity", "asked", "limits"),
    [
        ("other", ASKED, LIMITS),
        ("tiny", [*ASKED[:1], Message("user", "Who came ?")], LIMITS),
        ("tiny", [Message("user", ASKED[0].content), ASKED[1]], LIMITS),
        ("tiny", ASKED, Limits(80, 120.0)),
        ("tiny", ASKED, Limits(160, 120.0, ("\n",))),
    ],
)
def test_another_model_prompt_or_limit_is_written_anew(drafts, identity, asked, limits):
    list(drafts(Reader("Kim Gunn came.")).stream(ASKED, LIMITS))
    other = drafts(Reader("Nobody came."), identity)
    text = "".join(piece.text for piece in other.stream(asked, limits))
    assert (text, other.replayed) == ("Nobody came.", 0)


@pytest.mark.parametrize("finish", ["deadline", "cancelled"])
def test_what_was_ended_from_outside_is_not_kept(drafts, finish):
    list(drafts(Reader("Kim Gunn", finish=finish)).stream(ASKED, LIMITS))
    again = drafts(Reader("Kim Gunn came."))
    list(again.stream(ASKED, LIMITS))
    assert again.replayed == 0


def test_a_reader_who_leaves_early_is_given_as_much_again_without_the_model(drafts):
    pieces = list(Reader("Kim Gunn came to Tokyo.").stream(ASKED, LIMITS))
    early = drafts(Reader("Kim Gunn came to Tokyo.")).stream(ASKED, LIMITS)
    assert [next(early), next(early)] == pieces[:2]
    early.close()
    silent = Reader()
    again = drafts(silent).stream(ASKED, LIMITS)
    assert [next(again), next(again)] == pieces[:2]
    again.close()
    assert silent.shown == []
    assert list(drafts(Reader("Kim Gunn came to Tokyo.")).stream(ASKED, LIMITS)) == pieces
    assert list(drafts(Reader()).stream(ASKED, LIMITS)) == pieces  # now it is whole


def test_without_reading_every_draft_is_new_and_is_kept(drafts):
    list(drafts(Reader("Old.")).stream(ASKED, LIMITS))
    list(drafts(Reader("New."), read=False).stream(ASKED, LIMITS))
    replay = drafts(Reader()).stream(ASKED, LIMITS)
    assert "".join(piece.text for piece in replay) == "New."
