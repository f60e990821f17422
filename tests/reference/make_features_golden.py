"""Writes the golden tables of the 46 features: plain pandas, one line a formula.

    python make_features_golden.py KLINES_FOLDER [--check-years]

KLINES_FOLDER holds the Binance bars (data.binance.vision) as csv.gz with the columns open_time_ms,
open, high, low, close, volume, trades, taker_buy_base. Made with Python 3.11, pandas 3.1.1 and
numpy 2.4.6. Each case writes tests/golden/models/features_<case>_bars.csv (the input) and
features_<case>.csv (12 significant digits, an empty field is NaN).

--check-years FILE writes bars and features of a whole file to FILE_bars.csv and FILE_features.csv
at full precision, for a comparison that is too large to keep.

Windows are computed one by one (rolling().apply), because pandas' running sums drift: on the 1.2
million minutes of BTCUSDT 2024-01..2026-04, rolling(20).std() of the close is off by 4e-8 (median)
and up to 180 % in quiet windows, and it is not 0 over 20 equal closes.
"""

import pathlib
import sys

import numpy as np
import pandas as pd

GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden" / "models"
INPUTS = ["open_time_ms", "open", "high", "low", "close", "volume", "trades", "taker_buy_base"]
YEAR = np.sqrt(525_600)


def ratio(a, b):
    return a / b.replace(0, np.nan)


def rolling_mean(x, w):
    return x.rolling(w).apply(np.mean, raw=True)


def rolling_sum(x, w):
    return x.rolling(w).apply(np.sum, raw=True)


def rolling_sd(x, w):
    return x.rolling(w).apply(lambda y: np.std(y - y[-1], ddof=1), raw=True)


def slope(y):
    x = np.arange(len(y)) - (len(y) - 1) / 2
    return (x * y).sum() / (x * x).sum()


def streaks(direction):
    out = [0.0]
    for t in range(1, len(direction)):
        d = direction[t]
        out.append(out[-1] + d if d == direction[t - 1] and d != 0 else d)
    return out


def features(bars):
    o, h, l, c, v = (bars[k] for k in ("open", "high", "low", "close", "volume"))
    n, b = bars["trades"], bars["taker_buy_base"]
    f = {}
    for w in (1, 2, 3, 5, 10, 15, 20):
        f[f"ret_{w}"] = c / c.shift(w) - 1
        f[f"logret_{w}"] = np.log(c / c.shift(w))
    f["ret_accel"] = f["ret_1"] - f["ret_1"].shift(1)
    f["macd"] = c.ewm(span=12, adjust=False).mean() - c.ewm(span=26, adjust=False).mean()
    f["macd_signal"] = f["macd"].ewm(span=9, adjust=False).mean()
    f["macd_hist"] = f["macd"] - f["macd_signal"]
    f["macd_hist_accel"] = f["macd_hist"] - f["macd_hist"].shift(1)
    change = c.diff()
    gain = change.where(change > 0, 0.0).ewm(alpha=1 / 14, min_periods=14, adjust=False).mean()
    loss = (-change).where(change < 0, 0.0).ewm(alpha=1 / 14, min_periods=14, adjust=False).mean()
    f["rsi"] = 100 - 100 / (1 + ratio(gain, loss))
    f["rsi_norm"] = (f["rsi"] - 50) / 50
    middle, deviation = rolling_mean(c, 20), rolling_sd(c, 20)
    f["bb_zscore"] = ratio(c - middle, deviation)
    f["bb_pctb"] = ratio(c - (middle - 2 * deviation), 4 * deviation)
    vwap = ratio(rolling_sum((h + l + c) / 3 * v, 60), rolling_sum(v, 60))
    f["vwap_dev"] = (c - vwap) / vwap
    garman_klass = 0.5 * np.log(h / l) ** 2 - (2 * np.log(2) - 1) * np.log(c / o) ** 2
    for w in (5, 15, 30, 60):
        f[f"rvol_{w}"] = rolling_sd(np.log(c / c.shift(1)), w) * YEAR
        f[f"gk_vol_{w}"] = np.sqrt(rolling_mean(garman_klass, w).clip(lower=0)) * YEAR
    f["vol_ratio"] = ratio(f["rvol_5"], f["rvol_60"])
    true_range = pd.concat([h - l, (h - c.shift(1)).abs(), (l - c.shift(1)).abs()], axis=1).max(axis=1)
    f["atr_14"] = rolling_mean(true_range, 14)
    f["atr_pct"] = f["atr_14"] / c
    f["vol_ratio_ma"] = ratio(v, rolling_mean(v, 20))
    f["taker_buy_ratio"] = ratio(b, v)
    f["net_taker_flow"] = f["taker_buy_ratio"] - 0.5
    f["vol_weighted_ret_5"] = f["ret_5"] * f["vol_ratio_ma"]
    f["obv_slope_10"] = (np.sign(change) * v).cumsum().rolling(10).apply(slope, raw=True)
    f["body_ratio"] = ratio((c - o).abs(), h - l)
    f["candle_dir"] = np.sign(c - o)
    f["upper_wick"] = ratio(h - np.maximum(c, o), h - l)
    f["lower_wick"] = ratio(np.minimum(c, o) - l, h - l)
    f["candle_streak"] = pd.Series(streaks(f["candle_dir"].to_numpy()), index=c.index)
    f["trades_ratio"] = ratio(n, rolling_mean(n, 20))
    return pd.DataFrame(f)


