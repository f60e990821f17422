"""The original's backtest with pandas and scikit-learn against polyquant's, on the same bars.

    python bench_walk_forward.py POLYQUANT KLINES_FOLDER [FROM UNTIL]

Four coins, features, walk-forward logistic regression on 7 days with a step of one day, heuristic,
bets against the random price: what `polyquant backtest --profile baseline` does. The Python side is
the straightforward one: rolling windows of pandas (not the exact ones of make_features_golden.py),
scikit-learn's lbfgs, vectorised heuristic, a loop over the bets. Both read the same files; times are
processor seconds and include reading. Prints a table with versions.
"""

import os
import pathlib
import platform
import resource
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

TRAIN, STEP, HORIZON, YEAR = 10_080, 1_440, 5, np.sqrt(525_600)
ASSETS = ("BTC", "ETH", "SOL", "XRP")


def features(b):
    o, h, l, c, v = (b[k] for k in ("open", "high", "low", "close", "volume"))
    f = {}
    for w in (1, 2, 3, 5, 10, 15, 20):
        f[f"ret_{w}"] = c / c.shift(w) - 1
        f[f"logret_{w}"] = np.log(c / c.shift(w))
    f["ret_accel"] = f["ret_1"].diff()
    ema = lambda x, span: x.ewm(span=span, adjust=False).mean()
    f["macd"] = ema(c, 12) - ema(c, 26)
    f["macd_signal"] = ema(f["macd"], 9)
    f["macd_hist"] = f["macd"] - f["macd_signal"]
    f["macd_hist_accel"] = f["macd_hist"].diff()
    d = c.diff()
    wilder = lambda x: x.ewm(alpha=1 / 14, adjust=False, min_periods=14).mean()
    rs = wilder(d.clip(lower=0).fillna(0)) / wilder((-d).clip(lower=0).fillna(0)).replace(0, np.nan)
    f["rsi"] = 100 - 100 / (1 + rs)
    f["rsi_norm"] = (f["rsi"] - 50) / 50
    m, s = c.rolling(20).mean(), c.rolling(20).std().replace(0, np.nan)
    f["bb_zscore"], f["bb_pctb"] = (c - m) / s, (c - (m - 2 * s)) / (4 * s)
    vwap = ((h + l + c) / 3 * v).rolling(60).sum() / v.rolling(60).sum().replace(0, np.nan)
    f["vwap_dev"] = (c - vwap) / vwap
    r = np.log(c / c.shift(1))
    g = 0.5 * np.log(h / l) ** 2 - (2 * np.log(2) - 1) * np.log(c / o) ** 2
    for w in (5, 15, 30, 60):
        f[f"rvol_{w}"] = r.rolling(w).std() * YEAR
        f[f"gk_vol_{w}"] = np.sqrt(g.rolling(w).mean().clip(lower=0)) * YEAR
    f["vol_ratio"] = f["rvol_5"] / f["rvol_60"].replace(0, np.nan)
    tr = pd.concat([h - l, (h - c.shift()).abs(), (l - c.shift()).abs()], axis=1).max(axis=1)
    f["atr_14"] = tr.rolling(14).mean()
    f["atr_pct"] = f["atr_14"] / c
    f["vol_ratio_ma"] = v / v.rolling(20).mean().replace(0, np.nan)
    f["vol_weighted_ret_5"] = f["ret_5"] * f["vol_ratio_ma"]
    obv = (np.sign(d) * v).fillna(0).cumsum()
    x = np.arange(10) - 4.5
    f["obv_slope_10"] = obv.rolling(10).apply(lambda y: (x * y).sum() / (x * x).sum(), raw=True)
    span = (h - l).replace(0, np.nan)
    f["body_ratio"] = (c - o).abs() / span
    f["candle_dir"] = np.sign(c - o)
    f["upper_wick"], f["lower_wick"] = (h - np.maximum(c, o)) / span, (np.minimum(c, o) - l) / span
    direction = f["candle_dir"].to_numpy()
    streak = np.zeros(len(b))
    for t in range(1, len(b)):
        streak[t] = streak[t - 1] + direction[t] if direction[t] == direction[t - 1] and direction[t] != 0 else direction[t]
    f["candle_streak"] = streak
    return pd.DataFrame(f)


