"""The September 2025 crypto sell-off, tested claim by claim.

The package is built in floors and imports run downwards only: ``charts`` draws what ``claims`` decides, ``claims``
asks ``market`` and ``correlation``, these ask ``inference``, and all of them read ``data``.
Subpackages are imported on first use, so that ``import selloff`` stays quick.
"""

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"
__all__ = ["charts", "claims", "correlation", "data", "inference", "market", "prose", "scale", "validation"]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return import_module(f"selloff.{name}")
    raise AttributeError(f"module 'selloff' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
