"""Copies are no second witnesses, and a corrected version takes the place of the older one."""

import datetime as dt
import hashlib
import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from assistant.cli.printing import show_article, show_articles
from index.core.articles import Article
from index.core.filters import NO_FILTERS
from index.dedup.near_duplicates import Signature, clusters, resemblance, signature
from index.dedup.revisions import ArticleVersion, correction_note, find_revisions, normalized_url
from index.storage import article_writer as draft_library
from index.storage.article_store import ArticleStore, DuplicateInfo, FileRecord, PassageMeta
from index.storage.article_writer import ArticleWriter

SAMPLE = Path(__file__).resolve().parents[3] / "eval/sets/sample/articles"
STORY = (
    "The river Ossel broke through an earth dike above Lower Brask late in the evening, and seven "
    "bodies were recovered from the houses beside it. Divers are looking for nine people more, "
    "said Nadia Korvin, who heads the rescue service of the valley. Some three thousand residents "
    "were taken by bus to Tavrin and sleep in schools. The dike had been built in the year of the "
    "great frost and was last mended when the bakery opened."
)
OTHER = (
    "Zoë Lind baked ninety loaves for the neighbours who had helped her through the winter, and "
    "they paid her in coins, eggs and stories. The oven stands where the old post office was. She "
    "means to go on until the flour ends, which her brother mills from his own rye in the hills."
)
URL = "https://example.org/gazette/flood"


def page(text, title="Dike gives way", day="2024-05-03", source="Gazette", url=""):
    head = [("Title", title), ("Date", day), ("Source", source), ("URL", url)]
    return "".join(f"{name}: {value}\n" for name, value in head if value) + f"\n{text}\n"


def changed(text, at, word):
    words = text.split()
    words[at] = word
    return " ".join(words)


def opened(news):
    generation, _ = news.store.open()
    return closing(ArticleStore(generation.library))


def ids(news):
    return {name: article.id for name, article in news.articles().items()}


def origins(news):
    """Names of files by origin, as sets."""
    generation, _ = news.store.open()
    groups = {}
    with closing(sqlite3.connect(generation.library)) as db:
        for path, origin in db.execute("SELECT path, origin FROM articles"):
            groups.setdefault(origin, set()).add(Path(path).name)
    return sorted(map(sorted, groups.values()))


def standing(news, name):
    with opened(news) as library:
        return library.duplicate_info(ids(news)[name])


def names(articles):
    return [Path(article.path).name for article in articles]


def found(news, question, k=6, **options):
    hits = news.search().search(question, k, **options)
    return list(dict.fromkeys(Path(hit.passage.article.path).name for hit in hits))


# ── near copies ───────────────────────────────────────────────────────────────────────────────


def test_of_the_sample_articles_only_the_wire_copy_is_a_copy(news):
    news.ingest(SAMPLE)
    groups = [group for group in origins(news) if len(group) > 1]
    assert groups == [["ossel-flood-09-may.txt", "ossel-flood-wire-copy.txt"]]


def test_the_sample_question_about_the_toll_is_answered_from_one_of_the_two_copies(news):
    news.ingest(SAMPLE)
    names = found(news, "How many people were killed by the flood on the river Ossel?")
    assert len({"ossel-flood-09-may.txt", "ossel-flood-wire-copy.txt"} & set(names)) == 1


def test_fifty_copies_with_one_word_changed_are_one_origin_and_crowd_nobody_out(news):
    for number in range(50):
        news.write(f"copy{number:02}.txt", changed(STORY, number, f"falsehood{number}"))
    news.write("bread.txt", OTHER)
    assert news.ingest().articles == 51
    assert [len(group) for group in origins(news)] == [1, 50]
    hits = news.search().search("Who baked beside the dike of the river Ossel?", 6)
    articles = {hit.passage.article.path for hit in hits}
    assert len(articles) == 2
    carried = {len(hit.carried_by) for hit in hits}
    assert carried == {0, 49}


def test_old_versions_and_copies_do_not_hide_an_article_that_is_ranked_far_below_them(news):
    for number in range(200):
        news.write(f"copy{number:03}.txt", changed(STORY, number % 70, f"falsehood{number}"))
    news.write("late.txt", "A dike. Nothing else of it is said in this note about gardens.")
    news.ingest()
    assert "late.txt" in found(news, "The river Ossel broke through an earth dike above Brask")


