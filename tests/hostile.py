"""Texts that try to do something in a page. The shared list is used as well where it is there."""

from __future__ import annotations

import json
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "xss_payloads.json"
COLLECTOR = "http://127.0.0.1:9999"
_RUN = "window.__x=(window.__x||[]).concat('own')"
OWN = [
    f"<script>{_RUN}</script>",
    f'<img src="{COLLECTOR}/own.png" onerror="{_RUN}">',
    f'"><svg onload="{_RUN}">',
    f"' autofocus onfocus='{_RUN}",
    f'<details open ontoggle="{_RUN}"><summary>x</summary></details>',
    f'<iframe srcdoc="<script>parent.{_RUN}</script>"></iframe>',
    f'<a href="javascript:{_RUN}">click</a>',
    f"[click](javascript:{_RUN})",
    f"![x]({COLLECTOR}/md.png)",
    f"</p></article></section></style><script>{_RUN}</script>",
    f"<style>@import '{COLLECTOR}/own.css';</style>",
    "<div style='position:fixed;inset:0;z-index:9999;background:red'>over</div>",
    f'<base href="{COLLECTOR}/"><link rel="stylesheet" href="{COLLECTOR}/own.css">',
    f'<form action="{COLLECTOR}/"><button autofocus>Ask</button></form>',
    f'<meta http-equiv="refresh" content="0;url={COLLECTOR}/meta">',
    "<form id=assistant><input name=composer><input id=turns></form>",
    "${7*7} {{7*7}} #{7*7} <%= 7*7 %>",
    f"<math><mtext><table><mglyph><style><!--</style><img title='--><img src=1 onerror={_RUN}>'>",
    f"&lt;img src=x onerror={_RUN}&gt;",
    f"\u202e<scr\u200bipt>{_RUN}</scr\u200bipt>",
]
PAYLOADS = OWN + (json.loads(SHARED.read_text("utf-8")) if SHARED.is_file() else [])
