"""Writes tests/golden/boosting_model.txt and boosting_rows.csv: a small model trained by LightGBM's
own Python, rows with missing values, and its raw scores.

python -m venv env && env/bin/pip install lightgbm==4.7.0 && env/bin/python tests/reference/window_boosting.py
"""

import pathlib

import lightgbm as lgb
import numpy as np

rng = np.random.default_rng(20261123)
names = ["z", "seconds_left", "log_sigma", "move_last_minute"]
x = rng.normal(size=(3000, 4))
x[:, 1] = rng.choice([0, 60, 120, 180], 3000)
x[rng.uniform(size=x.shape) < 0.05] = np.nan
x[:, 1] = np.nan_to_num(x[:, 1])
log_odds = 1.5 * np.nan_to_num(x[:, 0]) + 0.5 * np.sin(2 * np.nan_to_num(x[:, 3])) * (x[:, 1] < 100)
y = (rng.uniform(size=3000) < 1 / (1 + np.exp(-log_odds))).astype(int)
data = lgb.Dataset(x, y, feature_name=names)
params = dict(
    objective="binary", num_leaves=6, learning_rate=0.2, verbosity=-1, seed=1, num_threads=1,
    deterministic=True, min_data_in_leaf=30, monotone_constraints=[1, 0, 0, 0],
)
model = lgb.train(params, data, num_boost_round=12)
out = pathlib.Path(__file__).parents[1] / "golden"
(out / "boosting_model.txt").write_text(model.model_to_string())
rows = x[:200]
with (out / "boosting_rows.csv").open("w") as f:
    f.write(",".join(names) + ",raw_score\n")
    for row, score in zip(rows, model.predict(rows, raw_score=True)):
        f.write(",".join(f"{v:.17g}" for v in [*row, score]) + "\n")
