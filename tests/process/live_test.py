"""`polyquant run` against the sandbox: real TLS, HTTP and WebSockets between two processes."""

import json
import pathlib
import re
import sqlite3
import subprocess
import tempfile
import unittest

from sandbox_case import BINARY, ROOT, start_sandbox

CONFIG = ROOT / "config/sandbox.toml"
MICRO = 1_000_000


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


class Paper(LiveCase):
    def test_it_trades_the_sandboxs_markets_without_any_credential(self):
        sandbox = start_sandbox(self, "--speed", "12", "--expiry-markets", "0", "--start", "2026-11-23T12:03:00Z")

        summary = self.run_engine(sandbox, "paper", "14m")

        self.assertGreaterEqual(summary["windows_settled"], 4, summary)
        self.assertFalse(summary["trading_halted"], summary)
        self.assertEqual({w["rule"] for w in summary["windows"]}, {"twap-60s"})
        sent = {s["name"]: s["orders_sent"] for s in summary["strategies"]}
        self.assertGreater(sent["exercise"], 0, summary)
        self.check(self.work / "paper")
        first = self.replayed_journal("paper", "replay-1")
        self.assertEqual(first, self.replayed_journal("paper", "replay-2"))
        self.assertIn(b" window_settled ", first)


class Exchange(LiveCase):
    def money_in_ledger(self, mode):
        """What the strategies own and what they were given, in micro-USDC."""
        with sqlite3.connect(f"file:{self.work / mode / 'ledger.sqlite'}?mode=ro", uri=True) as ledger:
            rows = dict(ledger.execute("SELECT account, SUM(amount) FROM postings GROUP BY account").fetchall())
        own = sum(v for k, v in rows.items() if k.startswith(("cash:", "reserved:")))
        given = -sum(v for k, v in rows.items() if k.startswith("capital:"))
        return own, given

    def the_account(self, sandbox):
        accounts = json.loads((sandbox.directory / "accounts.json").read_text())
        self.assertTrue(accounts["audit"]["balances"], accounts)
        self.assertEqual(len(accounts["accounts"]), 1, accounts)
        return accounts["accounts"][0]

    def test_its_ledger_equals_the_sandboxs_books_to_the_micro(self):
        sandbox = start_sandbox(self, "--speed", "12", "--expiry-markets", "0", "--start", "2026-11-23T12:03:00Z")

        summary = self.run_engine(sandbox, "sandbox", "18m")
        sandbox.stop()

        filled = sum(s["orders_filled"] for s in summary["strategies"])
        self.assertGreater(filled, 0, summary)
        self.check(self.work / "sandbox")
        print(json.dumps(self.the_account(sandbox))[:2000])
        print(self.money_in_ledger("sandbox"))


if __name__ == "__main__":
    unittest.main()
