"""Sweeps as processes: killed and started again, and two at once on one store."""

import json
import os
import signal
import sqlite3
import subprocess
import unittest

from replay_case import BINARY, ROOT, ReplayCase, wait_for

CONFIG = """
[risk]
loss_streak_max = 100
book_age_max = "10s"
[model]
kind = "window"
history_bars = 400
train_bars = 280
[settlement]
official_wait = "0s"
[[strategy]]
kind = "scalp_s1"
name = "s1"
bankroll = 500
assets = ["btc"]
lead = "60s"
ask_min = 0.55
ask_max = 0.90
min_edge = 0.01
bet = 5
"""


class Sweep(ReplayCase):
    def setUp(self):
        super().setUp()
        self.store = self.work / "sweep.sqlite"
        (self.work / "config.toml").write_text(CONFIG)

    def command(self, *more):
        return [str(word) for word in (
            BINARY, "sweep", self.store, "-c", self.work / "config.toml", "--bars", ROOT / "data/sample/btc-1m-bars.tape",
            "--quotes", ROOT / "data/quote-model/btc5m.json", "--assets", "btc",
            "--vary", "strategy.s1.min_edge=0.01..0.06:0.01", "--vary", "strategy.s1.lead=30s,60s",
            "--select", "2026-04-06..2026-04-06T06:00:00Z", "--judge", "2026-04-07..2026-04-07T03:00:00Z", "--best", "3", "--objective", "pnl", "-j", "2", *more)]

    def rows(self, where="1"):
        with sqlite3.connect(self.store, timeout=30) as db:
            return db.execute(f"SELECT stage, state, attempts, result, error FROM runs WHERE {where}").fetchall()

    def check_finished(self):
        rows = self.rows()
        self.assertEqual([r for r in rows if r[1] != "done"], [])
        self.assertEqual(sum(r[0] == "selection" for r in rows), 12)
        self.assertEqual(sum(r[0] == "verdict" for r in rows), 3)
        return {(r[0], r[3]) for r in rows}

    def test_finishes_each_run_once_and_reports(self):
        done = subprocess.run(self.command(), capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.check_finished()
        self.assertTrue(all(r[2] == 1 for r in self.rows()))
        self.assertIn("12/12", done.stderr)
        self.assertTrue(done.stdout.startswith("QUOTES MODELLED"), done.stdout[:100])
        report = json.loads((self.work / "sweep.json").read_text())
        self.assertEqual(report["trials"], 12)
        self.assertEqual(len(report["verdict"]), 3)
        self.assertEqual(len(report["heat_maps"]), 1)
        self.assertIn("Parameter sweep", (self.work / "sweep.html").read_text())

    def test_killed_and_started_again_makes_each_run_once(self):
        undisturbed = subprocess.run(self.command(), capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual(undisturbed.returncode, 0, undisturbed.stderr)
        expected = self.check_finished()
        self.store.unlink()

        started = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self.assertTrue(wait_for(lambda: self.store.exists() and self.count_done() >= 2))
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()
        before = self.count_done()
        self.assertLess(before, 15)
        # Alone, the store's name goes on with the sweep in it.
        again = subprocess.run([str(BINARY), "sweep", str(self.store), "-j", "2"], capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
        self.assertEqual(self.check_finished(), expected)

    def test_interrupted_it_goes_on_without_a_failed_run(self):
        started = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.assertTrue(wait_for(lambda: self.store.exists() and self.count_done() >= 2))
        os.killpg(started.pid, signal.SIGINT)
        _, err = started.communicate(timeout=120)
        self.assertEqual(started.returncode, 130, err)
        self.assertIn("goes on", err)
        self.assertLess(self.count_done(), 15)
        again = subprocess.run([str(BINARY), "sweep", str(self.store), "-j", "2"], capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)
        self.check_finished()

    def count_done(self):
        try:
            return len(self.rows("state = 'done'"))
        except sqlite3.OperationalError:
            return 0

    def test_two_processes_share_one_sweep(self):
        both = [subprocess.Popen(self.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        for process in both:
            out, err = process.communicate(timeout=600)
            self.assertEqual(process.returncode, 0, out + err)
        self.check_finished()
        self.assertTrue(all(r[2] == 1 for r in self.rows()), "no run was made twice")

    def test_another_sweep_on_the_same_store_is_refused(self):
        subprocess.run(self.command(), capture_output=True, timeout=600, check=True)
        other = subprocess.run(self.command("--seed", "9"), capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(other.returncode, 2)
        self.assertIn("another sweep", other.stderr)

    def test_shared_days_are_refused(self):
        command = self.command()
        command[command.index("--judge") + 1] = "2026-04-06T05:00:00Z..2026-04-08"
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("share days", done.stderr)


if __name__ == "__main__":
    unittest.main()
