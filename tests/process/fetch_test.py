"""polyquant fetch against a venue of our own, over real TLS."""

import csv
import http.server
import os
import pathlib
import pty
import re
import select
import signal
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

BINARY = os.environ["PQ_BINARY"]
MINUTE = 60_000
ROOT = pathlib.Path(__file__).resolve().parents[2]
PAYLOAD = ROOT / "tests/payloads/polymarket/gamma_event_resolved.json"
RESOLVED = "btc-updown-5m-1773307200"
NOON = 1_776_081_600_000  # 2026-04-13T12:00:00Z


class Klines(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if not self.path.startswith("/api/v3/klines"):
            return self.polymarket()
        query = {k: v[0] for k, v in urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).items()}
        step = MINUTE if query["interval"] == "1m" else 1000
        first, last = int(query["startTime"]), int(query["endTime"])
        with self.server.lock:
            self.server.asked.append((query["symbol"], first))
        opens = range(-(-first // step) * step, last + 1, step)[: int(query["limit"])]
        row = '[{0},"100.1","103","99","101.25","1.5",{1},"150",7,"0.7","70","0"]'
        self.answer("[" + ",".join(row.format(t, t + step - 1) for t in opens) + "]")

    def polymarket(self):
        with self.server.lock:
            self.server.asked.append(self.path)
        if self.path == f"/events?slug={RESOLVED}":
            self.answer(PAYLOAD.read_text())
        elif self.path.startswith("/prices-history?"):
            self.answer('{"history":[{"t":1773307260,"p":0.53},{"t":1773307320,"p":0.9}]}')
        else:
            self.answer("[]")

    def answer(self, text):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-MBX-USED-WEIGHT-1M", "2")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Venue(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # a client that was killed


class Fetch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="polyquant-fetch-")
        self.addCleanup(folder.cleanup)
        self.work = pathlib.Path(folder.name)
        cert, key = self.work / "ca.pem", self.work / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-keyout", key, "-out", cert, "-days", "3650", "-subj", "/CN=venue of a test",
             "-addext", "subjectAltName=IP:127.0.0.1"],
            check=True, capture_output=True,
        )
        self.server = Venue(("127.0.0.1", 0), Klines)
        self.server.asked, self.server.lock = [], threading.Lock()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.config = self.work / "endpoints.toml"
        self.config.write_text(
            "[endpoints]\n"
            + "".join(f'{name} = "https://127.0.0.1:{self.server.server_port}"\n' for name in ("binance_rest", "gamma", "clob"))
            + f'ca_file = "{cert}"\n'
        )
        self.cache = self.work / "bars.sqlite"

    def command(self, *more):
        return [BINARY, "fetch", "bars", "-c", str(self.config), "--cache", str(self.cache), *map(str, more)]

    def fetch(self, *more, code=0):
        return self.run_to_end(self.command(*more), code)

    def run_to_end(self, command, code=0):
        environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def test_a_killed_download_goes_on_where_it_was(self):
        days = ("--assets", "btc", "--from", "2026-04-01", "--until", "2026-04-13T12:00:00Z")
        first = subprocess.Popen(self.command(*days), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while len(self.server.asked) < 6:
            time.sleep(0.01)
        first.send_signal(signal.SIGKILL)
        first.communicate()
        before = list(self.server.asked)
        self.server.asked.clear()

        done = self.fetch(*days)
        again = self.fetch(*days)

        rows = 12 * 1440 + 720
        self.assertIn(f"BTC 1m: {rows} rows", done.stdout)
        fetched, calls = map(int, re.search(r"rows, (\d+) fetched in (\d+) calls", done.stdout).groups())
        self.assertEqual(calls, len(self.server.asked))
        self.assertGreaterEqual(len(before) + calls, rows // 1000)
        self.assertLess(fetched, rows - 3000)
        # The page that was under way when it was killed may come again, none before it.
        self.assertGreaterEqual(min(t for _, t in self.server.asked), before[-2][1])
        self.assertIn(f"{rows} rows, 0 fetched in 0 calls, {rows} from the cache", again.stdout)

    def test_bars_become_csv_files_and_a_tape(self):
        tape = self.work / "bars.tape"
        done = self.fetch(
            "--assets", "eth,btc", "--from", "2026-04-13T10:00:00Z", "--until", "2026-04-13T12:00:00Z",
            "--csv", self.work / "csv", "--tape", tape,
        )

        self.assertIn(f"wrote {tape}: 240 bars", done.stdout)
        with open(self.work / "csv/BTCUSDT-1m-20260413-20260413.csv") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), 120)
        self.assertEqual(rows[-1]["open_time_ms"], str(NOON - MINUTE))
        self.assertEqual(rows[0]["close"], "101.25")
        self.assertEqual(rows[0]["trades"], "7")
        info = subprocess.run([BINARY, "tape", "info", tape], capture_output=True, text=True, timeout=60)
        self.assertEqual(info.returncode, 0, info.stdout + info.stderr)
        refused = self.fetch("--tape", tape, code=2)
        self.assertIn("exists already", refused.stderr)

    def test_a_terminal_gets_a_progress_bar_and_a_pipe_does_not(self):
        span = ("--assets", "sol", "--interval", "1s", "--from", "2026-04-13T11:00:00Z",
                "--until", "2026-04-13T12:00:00Z")
        quiet = self.fetch(*span)
        self.cache.unlink()
        master, slave = pty.openpty()
        shown = subprocess.Popen(self.command(*span), stdout=subprocess.DEVNULL, stderr=slave)
        os.close(slave)
        drawn = b""
        while select.select([master], [], [], 60)[0]:
            try:
                drawn += os.read(master, 4096)
            except OSError:
                break
        self.assertEqual(shown.wait(), 0)
        os.close(master)

        self.assertEqual(quiet.stderr, "")
        self.assertRegex(drawn.decode(), r"SOL 1s \[#+-+\]\s+\d+ %  1000 rows")

    def test_a_damaged_cache_is_named_and_may_be_deleted(self):
        self.cache.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)

        done = self.fetch("--from", "2026-04-13", "--until", "2026-04-13T12:00:00Z", code=5)

        self.assertIn(str(self.cache), done.stderr)
        self.assertIn("only a cache: delete it", done.stderr)

    def test_an_interrupt_ends_it_in_order(self):
        run = subprocess.Popen(
            self.command("--interval", "1s", "--from", "2026-04-12"), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )
        while len(self.server.asked) < 2:
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=30)

        self.assertEqual(run.returncode, 130)
        self.assertIn("goes on from there", err)

    def test_windows_are_fetched_once_with_outcome_and_prices(self):
        folder = self.work / "windows"
        command = [BINARY, "fetch", "windows", "-c", self.config, "--assets", "btc", "--prices", "--dir", folder]
        first = self.run_to_end([*command, "--from", "2026-03-12T09:15:00Z", "--until", "2026-03-12T09:25:00Z"])
        windows, prices = folder / "windows-5m-BTC.csv", folder / "prices-5m-BTC.csv"
        # What a kill may leave: prices without their window, and half a row.
        with open(prices, "a") as file:
            file.write("btc-updown-5m-1773307500,2026-03-12T09:26:00Z,0.1\nbtc-upd")
        with open(windows, "a") as file:
            file.write("btc-updown-5m-17733")
        self.server.asked.clear()

        again = self.run_to_end([*command, "--from", "2026-03-12T09:15:00Z", "--until", "2026-03-12T09:30:00Z"])

        self.assertIn("BTC 5m: 1 resolved windows fetched, 1 others", first.stdout)
        self.assertIn("BTC 5m: 0 resolved windows fetched, 1 others", again.stdout)
        self.assertEqual(self.server.asked, ["/events?slug=btc-updown-5m-1773307500"])
        with open(windows) as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([r["state"] for r in rows], ["unknown", "resolved", "unknown"])
        self.assertEqual(rows[1]["slug"], RESOLVED)
        self.assertEqual(rows[1]["winner"], "UP")
        self.assertEqual(float(rows[1]["strike"]), 71234.125)
        self.assertEqual(float(rows[1]["final"]), 71240.5)
        with open(prices) as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(r["time"], float(r["up_price"])) for r in rows],
                         [("2026-03-12T09:21:00Z", 0.53), ("2026-03-12T09:22:00Z", 0.9)])

    def test_a_recent_window_without_outcome_is_asked_for_again(self):
        command = [BINARY, "fetch", "windows", "-c", self.config, "--assets", "eth", "--dir", self.work / "w"]
        self.run_to_end(command)
        start = time.time() - 3600
        done = self.run_to_end([*command, "--from", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start))])

        self.assertIn("is not resolved yet", done.stdout)


if __name__ == "__main__":
    unittest.main()
