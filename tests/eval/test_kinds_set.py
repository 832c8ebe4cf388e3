"""The set of kinds: its gold stands in its articles, and its copies and corrections are some."""

import re
from collections import Counter

import pytest

from eval.data.cases import load
from eval.scoring.metrics import holds
from index.dedup.near_duplicates import clusters, signature
from index.dedup.revisions import ArticleVersion, find_revisions
from index.readers.dispatch import read as read_file

KINDS = load("kinds")
FILES = {file.stem: file for file in sorted(KINDS.articles.iterdir())}
READ = {name: next(read_file(file.read_bytes(), str(file))) for name, file in FILES.items()}
TEXTS = {name: " ".join(record.text.split()) for name, record in READ.items()}
COPIES = {"halvern-flood-2-wire": "halvern-flood-2", "brennick-bid-3-wire": "brennick-bid-3"}
OLD, CORRECTED = "halvern-flood-report", "halvern-flood-report-corrected"
COUNTED = sorted(READ.keys() - COPIES.keys() - {OLD})
README = (KINDS.folder / "README.md").read_text("utf-8")
FROM_ANYWHERE = ("archive", "count")  # answers of these stand in no single sentence


def known(case):
    """The texts of a case's gold articles, with their titles."""
    return "\n".join(f"{READ[name].title}\n{TEXTS[name]}" for name in case.articles)


def groups_of(case):
    """Every group of accepted texts of a case."""
    wanted = case.wanted
    yield from (group for group in (case.answers, *case.all_of) if group)
    if wanted:
        yield from (*wanted.items, *wanted.nuggets, *wanted.parts)
        yield from (side for difference in wanted.differences for side in difference)


# ── articles ──────────────────────────────────────────────────────────────────────────────────


def test_there_are_short_dated_articles_of_several_sources():
    assert len(READ) == 36 and all(f"`{name}`" in README for name in (*COPIES, CORRECTED))
    assert len({record.source for record in READ.values()}) == 6
    assert all(record.published and record.title and record.url for record in READ.values())
    assert all(110 <= len(text.split()) <= 350 for text in TEXTS.values())


def test_the_copies_are_near_copies_and_nothing_else_is():
    found = clusters({name: signature(record.text) for name, record in READ.items()})
    together = {}
    for name, cluster in found.items():
        together.setdefault(cluster, set()).add(name)
    expected = [{copy, first} for copy, first in COPIES.items()] + [{OLD, CORRECTED}]
    assert sorted(map(sorted, (group for group in together.values() if len(group) > 1))) == (
        sorted(map(sorted, expected))
    )
    assert all(READ[copy].source != READ[first].source for copy, first in COPIES.items())


def test_the_corrected_version_supersedes_the_first_one_and_nothing_else_is_superseded():
    signed = {name: signature(record.text) for name, record in READ.items()}
    versions = [
        ArticleVersion(
            text_hash=name,
            title=record.title,
            source=record.source,
            url=record.url,
            day=record.published,
            is_correction=record.text.startswith("Correction:"),
        )
        for name, record in READ.items()
    ]
    found = find_revisions(versions, signed, clusters(signed))
    assert found.superseded == {OLD: CORRECTED} and not found.undecided
    assert "84 million marks, not 48 million" in TEXTS[CORRECTED]
    assert "48 million marks" in TEXTS[OLD] and "84 million" not in TEXTS[OLD]


# ── questions ─────────────────────────────────────────────────────────────────────────────────


def test_every_type_has_a_dozen_and_the_numbers_that_the_readme_says():
    assert len({case.question.lower() for case in KINDS.cases}) > 0.99 * len(KINDS.cases)
    assert f"{len(KINDS.cases)} questions" in README
    of_type = Counter(case.type for case in KINDS.cases)
    refused = Counter(case.type for case in KINDS.cases if not case.answerable)
    assert min(of_type.values()) >= 12
    for kind, count in of_type.items():
        assert re.search(rf"^\| {kind} \| {count} \| {refused[kind]} \|", README, re.MULTILINE)
    assert README.count("\n| ") - 2 - 10 == len(of_type)  # two heads, ten rows of articles


def test_the_kind_is_the_type_unless_the_question_is_about_something_else():
    for case in KINDS.cases:
        expected = {"plain": "fact", "clear": None, "language": None}.get(case.type, case.type)
        assert case.type != "clear" or case.wanted is not None
        assert case.kind == expected or (case.type == "archive" and case.kind is None), case.id


@pytest.mark.parametrize("case", KINDS.cases, ids=lambda case: case.id)
def test_the_gold_of_a_case_stands_in_its_articles(case):
    assert set(case.articles) <= READ.keys() - {OLD}
    for gold in case.quotes:
        assert gold.quote in TEXTS[gold.article]
    assert case.answerable or not (case.evidence or case.wanted)
    if case.articles and case.type not in FROM_ANYWHERE:
        lost = [group for group in groups_of(case) if not any(holds(known(case), g) for g in group)]
        assert not lost
    everywhere = "\n".join(TEXTS[name] for name in COUNTED)
    for told in (*case.wanted.rows, *case.wanted.said) if case.wanted else ():
        assert getattr(told, "quote", getattr(told, "text", "")) in everywhere
    for one in case.wanted.said if case.wanted else ():
        assert one.speaker in everywhere
    assert all(name in everywhere for name in (case.wanted.asks_back if case.wanted else ()))


def test_a_number_of_articles_is_that_of_its_gold_articles_and_copies_count_once():
    cases = [case for case in KINDS.cases if case.type == "count"]
    for case in cases:
        assert case.wanted.count == len(case.articles)
        assert not set(case.articles) & {*COPIES, OLD}
        named = re.search(r"(?:mention|does|name|is|which) ([A-Z]\w+ [A-Z]\w+)", case.question)
        if named and case.wanted.count:
            holding = {name for name in COUNTED if named[1] in TEXTS[name]}
            assert holding == set(case.articles), case.id
    assert sum(case.wanted.count == 0 for case in cases) == 2


def test_what_cannot_be_answered_is_about_names_that_are_not_there_or_facts_that_are_not():
    archive = "\n".join(f"{READ[name].title} {TEXTS[name]}" for name in READ)
    assert not re.search(
        r"volcan|earthquake|measles|tram|Winter Games|Anders Holm|Bettina Krall|appeal court",
        archive,
    )
    assert archive.count("Dellin") == 1 and archive.count("Nils Auber") == 1


def test_people_whose_surname_is_asked_for_share_it_and_others_do_not():
    everywhere = "\n".join(TEXTS.values())
    for surname, first in (("Marsh", 2), ("Lind", 3), ("Falk", 2), ("Reeve", 2)):
        names = set(re.findall(rf"\b([A-Z]\w+) {surname}\b", everywhere))
        names -= {"Minister", "When", "Foreign"}
        assert len(names) == first, names
