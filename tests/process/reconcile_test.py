"""`polyquant reconcile`: every cent of a sandbox session, and the row from which one is taken."""

import datetime
import json
import shutil
import sqlite3
import subprocess
import unittest

from live_test import LiveCase
from sandbox_case import BINARY, start_sandbox

# The first whole window of each coin ends in its own way. Fills fail on the way, too.
WINDOW = int(datetime.datetime(2026, 11, 23, 12, 5, tzinfo=datetime.timezone.utc).timestamp())
ENDS = {
    "btc": "fault=resolve_half",
    "eth": "fault=resolve_reversed delay=90s",
    "sol": "fault=resolve_void delay=60s",
    "xrp": "fault=resolve_disputed delay=2m",
}


class Reconcile(LiveCase):
    def reconcile(self, sandbox, directory, *options):
        command = [BINARY, "reconcile", directory, "--sandbox", sandbox.directory, *options]
        return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120)

    def opened(self, directory="sandbox", mode="ro"):
        return sqlite3.connect(f"file:{self.ledger(directory)}?mode={mode}", uri=True)

    def test_odd_ends_are_booked_right_and_every_cent_is_explained(self):
        faults = self.work / "faults"
        lines = [f"at 0s count=1 topic={coin}-updown-5m-{WINDOW} {fault}" for coin, fault in ENDS.items()]
        faults.write_text("\n".join([*lines, "at 60s count=2 fault=match_then_fail"]) + "\n")
        sandbox = start_sandbox(
            self, "--speed", "12", "--expiry-markets", "0", "--start", "2026-11-23T12:03:00Z", "--faults", str(faults)
        )

        summary = self.run_engine(sandbox, "sandbox", "17m")
        running = self.reconcile(sandbox, self.work / "sandbox")
        sandbox.stop()
        ended = self.reconcile(sandbox, self.work / "sandbox", "--json")

        self.assertGreater(sum(s["orders_filled"] for s in summary["strategies"]), 0, summary)
        self.assertEqual(running.returncode, 0, running.stdout + running.stderr)
        self.assertRegex(running.stdout, r"clob .* collateral")
        self.assertRegex(running.stdout, r"sandbox .* collateral")
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assertEqual(json.loads(ended.stdout)["unexplained"], 0)
        self.check(self.work / "sandbox")
        self.assert_equal_to_the_sandboxs_books(sandbox)
        self.assert_ends_are_on_record()
        self.assert_one_micro_is_missed(sandbox)

    def assert_ends_are_on_record(self):
        with self.opened() as ledger:
            winners = dict(ledger.execute("SELECT slug, winner FROM windows"))
            words = ledger.execute("SELECT slug, source, ruling FROM outcomes ORDER BY seq").fetchall()
        first = {coin: f"{coin}-updown-5m-{WINDOW}" for coin in ENDS}
        traded = {slug for slug, _, _ in words}
        self.assertTrue(traded & set(first.values()), (first, words))
        if first["btc"] in traded:
            self.assertEqual(winners[first["btc"]], "SPLIT")
            self.assertIn((first["btc"], "clob", "HALF"), words)
        if first["sol"] in traded:
            self.assertEqual(winners[first["sol"]], "SPLIT")
        if first["eth"] in traded:
            said = [ruling for slug, source, ruling in words if slug == first["eth"] and source == "clob"]
            self.assertEqual(len(said), 2, words)
            self.assertEqual(winners[first["eth"]], said[-1])
            self.assertNotEqual(said[0], said[1])
        if first["xrp"] in traded:
            self.assertIn((first["xrp"], "gamma", "DISPUTED"), words)

    def assert_one_micro_is_missed(self, sandbox):
        copy = self.work / "tampered"
        shutil.copytree(self.work / "sandbox", copy)
        with self.opened("tampered", "rw") as ledger:
            seq, order = ledger.execute("SELECT seq, order_id FROM fills WHERE state = 'confirmed' LIMIT 1").fetchone()
            ledger.execute("UPDATE fills SET cost = cost - 1 WHERE seq = ?", (seq,))

        found = self.reconcile(sandbox, copy)

        self.assertEqual(found.returncode, 1, found.stdout + found.stderr)
        self.assertRegex(found.stdout, rf"UNEXPLAINED fills order_id={order}.*: cost is")
        self.assertRegex(found.stdout, rf"UNEXPLAINED cost of fact {seq}|dust")

    def test_a_directory_without_a_ledger_is_refused(self):
        refused = subprocess.run([BINARY, "reconcile", self.work], capture_output=True, text=True, timeout=60)

        self.assertEqual(refused.returncode, 2, refused.stdout)
        self.assertIn("does not exist", refused.stderr)


if __name__ == "__main__":
    unittest.main()
