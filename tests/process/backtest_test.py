"""Backtests with the models of a registry."""

import json
import subprocess
import unittest

from replay_case import BINARY, ROOT, SAMPLE, SHORT, ReplayCase

BARS = [ROOT / f"data/sample/{coin}-1m-bars.tape" for coin in ("btc", "eth")]


class TrainedModels(ReplayCase):
    def polyquant(self, *words, code=0):
        done = subprocess.run([str(BINARY), *map(str, words)], capture_output=True, text=True, timeout=300, cwd=self.work)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def train(self, until):
        self.polyquant("train", "plain", "--kind", "closed_form", "--until", until, "--tune-days", 1, "--bars", *BARS)
        self.polyquant("models", "promote", "plain", "--force")

    def backtest(self, name, *more, code=0):
        return self.polyquant("backtest", "-c", SAMPLE, "--set", "model.kind=trained", *SHORT, "--dir", self.work / name, *more, code=code)

    def test_a_promoted_model_decides_and_stays_with_the_run(self):
        self.train("2026-04-10")
        self.backtest("first")
        record = json.loads((self.work / "first/run.json").read_text())
        self.assertRegex(record["models"], r"^frozen, trained before the first window: BTC spot plain [0-9a-f]+$")

        # Another model is promoted meanwhile: the run that is started again keeps its own.
        self.polyquant("train", "other", "--until", "2026-04-11", "--tune-days", 1, "--bars", *BARS)
        self.polyquant("models", "promote", "other", "--force")
        self.backtest("second")
        self.backtest("first")
        self.assertEqual(json.loads((self.work / "first/run.json").read_text())["models"], record["models"])
        self.assertNotEqual(self.digest("first"), self.digest("second"))

    def test_a_model_that_has_seen_the_days_is_refused(self):
        self.train("2026-04-16")
        text = self.backtest("refused", code=2)
        self.assertIn("was trained on bars up to 2026-04-1", text)
        self.assertIn("--until 2026-04-15T12:15:00Z", text)

    def test_without_a_promoted_model_nothing_is_traded(self):
        self.assertIn("no_signal", self.backtest("none"))
        record = json.loads((self.work / "none/run.json").read_text())
        self.assertEqual(record["models"], "frozen, trained before the first window: none")


if __name__ == "__main__":
    unittest.main()
