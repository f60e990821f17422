"""`polyquant run` against the sandbox: real TLS, HTTP and WebSockets between two processes."""

import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import sandbox_books
from sandbox_case import BINARY, ROOT, start_sandbox

CONFIG = ROOT / "config/sandbox.toml"


class LiveCase(unittest.TestCase):
    def setUp(self):
        self._temporary = tempfile.TemporaryDirectory(prefix="polyquant-live-")
        self.addCleanup(self._temporary.cleanup)
        self.work = pathlib.Path(self._temporary.name)

    def run_engine(self, sandbox, mode, duration, *options, config=CONFIG):
        """The JSON summary of a run that lasts `duration` of the sandbox's time."""
        command = [BINARY, "run", config, "--mode", mode, "--dir", self.work / mode, "--for", duration, "--json"]
        if mode == "paper":
            command.insert(3, sandbox.directory / "endpoints.toml")
        else:
            command += ["--sandbox", sandbox.directory]
        done = subprocess.run(
            [str(part) for part in [*command, *options]], capture_output=True, text=True, timeout=900, cwd=self.work
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr + sandbox.output)
        return json.loads(done.stdout)

    def check(self, directory):
        done = subprocess.run([BINARY, "check", directory], capture_output=True, text=True, timeout=120)
        self.assertTrue(done.stdout.startswith("0 problems"), done.stdout + done.stderr)

    def tapes(self, mode):
        return sorted((self.work / mode / "tape").glob("*.tape"))

    def replayed_journal(self, mode, name):
        """The journal of a replay of what a run recorded."""
        command = [BINARY, "replay", *self.tapes(mode), "-c", CONFIG, "--speed", "max", "--dir", self.work / name]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=600)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return (self.work / name / "journal.log").read_bytes()

    def ledger(self, mode):
        return self.work / mode / "ledger.sqlite"

    def assert_equal_to_the_sandboxs_books(self, sandbox, mode="sandbox"):
        """The number of trades in them."""
        books = sandbox_books.compare(self.ledger(mode), sandbox.directory / "accounts.json")
        self.assertEqual(books.wrong, [])
        self.assertEqual(books.there, books.ours)
        return books.trades


class Paper(LiveCase):
    def test_it_trades_the_sandboxs_markets_without_any_credential(self):
        sandbox = start_sandbox(self, "--speed", "12", "--expiry-markets", "0", "--start", "2026-11-23T12:03:00Z")

        summary = self.run_engine(sandbox, "paper", "14m")
        sandbox.stop()

        self.assertGreaterEqual(summary["windows_settled"], 4, summary)
        self.assertFalse(summary["trading_halted"], summary)
        self.assertEqual({w["rule"] for w in summary["windows"]}, {"twap-60s"})
        sent = {s["name"]: s["orders_sent"] for s in summary["strategies"]}
        self.assertGreater(sent["exercise"], 0, summary)
        self.check(self.work / "paper")
        accounts = json.loads((sandbox.directory / "accounts.json").read_text())
        self.assertEqual(accounts["accounts"], [])
        first = self.replayed_journal("paper", "replay-1")
        self.assertEqual(first, self.replayed_journal("paper", "replay-2"))
        self.assertIn(b" window_settled ", first)


class Exchange(LiveCase):
    def test_its_ledger_equals_the_sandboxs_books_to_the_micro(self):
        sandbox = start_sandbox(self, "--speed", "12", "--expiry-markets", "0", "--start", "2026-11-23T12:03:00Z")

        summary = self.run_engine(sandbox, "sandbox", "13m")
        sandbox.stop()

        self.assertGreater(sum(s["orders_filled"] for s in summary["strategies"]), 0, summary)
        self.assertFalse(summary["trading_halted"], summary)
        self.check(self.work / "sandbox")
        self.assertGreater(self.assert_equal_to_the_sandboxs_books(sandbox), 0)

    def test_killed_in_the_middle_it_goes_on_with_the_same_money(self):
        sandbox = start_sandbox(self, "--speed", "12", "--expiry-markets", "0", "--start", "2026-11-23T12:03:00Z")
        command = [BINARY, "run", CONFIG, "--mode", "sandbox", "--dir", self.work / "sandbox", "--sandbox", sandbox.directory]
        for _ in range(3):
            killed = subprocess.Popen(
                [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.work
            )
            # Some orders further than the last time: then without any warning.
            for line in killed.stdout:
                if re.search(r" window |settled| UP | DOWN ", line):
                    break
            killed.kill()
            killed.communicate()

        summary = self.run_engine(sandbox, "sandbox", "8m")
        sandbox.stop()

        self.assertFalse(summary["trading_halted"], summary)
        self.check(self.work / "sandbox")
        self.assertGreater(self.assert_equal_to_the_sandboxs_books(sandbox), 0)


if __name__ == "__main__":
    unittest.main()
