"""A session at the sandbox against a backtest of what it recorded: every difference has a cause."""

import json
import subprocess
import unittest
from decimal import Decimal

from live_test import BINARY, CONFIG, LiveCase
from sandbox_case import start_sandbox


class SessionParity(LiveCase):
    def polyquant(self, *words, code=0):
        done = subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True, timeout=300, cwd=self.work)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def backtest(self, mode, name, *more):
        tapes = self.tapes(mode)
        out = self.polyquant("backtest", "-c", CONFIG, "--tapes", *tapes, "--dir", self.work / name, *more)
        self.assertTrue(out.startswith("QUOTES RECORDED"), out[:200])

    def digest(self, name):
        return self.polyquant("check", self.work / name).split("digest ")[1]

    def test_each_difference_is_listed_and_the_bridge_adds_up(self):
        sandbox = start_sandbox(self, "--speed", "12", "--expiry-markets", "0", "--start", "2026-11-23T12:03:00Z")
        session = self.run_engine(sandbox, "sandbox", "9m")
        sandbox.stop()
        self.assertGreater(sum(s["orders_sent"] for s in session["strategies"]), 0, session)

        self.backtest("sandbox", "tested")
        self.backtest("sandbox", "again")
        path = self.work / "parity.json"
        done = subprocess.run(
            [BINARY, "parity", str(self.work / "sandbox"), str(self.work / "tested"), "-o", str(path)],
            capture_output=True, text=True, timeout=60,
        )

        # Another venue, other fills: the books were the same, the signals therefore, too.
        parity = json.loads(path.read_text())
        self.assertEqual(done.returncode, 0 if parity["identical"] else 1, done.stdout + done.stderr)
        self.assertGreater(parity["orders_first"], 0)
        self.assertGreater(parity["orders_second"], 0)
        for row in parity["differences"]:
            self.assertTrue(row["cause"], row)
            self.assertNotIn("P 0.", row["cause"], "the models disagree")
        bridge = sum((Decimal(row["effect"]) for row in parity["bridge"]), Decimal(parity["pnl_second"]))
        self.assertEqual(bridge, Decimal(parity["pnl_first"]))
        by_row = sum((Decimal(row["effect"]) for row in parity["differences"]), Decimal(parity["pnl_second"]))
        self.assertEqual(by_row, Decimal(parity["pnl_first"]))

        # And the backtest is a replay of the tape, to the micro.
        replayed = self.replayed_journal("sandbox", "replayed")
        self.assertEqual(replayed, (self.work / "tested/journal.log").read_bytes())
        self.assertEqual(self.digest("replayed"), self.digest("tested"))
        self.assertEqual(self.digest("again"), self.digest("tested"))
        self.assertIn("IDENTICAL", self.polyquant("parity", self.work / "replayed", self.work / "tested"))

        # Its round trips are on the tape: orders and what else was asked.
        shown = self.polyquant("analyze", "latency", self.work / "sandbox/tape")
        self.assertRegex(shown, r"order post +\d")
        self.assertRegex(shown, r"clob.book GET /book +\d")
        self.backtest("sandbox", "measured", "--latency", self.work / "sandbox/tape")
        record = json.loads((self.work / "measured/run.json").read_text())
        self.assertIn("measured, median", record["latency"])


if __name__ == "__main__":
    unittest.main()
