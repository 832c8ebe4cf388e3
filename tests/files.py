"""Files of the formats that are not text, made by hand so that every byte of them is known."""

import io
import zipfile
import zlib

STORY = "The café on Ferry Lane opened again on Monday. Its owner, Zoë Lind, baked 90 loaves."


def pdf(
    *pages, title="", catalog="", stream=None, filters="", trailer="", count=None, extra=()
) -> bytes:
    """A PDF with lines of text on its pages; `stream` stands for the content of the first one.

    `extra` objects stand behind those of the pages, from number 4 + 2 * pages on.
    """
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {count or len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, lines in enumerate(pages):
        content = _content(lines) if stream is None or number else stream
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        head = f"<< /Length {len(content)} {filters} >>\nstream\n".encode()
        objects.append(head + content + b"\nendstream")
    objects.extend(extra)
    if title:
        objects.append(f"<< /Title ({title}) /CreationDate (D:20010203040506Z) >>".encode("cp1252"))
        trailer += f" /Info {len(objects)} 0 R"
    return _assembled(objects, trailer)


def _content(lines) -> bytes:
    parts = ["BT /F1 11 Tf 14 TL 72 740 Td"]
    for line in lines:
        escaped = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        parts.append(f"({escaped}) Tj T*")
    return "\n".join([*parts, "ET"]).encode("cp1252")


def _assembled(objects, trailer) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + body + b"\nendobj\n")
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    for offset in offsets:
        out.write(f"{offset:010} 00000 n \n".encode())
    out.write(
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\n"
        f"startxref\n{start}\n%%EOF\n".encode()
    )
    return out.getvalue()


def zeros(size: int) -> bytes:
    """So many zero bytes (a multiple of 16 MiB), deflated twice: a gigabyte has a few kilobytes.

    Only the first 16 MiB are deflated: after a full flush the same bytes stand for the next ones.
    """
    once = zlib.compressobj(9)
    head = once.compress(b"") + once.flush(zlib.Z_FULL_FLUSH)
    part = once.compress(bytes(1 << 24)) + once.flush(zlib.Z_FULL_FLUSH)
    adler = (size % 65_521) << 16 | 1  # the checksum of nothing but zeros
    end = b"\x03\x00" + adler.to_bytes(4, "big")
    return zlib.compress(head + part * (size >> 24) + end, 9)


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(*paragraphs, body=None, before="", title="", extra=()) -> bytes:
    """A Word document; a paragraph is text, or XML if it begins with `<`."""
    inner = body or "".join(
        p if p.startswith("<") else f"<w:p><w:r><w:t>{p}</w:t></w:r></w:p>" for p in paragraphs
    )
    document = f'<?xml version="1.0"?>{before}<w:document {W}><w:body>{inner}</w:body></w:document>'
    core = (
        '<?xml version="1.0"?><cp:coreProperties xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties">'
        f"<dc:title>{title}</dc:title><dc:creator>Ann Roe</dc:creator></cp:coreProperties>"
    )
    return archive(
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", document.encode()),
        ("docProps/core.xml", core.encode()),
        *extra,
    )


def archive(*members) -> bytes:
    """A zip archive of (name, bytes)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members:
            file.writestr(name, data)
    return out.getvalue()
