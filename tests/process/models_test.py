"""Training, comparing and promoting models with the real program on the bundled bars."""

import json
import os
import pathlib
import re
import subprocess
import unittest

from reload_test import Running
from replay_case import BINARY, ROOT, ReplayCase, wait_for

SAMPLE_BARS = [ROOT / f"data/sample/{coin}-1m-bars.tape" for coin in ("btc", "eth")]


def resealed(text, old, new):
    """The model file with its contents edited and the checksum made to fit (models/fingerprint.hpp)."""
    head, body = text.rstrip("\n").split(',"model":', 1)
    assert old in body, old
    body = body[:-1].replace(old, new, 1)
    state = 0xCBF29CE484222325
    for byte in body.encode():
        state = (state ^ byte) * 0x100000001B3 % 2**64
        state ^= state >> 32
    return re.sub(r'"checksum":"\w{16}"', f'"checksum":"{state:016x}"', head) + f',"model":{body}}}\n'


class ModelsTest(ReplayCase):
    def polyquant(self, *args, code=0):
        environment = {key: value for key, value in os.environ.items() if key != "PQ_LIGHTGBM"}
        done = subprocess.run(
            [str(BINARY), *map(str, args)],
            capture_output=True,
            text=True,
            timeout=300,
            cwd=self.work,
            env=environment,
        )
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def train(self, name, *options, code=0):
        return self.polyquant(
            "train", name, "--until", "2026-04-10", "--tune-days", 1, *options, "--bars", *SAMPLE_BARS, code=code
        )

    def promotions(self):
        text = (self.work / "trained-models/promotions.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def test_models_are_trained_compared_promoted_and_listed(self):
        trained = self.train("plain", "--kind", "closed_form")
        self.assertIn("polyquant train plain --asset BTC --kind closed_form", trained)
        self.assertNotIn(str(ROOT), trained)
        self.train("corrected")
        self.assertIn("exists already", self.train("plain", code=1))

        promoted = self.polyquant("models", "promote", "plain", "--bars", *SAMPLE_BARS)
        self.assertIn("plain against nothing (promises 0.5)", promoted)
        self.assertIn("plain is better", promoted)
        self.assertIn("plain is in use for BTC with spot outcomes\n", promoted)

        compared = self.polyquant("models", "compare", "corrected", "plain", "--bars", *SAMPLE_BARS)
        self.assertIn("corrected against plain", compared)
        refused = self.polyquant("models", "promote", "corrected", "--bars", *SAMPLE_BARS, code=1)
        self.assertIn("not shown to beat plain", refused)
        self.assertRegex(self.polyquant("models", "list"), r"plain +in use +BTC spot closed_form")

        forced = self.polyquant("models", "promote", "corrected", "--force", "--bars", *SAMPLE_BARS)
        self.assertIn("forced, and recorded", forced)
        listed = self.polyquant("models", "list")
        self.assertRegex(listed, r"corrected +in use +BTC spot logistic")
        self.assertNotRegex(listed, r"plain +in use")
        first, second = self.promotions()
        self.assertEqual((first["model"], first["forced"], first["instead_of"]), ("plain", False, ""))
        self.assertEqual((second["model"], second["forced"], second["instead_of"]), ("corrected", True, "plain"))
        self.assertFalse(second["comparison"]["won"])
        self.assertGreaterEqual(second["comparison"]["days"], 5)

        shown = self.polyquant("models", "show", "corrected")
        for part in ("checksum", "hash", "library", "log_odds", "calibrator", "2026-04-10T00:00:00Z"):
            self.assertIn(part, shown)

    def test_a_corrupted_model_is_refused_and_the_one_in_use_stays(self):
        self.train("plain", "--kind", "closed_form")
        self.train("broken", "--kind", "closed_form")
        self.polyquant("models", "promote", "plain", "--force")
        path = self.work / "trained-models/broken/model.json"
        text = path.read_text()
        path.write_text(text.replace('"calibrator":"moments ', '"calibrator":"moments 1', 1))

        for command in (["show", "broken"], ["promote", "broken", "--force"], ["compare", "broken", "--bars", SAMPLE_BARS[0]]):
            self.assertIn("damaged: checksum", self.polyquant("models", *command, code=3))

        listed = self.polyquant("models", "list", code=3)
        self.assertRegex(listed, r"plain +in use")
        self.assertRegex(listed, r"broken +UNUSABLE")
        self.assertEqual(len(self.promotions()), 1)

    def test_mistakes_are_explained(self):
        self.assertIn("--bars", self.polyquant("train", "x", code=2))
        self.assertIn("boosting", self.polyquant("train", "--help"))
        self.assertIn("promote", self.polyquant("models", "--help"))
        self.assertIn("--books", self.polyquant("evaluate", "--help"))
        self.assertIn("no such model", self.polyquant("models", "show", "x", code=1))
        self.assertIn("no models in trained-models", self.polyquant("models", "list"))
        self.assertIn("at least", self.polyquant("train", "x", "--until", "2026-04-06", "--bars", *SAMPLE_BARS, code=1))
        self.assertIn("is none", self.train("../x", code=1))
        self.assertIn(
            "neither a tape nor a CSV file",
            self.polyquant("train", "x", "--bars", ROOT / "README.md", code=1),
        )
        self.assertIn(
            "tools/fetch_lightgbm",
            self.train("x", "--kind", "boosting", "--lightgbm", "/nowhere/lib_lightgbm.so", code=1),
        )
        self.assertIn("give --bars", self.polyquant("models", "promote", "x", code=2))

    def test_strategies_trade_on_the_window_model_when_told_to(self):
        config = self.sample_config(edits=[("[model]\n", '[model]\nkind = "window"\n')])

        self.summary("first", config=config)
        self.summary("again", config=config)

        self.assertEqual(self.digest("first"), self.digest("again"))
        self.summary("baseline")
        self.assertNotEqual(self.digest("first"), self.digest("baseline"))

    def test_quotes_are_blended_only_in_windows_after_the_fitted_ones(self):
        window = '[model]\nkind = "window"\n'
        blend = ROOT / "data/sample/blend-btc-202604.json"
        on = window + f'market_blend = "on"\nmarket_blend_file = "{blend}"\n'
        self.summary("own", config=self.sample_config(edits=[("[model]\n", window)]))
        config = self.sample_config(edits=[("[model]\n", on)])

        self.summary("blended", config=config)
        self.summary("again", config=config)

        self.assertIn(" blend BTC spot closed_form: ", self.journal("blended").decode())
        self.assertEqual(self.digest("blended"), self.digest("again"))
        self.assertNotEqual(self.digest("blended"), self.digest("own"))
        damaged = self.work / "damaged.json"
        damaged.write_text(blend.read_text().replace('"intercept":"', '"intercept":"1', 1))
        done = self.replay("bad", config=self.sample_config(edits=[("[model]\n", on.replace(str(blend), str(damaged)))]))
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("damaged", done.stderr)

    def test_a_refused_model_changes_nothing_and_a_good_one_takes_over(self):
        self.train("plain", "--kind", "closed_form")
        self.train("corrected")
        self.polyquant("models", "promote", "plain", "--force")
        folder = self.work / "trained-models"
        config = self.sample_config(
            edits=[("[model]\n", f'[model]\nkind = "trained"\ntrained_models = "{folder}"\n')]
        )
        run = Running(self, config)
        path = folder / "plain/model.json"
        good = path.read_text()
        first, second = json.loads(good)["model"]["features"][:2]
        lists = [r"the model's \(\d+, hash \w{16}\)", r"the engine's \(\d+, hash \w{16}\): " + f"{first}, {second}, "]
        refused = {
            "damaged": (good.replace('"calibrator":"moments ', '"calibrator":"moments 1', 1), ["damaged: checksum"]),
            "cut short": (good[:-40], ["no complete JSON"]),
            "other order": (resealed(good, f'"{first}","{second}"', f'"{second}","{first}"'), lists),
            "other features": (resealed(good, f'["{first}",', "["), lists),
            "other scale": (resealed(good, '"calibrator":"moments ', '"calibrator":"moments 1 '), ["calibrator: "]),
        }
        for name, (text, why) in refused.items():
            with self.subTest(name):
                path.write_text(text)
                since = run.hup(self, "trained models refused, those in use stay")
                for pattern in why:
                    found = wait_for(lambda: any(re.search(pattern, line) for line in run.lines[since:]))
                    self.assertTrue(found, (pattern, run.lines[since:]))
        path.write_text(good)
        self.polyquant("models", "promote", "corrected", "--force")
        since = run.hup(self, "trained models from now on: BTC spot corrected")
        run.stop(self)

        journal = self.journal("run").decode()
        self.assertEqual(len(re.findall(r" trained BTC spot ", journal)), 2)
        self.assertIn(" reload after ", journal)
        done = self.replay("run", config=self.work / "run" / "config.toml", short=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("executed again and found equal", done.stdout)

    def test_values_from_outside_are_used_while_fresh_and_kept_with_the_run(self):
        self.train("plain", "--kind", "closed_form")
        self.polyquant("models", "promote", "plain", "--force")
        folder = self.work / "trained-models"
        path = folder / "plain/model.json"
        external = '"external":{"names":["tps"],"age_max_s":"600","cells":[["100","10","0.5"],["0","1","0"],["0","1","0"]]}'
        path.write_text(resealed(path.read_text(), '"calibrator":', f'{external},"calibrator":'))
        self.assertIn("outside     tps, fresh for 600 s", self.polyquant("models", "show", "plain"))
        kind = f'[model]\nkind = "trained"\ntrained_models = "{folder}"\n'
        refused = self.replay("unnamed", config=self.sample_config(edits=[("[model]\n", kind)]))
        self.assertEqual(refused.returncode, 2, refused.stdout + refused.stderr)
        self.assertIn("external_file", refused.stderr)

        def run(name, first):
            values = self.work / f"{name}.csv"
            hours = "".join(f"2026-04-{d}T{h:02}:{m:02}:00Z,130\n" for d in (14, 15) for h in range(24) for m in range(0, 60, 5))
            values.write_text("published_at,tps\n" + first + hours * (first == ""))
            named = kind + f'external_file = "{values}"\n'
            self.summary(name, config=self.sample_config(edits=[("[model]\n", named)]))
            return values

        values = run("fresh", "")
        run("stale", "2026-04-01T00:00:00Z,130\n")

        told = {name: re.findall(r" window_forecast .*\tsamples=(\S+)", self.journal(name).decode()) for name in ("fresh", "stale")}
        self.assertNotEqual(told["fresh"], told["stale"])
        self.assertRegex(self.journal("fresh").decode(), r" trained BTC spot plain outside:\w{16} \w{16}")
        values.write_text("published_at,tps\n2026-04-14T00:00:00Z,1\n")
        done = self.replay("fresh", config=self.work / "fresh/config.toml")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"(\d+) of \1 journal records had been written before and were found equal")

    def test_a_run_does_not_start_on_a_damaged_model(self):
        self.train("plain", "--kind", "closed_form")
        self.polyquant("models", "promote", "plain", "--force")
        folder = self.work / "trained-models"
        path = folder / "plain/model.json"
        path.write_text(path.read_text()[:-40])
        config = self.sample_config(
            edits=[("[model]\n", f'[model]\nkind = "trained"\ntrained_models = "{folder}"\n')]
        )

        done = self.replay("run", config=config)

        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn("plain/model.json", done.stderr)

    def test_a_verdict_and_a_quote_table_come_out_of_a_ledger(self):
        config = self.sample_config(edits=[("[model]\n", '[model]\nkind = "window"\n')])
        self.summary("run", config=config)

        spoken = self.polyquant("verdict", self.work / "run")
        self.assertRegex(spoken, r"BTC DO NOT TRADE: ")
        told = json.loads(self.polyquant("verdict", self.work / "run", "--json"))
        self.assertEqual(told["coins"][0]["asset"], "BTC")
        self.assertEqual(told["coins"][0]["verdict"], "do not trade")
        self.assertGreater(told["coins"][0]["windows"], 0)
        self.assertTrue(any(s["strategy"] == "exercise" for s in told["strategies"]))
        table = self.work / "quotes.txt"
        self.assertIn("windows learned", self.polyquant("asks", self.work / "run", "--to", table))
        again = self.sample_config(
            edits=[("[model]\n", f'[learning]\nquote_table = "{table}"\n[model]\nkind = "quotes"\n')]
        )
        self.summary("quotes", config=again)
        self.assertIn("does not exist", self.polyquant("verdict", self.work / "nowhere", code=2))

    def test_evaluate_reads_tapes(self):
        bars = sorted(pathlib.Path(ROOT / "data/sample").glob("*-1m-bars.tape"))
        report = self.work / "report.md"

        self.polyquant(
            "evaluate", "--bars", *bars, "--style", "spot", "--train-from", "2026-04-05", "--tune-from", "2026-04-09",
            "--test-from", "2026-04-11", "--lightgbm", "/nowhere/lib_lightgbm.so", "--report", report,
        )

        self.assertIn("Held-out bars, spot-style outcomes", report.read_text())


if __name__ == "__main__":
    unittest.main()
