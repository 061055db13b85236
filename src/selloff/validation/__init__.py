"""The proof of the models: reference values from outside, and simulations whose truth is known."""

from selloff.validation.case import Case

__all__ = ["Case"]
