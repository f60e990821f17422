"""Values from outside, from training to a replay and a live run, with the real program on made-up bars."""

import datetime
import json
import pathlib
import random
import re
import subprocess
import unittest

from live_test import CONFIG as SANDBOX_CONFIG
from replay_case import BINARY, ReplayCase
from sandbox_case import start_sandbox

START = datetime.datetime(2026, 3, 28, tzinfo=datetime.timezone.utc)
DAYS = 16


def utc(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def make_up(folder):
    """A random walk of BTC, and every five minutes a column of noise and one that knows a little of what comes."""
    dice = random.Random(11)
    price = 70_000.0
    bars, values = ["open_time_ms,open,high,low,close,volume"], ["published_at,noise,knows"]
    for window in range(DAYS * 288):
        began = START + datetime.timedelta(minutes=5 * window)
        first = price
        for minute in range(5):
            path = [price]
            for _ in range(4):
                path.append(path[-1] * (1 + dice.gauss(0, 3e-4)))
            price = path[-1]
            opened = int((began + datetime.timedelta(minutes=minute)).timestamp() * 1000)
            bars.append(f"{opened},{path[0]:.2f},{max(path):.2f},{min(path):.2f},{price:.2f},1")
        known = 1000 + 300 * ((0.4 if price >= first else -0.4) + dice.gauss(0, 1))
        values.append(f"{utc(began)},{dice.gauss(0, 1):.4f},{known:.2f}")
    (folder / "BTCUSDT-1m-made-up.csv").write_text("\n".join(bars) + "\n")
    (folder / "values.csv").write_text("\n".join(values) + "\n")


def forecasts(journal):
    """P(UP) at each sampled moment of BTC's windows, as strategies were told."""
    told = {}
    for window, samples in re.findall(r" window_forecast .*asset=BTC.*window_start=(\d+).*samples=(\S+)", journal):
        for sample in samples.split(","):
            left, up = sample.split(":")[:2]
            if up != "-":
                told[int(window) // 10**9, int(left) // 1000] = float(up)
    return told


class OutsideTest(ReplayCase):
    def setUp(self):
        super().setUp()
        make_up(self.work)

    def polyquant(self, *args, code=0):
        done = subprocess.run(
            [str(part) for part in (BINARY, *args)], capture_output=True, text=True, timeout=300, cwd=self.work
        )
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def train(self, style, code=0, values="values.csv"):
        return self.polyquant(
            "train", style, "--kind", "closed_form", "--style", style, "--tune-days", 2, "--bars", self.work,
            "--external", values, "--external-age", 600, code=code,
        )

    def model_section(self, values):
        return (
            f'[model]\nkind = "trained"\ntrained_models = "{self.work}/trained-models"\n'
            f'external_file = "{self.work / values}"\n'
        )

    def test_a_column_that_helps_changes_what_a_replay_promises(self):
        trained = self.train("spot")
        self.assertIn("outside     knows, fresh for 600 s", trained)
        self.assertRegex(trained, r"external_knows_kept +1\b")
        self.assertRegex(trained, r"external_noise_kept +0\b")
        self.assertIn("give --external", self.polyquant("models", "compare", "spot", "--bars", self.work, code=1))
        self.polyquant("models", "promote", "spot", "--force")

        def promised(name, text):
            (self.work / f"{name}.csv").write_text(text)
            config = self.sample_config(edits=[("[model]\n", self.model_section(f"{name}.csv"))])
            self.summary(name, config=config)
            journal = self.journal(name).decode()
            self.assertRegex(journal, r" trained BTC spot spot outside:\w{16} \w{16}")
            return forecasts(journal)

        # Known from 100 seconds before the first window's close, for ten minutes.
        at = "2026-04-15T12:18:20Z"
        none = promised("none", "published_at,knows\n2026-04-01T00:00:00Z,1500\n")
        high = promised("high", f"published_at,knows\n{at},1500\n")
        low = promised("low", f"published_at,knows\n{at},500\n")

        self.assertEqual(none.keys(), high.keys())
        self.assertEqual(none.keys(), low.keys())
        first = min(window for window, _ in none)
        before = [key for key in none if key[0] == first and key[1] > 100]
        after = [key for key in none if key[0] > first or key[1] < 100]
        self.assertGreaterEqual(len(before), 3)
        self.assertGreaterEqual(len(after), 12)
        for moment in before:
            self.assertEqual({high[moment], low[moment]}, {none[moment]}, "a value used before it was known")
        for moment in after:
            self.assertLess(low[moment], none[moment])
            self.assertLess(none[moment], high[moment])

    def test_mistakes_in_the_file_are_named(self):
        lines = (self.work / "values.csv").read_text().splitlines()
        for name, line, why in (
            ("unsorted", lines[1], "sort the file by published_at"),
            ("twice", lines[-1], "sort the file by published_at"),
            ("nan", "2026-05-01T00:00:00Z,nan,1", "'nan' is no finite number"),
            ("seconds", "1777593600,1,1", "'1777593600' is no UTC time or Unix milliseconds"),
            ("short", "2026-05-01T00:00:00Z,1", "2 cells, 3 expected"),
        ):
            with self.subTest(name):
                (self.work / "bad.csv").write_text("\n".join([*lines, line]) + "\n")
                said = self.train("spot", code=3, values="bad.csv")
                self.assertIn(f"bad.csv:{len(lines) + 1}", said)
                self.assertIn(why, said)
        (self.work / "old.csv").write_text("\n".join(lines[: len(lines) // 4]) + "\n")
        self.assertIn("is stale", self.train("spot", code=1, values="old.csv"))

    def test_a_live_run_follows_the_file_and_keeps_what_it_knew(self):
        self.train("average")
        self.polyquant("models", "promote", "average", "--force")
        start = datetime.datetime(2026, 11, 23, 12, 3, tzinfo=datetime.timezone.utc)
        minutes = [start + datetime.timedelta(minutes=m) for m in range(-30, 30)]
        published = "".join(f"{utc(m)},{1000 + 10 * i}\n" for i, m in enumerate(minutes))
        (self.work / "live.csv").write_text("published_at,knows\n" + published)
        config = self.work / "live.toml"
        config.write_text(SANDBOX_CONFIG.read_text().replace("[model]\n", self.model_section("live.csv"), 1))
        sandbox = start_sandbox(self, "--speed", "12", "--expiry-markets", "0", "--start", utc(start))
        run = self.work / "paper"

        said = self.polyquant("run", config, sandbox.directory / "endpoints.toml", "--dir", run, "--for", "7m", "--json")
        sandbox.stop()

        self.assertFalse(json.loads(said[: said.rindex("}") + 1])["trading_halted"])
        (journal,) = (run / "journal").glob("*.log")
        lines = journal.read_text().splitlines()
        self.assertEqual(len([line for line in lines if re.search(r" trained BTC average average outside:\w{16} ", line)]), 1)
        told = [line for line in lines if re.search(r"Z outside \w{16}", line)]
        self.assertGreaterEqual(len(told), 3, "values that came while it ran")
        self.assertGreater(len(forecasts("\n".join(lines))), 0)
        kept = run / "models" / journal.stem
        copied = (kept / "external.csv").read_text().splitlines()
        self.assertEqual(copied[0], "published_at,knows")
        times = [line.split(",")[0] for line in copied[1:]]
        self.assertEqual(times, sorted(set(times)))
        began = lines[1].split()[1]
        # What it could ask for at its start: ten minutes and five more for the change.
        self.assertLessEqual(len([t for t in times if t < began]), 16)
        self.assertEqual(len([t for t in times if t > began]), len(told))
        (self.work / "live.csv").unlink()
        (self.work / "trained-models").rename(self.work / "elsewhere")
        tapes = sorted((run / "tape").glob("*.tape"))
        self.polyquant("replay", *tapes, "-c", run / "config.toml", "--speed", "max", "--dir", self.work / "again")
        again = self.journal("again").decode()
        self.assertRegex(again, r" trained BTC average average outside:\w{16} ")
        same = forecasts(again)
        shared = [key for key, up in forecasts("\n".join(lines)).items() if abs(same.get(key, 2) - up) < 0.02]
        self.assertGreaterEqual(len(shared), 4)


if __name__ == "__main__":
    unittest.main()
