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
NOON = 1_776_081_600_000  # 2026-04-13T12:00:00Z


class Klines(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        query = {k: v[0] for k, v in urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).items()}
        step = MINUTE if query["interval"] == "1m" else 1000
        first, last = int(query["startTime"]), int(query["endTime"])
        with self.server.lock:
            self.server.asked.append((query["symbol"], first))
        opens = range(-(-first // step) * step, last + 1, step)[: int(query["limit"])]
        row = '[{0},"100.1","103","99","101.25","1.5",{1},"150",7,"0.7","70","0"]'
        body = ("[" + ",".join(row.format(t, t + step - 1) for t in opens) + "]").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-MBX-USED-WEIGHT-1M", "2")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


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
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Klines)
        self.server.asked, self.server.lock = [], threading.Lock()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.config = self.work / "endpoints.toml"
        self.config.write_text(
            f'[endpoints]\nbinance_rest = "https://127.0.0.1:{self.server.server_port}"\nca_file = "{cert}"\n'
        )
        self.cache = self.work / "bars.sqlite"

    def command(self, *more):
        return [BINARY, "fetch", "bars", "-c", str(self.config), "--cache", str(self.cache), *map(str, more)]

    def fetch(self, *more, code=0):
        environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        done = subprocess.run(self.command(*more), capture_output=True, text=True, timeout=120, env=environment)
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


if __name__ == "__main__":
    unittest.main()
