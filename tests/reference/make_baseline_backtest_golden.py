"""Writes tests/golden/backtest/baseline_*.csv: the original system's backtest over committed bars.

    python make_baseline_backtest_golden.py KLINES_FOLDER

Reads BTCUSDT-1m-20250701-20260422.csv.gz of KLINES_FOLDER and uses the bars that
data/sample/btc-1m-bars.tape holds (opened 2026-04-05T07:59Z to 2026-04-15T14:44Z). The procedure stands
in engine/backtest/baseline_procedure.hpp; this is its own implementation with pandas and
scikit-learn, sharing with it only the generator of the draws, written out below. Made with Python
3.11, pandas 3.1.1, numpy 2.4.6, scikit-learn 1.9.1.
"""

import math
import pathlib
import sys

import numpy as np
import pandas as pd
from make_features_golden import GOLDEN, INPUTS, features
from make_heuristic_golden import score
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

OUT = GOLDEN.parent / "backtest"
TRAIN, STEP, HORIZON = 10_080, 1_440, 5
FIRST_OPEN, LAST_OPEN = "2026-04-05T07:59:00Z", "2026-04-15T14:44:00Z"
MASK = (1 << 64) - 1


def uniforms(seed):
    """xoshiro256** 1.0 seeded by splitmix64, 53 bits."""
    state = []
    for _ in range(4):
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        state.append(z ^ (z >> 31))

    def rotate(x, k):
        return ((x << k) | (x >> (64 - k))) & MASK

    while True:
        result = (rotate((state[1] * 5) & MASK, 7) * 9) & MASK
        t = (state[1] << 17) & MASK
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= t
        state[3] = rotate(state[3], 45)
        yield (result >> 11) * 2.0**-53


def market_prices(seed):
    draws = uniforms(seed)
    while True:
        u, v = next(draws), next(draws)
        normal = math.sqrt(-2.0 * math.log(1.0 - u)) * math.cos(2.0 * math.pi * v)
        yield min(max(0.5 + 0.03 * normal, 0.05), 0.95)


def predictions(bars):
    table = features(bars).dropna(axis=1, how="all")
    close = bars.close.to_numpy()
    rose = np.full(len(bars), np.nan)
    rose[:-HORIZON] = (close[HORIZON:] > close[:-HORIZON]).astype(float)
    clean = table.notna().all(axis=1).to_numpy() & ~np.isnan(rose)
    for at in range(TRAIN, len(bars) - STEP + 1, STEP):
        train = np.arange(at - TRAIN, at)[clean[at - TRAIN : at]]
        test = np.arange(at, at + STEP)[clean[at : at + STEP]]
        if len(train) < 100 or len(test) < 10:
            continue
        scaler = StandardScaler().fit(table.iloc[train])
        # newton-cholesky reaches the optimum to 1e-12; the original's lbfgs stops somewhere near it.
        model = LogisticRegression(C=0.1, class_weight="balanced", solver="newton-cholesky", tol=1e-12, max_iter=1000)
        model.fit(scaler.transform(table.iloc[train]), rose[train])
        learned = model.predict_proba(scaler.transform(table.iloc[test]))[:, 1]
        macd_sd = np.std(table.macd_hist.to_numpy()[test])
        for t, p in zip(test, learned):
            row = table.iloc[t].reindex(["ret_5", "ret_1", "macd_hist", "rsi_norm", "bb_zscore", "net_taker_flow",
                                         "vol_weighted_ret_5", "vol_ratio", "candle_streak"])
            yield t, 0.7 * p + 0.3 * score(row, macd_sd, 0.6)[2], bool(rose[t])


def bets(bars, seed):
    prices, bankroll, last = market_prices(seed), 1000.0, None
    opened = bars.open_time_ms.to_numpy()
    for t, up, rose in predictions(bars):
        if last is not None and opened[t] < last + HORIZON * 60_000:
            continue
        market = next(prices)
        is_up = up >= 0.5
        p = up if is_up else 1 - up
        a = (market if is_up else 1 - market) + 0.01
        if p - a < 0.02:
            continue
        odds = (1 - a) / a
        stake = min(max((p * odds - (1 - p)) / odds * 0.25, 0.0), 0.05) * bankroll
        if stake < 0.10:
            continue
        won = rose == is_up
        pnl = stake * odds if won else -stake
        bankroll += pnl
        last = opened[t]
        yield opened[t], "UP" if is_up else "DOWN", p, a, stake, int(won), pnl, bankroll


def main():
    bars = pd.read_csv(pathlib.Path(sys.argv[1]) / "BTCUSDT-1m-20250701-20260422.csv.gz")[INPUTS]
    first, last = (int(pd.Timestamp(t).timestamp() * 1000) for t in (FIRST_OPEN, LAST_OPEN))
    bars = bars[(bars.open_time_ms >= first) & (bars.open_time_ms <= last)].reset_index(drop=True)
    OUT.mkdir(exist_ok=True)
    for seed in (42, 7):
        rows = list(bets(bars, seed))
        text = "open_time_ms,side,win_probability,price,bet,won,pnl,bankroll\n"
        text += "".join(f"{r[0]},{r[1]},{r[2]:.9f},{r[3]:.9f},{r[4]:.6f},{r[5]},{r[6]:.6f},{r[7]:.6f}\n" for r in rows)
        (OUT / f"baseline_bets_{seed}.csv").write_text(text)
        print(seed, len(rows), "bets, bankroll", rows[-1][-1], "of", len(bars), "bars")


if __name__ == "__main__":
    main()
