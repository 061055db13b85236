"""Falls, recoveries, shocks and what followed them."""

__all__: list[str] = []
