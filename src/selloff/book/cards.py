"""The claim board of the front page: a card for each claim that is decided."""

from __future__ import annotations

from html import escape
from pathlib import Path

from selloff.claims import Finding, Measure, Result, board, reading, specification_curve, written
from selloff.claims.board import MARKS
from selloff.claims.result import WORDS
from selloff.prose import num

__all__ = ["claim_board", "claim_card"]

#: A card lists its definitions one by one up to this many; beyond, the chapter's picture tells more than a table.
_LISTED = 12
_CLASSES = {True: "fits", False: "misfits", None: "unsure"}


def claim_board(folder: Path | None = None) -> str:
    """Return every claim as a card in HTML, in the order of the ledger; claims not decided yet stand below."""
    results = board(folder)
    decided = [result for result in results if result.findings]
    waiting = [result for result in results if not result.findings]
    cards = "\n".join(map(claim_card, decided))
    html = f'<ul class="board">\n{cards}\n</ul>\n'
    if not waiting:
        return html
    rest = "\n".join(
        f'<li><span class="claim-id">{escape(result.claim.id)}</span> '
        f"{escape(result.claim.paraphrase)}{_link(result)}</li>"
        for result in waiting
    )
    return html + (
        f'<h2 id="not-decided-yet">Not decided yet</h2>\n'
        f"<p>{num(len(waiting))} of {num(len(results))} claims wait for their chapter; their rules are fixed in "
        f"the ledger already.</p>\n"
        f'<ul class="waiting">\n{rest}\n</ul>'
    )


def claim_card(result: Result) -> str:
    """Return one decided claim as a card."""
    claim = result.claim
    return (
        f'<li class="claim" id="{claim.id.lower()}">'
        f'<span class="claim-id">{escape(claim.id)}</span>'
        f"<h3>{escape(claim.paraphrase)}</h3>"
        f'<p class="claim-number">{_number(result)}</p>'
        f'<p class="verdict-{result.verdict}">{escape(WORDS[result.verdict])}</p>'
        f"{_bar(result)}"
        f'<p class="claim-why">{escape(reading(result))}{_link(result)}</p>'
        f"{_definitions(result)}</li>"
    )


def _number(result: Result) -> str:
    """Return the number under the report's own definition, or the share in favour where the report names none."""
    headline = result.headline
    if headline is None or not result.claim.unit:
        return ""
    if result.claim.article_choice is None:
        return f"{_share(result)} <small>{_interval(result, headline).removesuffix('<br>')}</small>"
    return f"{escape(written(headline))} <small>{_interval(result, headline)}{escape(headline.label)}</small>"


def _share(result: Result) -> str:
    yes, of = result.support
    return f"{num(yes)} of {num(of)}"


def _interval(result: Result, headline: Finding) -> str:
    """Return the interval of the headline, or else the range of the number over the definitions that count."""
    low, high, words = headline.low, headline.high, "interval"
    if result.claim.article_choice is None or not low <= high:
        table = specification_curve(result, headline.part).table.query("counted")
        low, high, words = table["value"].min(), table["value"].max(), "over all definitions"
    if low == high:
        return ""
    ends = [written(Measure(headline.part, end, headline.unit, None)) for end in (low, high)]
    return f"{escape(ends[0])} to {escape(ends[1])} {words}<br>"


def _bar(result: Result) -> str:
    """Draw the share of definitions in favour, and whether the report's own is among them."""
    yes, of = result.support
    chosen = result.by_definition.get(result.claim.article_choice or "")
    # The tick stands in the dark part of the bar if the report's own definition supports the claim, else after it.
    place = 50 * yes / of if chosen and yes else 100 - 50 * (of - yes) / of
    mark = f"; --mark: {place:.0f}%" if result.claim.article_choice else ""
    share = f"{yes} of {of} definitions support the claim" if of > 1 else "one definition, and it decides"
    return f'<div class="share-bar" role="img" aria-label="{share}" style="--share: {100 * yes / of:.0f}%{mark}"></div>'


def _link(result: Result) -> str:
    chapter = result.claim.chapter
    words = "How we know" if result.findings else "Work so far"
    return f' <a href="{chapter}.html#{_anchor(result)}">{words}</a>' if chapter else ""


def _anchor(result: Result) -> str:
    """Return the name of the heading under which the chapter decides the claim."""
    return f"claim-{result.claim.id.lower()}" if result.findings else ""


def _definitions(result: Result) -> str:
    claim, parts = result.claim, result.parts
    of = result.support[1]
    counts = ", ".join(f"{part} {num(count)}" for part, count in parts.items())
    several = f"<p>Parts that fit, of {num(of)}: {escape(counts)}.</p>" if len(parts) > 1 else ""
    sure = f"<p>How sure: {escape(claim.terms['sure'])}. {_line(claim.terms['sure_why'])}</p>"
    rest = f"<p>Rule: {_line(claim.rule)}</p>{sure}<p>What would change our mind: {_line(claim.change_our_mind)}</p>"
    table = _table(result) if len(result.by_definition) <= _LISTED else ""
    return (
        f"<details class='claim-definitions'><summary>{_share(result)} definitions in favour; how sure: "
        f"{escape(claim.terms['sure'])}</summary>{several}{table}{rest}</details>"
    )


def _table(result: Result) -> str:
    parts = list(dict.fromkeys(finding.part for finding in result.findings))
    head = "".join(f"<th scope='col'>{escape(part)}</th>" for part in parts)
    rows = []
    for key, supports in result.by_definition.items():
        found = {finding.part: finding for finding in result.findings if finding.definition == key}
        label = next(iter(found.values())).label + (" (the report's)" if key == result.claim.article_choice else "")
        cells = "".join(
            f"<td>{escape(written(found[part]))} <span class='{_CLASSES[found[part].supports]}'>"
            f"{MARKS[found[part].supports]}</span></td>"
            if part in found
            else "<td></td>"
            for part in parts
        )
        answer = {True: "yes", False: "no", None: "cannot tell"}[supports] if key in result.counted else "not counted"
        rows.append(f"<tr><th scope='row'>{escape(label)}</th>{cells}<td>{answer}</td></tr>")
    return (
        f"<div class='table-box'><table><thead><tr><th scope='col'>Definition</th>{head}<th "
        f"scope='col'>supports</th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _line(text: str) -> str:
    return escape(" ".join(str(text).split()))
