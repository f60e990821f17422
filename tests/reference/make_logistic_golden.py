"""Writes tests/golden/models/logistic_*.csv: scaled logistic regression by scikit-learn.

    python make_logistic_golden.py

Reads tests/golden/models/features_15m_bars.csv. Made with Python 3.11, scikit-learn 1.9.1, pandas
3.1.1 and numpy 2.4.6. For each case one table with a line a column, in column order (mean, scale,
coefficient), and the intercept as the last line's coefficient. logistic_cases.csv lists C, rows used, rows Up and the gradient norm
scikit-learn's solution reached in our objective. logistic_predictions.csv has P(UP) of every row
(all 46 features, C = 0.1), empty where a feature is missing.
"""

import numpy as np
import pandas as pd
from make_features_golden import GOLDEN, features
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler


def fit(x, y, c):
    scaler = StandardScaler().fit(x)
    z = scaler.transform(x)
    model = LogisticRegression(C=c, class_weight="balanced", solver="newton-cholesky", tol=1e-12, max_iter=1000)
    model.fit(z, y)
    lbfgs = LogisticRegression(C=c, class_weight="balanced", solver="lbfgs", tol=1e-10, max_iter=100_000)
    lbfgs.fit(z, y)
    print("newton-cholesky and lbfgs differ by", np.abs(model.coef_ - lbfgs.coef_).max())
    weight = np.where(y == 1, len(y) / (2 * y.sum()), len(y) / (2 * (len(y) - y.sum())))
    residual = c * weight * (model.predict_proba(z)[:, 1] - y)
    gradient = np.append(model.coef_[0] + z.T @ residual, residual.sum())
    return scaler, model, np.linalg.norm(gradient)


def main():
    bars = pd.read_csv(GOLDEN / "features_15m_bars.csv")
    table = features(bars)
    future = bars.close.shift(-5)
    up = (future > bars.close).astype(int)
    small = [k for k in table if not k.startswith("logret_")]
    cases = []
    for name, columns, c in (("46_c01", list(table), 0.1), ("46_c1", list(table), 1.0), ("39_c01", small, 0.1)):
        clean = table[columns].notna().all(axis=1) & future.notna()
        scaler, model, gradient = fit(table.loc[clean, columns].to_numpy(), up[clean].to_numpy(), c)
        out = pd.DataFrame({"name": columns, "mean": scaler.mean_, "scale": scaler.scale_, "coefficient": model.coef_[0]})
        out.loc[len(out)] = ["intercept", 0.0, 1.0, model.intercept_[0]]
        out.drop(columns="name").to_csv(GOLDEN / f"logistic_{name}.csv", index=False, float_format="%.15g")
        cases.append([c, int(clean.sum()), int(up[clean].sum()), gradient])
        if name == "46_c01":
            p = pd.Series(np.nan, index=table.index)
            complete = table.notna().all(axis=1)
            p[complete] = model.predict_proba(scaler.transform(table[complete].to_numpy()))[:, 1]
            out = p.rename("up").rename_axis("row").reset_index()
            out.to_csv(GOLDEN / "logistic_predictions.csv", index=False, float_format="%.15g")
    pd.DataFrame(cases, columns=["c", "used", "up", "gradient_norm"]).to_csv(GOLDEN / "logistic_cases.csv", index=False)


if __name__ == "__main__":
    main()
