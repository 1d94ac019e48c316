"""Parts of self-contained web pages."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sktransfer._core.files import atomic_writer

STYLE = """
:root { color-scheme: light dark; --ink: #1d2733; --soft: #5c6b7a; --line: #d9dfe5;
  --paper: #fff; --good: #1f7a5c; --bad: #b3452f; --bar: #7895b2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --soft: #9fb0c0;
  --line: #3a4653; --paper: #161c23; --good: #4fc39a; --bad: #e9866f;
  --bar: #6d8db0; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
p.note { color: var(--soft); font-size: .9rem; }
p.decision { border-left: .3rem solid var(--bar); padding: .4rem .9rem; }
p.decision.good { border-color: var(--good); }
p.decision.bad { border-color: var(--bad); }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .8rem; border-bottom: 1px solid var(--line);
  text-align: left; }
th.number, td.number { text-align: right; } tr.chosen td { font-weight: 600; }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }
svg .axis { stroke: var(--soft); } svg .range { stroke: var(--ink); stroke-width: 1.5; }
svg .up { fill: var(--good); } svg .down { fill: var(--bad); }
svg .plain { fill: var(--bar); }
"""


def page(title: str, parts: Sequence[str]) -> str:
    """A whole document with its style inside."""
    name = escape(title)
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{name}</h1>\n{body}\n</body>\n</html>\n"
    )


def write_page(path: str | os.PathLike[str], html: str) -> None:
    """Write a page to a file, whole or not at all."""
    # names of files may hold bytes that are no characters
    content = html.encode("utf-8", errors="backslashreplace")
    with atomic_writer(path) as file:
        file.write(content)


def section(heading: str, *parts: str) -> str:
    """A heading and its content."""
    inner = "\n".join(part for part in parts if part)
    return f"<section>\n<h2>{escape(heading)}</h2>\n{inner}\n</section>"


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of plain text."""
    attribute = f' class="{kind}"' if kind else ""
    return f"<p{attribute}>{escape(text)}</p>"


def table(
    header: Sequence[str], rows: Sequence[Sequence[Any]], *, chosen: int | None = None
) -> str:
    """A table; columns of numbers are aligned to the right."""
    numeric = [
        bool(rows) and all(_is_number(row[k]) for row in rows)
        for k in range(len(header))
    ]

    def line(cells: Sequence[str], tag: str, kind: str = "") -> str:
        inner = "".join(
            f'<{tag} class="number">{c}</{tag}>' if n else f"<{tag}>{c}</{tag}>"
            for c, n in zip(cells, numeric, strict=True)
        )
        return f"<tr{kind}>{inner}</tr>"

    head = line([escape(str(h)) for h in header], "th")
    body = "\n".join(
        line(
            [_cell_text(c) for c in row], "td", ' class="chosen"' if k == chosen else ""
        )
        for k, row in enumerate(rows)
    )
    return (
        f'<div class="wide"><table>\n<thead>{head}</thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def _is_number(value: Any) -> bool:
    number = isinstance(value, (int, float, np.integer, np.floating))
    return value is None or (number and not isinstance(value, bool))


def _cell_text(value: Any) -> str:
    if value is None or (isinstance(value, (float, np.floating)) and np.isnan(value)):
        return "–"
    if isinstance(value, (float, np.floating)):
        return escape(f"{value:.3f}")
    return escape(str(value))


def bars(
    names: Sequence[str],
    values: ArrayLike,
    *,
    intervals: ArrayLike | None = None,
    signed: bool = True,
    label: str = "",
) -> str:
    """Horizontal bars from 0, drawn as SVG."""
    if not len(names):
        return ""
    half = np.zeros(len(names)) if intervals is None else np.asarray(intervals, float)
    v = np.asarray(values, dtype=float)
    low = min(0.0, float((v - half).min()))
    high = max(0.0, float((v + half).max()))
    span = (high - low) or 1.0
    left, width, step = 270, 430, 26

    def x(value: float) -> float:
        return round(left + width * (value - low) / span, 1)

    parts = []
    for k, (name, value, h) in enumerate(zip(names, v, half, strict=True)):
        y = 8 + k * step
        kind = "plain" if not signed else "up" if value >= 0 else "down"
        start, end = sorted((x(0.0), x(value)))
        parts.append(
            f'<text x="{left - 10}" y="{y + 14}" text-anchor="end">'
            f"{escape(_cut_name(str(name)))}</text>"
            f'<rect class="{kind}" x="{start}" y="{y + 2}" '
            f'width="{round(max(end - start, 0.5), 1)}" height="16"/>'
        )
        if h > 0:
            parts.append(
                f'<line class="range" x1="{x(value - h)}" x2="{x(value + h)}" '
                f'y1="{y + 10}" y2="{y + 10}"/>'
            )
        shown = f"{value:+.3f}" if signed else f"{value:.3f}"
        parts.append(
            f'<text x="{left + width + 12}" y="{y + 14}">{shown}</text>',
        )
    height = 14 + step * len(names)
    zero = x(0.0)
    return (
        f'<div class="wide"><svg role="img" aria-label="{escape(label, quote=True)}" '
        f'width="780" height="{height}" viewBox="0 0 780 {height}">\n'
        + "\n".join(parts)
        + f'\n<line class="axis" x1="{zero}" x2="{zero}" y1="4" y2="{height - 6}"/>'
        + "\n</svg></div>"
    )


def _cut_name(name: str, length: int = 36) -> str:
    return name if len(name) <= length else name[: length - 1] + "…"
