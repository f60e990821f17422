"""`polyquant signal` on live feeds: those of the sandbox, in fast time."""

import csv
import pathlib
import subprocess
import sys
import tempfile
import unittest

from sandbox_case import BINARY, ROOT, start_sandbox

RECOMPUTE = ROOT / "tests/engine/signal/recompute_signals.py"
# Fifteen hours of bars fit no volatility forecast, so that its usual error is not known.
MAY_BE_EMPTY = {"why", "p_window_low", "p_window_high"}


class Signal(unittest.TestCase):
    def test_twenty_minutes_of_live_feeds_make_complete_rows_with_outcomes(self):
        temporary = tempfile.TemporaryDirectory(prefix="polyquant-signal-")
        self.addCleanup(temporary.cleanup)
        work = pathlib.Path(temporary.name)
        sandbox = start_sandbox(
            self, "--speed", "40", "--expiry-markets", "0", "--book-rate", "0.05", "--start", "2026-11-23T12:03:00Z"
        )

        done = subprocess.run(
            [
                BINARY, "signal", "-c", ROOT / "config/sandbox.toml", "--mode", "sandbox", "--sandbox", sandbox.directory,
                "--dir", work, "--for", "20m",
            ],
            capture_output=True, text=True, timeout=300, cwd=work,
        )
        sandbox.stop()

        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(work / "signals.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), 16, done.stdout + done.stderr)
        for row in rows:
            empty = {name for name, value in row.items() if value == ""} - MAY_BE_EMPTY
            self.assertEqual(empty, set(), row)
            self.assertEqual((row["listed"], row["resolved"]), ("1", "1"), row)
        recomputed = subprocess.run(
            [sys.executable, RECOMPUTE, work / "signals.csv", "16"], capture_output=True, text=True, timeout=60
        )
        self.assertEqual(recomputed.returncode, 0, recomputed.stdout + recomputed.stderr)


if __name__ == "__main__":
    unittest.main()
