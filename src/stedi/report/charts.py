"""The charts of the report, as SVG that stands in the page: drawn by Vega without a browser, coloured by the page.

Colours are CSS variables of the page, so that a chart is legible in light, in dark and on paper. A chart is drawn as
wide as a phone, and scales with the page. Its title and what it shows in words are given to screen readers.
"""

from __future__ import annotations

import io
import itertools
import math
import re
from collections.abc import Sequence
from typing import Any

import altair as alt
from markupsafe import Markup, escape

WIDTH = 360
"""Pixels; on a wide screen a chart is scaled up."""
BAR = 26
"""Pixels of height for each horizontal bar."""
TEXT = 11
"""Pixels of height of all text; a phone shows it a little smaller, a wide screen larger."""
MOST_EDGES = 8
"""Of the edges of bins, how many are written below a histogram."""
USED, ASIDE, BAD = "var(--used)", "var(--aside)", "var(--bad)"
"""What is used; what is not, with a reason; what cannot be used, or has left."""
INK, MUTED, GRID = "currentColor", "var(--muted)", "var(--line)"

# Whole numbers, short: 0, 500, 1k.
_COUNTS = alt.Axis(tickCount=5, tickMinStep=1, labelExpr="format(datum.value, '~s')")

Rows = Sequence[dict[str, Any]]


class Charts:
    """Draws the charts of one page."""

    def __init__(self) -> None:
        """A page has one, so that no two of its charts share an id."""
        self._numbers = itertools.count(1)

    def bars(self, rows: Rows, title: str, *, says: str) -> Markup:
        """Horizontal bars: rows of label, value, text (at the bar's end) and color; `says` is the chart in words."""
        base = alt.Chart(alt.Data(values=list(rows))).encode(
            # What stands at its end needs place beside the longest bar.
            x=alt.X("value:Q", axis=None, scale=alt.Scale(domainMin=0, domainMax=_room(rows))),
            y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False, grid=False)),
        )
        chart = base.mark_bar(height=BAR - 10).encode(color=alt.Color("color:N", scale=None))
        values = base.mark_text(align="left", dx=4).encode(text="text:N")
        # Fonts differ: a label may be wider where it is shown than where it is drawn.
        padding = {"left": 18, "right": 0, "top": 2, "bottom": 2}
        return self._svg(_wide(chart + values, height=BAR * len(rows)).properties(padding=padding), title, says)

    def histogram(self, rows: Rows, title: str, *, unit: str, counted: str, says: str) -> Markup:
        """Bars over bins: rows of bin_from and bin_to (in `unit`) and count (of what is `counted`)."""
        chart = (
            alt.Chart(alt.Data(values=list(rows)))
            .mark_bar(color=USED, binSpacing=1)
            .encode(
                # Edges as they are: with the format that Vega chooses, -0.35 is -0.3.
                x=alt.X("bin_from:Q", bin="binned", title=unit, axis=alt.Axis(values=_edges(rows), format=",.6~r")),
                x2="bin_to:Q",
                y=alt.Y("count:Q", title=counted, axis=_COUNTS),
            )
        )
        return self._svg(_wide(chart, height=170), title, says)

    def columns(self, rows: Rows, title: str, *, x: str, y: str, says: str) -> Markup:
        """Upright bars, below zero too: rows of x (shown as it is), y and color."""
        chart = (
            alt.Chart(alt.Data(values=list(rows)))
            .mark_bar(size=min(28, 220 / len({row["x"] for row in rows})))
            .encode(
                x=alt.X("x:O", title=x, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
                y=alt.Y("y:Q", title=y, stack=None, axis=_COUNTS),
                color=alt.Color("color:N", scale=None),
            )
        )
        zero = alt.Chart(alt.Data(values=[{}])).mark_rule(color=MUTED).encode(y=alt.datum(0))
        return self._svg(_wide(chart + zero, height=170), title, says)

    def signals(self, rows: Rows, title: str, *, panels: dict[str, str], says: str) -> Markup:
        """Lines one above the other over the same time: rows of seconds and of each of `panels`, name to title."""
        last = list(panels)[-1]
        lines = [
            alt.Chart(alt.Data(values=list(rows)))
            .mark_line(color=USED, strokeWidth=1.5, point=alt.OverlayMarkDef(color=USED, size=14))
            .encode(
                x=alt.X(
                    "seconds:Q",
                    title="seconds" if name == last else None,
                    axis=alt.Axis(labels=name == last, ticks=name == last),
                ),
                y=alt.Y(f"{name}:Q", title=text, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=3, minExtent=40)),
            )
            .properties(width=WIDTH - 70, height=70)
            for name, text in panels.items()
        ]
        return self._svg(alt.vconcat(*lines, spacing=8).resolve_axis(y="independent"), title, says)

    def _svg(self, chart: Any, title: str, says: str) -> Markup:
        """A chart with its title and description, in a name space of its own within the page."""
        number = next(self._numbers)
        styled = chart.configure(
            background="transparent",
            font="system-ui, sans-serif",
            # Titles and tables say more than a label on each mark.
            aria=False,
            view=alt.ViewConfig(stroke=None),
            axis=alt.AxisConfig(
                labelColor=INK,
                labelFontSize=TEXT,
                labelFlush=False,
                labelLimit=150,
                labelOverlap="greedy",
                titleColor=MUTED,
                titleFontSize=TEXT,
                titleFontWeight=400,
                gridColor=GRID,
                domainColor=GRID,
                tickColor=GRID,
            ),
            axisX=alt.AxisConfig(grid=False),
            text=alt.MarkConfig(color=INK, fontSize=TEXT),
        )
        drawn = io.StringIO()
        styled.save(drawn, format="svg")
        svg = drawn.getvalue()
        svg = re.sub(r'\b(id="|url\(#|href="#)', rf"\g<1>chart{number}-", svg)
        head = (
            f'<svg role="img" aria-labelledby="chart{number}-title chart{number}-desc" '
            f'xmlns="http://www.w3.org/2000/svg" viewBox="{_view_box(svg)}">'
            f'<title id="chart{number}-title">{escape(title)}</title>'
            f'<desc id="chart{number}-desc">{escape(says)}</desc>'
        )
        # What Vega writes is XML of its own making: it has escaped the texts.
        return Markup(re.sub(r"^<svg[^>]*>", lambda _: head, svg, count=1))  # noqa: S704


def _view_box(svg: str) -> str:
    found = re.search(r'viewBox="([\d. -]+)"', svg)
    assert found  # noqa: S101
    return found[1]


def _wide(chart: Any, height: int) -> Any:
    return chart.properties(width=WIDTH, height=height, autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))


def _edges(rows: Rows) -> list[float]:
    """Edges of bins, no more than have place below the bars."""
    edges = sorted({row[end] for row in rows for end in ("bin_from", "bin_to")})
    return edges[:: math.ceil(len(edges) / MOST_EDGES)]


def _room(rows: Rows) -> float:
    return max((float(row["value"]) for row in rows), default=0) * 1.6 or 1