def awkward_bars():
    """What recorded bars hardly show: no volume, no range, no move for more than an hour, a spike,
    prices far from 1, and trade counts that are missing for a while."""
    rng = np.random.default_rng(20260414)
    rows, close = [], 0.5231
    for t in range(420):
        flat = 110 <= t < 190
        step = 0.0 if flat else round(float(rng.normal(0, 0.0009)), 4)
        if t == 260:
            step = 0.08
        o, close = close, round(close + step, 4)
        wick = 0.0 if flat or t % 17 == 0 else 0.0003
        v = 0.0 if flat and t >= 120 or t % 41 == 0 else round(float(rng.lognormal(9, 1)), 1)
        n = np.nan if 300 <= t < 330 else float(int(v / 400))
        b = np.nan if 300 <= t < 330 else round(v * float(rng.uniform(0.2, 0.8)), 1)
        h, l = round(max(o, close) + wick, 4), round(min(o, close) - wick, 4)
        rows.append([1_700_000_040_000 + 60_000 * t, o, h, l, close, v, n, b])
    return pd.DataFrame(rows, columns=INPUTS)


def write(case, bars):
    bars = bars[INPUTS].reset_index(drop=True)
    bars.to_csv(GOLDEN / f"features_{case}_bars.csv", index=False)
    features(bars).to_csv(GOLDEN / f"features_{case}.csv", index=False, float_format="%.12g")


def main():
    klines = pathlib.Path(sys.argv[1])
    if "--check-years" in sys.argv:
        out = sys.argv[sys.argv.index("--check-years") + 1]
        bars = pd.concat([pd.read_csv(p) for p in sorted(klines.glob("BTCUSDT-1m-*.csv.gz"))])[INPUTS]
        bars = bars.reset_index(drop=True)
        bars.to_csv(f"{out}_bars.csv", index=False)
        features(bars).tail(200_000).to_csv(f"{out}_features.csv", index=False, float_format="%.17g")
        return
    GOLDEN.mkdir(parents=True, exist_ok=True)
    quarter = pd.read_csv(klines / "BTCUSDT-15m-20230102-20260430.csv.gz")
    write("15m", quarter[quarter.open_time_ms >= 1_774_310_400_000].head(600))
    minute = pd.read_csv(klines / "BTCUSDT-1m-20250701-20260422.csv.gz")
    write("1m_ohlcv", minute[minute.open_time_ms >= 1_776_081_600_000].head(260))
    write("awkward", awkward_bars())


if __name__ == "__main__":
    main()
