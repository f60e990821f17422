"""A backtest's report as a person sees it: the page in headless Chromium, with the network off."""

import html.parser
import json
import re
import shutil
import struct
import subprocess
import unittest

from replay_case import BINARY, ROOT, SAMPLE, ReplayCase

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


class Shown(html.parser.HTMLParser):
    """What the page shows for each path into the JSON."""

    def __init__(self):
        super().__init__()
        self.cells, self.canvases, self._open = [], 0, None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.canvases += tag == "canvas"
        if "data-path" in attributes:
            self._open = [attributes["data-path"], attributes["data-format"], ""]

    def handle_data(self, text):
        if self._open:
            self._open[2] += text

    def handle_endtag(self, tag):
        if self._open and tag == "span":
            self.cells.append(tuple(self._open))
            self._open = None


def at(report, path):
    for key in path.split("."):
        report = report[int(key)] if isinstance(report, list) else report.get(key)
        if report is None:
            return None
    return report


class Report(ReplayCase):
    def run_program(self, *words):
        done = subprocess.run([str(BINARY), *map(str, words)], capture_output=True, text=True, timeout=600, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def make_report(self):
        run = self.work / "run"
        out = self.run_program("backtest", "-c", SAMPLE, "--dir", run, "--until", "2026-04-15T13:00:00Z")
        self.assertTrue(out.startswith("QUOTES RECORDED"), out[:200])
        out = self.run_program("report", run)
        self.assertTrue(out.startswith("QUOTES RECORDED"), out[:200])
        return run

    def chromium(self, *options):
        profile = self.work / "profile"
        command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
                   "--proxy-server=127.0.0.1:9", "--virtual-time-budget=5000", *map(str, options)]
        return subprocess.run(command, capture_output=True, timeout=120, check=True).stdout.decode()

    def check_cell(self, report, path, form, text):
        value = at(report, path)
        if value is None:
            return self.assertEqual(text, "–", path)
        if form == "text":
            return self.assertEqual(text, str(value), path)
        if form == "time":
            return self.assertEqual(text, value.replace("T", " ").replace("Z", ""), path)
        number = float(re.sub(r"[^0-9.−-]", "", text).replace("−", "-"))
        scale, digits = {"count": (1, 0), "percent": (100, 1), "usd": (1, 2), "cents": (100, 2), "ratio": (1, 3), "brier": (1, 4)}[form]
        self.assertAlmostEqual(number, float(value) * scale, delta=0.5001 * 10**-digits, msg=path)

    @unittest.skipUnless(CHROMIUM, "no Chromium on this machine")
    def test_page_shows_the_numbers_of_the_json_with_the_network_off(self):
        run = self.make_report()
        report = json.loads((run / "report.json").read_text())
        self.assertGreater(report["summary"]["trades"], 10)

        shown = Shown()
        shown.feed(self.chromium("--dump-dom", f"file://{run}/report.html"))

        self.assertGreater(len(shown.cells), 200)
        for path, form, text in shown.cells:
            self.check_cell(report, path, form, text)
        paths = {path for path, _, _ in shown.cells}
        for must in ("run.headline", "money.pnl", "summary.win_rate", "summary.low", "summary.break_even", "summary.sharpe.value",
                     "summary.sharpe.low", "summary.deflated_sharpe", "summary.edge.not_positive", "summary.drawdown.usd", "verdict.0"):
            self.assertIn(must, paths)
        self.assertGreaterEqual(shown.canvases, 6)

    @unittest.skipUnless(CHROMIUM, "no Chromium on this machine")
    def test_screenshots_at_desktop_and_phone_width(self):
        run = self.make_report()
        for width in (1280, 390):
            picture = self.work / f"{width}.png"
            self.chromium(f"--screenshot={picture}", f"--window-size={width},1600", f"file://{run}/report.html")
            data = picture.read_bytes()
            self.assertEqual(struct.unpack(">II", data[16:24])[0], width)
            # An empty page of this size compresses to some 10 KB.
            self.assertGreater(len(data), 40_000)

    def test_page_and_json_hold_the_same_data_and_nothing_from_outside(self):
        run = self.make_report()
        page = (run / "report.html").read_text()
        inside = re.search(r'<script type="application/json" id="report-data">(.*?)</script>', page, re.S).group(1)
        self.assertEqual(json.loads(inside), json.loads((run / "report.json").read_text()))
        self.assertFalse(re.search(r"<(link|img|iframe)|\bsrc=|@import", page))
        trades = (run / "trades.csv").read_text().splitlines()
        report = json.loads(inside)
        listed = sum(len(report[kind]) for kind in ("unresolved", "half_paid"))
        self.assertEqual(len(trades) - 1, report["summary"]["trades"] + listed)

    def test_refuses_what_is_no_run(self):
        done = subprocess.run([str(BINARY), "report", str(ROOT)], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("is no run", done.stderr)


if __name__ == "__main__":
    unittest.main()
