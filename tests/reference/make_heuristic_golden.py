"""Writes tests/golden/models/heuristic_<case>.csv: the heuristic scorer over the golden bars.

    python make_heuristic_golden.py

Reads tests/golden/models/features_<case>_bars.csv. Made with Python 3.11, pandas 3.1.1, numpy 2.4.6.
Columns: score, signals and P(UP) with the rolling scale (240 rows, at least 20), the same for rows
scored one at a time, and P(UP) of the single-row scorer with shrink 0.85.
"""

import math

import numpy as np
import pandas as pd
from make_features_golden import GOLDEN, features


def clip(x, limit):
    return min(max(x, -limit), limit)


def score(row, macd_scale, shrink):
    signals = []

    def use(value, signal):
        if not math.isnan(value):
            signals.append(signal(value))

    use(row.ret_5, lambda x: clip(100 * x, 2))
    use(row.ret_1, lambda x: clip(200 * x, 2))
    use(row.macd_hist / (macd_scale + 1e-10), lambda x: clip(x, 2))
    use(row.rsi_norm, lambda x: -0.5 * x if abs(x) > 0.4 else 0)
    use(row.bb_zscore, lambda x: -0.3 * x if abs(x) > 1.5 else 0)
    use(row.net_taker_flow, lambda x: clip(4 * x, 2))
    use(row.vol_weighted_ret_5, lambda x: clip(50 * x, 2))
    total = sum(signals) * (1.3 if row.vol_ratio > 1.2 else 0.7 if row.vol_ratio < 0.8 else 1.0)
    use(row.candle_streak, lambda x: clip(0.15 * x, 1))
    total += signals[-1]
    up = 0.5 + shrink * (1 / (1 + math.exp(-total / max(len(signals), 1))) - 0.5)
    return total, len(signals), up


def main():
    for case in ("15m", "1m_ohlcv", "awkward"):
        table = features(pd.read_csv(GOLDEN / f"features_{case}_bars.csv"))
        rows = []
        for t, row in enumerate(table.itertuples()):
            recent = table.macd_hist.to_numpy()[max(0, t - 239) : t + 1]
            rolling = np.std(recent) if len(recent) >= 20 else np.nan
            rows.append(score(row, rolling, 0.6) + score(row, 0.0, 0.6) + score(row, 0.0, 0.85)[2:])
        names = ["score", "signals", "up", "single_score", "single_signals", "single_up", "single_up_85"]
        out = pd.DataFrame(rows, columns=names)
        out.to_csv(GOLDEN / f"heuristic_{case}.csv", index=False, float_format="%.13g")


if __name__ == "__main__":
    main()
