"""What a user gets wrong, and what a disk does."""

import os
import pty
import re
import resource
import select
import subprocess
import unittest

from replay_case import BINARY, ROOT, SAMPLE, SHORT, ReplayCase


class BadInput(ReplayCase):
    def test_every_problem_of_a_config_is_reported_at_once_with_its_place(self):
        config = self.sample_config(
            edits=[
                ("min_edge = 0.03", "min_egde = 0.03"),
                ("ask_max = 0.95", "ask_max = 1.2"),
                ("daily_loss_max = 100", 'daily_loss_max = "lots"'),
            ]
        )

        done = self.replay("run", config=config)

        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"changed\.toml:\d+.*min_egde")
        self.assertIn("min_edge", done.stderr)
        self.assertRegex(done.stderr, r"changed\.toml:\d+.*ask_max.*1\.2")
        self.assertRegex(done.stderr, r"changed\.toml:\d+.*daily_loss_max")
        self.assertFalse((self.work / "run").exists())

    def test_a_damaged_tape_is_used_up_to_the_damage_and_said_so(self):
        whole = (ROOT / "data/sample/btc5m-book-20260415.tape").read_bytes()
        cut = self.work / "cut.tape"
        cut.write_bytes(whole[: len(whole) // 4])
        bars = [ROOT / f"data/sample/{coin}-1m-bars.tape" for coin in ("btc", "eth", "sol", "xrp")]
        command = [BINARY, "replay", *bars, cut, "-c", SAMPLE, "--speed", "max", "--dir", self.work / "run"]

        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=120)

        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"tape: .*cut\.tape: .*byte \d+")
        self.assertIn("windows settled", done.stdout)

    def test_a_full_disk_halts_trading_and_leaves_the_ledger_consistent(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

        done = self.replay("run", preexec_fn=limit)

        self.assertEqual(done.returncode, 5, done.stdout + done.stderr)
        self.assertIn("TRADING HALTED storage", done.stdout)
        self.digest("run")

    def test_after_a_full_disk_the_run_goes_on_where_it_stopped(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

        self.summary("calm")
        self.replay("run", preexec_fn=limit)

        self.summary("run")

        self.assertEqual(self.digest("run"), self.digest("calm"))
        self.assertEqual(self.journal("run"), self.journal("calm"))

    def test_a_second_writer_is_refused(self):

        first = self.start("run", speed="1")
        self.addCleanup(lambda: (first.kill(), first.wait(), first.stdout.close()))
        self.assertIn("trained", first.stdout.readline())

        second = self.replay("run")

        self.assertNotEqual(second.returncode, 0)
        self.assertRegex(second.stderr, r"lock|another|pid|process")

    def test_no_config_and_unknown_commands_are_usage_errors(self):
        for words in ([], ["replay"], ["fly"], ["replay", "-c", "/nonexistent.toml"]):
            with self.subTest(words):
                done = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 2)


class Terminal(ReplayCase):
    def test_on_a_terminal_the_status_is_redrawn_in_place(self):
        reader, writer = pty.openpty()
        command = [BINARY, "replay", "-c", SAMPLE, "--speed", "300", "--dir", self.work / "run", *SHORT]
        process = subprocess.Popen([str(c) for c in command], stdout=writer, stderr=writer, stdin=subprocess.DEVNULL)
        os.close(writer)
        shown = b""
        while process.poll() is None or select.select([reader], [], [], 0)[0]:
            if not select.select([reader], [], [], 30)[0]:
                break
            try:
                piece = os.read(reader, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        os.close(reader)
        text = shown.decode()

        self.assertEqual(process.wait(60), 0)
        self.assertRegex(text, "\x1b\\[\\d+A")
        self.assertRegex(text, r"BTC +\d+s strike \d+\.\d\d spot \d+\.\d\d +P\(UP\) 0\.\d{3}")
        self.assertRegex(text, r"UP 0\.\d+/0\.\d+ [+-]\d+\.\dc")
        self.assertRegex(text, r"replay x300 2026-04-15T12:1\d:\d\d UTC .*breakers ok")
        lines = re.split(r"[\r\n]+", text)
        self.assertTrue(any(line.startswith("strategy ") for line in lines), "no dashboard table")


if __name__ == "__main__":
    unittest.main()
