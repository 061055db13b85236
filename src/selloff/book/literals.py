"""Literal numbers in prose: which ones an author may type, and which must come from code.

Typed numbers go stale when the data change. Allowed are those that no data can change: dates and hours, spans
of time, levels of a test or band, names that hold a number, labels, and what the article itself says, marked
as ``[USD 300bn]{.article}``.
"""

from __future__ import annotations

import re

__all__ = ["prose_of", "typed_numbers"]

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?"
)
_WEEKDAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?:199\d|20[0-2]\d|2030)"
_JOIN = r"(?:\s*(?:[-–—/]|to|and|or|until|,|, and)\s*)"
_SPACE = r"[\s\u00a0\u202f]"
_PERCENT = rf"{_SPACE}*(?:%|per{_SPACE}cent|percent)"
_SPAN = r"(?:calendar|trading|business|working|consecutive|rolling|full|further|more|past|last|next|following)"
_TIME = r"(?:seconds?|minutes?|hours?|days?|nights?|weeks?|weekends?|months?|quarters?|years?|sessions?|fixings?)"
_CURRENCY = r"(?:US\$|[$€£¥]|USD|EUR|GBP|JPY|US dollars?|dollars?)"
_UNIT = (
    r"(?:%|per\s?cent|percent|bps?|bn|billion|million|trillion|thousand|m|k|x|times|points?|dollars?|euros?|coins?"
    r"|BTC|ETH|USD)"
)
# Not an amount: no unit follows.
_BARE = rf"(?!\s*{_UNIT}(?!\w))"

_ALLOWED = tuple(
    re.compile(pattern, re.IGNORECASE if ignore else 0)
    for pattern, ignore in (
        # 2025-09-22, 2025-09-22T00:00Z, 2025-09
        (r"\b\d{4}-\d{2}(?:-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?Z?)?)?\b", False),
        # 22 September 2025; 22 to 26 September; 22, 23 and 26 September 2025
        (rf"\b{_DAY}(?:{_JOIN}{_DAY})*\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR}\b)?", False),
        # September 22, 2025; September 22-26; September 2025
        (rf"\b{_MONTH}\s+{_DAY}(?:{_JOIN}{_DAY})*\b{_BARE}(?:,?\s+{_YEAR}\b)?", False),
        (rf"\b{_MONTH}\s+{_YEAR}\b", False),
        # Monday 22, Monday the 22nd
        (rf"\b(?:{_WEEKDAY})\s+(?:the\s+)?{_DAY}\b{_BARE}", False),
        # 16:00, 00:00 UTC, 4 pm, UTC-4
        (r"\b(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?\b", False),
        (r"\b(?:1[0-2]|[1-9])\s?(?:am|pm|a\.m\.|p\.m\.)", True),
        (r"\b(?:UTC|GMT)\s?[+\-−\u2212]\s?\d{1,2}\b", False),
        # 90-day, 90 days, 30, 60 and 90 days, 30- to 180-day, 24 hours
        (rf"(?<!\d[.,])\b\d{{1,3}}-?(?:(?:{_JOIN}|-)\d{{1,3}}-?)*(?:{_SPACE}|-|\u2011)?"
         rf"(?:{_SPAN}[ -])*{_TIME}\b", True),
        (rf"\b{_TIME}\s\d{{1,3}}(?:{_JOIN}\d{{1,3}})*\b{_BARE}(?![.,]\d)", True),
        # two-sided 95 %, a confidence of 95 %, the 5 % level, a 95 % confidence band
        (rf"\b(?:two|one)-sided\s\d{{1,2}}(?:\.\d)?{_PERCENT}", True),
        (rf"\b(?:confidence|significance|coverage|level)\sof\s\d{{1,2}}(?:\.\d)?{_PERCENT}", True),
        (rf"\b\d{{1,2}}(?:\.\d)?{_PERCENT}[\s-](?:(?:two-sided|one-sided|pointwise|simultaneous|bootstrap)\s)*"
         r"(?:confidence\s|credible\s|prediction\s)?"
         r"(?:level|confidence|significance|bands?|intervals?)\b", True),
        # names that hold a number
        (r"\bS&(?:amp;)?P[\s-]?500\b|\bNasdaq[\s-]?100\b"
         r"|\bRussell\s(?:2000|1000)\b|\bFTSE\s100\b|\bNikkei\s225\b", True),
        (r"\bPython\s3(?:\.\d+)*\b|\bCC\sBY(?:-SA)?\s4\.0\b"
         r"|\bBSD\s3-Clause\b|\bSHA-256\b|\bUTF-8\b|\bISO\s8601\b", False),
        (r"\b(?:AR|MA|GARCH|EGARCH|ARCH|ARMA|VAR|DCC)\(\d(?:,\s?\d)*\)", False),
        # labels: C03, M2, HC3; a currency or coin stuck to an amount is no label
        (r"\b(?!(?:USD|EUR|GBP|JPY|BTC|ETH|US)\d)[A-Za-z]+\d+[A-Za-z]?\b(?![.,]\d)", False),
        (r"\b(?:chapters?|parts?|sections?|tables?|figures?|exercises?|steps?|equations?|appendix|notes?|cells?|lines?"
         rf"|questions?|claims?|definitions?|versions?)\s\d+(?:\.\d+)*(?:{_JOIN}\d+)*\b{_BARE}", True),
        (r"\b[QH][1-4]\b|\b24/7\b", False),
        # years stand last: what is left of a longer pattern is no year
        (rf"(?<![\d.,$€£])\b{_YEAR}s?\b{_BARE}(?![.,]\d)", False),
    )
)  # fmt: skip
_MONEY_BEFORE = re.compile(rf"{_CURRENCY}\s?$", re.IGNORECASE)