@pytest.mark.parametrize("part", [0.75, 0.5, 0.35])
def test_a_copy_that_was_cut_short_is_of_the_same_origin(part):
    text = (SAMPLE / "ossel-flood-09-may.txt").read_text("utf-8").split("\n\n", 1)[1]
    words = text.split()
    short = " ".join(words[: int(len(words) * part)])
    assert set(clusters({"b": signature(short), "a": signature(text)}).values()) == {"a"}


def test_a_digest_of_several_stories_makes_no_one_story_of_them():
    stories = {str(n): " ".join(f"w{n}x{m}" for m in range(90)) for n in range(5)}
    digest = " ".join(stories.values())
    found = clusters({name: signature(text) for name, text in [*stories.items(), ("9", digest)]})
    assert len({found[name] for name in stories}) == 5


def test_articles_that_share_a_page_template_are_not_copies():
    template = " ".join(f"menu{n}" for n in range(60))
    texts = {str(n): f"{template} " + " ".join(f"w{n}x{m}" for m in range(90)) for n in range(9)}
    assert len(set(clusters({n: signature(t) for n, t in texts.items()}).values())) == 9


def test_the_families_do_not_depend_on_the_order():
    signed = {f"{n:02}": signature(changed(STORY, n, "another")) for n in range(20)}
    signed |= {f"x{n}": signature(f"{n} {OTHER} {n}") for n in range(5)}
    expected = clusters(signed)
    assert sorted(set(expected.values())) == ["00", "x0"]
    for seed in range(5):
        names = list(signed)
        random.Random(seed).shuffle(names)
        assert clusters({name: signed[name] for name in names}) == expected


def test_the_origins_do_not_depend_on_what_was_ingested_first(news):
    texts = {f"{n}.txt": changed(STORY, n, f"word{n}") for n in range(6)} | {"9.txt": OTHER}
    for name in ["3.txt", "9.txt", "0.txt"]:
        news.write(name, texts[name])
        news.ingest()
    for name, text in texts.items():
        news.write(name, text)
    news.ingest()
    grown = _stored_origins(news)
    news.ingest(rebuild=True)
    assert _stored_origins(news) == grown
    assert len(set(grown.values())) == 2


def _stored_origins(news):
    generation, _ = news.store.open()
    with closing(sqlite3.connect(generation.library)) as db:
        return dict(db.execute("SELECT path, origin FROM articles"))


def test_a_signature_is_the_same_in_every_process_and_release():
    signed = signature(STORY)
    assert signed.size == 75
    assert hashlib.sha256(signed.slots).hexdigest()[:16] == "007f051152435ec5"


@pytest.mark.parametrize("text", ["👍👍", "?!", ""])
def test_a_text_without_a_word_resembles_nothing(text):
    assert signature(text).size == 0
    assert resemblance(signature(text), signature(text)) == 0
    assert clusters({"a": signature(text), "b": signature(text)}) == {"a": "a", "b": "b"}


def test_no_text_at_all_has_no_families():
    assert clusters({}) == {}


def test_case_punctuation_and_line_breaks_make_no_other_text():
    assert resemblance(signature(STORY), signature(STORY.upper().replace(",", "\n"))) == 1.0


def test_a_near_copy_in_a_script_without_spaces_is_one():
    text = "北京市政府周三表示今年的预算将增加百分之五主要用于公共交通和学校建设以及医疗卫生"
    assert resemblance(signature(text), signature(text.replace("五", "六"))) > 0.5


# ── who else carries it ───────────────────────────────────────────────────────────────────────


def test_exact_and_near_copies_are_named_beside_the_article_that_is_found(news):
    news.write("a.txt", STORY)
    news.write("b.txt", STORY)
    news.write("c.txt", changed(STORY, 5, "earthen"))
    news.write("d.txt", OTHER)
    news.ingest()
    hit, *others = news.search().search("dike above Lower Brask", 4)
    carriers = {Path(hit.passage.article.path).name, *names(hit.carried_by)}
    assert carriers == {"a.txt", "b.txt", "c.txt"}
    assert {Path(other.passage.article.path).name for other in others} == {"d.txt"}
    assert {article.text for article in hit.carried_by} == {""}
    assert names(standing(news, "b.txt").carried_by) == ["a.txt", "c.txt"]


def test_a_copy_that_goes_is_named_no_more(news):
    news.write("a.txt", STORY)
    path = news.write("b.txt", changed(STORY, 5, "earthen"))
    news.ingest()
    path.unlink()
    news.ingest(prune=True)
    assert standing(news, "a.txt").carried_by == ()


