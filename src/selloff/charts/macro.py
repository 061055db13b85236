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

__all__ = ["band_line", "clock_bands", "dynamic_line", "naive_line", "test_intervals"]

YEAR = ("2025-01-01", "2025-09-27")
_WARM = 60


def naive_line(correlation: pd.Series, pair: str, window: int) -> alt.LayerChart:
    """Draw a bare rolling correlation, as most charts in the field do.

    Parameters
    ----------
    correlation : Series
        Rolling correlation by session.
    pair : str
        The two series in words.
    window : int
        Sessions in a window.
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
        subtitle=f"{pair}: correlation of daily returns over {window} sessions, New York close",
        description=f"One line of {window}-session correlation between {pair} from {clean.index[0]:%B %Y} "
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
    """Draw a rolling correlation with its pointwise and its simultaneous band.

    Parameters
    ----------
    band : Band
        From :func:`selloff.correlation.correlation_band`.
    whole : float
        Correlation over the whole sample, drawn dashed.
    pair : str
        The two series in words.
    """
    data = _band_data(band, 350)
    width = float((data["all_high"] - data["all_low"]).median())
    return finish(
        alt.layer(span(*YEAR), _band_layers(data, whole)),
        title=f"Over {band.window} sessions a correlation is known to about plus or minus {num(width / 2, 2)}",
        subtitle=[
            f"{pair}, New York close; dark: {band.level:.0%} band for each date alone, light: for all dates",
            f"at once; dashed: {num(whole, 2)}, the correlation of the whole sample",
        ],
        description=f"Rolling correlation of {pair} with two bands. The light band, meant to hold the "
        "whole path at once, is "
        f"about {width:.2f} wide. The whole sample's correlation is {whole:.2f}.",
        source="Binance; S&P Dow Jones Indices through FRED",
        height=320,
    )


def dynamic_line(path: pd.DataFrame, weighted: pd.Series, pair: str) -> alt.LayerChart:
    """Draw the correlation of a dynamic model with its band, and an exponentially weighted one beside it.

    Parameters
    ----------
    path : DataFrame
        From :func:`selloff.correlation.dynamic_band`.
    weighted : Series
        From :func:`selloff.correlation.ewma_correlation`, on the same dates.
    pair : str
        The two series in words.
    """
    # Weights need some sessions before they say anything.
    kept = thin(path.assign(ewma=weighted).dropna().iloc[_WARM:], 400)
    x = time_axis("%Y", 7)
    y = alt.Y("value:Q").scale(domain=[-0.6, 1], nice=False).axis(title="correlation", tickCount=6)
    ends = kept[["lower", "upper"]].round(2).reset_index(names="time")
    ends["time"] = ends["time"].dt.strftime("%Y-%m-%d")
    band = alt.Chart(ends).mark_area(color=colour("equities"), opacity=0.2).encode(x=x, y="lower:Q", y2="upper:Q")
    names = {"weighted": "coin", "DCC": "equities"}
    data = long(kept[["ewma", "estimate"]].set_axis(list(names), axis=1))
    lines = time_lines(data, y, names, unit="", axis=x, digits=2)
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule().encode(y="y:Q")
    spread = {name: kept[column].max() - kept[column].min() for name, column in (("w", "ewma"), ("d", "estimate"))}
    return finish(
        alt.layer(span(*YEAR, "2025"), zero, band, lines),
        title=f"Two models of one pair: one moves by {num(spread['w'], 2)}, the other by {num(spread['d'], 2)}",
        subtitle=[
            f"{pair}, daily returns, New York close; grey: weights that fall by six percent a session; green:",
            "dynamic conditional correlation (DCC) with a 95% band for its parameters, date by date",
        ],
        description=f"Two lines for {pair}: an exponentially weighted correlation between {kept['ewma'].min():.2f} and "
        f"{kept['ewma'].max():.2f}, and that of a DCC model between {kept['estimate'].min():.2f} and "
        f"{kept['estimate'].max():.2f} with a band.",
        source="Binance; S&P Dow Jones Indices through FRED",
        height=300,
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
    first = next(iter(bands.values()))
    words = "; ".join(f"{name}: {value:.2f}" for name, value in constants.items())
    return finish(
        alt.vconcat(*panels, spacing=18),
        title=f"The clock alone moves the correlation from {num(high, 2)} to {num(low, 2)}",
        subtitle=f"{pair}: {first.window} sessions, {first.level:.0%} bands for each date and for all "
        "dates; dashed: whole sample",
        description="Three panels of rolling correlation with bands, one for each clock. Over the "
        f"whole sample: {words}.",
        source="Binance; S&P Dow Jones Indices through FRED",
        width=None,
        height=None,
    )


def test_intervals(tests: Mapping[tuple[str, str], TestResult], compared: str) -> alt.FacetChart:
    """Draw changes of a correlation with their 95% intervals, in panels of rows.

    Parameters
    ----------
    tests : mapping
        Result by (panel, row), both in words.
    compared : str
        What is compared, for the subtitle.
    """
    records = []
    for (panel, row), test in tests.items():
        low, high = test.interval(0.95)
        values = {"change": test.estimate, "low": low, "high": high, "p": test.pvalue}
        records.append({"panel": panel, "row": row, **values})
    data = pd.DataFrame(records).round(3)
    data["sure"] = np.where((data["low"] > 0) | (data["high"] < 0), "excludes zero", "includes zero")
    sure = int((data["sure"] == "excludes zero").sum())
    panels, labels = (list(dict.fromkeys(data[name])) for name in ("panel", "row"))
    tint = alt.Color("sure:N").scale(
        domain=["excludes zero", "includes zero"], range=[colour("equities"), colour("coin")]
    )
    tooltip = [alt.Tooltip("panel:N", title="Pair"), alt.Tooltip("row:N", title="Row")]
    tooltip += [
        alt.Tooltip(f"{field}:Q", title=title, format=form)
        for field, title, form in (
            ("change", "Change", "+.2f"), ("low", "Low", "+.2f"), ("high", "High", "+.2f"), ("p", "p-value", ".3f"),
        )
    ]  # fmt: skip
    reach = float(np.ceil(10 * data[["low", "high"]].abs().max().max()) / 10)
    x = alt.X("low:Q").scale(domain=[-reach, reach]).axis(title="change of correlation", tickCount=5, grid=True)
    y = alt.Y("row:N").sort(labels).axis(title=None, ticks=False, domain=False, labelColor=colour("ink"))
    base = alt.Chart(data).encode(y=y, color=tint.legend(None), tooltip=tooltip)
    zero = alt.Chart(data).mark_rule(color=colour("ink")).encode(x=alt.datum(0))
    bars = base.mark_rule(strokeWidth=3).encode(x=x, x2="high:Q")
    points = base.mark_point(size=90, filled=True, opacity=1).encode(x="change:Q")
    body = alt.layer(zero, bars, points).properties(width=500, height=30 * len(labels))
    found = "Not one" if sure == 0 else num(sure)
    verb = "excludes" if sure <= 1 else "exclude"
    return finish(
        body.facet(row=alt.Row("panel:N").sort(panels), spacing=14),
        title=f"{found} of {len(data)} intervals {verb} that nothing changed",
        subtitle=f"{compared}, with robust 95% intervals",
        description=f"Points with intervals for {len(data)} comparisons: changes of correlation from "
        f"{data['change'].min():+.2f} to {data['change'].max():+.2f}; {sure} of the intervals exclude zero.",
        source="Binance; S&P Dow Jones Indices and Nasdaq through FRED",
        width=None,
        height=None,
    )
