"""Archives are read in parts: a member that kills the worker costs itself, a large one no more."""

import pytest

from index.core.records import Fields, Limits, Unreadable
from index.ingest.extraction import extract
from index.ingest.sandbox import MAX_DEATHS, Extractor
from tests.files import archive, docx
from tests.index.ingest.test_sandbox import HANG

STORIES = [(f"{n}.txt", f"The tram number {n} stood still on Monday.".encode()) for n in range(9)]


class Mortal(Extractor):
    """An extractor that reads here, and dies of every member that names death."""

    asked = 0

    def _ask(self, kind, function, data, path, first, most):
        self.asked += 1
        self._member = None
        told: list[int] = []
        found = extract(data, path, self._limits, self._fields, first, most, reached=told.append)
        deaths = [at for at, one in enumerate(found.articles) if "DEATH" in one.text]
        if deaths:
            self._member = first + deaths[0] if told else None
            raise Unreadable("timeout", "Reading it takes more than 20 seconds.")
        return found


def numbers(found):
    return [int(article.path.partition("#")[2][0]) for article in found.articles]


@pytest.fixture
def read_here():
    """The extractor's own way, in place of that of the other tests."""


@pytest.mark.parametrize("seconds", [0.0, 1e9])
def test_a_member_that_kills_the_worker_is_left_out_and_the_others_are_read(seconds):
    members = [*STORIES[:4], ("bad.txt", b"DEATH comes on Monday."), *STORIES[4:]]
    found = Mortal(Limits(seconds=seconds)).extract(archive(*members), "/a.zip")
    assert numbers(found) == list(range(9))
    assert [(skip.path, skip.code) for skip in found.skips] == [("/a.zip#5", "timeout")]


def test_a_part_that_ended_the_worker_is_not_read_again_member_by_member():
    members = [STORIES[n % 9][1] for n in range(200)]
    members[150] = b"DEATH comes on Monday."
    extractor = Mortal(Limits(seconds=1e9))
    named = [(f"{n:03}.txt", text) for n, text in enumerate(members)]
    found = extractor.extract(archive(*named), "/a.zip")
    assert len(found.articles) == 199
    assert [skip.path for skip in found.skips] == ["/a.zip#151"]
    assert extractor.asked == 4  # all, those before it, it alone, those behind it


def test_what_cannot_be_told_at_once_is_told_in_smaller_parts():
    class Terse(Mortal):
        def _ask(self, kind, function, data, path, first, most):
            found = super()._ask(kind, function, data, path, first, most)
            if len(found.articles) > 2:
                self._member = first + len(found.articles)
                raise Unreadable("crash", "Its reply crashed.")
            return found

    found = Terse(Limits(seconds=1e9)).extract(archive(*STORIES), "/a.zip")
    assert (numbers(found), found.skips) == (list(range(9)), ())


@pytest.mark.parametrize("member", [0, 7, 4_000_000_000])
def test_a_worker_that_tells_any_number_is_given_up(member):
    class TakenOver(Extractor):
        def _ask(self, *_):
            self._member = member
            raise Unreadable("crash", "Its reading crashed.")

    found = TakenOver().extract(b"One.", "/a.zip")
    assert (found.articles, found.skips[0].code) == ((), "crash")  # and it ends


def test_only_members_of_archives_are_counted_while_they_are_read():
    told: list[int] = []
    for data in (archive(*STORIES[:3]), docx("One."), b"One."):
        extract(data, "/a", Limits(), Fields(), 1, 1, reached=told.append)
    assert told == [1, 2]


def test_an_archive_is_read_in_as_many_parts_as_it_takes():
    extractor = Mortal(Limits(seconds=0.0))
    assert numbers(extractor.extract(archive(*STORIES), "/a.zip")) == list(range(9))
    assert extractor.asked == 9
    whole = Mortal(Limits(seconds=1e9))
    assert numbers(whole.extract(archive(*STORIES), "/a.zip")) == list(range(9))
    assert whole.asked == 1


def test_an_archive_of_deaths_is_given_up():
    members = [(f"d{n}.txt", b"DEATH comes on Monday.") for n in range(50)]
    extractor = Mortal(Limits(seconds=1e9))
    found = extractor.extract(archive(*STORIES[:1], *members, *STORIES[1:]), "/a.zip")
    assert [skip.code for skip in found.skips] == [*["timeout"] * MAX_DEATHS, "too_many"]
    assert numbers(found) == [0]


@pytest.mark.parametrize("data", [b"DEATH comes on Monday.", docx("DEATH comes on Monday.")])
def test_a_file_that_is_no_archive_is_one_skip(data):
    found = Mortal(Limits(seconds=1e9)).extract(data, "/a")
    assert (found.articles, [(one.path, one.code) for one in found.skips]) == (
        (),
        [("/a", "timeout")],
    )


def test_the_last_of_two_members_with_one_name_is_taken():
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = archive(("a.txt", b"The tram stood still."), ("a.txt", b"The tram ran again."))
    [article] = Mortal(Limits(seconds=0.0)).extract(twice, "/a.zip").articles
    assert article.text == "The tram ran again."


def test_a_part_goes_on_where_the_one_before_ended():
    data = archive(*STORIES)
    first = extract(data, "/a.zip", Limits(), Fields(), 0, 4)
    rest = extract(data, "/a.zip", Limits(), Fields(), first.unread)
    assert (first.unread, rest.unread) == (4, 0)
    assert numbers(first) + numbers(rest) == list(range(9))


@pytest.mark.drill
def test_a_page_that_hangs_in_an_archive_costs_itself(worker_process):
    members = [*STORIES[:2], ("hang.html", HANG), *STORIES[2:]]
    with Extractor(Limits(seconds=4)) as extractor:
        assert extractor.extract(STORIES[0][1], "/a.txt").articles
        found = extractor.extract(archive(*members), "/a.zip")
    assert numbers(found) == list(range(9))
    assert [(skip.path, skip.code) for skip in found.skips] == [("/a.zip#3", "timeout")]
