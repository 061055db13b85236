"""Run the simulation studies and store their counts.

``python -m selloff.validation`` runs all of them (about half an hour); words after it run only the methods whose
names hold one of the words, and keep the other rows. Each row is stored as it comes.
"""

import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache

import pandas as pd

from selloff.validation.compare import studies
from selloff.validation.study import TABLE, Row, Study, count

KEYS = ["method", "measure", "design"]


def main(words: list[str]) -> int:
    """Run the studies that the words choose, and put their rows in their places."""
    chosen = [
        place for place, study in enumerate(_planned()) if not words or any(word in study.method for word in words)
    ]
    if not chosen:
        names = ", ".join(dict.fromkeys(study.method for study in _planned()))
        print(f"no method's name holds {' or '.join(map(repr, words))}; there are {names}", file=sys.stderr)
        return 1
    with ProcessPoolExecutor() as pool:
        for row in pool.map(_run, chosen):
            store(row)
            print(f"{row['method']} | {row['measure']} | {row['design']}: {row['count']} of {row['replications']}")
    return 0


def store(row: Row) -> None:
    """Put a row into the table, in the order of the plan; rows of studies no longer planned leave it."""
    kept = pd.read_csv(TABLE) if TABLE.exists() else pd.DataFrame()
    table = pd.concat([kept, pd.DataFrame([row])], ignore_index=True).drop_duplicates(KEYS, keep="last")
    order = {(study.method, study.measure, study.design): place for place, study in enumerate(_planned())}
    places = [order.get(key, -1) for key in table[KEYS].itertuples(index=False, name=None)]
    place = pd.Series(places, index=table.index)
    aside = TABLE.with_suffix(".tmp")
    table.loc[place[place >= 0].sort_values().index].to_csv(aside, index=False)
    aside.replace(TABLE)


@cache
def _planned() -> tuple[Study, ...]:
    return tuple(studies())


def _run(place: int) -> Row:
    # A study need not travel to the worker: the plan is made there again.
    return count(_planned()[place])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
