"""Pictures of breadth: each coin's change, and how many coins fall in one week."""

from __future__ import annotations

import altair as alt
import pandas as pd

from selloff.charts.theme import colour, finish
from selloff.prose import num, pct

__all__ = ["coin_changes", "fallers"]

_MEANING = {"BTC": "btc", "ETH": "eth"}


def coin_changes(changes: pd.DataFrame) -> alt.LayerChart:
    """Draw each coin's change over two windows, joined by a rule.

    Parameters
    ----------
    changes : DataFrame
        Changes in percent by coin (index); the first column is drawn as a ring, the second as a disc.
    """
    early, late = changes.columns
    ordered = changes.sort_values(late)
    data = pd.DataFrame(
        {
            "coin": ordered.index,
            "early": ordered[early].round(2).to_numpy(),
            "late": ordered[late].round(2).to_numpy(),
            "tint": [name if name in _MEANING else "other" for name in ordered.index],
            "first": [pct(v, 1, True) for v in ordered[early]],
            "second": [pct(v, 1, True) for v in ordered[late]],
        }
    )
    shades = alt.Scale(domain=[*_MEANING, "other"], range=[*map(colour, _MEANING.values()), colour("coin")])
    tint = alt.Color("tint:N").scale(shades).legend(None)
    tooltip = [
        alt.Tooltip("coin:N", title="Coin"),
        alt.Tooltip("first:N", title=str(early).capitalize()),
        alt.Tooltip("second:N", title=str(late).capitalize()),
    ]
    y = alt.Y("coin:N").sort(data["coin"].tolist()).axis(title=None, labelFontWeight="bold")
    low = min(float(data[["early", "late"]].min().min()), 0.0)
    x = alt.X("early:Q").scale(domain=[1.06 * low, 0], nice=False).axis(title="change, %", grid=True, tickCount=5)
    base = alt.Chart(data).encode(y=y, color=tint, tooltip=tooltip)
    rules = base.mark_rule(strokeWidth=3, opacity=0.5).encode(x=x, x2="late:Q")
    rings = base.mark_point(size=90, filled=True, opacity=1, fill=colour("paper"), stroke=None, strokeWidth=2).encode(
        x="early:Q", stroke=alt.Stroke("tint:N").scale(shades).legend(None)
    )
    discs = base.mark_point(size=110, filled=True, opacity=1).encode(x="late:Q")
    heads = data.iloc[:1]
    named = alt.Chart(heads).encode(y=y)
    words = [
        named.mark_text(dy=-14, fontSize=11, color=colour("quiet")).encode(x=f"{field}:Q", text=alt.value(str(word)))
        for field, word in (("early", early), ("late", late))
    ]
    fell = int((changes[late] < 0).sum())
    worst, best = ordered.index[0], ordered.index[-1]
    told = "; ".join(f"{row.coin} {row.first}, {row.second}" for row in data.itertuples())
    count = "All" if fell == len(data) else num(fell)
    return finish(
        alt.layer(rules, rings, discs, *words),
        title=f"{count} of {num(len(data))} coins fell: {worst} {pct(data['late'].iloc[0], 0, True)}, {best} "
        f"{pct(data['late'].iloc[-1], 0, True)}"
        if fell < len(data)
        else f"All {num(len(data))} coins fell, from {best}'s {pct(data['late'].iloc[-1], 0, True)} to {worst}'s "
        f"{pct(data['late'].iloc[0], 0, True)}",
        subtitle=f"Change from the end of Sunday, 00:00 UTC; ring: {early}, disc and title: {late}",
        description=f"Points in {len(data)} rows, one a coin, {early} and {late}: {told}.",
        source="Binance, Coinbase, Yahoo, CoinGecko: medians",
        height=28 * len(data),
    )


def fallers(table: pd.DataFrame, of: int) -> alt.LayerChart:
    """Draw in how many weeks none, one, two, ... of the coins fell, the last week's number marked.

    Parameters
    ----------
    table : DataFrame
        From :func:`selloff.market.breadth`; the week under study last.
    of : int
        Number of coins.
    """
    grouped = table.groupby("fell")["median"]
    data = pd.DataFrame({"weeks": grouped.size(), "median": grouped.median()}).reindex(range(of + 1))
    data["weeks"] = data["weeks"].fillna(0).astype(int)
    data = data.rename_axis("fell").reset_index()
    data["reading"] = ["" if pd.isna(v) else pct(v, 1, True) for v in data["median"]]
    here = int(table["fell"].iloc[-1])
    base = alt.Chart(data.drop(columns="median")).encode(
        x=alt.X("fell:O")
        .scale(paddingInner=0.3)
        .axis(title=f"coins that fell, of {num(of)}", labelAngle=0, ticks=False),
        y=alt.Y("weeks:Q")
        .scale(domain=[0, 1.15 * float(data["weeks"].max())], nice=False)
        .axis(title="weeks", tickCount=5),
        tooltip=[
            alt.Tooltip("fell:O", title="Coins that fell"),
            alt.Tooltip("weeks:Q", title="Weeks"),
            alt.Tooltip("reading:N", title="Middle coin, typical week"),
        ],
    )
    bars = base.mark_bar().encode(
        color=alt.condition(f"datum.fell == {here}", alt.value(colour("fails")), alt.value(colour("coin")))
    )
    values = base.mark_text(dy=-8).encode(text="weeks:Q")
    weeks = int(data.loc[data["fell"] == here, "weeks"].sum())
    counts = "; ".join(f"{row.fell}: {row.weeks}" for row in data.itertuples())
    what = f"All {num(of)} coins fell" if here == of else f"{num(here)} of {num(of)} coins fell"
    return finish(
        alt.layer(bars, values),
        title=f"{what} in {num(weeks)} of {num(len(table))} weeks, this one among them",
        subtitle=f"Weeks of the same shape since {table.index[0]:%B %Y}, by how many coins fell; red: as in this week",
        description=f"Columns for weeks by the number of coins that fell, of {len(table)} weeks. {counts}.",
        source="Binance, Coinbase, Yahoo, CoinGecko: medians",
        height=240,
    )
