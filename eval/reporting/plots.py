"""Pictures for a report: bars, a curve and a histogram as SVG that takes on the page's colours.

Matplotlib draws (the optional extra `eval`). What it draws is then freed of inline styles, which
the report's content policy forbids: colours become classes, so that light, dark and print are the
page's business. The same figures give the same bytes.
"""

from __future__ import annotations

import importlib.util
import io
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from index.text.visible_text import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# colours that stand for classes of the page's style sheet
_CLASSES = {"#010101": "ink", "#020202": "soft", "#030303": "accent", "#040404": "line"}
INK, SOFT, ACCENT, LINE = _CLASSES
_RC: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "assistant",
    "text.parse_math": False,
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.major.pad": 6,
    "ytick.major.pad": 6,
    "axes.titlepad": 12,
    "axes.labelpad": 8,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
}
_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}href"


def available() -> bool:
    """Tell whether pictures can be drawn here."""
    return importlib.util.find_spec("matplotlib") is not None


def bars(rows: Sequence[tuple[str, float | None, str]], name: str, alt: str) -> str:
    """Horizontal bars from 0 to 1: (label, value, text at the end); None is an empty row."""
    height = 0.35 + 0.36 * len(rows)

    def draw(axes: Axes) -> None:
        places = range(len(rows))
        values = [value or 0.0 for _, value, _ in rows]
        axes.barh(places, [1.0] * len(rows), height=0.42, color=LINE)
        axes.barh(places, values, height=0.42, color=ACCENT)
        for place, (_, _, text) in zip(places, rows, strict=True):
            axes.text(1.04, place, visible(text), va="center", fontsize=10, color=SOFT)
        axes.set_yticks(list(places), [_short(label) for label, _, _ in rows], color=INK)
        axes.set_xlim(0, 1.4)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xticks([])
        axes.grid(visible=False)
        axes.spines["bottom"].set_visible(False)

    return _drawn(draw, (4.4, height), name, alt)


def curve(points: Sequence[tuple[float, float]], name: str, alt: str) -> str:
    """A line of risk (share wrong) over coverage (share answered), both 0..1."""

    def draw(axes: Axes) -> None:
        across, up = zip(*points, strict=True)
        axes.plot(across, up, color=ACCENT, linewidth=2, solid_joinstyle="round")
        axes.plot(across[-1:], up[-1:], "o", color=ACCENT, markersize=6)
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(0, max(0.1, *up) * 1.15)
        axes.set_xlabel("coverage: share of questions answered")
        axes.set_title("risk: share of answers that are wrong", loc="left", size=11, color=SOFT)
        axes.xaxis.set_major_formatter(_percent)
        axes.yaxis.set_major_formatter(_percent)
        axes.grid(visible=False, axis="x")

    return _drawn(draw, (5.6, 3.3), name, alt)


def histogram(
    seconds: Sequence[float], marks: Sequence[tuple[str, float]], name: str, alt: str
) -> str:
    """How many questions took how long, with a dashed line at each of `marks`."""

    def draw(axes: Axes) -> None:
        axes.hist(seconds, bins=24, color=ACCENT, rwidth=0.88)
        top = axes.get_ylim()[1]
        axes.set_ylim(0, top * 1.18)
        for number, (label, value) in enumerate(marks):
            axes.axvline(value, color=INK, linewidth=1, linestyle=(0, (3, 3)))
            axes.annotate(
                label,
                (value, top * (1.14 - 0.09 * number)),
                xytext=(5, 0),
                textcoords="offset points",
                va="top",
                fontsize=10,
            )
        axes.set_xlim(left=0, right=max(*seconds, 0.1) * 1.25)
        axes.set_xlabel("seconds")
        axes.set_title("questions", loc="left", size=11, color=SOFT)
        axes.grid(visible=False, axis="x")

    return _drawn(draw, (5.6, 3.3), name, alt)


def _percent(value: float, _place: object = None) -> str:
    return f"{100 * value:.0f} %"


def _short(label: str, length: int = 22) -> str:
    label = " ".join(visible(label).split()) or "(none)"
    return label if len(label) <= length else label[: length - 1] + "…"


def _drawn(draw: Callable[[Axes], None], size: tuple[float, float], name: str, alt: str) -> str:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(cast(Any, _RC))
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.add_subplot())
        buffer = io.BytesIO()
        figure.savefig(
            buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
        )
    return _inline(buffer.getvalue(), name, alt)


def _inline(svg: bytes, name: str, alt: str) -> str:
    """The drawing as an element of the page: named, described, without styles of its own."""
    from lxml import etree

    root = etree.fromstring(svg, etree.XMLParser(remove_comments=True, resolve_entities=False))
    for tag in ("metadata", "style"):
        for element in list(root.iter(_SVG + tag)):
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
    used = _references(svg.decode("utf-8"))
    for element in root.iter(etree.Element):
        _restyle(element.attrib)
        _rename(element.attrib, used, name)
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, None)
    root.set("role", "img")
    root.set("aria-label", visible(alt))
    root.set("class", "plot")
    etree.cleanup_namespaces(root)
    return str(etree.tostring(root, encoding="unicode"))


def _references(svg: str) -> set[str]:
    return set(re.findall(r'(?:url\(|href=")#([\w-]+)', svg))


def _rename(attributes: Any, used: set[str], name: str) -> None:
    """Keep only the ids that are pointed at, under a name that no other picture has."""
    own = attributes.pop("id", None)
    if own in used:
        attributes["id"] = f"{name}-{own}"
    if target := attributes.pop(_XLINK, ""):
        attributes["href"] = f"#{name}-{target[1:]}"
    for key in ("clip-path", "fill", "stroke"):
        if key in attributes:
            attributes[key] = attributes[key].replace("url(#", f"url(#{name}-")


def _restyle(attributes: Any) -> None:
    """Turn an inline style into classes (colours) and attributes (the rest)."""
    classes = []
    for part in attributes.pop("style", "").split(";"):
        key, _, value = (word.strip() for word in part.partition(":"))
        if key in ("fill", "stroke") and value in _CLASSES:
            classes.append(f"{key}-{_CLASSES[value]}")
        elif key == "font-family":
            continue  # the page's own
        elif key == "font":
            attributes["font-size"] = value.split("px")[0].split()[-1]
        elif key:
            attributes[key] = value
    if classes:
        attributes["class"] = " ".join(classes)
