#!/usr/bin/env python3
"""Days of trading against a sandbox in fast time, by hand: memory over time, every order's end, the ledger
against the venue's books. Not part of the suite: 72 hours at speed 60 take 72 minutes and half a core.

    PQ_BINARY=build/release/polyquant tests/process/long_session.py --hours 72 --speed 60 --dir DIR
"""

import argparse
import collections
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# A second there is 17 ms here at speed 60: ages, deadlines and pauses are wider than in real time.
CONFIG = """
[run]
state_dir = "state"
assets = ["btc"]
[model]
train_bars = 720
history_bars = 900
[risk]
loss_streak_max = 100
loss_streak_cooldown = "10m"
daily_loss_max = 500
order_max = 10
exposure_per_window_max = 60
exposure_per_asset_max = 60
exposure_total_max = 200
book_age_max = "30s"
spot_age_max = "30s"
clock_offset_max = "10s"
calibration_watch = false
[execution]
post_deadline = "20s"
cancel_deadline = "20s"
look_up_deadline = "20s"
look_up_interval = "5s"
unknown_give_up = "30m"
fok_fallback = true
fok_fallback_ttl = "30s"
"""
STRATEGY = """
[[strategy]]
kind = "scalp_s1"
name = "{name}"
bankroll = {bankroll}
lead = "{lead}"
ask_min = {ask_min}
ask_max = {ask_max}
min_edge = {min_edge}
bet = {bet}
"""
FAULTS = """
at 50m every 60m for 10s service=clob path=/order fault=accept_then_time_out
at 65m every 60m for 10s service=clob path=/order fault=server_error status=503
at 80m every 120m count=1 service=clob fault=match_then_fail
at 95m every 120m count=1 service=clob_stream fault=reset_socket
at 155m every 360m for 20s service=clob fault=restart
"""


def micros(text):
    whole, _, part = text.partition(".")
    return int(whole) * 1_000_000 + int(part.ljust(6, "0") or 0)


def resident_kb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def run(arguments):
    binary, folder = os.environ["PQ_BINARY"], arguments.dir
    folder.mkdir(parents=True)
    strategies = [
        dict(name="s1", bankroll=50, lead="45s", ask_min=0.85, ask_max=0.95, min_edge=0.03, bet=5),
        dict(name="exercise", bankroll=450, lead="270s", ask_min=0.05, ask_max=0.95, min_edge=0.01, bet=3),
        dict(name="late", bankroll=350, lead="100s", ask_min=0.05, ask_max=0.97, min_edge=0.001, bet=2),
    ]
    (folder / "session.toml").write_text(CONFIG + "".join(STRATEGY.format(**s) for s in strategies))
    (folder / "faults").write_text(FAULTS)
    with (folder / "sandbox.log").open("w") as log:
        sandbox = subprocess.Popen(
            [binary, "sandbox", "--speed", str(arguments.speed), "--assets", "btc", "--expiry-markets", "0",
             "--start", "2026-11-23T12:03:00Z", "--faults", folder / "faults", "--dir", folder / "sandbox"],
            stdout=log, stderr=subprocess.STDOUT,
        )
    while not (folder / "sandbox/endpoints.toml").exists():
        time.sleep(0.2)
    with (folder / "run.log").open("w") as log:
        engine = subprocess.Popen(
            [binary, "run", folder / "session.toml", "--mode", "sandbox", "--dir", folder / "run",
             "--sandbox", folder / "sandbox", "--for", f"{arguments.hours}h"],
            stdout=log, stderr=subprocess.STDOUT, cwd=folder,
        )
    began = time.monotonic()
    with (folder / "rss.csv").open("w") as rss:
        while engine.poll() is None:
            rss.write(f"{time.monotonic() - began:.0f},{resident_kb(engine.pid)},{resident_kb(sandbox.pid)}\n")
            rss.flush()
            time.sleep(15)
    sandbox.send_signal(signal.SIGTERM)
    sandbox.wait(timeout=60)
    print("exit code", engine.returncode)


def check(folder, speed):
    """What the run left behind; False when something does not hold."""
    good = True
    rows = [list(map(int, line.split(",")[:3])) for line in (folder / "rss.csv").read_text().split()]
    rows = [row for row in rows if row[1] > 0]
    print("hours  engine MB  sandbox MB")
    for row in rows[:: max(1, len(rows) // 12)] + rows[-1:]:
        print(f"{row[0] * speed / 3600:5.1f}  {row[1] / 1024:9.1f}  {row[2] / 1024:10.1f}")
    with sqlite3.connect(f"file:{folder / 'run/ledger.sqlite'}?mode=ro", uri=True) as ledger:
        states = collections.Counter(state for (state,) in ledger.execute("SELECT state FROM orders"))
        money = dict(ledger.execute("SELECT kind, SUM(balance) FROM accounts GROUP BY kind").fetchall())
        held = dict(ledger.execute("SELECT token, SUM(shares) FROM positions GROUP BY token").fetchall())
        fills, = ledger.execute("SELECT COUNT(*) FROM fills").fetchone()
        windows, = ledger.execute("SELECT COUNT(*) FROM windows").fetchone()
    over = {"confirmed", "failed", "cancelled", "rejected"}
    good &= set(states) <= over
    print(f"{windows} windows, {sum(states.values())} orders {dict(states)}, {fills} fills")
    accounts = json.loads((folder / "sandbox/accounts.json").read_text())
    (account,) = accounts["accounts"]
    ours = money["cash"] + money.get("reserved", 0)
    unassigned = micros(account["deposited"]) + money["capital"]
    there = {t["token"]: micros(t["shares"]) for t in account["tokens"]}
    held = {token: shares for token, shares in held.items() if shares}
    cash = micros(account["cash"])
    # The venue lived on a moment longer: what it paid for shares that we still held is undone.
    for line in account["statement"]:
        if line["kind"] == "payout" and line["token"] in held and line["token"] not in there:
            paid, shares = micros(line["cash"]), micros(line["shares"].lstrip("-"))
            print(f"after our end the venue paid {line['cash']} for {shares / 1e6:.6f} shares of an open position")
            cash -= paid
            there[line["token"]] = shares
    equal = cash == ours + unassigned and there == held
    good &= equal and accounts["audit"]["balances"]
    print(f"the venue: {cash / 1e6:.6f} and {there}")
    print(f"the books: {(ours + unassigned) / 1e6:.6f} and {held}: {'equal' if equal else 'NOT EQUAL'}")
    return good


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=int, default=72)
    parser.add_argument("--speed", type=int, default=60)
    parser.add_argument("--dir", type=pathlib.Path, required=True)
    parser.add_argument("--check-only", action="store_true")
    given = parser.parse_args()
    if not given.check_only:
        run(given)
    sys.exit(0 if check(given.dir, given.speed) else 1)
