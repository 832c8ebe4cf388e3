"""The report on a draft, from its JSON object, as Markdown and as one self-contained HTML page.

The page has no script and no outside resource; everything of a draft or an article is escaped. A
verdict is told by a sign as well as by a colour.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from assistant.checking.verdicts import NAMES, SIGNS, VERDICTS
from assistant.core.console import about
from assistant.core.sanitize import for_markdown
from index.text.visible_text import visible

_STYLE = """
:root{color-scheme:light;font:1rem/1.5 Georgia,serif}
body{max-width:64rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}
section{display:grid;grid-template-columns:1fr 1fr;gap:1.5rem;padding:.6rem 0}
section{border-top:1px solid #bbb}
.supported{border-left:.35rem solid #1a6b2f}.partly{border-left:.35rem solid #8a5a00}
.contradicted{border-left:.35rem solid #a31621}.not_in_archive{border-left:.35rem solid #555}
.no_claim{border-left:.35rem solid #ddd}section>div{padding-left:.6rem}
mark{background:#ffe08a;border-bottom:2px dashed #8a5a00;color:inherit}
blockquote{margin:.3rem 0;padding-left:.6rem;border-left:2px solid #bbb}
small,.why{font-family:sans-serif;font-size:.85rem}
@media(max-width:40rem){section{grid-template-columns:1fr}}
@media print{body{margin:0;max-width:none}section{break-inside:avoid}mark{border:1px dashed #000}}
"""


def markdown(report: Mapping[str, Any]) -> str:
    """The report as Markdown: counts, then each sentence with its verdict, reason and proof."""
    lines = ["# Checked draft", "", _summary(report), ""]
    for sentence in report["sentences"]:
        verdict = sentence["verdict"]
        text = for_markdown(sentence["text"])
        lines.append(f"{sentence['number']}. {SIGNS[verdict]} **{NAMES[verdict]}** — {text}")
        if verdict != "no_claim":
            lines.append(f"   - {for_markdown(sentence['reason'])}")
        lines += [
            f"   - ▸ {for_markdown(s['text'])}: {for_markdown(s['reason'])}"
            for s in sentence["spans"]
        ]
        for quoted in sentence["quotations"]:
            if quoted["said"]:
                who = f" ({for_markdown(quoted['speaker'])})" if quoted["speaker"] else ""
                lines.append(f"   - said was{who}: “{for_markdown(quoted['said'])}”")
        for one in sentence["citations"]:
            quote = for_markdown(one["quote"])
            lines.append(f"   - [{one['number']}] {for_markdown(about(one))}: “{quote}”")
    return "\n".join(lines) + "\n"


def html(report: Mapping[str, Any]) -> str:
    """The report as one page: the draft with its marks on the left, the proof beside it."""
    rows = "".join(map(_row, report["sentences"]))
    legend = " &nbsp; ".join(f"{SIGNS[v]} {NAMES[v]}" for v in VERDICTS)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Checked draft</title>'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">"
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<main><h1>Checked draft</h1><p>{escape(_summary(report))}</p><p class=why>{legend}</p>"
        f"{rows}</main></body></html>\n"
    )


def _summary(report: Mapping[str, Any]) -> str:
    counts = [(name, report["counts"][name]) for name in VERDICTS if report["counts"][name]]
    told = ", ".join(f"{count} {NAMES[name]}" for name, count in counts)
    return f"{len(report['sentences'])} sentences: {told}."


def _row(sentence: Mapping[str, Any]) -> str:
    verdict = sentence["verdict"]
    reason = "" if verdict == "no_claim" else f"<p class=why>{_shown(sentence['reason'])}</p>"
    quotes = "".join(
        f"<p class=why>Said was{_by(one)}: “{_shown(one['said'])}”</p>"
        for one in sentence["quotations"]
        if one["said"]
    )
    proofs = "".join(
        f"<p class=why>[{one['number']}] {_shown(about(one))}</p>"
        f"<blockquote>{_shown(one['quote'])}</blockquote>"
        for one in sentence["citations"]
    )
    origins = sentence["origins"]
    several = f"<small>{origins} independent articles</small>" if origins > 1 else ""
    return (
        f'<section class="{verdict}"><div><p>{"".join(_marked(sentence))}</p></div>'
        f"<div><p class=why><strong>{SIGNS[verdict]} {NAMES[verdict]}</strong> {several}</p>"
        f"{reason}{quotes}{proofs}</div></section>"
    )


def _by(quotation: Mapping[str, Any]) -> str:
    return f" by {_shown(quotation['speaker'])}" if quotation["speaker"] else ""


def _marked(sentence: Mapping[str, Any]) -> Iterator[str]:
    """The sentence with its spans marked; a span that overlaps one before it is left out."""
    text, at = sentence["text"], 0
    for span in sorted(sentence["spans"], key=lambda one: one["start"]):
        start = text.find(span["text"], at)
        if start < 0 or not span["text"]:
            continue
        yield _shown(text[at:start])
        at = start + len(span["text"])
        yield f'<mark title="{_shown(span["reason"])}">▸{_shown(text[start:at])}◂</mark>'
    yield _shown(text[at:])


def _shown(text: str) -> str:
    return escape(visible(text), quote=True)
