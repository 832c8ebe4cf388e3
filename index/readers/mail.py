"""Newsletters (.eml, .mbox) and pages that a browser saved as mail (MHTML).

The text of a message is its HTML as a reader sees it, or its plain part where that says more.
Attachments and messages inside a message are other people's texts and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from index.core.articles import Skip
from index.core.records import Limits, RawRecord, Unreadable
from index.readers.encoding import decode
from index.readers.html_fragment import visible_text
from index.readers.tables import too_many
from index.readers.web_page import read_html

MAX_PARTS = 500  # of one message
_FROM_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From \S[^\r\n]*\d{4}[^\r\n]{0,12}\r?\n")
_HEADERS = re.compile(
    rb"\A(?:[!-9;-~]{1,60}:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n){1,200}?(?=\r?\n|\Z)"
)
_MAILS_OWN = re.compile(
    rb"^(?:message-id|mime-version|received|return-path|delivered-to|x-mailer|list-unsubscribe):",
    re.IGNORECASE | re.MULTILINE,
)
_ORDINARY = re.compile(rb"^(?:from|to|subject|date):", re.IGNORECASE | re.MULTILINE)
# the lines of a newsletter that no web page has
_FURNITURE = re.compile(
    r"(?:(?:click here to |to )?(?:unsubscribe|manage (?:your )?(?:email )?(?:preferences|"
    r"subscriptions?)|update (?:your )?(?:profile|preferences)|opt out)\b.{0,80}"
    r"|(?:view|read|open|see) (?:this |the )?(?:e-?mail|message|newsletter|it)? ?"
    r"(?:in|on|with) (?:your|a|the) (?:web ?)?(?:browser|web)\b.{0,20}"
    r"|(?:having )?trouble (?:viewing|reading) this (?:e-?mail|message)\b.{0,60}"
    r"|(?:forward|forwarded) (?:this |to a )(?:e-?mail|friend|newsletter)\b.{0,60}"
    r"|you (?:are receiving|received) this (?:e-?mail|message|newsletter) because\b.{0,160}"
    r"|https?://\S+|[-=_*~]{3,})[.!]?",
    re.IGNORECASE,
)

# ── which kind it is ──────────────────────────────────────────────────────────────────────────


def is_mbox(data: bytes) -> bool:
    """Whether the file begins like a mailbox: with a `From ` line and headers."""
    first = _FROM_LINE.match(data)
    return bool(first and _HEADERS.match(data[first.end() :][:100_000]))


def is_mail(data: bytes, *, named: bool) -> bool:
    """Whether the file begins with the headers of a message; fewer are needed if its name says so.

    `Date:` and `From:` alone are not enough: an article may begin with them.
    """
    head = _HEADERS.match(data[:100_000].lstrip(b"\r\n"))
    if not head:
        return False
    own, ordinary = _MAILS_OWN.search(head[0]), _ORDINARY.findall(head[0])
    return bool(own or ordinary) if named else bool(own and ordinary)


# ── messages ──────────────────────────────────────────────────────────────────────────────────


def read_mail(data: bytes, path: str) -> Iterator[RawRecord | Skip]:
    """One message, or a page that was saved as one."""
    message = _parsed(data.lstrip(b"\r\n"))
    page = _saved_page(message)
    if page is not None:
        yield from _read_page(message, page, path)
        return
    raw = _read_message(message)
    if not raw.text.strip():
        raise Unreadable("no_text", "The message holds no text.")
    yield raw


def read_mbox(data: bytes, path: str, limits: Limits) -> Iterator[RawRecord | Skip]:
    """Every message of a mailbox, named by its Message-ID."""
    starts = list(_FROM_LINE.finditer(data))
    ends = [*(start.start() for start in starts[1:]), len(data)]
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1):
        if number > limits.records:
            yield too_many(path, f"{limits.records} of {len(starts)} messages")
            return
        # mailboxes write a line that begins with From as >From
        message = _parsed(re.sub(rb"(?m)^>(>*From )", rb"\1", data[start.end() : end]))
        identity = _header(message, "Message-ID").strip("<> ")[:200] or str(number)
        raw = replace(_read_message(message), record=identity)
        if raw.text.strip():
            yield raw
        else:
            yield Skip(f"{path}#{identity}", "no_text", f"Message {number} holds no text.")


def _parsed(data: bytes) -> Message:
    try:
        return message_from_bytes(data)
    except (ValueError, IndexError, TypeError, RecursionError, HeaderParseError):
        raise Unreadable("bad_mail", "This is not a message that can be read.") from None


def _read_message(message: Message) -> RawRecord:
    plain, markup = _texts(message)
    seen = visible_text(markup) if markup else ""
    # a plain part is often no more than a link to the page; an HTML part may be one picture
    text = seen if len(seen) * 2 >= len(plain) else plain
    sender, address = parseaddr(_header(message, "From"))
    link = re.search(r"https?://[^\s<>]+", _header(message, "Archived-At"))
    return RawRecord(
        text="\n".join(x for x in text.split("\n") if not _FURNITURE.fullmatch(x.strip())),
        title=re.sub(
            r"^(?:(?:fwd?|re|wg|aw|tr)\s*:\s*)+", "", _header(message, "Subject"), flags=re.I
        ),
        published=_day(message),
        source=sender or address,
        url=link[0] if link else "",
        paragraphs=text is seen and bool(seen),
        dated_by="mail",
        language=_header(message, "Content-Language").partition(",")[0],
    )


def _texts(message: Message) -> tuple[str, str]:
    """Join the plain parts and the HTML parts of a message."""
    plain: list[str] = []
    markup: list[str] = []
    for part in _parts(message):
        if part.get_content_type() == "text/html":
            markup.append(_content(part))
        elif part.get_content_type() == "text/plain":
            plain.append(_unsigned(_flowed(part, _content(part))))
    return "\n\n".join(plain), "\n".join(markup)


def _parts(message: Message) -> Iterator[Message]:
    """Walk through the parts, but into no attachment and no message inside the message."""
    pending = [message]
    for _ in range(MAX_PARTS):
        if not pending:
            return
        part = pending.pop(0)
        inner = part.get_payload()
        if part.get_content_disposition() == "attachment" or part.get_filename():
            continue
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            pending[:0] = [child for child in inner if isinstance(child, Message)]
        elif part.get_content_maintype() == "text":
            yield part


def _content(part: Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    try:
        return data.decode(part.get_content_charset("utf-8"))
    except (LookupError, UnicodeError):
        pass  # a wrong declaration; the bytes themselves are asked next
    try:
        return decode(data).text
    except Unreadable:
        return ""


def _flowed(part: Message, text: str) -> str:
    """Join the lines of `format=flowed`, which end with a blank where the text goes on."""
    text = text.replace("\r\n", "\n")
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    joint = "" if str(part.get_param("delsp", "")).lower() == "yes" else " "
    return re.sub(r"(?<!^--) \n(?=\S)", joint, text, flags=re.MULTILINE)


def _unsigned(text: str) -> str:
    return re.split(r"^-- $", text, maxsplit=1, flags=re.MULTILINE)[0]


def _header(message: Message, name: str) -> str:
    """A header with its encoded words decoded."""
    written = _written(message, name)[:10_000]
    try:
        parts = decode_header(written)
    except (HeaderParseError, ValueError, TypeError):
        return written
    found = ""
    for value, charset in parts:
        if isinstance(value, bytes):
            try:
                value = value.decode(charset or "utf-8")
            except (LookupError, UnicodeError):
                value = value.decode("cp1252", "replace")
        found += value
    return " ".join(found.encode("utf-8", "replace").decode("utf-8").split())


def _written(message: Message, name: str) -> str:
    """A header undecoded; bytes that headers may not hold are read as UTF-8 or cp1252."""
    raw = next((v for k, v in message.raw_items() if k.lower() == name.lower()), "")
    data = str(raw).encode("utf-8", "surrogateescape")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _day(message: Message) -> str:
    """The day on which it was sent, where it was sent."""
    written = _header(message, "Date")
    try:
        return parsedate_to_datetime(written).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return written


# ── saved pages ───────────────────────────────────────────────────────────────────────────────


def _saved_page(message: Message) -> Message | None:
    """The page of an MHTML file; None for an ordinary message."""
    saved = message.get("Snapshot-Content-Location") or "Saved by" in str(message.get("From", ""))
    sent = message.get("To") or message.get("Received")
    related = message.get_content_type() == "multipart/related"
    if not (saved or (related and not sent)):
        return None
    return next((p for p in message.walk() if p.get_content_type() == "text/html"), None)


def _read_page(message: Message, page: Message, path: str) -> Iterator[RawRecord | Skip]:
    """Read the page as any other; the date of the message is only that of saving it."""
    address = _header(message, "Snapshot-Content-Location") or _header(page, "Content-Location")
    for raw in read_html(_content(page)):
        title = raw.title or _header(message, "Subject")
        yield replace(raw, url=raw.url or address, title=title)
