"""Same inputs, same bytes out."""

import unittest

from replay_case import ReplayCase


def kinds(journal, *wanted):
    """Records of these kinds without their numbers and checksums."""
    found = []
    for line in journal.decode().splitlines()[1:]:
        _, at, kind, rest = line.split(" ", 3)
        if kind in wanted:
            found.append((at, kind, rest.rsplit(" ~", 1)[0]))
    return found


class Determinism(ReplayCase):
    def test_the_same_tape_config_and_seed_give_the_same_journal_and_ledger(self):
        first = self.summary("first")
        self.summary("second")

        self.assertEqual(self.journal("first"), self.journal("second"))
        self.assertEqual(self.digest("first"), self.digest("second"))
        self.assertEqual(len(first["windows"]), 2)
        self.assertGreater(first["journal_records"], 1000)

    def test_another_seed_differs_only_where_latency_is_drawn(self):
        self.summary("one", "--seed", "1")
        self.summary("two", "--seed", "2")
        one, two = self.journal("one"), self.journal("two")

        self.assertNotEqual(one, two)
        for kind in ("input", "signal", "model"):
            self.assertEqual(kinds(one, kind), kinds(two, kind))
        self.assertNotEqual(
            [r for r in kinds(one, "fact") if "trade_matched" in r[2]],
            [r for r in kinds(two, "fact") if "trade_matched" in r[2]],
        )

    def test_running_a_finished_run_again_verifies_it(self):
        self.summary("run")
        before = self.journal("run"), self.digest("run")

        again = self.summary("run")

        self.assertEqual(again["journal_records_compared"], again["journal_records"])
        self.assertEqual((self.journal("run"), self.digest("run")), before)

    def test_a_run_of_another_config_is_refused_by_name(self):
        self.summary("run")

        other = self.replay("run", "--seed", "7")

        self.assertEqual(other.returncode, 2)
        self.assertIn("another run", other.stderr)
        self.assertIn("--fresh", other.stderr)

    def test_a_journal_that_was_tampered_with_stops_the_run(self):
        self.summary("run")
        path = self.work / "run" / "journal.log"
        text = path.read_bytes()
        path.write_bytes(text.replace(b"order_sent", b"order_lost", 1))

        again = self.replay("run")

        self.assertNotEqual(again.returncode, 0)
        self.assertIn("journal", again.stdout + again.stderr)


if __name__ == "__main__":
    unittest.main()
