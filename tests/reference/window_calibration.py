"""Writes tests/golden/calibration.csv: calibration and scores as scikit-learn computes them.

python -m venv env && env/bin/pip install scikit-learn scipy && env/bin/python tests/reference/window_calibration.py
"""

import pathlib

import numpy as np
from sklearn.calibration import _SigmoidCalibration
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss

rng = np.random.default_rng(20261123)
n = 400
score = rng.normal(0, 1.6, n)
promised = np.round(1 / (1 + np.exp(-score)), 3)  # rounding makes equal promises, as quotes do
won = (rng.uniform(size=n) < 1 / (1 + np.exp(-(0.7 * score + 0.3)))).astype(float)
inside = np.clip(promised, 1e-9, 1 - 1e-9)
logit = np.log(inside / (1 - inside))

platt = _SigmoidCalibration().fit(logit, won).predict(logit)
isotonic = IsotonicRegression(out_of_bounds="clip").fit(promised, won).predict(promised)
columns = np.c_[np.log(inside), -np.log(1 - inside)]
plain = dict(C=np.inf, tol=1e-12, max_iter=10000)
beta = LogisticRegression(**plain).fit(columns, won).predict_proba(columns)[:, 1]
ridge = LogisticRegression(C=0.1, tol=1e-12, max_iter=10000, class_weight="balanced")
ridge = ridge.fit(columns, won)

out = pathlib.Path(__file__).parents[1] / "golden" / "calibration.csv"
with out.open("w") as f:
    f.write(f"# brier {brier_score_loss(won, promised):.17g} log_loss {log_loss(won, promised):.17g}\n")
    w = ridge.coef_[0]
    f.write(f"# ridge {w[0]:.17g} {w[1]:.17g} {ridge.intercept_[0]:.17g}\n")
    f.write("promised,won,platt,isotonic,beta\n")
    for row in zip(promised, won, platt, isotonic, beta):
        f.write(",".join(f"{x:.17g}" for x in row) + "\n")
