"""Every fault the sandbox knows, one after another, in one run of the engine against it."""

import bisect
import collections
import datetime
import json
import sqlite3
import subprocess
import unittest

from live_test import CONFIG, LiveCase
from sandbox_case import BINARY, start_sandbox

# In the sandbox's time. Each fault is over well before the next one begins.
FIRST = 300
SPACING = 55
LENGTH = 25
FAULTS = [
    "service=clob path=/order fault=hang_before",
    "service=clob path=/order fault=accept_then_time_out",
    "service=clob path=/order fault=accept_then_reset",
    "service=gamma fault=hang_during",
    "service=clob path=/book fault=hang_after",
    "service=gamma fault=reset_before",
    "service=website fault=reset_during",
    "service=gamma fault=drip",
    "service=clob path=/order fault=server_error status=503",
    "service=clob path=/order fault=rate_limit",
    "service=gamma fault=garbage",
    "service=clob path=/order fault=truncated_json",
    "service=gamma fault=unknown_fields",
    "service=clob_stream fault=freeze_topic",
    "service=clob_stream fault=duplicate",
    "service=clob_stream fault=reorder",
    "service=clob_stream fault=lose p=0.2",
    "service=clob_stream fault=reset_socket",
    "service=clob_stream fault=wrong_hash",
    "service=clob fault=wrong_host",
    "service=gamma fault=expired",
    "service=clob_stream fault=unknown_authority",
    "service=clob fault=clock_offset offset=-5s",
    "service=clob fault=match_then_fail",
    "service=clob fault=resolve_late delay=2m",
    "service=clob fault=resolve_flipped",
    "service=clob fault=restart",
]
# One window long, so that every call of these services fails until their breakers have to open.
OUTAGES = [
    "service=clob fault=server_error status=502",
    "service=gamma fault=server_error status=502",
]
OUTAGE_LENGTH = 300


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class History:
    """When each topic was healthy and each book was heard of, as the run's own tape has it."""

    def __init__(self, tapes):
        listed = subprocess.run([BINARY, "tape", "cat", *map(str, tapes)], capture_output=True, text=True, timeout=300)
        self.states = collections.defaultdict(list)
        self.books = collections.defaultdict(list)
        for line in listed.stdout.splitlines():
            _, at, kind, rest = line.split(" ", 3)
            if kind == "feed_state" and rest.startswith("clob.market/"):
                topic, state = rest[len("clob.market/") :].split(" ", 2)[:2]
                self.states[topic].append((seconds(at), state == "healthy"))
            elif kind in ("book_snapshot", "book_change"):
                self.books[rest.split(" ", 1)[0]].append(seconds(at))

    def was_healthy(self, token, at):
        """A topic says nothing before its first trouble: healthy from its first book on."""
        index = bisect.bisect_right(self.states[token], (at, True)) - 1
        return index < 0 or self.states[token][index][1]

    def book_age(self, token, at):
        times = self.books[f"{token[:4]}..{token[-4:]}"]
        index = bisect.bisect_right(times, at) - 1
        return at - times[index] if index >= 0 else float("inf")


class EveryFault(LiveCase):
    def test_the_engine_goes_on_and_decides_on_nothing_doubtful(self):
        lines = [f"at {FIRST + i * SPACING}s for {LENGTH}s {fault}" for i, fault in enumerate(FAULTS)]
        outages = FIRST + len(FAULTS) * SPACING
        lines += [f"at {outages}s for {OUTAGE_LENGTH}s {fault}" for fault in OUTAGES]
        (self.work / "faults").write_text("\n".join(lines) + "\n")
        sandbox = start_sandbox(
            self, "--speed", "12", "--expiry-markets", "0", "--start", "2026-11-23T12:03:00Z",
            "--faults", str(self.work / "faults"),
        )
        whole = outages + OUTAGE_LENGTH + 540

        summary = self.run_engine(sandbox, "sandbox", f"{whole}s")
        sandbox.stop()

        print("loop lag, ms:", json.dumps(summary["loop_lag_ms"]), flush=True)
        print("breakers opened:", json.dumps(summary["breaker_openings"]), flush=True)
        for fault in FAULTS:
            self.assertRegex(sandbox.output, rf"fault ends: .*{fault.split(' p=')[0]}")
        opened = set(summary["breaker_openings"])
        self.assertIn("gamma", opened)
        self.assertTrue(any(group.startswith("clob.") for group in opened), opened)
        self.assertFalse(summary["trading_halted"], summary)
        self.assertEqual(set(summary["breakers"].values()), {"closed"}, summary["breakers"])
        self.assertGreater(sum(s["orders_filled"] for s in summary["strategies"]), 0, summary)
        self.check(self.work / "sandbox")
        self.assert_no_decision_on_doubtful_data()
        self.assert_equal_to_the_sandboxs_books(sandbox)

    def assert_no_decision_on_doubtful_data(self):
        history = History(self.tapes("sandbox"))
        with sqlite3.connect(f"file:{self.work / 'sandbox' / 'ledger.sqlite'}?mode=ro", uri=True) as ledger:
            orders = ledger.execute("SELECT token, decided_ns FROM orders").fetchall()
        self.assertGreater(len(orders), 0)
        for token, decided_ns in orders:
            at = decided_ns / 1e9
            self.assertTrue(history.was_healthy(token, at), (token, at))
            self.assertLessEqual(history.book_age(token, at), 10.0, (token, at))


if __name__ == "__main__":
    unittest.main()
