"""Sample texts of the deduplication tests, and what an index stores of them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from index.storage.article_store import ArticleStore

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


def changed(text, at, word):
    """The text with another word at one place."""
    words = text.split()
    words[at] = word
    return " ".join(words)


class Index:
    """The index of `news`, asked by names of files."""

    def __init__(self, news):
        self.news = news
        self.put = news.put

    def opened(self):
        generation, _ = self.news.store.open()
        return closing(ArticleStore(generation.library))

    def id(self, name):
        return self.news.articles()[f"{name}.txt"].id

    def info(self, name):
        with self.opened() as store:
            return store.duplicate_info(self.id(name))

    def found(self, question, k=6, **options):
        """Names of files in the order in which their articles are found."""
        hits = self.news.search().search(question, k, **options)
        return list(dict.fromkeys(names([hit.passage.article for hit in hits])))

    def clusters(self):
        """Names of files by cluster, sorted."""
        generation, _ = self.news.store.open()
        with closing(sqlite3.connect(generation.library)) as db:
            rows = db.execute("SELECT path, origin FROM articles").fetchall()
        groups = {}
        for path, cluster in rows:
            groups.setdefault(cluster, []).append(Path(path).stem)
        return sorted(map(sorted, groups.values()))


def names(articles):
    return [Path(article.path).stem for article in articles]


@pytest.fixture
def index(news):
    return Index(news)