# ── no work twice ─────────────────────────────────────────────────────────────────────────────


def test_an_unchanged_ingest_compares_nothing(news, monkeypatch):
    news.write("a.txt", STORY)
    news.ingest()

    def refuse(self):
        raise AssertionError("compared again")

    monkeypatch.setattr(ArticleWriter, "mark_near_copies", refuse)
    assert not news.ingest().published


def test_only_new_texts_are_signed(news, monkeypatch):
    signed = []
    monkeypatch.setattr(draft_library, "signature", lambda t: signed.append(t) or signature(t))
    news.write("a.txt", STORY)
    news.ingest()
    news.write("b.txt", OTHER)
    news.write("c.txt", STORY)
    news.ingest()
    assert signed == [STORY, OTHER]


def test_signatures_of_another_maker_are_made_anew(news, monkeypatch):
    news.write("a.txt", STORY)
    with monkeypatch.context() as patch:
        patch.setattr(draft_library, "maker", lambda: "older")
        patch.setattr(draft_library, "signature", lambda text: Signature(9, bytes(1280)))
        news.ingest()
    news.write("b.txt", changed(STORY, 5, "earthen"))
    news.write("c.txt", OTHER)
    news.ingest()
    assert origins(news) == [["a.txt", "b.txt"], ["c.txt"]]


# ── versions ──────────────────────────────────────────────────────────────────────────────────

CORRECTED = STORY.replace("seven bodies", "nine bodies")


def test_a_later_version_under_the_same_address_supersedes_the_older(news):
    news.write("old.txt", page(STORY, url=URL))
    news.write("new.txt", page(CORRECTED, day="2024-05-05", url=f"{URL}/?utm_source=x"))
    news.ingest()
    assert found(news, "How many bodies were recovered?") == ["new.txt"]
    assert found(news, "How many bodies were recovered?", superseded=True) == ["new.txt", "old.txt"]
    older, newer = standing(news, "old.txt"), standing(news, "new.txt")
    assert names([older.superseded_by]) == ["new.txt"]
    assert names(newer.corrects) == ["old.txt"]
    assert newer.carried_by == ()
    assert news.search().passages_of([newer.corrects[0].id], NO_FILTERS) == []


def test_a_version_without_an_address_is_known_by_source_and_title(news):
    news.write("old.txt", page(STORY))
    news.write("new.txt", page(CORRECTED, day="2024-05-05"))
    news.write("wire.txt", page(CORRECTED.replace("evening", "night"), source="Wire"))
    news.ingest()
    assert names([standing(news, "old.txt").superseded_by]) == ["new.txt"]
    assert standing(news, "wire.txt").superseded_by is None
    assert found(news, "How many bodies were recovered?") == ["new.txt"]


def test_of_three_versions_the_newest_supersedes_both(news):
    for number in range(3):
        text = changed(STORY, 20, f"number{number}")
        news.write(f"{number}.txt", page(text, day=f"2024-05-0{5 - number}", url=URL))
    news.ingest()
    assert names(standing(news, "0.txt").corrects) == ["1.txt", "2.txt"]
    assert names([standing(news, "2.txt").superseded_by]) == ["0.txt"]


def test_when_the_newer_version_goes_the_older_is_current_again(news):
    news.write("old.txt", page(STORY, url=URL))
    news.write("new.txt", page(CORRECTED, day="2024-05-05", url=URL))
    news.ingest()
    news.remove(ids(news)["new.txt"])
    assert standing(news, "old.txt").superseded_by is None
    assert found(news, "How many bodies were recovered?") == ["old.txt"]


def test_a_changed_file_replaces_its_article_and_leaves_no_version(news):
    news.write("flood.txt", page(STORY, url=URL))
    news.ingest()
    news.write("flood.txt", page(CORRECTED, day="2024-05-05", url=URL))
    assert news.ingest().changed == 1
    assert standing(news, "flood.txt") == DuplicateInfo()
    assert "nine bodies" in news.finds("How many bodies were recovered?")


def test_versions_of_one_day_are_left_unsettled_and_both_say_so(news):
    for name, text in [("a.txt", STORY), ("b.txt", CORRECTED)]:
        os.utime(news.write(name, page(text, url=URL)), (1e9, 1e9))
    news.ingest()
    for one, other in [("a.txt", "b.txt"), ("b.txt", "a.txt")]:
        assert standing(news, one).superseded_by is None
        assert names([standing(news, one).unsettled]) == [other]
    assert len(found(news, "How many bodies were recovered?")) == 1


