"""SIGHUP during a replay at speed 60: good changes take effect, bad ones change nothing."""

import re
import signal
import threading
import unittest

from replay_case import ReplayCase, wait_for


class Running:
    """A replay at speed 60 whose output is collected while it runs."""

    def __init__(self, case, config):
        self.process = case.start("run", config=config)
        self.lines = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        case.addCleanup(self.close)
        case.assertTrue(wait_for(lambda: self.has("XRP model 1 trained")), self.lines)

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def has(self, text, since=0):
        return any(text in line for line in self.lines[since:])

    def hup(self, case, answer):
        """Sends SIGHUP and returns what was printed up to the end of the answer."""
        since = len(self.lines)
        self.process.send_signal(signal.SIGHUP)
        case.assertTrue(wait_for(lambda: self.has(answer, since)), self.lines[since:])
        return since

    def stop(self, case):
        self.process.send_signal(signal.SIGTERM)
        case.assertEqual(self.process.wait(60), 130)
        self._reader.join(10)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(10)
        self.process.stdout.close()


class Reload(ReplayCase):
    def edit(self, path, old, new):
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new, 1))

    def test_a_good_change_shows_its_difference_and_takes_effect(self):
        config = self.sample_config()
        run = Running(self, config)
        self.edit(config, 'min_edge = 0.01', 'min_edge = 0.02')

        since = run.hup(self, "reload accepted")

        self.assertTrue(wait_for(lambda: run.has("break-even", since)), run.lines[since:])
        self.assertTrue(run.has("strategy.exercise.min_edge: 0.01 -> 0.02", since), run.lines[since:])
        self.assertTrue(wait_for(lambda: len(self.epochs()) == 2))
        before, after = self.epochs()
        self.assertNotEqual(before, after)
        self.assertTrue(wait_for(lambda: self.decisions()[-1:] == [after]), self.decisions()[-3:])
        self.assertEqual(sorted(set(self.decisions()), key=self.decisions().index), [before, after])
        run.stop(self)
        self.assertIn(" reload after ", self.journal("run").decode())

    def epochs(self):
        opened = re.findall(r"epoch_opened strategy=exercise\b.*?\bepoch=(\d+)", self.journal("run").decode())
        return [f"{int(epoch):016x}" for epoch in opened]

    def decisions(self):
        return re.findall(r" decision exercise BTC \w+ epoch (\w{16})", self.journal("run").decode())

    def test_bad_changes_are_refused_with_the_reason_and_change_nothing(self):
        config = self.sample_config()
        good = config.read_text()
        run = Running(self, config)
        bad = [
            ("unknown key", "min_edge = 0.03", "min_egde = 0.03", "min_edge"),
            ("wrong type", "min_edge = 0.03", 'min_edge = "much"', "strategy.s1.min_edge"),
            ("out of range", "ask_max = 0.95", "ask_max = 1.2", "strategy.s1.ask_max"),
            ("unprofitable by its own numbers", "min_edge = 0.03", "min_edge = 0.0", "s1"),
            ("broken file", "[risk]", "[risk", "changed.toml"),
            ("looser risk limit", "daily_loss_max = 100", "daily_loss_max = 200", "allow_loosening"),
            ("fixed for the process", "seed = 1", "seed = 2", "run.seed"),
        ]
        for name, old, new, expected in bad:
            with self.subTest(name):
                self.edit(config, old, new)
                since = run.hup(self, "reload refused")
                self.assertTrue(wait_for(lambda: run.has(expected, since)), run.lines[since:])
                config.write_text(good)
        run.stop(self)
        journal = self.journal("run").decode()
        self.assertNotIn(" reload after ", journal)
        self.assertEqual(journal.count("epoch_opened"), 5)

    def test_a_run_with_a_reload_is_repeated_with_it(self):
        config = self.sample_config()
        run = Running(self, config)
        self.edit(config, 'min_edge = 0.03', 'min_edge = 0.04')
        run.hup(self, "reload accepted")
        run.stop(self)
        self.assertTrue(run.has(f"goes on with: polyquant replay -c {self.work}/run/config.toml"), run.lines[-3:])

        done = self.replay("run", config=self.work / "run" / "config.toml", short=False)

        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("executed again and found equal", done.stdout)
        self.assertEqual(self.journal("run").decode().count(" reload after "), 1)
        self.digest("run")


class Stop(ReplayCase):
    def test_sigint_stops_in_order_and_the_run_goes_on_later(self):
        self.summary("calm")
        config = self.sample_config()
        run = Running(self, config)
        run.process.send_signal(signal.SIGINT)
        self.assertEqual(run.process.wait(60), 130)

        done = self.replay("run", config=config)

        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.digest("run"), self.digest("calm"))


if __name__ == "__main__":
    unittest.main()
