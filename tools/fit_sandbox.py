#!/usr/bin/env python3
"""Fits the sandbox's prices and books to recorded data and prints connectors/sandbox/world/fitted.hpp's figures.

    tools/fit_sandbox.py DATA [FIGURE ...]

DATA is a folder laid out like this (any part may be missing; what cannot be fitted is left out):
  klines/*-1m-*.csv.gz                              bars of Binance, as its own archive writes them
  polymarket-btc5m-chainlink-markets/BTCUSD-*.csv.gz the oracle's prints once a second
  polymarket-btc5m-book/deltas-*.csv.gz, tob-*.csv.gz order books of 5-minute markets
  polymarket-btc5m-ask-ladder/ladder.jsonl.gz       both sides' quotes at fixed times before the end
FIGURE is one of: coins correlation volatility oracle levels spread dry. Standard library only.
docs/sandbox.md explains each figure; the header keeps the result so that nothing is read at run time.
"""
import collections
import csv
import glob
import gzip
import json
import math
import os
import sys

COINS = ("BTC", "ETH", "SOL", "XRP")
# The month in which bars of all four coins, and the books, were recorded.
FROM_MS, TO_MS = 1_774_224_000_000, 1_776_816_000_000


def rows(path):
    with gzip.open(path, "rt") as file:
        yield from csv.DictReader(file)


def minute_bars(data, coin):
    bars = {}
    for path in glob.glob(f"{data}/klines/{coin}USDT-1m-*.csv.gz"):
        with gzip.open(path, "rt") as file:
            for row in csv.reader(file):
                if row[0].isdigit() and FROM_MS <= int(row[0]) < TO_MS:
                    bars[int(row[0])] = (float(row[4]), float(row[5]))
    return bars


def log_returns(bars):
    times = sorted(bars)
    return {b: math.log(bars[b][0] / bars[a][0]) for a, b in zip(times, times[1:]) if b - a == 60_000}


def autocorrelation(values, lag):
    mean = sum(values) / len(values)
    spread = sum((v - mean) ** 2 for v in values)
    return sum((a - mean) * (b - mean) for a, b in zip(values, values[lag:])) / spread


def fit_coins(data):
    for coin in COINS:
        bars = minute_bars(data, coin)
        if not bars:
            continue
        returns = list(log_returns(bars).values())
        variance = sum(r * r for r in returns) / len(returns)
        kurtosis = sum(r**4 for r in returns) / len(returns) / variance**2
        volume = sum(v for _, v in bars.values()) / len(bars)
        beyond = sum(1 for r in returns if abs(r) > 6 * math.sqrt(variance)) / len(returns)
        print(f"{coin}: price {bars[max(bars)][0]} sigma {math.sqrt(variance / 60):.4e} volume/min {volume:.4g} "
              f"kurtosis {kurtosis:.1f} autocorrelation {autocorrelation(returns, 1):.3f} beyond 6 sigma {beyond:.4f}")


def fit_correlation(data):
    returns = {coin: log_returns(minute_bars(data, coin)) for coin in COINS}
    for first in COINS:
        line = []
        for second in COINS:
            both = sorted(set(returns[first]) & set(returns[second]))
            if not both:
                continue
            a, b = [returns[first][t] for t in both], [returns[second][t] for t in both]
            line.append(sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b)))
        print(first, [round(value, 3) for value in line])


def fit_volatility(data):
    for coin in COINS:
        returns = log_returns(minute_bars(data, coin))
        if returns:
            sizes = [abs(r) for r in returns.values()]
            print(coin, {lag: round(autocorrelation(sizes, lag), 3) for lag in (1, 5, 15, 60, 240)})


def fit_oracle(data):
    for path in glob.glob(f"{data}/polymarket-btc5m-chainlink-markets/BTCUSD-*.csv.gz"):
        ticks = [(int(r["feed_ts_ms"]), int(r["full_accuracy_value"])) for r in rows(path)]
        returns = [math.log(b[1] / a[1]) for a, b in zip(ticks, ticks[1:]) if b[0] - a[0] == 1000]
        variance = sum(r * r for r in returns) / len(returns)
        lags = {lag: round(autocorrelation(returns, lag), 3) for lag in (1, 2, 3, 5, 10)}
        print(f"{len(ticks)} prints, sigma/s {math.sqrt(variance):.3e}, autocorrelation {lags}, "
              f"lag of an exponential average {-1 / math.log(lags[1]):.2f} s")


