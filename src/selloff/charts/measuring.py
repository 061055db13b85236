"""Pictures of what chance does to a correlation: lines that wander, tests that cry wolf, levels that drift."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from selloff.charts.lines import Layers, thin
from selloff.charts.rows import STEP, readable, row_names, rows
from selloff.charts.theme import colour, finish
from selloff.charts.validation import DESIGN_NAMES
from selloff.prose import num

__all__ = ["alarms_and_finds", "level_histograms", "shuffled_histogram", "wandering_lines", "window_ranges"]

#: The tests of one question: method in the table of studies, name, colour, shape.
_TESTS = {
    "two windows, Fisher": ("textbook, Fisher", "volatility", "triangle-up"),
    "two windows, HAC": ("robust, HAC", "rates", "square"),
    "two windows, bootstrap": ("simulated, bootstrap", "equities", "circle"),
}

#: Height of a histogram.
_LOW = 260


def wandering_lines(paths: pd.DataFrame, rho: float, shown: int = 20) -> alt.LayerChart:
    """Draw rolling correlations of simulated pairs whose correlation never changes.

    Parameters
    ----------
    paths : DataFrame
        From :func:`selloff.correlation.pitfalls.rolling_paths`.
    rho : float
        The true correlation.
    shown : int
        How many of the pairs are drawn.
    """
    window = int(paths.index[0])
    few = thin(paths.iloc[:, :shown], 60)
    widest = few.columns[int(np.argmax((few.max() - few.min()).to_numpy()))]
    data = few.round(3).reset_index(names="day").melt("day", var_name="pair", value_name="r")
    data["pair"] = data["pair"].astype(int) + 1
    y = alt.Y("r:Q").scale(domain=[-0.4, 1], nice=False).axis(title="correlation", tickCount=7)
    x = alt.X("day:Q").scale(domain=[window, int(paths.index[-1])], nice=False).axis(title="day", tickCount=5)
    tooltip = [
        alt.Tooltip("pair:N", title="Simulated pair"),
        alt.Tooltip("day:Q", title="Day"),
        alt.Tooltip("r:Q", title="Correlation", format=".2f"),
    ]
    base = alt.Chart(data).encode(x=x, y=y, detail="pair:N", tooltip=tooltip)
    others = base.transform_filter(alt.datum.pair != int(widest) + 1).mark_line(
        color=colour("coin"), strokeWidth=1, opacity=0.75
    )
    one = base.transform_filter(alt.datum.pair == int(widest) + 1).mark_line(color=colour("equities"), strokeWidth=2.5)
    truth = pd.DataFrame({"r": [rho]})
    rule = alt.Chart(truth).mark_rule(color=colour("ink"), strokeDash=[5, 3], strokeWidth=2).encode(y="r:Q")
    low, high = float(paths.min().mean()), float(paths.max().mean())
    return finish(
        alt.layer(others, one, rule),
        title=f"The truth stands still at {num(rho, 2)}; the lines do not",
        subtitle=[
            f"Correlation over {window} days of {few.shape[1]} simulated pairs with one constant correlation (dashed);",
            "coloured: the line that moves furthest",
        ],
        description=f"{few.shape[1]} lines of {window}-day correlation over {int(paths.index[-1])} simulated days "
        f"around a dashed line at {rho:.2f}. Over all {paths.shape[1]} pairs a line falls to {low:.2f} and climbs "
        f"to {high:.2f} on average.",
        source="own simulation",
        height=320,
    )


def window_ranges(paths: Mapping[int, pd.DataFrame], rho: float) -> alt.LayerChart:
    """Draw how far a line of constant correlation wanders, by the length of its window.

    Parameters
    ----------
    paths : mapping
        Lines by window, each from :func:`selloff.correlation.pitfalls.rolling_paths`.
    rho : float
        The true correlation.
    """
    data = pd.DataFrame(
        [
            {"label": f"{window} days", "low": lines.min().mean(), "high": lines.max().mean()}
            for window, lines in paths.items()
        ]
    ).round(3)
    labels = data["label"].tolist()
    tooltip = [
        alt.Tooltip("label:N", title="Window"),
        alt.Tooltip("low:Q", title="Mean lowest", format=".2f"),
        alt.Tooltip("high:Q", title="Mean highest", format=".2f"),
    ]
    base = alt.Chart(data).encode(y=rows(labels), tooltip=tooltip)
    x = alt.X("low:Q").scale(domain=[-0.4, 1], nice=False).axis(title="correlation", grid=True, tickCount=6)
    bars = base.mark_rule(strokeWidth=6, color=colour("coin"), yOffset=8).encode(x=x, x2="high:Q")
    left = base.mark_text(align="right", dx=-7, dy=8, fontWeight="bold")
    right = base.mark_text(align="left", dx=7, dy=8, fontWeight="bold")
    ends = [
        words.encode(x=alt.X(f"{end}:Q"), text=alt.Text(f"{end}:Q", format=".2f"))
        for end, words in (("low", left), ("high", right))
    ]
    rule = (
        alt.Chart(pd.DataFrame({"r": [rho]}))
        .mark_rule(color=colour("ink"), strokeDash=[5, 3], strokeWidth=2)
        .encode(x="r:Q")
    )
    first, last = data.iloc[0], data.iloc[-1]
    wide, narrow = first["high"] - first["low"], last["high"] - last["low"]
    return finish(
        alt.layer(bars, rule, *ends, row_names(alt.Chart(data), labels)),
        title=f"Even over {list(paths)[-1]} days the line covers a range of {num(narrow, 2)}",
        subtitle=f"Mean lowest and highest value of the line, simulated pairs; dashed: the truth, {num(rho, 2)}",
        description=f"One bar for each of {len(data)} windows, from the lowest to the highest value that a line "
        f"reaches on average: {wide:.2f} wide over {labels[0]}, {narrow:.2f} over {labels[-1]}.",
        source="own simulation",
        height=STEP * len(labels),
    )


def alarms_and_finds(table: pd.DataFrame) -> alt.HConcatChart:
    """Draw the false alarms and the finds of three tests, side by side.

    Parameters
    ----------
    table : DataFrame
        Rows of :func:`selloff.validation.simulations`.
    """
    part = table[table["method"].isin(list(_TESTS)) & table["design"].isin(list(DESIGN_NAMES))]
    frame = part.set_index(["method", "measure", "design"])["share"] * 100
    panels = [
        _share_panel(part, "size", "False alarms", "rejections without a change, %", [0, 32]),
        _share_panel(part, "power", "Rises found", "rejections of a rise from .40 to .65, %", [40, 104]),
    ]
    fisher, deciding = (frame[method, "size", "garch_t5"] for method in ("two windows, Fisher",
                                                                         "two windows, bootstrap"))  # fmt: skip
    found = frame["two windows, bootstrap", "power", "garch_t5"]
    length = int(part["length"].iloc[0])
    return finish(
        alt.hconcat(*panels, spacing=30),
        title=[
            f"Out of 100 samples without a change the textbook test cries wolf in {num(fisher)},",
            f"the bootstrap in {num(deciding)}; it finds {num(found)} of 100 real rises",
        ],
        subtitle=[
            f"Share of simulated samples of {length} days in which a test says that the correlation changed; the title",
            "counts heavy tails and waves; dashed: the 5 % that a test promises; thin: 95 % interval of the share",
        ],
        description=f"Two panels with {len(DESIGN_NAMES)} rows, one for each kind of simulated returns, and three "
        f"marks in each row. Left, false alarms: with heavy tails and waves {fisher:.1f} % for Fisher's test and "
        f"{deciding:.1f} % for the bootstrap. Right, the share of real rises that each test finds: {found:.1f} % "
        "for the bootstrap.",
        source="own simulations",
        width=None,
        height=None,
    )


def _share_panel(part: pd.DataFrame, measure: str, name: str, axis: str, domain: list[float]) -> Layers:
    chosen = part[part["measure"] == measure]
    data = pd.DataFrame(
        {
            "label": chosen["design"].map(DESIGN_NAMES),
            "test": chosen["method"].map({method: words[0] for method, words in _TESTS.items()}),
            "share": (100 * chosen["share"]).round(1),
            "low": (100 * chosen["low"]).round(1),
            "high": (100 * chosen["high"]).round(1),
        }
    )
    names = [words[0] for words in _TESTS.values()]
    tint = alt.Color("test:N").scale(domain=names, range=[colour(words[1]) for words in _TESTS.values()])
    shape = alt.Shape("test:N").scale(domain=names, range=[words[2] for words in _TESTS.values()])
    labels = list(DESIGN_NAMES.values())
    x = alt.X("share:Q").scale(domain=domain, nice=False, zero=False).axis(title=axis, grid=True, tickCount=5)
    tooltip = [
        alt.Tooltip("test:N", title="Test"),
        alt.Tooltip("label:N", title="Returns"),
        alt.Tooltip("share:Q", title="Share, %"),
        alt.Tooltip("low:Q", title="from"),
        alt.Tooltip("high:Q", title="to"),
    ]
    layers: list[alt.Chart | Layers] = []
    if measure == "size":
        rule = alt.Chart(pd.DataFrame({"share": [5]}))
        layers.append(rule.mark_rule(color=colour("ink"), strokeDash=[4, 3]).encode(x="share:Q"))
    for place, test in enumerate(names):
        offset = 5 + 7 * place
        base = alt.Chart(data[data["test"] == test]).encode(y=rows(labels), color=tint, tooltip=tooltip)
        layers.append(base.mark_rule(strokeWidth=1.5, yOffset=offset).encode(x=alt.X("low:Q"), x2="high:Q"))
        layers.append(base.mark_point(size=60, filled=True, opacity=1, yOffset=offset).encode(x=x, shape=shape))
    layers.append(row_names(alt.Chart(pd.DataFrame({"label": labels})), labels))
    words = alt.TitleParams(name, fontSize=13, anchor="start", frame="group", offset=8)
    return alt.layer(*layers).properties(width=285, height=(STEP + 12) * len(labels), title=words)


def level_histograms(found: pd.DataFrame, length: int) -> alt.LayerChart:
    """Draw correlations of independent random walks, by their levels and by their returns.

    Parameters
    ----------
    found : DataFrame
        From :func:`selloff.correlation.pitfalls.walk_correlations`.
    length : int
        Steps of a walk.
    """
    kinds = {"levels": ("levels", "volatility"), "returns": ("returns", "equities")}
    data = pd.concat([_counted(found[kind].to_numpy(), kinds[kind][0]) for kind in kinds], ignore_index=True)
    names = [name for name, _ in kinds.values()]
    tint = alt.Color("kind:N").scale(domain=names, range=[colour(tone) for _, tone in kinds.values()]).legend(None)
    layers = alt.layer(
        _bars(data, "pairs of walks, %").encode(color=tint),
        _words(data, {"levels": (-0.72, "levels"), "returns": (0.16, "returns")}, tint),
    )
    far = 100 * float((found["levels"].abs() > 0.5).mean())
    returns = 100 * float((found["returns"].abs() > 0.5).mean())
    return finish(
        layers,
        title=f"In {num(far)} of 100 pairs, levels of unrelated walks correlate by more than 0.50 either way",
        subtitle=f"Correlations of {num(len(found))} pairs of independent random walks of {num(length)} steps",
        description=f"Two histograms of correlations of {len(found)} pairs of independent walks. Those of returns "
        f"crowd around zero; those of levels spread over the whole range from minus one to one, {far:.0f} % of them "
        f"beyond .50 in size, against {returns:.0f} % of the correlations of returns.",
        source="own simulation",
        height=260,
    )


def shuffled_histogram(shuffled: np.ndarray, own: float, names: tuple[str, str]) -> alt.LayerChart:
    """Draw the correlation of two levels among those with one of them shuffled.

    Parameters
    ----------
    shuffled : ndarray
        From :func:`selloff.correlation.pitfalls.shuffled_levels`.
    own : float
        Correlation of the two levels as they were.
    names : pair of str
        The series that kept its order, and the one that was shuffled.
    """
    data = _counted(shuffled, "shuffled")
    middle = float(np.median(shuffled))
    words = [f"as it was, {num(own, 2)}", f"median shuffle, {num(middle, 2)}"]
    marks = pd.DataFrame({"r": [own, middle], "word": words, "line": [4, 22], "true": [True, False]}).round(3)
    base = alt.Chart(marks).encode(x="r:Q")
    dash = alt.StrokeDash("true:N").scale(domain=[True, False], range=[[1, 0], [4, 3]]).legend(None)
    level = alt.Y("line:Q").scale(None).axis(None)
    # A line starts at its own word, so that it strikes no other through.
    rule = base.mark_rule(color=colour("ink"), strokeWidth=2).encode(strokeDash=dash, y=level, y2=alt.value(_LOW))
    place = base.encode(y=level, text="word:N")
    word = readable(place, align="right", baseline="top", dx=-6, fontSize=12, fontWeight="bold", color=colour("ink"))
    return finish(
        alt.layer(_bars(data, "shuffles, %").encode(color=alt.value(colour("coin"))), rule, word),
        title=f"With the days shuffled, the levels still correlate at {num(middle, 2)}",
        subtitle=[
            f"Correlation of the running sums of log returns of {names[0]} and the {names[1]}, New York close;",
            f"{num(len(shuffled))} times with the days of the {names[1]} in random order",
        ],
        description=f"A histogram of {len(shuffled)} correlations between the level of {names[0]} and shuffled levels "
        f"of {names[1]}, with a median of {middle:.2f}. The correlation of the true levels is {own:.2f}.",
        source="Binance; S&P Dow Jones Indices through FRED",
        height=_LOW,
    )


def _counted(values: np.ndarray, kind: str, step: float = 0.05) -> pd.DataFrame:
    edges = np.round(np.arange(-1, 1 + step / 2, step), 3)
    counts = np.histogram(values, edges)[0]
    share = (100 * counts / counts.sum()).round(2)
    frame = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "share": share, "kind": kind})
    return frame[frame["share"] > 0]


def _bars(data: pd.DataFrame, unit: str) -> alt.Chart:
    tooltip = [
        alt.Tooltip("kind:N", title="Correlation of"),
        alt.Tooltip("from:Q", title="From", format=".2f"),
        alt.Tooltip("to:Q", title="to", format=".2f"),
        alt.Tooltip("share:Q", title="Share, %"),
    ]
    x = alt.X("from:Q").scale(domain=[-1, 1], nice=False).bin("binned")
    x = x.axis(title="correlation", values=[-1, -0.5, 0, 0.5, 1])
    y = alt.Y("share:Q", stack=None).axis(title=unit, tickCount=4)
    y = y.scale(domain=[0, round(1.2 * float(data["share"].max()), 1)], nice=False)
    return alt.Chart(data).mark_bar(binSpacing=1, opacity=0.75).encode(x=x, x2="to:Q", y=y, tooltip=tooltip)


def _words(data: pd.DataFrame, places: Mapping[str, tuple[float, str]], tint: alt.Color) -> alt.Chart:
    spots = pd.DataFrame(
        {
            "kind": list(places),
            "x": [place for place, _ in places.values()],
            "y": [0.75 * float(data.loc[data["kind"] == kind, "share"].max()) for kind in places],
            "word": [word for _, word in places.values()],
        }
    )
    spots.loc[spots["kind"] == "levels", "y"] = float(data.loc[data["kind"] == "levels", "share"].max()) * 1.6
    base = alt.Chart(spots).mark_text(align="left", fontSize=13, fontWeight="bold")
    return base.encode(x="x:Q", y="y:Q", text="word:N", color=tint)
