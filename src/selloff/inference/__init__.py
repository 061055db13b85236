"""Inference for dependent, heavy-tailed series."""

from selloff.inference.bootstrap import block_length, moving_blocks
from selloff.inference.hac import long_run_variance
from selloff.inference.result import TestResult

__all__ = ["TestResult", "block_length", "long_run_variance", "moving_blocks"]
