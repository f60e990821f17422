"""Scalp and expiry on one wallet against the sandbox, with reloads in the middle."""

import signal
import sqlite3
import subprocess
import threading
import unittest

import live_test
from sandbox_case import BINARY, start_sandbox, wait_for

EXPIRY = """
[[strategy]]
kind = "expiry"
name = "expiry"
bankroll = 200
enabled = {enabled}
time_ladder = {ladder}
block_words = [{blocked}]
positions_max = {positions}
trades_per_day_max = 30
bet = 5
"""


class Running:
    """An engine whose output is collected while it runs."""

    def __init__(self, case, command):
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=case.work
        )
        self.lines = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        case.addCleanup(self.close)

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def says(self, text, since=0):
        return any(text in line for line in self.lines[since:])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self._reader.join(10)
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(10)
        self.process.stdout.close()


class Expiry(live_test.LiveCase):
    def setUp(self):
        super().setUp()
        self.config = self.work / "expiry.toml"
        self.set_expiry()

    def set_expiry(self, enabled="true", ladder="false", blocked="", positions=4):
        self.config.write_text(EXPIRY.format(enabled=enabled, ladder=ladder, blocked=blocked, positions=positions))

    def rows(self, query, *values):
        with sqlite3.connect(f"file:{self.work / 'sandbox' / 'ledger.sqlite'}?mode=ro", uri=True) as ledger:
            return ledger.execute(query, values).fetchall()

    def bought(self, strategy="expiry"):
        """Slugs of the markets of its orders, in their order, without those that nobody filled."""
        query = "SELECT slug FROM orders WHERE strategy = ? AND state NOT IN ('cancelled', 'rejected') ORDER BY seq"
        return [row[0] for row in self.rows(query, strategy)]

    def holds(self, count):
        try:
            return len(self.held()) == count
        except sqlite3.OperationalError:  # the ledger is being made
            return False

    def held(self):
        return {row[0] for row in self.rows("SELECT token FROM positions WHERE strategy = 'expiry' AND shares > 0")}

    def reload(self, run):
        since = len(run.lines)
        run.process.send_signal(signal.SIGHUP)
        self.assertTrue(wait_for(lambda: run.says("reload accepted", since)), run.lines[since:])
        self.assertTrue(wait_for(lambda: run.says("strategy.expiry.", since)), run.lines[since:])

    def test_reloads_switch_it_and_change_its_lists_without_losing_a_position(self):
        sandbox = start_sandbox(
            self, "--speed", "20", "--expiry-markets", "300", "--book-rate", "0.1", "--start", "2026-11-23T12:03:00Z"
        )
        run = Running(self, [
            BINARY, "run", live_test.CONFIG, self.config, "--mode", "sandbox", "--dir", self.work / "sandbox",
            "--sandbox", sandbox.directory,
        ])
        self.assertTrue(wait_for(lambda: self.holds(4), 60), run.lines)
        self.assertEqual(len(self.bought()), 4)  # as many as positions_max allows, and not one more

        held = self.held()
        self.set_expiry(enabled="false", positions=12)
        self.reload(run)
        quiet_from = len(run.lines)
        self.assertTrue(wait_for(lambda: sum(" UP " in l or " DOWN " in l for l in run.lines[quiet_from:]) >= 4, 60), run.lines)
        self.assertEqual(len(self.bought()), 4)
        settled = {r[0] for r in self.rows("SELECT token FROM settlements WHERE strategy = 'expiry'")}
        self.assertEqual(held, self.held() | settled)

        self.set_expiry(ladder="true", blocked='"bitcoin", "rain"', positions=12)
        self.reload(run)
        self.assertTrue(wait_for(lambda: len(self.bought()) >= 7, 60), run.lines[-20:])
        later = self.bought()[4:]
        self.assertFalse([slug for slug in later if slug.startswith("btc-") or "-rain-" in slug], later)

        self.assertTrue(
            wait_for(lambda: self.rows("SELECT COUNT(*) FROM settlements WHERE strategy = 'expiry'")[0][0] >= 2, 90),
            run.lines[-20:],
        )
        self.assertEqual(run.stop(), 0, run.lines[-30:])
        sandbox.stop()
        self.check(self.work / "sandbox")
        self.assertGreater(self.assert_equal_to_the_sandboxs_books(sandbox), 0)
        self.assertGreater(len(self.bought("exercise")), 0)
        status = "\n".join(run.lines)
        for name in ("exercise", "expiry"):
            self.assertRegex(status, rf"\n *{name} ")


if __name__ == "__main__":
    unittest.main()
