#!/usr/bin/env python3
"""Scalp and expiry strategies together against a sandbox with thousands of markets, and what came of it.

    PQ_BINARY=build/release/polyquant tests/process/expiry_session.py [--speed 60] [--hours 12] [--markets 3000] [--dir DIR]

Runs `polyquant sandbox` and `polyquant run config/sandbox.toml` with an expiry strategy of 300 USDC added, for so many hours
of the sandbox's time. Afterwards the ledger is read by these scripts alone: money and shares must equal the sandbox's accounts
to the micro, no limit may have been passed at any time, no token bought twice, and both kinds of strategy must have traded.
Exit code 1 otherwise. A clock too fast for the machine shows as `behind`: then data grows old and little is traded.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import sandbox_books

ROOT = pathlib.Path(__file__).resolve().parents[2]
POSITIONS_MAX, TRADES_A_DAY_MAX, EXPOSURE_MAX = 50, 100, 400
EXPIRY = f"""
[[strategy]]
kind = "expiry"
name = "expiry"
bankroll = 300
bet = 5
positions_max = {POSITIONS_MAX}
trades_per_day_max = {TRADES_A_DAY_MAX}
"""


def start_sandbox(options, folder):
    command = [options.binary, "sandbox", "--dir", folder / "sandbox", "--speed", options.speed]
    command += ["--expiry-markets", options.markets, "--book-rate", options.book_rate, "--start", "2026-11-23T06:02:00Z"]
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in process.stdout:
        if line.startswith("sandbox ready: "):
            return process
    raise SystemExit("the sandbox did not start")


def timeline(ledger):
    """(sequence, change of the number of the expiry strategy's positions, change of everybody's cost)."""
    steps = []
    for seq, strategy, first, cost in ledger.execute(
        "SELECT seq, strategy, seq = (SELECT MIN(f.seq) FROM fills f WHERE f.strategy = fills.strategy AND f.token = fills.token), "
        "cost + fee FROM fills WHERE side = 'BUY' AND state != 'failed'"
    ):
        steps.append((seq, int(strategy == "expiry" and first), cost))
    for seq, strategy, shares, cost in ledger.execute(
        "SELECT seq, strategy, shares, booked_cost + booked_fees FROM settlements"
    ):
        steps.append((seq, -int(strategy == "expiry" and shares > 0), -cost))
    return sorted(steps)


def examine(folder, summary):
    """What is wrong, in words; and the figures."""
    wrong, figures = [], {}
    with sandbox_books.read_only(folder / "run/ledger.sqlite") as ledger:
        positions = cost = positions_most = cost_most = 0
        for _, more, spent in timeline(ledger):
            positions, cost = positions + more, cost + spent
            positions_most, cost_most = max(positions_most, positions), max(cost_most, cost)
        figures["positions at a time"], figures["USDC at work"] = positions_most, cost_most / 1e6
        if positions_most > POSITIONS_MAX:
            wrong.append(f"{positions_most} positions at a time")
        if cost_most > EXPOSURE_MAX * 1_000_000:
            wrong.append(f"{cost_most / 1e6} USDC at work")
        buys = ledger.execute(
            "SELECT token, decided_ns / 86400000000000 FROM orders WHERE strategy = 'expiry' AND side = 'BUY' AND matched > 0"
        ).fetchall()
        days = [day for _, day in buys]
        figures["buys a day"] = max((days.count(day) for day in set(days)), default=0)
        if figures["buys a day"] > TRADES_A_DAY_MAX:
            wrong.append(f"{figures['buys a day']} buys on a day")
        if len({token for token, _ in buys}) != len(buys):
            wrong.append("a token was bought twice")
        figures["expiry settled"] = ledger.execute(
            "SELECT COUNT(*), SUM(won) FROM settlements WHERE strategy = 'expiry' AND shares > 0"
        ).fetchone()
    books = sandbox_books.compare(folder / "run/ledger.sqlite", folder / "sandbox/accounts.json")
    wrong += books.wrong
    if books.there != books.ours:
        wrong.append(f"the sandbox says {books.there}, the ledger {books.ours}")
    filled = {s["name"]: s["orders_filled"] for s in summary["strategies"]}
    figures["filled"] = filled
    if not filled["expiry"] or not filled["exercise"]:
        wrong.append(f"not everybody traded: {filled}")
    if summary["trading_halted"]:
        wrong.append("trading was halted")
    return wrong, figures


def run(options, folder):
    config = folder / "both.toml"
    text = (ROOT / "config/sandbox.toml").read_text()
    text = text.replace("exposure_total_max = 200", f"exposure_total_max = {EXPOSURE_MAX}")
    config.write_text(text.replace("exposure_per_asset_max = 60", "exposure_per_asset_max = 250") + EXPIRY)
    sandbox = start_sandbox(options, folder)
    command = [options.binary, "run", config, "--mode", "sandbox", "--sandbox", folder / "sandbox", "--dir", folder / "run"]
    command += ["--for", f"{round(options.hours * 3600)}s", "--json", "--no-record"]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, cwd=folder)
    sandbox.terminate()
    behind = [line for line in sandbox.communicate()[0].splitlines() if "behind its clock" in line]
    if done.returncode != 0:
        print(done.stdout + done.stderr)
        return 1
    summary = json.loads(done.stdout)
    wrong, figures = examine(folder, summary)
    (folder / "summary.json").write_text(done.stdout)
    print(f"{options.hours} h at speed {options.speed}, {options.markets} markets, behind {len(behind)} times")
    for name, value in {**figures, "loop lag ms": summary["loop_lag_ms"]}.items():
        print(f"  {name}: {value}")
    check = subprocess.run([str(options.binary), "check", str(folder / "run")], capture_output=True, text=True)
    if not check.stdout.startswith("0 problems"):
        wrong.append(check.stdout + check.stderr)
    print(subprocess.run([str(options.binary), "status", str(folder / "run")], capture_output=True, text=True).stdout)
    for problem in wrong:
        print("WRONG: " + problem)
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speed", default=60, type=float)
    parser.add_argument("--hours", default=12, type=float)
    parser.add_argument("--markets", default=3000, type=int)
    parser.add_argument("--book-rate", default=0.05, type=float)
    parser.add_argument("--dir", type=pathlib.Path, help="Keep everything here")
    options = parser.parse_args()
    options.binary = pathlib.Path(os.environ["PQ_BINARY"]).resolve()
    if options.dir:
        options.dir.mkdir(parents=True, exist_ok=True)
        return run(options, options.dir.resolve())
    with tempfile.TemporaryDirectory(prefix="polyquant-expiry-") as work:
        return run(options, pathlib.Path(work))


if __name__ == "__main__":
    sys.exit(main())