_FENCE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)\n(?P<body>.*?)(?:^(?P=fence)[`~]*[ \t]*$|\Z)", re.M | re.S
)
_PROSE_DIRECTIVES = re.compile(
    r"\{(?:note|tip|hint|warning|important|caution|attention|danger|error|seealso|admonition|dropdown|margin|sidebar"
    r"|epigraph|exercise|solution|card|grid|grid-item|tab-item|topic)[\w-]*\}"
)
_NOT_PROSE = (
    (re.compile(r"\A---\n.*?\n---\n", re.S), "\n"),
    (re.compile(r"<!--.*?-->", re.S), " "),
    (re.compile(r"^%.*$", re.M), ""),
    # Options of a directive, and its opening and closing lines.
    (re.compile(r"^:{3,}.*$", re.M), ""),
    (re.compile(r"^:[\w-]+:.*$", re.M), ""),
    (re.compile(r"^\s{0,3}#{1,6}\s.*$", re.M), ""),
    (re.compile(r"^\[\^[^\]]+\]:.*(?:\n(?: {2,}|\t).*)*", re.M), ""),
    (re.compile(r"^\[[^\]]+\]:\s.*$", re.M), ""),
    (re.compile(r"\$\$.*?\$\$", re.S), " "),
    (re.compile(r"(?:\{[\w:+-]+\})?(`+)(?!`).*?(?<!`)\1(?!`)", re.S), " "),
    # Math, as dollarmath reads it: no space inside the dollars, no digit after the closing one.
    (re.compile(r"(?<![\\$\w])\$(?![\s$])[^$\n]*?(?<![\s\\])\$(?![\d$])"), " "),
    (re.compile(r"\[[^\[\]]*\]\{\.article\}"), " "),
    (re.compile(r"\[\^[^\]]+\]"), " "),
    (re.compile(r"\]\((?:[^()\s]|\([^()]*\))*(?:\s+\"[^\"]*\")?\)"), "] "),
    (re.compile(r"\]\{[^{}]*\}"), "] "),
    (re.compile(r"<[a-z/][^<>]*>", re.I), " "),
    (re.compile(r"https?://\S+"), " "),
    (re.compile(r"^\s*(?:>\s*)*\d+[.)]\s", re.M), ""),
    (re.compile(r"^\(\S+\)=\s*$", re.M), ""),
)  # fmt: skip
_NUMBER = re.compile(r"[+\-−\u2212]?\d[\d.,\u00a0\u202f]*\d|\d")


def prose_of(text: str) -> str:
    """Reduce MyST text to the words a reader takes for prose.

    Left out are code, math, links' addresses, headings, footnotes, list numbers, comments, options of
    directives, the article's own marked numbers, and everything under a heading "References".
    """
    text = re.sub(r"^(#{1,6})\s+References\s*$.*?(?=^#{1,6}\s|\Z)", "", text, flags=re.M | re.S)
    previous = None
    while previous != text:
        previous = text
        text = _FENCE.sub(_fenced, text)
    for pattern, replacement in _NOT_PROSE:
        text = pattern.sub(replacement, text)
    return text


def typed_numbers(text: str) -> list[str]:
    """List the numbers in some MyST text that must come from code.

    Parameters
    ----------
    text : str
        A Markdown cell, a page, or the template of a sentence with its placeholders taken out.

    Returns
    -------
    list of str
        Each number with the words around it; empty if all is well.
    """
    prose = prose_of(text)
    masked = prose
    for pattern in _ALLOWED:
        masked = pattern.sub(_masked, masked)
    return [_context(prose, match) for match in _NUMBER.finditer(masked)]


def _fenced(match: re.Match[str]) -> str:
    """Keep the words of a fenced directive that holds prose; drop any other fenced block."""
    return match["body"] if _PROSE_DIRECTIVES.match(match["info"].strip()) else "\n"


def _masked(match: re.Match[str]) -> str:
    """Blank out an allowed number, its place kept, unless it is an amount of money."""
    if _MONEY_BEFORE.search(match.string[: match.start()]):
        return match[0]
    return re.sub(r"\d", "_", match[0])


def _context(prose: str, match: re.Match[str]) -> str:
    """Return the number in its line, with up to three words before it and two after."""
    before, after = prose[: match.start()].split("\n")[-1], prose[match.end() :].split("\n")[0]
    first = re.search(r"(?:\S+\s+){0,3}\S*$", before)
    last = re.match(r"\S*(?:\s+\S+){0,2}", after)
    words = (first[0] if first else "") + match[0] + (last[0] if last else "")
    return " ".join(words.split())