def test_of_one_day_the_version_that_says_it_corrects_is_the_newer(news):
    note = "Correction: an earlier version of this article gave a wrong number."
    news.write("a.txt", page(f"{CORRECTED} {note}", url=URL))
    news.write("b.txt", page(STORY, url=URL))
    news.ingest()
    assert names([standing(news, "b.txt").superseded_by]) == ["a.txt"]
    assert standing(news, "a.txt").note == note


@pytest.mark.parametrize(("later", "decides"), [(86_401, True), (3_600, False), (0, False)])
def test_of_one_day_the_file_that_is_younger_by_a_day_is_the_newer(news, later, decides):
    os.utime(news.write("a.txt", page(STORY, url=URL)), (1e9, 1e9))
    os.utime(news.write("b.txt", page(CORRECTED, url=URL)), (1e9 + later, 1e9 + later))
    news.ingest()
    assert (standing(news, "a.txt").superseded_by is not None) == decides


def test_a_text_that_was_corrected_is_superseded_wherever_it_was_copied(news):
    news.write("a-copy.txt", page(STORY, source="Lane", url="https://example.org/lane/1"))
    news.write("old.txt", page(STORY, url=URL))
    news.write("new.txt", page(CORRECTED, day="2024-05-05", url=URL))
    news.ingest()
    assert found(news, "How many bodies were recovered?") == ["new.txt"]
    assert names(standing(news, "new.txt").corrects) == ["a-copy.txt", "old.txt"]


def test_a_near_copy_elsewhere_does_not_outrank_the_correction(news):
    news.write("old.txt", page(STORY, url=URL))
    news.write("new.txt", page(CORRECTED, day="2024-05-05", url=URL))
    news.write("wire.txt", page(STORY.replace("evening", "night"), source="Wire"))
    news.ingest()
    assert found(news, "late in the night seven bodies") == ["new.txt"]


@pytest.mark.parametrize(
    "second",
    [
        ArticleVersion("b", "Dike gives way", "Lane", URL),  # another paper claims the address
        ArticleVersion(
            "c", "Bread is dear", "Gazette", URL
        ),  # the address was given to another story
        ArticleVersion("b", "Dike gives way", "Gazette", "https://example.org/gazette/flood-2"),
        ArticleVersion("b", "Another title", "Gazette"),
        ArticleVersion("b", "Dike gives way", ""),
    ],
)
def test_what_is_not_surely_the_same_article_supersedes_nothing(second):
    signed = {"a": signature(STORY), "b": signature(CORRECTED), "c": signature(OTHER)}
    day = dt.date(2024, 5, 3)
    first = ArticleVersion("a", "Dike gives way", "Gazette", URL, day)
    later = ArticleVersion(
        second.text_hash, second.title, second.source, second.url, day.replace(day=9)
    )
    result = find_revisions([first, later], signed, clusters(signed))
    assert (result.superseded, result.undecided) == ({}, {})


def test_an_address_that_many_texts_carry_is_that_of_a_list():
    signed = {f"{n:02}": signature(changed(STORY, n, "x")) for n in range(30)}
    days = [dt.date(2024, 5, n + 1) for n in range(30)]
    carriers = [
        ArticleVersion(name, f"No {name}", "Gazette", URL, day)
        for name, day in zip(signed, days, strict=True)
    ]
    assert find_revisions(carriers, signed, clusters(signed)).superseded == {}
    few = find_revisions(carriers[:5], signed, clusters(signed)).superseded
    assert few == {"00": "04", "01": "04", "02": "04", "03": "04"}


@pytest.mark.parametrize(
    "url", ["", "https://example.org", "https://example.org/", "http://[bad", "//:x", "/a/b"]
)
def test_what_names_no_article_is_no_normalized_url(url):
    assert normalized_url(url) == ""


def test_no_mix_of_evidence_makes_all_versions_old():
    random_ = random.Random(7)
    signed = {str(n): signature(changed(STORY, n, "x")) for n in range(5)}
    origin = clusters(signed)
    for _ in range(300):
        carriers = [
            ArticleVersion(
                name,
                "T",
                "Gazette",
                URL,
                random_.choice([None, dt.date(2024, 5, 3), dt.date(2024, 5, 9)]),
                random_.choice([0, 1, 10**18, 10**18 + 1]),
                random_.random() < 0.3,
            )
            for name in signed
        ]
        superseded = find_revisions(carriers, signed, origin).superseded
        assert set(superseded.values()).isdisjoint(superseded)


