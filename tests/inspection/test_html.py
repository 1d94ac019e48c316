"""Pieces of the report's page."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from sktransfer.inspection.html import bars, page, paragraph, section, table

NASTY = "<script>alert('x')</script> & \"quotes\""


def well_formed(html):
    """Parse what is XML apart from the doctype and void elements."""
    return ElementTree.fromstring(
        re.sub(r"<meta ([^>]*)>", r"<meta \1/>", html.removeprefix("<!DOCTYPE html>"))
    )


def test_user_text_is_escaped_everywhere():
    html = page(
        NASTY,
        [
            section(NASTY, paragraph(NASTY)),
            table([NASTY, "b"], [[NASTY, 1.0]]),
            bars([NASTY], [0.5], label=NASTY),
        ],
    )
    assert "<script" not in html
    root = well_formed(html)
    assert root.find("body/h1").text == NASTY


def test_page_loads_nothing():
    html = page("t", [bars(["a"], [1.0]), table(["a"], [[1]])])
    assert "http" not in html
    assert "src=" not in html
    assert "url(" not in html


def test_cells_and_their_side():
    html = table(
        ["name", "n", "share"], [["a", 3, 0.25], ["b", None, np.nan]], chosen=1
    )
    assert html.count("–") == 2
    assert '<td class="number">0.250</td>' in html
    assert '<td>a</td><td class="number">3</td>' in html
    assert '<tr class="chosen"><td>b</td>' in html


def rectangles(html):
    root = ElementTree.fromstring(html)
    return [
        (r.get("class"), float(r.get("x")), float(r.get("width")))
        for r in root.iter("rect")
    ]


def test_bars_start_at_zero_and_are_as_long_as_their_values():
    (up, x_up, width_up), (down, x_down, width_down) = rectangles(
        bars(["a", "b"], [0.2, -0.1])
    )
    assert (up, down) == ("up", "down")
    assert width_up == pytest.approx(2 * width_down, abs=0.2)
    assert x_down + width_down == pytest.approx(x_up, abs=0.2)


def test_unsigned_bars_are_plain():
    assert [r[0] for r in rectangles(bars(["a"], [3.0], signed=False))] == ["plain"]


def test_intervals_stay_inside_the_figure():
    root = ElementTree.fromstring(bars(["a", "b"], [0.1, 0.2], intervals=[0.5, 0]))
    ranges = [line for line in root.iter("line") if line.get("class") == "range"]
    assert len(ranges) == 1
    assert 270 <= float(ranges[0].get("x1")) < float(ranges[0].get("x2")) <= 700


def test_no_bars_no_figure():
    assert bars([], []) == ""


def test_long_names_are_cut():
    html = bars(["x" * 60], [1.0])
    assert "x" * 35 + "…" in html
    assert "x" * 36 not in html
