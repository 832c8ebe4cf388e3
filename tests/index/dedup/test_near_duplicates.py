"""Near duplicates are one cluster: found once, named beside each other, no second witnesses."""

import hashlib

import pytest

from index.dedup.near_duplicates import Signature, clusters, resemblance, signature
from index.ingest import analysis
from index.storage import article_writer
from index.storage.article_writer import ArticleWriter
from tests.index.dedup.conftest import OTHER, SAMPLE, STORY, changed, names


def clustered(*texts):
    """The clusters of texts, as numbers in the order given."""
    signed = {f"{number:03}": signature(text) for number, text in enumerate(texts)}
    return [int(root) for root in clusters(signed).values()]


def numbered(prefix, count):
    return " ".join(f"{prefix}{n}" for n in range(count))


def test_of_the_sample_articles_only_the_wire_copy_is_a_near_duplicate(index):
    index.news.ingest(SAMPLE)
    groups = [group for group in index.clusters() if len(group) > 1]
    assert groups == [["ossel-flood-09-may", "ossel-flood-wire-copy"]]
    found = index.found("How many people were killed by the flood on the river Ossel?")
    assert len({*groups[0]} & {*found}) == 1


def test_fifty_copies_with_one_word_changed_are_one_cluster_and_crowd_nobody_out(index):
    copies = {f"copy{n:02}": changed(STORY, n, f"falsehood{n}") for n in range(50)}
    assert index.put(**copies, bread=OTHER).articles == 51
    assert [len(group) for group in index.clusters()] == [1, 50]
    hits = index.news.search().search("Who baked beside the dike of the river Ossel?", 6)
    assert len({hit.passage.article.path for hit in hits}) == 2
    assert {len(hit.carried_by) for hit in hits} == {0, 49}


def test_copies_do_not_hide_an_article_that_is_ranked_far_below_them(index):
    copies = {f"copy{n:03}": changed(STORY, n % 70, f"falsehood{n}") for n in range(200)}
    index.put(late="A dike. Nothing else of it is said in this note about gardens.", **copies)
    assert "late" in index.found("The river Ossel broke through an earth dike above Brask")


@pytest.mark.parametrize("part", [0.75, 0.5, 0.35])
def test_a_shortened_copy_is_in_the_cluster_of_the_whole(part):
    text = (SAMPLE / "ossel-flood-09-may.txt").read_text("utf-8").split("\n\n", 1)[1]
    words = text.split()
    assert clustered(text, " ".join(words[: int(len(words) * part)])) == [0, 0]


def test_neither_a_digest_nor_a_page_template_joins_stories():
    stories = [numbered(f"w{n}x", 90) for n in range(9)]
    assert len(set(clustered(*stories[:5], " ".join(stories[:5]))[:5])) == 5
    assert clustered(*(f"{numbered('menu', 60)} {story}" for story in stories)) == list(range(9))


def test_clusters_do_not_depend_on_what_was_ingested_first(index):
    texts = {f"n{n}": changed(STORY, n, f"word{n}") for n in range(6)} | {"other": OTHER}
    for name in ("n3", "other", "n0"):
        index.put(**{name: texts[name]})
    index.put(**texts)
    grown = index.clusters()
    index.news.ingest(rebuild=True)
    assert index.clusters() == grown == [["n0", "n1", "n2", "n3", "n4", "n5"], ["other"]]


def test_a_signature_is_the_same_in_every_process_and_release():
    signed = signature(STORY)
    assert signed.size == 75
    assert hashlib.sha256(signed.slots).hexdigest()[:16] == "007f051152435ec5"


@pytest.mark.parametrize("text", ["👍👍", "?!", ""])
def test_a_text_without_a_word_resembles_nothing(text):
    assert signature(text).size == 0
    assert resemblance(signature(text), signature(text)) == 0
    assert clustered(text, text) == [0, 1]
    assert clustered() == []


def test_case_and_punctuation_do_not_count_and_scripts_without_spaces_are_compared():
    assert resemblance(signature(STORY), signature(STORY.upper().replace(",", "\n"))) == 1.0
    text = "北京市政府周三表示今年的预算将增加百分之五主要用于公共交通和学校建设以及医疗卫生"
    assert resemblance(signature(text), signature(text.replace("五", "六"))) > 0.5


def test_exact_and_near_copies_are_named_beside_the_article_that_is_found(index):
    index.put(a=STORY, b=STORY, c=changed(STORY, 5, "earthen"), d=OTHER)
    hit, *others = index.news.search().search("dike above Lower Brask", 4)
    assert {*names([hit.passage.article, *hit.carried_by])} == {"a", "b", "c"}
    assert {*names(other.passage.article for other in others)} == {"d"}
    assert {article.text for article in hit.carried_by} == {""}
    assert names(index.info("b").carried_by) == ["a", "c"]
    for name in ("b", "c"):
        (index.news.folder / f"{name}.txt").unlink()
    index.news.ingest(prune=True, force=True)
    assert index.info("a").carried_by == ()


def test_only_new_texts_are_signed(index, monkeypatch):
    signed = []
    sign = ArticleWriter.sign
    monkeypatch.setattr(
        ArticleWriter, "sign", lambda self, a, *rest: signed.append(a.text) or sign(self, a, *rest)
    )
    index.put(a=STORY)
    index.put(b=OTHER, c=STORY)
    assert signed == [STORY, OTHER]


def test_signatures_of_another_algorithm_are_made_again(index, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(article_writer, "maker", lambda: "older")
        patch.setattr(analysis, "signature", lambda text: Signature(9, bytes(1280)))
        index.put(a=STORY)
    index.put(b=changed(STORY, 5, "earthen"), c=OTHER)
    assert index.clusters() == [["a", "b"], ["c"]]
