"""Sentences with their offsets in the article; passages made of whole sentences.

sentencex (Wikimedia) finds the sentences, because it knows the abbreviations of 244 languages and
never changes the text; LlamaIndex's SentenceSplitter packs them into passages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property

from index.core.articles import Article, Passage

PASSAGE_TOKENS = 160  # of the embedder's tokens; about 110 words, three to five sentences
MAX_SENTENCE = 2_000  # characters; the splitter needs minutes for one word of 5 MB
# sentencex is quadratic in the quotation marks that a line leaves open, so it is given no more than
# 5,000 characters, which end where a sentence or else a word does
_BLOCK = re.compile(r"(?s).{1,5000}\Z|.{2500,5000}(?<=[.!?”\"])(?=\s)|.{2500,5000}(?=\s)|.{1,5000}")


def sentences(text: str) -> list[tuple[int, int]]:
    r"""Find the (start, end) offsets of the sentences of `text`, without the space around them.

    A line break ends a sentence. One that is longer than `MAX_SENTENCE` characters is cut. Takes
    time in proportion to the text, whatever stands in it.

    >>> text = "Pvt. King met Sen. Lee in the U.S. on Jan. 5. He left.\n\nOthers stayed"
    >>> [text[a:b] for a, b in sentences(text)]
    ['Pvt. King met Sen. Lee in the U.S. on Jan. 5.', 'He left.', 'Others stayed']
    """
    found: list[tuple[int, int]] = []
    for line in re.finditer(r"[^\n]+", text):
        start = line.start()
        for piece in _pieces(line[0]):
            bare = piece.strip()
            if bare:
                first = start + piece.index(bare)
                found.append((first, first + len(bare)))
            start += len(piece)
    return found


def _pieces(text: str) -> list[str]:
    """Cut `text` into sentences whose concatenation is `text` again."""
    import sentencex

    return [
        piece[start : start + MAX_SENTENCE]
        for block in _BLOCK.findall(text)
        for piece in sentencex.segment("en", block)
        for start in range(0, len(piece), MAX_SENTENCE)
    ]


class PassageSplitter:
    """Cuts articles into passages of whole sentences.

    `tokenize` is the embedder's tokenizer, so that a passage never exceeds what it can read.
    """

    def __init__(self, tokenize: Callable[[str], list[int]], tokens: int = PASSAGE_TOKENS) -> None:
        self._tokenize = tokenize
        self._tokens = tokens

    @cached_property
    def _splitter(self) -> Callable[[str], list[str]]:
        from llama_index.core.node_parser import SentenceSplitter

        splitter = SentenceSplitter(
            chunk_size=self._tokens,
            chunk_overlap=0,
            paragraph_separator="\n\n",
            # given explicitly: the defaults may look for files on the network
            tokenizer=self._tokenize,
            chunking_tokenizer_fn=_pieces,
        )
        return splitter.split_text

    def load(self) -> None:
        """Import LlamaIndex, which takes 2 s of processor time."""
        _ = self._splitter

    def split(self, article: Article) -> list[Passage]:
        """Cut one article; every sentence stands in exactly one passage, in reading order."""
        spans = sentences(article.text)
        found: list[Passage] = []
        position = taken = 0
        for piece in self._splitter(article.text):
            start = article.text.index(piece, position)
            position = start + len(piece)
            until = taken
            while until < len(spans) and spans[until][0] < position:
                until += 1
            if until > taken:
                found.append(Passage(article, tuple(spans[taken:until])))
                taken = until
        return found
