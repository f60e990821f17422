"""`polyquant run` against the sandbox: real TLS, HTTP and WebSockets between two processes."""

import collections
import decimal
import json
import pathlib
import re
import sqlite3
import subprocess
import tempfile
import unittest

from sandbox_case import BINARY, ROOT, start_sandbox

CONFIG = ROOT / "config/sandbox.toml"


def micros(text):
    """"978.128798" as 978128798."""
    return int(decimal.Decimal(text) * 1_000_000)


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

    def money_in_ledger(self, mode):
        """Cash, reserves and claims of all strategies, and what they were given, in micro-USDC; shares held, and shares and
        payout of each token that was settled."""
        with sqlite3.connect(f"file:{self.work / mode / 'ledger.sqlite'}?mode=ro", uri=True) as ledger:
            rows = dict(ledger.execute("SELECT kind, SUM(balance) FROM accounts GROUP BY kind").fetchall())
            held = dict(ledger.execute("SELECT token, SUM(shares) FROM positions GROUP BY token").fetchall())
            settled = ledger.execute("SELECT token, SUM(shares), SUM(payout) FROM settlements GROUP BY token").fetchall()
        money = rows["cash"] + rows.get("reserved", 0) + rows.get("redeemable", 0)
        held = {token: shares for token, shares in held.items() if shares}
        return money, -rows["capital"], held, {token: (shares, payout) for token, shares, payout in settled}

    def assert_equal_to_the_sandboxs_books(self, sandbox, mode="sandbox"):
        """The account's statement and the ledger to the micro: cash, and shares of every token, those of trades that are matched
        and not yet mined, too. Tokens of a market that is settled and not yet paid out are still in the wallet, and in the
        ledger a claim. What the sandbox paid out after the engine ended the ledger still holds as a position."""
        accounts = json.loads((sandbox.directory / "accounts.json").read_text())
        self.assertTrue(accounts["audit"]["balances"], accounts["audit"])
        (account,) = accounts["accounts"]
        money, capital, held, settled = self.money_in_ledger(mode)
        not_ours = micros(account["deposited"]) - capital
        owned, paid = collections.Counter(), {}
        for line in account["statement"]:
            if "token" not in line:
                continue
            owned[line["token"]] += micros(line["shares"])
            if line["kind"] == "payout":
                shares, cash = paid.get(line["token"], (0, 0))
                paid[line["token"]] = shares - micros(line["shares"]), cash + micros(line["cash"])
        held_there = {token: shares for token, shares in owned.items() if shares}
        for token in held_there.keys() - held.keys():
            held[token], payout = settled[token]
            money -= payout
        for token in held.keys() - held_there.keys():
            shares, cash = paid[token]
            self.assertEqual(shares, held.pop(token))
            money += cash
        self.assertEqual((micros(account["cash"]), held_there), (not_ours + money, held))
        return len([line for line in account["statement"] if line["kind"] in ("buy", "sell")])


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
