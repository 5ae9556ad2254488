"""A page of headings, words, tables and drawings, written as HTML that needs nothing else, or as Markdown."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

_CSS = """
:root { color-scheme: light; --ink: #222; --faint: #6b6b6b; --line: #ddd; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; color: var(--ink);
  background: #fff; max-width: 68rem; margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .5rem; padding-top: .6rem; border-top: 2px solid var(--ink); }
h3 { font-size: 1rem; margin: 1.6rem 0 .3rem; }
p, ul { margin: .4rem 0 .8rem; max-width: 48rem; }
li { margin: .25rem 0; }
.wide { overflow-x: auto; margin: .6rem 0 1.2rem; }
table { border-collapse: collapse; font-size: .82rem; font-variant-numeric: tabular-nums; }
th, td { padding: .22rem .7rem .22rem 0; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line); }
th { color: var(--faint); font-weight: 600; border-bottom: 1px solid var(--ink); white-space: nowrap; }
th.left, td.left { text-align: left; }
td { white-space: nowrap; }
td.long { white-space: normal; }
pre { background: #f5f5f3; padding: .5rem .7rem; font-size: .8rem; line-height: 1.4; white-space: pre-wrap;
  overflow-wrap: anywhere; margin: .4rem 0 1rem; }
code { font-size: .88em; overflow-wrap: anywhere; }
figure { margin: .6rem 0 1.2rem; }
figure svg { max-width: 100%; height: auto; display: block; }
@page { size: A4; margin: 14mm 13mm; }
@media print {
  body { font-size: 9.5pt; margin: 0; padding: 0; max-width: none; }
  h1 { font-size: 17pt; } h2 { font-size: 12.5pt; margin-top: 1.4rem; } h3 { font-size: 10.5pt; }
  h2, h3 { break-after: avoid; }
  p, ul { max-width: none; }
  table { font-size: 7pt; }
  th, td.left { white-space: normal; overflow-wrap: break-word; }
  th, td { padding-right: .35rem; }
  .wide { overflow: visible; }
  thead { display: table-header-group; }
  tr, figure, li, pre { break-inside: avoid; }
  pre { font-size: 7.6pt; background: none; border: 1px solid var(--line); }
}
"""


@dataclass(frozen=True)
class Heading:
    """A heading: level 1 is the page's own."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraphs:
    """A paragraph, or items of a list; `code` between backticks, **strong** between asterisks."""

    text: str | Sequence[str]


@dataclass(frozen=True)
class TextTable:
    """Rows of text under a heading each; so many columns from the left are words, the others numbers."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1


@dataclass(frozen=True)
class Code:
    """Commands."""

    text: str


@dataclass(frozen=True)
class Drawing:
    """An SVG, and what it shows in words."""

    svg: str
    about: str


Block = Heading | Paragraphs | TextTable | Code | Drawing


def to_html(title: str, blocks: Sequence[Block]) -> str:
    """A page that needs no other file."""
    body = "\n".join(map(_html, blocks))
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{html.escape(title)}</title>'
    )
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}<style>{_CSS}</style></head><body>\n{body}\n</body></html>\n'


def _html(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{_inline(text)}</h{level}>"
        case Paragraphs(str() as text):
            return f"<p>{_inline(text)}</p>"
        case Paragraphs(items):
            return f"<ul>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</ul>"
        case Code(text):
            return f"<pre>{html.escape(text)}</pre>"
        case Drawing(svg, about):
            return f'<figure role="img" aria-label="{html.escape(about)}">{svg[svg.index("<svg") :]}</figure>'
        case TextTable():
            return _html_table(block)


def _html_table(table: TextTable) -> str:
    def cell(tag: str, k: int, text: str) -> str:
        kind = (
            ' class="left long"' if k < table.words and len(text) > 48 else ' class="left"' if k < table.words else ""
        )
        return f"<{tag}{kind}>{_inline(text)}</{tag}>"

    head = "".join(cell("th", k, text) for k, text in enumerate(table.columns))
    rows = "".join(f"<tr>{''.join(cell('td', k, text) for k, text in enumerate(row))}</tr>\n" for row in table.rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table></div>'


def _inline(text: str) -> str:
    said = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
    return re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", said)


def to_markdown(blocks: Sequence[Block]) -> str:
    """The same without drawings."""
    return "\n\n".join(text for block in blocks if (text := _markdown(block))) + "\n"


def _markdown(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {text}"
        case Paragraphs(str() as text):
            return text
        case Paragraphs(items):
            return "\n".join(f"- {item}" for item in items)
        case Code(text):
            return "\n".join(f"    {line}" for line in text.splitlines())
        case Drawing():
            return ""
        case TextTable(columns, rows, words):
            ruler = ["---" if k < words else "---:" for k in range(len(columns))]
            return "\n".join(_row(row) for row in (columns, ruler, *rows))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
