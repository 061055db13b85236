"""How far large moves bring about further large moves, once slow changes of activity are taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from selloff.inference import TestResult
from selloff.inference.inputs import Series
from selloff.market.counts import Baseline, prepare
from selloff.market.excitation import MOST_BRANCHING, Excitation, Family, Fit
from selloff.market.settings import check_number

__all__ = ["SPACINGS_DAYS", "Hawkes", "choose_spacing", "fit_hawkes"]

Floats = NDArray[np.float64]

#: Distances of the baseline's knots among which Akaike's criterion chooses; the first is one cubic over the sample.
SPACINGS_DAYS = (float("inf"), 56.0, 28.0, 14.0, 7.0)


@dataclass(frozen=True, eq=False)
class Hawkes:
    """A self-exciting process fitted to counts; made by :func:`fit_hawkes`.

    Attributes
    ----------
    branching, lower, upper : float
        What one event adds to later intensity in total, and its interval.
    uncorrected : float
        The same where the likelihood is highest, before the correction for the baseline's flexibility.
    halflife_hours : float
        Time in which half of it has come.
    baseline_share : float
        Share of the whole intensity that the baseline gives.
    loglikelihood, loglikelihood_null : float
        With excitation and without.
    statistic : float
        Twice their difference.
    aic : float
        Akaike's criterion; compare baselines by it, on the same counts.
    counts, baseline, intensity, residuals : Series
        By bar of the full calendar; residuals are Pearson's, NaN where the count is missing.
    alternatives : DataFrame
        What other spacings of the knots give: ``spacing_days``, ``branching``, ``halflife_hours``, ``aic``,
        ``converged``. Show it beside the ratio.
    residual_check : TestResult
        Whether the residuals are still correlated.
    converged, at_bound : bool
        Whether a maximum was found, and whether the half-life or the ratio ended at its bound.
    events, observations, missing, parameters : int
        Sum of the counts, known bars, missing bars, and parameters fitted.
    family, kind : str
        Distribution of the counts, and the baseline asked for.
    spacing_days, max_halflife_hours, level, step_hours : float
        Settings; the last is the length of a bar.
    """

    branching: float
    uncorrected: float
    lower: float
    upper: float
    halflife_hours: float
    baseline_share: float
    loglikelihood: float
    loglikelihood_null: float
    statistic: float
    aic: float
    counts: pd.Series
    baseline: pd.Series
    intensity: pd.Series
    residuals: pd.Series
    alternatives: pd.DataFrame
    residual_check: TestResult
    converged: bool
    at_bound: bool
    events: int
    observations: int
    missing: int
    parameters: int
    family: Family
    kind: Baseline
    spacing_days: float
    max_halflife_hours: float
    level: float
    step_hours: float

    def to_frame(self) -> pd.DataFrame:
        """Return counts, baseline, intensity and residuals as columns."""
        names = ("counts", "baseline", "intensity", "residuals")
        return pd.DataFrame({name: getattr(self, name) for name in names})

    def summary(self) -> str:
        """Return the fit as two to five lines."""
        knots = "one cubic" if np.isinf(self.spacing_days) else f"knots {self.spacing_days:g} days apart"
        base = "constant baseline" if self.kind == "constant" else f"flexible baseline ({knots})"
        lines = [
            f"branching ratio {self.branching:.2f} [{self.lower:.2f}, {self.upper:.2f}], half-life "
            f"{self.halflife_hours:.1f} h; the baseline gives {self.baseline_share:.0%} of the intensity",
            f"{self.events} events in {self.observations} bars of {self.step_hours:g} h, {self.family}, {base}; "
            f"likelihood ratio against no excitation {self.statistic:.1f}; residuals: p = "
            f"{self.residual_check.pvalue:.3f}",
        ]
        if len(self.alternatives) > 1:
            other = self.alternatives["branching"]
            lines.append(
                f"the ratio runs from {other.min():.2f} to {other.max():.2f} over {len(other)} spacings of the knots"
            )
        if not self.converged:
            lines.append("NOT CONVERGED: do not use these numbers; try wider knots or a shorter largest half-life")
        if self.at_bound:
            lines.append("at a bound of the search: excitation and baseline are not told apart")
        return "\n".join(lines)


def fit_hawkes(
    counts: Series,
    baseline: Baseline = "flexible",
    spacing_days: float | None = None,
    max_halflife_hours: float = 48.0,
    family: Family | None = None,
    level: float = 0.95,
) -> Hawkes:
    """Fit a self-exciting process in discrete time to counts per hour.

    Parameters
    ----------
    counts : Series or ndarray, shape (T,)
        Events per bar, of :func:`selloff.market.moves.large_moves` for one; NaN where unknown. Bars that a dated series
        leaves out are unknown too. Bars of an array are hours.
    baseline : {"flexible", "constant"}
        ``flexible``: the logarithm is a cubic spline in time plus, for dated series, waves of the day and the week.
        ``constant``: one number, to be compared with.
    spacing_days : float, optional
        Distance of the spline's knots; by default the one among ``SPACINGS_DAYS`` with the least ``aic``.
    max_halflife_hours : float
        Longest half-life of the excitation that is tried; well below the spacing of the knots, or the two compete.
    family : {"bernoulli", "poisson"}, optional
        At most one event a bar, or any number; by default what the counts are.
    level : float
        Coverage of the interval.

    Returns
    -------
    Hawkes
        With ``converged`` False if no maximum was found.

    Raises
    ------
    ValueError
        Counts that are none, too few events for the baseline, bars that do not lie on one grid, an unknown option.

    Notes
    -----
    ``lambda_t = mu_t + n sum_k (1 - b) b^(k-1) y_(t-k)``. Bars hold counts, so time is discrete; a continuous-time fit
    to hourly marks would place events where nobody saw them. A Poisson count has the mean lambda_t, and then n is the
    expected number of events that one brings about directly. A bar that can only say whether there was a large move
    is Bernoulli with probability ``1 - exp(-lambda_t)``; n then counts in intensity, a little more than in events.

    A baseline that cannot move takes slow changes of activity for excitation and puts n near 1, whatever the truth.
    One that moves too fast takes the excitation itself. Show n for several spacings, with ``aic``; an excitation that
    decays more slowly than the knots are apart counts as baseline here, so n is about fast feedback.

    Close knots pull the maximum of the likelihood down, since the baseline follows the clusters: with knots 14 days
    apart it found .23 on average where .30 was true (half-life 4 hours, a year of hours).
    :meth:`selloff.market.excitation.Excitation.corrected` takes most of that out (.28); the interval moves along and
    widens. :func:`selloff.market.feedback.refits` shows what bias is left in a given fit. A stretch without events
    is kept finite by a weak prior on the spline.

    n measures clustering. News that comes in bursts of hours, and volatility that decays within hours for any reason,
    look the same as trades that cause trades: simulated GARCH(1,1) returns (.10, .88), which know no feedback through
    trades, give n = .8. A ratio above zero does not show the mechanism.

    The interval holds where twice the profile log-likelihood lies within the chi-squared quantile of its maximum; a
    lower end at zero is on the boundary, where it is too wide rather than too short. In simulations of a year with
    one hour in twenty an event, the nominal 95 % covered 88 to 98 % for half-lives to 4 hours, with a constant true
    baseline and with a wave of 45 days, and 72 to 85 % for 8 hours; with a constant baseline fitted to the wave, 0 to
    47 %. For a test of n = 0, use :func:`selloff.market.feedback.excitation_test`.

    References
    ----------
    Hawkes (1971), Biometrika 58, 83-90; Cox and Reid (1987), Journal of the Royal Statistical Society B 49, 1-39 (the
    adjustment); Kirchner (2016), Stochastic Processes and their Applications 126, 2494-2525 (discrete time); Filimonov
    and Sornette (2012), Physical Review E 85, 056108, and (2015), Quantitative Finance 15, 1293-1314 (false criticality
    from a baseline that moves); Hardiman, Bercot and Bouchaud (2013), European Physical Journal B 86, 442 (the case for
    a ratio near one).

    Examples
    --------
    >>> from selloff.market.excitation import simulate_hawkes
    >>> from selloff.market.hawkes import fit_hawkes
    >>> counts = simulate_hawkes(8_000, baseline=0.04, branching=0.4, seed=3)
    >>> fit = fit_hawkes(counts, baseline="constant")
    >>> fit.converged, fit.lower < 0.4 < fit.upper
    (True, True)
    """
    coverage = check_number(level, "level", most=0.999)
    apart, alternatives = choose_spacing(counts, baseline, spacing_days, max_halflife_hours, family)
    full, model, step = prepare(counts, baseline, apart, max_halflife_hours, family)
    null = model.null()
    fit = model.free(null)
    final, widening = model.corrected(fit)
    low, high = _interval(model, fit, null, coverage)
    lower = max(final.branching - widening * (fit.branching - low), 0.0) if low > 0 else 0.0
    upper = min(final.branching + widening * (high - fit.branching), MOST_BRANCHING)
    mu = model.baseline(final.weights)
    total = mu + final.branching * model.memory(final.log_halflife)[0]
    mean, variance = model.moments(total)
    residuals = np.where(model.known > 0, (model.counts - mean) / np.sqrt(variance), np.nan)
    halflife = float(np.exp(final.log_halflife))
    edge = fit.branching > 0 and not model.bounds[0] * 1.001 < halflife < model.bounds[1] * 0.999
    parameters = fit.weights.size + 2
    return Hawkes(
        branching=final.branching,
        uncorrected=fit.branching,
        lower=lower,
        upper=upper,
        halflife_hours=halflife * step if fit.branching > 0 else float("nan"),
        baseline_share=float((model.known @ mu) / (model.known @ total)),
        loglikelihood=fit.loglikelihood,
        loglikelihood_null=null.loglikelihood,
        statistic=max(2 * (fit.objective - null.objective), 0.0),
        aic=2 * parameters - 2 * fit.loglikelihood,
        counts=full,
        baseline=pd.Series(mu, index=full.index),
        intensity=pd.Series(total, index=full.index),
        residuals=pd.Series(residuals, index=full.index),
        alternatives=alternatives,
        residual_check=_residual_check(residuals, max(10, round(24 / step))),
        converged=fit.converged and null.converged,
        at_bound=edge or fit.branching >= MOST_BRANCHING,
        events=int(np.nansum(full)),
        observations=int(model.known.sum()),
        missing=int((model.known == 0).sum()),
        parameters=parameters,
        family=model.family,
        kind=baseline,
        spacing_days=apart,
        max_halflife_hours=float(max_halflife_hours),
        level=coverage,
        step_hours=step,
    )


def choose_spacing(
    counts: Series,
    baseline: Baseline = "flexible",
    spacing_days: float | None = None,
    max_halflife_hours: float = 48.0,
    family: Family | None = None,
) -> tuple[float, pd.DataFrame]:
    """Return the spacing of the knots with the least Akaike criterion, and what each gives.

    Parameters
    ----------
    counts, baseline, spacing_days, max_halflife_hours, family
        As in :func:`fit_hawkes`; a spacing that is given is the only one tried.

    Returns
    -------
    spacing_days : float
        Infinite for one cubic over the whole sample, or a constant.
    alternatives : DataFrame
        One row a spacing that the events suffice for.

    Examples
    --------
    >>> from selloff.market.excitation import simulate_hawkes
    >>> from selloff.market.hawkes import choose_spacing
    >>> choose_spacing(simulate_hawkes(8_000, baseline=0.04, branching=0.4, seed=3))[0]
    inf
    """
    spacings = SPACINGS_DAYS if spacing_days is None else (spacing_days,)
    if baseline == "constant":
        spacings = (float("inf"),)
    rows: list[dict[str, float]] = []
    for spacing in spacings:
        try:
            _, model, hours = prepare(counts, baseline, spacing, max_halflife_hours, family)
        except ValueError:
            # The first spacing asks least of the sample: what it cannot take is wrong in itself.
            if not rows:
                raise
            break
        fit = model.free(model.null())
        final, _ = model.corrected(fit)
        row = {"spacing_days": float(spacing), "branching": final.branching}
        row["halflife_hours"] = float(np.exp(final.log_halflife)) * hours if fit.branching > 0 else float("nan")
        row["aic"] = 2 * (fit.weights.size + 2) - 2 * fit.loglikelihood
        rows.append(row | {"converged": fit.converged})
    table = pd.DataFrame(rows)
    best = int(np.argmin(np.where(table["converged"], table["aic"], np.inf)))
    return float(rows[best]["spacing_days"]), table


def _interval(model: Excitation, fit: Fit, null: Fit, level: float) -> tuple[float, float]:
    """Return where the profile log-likelihood has fallen by half of the chi-squared quantile."""
    from scipy.optimize import brentq
    from scipy.stats import chi2

    drop = float(chi2.ppf(level, 1)) / 2
    # The ends of a bracket are not computed twice: another way to them may end on another slope of a flat profile.
    known = {0.0: drop - (fit.objective - null.objective), fit.branching: drop}
    last = fit

    def above(branching: float) -> float:
        nonlocal last
        if branching not in known:
            last = model.held(branching, last)
            known[branching] = drop - (fit.objective - last.objective)
        return known[branching]

    lower = 0.0
    if fit.branching > 0 and above(0.0) < 0:
        lower = float(brentq(above, 0.0, fit.branching, xtol=1e-3))
    last, inside, reach = fit, fit.branching, fit.branching + 0.1
    while reach < MOST_BRANCHING and above(reach) > 0:
        inside, reach = reach, reach + 0.2
    if reach >= MOST_BRANCHING:
        return lower, MOST_BRANCHING
    return lower, float(brentq(above, inside, reach, xtol=1e-3))


def _residual_check(residuals: Floats, lags: int) -> TestResult:
    """Test the residuals for correlation left over (Ljung and Box)."""
    from scipy.stats import chi2

    centred = np.nan_to_num(residuals - np.nanmean(residuals))
    length = int(np.isfinite(residuals).sum())
    total = float(centred @ centred)
    each = [float(centred[lag:] @ centred[:-lag]) / total for lag in range(1, lags + 1)]
    statistic = length * (length + 2) * sum(r * r / (length - lag) for lag, r in enumerate(each, 1))
    return TestResult(
        name="residual autocorrelation, Ljung-Box",
        statistic=statistic,
        pvalue=float(chi2.sf(statistic, lags)),
        estimate=max(each, key=abs),
        size_note="rejects less often than its level, since the model was fitted to the same counts",
        settings={"lags": lags},
    )
