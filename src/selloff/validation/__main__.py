"""Run the simulation studies and store their counts.

``python -m selloff.validation`` runs all of them (about half an hour); words after it run only the methods whose
names hold one of the words, and keep the other rows.
"""

import sys
from concurrent.futures import ProcessPoolExecutor

import pandas as pd

from selloff.validation.compare import studies
from selloff.validation.study import TABLE, record


def main(words: list[str]) -> int:
    """Run the studies that the words choose, and put their rows in their places."""
    planned = studies()
    chosen = [study for study in planned if not words or any(word in study.method for word in words)]
    if not chosen:
        names = ", ".join(dict.fromkeys(study.method for study in planned))
        print(f"no method's name holds {' or '.join(map(repr, words))}; there are {names}", file=sys.stderr)
        return 1
    with ProcessPoolExecutor() as pool:
        new = record(chosen, map=pool.map)
    kept = pd.read_csv(TABLE) if TABLE.exists() else pd.DataFrame()
    keys = ["method", "measure", "design"]
    order = {(study.method, study.measure, study.design): place for place, study in enumerate(planned)}
    table = pd.concat([kept, new], ignore_index=True).drop_duplicates(keys, keep="last")
    place = pd.Series([order.get(key, -1) for key in table[keys].itertuples(index=False, name=None)], index=table.index)
    aside = TABLE.with_suffix(".tmp")
    # A study that is no longer planned leaves the table.
    table.loc[place[place >= 0].sort_values().index].to_csv(aside, index=False)
    aside.replace(TABLE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
