"""Regression on several series: statsmodels, the correlation, and the price of collinearity."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.api import OLS, add_constant

from selloff.correlation.regression import regress

RNG = np.random.default_rng(3)
X = pd.DataFrame(
    RNG.standard_normal((250, 2)) * [1.0, 40.0], columns=["a", "b"], index=pd.bdate_range("2024-01-01", periods=250)
)
X["b"] += 20 * X["a"]
Y = 0.5 + 2 * X["a"] - 0.1 * X["b"] + RNG.standard_normal(250)


def test_in_units_as_given_it_is_the_regression_of_statsmodels() -> None:
    fit = regress(Y, X, hac_lags=5, standardise=False)
    theirs = OLS(Y, add_constant(X)).fit(cov_type="HAC", cov_kwds={"maxlags": 5})

    assert fit.table["beta"].tolist() == pytest.approx(theirs.params.iloc[1:].tolist(), rel=1e-10)
    assert fit.table["se"].tolist() == pytest.approx(theirs.bse.iloc[1:].tolist(), rel=1e-9)
    assert fit.table["pvalue"].tolist() == pytest.approx(theirs.pvalues.iloc[1:].tolist(), rel=1e-7)
    assert fit.r2 == pytest.approx(theirs.rsquared)
    assert fit.r2_adjusted == pytest.approx(theirs.rsquared_adj)


def test_with_one_series_the_standardised_coefficient_is_the_correlation() -> None:
    assert regress(Y, X[["a"]]).table["beta"].iloc[0] == pytest.approx(Y.corr(X["a"]))


def test_the_variance_inflation_follows_from_the_correlation_of_two_series() -> None:
    assert regress(Y, X).table["vif"].tolist() == pytest.approx([1 / (1 - X["a"].corr(X["b"]) ** 2)] * 2)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (X.assign(c=X["a"] + X["b"]), "combination of the others"),
        (X.assign(c=1.0), "'c' is flat"),
        (X.iloc[:200], "on the same dates"),
    ],
)
def test_series_that_cannot_be_told_apart_are_refused(x: pd.DataFrame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        regress(Y, x)
