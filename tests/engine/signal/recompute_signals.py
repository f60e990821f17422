#!/usr/bin/env python3
"""Recomputes every derived number of a signals.csv from its inputs, in exact decimals where money is.

Written from the formulas in engine/signal/signal_row.hpp, sharing no code with the engine. Prints the first disagreements and
fails on any. Usage: recompute_signals.py signals.csv [rows expected]
"""
import csv
import sys
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

FRACTION, CAP, BET_MIN = Decimal("0.25"), Decimal("0.05"), Decimal("0.50")
MIN_EDGE = 0.03


def close(a, b, tolerance=1e-9):
    return abs(float(a) - float(b)) <= tolerance


def check_row(row, problems):
    def expect(name, value, good):
        if not good:
            problems.append(f"{row['id']}: {name} = {row[name]!r}, recomputed {value}")

    up = row["direction"] == "UP"
    bid, ask = (row["up_bid"], row["up_ask"]) if up else (row["down_bid"], row["down_ask"])
    for side in ("up", "down"):
        if row[f"{side}_bid"] and row[f"{side}_ask"]:
            mid = (Decimal(row[f"{side}_bid"]) + Decimal(row[f"{side}_ask"])) / 2
            expect(f"{side}_mid", mid, Decimal(row[f"{side}_mid"]) == mid)
    if bid and ask:
        expect("spread", "", Decimal(row["spread"]) == Decimal(ask) - Decimal(bid))
    if row["p_window_low"]:
        low, middle, high = (float(row[name]) for name in ("p_window_low", "p_window", "p_window_high"))
        expect("p_window", "not within its band", 0 <= low <= middle <= high <= 1)
    before = Decimal(row["bankroll_before"])
    bet = shares = cost = fee = Decimal(0)
    if row["p_ensemble"]:
        p_up = float(row["p_ensemble"])
        expect("direction", "", up == (p_up >= 0.5))
        if ask and row["listed"] == "1":
            p = p_up if up else 1 - p_up
            a, rate = float(ask), float(row["fee_rate"])
            expect("edge", p - a, close(row["edge"], p - a))
            expect("edge_after_fee", p - a - rate * a * (1 - a), close(row["edge_after_fee"], p - a - rate * a * (1 - a)))
            if bid:
                mid = (a + float(bid)) / 2
                expect("edge_vs_mid", p - mid, close(row["edge_vs_mid"], p - mid))
            b = (1 - a) / a
            f = (p * b - (1 - p)) / b
            kelly = min(max(float(FRACTION) * f, 0.0), float(CAP))
            expect("kelly_fraction", kelly, close(row["kelly_fraction"], kelly))
            if p - a >= MIN_EDGE:
                bet = (Decimal(repr(kelly)) * before + Decimal("1e-11")).quantize(Decimal("0.01"), ROUND_FLOOR)
                if bet < BET_MIN:
                    bet = Decimal(0)
            if bet:
                shares = (bet / Decimal(ask)).quantize(Decimal("0.01"), ROUND_FLOOR)
                cost = (shares * Decimal(ask)).quantize(Decimal("0.000001"), ROUND_CEILING)
                exact = shares * Decimal(row["fee_rate"]) * Decimal(ask) * (1 - Decimal(ask))
                fee = exact.quantize(Decimal("0.00001"), ROUND_CEILING)
    for name, value in (("bet", bet), ("shares", shares), ("cost", cost), ("fee", fee)):
        expect(name, value, Decimal(row[name]) == value)
    expect("action", "", (row["action"] == "bet") == (shares > 0))
    expect("why", "", (row["why"] == "") == (row["action"] == "bet"))
    if row["resolved"] != "1":
        return Decimal(0), 0
    payout = shares if row["outcome"] == row["direction"] else Decimal(0)
    if row["outcome"] == "SPLIT":
        payout = (shares / 2).quantize(Decimal("0.000001"), ROUND_FLOOR)
    pnl = payout - cost - fee
    expect("pnl", pnl, Decimal(row["pnl"]) == pnl)
    if row["exit_price"] and row["strike"]:
        won_up = Decimal(row["exit_price"]) >= Decimal(row["strike"])
        expect("outcome", "", row["outcome"] == "SPLIT" or (row["outcome"] == "UP") == won_up)
    if row["spot"] and row["exit_price"]:
        forward = (float(row["exit_price"]) / float(row["spot"]) - 1) * 1e4
        expect("forward_return_bp", forward, close(row["forward_return_bp"], forward, 1e-6))
    return pnl, 1


def main():
    with open(sys.argv[1], newline="") as file:
        rows = list(csv.DictReader(file))
    problems, total, resolved = [], Decimal(0), 0
    for row in rows:
        pnl, done = check_row(row, problems)
        total += pnl
        resolved += done
    if len({row["id"] for row in rows}) != len(rows):
        problems.append("an id stands twice")
    if len(sys.argv) > 2 and len(rows) != int(sys.argv[2]):
        problems.append(f"{len(rows)} rows, expected {sys.argv[2]}")
    if resolved:
        first = Decimal(rows[0]["bankroll_before"])
        if not any(row["resolved"] == "1" and Decimal(row["bankroll"]) == first + total for row in rows):
            problems.append(f"no row ends at the bankroll {first + total}")
    print("\n".join(problems[:20]) or f"{len(rows)} rows, {resolved} resolved: every number recomputed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
