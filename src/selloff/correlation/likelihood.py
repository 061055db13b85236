"""The correlation stage of DCC: likelihood, scores and adjoint, without a loop over time.

Arrays hold time last. A symmetric matrix is packed as its lower triangle, row by row; a derivative by a packed entry
off the diagonal counts the entry and its mirror image.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["CorrelationStage", "Kind"]

Kind = Literal["dcc", "cdcc"]
Floats = NDArray[np.float64]

# Numbers that one array of a time block may hold: memory stays bounded whatever the sample.
_BLOCK = 1 << 21


@dataclass(frozen=True, eq=False)
class CorrelationStage:
    """Standardised returns and the model of their correlation.

    Attributes
    ----------
    z : ndarray, shape (N, T)
        Standardised returns.
    kind : {"dcc", "cdcc"}
        Engle's recursion, or Aielli's.
    fixed : ndarray, shape (N, N), optional
        The matrix ``S`` that the recursion returns to. By default it is taken from the sample: the mean of ``z z'``
        for Engle, and for Aielli the correlation matrix of ``y``, which moves with alpha and beta.

    Notes
    -----
    ``Q_t = (1 - alpha - beta) S + alpha x_(t-1) + beta Q_(t-1)``, ``Q_0 = S``. Engle: ``x = z z'``. Aielli:
    ``x = y y'`` with ``y_i = sqrt(q_ii) z_i``. The log-likelihood of a day is
    ``-(log|R| + z' R^-1 z - z'z) / 2`` with ``R`` the correlation matrix of ``Q``.
    """

    z: Floats
    kind: Kind = "dcc"
    fixed: Floats | None = None
    # Memory that the evaluations share: fresh memory costs as much as the arithmetic on it.
    _kept: dict[str, Floats] = field(default_factory=dict, init=False, repr=False)
    _last: dict[tuple[float, float], tuple[float, Floats]] = field(default_factory=dict, init=False, repr=False)

    def target(self, alpha: float, beta: float) -> Floats:
        """Return ``S``, shape (N, N)."""
        packed = self._drive(alpha, beta).target
        return self._unpacked(packed[:, None])[..., 0].copy()

    def correlations(self, alpha: float, beta: float) -> Floats:
        """Return the correlation matrix of each day, shape (T, N, N)."""
        count, length = self.z.shape
        out = np.empty((length, count, count))
        for days, (packed,) in self._paths(alpha, beta, slopes=False):
            root = np.sqrt(packed[self._diagonal])
            packed /= self._products(root, root)
            full = self._unpacked(np.clip(packed, -1, 1, out=packed))
            np.einsum("iit->it", full)[:] = 1
            out[days] = np.moveaxis(full, 2, 0)
        return out

    def likelihood(self, alpha: float, beta: float) -> float:
        """Return the log-likelihood of all days."""
        total = 0.0
        for days, (packed,) in self._paths(alpha, beta, slopes=False):
            total += float(self._days(packed, self.z[:, days]).sum())
        return total

    def scores(self, alpha: float, beta: float) -> tuple[float, Floats]:
        """Return the log-likelihood, and each day's derivative of it by alpha and beta, shape (2, T)."""
        if (alpha, beta) in self._last:
            return self._last[alpha, beta]
        total, scores = 0.0, np.empty((2, self.z.shape[1]))
        for days, (packed, *slopes) in self._paths(alpha, beta, slopes=True):
            values, weights, _ = self._weighed(packed, self.z[:, days])
            total += float(values.sum())
            for row, slope in zip(scores, slopes, strict=True):
                np.einsum("pt,pt->t", weights, slope, out=row[days])
        self._last.clear()
        self._last[alpha, beta] = total, scores
        return total, scores

    def adjoint(self, alpha: float, beta: float) -> tuple[Floats, Floats]:
        """Return the derivatives of the log-likelihood by alpha and beta, and by every standardised return.

        Returns
        -------
        parameters : ndarray, shape (2,)
        z : ndarray, shape (N, T)
            Along every path: the day's own term, the days after it, the target.

        Notes
        -----
        One pass forward and one back in time, whatever the number of first-stage parameters behind ``z``.
        """
        drive = self._drive(alpha, beta)
        target = drive.target[:, None]
        shape = target.size, self.z.shape[1]
        # The weights are kept backwards, as the second pass reads them.
        weights, deviation, by_z = self._space("back", *shape), self._space("deviation", *shape), np.empty_like(self.z)
        for days, (packed,) in self._paths(alpha, beta, slopes=False):
            _, weights[:, ::-1][:, days], by_z[:, days] = self._weighed(packed, self.z[:, days])
            np.subtract(packed, target, out=deviation[:, days])
        # A day's matrix moves all later ones; a day's product enters the next day's matrix.
        later = _after(weights, beta, np.zeros(target.shape))[0][:, ::-1]
        by_target = weights.sum(axis=1) - alpha * later[:, :-1].sum(axis=1)
        own = weights[self._diagonal, ::-1]
        if self.kind == "cdcc":
            # Products on the diagonal depend on the diagonal itself; _by_diagonal follows them.
            later[self._diagonal], by_target[self._diagonal] = 0, 0
        moved = self._products(drive.y, drive.y)
        moved -= target
        by_parameters = np.array([np.einsum("pt,pt->", later, moved), np.einsum("pt,pt->", later, deviation)])
        later *= alpha
        if self.fixed is None:
            later += self._by_second_moment(by_target, drive)[:, None] / shape[1]
        by_y = self._by_factor(later, drive.y)
        if self.kind == "dcc":
            return by_parameters, by_z + by_y
        more, by_diagonal = self._by_diagonal(alpha, beta, drive, own, by_y)
        return by_parameters + more, by_z + by_diagonal

    def _by_second_moment(self, by_target: Floats, drive: _Drive) -> Floats:
        """Return the derivative by the packed mean of ``y y'``, given that by the target."""
        if self.kind == "dcc":
            return by_target
        rows, columns = self._entries
        second = np.mean(drive.y**2, axis=1)
        share = by_target * drive.target
        lost = np.bincount(rows, share, second.size) + np.bincount(columns, share, second.size)
        moved: Floats = by_target / np.sqrt(second[rows] * second[columns])
        moved[self._diagonal] = -lost / second / 2
        return moved

    def _by_factor(self, by_products: Floats, y: Floats) -> Floats:
        """Return the derivative by ``y`` of what has the given derivatives by the packed ``y y'``."""
        out = np.zeros_like(y)
        for row, entries in self._rows:
            out[row] += np.einsum("jt,jt->t", by_products[entries], y[: row + 1])
            out[: row + 1] += by_products[entries] * y[row]
        return out

    def _by_diagonal(
        self, alpha: float, beta: float, drive: _Drive, own: Floats, by_y: Floats
    ) -> tuple[Floats, Floats]:
        """Follow ``y`` of Aielli's model to the path of the diagonal, and that path to parameters and returns."""
        level = np.ones(len(by_y)) if self.fixed is None else np.diag(self.fixed)
        by_parameters, by_z = np.zeros(2), drive.root * by_y
        for row, square in enumerate(self.z**2):
            moved = own[row] + by_y[row] * self.z[row] / drive.root[row] / 2
            later = _varying(alpha * square + beta, moved[:, None], back=True)[1:, 0]
            q = drive.root[row, :-1] ** 2
            by_parameters += later @ (square[:-1] * q - level[row]), later @ (q - level[row])
            by_z[row, :-1] += 2 * alpha * self.z[row, :-1] * q * later
        return by_parameters, by_z

    def _days(self, packed: Floats, z: Floats) -> Floats:
        """Return each day's log-likelihood."""
        root = _cholesky(self._unpacked(packed))
        diagonal = packed[self._diagonal]
        y = np.sqrt(diagonal) * z
        for row in range(len(z)):
            if row:
                y[row] -= np.einsum("kt,kt->t", root[row, :row], y[:row])
            y[row] /= root[row, row]
        own = np.einsum("iit->it", root)
        values: Floats = (np.log(diagonal / own**2).sum(axis=0) - np.sum(y**2, axis=0) + np.sum(z**2, axis=0)) / 2
        return values

    def _weighed(self, packed: Floats, z: Floats) -> tuple[Floats, Floats, Floats]:
        """Return each day's log-likelihood and its derivatives by the packed entries of ``Q`` and by ``z`` alone."""
        diagonal = packed[self._diagonal]
        scale = np.sqrt(diagonal)
        y = scale * z
        logarithm, w, weights = self._two(packed, y) if len(z) == 2 else self._many(packed, y)
        values = np.log(diagonal).sum(axis=0) - logarithm + np.sum(z**2 - y * w, axis=0)
        values /= 2
        np.negative(weights, out=weights)
        for row, entries in self._rows:
            weights[entries] += w[row] * w[: row + 1]
        own = (1 / scale - w * z) / scale
        own += weights[self._diagonal]
        own /= 2
        weights[self._diagonal] = own
        return values, weights, z - scale * w

    def _two(self, packed: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
        """Return ``log|Q|``, ``Q^-1 y`` and ``Q^-1`` packed, for two series."""
        first, cross, second = packed
        determinant = first * second
        determinant -= cross**2
        share = 1 / determinant
        inverse = self._space("weights", *packed.shape)
        np.multiply(packed[::-1], share, out=inverse)
        np.negative(inverse[1], out=inverse[1])
        w = np.empty_like(y)
        w[0] = inverse[0] * y[0] + inverse[1] * y[1]
        w[1] = inverse[1] * y[0] + inverse[2] * y[1]
        return np.log(determinant), w, inverse

    def _many(self, packed: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
        """Return ``log|Q|``, ``Q^-1 y`` and ``Q^-1`` packed."""
        count = len(y)
        lower = _inverse(_cholesky(self._unpacked(packed)), self._space("inverse", count, *y.shape))
        u, w = np.empty_like(y), np.empty_like(y)
        for row in range(count):
            np.einsum("kt,kt->t", lower[row, : row + 1], y[: row + 1], out=u[row])
        for row in range(count):
            np.einsum("kt,kt->t", lower[row:, row], u[row:], out=w[row])
        inverse = self._space("weights", *packed.shape)
        for row, entries in self._rows:
            np.einsum("kt,kjt->jt", lower[row:, row], lower[row:, : row + 1], out=inverse[entries])
        return -2 * np.log(np.einsum("iit->it", lower)).sum(axis=0), w, inverse

    def _paths(self, alpha: float, beta: float, slopes: bool) -> Iterator[tuple[slice, list[Floats]]]:
        """Yield ``Q`` packed and, if asked for, its derivatives by alpha and beta, a block of days at a time."""
        length = self.z.shape[1]
        drive = self._drive(alpha, beta, slopes)
        target = drive.target[:, None]
        states: list[Floats] = [np.zeros(target.shape)] * 4
        step = max(_BLOCK // len(self.z) ** 2, 256)
        for start in range(0, length, step):
            days = slice(start, min(start + step, length))
            y = drive.y[:, days]
            moved = self._products(y, y)
            moved -= target
            by_alpha, states[0] = _after(moved, beta, states[0])
            paths = [np.multiply(by_alpha, alpha, out=self._space("path", *by_alpha.shape))]
            paths[0] += target
            if slopes:
                by_beta, states[1] = _after(by_alpha, beta, states[1])
                by_beta *= alpha
                paths += [by_alpha, by_beta]
            if slopes and self.kind == "cdcc":
                for which, dy, dtarget in zip((1, 2), drive.dy[:, :, days], drive.dtarget[:, :, None], strict=True):
                    more = self._products(dy, y) - dtarget
                    more += self._products(y, dy)
                    extra, states[1 + which] = _after(more, beta, states[1 + which])
                    paths[which] += alpha * extra + dtarget
            yield days, paths

    def _drive(self, alpha: float, beta: float, slopes: bool = False) -> _Drive:
        """Return what drives the recursion: ``y``, the target and how both move with alpha and beta."""
        if self.kind == "dcc":
            return self._engle
        entries, z, length = self._entries, self.z, self.z.shape[1]
        level = np.ones(len(z)) if self.fixed is None else np.diag(self.fixed)
        diagonal, dy = np.empty_like(z), np.zeros((2, *z.shape))
        for row, (square, own) in enumerate(zip(z**2, level, strict=True)):
            weights = alpha * square + beta
            constant = np.full((length, 1), (1 - alpha - beta) * own)
            constant[0] = own
            diagonal[row] = _varying(weights, constant)[:, 0]
            if slopes:
                q = diagonal[row, :-1]
                moved = np.zeros((length, 2))
                moved[1:] = np.column_stack([square[:-1] * q, q]) - own
                dy[:, row] = _varying(weights, moved).T
        root = np.sqrt(diagonal)
        y = root * z
        dy *= z / root / 2
        if self.fixed is not None:
            return _Drive(y, self.fixed[entries], root, dy, np.zeros((2, entries[0].size)))
        second = y @ y.T / length
        scale = np.sqrt(np.diag(second))
        target = second / np.outer(scale, scale)
        dtarget = np.empty((2, entries[0].size))
        for which in (0, 1):
            move = dy[which] @ y.T / length
            move = (move + move.T) / np.outer(scale, scale)
            dtarget[which] = (move - target * (np.diag(move)[:, None] + np.diag(move)) / 2)[entries]
        return _Drive(y, target[entries], root, dy, dtarget)

    @cached_property
    def _engle(self) -> _Drive:
        matrix = self.z @ self.z.T / self.z.shape[1] if self.fixed is None else self.fixed
        return _Drive(self.z, matrix[self._entries])

    @cached_property
    def _entries(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows and columns of the packed entries."""
        return np.tril_indices(len(self.z))

    @cached_property
    def _rows(self) -> list[tuple[int, slice]]:
        """Rows of the triangle and where their entries are packed."""
        return [(row, slice(row * (row + 1) // 2, (row + 1) * (row + 2) // 2)) for row in range(len(self.z))]

    @cached_property
    def _diagonal(self) -> NDArray[np.intp]:
        return np.flatnonzero(self._entries[0] == self._entries[1])

    def _space(self, name: str, *shape: int) -> Floats:
        """Return an array whose content is anybody's; what stood there under this name is lost."""
        size = int(np.prod(shape))
        if name not in self._kept or self._kept[name].size < size:
            self._kept[name] = np.empty(size)
        return self._kept[name][:size].reshape(shape)

    def _products(self, left: Floats, right: Floats) -> Floats:
        products = self._space("products", self._rows[-1][1].stop, left.shape[1])
        for row, entries in self._rows:
            np.multiply(left[row], right[: row + 1], out=products[entries])
        return products

    def _unpacked(self, packed: Floats) -> Floats:
        full = self._space("full", len(self.z), len(self.z), packed.shape[1])
        for row, entries in self._rows:
            full[row, : row + 1] = packed[entries]
            full[: row + 1, row] = packed[entries]
        return full


@dataclass(frozen=True, eq=False)
class _Drive:
    """What enters the recursion, and for Aielli's model the roots of the diagonal and the slopes."""

    y: Floats
    target: Floats
    root: Floats = field(default_factory=lambda: np.empty(0))
    dy: Floats = field(default_factory=lambda: np.empty(0))
    dtarget: Floats = field(default_factory=lambda: np.empty(0))


def _after(driven: Floats, beta: float, state: Floats) -> tuple[Floats, Floats]:
    """Return ``y_t = driven_(t-1) + beta y_(t-1)`` along the rows, and what the next block must start from."""
    from scipy.signal import lfilter

    path, state = lfilter([0.0, 1.0], [1.0, -beta], driven, axis=1, zi=state)
    return path, state


def _varying(weights: Floats, driven: Floats, back: bool = False) -> Floats:
    """Return ``y_t = driven_t + weights_(t-1) y_(t-1)``, or back in time ``driven_t + weights_t y_(t+1)``."""
    from scipy.linalg.lapack import dtbtrs

    band = np.zeros((2, weights.size), order="F")
    band[0], band[1] = 1, -weights
    path, _ = dtbtrs(band, driven, uplo="L", trans="T" if back else "N", diag="U")
    solved: Floats = path
    return solved


def _cholesky(matrices: Floats) -> Floats:
    """Turn (N, N, T) matrices into their lower factors, in place; what stands above the diagonal is left there."""
    for column in range(len(matrices)):
        below = matrices[column:, column]
        if column:
            below -= np.einsum("ikt,kt->it", matrices[column:, :column], matrices[column, :column])
        below /= np.sqrt(below[0])
    return matrices


def _inverse(root: Floats, inverse: Floats) -> Floats:
    """Fill ``inverse`` with the inverses of lower factors; what stands above the diagonal is not set."""
    for row in range(len(root)):
        own = 1 / root[row, row]
        for column in range(row):
            np.einsum("kt,kt->t", root[row, column:row], inverse[column:row, column], out=inverse[row, column])
            inverse[row, column] *= -own
        inverse[row, row] = own
    return inverse