def heuristic(x):
    scale = x.macd_hist.std(ddof=0) + 1e-10
    parts = [(100 * x.ret_5).clip(-2, 2), (200 * x.ret_1).clip(-2, 2), (x.macd_hist / scale).clip(-2, 2),
             (-0.5 * x.rsi_norm).where(x.rsi_norm.abs() > 0.4, 0), (-0.3 * x.bb_zscore).where(x.bb_zscore.abs() > 1.5, 0),
             (50 * x.vol_weighted_ret_5).clip(-2, 2)]
    total = sum(parts) * np.where(x.vol_ratio > 1.2, 1.3, np.where(x.vol_ratio < 0.8, 0.7, 1.0))
    total = total + (0.15 * x.candle_streak).clip(-1, 1)
    return 0.5 + 0.6 * (1 / (1 + np.exp(-total / 7)) - 0.5)


def backtest(bars, seed):
    table = features(bars)
    close = bars.close.to_numpy()
    rose = np.full(len(bars), np.nan)
    rose[:-HORIZON] = close[HORIZON:] > close[:-HORIZON]
    clean = table.notna().all(axis=1).to_numpy() & ~np.isnan(rose)
    random, bankroll, last, bets = np.random.default_rng(seed), 1000.0, -HORIZON, 0
    for at in range(TRAIN, len(bars) - STEP + 1, STEP):
        train, test = (np.arange(a, z)[clean[a:z]] for a, z in ((at - TRAIN, at), (at, at + STEP)))
        scaler = StandardScaler().fit(table.iloc[train])
        model = LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000)
        model.fit(scaler.transform(table.iloc[train]), rose[train])
        learned = model.predict_proba(scaler.transform(table.iloc[test]))[:, 1]
        for t, up in zip(test, 0.7 * learned + 0.3 * heuristic(table.iloc[test]).to_numpy()):
            if t < last + HORIZON:
                continue
            market = min(max(random.normal(0.5, 0.03), 0.05), 0.95)
            p, a = (up, market + 0.01) if up >= 0.5 else (1 - up, 1 - market + 0.01)
            if p - a < 0.02:
                continue
            odds = (1 - a) / a
            stake = min(max((p * odds - (1 - p)) / odds * 0.25, 0), 0.05) * bankroll
            if stake < 0.10:
                continue
            bankroll += stake * odds if bool(rose[t]) == (up >= 0.5) else -stake
            last, bets = t, bets + 1
    return bets


def main():
    binary, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    begin, end = (sys.argv[3:5] + ["2026-03-23", "2026-04-22"])[:2]
    files = [sorted(folder.glob(f"{a}USDT-1m-*2026*.csv.gz"))[-1] for a in ASSETS]
    low, high = (int(pd.Timestamp(t, tz="UTC").timestamp() * 1000) for t in (begin, end))

    started = time.process_time()
    bets = 0
    for file in files:
        bars = pd.read_csv(file)
        bars = bars[(bars.open_time_ms >= low) & (bars.open_time_ms < high)].reset_index(drop=True)
        bets += backtest(bars, 42)
    python = time.process_time() - started

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([binary, "backtest", "--profile", "baseline", "--bars", *files, "--from", begin, "--until", end, "--seed", "42"],
                          check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    ours = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    our_bets = sum(int(line.split(" bets,")[0].split()[-1]) for line in done.stdout.splitlines() if " bets, " in line and "predictions" in line)
    print(f"bars of {', '.join(ASSETS)} from {begin} to {end}; {os.cpu_count()} cores; Python {platform.python_version()}, "
          f"pandas {pd.__version__}, numpy {np.__version__}, scikit-learn {sklearn.__version__}")
    print(f"pandas and scikit-learn  {python:8.2f} s  {bets} bets")
    print(f"polyquant                {ours:8.2f} s  {our_bets} bets")
    print(f"ratio                    {python / ours:8.1f}")


if __name__ == "__main__":
    main()
