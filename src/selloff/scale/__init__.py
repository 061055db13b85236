"""Panels that do not fit into memory: minute bars in Parquet, prices at chosen instants, reductions over all pairs."""

from selloff.scale.closes import closes_from_parquet
from selloff.scale.minutes import write_minutes
from selloff.scale.ordered import dask_map, local_client
from selloff.scale.planning import Estimate, Throughput, measure, plan
from selloff.scale.reductions import panel_reductions
from selloff.scale.store import StoredPanel, open_panel, store_panel, store_returns

__all__ = ["Estimate", "StoredPanel", "Throughput", "closes_from_parquet", "dask_map", "local_client", "measure",
           "open_panel", "panel_reductions", "plan", "store_panel", "store_returns", "write_minutes"]  # fmt: skip
