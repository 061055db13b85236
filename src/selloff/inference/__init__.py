"""Inference for dependent, heavy-tailed series."""

from selloff.inference.bootstrap import SupT, block_length, moving_blocks, stationary_blocks, sup_t
from selloff.inference.garch import Garch11, garch11
from selloff.inference.hac import bandwidth, long_run_covariance, long_run_variance
from selloff.inference.multiplicity import benjamini_hochberg, holm, romano_wolf
from selloff.inference.null import ConstantCorrelation, constant_correlation
from selloff.inference.placebo import Placebo, placebo_shifts, placebo_windows
from selloff.inference.power import DetectableShare, detectable_effect, detectable_share, power_curve
from selloff.inference.result import TestResult

__all__ = [
    "ConstantCorrelation",
    "DetectableShare",
    "Garch11",
    "Placebo",
    "SupT",
    "TestResult",
    "bandwidth",
    "benjamini_hochberg",
    "block_length",
    "constant_correlation",
    "detectable_effect",
    "detectable_share",
    "garch11",
    "holm",
    "long_run_covariance",
    "long_run_variance",
    "moving_blocks",
    "placebo_shifts",
    "placebo_windows",
    "power_curve",
    "romano_wolf",
    "stationary_blocks",
    "sup_t",
]