# ── notes, fields, what is shown ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "Correction: the toll is nine.",
        "This article was amended on 4 May to give the right toll.",
        "An earlier version of this story misspelled the name.",
        "This story has been corrected.",
        "Our report of Tuesday, March 12, gave a wrong figure for the quay walls.",
    ],
)
def test_a_note_that_something_was_wrong_is_found(text):
    assert correction_note("Toll", f"It rained for days.\n\n{text}") == text


@pytest.mark.parametrize(
    "text",
    [
        "The department of correction opened a prison.",
        "Editor's note: this story tells of violence.",
        "The first version of the report was kept secret.",
        "Market corrections are normal.",
    ],
)
def test_an_article_about_corrections_is_no_correction(text):
    assert correction_note("Toll", text) == ""


def test_of_the_sample_articles_only_the_correction_has_a_note(news):
    news.ingest(SAMPLE)
    with opened(news) as library:
        noted = [row.article.title for row in library.listed() if row.note]
        assert not any(row.superseded_by for row in library.listed())
    assert noted == ["Correction: Tavrin city budget"]


def test_all_that_is_known_of_an_article_is_kept(tmp_path):
    article = Article(
        *("/a.txt", "Title", "Text.", dt.date(2024, 5, 3), "Gazette", "https://x.org/a"),
        *("Ann Roe", "TAVRIN", "dateline", dt.date(2024, 5, 4), "en"),
    )
    with closing(ArticleWriter(tmp_path / "library.sqlite")) as library:
        library.put_file(FileRecord("/a.txt", 1, 2, "00"), [article], [])
        assert library.article(article.id) == article
        assert [found for _, found in library.articles()] == [article]


def test_the_language_of_an_article_is_told_when_it_is_certain(news):
    news.write("en.txt", STORY)
    news.write("de.txt", "Der Fluss brach in der Nacht durch den Deich, sagte die Feuerwehr.")
    news.write("none.txt", "def f(x): return x")
    news.ingest()
    languages = {name: article.language for name, article in news.articles().items()}
    assert languages == {"en.txt": "en", "de.txt": "de", "none.txt": ""}


def test_a_library_of_before_can_still_be_read_and_built_anew(news):
    news.write("a.txt", STORY)
    news.ingest()
    generation, _ = news.store.open()
    with closing(sqlite3.connect(generation.library)) as db:
        kept = "id, file, path, title, text, published, source, url, byline, place, digest, copy_of"
        db.execute(f"CREATE TABLE old AS SELECT {kept} FROM articles")
        db.execute("DROP TABLE articles")
        db.execute("DROP TABLE wordings")
        db.execute("ALTER TABLE old RENAME TO articles")
    with closing(ArticleStore(generation.library)) as library:
        (_, article), (row,) = next(library.articles()), library.listed()
        assert (article.text, article.language, row.superseded_by) == (STORY, "", None)
        place = library.passage_meta(library.passage_ids())[library.passage_ids()[0]]
        assert place == PassageMeta(article.id, article.id, False, False)
        assert library.duplicate_info(article.id) == DuplicateInfo()
        assert library.carried_by(article.id) == []


def test_show_and_list_tell_versions_copies_warnings_and_days(news, capsys):
    note = "Correction: an earlier version of this article gave a wrong number."
    news.write("old.txt", page(STORY, url=URL))
    text = f"{CORRECTED} He died on Wednesday, police said. {note}"
    news.write("new.txt", page(text, day="2024-05-05", url=URL))
    news.write("wire.txt", page(STORY.replace("evening", "night"), "Toll", source="Wire"))
    news.ingest()
    known = ids(news)
    with opened(news) as library:
        show_article(library, known["new.txt"])
        newer = capsys.readouterr().out
        show_article(library, known["old.txt"])
        older = capsys.readouterr().out
        show_articles(library)
        listed = capsys.readouterr().out
    assert f"corrects: {known['old.txt'][:8]} Dike gives way — Gazette, 3 May 2024\n" in newer
    assert f"also carried by: {known['wire.txt'][:8]} Toll — Wire, 3 May 2024\n" in newer
    assert f"warning: {note}\n" in newer
    assert "language: en\n" in newer
    assert "days: Wednesday = 2024-05-01\n" in newer
    assert f"superseded by: {known['new.txt'][:8]}" in older
    assert listed.count(f"superseded by {known['new.txt'][:8]}") == 1
