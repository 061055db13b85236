"""Run the simulation studies and store their counts: ``python -m selloff.validation``."""

from selloff.validation.studies import studies
from selloff.validation.study import TABLE, record

if __name__ == "__main__":
    table = record(studies())
    aside = TABLE.with_suffix(".tmp")
    table.to_csv(aside, index=False)
    aside.replace(TABLE)
