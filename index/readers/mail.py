"""Newsletters (.eml, .mbox) and web pages that a browser saved as mail (MHTML).

The text of a message is its HTML as displayed, or its plain part where that is much longer.
Attachments and messages inside a message are left out.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr

from index.core.articles import Skip
from index.core.records import Limits, RawRecord, Unreadable
from index.readers.common import one_line, sent_day, storable, too_many
from index.readers.encoding import decode
from index.readers.html_fragment import visible_text
from index.readers.web_page import read_html

MAX_PARTS = 500  # of one message
_FROM_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From \S[^\r\n]*\d{4}[^\r\n]{0,12}\r?\n")
_HEADERS = re.compile(
    rb"\A(?:[!-9;-~]{1,60}:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n){1,200}?(?=\r?\n|\Z)"
)
_MAIL_HEADER = re.compile(
    rb"^(?:message-id|mime-version|received|return-path|delivered-to|x-mailer|list-unsubscribe):",
    re.IGNORECASE | re.MULTILINE,
)
_COMMON_HEADER = re.compile(rb"^(?:from|to|subject|date):", re.IGNORECASE | re.MULTILINE)
_REPLY_PREFIXES = re.compile(r"^(?:(?:fwd?|re|wg|aw|tr)\s*:\s*)+", re.IGNORECASE)
# lines of newsletters that are not part of their text
_BOILERPLATE = re.compile(
    r"(?i)(?:(?:click here to |to )?(?:unsubscribe|manage (?:your )?(?:email )?(?:preferences|"
    r"subscriptions?)|update (?:your )?(?:profile|preferences)|opt out)\b.{0,80}"
    r"|(?:view|read|open|see) (?:this |the )?(?:e-?mail|message|newsletter|it)? ?"
    r"(?:in|on|with) (?:your|a|the) (?:web ?)?(?:browser|web)\b.{0,20}"
    r"|(?:having )?trouble (?:viewing|reading) this (?:e-?mail|message)\b.{0,60}"
    r"|(?:forward|forwarded) (?:this |to a )(?:e-?mail|friend|newsletter)\b.{0,60}"
    r"|you (?:are receiving|received) this (?:e-?mail|message|newsletter) because\b.{0,160}"
    r"|https?://\S+|[-=_*~]{3,})[.!]?"
)


def is_mbox(data: bytes) -> bool:
    """Whether the file begins like a mailbox: with a `From ` line and headers."""
    first = _FROM_LINE.match(data)
    return bool(first and _HEADERS.match(data[first.end() :][:100_000]))


def is_mail(data: bytes, *, named: bool) -> bool:
    """Whether the file begins with the headers of a message; `named` if its name says so.

    Without such a name, `Date:` and `From:` alone are not enough: an article may begin with them.
    """
    head = _HEADERS.match(data[:100_000].lstrip(b"\r\n"))
    found = [bool(head and one.search(head[0])) for one in (_MAIL_HEADER, _COMMON_HEADER)]
    return any(found) if named else all(found)


def read_mail(data: bytes) -> RawRecord:
    """One message, or a page that was saved as one."""
    message = _parse(data.lstrip(b"\r\n"))
    page = _saved_page(message)
    if page is not None:
        return _read_page(message, page)
    record = _read_message(message)
    if not record.text.strip():
        raise Unreadable("no_text", "The message has no text.")
    return record


def read_mbox(data: bytes, path: str, limits: Limits) -> Iterator[RawRecord | Skip]:
    """Every message of a mailbox, identified by its Message-ID."""
    starts = list(_FROM_LINE.finditer(data))
    ends = [*(start.start() for start in starts[1:]), len(data)]
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1):
        if number > limits.records:
            yield too_many(path, f"{limits.records} of {len(starts)} messages")
            return
        # mailboxes write a line that begins with From as >From
        message = _parse(re.sub(rb"(?m)^>(>*From )", rb"\1", data[start.end() : end]))
        identity = _header(message, "Message-ID").strip("<> ")[:200] or str(number)
        record = replace(_read_message(message), record=identity)
        empty = Skip(f"{path}#{identity}", "no_text", f"Message {number} has no text.")
        yield record if record.text.strip() else empty


def _parse(data: bytes) -> Message:
    try:
        return message_from_bytes(data)
    except (ValueError, IndexError, TypeError, RecursionError, HeaderParseError):
        raise Unreadable("bad_mail", "The mail message cannot be parsed.") from None


def _read_message(message: Message) -> RawRecord:
    parts = [(part.get_content_subtype(), part) for part in _text_parts(message)]
    plain = "\n\n".join(_plain_text(part) for subtype, part in parts if subtype == "plain")
    markup = "\n".join(_content(part) for subtype, part in parts if subtype == "html")
    displayed = visible_text(markup) if markup else ""
    # a plain part is often no more than a link to the page; an HTML part may be one picture
    text = displayed if len(displayed) * 2 >= len(plain) else plain
    date = _header(message, "Date")
    sender, address = parseaddr(_header(message, "From"))
    link = re.search(r"https?://[^\s<>]+", _header(message, "Archived-At"))
    lines = (line for line in text.split("\n") if not _BOILERPLATE.fullmatch(line.strip()))
    return RawRecord(
        text="\n".join(lines),
        title=_REPLY_PREFIXES.sub("", _header(message, "Subject")),
        published=sent_day(date) or date,
        source=sender or address,
        url=link[0] if link else "",
        paragraphs=text is displayed and bool(displayed),
        dated_by="mail",
        language=_header(message, "Content-Language").partition(",")[0],
    )


def _text_parts(message: Message) -> Iterator[Message]:
    """The text parts of a message, in order, without attachments and messages inside it."""
    pending = [message]
    for _ in range(MAX_PARTS):
        if not pending:
            return
        part = pending.pop(0)
        if part.get_content_disposition() == "attachment" or part.get_filename():
            continue
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            pending[:0] = [child for child in part.get_payload() if isinstance(child, Message)]
        elif part.get_content_maintype() == "text":
            yield part


def _content(part: Message) -> str:
    data = part.get_payload(decode=True)
    if isinstance(data, bytes):
        with suppress(LookupError, ValueError):  # the declared charset is wrong
            return data.decode(part.get_content_charset("utf-8"))
        with suppress(Unreadable):
            return decode(data).text
    return ""


def _plain_text(part: Message) -> str:
    """A plain part without its signature; the lines of `format=flowed` are joined."""
    text = _content(part).replace("\r\n", "\n")
    if str(part.get_param("format", "")).lower() == "flowed":
        joint = "" if str(part.get_param("delsp", "")).lower() == "yes" else " "
        text = re.sub(r"(?<!^--) \n(?=\S)", joint, text, flags=re.MULTILINE)
    return re.split(r"^-- $", text, maxsplit=1, flags=re.MULTILINE)[0]


def _header(message: Message, name: str) -> str:
    """A header with encoded words decoded; other bytes are read as UTF-8 or cp1252.

    policy.default of the standard library replaces bytes that are not UTF-8.
    """
    raw = next((v for k, v in message.raw_items() if k.lower() == name.lower()), "")
    text = _decoded(str(raw).encode("utf-8", "surrogateescape"))[:10_000]
    try:
        parts = decode_header(text)
    except (HeaderParseError, ValueError, TypeError):
        return text
    words = (x if isinstance(x, str) else _decoded(x, charset or "utf-8") for x, charset in parts)
    return one_line(storable("".join(words)))


def _decoded(data: bytes, charset: str = "utf-8") -> str:
    try:
        return data.decode(charset)
    except (LookupError, ValueError):
        return data.decode("cp1252", "replace")


def _saved_page(message: Message) -> Message | None:
    """The page of an MHTML file; None for an ordinary message."""
    saved = message.get("Snapshot-Content-Location") or "Saved by" in str(message.get("From", ""))
    sent = message.get("To") or message.get("Received")
    related = message.get_content_type() == "multipart/related"
    if not (saved or (related and not sent)):
        return None
    return next((p for p in message.walk() if p.get_content_type() == "text/html"), None)


def _read_page(message: Message, page: Message) -> RawRecord:
    """Read the page as any other; the date of the message is only that of saving it."""
    address = _header(message, "Snapshot-Content-Location") or _header(page, "Content-Location")
    record = read_html(_content(page))
    title = record.title or _header(message, "Subject")
    return replace(record, url=record.url or address, title=title)