def fit_levels(data, rows_max=2_500_000):
    """Depth, place and rate of level changes in the running window, best price between 0.15 and 0.85."""
    sizes, places = collections.defaultdict(list), collections.Counter()
    changes, seconds, books = 0, set(), {}
    for path in glob.glob(f"{data}/polymarket-btc5m-book/deltas-*.csv.gz"):
        for number, row in enumerate(rows(path)):
            if number > rows_max:
                break
            key = (row["slot_start_sec"], row["asset_id"])
            bids, asks = books.setdefault(key, ({}, {}))
            at = int(row["exch_ms"]) / 1000 - int(row["slot_start_sec"])
            side = row["side"] or row["kind"]
            if row["kind"] == "S" and not row["side"]:
                bids.clear(), asks.clear()
                continue
            levels = asks if side == "A" else bids
            price, size = round(float(row["price"]) * 1000), float(row["size"])
            if row["kind"] != "S" and bids and asks and 0 <= at <= 300:
                away = (max(bids) - price if levels is bids else price - min(asks)) // 10
                places[max(0, min(20, away))] += 1
                changes += 1
                seconds.add((key, int(at)))
            levels.pop(price, None) if size == 0 else levels.__setitem__(price, size)
            if number % 199 == 0 and bids and asks and 0 <= at <= 240 and 150 < max(bids) < 850:
                for away in range(21):
                    sizes[away] += [bids.get(max(bids) - 10 * away, 0), asks.get(min(asks) + 10 * away, 0)]
    if not changes:
        return
    print(f"changes a second {changes / len(seconds):.0f}")
    for away in range(21):
        logs = [math.log(size) for size in sizes[away] if size > 0]
        mean = sum(logs) / len(logs)
        spread = math.sqrt(sum((value - mean) ** 2 for value in logs) / len(logs))
        empty = 1 - len(logs) / len(sizes[away])
        print(f"{away:2d} cents: log size {mean:.2f} +- {spread:.2f}, empty {empty:.3f}, "
              f"share of changes {places[away] / changes:.3f}")


def fit_spread(data):
    counts = collections.Counter()
    for path in glob.glob(f"{data}/polymarket-btc5m-book/tob-*.csv.gz"):
        for row in rows(path):
            at = int(row["exch_ms"]) / 1000 - int(row["slot_start_sec"])
            if 0 <= at <= 240 and row["best_bid"] and row["best_ask"]:
                counts[round((float(row["best_ask"]) - float(row["best_bid"])) * 100)] += 1
    total = sum(counts.values())
    print({cents: round(count / total, 3) for cents, count in sorted(counts.items())[:6]})


def fit_dry(data):
    path = f"{data}/polymarket-btc5m-ask-ladder/ladder.jsonl.gz"
    if not os.path.exists(path):
        return
    dry, seen = collections.Counter(), collections.Counter()
    with gzip.open(path, "rt") as file:
        for line in file:
            for sample in json.loads(line)["samples"]:
                favourite = max((sample["up"], sample["down"]), key=lambda side: side["bid"] or 0)
                seen[sample["offset"]] += 1
                dry[sample["offset"]] += not (favourite["vwap5"] and favourite["vwap5"] < 0.99)
    print({left: round(dry[left] / seen[left], 2) for left in sorted(seen, reverse=True)})


FIGURES = {
    "coins": fit_coins,
    "correlation": fit_correlation,
    "volatility": fit_volatility,
    "oracle": fit_oracle,
    "levels": fit_levels,
    "spread": fit_spread,
    "dry": fit_dry,
}


def main():
    if len(sys.argv) < 2 or not os.path.isdir(sys.argv[1]):
        sys.exit(__doc__)
    for name in sys.argv[2:] or FIGURES:
        if name not in FIGURES:
            sys.exit(f"fit_sandbox: unknown figure '{name}'; one of {' '.join(FIGURES)}")
        print(f"--- {name}")
        FIGURES[name](sys.argv[1])


if __name__ == "__main__":
    main()
