"""Writes an index as a Chroma folder of its own, for programs that know Chroma and not us.

The folders of the index itself have ids and vectors alone, because Chroma keeps 6 KB a passage for
its text (measured with 110 words), in each of ten generations; and Chroma writes to a folder that
it only reads, so that they would no longer have their checksums.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index.core.disk import disk_errors
from index.core.errors import UsageError
from index.storage.chroma_collection import BATCH, import_chroma

if TYPE_CHECKING:
    from index.core.articles import Passage
    from index.storage.article_store import ArticleStore
    from index.storage.vector_backend import VectorReader

COLLECTION = "passages"


def export(library: ArticleStore, vectors: VectorReader, folder: Path) -> int:
    """Write all passages, each a document with `metadata_of` it; returns how many there are.

    Raises:
        UsageError: if the folder is there already.
        NoSpaceError: if the disk is full; the folder is removed.
    """
    if folder.exists():
        raise UsageError(f"{folder} is there already. Name a folder that is not.")
    import_chroma()
    import chromadb
    from chromadb.config import Settings

    ids = library.passage_ids()
    with disk_errors(folder.parent):
        folder.mkdir(parents=True)
        try:
            client: Any = chromadb.PersistentClient(
                str(folder), settings=Settings(anonymized_telemetry=False)
            )
            collection = client.create_collection(
                COLLECTION, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
            )
            for start in range(0, len(ids), BATCH):
                passages = library.passages(ids[start : start + BATCH])
                known = vectors.get(list(passages))
                collection.add(
                    ids=list(passages),
                    embeddings=np.stack([known[one] for one in passages]),
                    documents=[passage.text for passage in passages.values()],
                    metadatas=[metadata_of(passage) for passage in passages.values()],
                )
            client.close()
        except BaseException:
            shutil.rmtree(folder)
            raise
    return len(ids)


def metadata_of(passage: Passage) -> dict[str, str | int]:
    """`title`, `day` (20240503), `source` and `url` as far as known; `article` id, `start`, `end`.

    The day is a number so that Chroma can compare it; the offsets are those of the article's text.
    """
    article = passage.article
    day = article.stated_day
    known = {
        "title": article.title,
        "day": int(f"{day:%Y%m%d}") if day else None,
        "source": article.source,
        "url": article.url,
    }
    told = {key: value for key, value in known.items() if value}
    return {**told, "article": article.id, "start": passage.start, "end": passage.end}
