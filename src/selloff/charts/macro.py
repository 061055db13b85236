"""Pictures of correlation with macro series."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from selloff.charts.lines import Layers, long, span, thin, time_axis, time_lines
from selloff.charts.theme import colour, finish
from selloff.correlation import Band
from selloff.inference import TestResult
from selloff.prose import num

__all__ = ["band_line", "clock_bands", "naive_line", "test_intervals"]

YEAR = ("2025-01-01", "2025-09-27")


def naive_line(correlation: pd.Series, pair: str) -> alt.LayerChart:
    """Draw a bare rolling correlation, as most charts in the field do.

    Parameters
    ----------
    correlation : Series
        Rolling correlation by session.
    pair : str
        The two series in words.
    """
    clean = correlation.dropna()
    y = alt.Y("value:Q").scale(domain=[-0.4, 1], nice=False).axis(title="correlation", tickCount=6)
    lines = time_lines(
        long(thin(clean.to_frame("r"))),
        y,
        {"r": "equities"},
        unit="",
        axis=time_axis("%Y", 7),
        digits=2,
        label=False,
    )
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule().encode(y="y:Q")
    return finish(
        alt.layer(span(*YEAR, "2025"), zero, lines),
        title=f"A bare line wanders from {num(clean.min(), 2)} to {num(clean.max(), 2)}: what does that prove?",
        subtitle=f"{pair}: correlation of daily returns over 90 sessions, New York close",
        description=f"One line of 90-session correlation between {pair} from {clean.index[0]:%B %Y} "
        f"to {clean.index[-1]:%B %Y}, "
        f"between {clean.min():.2f} and {clean.max():.2f}; it ends at {clean.iloc[-1]:.2f}.",
        source="Binance; S&P Dow Jones Indices through FRED",
        height=260,
    )


def _band_layers(data: pd.DataFrame, constant: float) -> Layers:
    x = time_axis("%Y", 7)
    when = "utcFormat(toDate(datum.time), '%-d %b %Y')"
    base = alt.Chart(data).transform_calculate(when=when)
    wide = base.mark_area(color=colour("equities"), opacity=0.18).encode(x=x, y=alt.Y("all_low:Q"), y2="all_high:Q")
    narrow = base.mark_area(color=colour("equities"), opacity=0.28).encode(x=x, y="low:Q", y2="high:Q")
    tooltip = [
        alt.Tooltip("when:N", title="Session"),
        alt.Tooltip("r:Q", title="Correlation", format=".2f"),
        alt.Tooltip("all_low:Q", title="Band, low", format=".2f"),
        alt.Tooltip("all_high:Q", title="Band, high", format=".2f"),
    ]
    y = alt.Y("r:Q").scale(domain=[-0.8, 1], nice=False).axis(title="correlation", values=[-0.5, 0, 0.5, 1])
    line = base.mark_line(color=colour("equities")).encode(x=x, y=y, tooltip=tooltip)
    flat = base.mark_rule(color=colour("ink"), strokeDash=[5, 3]).encode(y=alt.datum(round(constant, 3)))
    return alt.layer(wide, narrow, flat, line)


def _band_data(band: Band, points: int) -> pd.DataFrame:
    frame = thin(band.to_frame(), points).round(3)
    frame.columns = pd.Index(["r", "low", "high", "all_low", "all_high"])
    frame.insert(0, "time", pd.DatetimeIndex(frame.index).strftime("%Y-%m-%d"))
    return frame.reset_index(drop=True)


def band_line(band: Band, whole: float, pair: str) -> alt.LayerChart:
    """Draw a rolling correlation with its pointwise and its simultaneous band, and one constant value.

    Parameters
    ----------
    band : Band
        From :func:`selloff.correlation.correlation_band`.
    whole : float
        Correlation over the whole sample: drawn where no constant fits inside the band.
    pair : str
        The two series in words.
    """
    data = _band_data(band, 350)
    fitting = band.constants()
    if fitting is None:
        constant, finding = whole, "No constant correlation fits inside the band on every date"
        meaning = f"the whole sample's {num(whole, 2)}"
    else:
        constant = sum(fitting) / 2
        finding = f"A constant correlation of {num(constant, 2)} fits inside the band on every date"
        meaning = f"that constant; the whole sample's is {num(whole, 2)}"
    width = float((data["all_high"] - data["all_low"]).median())
    return finish(
        alt.layer(span(*YEAR), _band_layers(data, constant)),
        title=finding,
        subtitle=[
            f"{pair}: correlation over {band.window} sessions, New York close; dark: {band.level:.0%} band for each",
            f"date alone, light: for all dates at once; dashed: {meaning}",
        ],
        description=f"Rolling correlation of {pair} with two bands. The light band, which holds the "
        "whole path at once, is about "
        f"{width:.2f} wide. {finding}.",
        source="Binance; S&P Dow Jones Indices through FRED",
        height=320,
    )


def clock_bands(bands: Mapping[str, Band], constants: Mapping[str, float], pair: str) -> alt.VConcatChart:
    """Draw one panel for each clock, on one scale.

    Parameters
    ----------
    bands : mapping
        Band by the clock's name in words.
    constants : mapping
        Correlation over the whole sample by the same names.
    pair : str
        The two series in words.
    """
    panels = []
    for name, band in bands.items():
        data = _band_data(band, 200)
        panel = _band_layers(data, constants[name]).properties(
            width=620,
            height=130,
            title=alt.TitleParams(
                f"Crypto {name}: {num(constants[name], 2)} over all sessions",
                fontSize=13,
                offset=14,
                anchor="start",
                frame="group",
            ),
        )
        panels.append(panel)
    low, high = min(constants.values()), max(constants.values())
    words = "; ".join(f"{name}: {value:.2f}" for name, value in constants.items())
    return finish(
        alt.vconcat(*panels, spacing=18),
        title=f"The clock alone moves the correlation from {num(high, 2)} to {num(low, 2)}",
        subtitle=f"{pair}: 90 sessions, with the 95% bands for each date and for all dates",
        description="Three panels of rolling correlation with bands, one for each clock. Over the "
        f"whole sample: {words}.",
        source="Binance; S&P Dow Jones Indices through FRED",
        width=None,
        height=None,
    )


def test_intervals(tests: Mapping[tuple[str, str], TestResult]) -> alt.FacetChart:
    """Draw the change of a correlation with its 95% interval, by pair and clock.

    Parameters
    ----------
    tests : mapping
        Result by (pair, clock), both in words.
    """
    rows = []
    for (pair, clock), test in tests.items():
        low, high = test.interval()
        rows.append(
            {
                "pair": pair,
                "clock": clock,
                "change": test.estimate,
                "low": low,
                "high": high,
                "p": test.pvalue,
            }
        )
    data = pd.DataFrame(rows).round(3)
    data["sure"] = np.where((data["low"] > 0) | (data["high"] < 0), "excludes zero", "includes zero")
    sure = int((data["sure"] == "excludes zero").sum())
    base = alt.Chart(data).encode(
        y=alt.Y("clock:N")
        .sort(list(dict.fromkeys(data["clock"])))
        .axis(title=None, ticks=False, domain=False, labelColor=colour("ink")),
        color=alt.Color("sure:N")
        .scale(domain=["excludes zero", "includes zero"], range=[colour("equities"), colour("coin")])
        .legend(None),
        tooltip=[
            alt.Tooltip("pair:N", title="Pair"),
            alt.Tooltip("clock:N", title="Clock"),
            alt.Tooltip("change:Q", title="Change", format="+.2f"),
            alt.Tooltip("low:Q", title="Low", format="+.2f"),
            alt.Tooltip("high:Q", title="High", format="+.2f"),
            alt.Tooltip("p:Q", title="p-value", format=".3f"),
        ],
    )
    bars = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("low:Q").scale(domain=[-0.4, 0.4]).axis(title="change of correlation", tickCount=5, grid=True),
        x2="high:Q",
    )
    points = base.mark_point(size=90, filled=True, opacity=1).encode(x="change:Q")
    zero = base.mark_rule(color=colour("ink")).encode(
        x=alt.datum(0), color=alt.value(colour("ink")), tooltip=alt.value(None)
    )
    pairs = list(dict.fromkeys(data["pair"]))
    return finish(
        alt.layer(zero, bars, points)
        .properties(width=520, height=30 * data["clock"].nunique())
        .facet(row=alt.Row("pair:N").sort(pairs), spacing=14),
        title=f"{num(sure) if sure else 'Not one'} of {len(data)} intervals excludes that nothing changed",
        subtitle="Correlation in 2025 to 26 September less correlation in 2024, with HAC 95% intervals",
        description=f"Points with intervals for {len(data)} combinations of pair and clock: changes "
        "of correlation from "
        f"{data['change'].min():+.2f} to {data['change'].max():+.2f}; {sure} intervals exclude zero.",
        source="Binance; S&P Dow Jones Indices and Nasdaq through FRED",
        width=None,
        height=None,
    )
