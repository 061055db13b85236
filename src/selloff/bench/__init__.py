"""The speed of the models beside what one would use instead: ``python -m selloff.bench`` or ``make bench``.

Nothing is imported here: the command sets the number of threads before numpy is loaded.
"""

__all__: list[str] = []
