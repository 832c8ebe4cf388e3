"""Web archives (WARC): every page that a server has answered with, under its address."""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

from index.core.articles import Skip
from index.core.records import Unreadable
from index.readers.archives.member import Budget, Member
from index.readers.common import error_line, one_line, too_many
from index.readers.file import File

MAGIC = b"WARC/"
_PAGES = {"text/html": ".html", "application/xhtml+xml": ".html", "application/pdf": ".pdf"}
_REASONS = ("redirects", "revisits", "errors", "about the archive")


def warc_members(file: File) -> Iterator[Member | Skip]:
    """The pages; redirects, repeated visits and whatever is no page are counted in one Skip."""
    from warcio.archiveiterator import ArchiveIterator

    budget = Budget(file.limits, len(file.data))
    left_out: Counter[str] = Counter()
    pages = 0
    try:
        for record in ArchiveIterator(io.BytesIO(file.data)):
            url = one_line(record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
            suffix = _suffix(record)
            if suffix not in _PAGES.values() or not url.startswith(("http://", "https://")):
                left_out[suffix if suffix in _REASONS else "other files"] += 1
                continue
            if pages >= file.limits.records or budget.is_spent:
                yield too_many(file.path, f"{pages} pages")
                return
            pages += 1
            yield Member(url[:2000], partial(_unpack, record, budget), suffix, url)
    except MemoryError:
        raise
    except Exception as error:  # on a broken file warcio raises almost anything
        reason = f"The rest of the WARC file cannot be read: {error_line(error)}."
        yield Skip(file.path, "bad_archive", reason)
    left_out.pop("about the archive", None)
    if left_out:
        counts = ", ".join(f"{name} ({count})" for name, count in sorted(left_out.items()))
        yield Skip(file.path, "no_page", f"Left out: {counts}.")


def _suffix(record: Any) -> str:
    """The suffix of a page, or why the record is none."""
    if record.rec_type == "revisit":
        return "revisits"
    if record.rec_type not in ("response", "resource"):
        return "about the archive"  # requests, metadata, the crawler's own remarks
    kind = record.content_type or ""
    if record.rec_type == "response" and record.http_headers is not None:
        status = record.http_headers.get_statuscode() or ""
        if status[:1] != "2":
            return "redirects" if status[:1] == "3" else "errors"
        kind = record.http_headers.get_header("Content-Type") or ""
    return _PAGES.get(kind.partition(";")[0].strip().lower(), "")


def _unpack(record: Any, budget: Budget) -> bytes:
    """The page as UTF-8 where the server said in what encoding it is."""
    try:
        data = budget.read(_content(record))
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # on broken records warcio raises almost anything
        raise Unreadable("bad_archive", f"It cannot be unpacked: {error_line(error)}.") from None
    headers = record.http_headers
    kind = (headers.get_header("Content-Type") or "") if headers is not None else ""
    charset = kind.lower().partition("charset=")[2].strip(" \"';")
    try:
        return data.decode(charset).encode("utf-8-sig") if charset else data
    except (LookupError, ValueError):
        return data


def _content(record: Any) -> Callable[[int], bytes]:
    """What unpacks a page up to some bytes; brotli here, because warcio fails at it."""
    headers = record.http_headers
    packed_by = (headers.get_header("Content-Encoding") or "") if headers is not None else ""
    if packed_by.strip().lower() != "br":
        return cast(Callable[[int], bytes], record.content_stream().read)
    import brotli

    headers.remove_header("Content-Encoding")  # so that warcio only joins the chunks
    packed, decompressor = record.content_stream().read(), brotli.Decompressor()

    def unpack(most: int) -> bytes:
        data: bytes = decompressor.process(packed, output_buffer_limit=most)
        if len(data) < most and not decompressor.is_finished():
            raise ValueError("its end is missing")
        return data

    return unpack
