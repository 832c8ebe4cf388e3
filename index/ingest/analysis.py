"""Finds out of an article's text what the index needs: language, passages, signature.

Runs in the worker of `index.ingest.sandbox`, as the readers do: a library that hangs on some text
cannot be stopped otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from index.core.articles import Article, Passage, Skip
from index.core.records import Unreadable
from index.dedup.near_duplicates import Signature, signature
from index.dedup.revisions import correction_note
from index.ingest.extraction import Extracted
from index.text.chunking import PassageSplitter
from index.text.language import language_model, settled


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found out of one article.

    `spans` are the sentences of each passage, `note` is the sentence in which the article says that
    something was corrected.
    """

    language: str
    spans: tuple[tuple[tuple[int, int], ...], ...]
    signature: Signature
    note: str

    def passages(self, article: Article) -> list[Passage]:
        """The passages of the article that was analysed."""
        return [Passage(article, sentences) for sentences in self.spans]


class Analyst:
    """Analyses articles; what this needs is imported at once, in two seconds of processor time.

    `tokenize` is the embedder's; without it nothing is imported, and nothing can be analysed.
    """

    def __init__(self, tokenize: Callable[[str], list[int]] | None) -> None:
        if tokenize:
            self._splitter = PassageSplitter(tokenize)
            self._splitter.load()
            language_model()
            signature("")

    def analyse(self, article: Article) -> Analysis:
        """Analyse one article here, in this process."""
        return Analysis(
            language=settled(article.language, article.text),
            spans=tuple(passage.sentences for passage in self._splitter.split(article)),
            signature=signature(article.text),
            note=correction_note(article.title, article.text),
        )


class Analyses:
    """What `analyse` found out of articles, each analysed once."""

    def __init__(self, analyse: Callable[[Article], Analysis]) -> None:
        self._analyse = analyse
        self._known: dict[tuple[str, str], Analysis] = {}  # by article and digest

    def get(self, article: Article) -> Analysis:
        """The analysis of an article.

        Raises:
            Unreadable: it cannot be analysed.
        """
        key = article.id, article.digest
        if key not in self._known:
            self._known[key] = self._analyse(article)
        return self._known[key]

    def take(self, article: Article) -> Analysis:
        """The same, for the last time."""
        found = self.get(article)
        del self._known[article.id, article.digest]
        return found

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()

    def analysed(self, found: Extracted, then: Callable[[Article], None]) -> Extracted:
        """The articles of a file, with their languages, each given to `then`; Skips for others."""
        articles, skips = [], list(found.skips)
        for article in found.articles:
            try:
                article = replace(article, language=self.get(article).language)
            except Unreadable as problem:
                skips.append(Skip(article.path, problem.code, problem.reason))
            else:
                articles.append(article)
                then(article)
        taken = {article.path for article in articles}
        notes = tuple(note for note in found.notes if note.path in taken)
        return Extracted(tuple(articles), tuple(skips), notes)
