"""Mail messages and saved pages: which part is the text, header fields, and what is left out."""

from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from tests.files import STORY
from tests.index.readers.conftest import only, records, skipped

HTML = f"<html><body><p>{STORY}</p><p style='display:none'>SECRET</p></body></html>"


def letter(plain="", markup="", **headers):
    message = EmailMessage()
    message["From"] = "The Lane <news@lane.example>"
    message["To"] = "ann@reader.example"
    message["Subject"] = headers.pop("subject", "Café opens")
    message["Date"] = "Mon, 6 May 2024 23:30:00 -0500"
    message["Message-ID"] = headers.pop("identity", "<a1@lane.example>")
    if plain:
        message.set_content(plain, **headers)
    if markup and plain:
        message.add_alternative(markup, subtype="html", **headers)
    elif markup:
        message.set_content(markup, subtype="html", **headers)
    return message


@pytest.mark.parametrize("path", ["letter.eml", "letter.txt", "letter"])
def test_title_source_and_day_are_those_of_the_headers(path):
    raw = only(letter(STORY), path)
    assert (raw.title, raw.source) == ("Café opens", "The Lane")
    assert raw.published == "2024-05-06"  # the day where it was sent
    assert (raw.text.strip(), raw.record) == (STORY, "")


@pytest.mark.parametrize(
    ("plain", "markup", "text"),
    [
        ("", HTML, STORY),
        ("View this in your browser: https://lane.example/1", HTML, STORY),
        (STORY * 3, "<html><img src='a.png'></html>", STORY * 3),
    ],
)
def test_html_is_preferred_unless_it_has_much_less_text(plain, markup, text):
    assert only(letter(plain, markup)).text.strip() == text


def test_attachments_and_forwarded_messages_are_left_out():
    message = letter(STORY)
    message.add_attachment("SECRET attachment", filename="notes.txt")
    message.add_attachment(letter("SECRET message of somebody else"))
    assert only(message).text.strip() == STORY


@pytest.mark.parametrize("charset", [b"klingon", b"\0"])
def test_a_wrong_charset_is_corrected(charset):
    data = bytes(letter(STORY, cte="8bit")).replace(b'"utf-8"', b'"%s"' % charset)
    assert only(data).text.strip() == STORY


@pytest.mark.parametrize(
    "subject",
    ["=?utf-8?q?Caf=C3=A9_opens?=", "=?iso-8859-1?B?Q2Fm6SBvcGVucw==?=", "Fwd: Café opens"],
)
def test_encoded_and_forwarded_subjects_are_plain(subject):
    data = b"Subject: " + subject.encode() + b"\r\nMIME-Version: 1.0\r\n\r\n" + STORY.encode()
    assert only(data).title == "Café opens"


def test_flowed_lines_are_joined_and_signature_and_boilerplate_are_removed():
    head = bytes(letter("x")).partition(b"\n\n")[0].replace(b"utf-8", b"utf-8; format=flowed")
    body = b"\n\nThe tram \nstood still.\nNobody knew.\n-- \nAnn Roe\n"
    assert only(head.replace(b'"', b"") + body).text == "The tram stood still.\nNobody knew.\n"
    text = f"View this email in your browser\n\n{STORY}\n\nUnsubscribe | Manage preferences\n"
    assert only(letter(text)).text.strip() == STORY


def test_a_mailbox_is_many_articles_named_by_their_message_id():
    letters = [letter(f"{STORY} {n}", identity=f"<m{n}@lane.example>") for n in range(3)]
    data = b"".join(
        b"From news@lane Mon May  6 08:00:00 2024\n" + bytes(m) + b"\n" for m in letters
    )
    found = records(data, "all.mbox")
    assert [raw.record for raw in found] == [f"m{n}@lane.example" for n in range(3)]
    assert [raw.text.strip() for raw in found] == [f"{STORY} {n}" for n in range(3)]


def test_in_a_mailbox_only_an_empty_line_and_a_day_begin_a_message():
    head = "From a Mon May  6 08:00:00 2024\nSubject: Rain\nMessage-ID: <1@a>\n\n"
    body = "From here on\nFrom there it snowed in 2024"
    assert only(f"{head}>{body}\n", "a.mbox").text.strip() == body
    assert skipped(records(f"{head}\n", "a.mbox")) == [("a.mbox#1@a", "no_text")]


def page(*, saved=True):
    message = MIMEMultipart("related")
    if saved:
        message["From"] = "<Saved by Blink>"
        message["Snapshot-Content-Location"] = "https://lane.example/cafe"
    message["Subject"] = "Café opens on Ferry Lane"
    message["Date"] = "Tue, 1 Jan 2030 10:00:00 -0000"
    text = f"<html><body><article><h1>Café opens on Ferry Lane</h1><p>{STORY}</p></article></body>"
    message.attach(MIMEText(text, "html", "utf-8"))
    message.attach(MIMEText("p {color: red}", "css"))
    return bytes(message)


@pytest.mark.parametrize(("saved", "path"), [(True, "a.mhtml"), (True, "a.txt"), (False, "a.mht")])
def test_a_saved_page_is_read_as_a_page_and_has_not_the_date_of_saving(saved, path):
    raw = only(page(saved=saved), path)
    assert (raw.title, raw.text) == ("Café opens on Ferry Lane", STORY)
    assert raw.published == ""
    assert raw.url == ("https://lane.example/cafe" if saved else "")
