"""The question, the answer and the two articles that many tests share."""

import datetime as dt
from pathlib import Path

from index.core.articles import Article

WHO = "Who is the special representative of South Korea?"
GOOD = "Kim Gunn is the special representative of South Korea."
MET = "Kim Gunn met his counterparts in Karuizawa."
HOURS = "The talks lasted twelve hours."
TALKS = Article(
    "/somewhere/secret/talks.txt",
    "Envoys talk in Karuizawa",
    f"{GOOD} Sung Kim came for Washington. {MET} {HOURS}",
    dt.date(2023, 7, 20),
    "Harbour Courier",
)
FLOOD = Article(
    "/somewhere/secret/flood.txt",
    "Dike gives way",
    "Nadia Korvin heads the rescue service. Nine people are missing.",
    dt.date(2024, 5, 3),
    "Tavrin Gazette",
)


def file_of(article: Article) -> str:
    """The article as a text file with a header."""
    head = f"Title: {article.title}\nDate: {article.published}\nSource: {article.source}"
    return f"{head}\n\n{article.text}\n"


def write_files(folder: Path, *articles: Article) -> None:
    """Articles as files of a folder, which is made if it is not there."""
    folder.mkdir(exist_ok=True)
    for article in articles:
        (folder / Path(article.path).name).write_text(file_of(article))
