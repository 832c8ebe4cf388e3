"""`/v1/docs`: the routes of the OpenAPI document as one page without scripts, for use offline."""

from collections.abc import Mapping
from html import escape
from typing import Any


def docs_page(schema: Mapping[str, Any]) -> str:
    """A list of every route: its summary and what it replies; the fields are in the OpenAPI."""
    routes = "".join(
        f"<dt><code>{method.upper()} {escape(path)}</code>"
        f"<dd>{escape(route['summary'])}. "
        f"Reply: {escape(route['responses']['200']['description'])}."
        for path, methods in schema["paths"].items()
        for method, route in methods.items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>HTTP API</title>'
        '<meta name="viewport" content="width=device-width"><style>'
        ":root{color-scheme:light dark;font:1rem/1.5 sans-serif}body{max-width:56rem;margin:2rem"
        " auto;padding:0 1rem}dt{margin-top:1rem}</style><h1>HTTP API</h1>"
        '<p>Bodies are JSON; their fields are in <a href="openapi.json">the OpenAPI document</a>.'
        " All but /healthz and /readyz want <code>Authorization: Bearer KEY</code>: the token of"
        " the address that <code>assistant ui</code> printed, or the password if there is one. A"
        f" reply of 429 says in <code>Retry-After</code> when to come again.</p><dl>{routes}</dl>"
    )
