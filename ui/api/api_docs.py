"""What programs can ask for, as one page that needs nothing from elsewhere; made of the OpenAPI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

Schema = Mapping[str, Any]

_STYLE = (
    ":root{color-scheme:light dark;font:1rem/1.5 sans-serif}"
    "body{max-width:56rem;margin:2rem auto;padding:0 1rem}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:.75rem 1rem;border:1px solid}"
    "h2{margin-top:2.5rem;font-size:1.25rem}"
    "table{border-collapse:collapse}"
    "th,td{text-align:left;vertical-align:top;padding:.25rem 1rem .25rem 0}"
    "td code{overflow-wrap:anywhere}"
)


def manual(schema: Schema, base: str) -> str:
    """The page for an application whose OpenAPI is `schema`, at the address `base`."""
    curl = (
        f"curl {base}v1/answer -H 'Content-Type: application/json' \\\n"
        '  -d \'{"question": "Who is the ROK special representative?"}\''
    )
    parts = [
        f"<h1>Assistant for programs</h1><pre>{escape(curl)}</pre>",
        "<p>If the server has a password, send it along: <code>Authorization: Bearer"
        " PASSWORD</code>; OpenAI's clients do so with their <code>api_key</code>. Bodies are JSON."
        " One question is answered at a time and others wait for it; beyond that the reply is 429,"
        " and its <code>Retry-After</code> says in how many seconds to come again. The same as"
        ' <a href="openapi.json">OpenAPI</a>.</p>',
    ]
    for path, methods in schema["paths"].items():
        for method, what in methods.items():
            parts.append(_route(schema, f"{method.upper()} {path}", what))
    parts.append(f"<h2>Whatever is no 200</h2>{_table(schema, _named(schema, 'Problem'))}")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Assistant for programs</title>'
        f"<style>{_STYLE}</style>{''.join(parts)}"
    )


def _route(schema: Schema, name: str, what: Schema) -> str:
    body = what.get("requestBody", {}).get("content", {}).get("application/json", {})
    fields = _table(schema, body["schema"]) if body else ""
    reply = what["responses"]["200"]["description"]
    told = "" if reply == "Successful Response" else f"<p>Reply: {_said(reply)}.</p>"
    return f"<h2><code>{escape(name)}</code></h2><p>{_said(what['summary'])}.</p>{fields}{told}"


def _table(schema: Schema, of: Schema) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code><td>{escape(kind)}<td>{_said(told)}"
        for name, kind, told in _rows(schema, of, "")
    )
    return f"<table><tr><th>field<th>kind<th>meaning{rows}</table>"


def _rows(schema: Schema, of: Schema, before: str) -> Iterator[tuple[str, str, str]]:
    """Name, kind and meaning of each field; those of an object within stand below it."""
    shape = _resolved(schema, of)
    for name, field in shape.get("properties", {}).items():
        needed = name in shape.get("required", ())
        kind, inner = _kind(schema, field)
        default = field.get("default")
        kind += "" if needed else ", optional"
        if isinstance(default, bool | int | float):
            kind += f", else {str(default).lower()}"
        yield f"{before}{name}", kind, str(field.get("description", ""))
        for one in inner:
            yield from _rows(schema, one, f"{before}{name}.")


def _kind(schema: Schema, field: Schema) -> tuple[str, list[Schema]]:
    """A field's kind in words, and the objects within it."""
    some = [one for one in field.get("anyOf", [field]) if one.get("type") != "null"]
    kinds, inner = [], []
    for one in some:
        shape = _resolved(schema, one)
        if shape.get("type") == "array":
            kind, within = _kind(schema, shape["items"])
            kinds.append(f"list of {kind}s")
            inner += within
        elif "const" in shape or "enum" in shape:
            kinds.append(", ".join(map(str, shape.get("enum", [shape.get("const")]))))
        elif "properties" in shape:
            kinds.append("object")
            inner.append(shape)
        else:
            day = shape.get("format") == "date"
            kinds.append("day (2024-05-03)" if day else str(shape["type"]))
    return " or ".join(kinds), inner


def _resolved(schema: Schema, of: Schema) -> Schema:
    return _named(schema, of["$ref"].rpartition("/")[2]) if "$ref" in of else of


def _named(schema: Schema, name: str) -> Schema:
    found: Schema = schema["components"]["schemas"][name]
    return found


def _said(text: str) -> str:
    """A text whose words in backticks are code.

    >>> _said("as `ask --json` prints <it>")
    'as <code>ask --json</code> prints &lt;it&gt;'
    """
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
