"""Clips: articles that a program sends as JSON, as files that an upload takes."""

import datetime as dt
import json
import tempfile
from dataclasses import dataclass
from html import escape
from pathlib import Path

from ui.service.article_service import ArticleService, TakenFile, Upload


@dataclass(frozen=True, slots=True)
class Clip:
    """An article as plain `text` or as a whole page of `html`; one of them is "".

    What a page declares itself goes before `title`, `published` and `source`, not before `url`.
    """

    title: str
    text: str
    html: str
    url: str
    published: dt.date | None
    source: str

    @property
    def file(self) -> tuple[str, bytes]:
        """Name and content of a file that holds it."""
        day = self.published.isoformat()[:10] if self.published else ""
        if self.html:
            declared = {
                "og:title": self.title,
                "article:published_time": day,
                "og:site_name": self.source,
            }
            head = f'<link rel="canonical" href="{escape(self.url)}">' if self.url else ""
            head += "".join(
                f'<meta property="{name}" content="{escape(value)}">'
                for name, value in declared.items()
                if value
            )
            return f"{self.title or 'page'}.html", f"{head}\n{self.html}".encode("utf-8", "replace")
        record = {
            "title": self.title,
            "text": self.text,
            "published": day,
            "source": self.source,
            "url": self.url,
        }
        return f"{self.title or 'clip'}.json", json.dumps(record).encode()


def take(articles: ArticleService, clip: Clip) -> tuple[Upload, TakenFile]:
    """Bring a clip into the index, by way of an upload; raises as `ArticleService.upload`."""
    name, content = clip.file
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip"
        path.write_bytes(content)
        upload = articles.upload([(name, path)], lambda what, done, total: None)
    return upload, upload.files[0]
