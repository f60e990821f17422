"""A run killed at any journal record and started again ends as if nothing had happened."""

import os
import unittest

from replay_case import KILLED, ReplayCase


class Crash(ReplayCase):
    # Every record that moves money or orders, and a spread of the others; PQ_CRASH_EVERY=1 takes all.
    def points(self, journal):
        lines = journal.decode().splitlines()[1:]
        every = int(os.environ.get("PQ_CRASH_EVERY", "151"))
        chosen = set(range(1, len(lines) + 1, every))
        for line in lines:
            number, _, kind, _ = line.split(" ", 3)
            if kind in ("fact", "model", "signal"):
                chosen.add(int(number))
        return sorted(chosen)

    def test_killed_at_a_record_and_restarted_the_ledger_is_the_same(self):
        self.summary("calm")
        calm = self.journal("calm"), self.digest("calm")
        points = self.points(calm[0])

        for record in points:
            with self.subTest(record=record):
                killed = self.replay("crash", "--fresh", "--crash-after-record", str(record))
                self.assertEqual(killed.returncode, KILLED)
                again = self.summary("crash")
                self.assertEqual(self.journal("crash"), calm[0])
                self.assertEqual(self.digest("crash"), calm[1])
                self.assertLessEqual(again["journal_records_compared"], record)
        print(f"crash points covered: {len(points)} of {calm[0].count(b'~') - 1} records")

    def test_killed_again_and_again_it_still_arrives(self):
        self.summary("calm")

        for record in (40, 400, 900, 1800, 2500):
            killed = self.replay("crash", "--crash-after-record", str(record))
            self.assertEqual(killed.returncode, KILLED)
        self.summary("crash")

        self.assertEqual(self.journal("crash"), self.journal("calm"))
        self.assertEqual(self.digest("crash"), self.digest("calm"))


if __name__ == "__main__":
    unittest.main()
