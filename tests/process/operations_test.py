"""A live run watched from beside it: metrics, heartbeat, health, alerts, dashboard; against the sandbox, with no key."""

import base64
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

from sandbox_case import BINARY, ROOT, start_sandbox, wait_for

CONFIG = ROOT / "config/sandbox.toml"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
TOKEN = "a-token-of-the-test-0123456789"
EXPIRY = """
[[strategy]]
kind = "expiry"
name = "expiry"
bankroll = 100
bet = 5
"""


class Hooks:
    """A service of webhooks on the loopback that keeps what it is sent."""

    def __init__(self):
        received = self.received = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook/secret"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Run:
    """`polyquant run` on paper against a sandbox, until it is stopped."""

    def __init__(self, case, sandbox, work, extra="", environment=None):
        self.directory = work / "run"
        command = [BINARY, "run", CONFIG, sandbox.directory / "endpoints.toml", "--dir", self.directory, "--no-record"]
        if extra:
            config = work / "extra.toml"
            config.write_text(extra)
            command.insert(4, config)
        self.process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=work,
            env={**os.environ, **(environment or {})},
        )
        case.addCleanup(self.kill)
        self.output = ""
        self.heartbeat_file = self.directory / "heartbeat.json"
        if not wait_for(lambda: self.heartbeat_file.exists() or self.process.poll() is not None, 60):
            raise AssertionError("no heartbeat")
        if self.process.poll() is not None:
            raise AssertionError(self.process.communicate()[0])
        self.heartbeat = json.loads(self.heartbeat_file.read_text())

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.output += self.process.communicate(timeout=60)[0]
        return self.process.returncode


def get(url, headers=None, context=None):
    """Status and text, whatever the status."""
    request = urllib.request.Request(url, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=20, context=context) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def health(directory, *options):
    done = subprocess.run([BINARY, "health", str(directory), *options], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout


def websocket_messages(url, count):
    """The first messages of a WebSocket; just enough of RFC 6455 for a server that sends text."""
    host, port = re.match(r"http://([^:/]+):(\d+)", url).groups()
    with socket.create_connection((host, int(port)), timeout=20) as wire:
        key = base64.b64encode(os.urandom(16)).decode()
        wire.sendall((f"GET /live HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        stream = wire.makefile("rb")
        assert b"101" in stream.readline()
        while stream.readline().strip():
            pass
        messages = []
        while len(messages) < count:
            first, size = stream.read(2)
            if size == 126:
                (size,) = struct.unpack(">H", stream.read(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", stream.read(8))
            data = stream.read(size)
            if first & 0x0F == 1:
                messages.append(json.loads(data))
        return messages


def promtool():
    fetched = subprocess.run([ROOT / "tools/fetch_prometheus"], capture_output=True, text=True, timeout=300)
    if fetched.returncode != 0:
        reason = "SKIPPED: " + fetched.stderr.strip()
        print(reason, flush=True)
        raise unittest.SkipTest(reason)
    return pathlib.Path(fetched.stdout.strip())


class OperationsCase(unittest.TestCase):
    def setUp(self):
        self._temporary = tempfile.TemporaryDirectory(prefix="polyquant-ops-")
        self.addCleanup(self._temporary.cleanup)
        self.work = pathlib.Path(self._temporary.name)

    def sandbox(self):
        return start_sandbox(self, "--speed", "6", "--expiry-markets", "0", "--start", "2026-11-23T12:03:00Z")


class Watched(OperationsCase):
    def test_metrics_health_and_page_of_a_run_from_its_start_to_its_end(self):
        sandbox = start_sandbox(self, "--speed", "6", "--expiry-markets", "20", "--start", "2026-11-23T12:03:00Z")
        run = Run(self, sandbox, self.work, EXPIRY)
        url = run.heartbeat["metrics"]
        self.assertTrue(wait_for(lambda: 'stage="decision",le="+Inf"} 0' not in get(url)[1], 60))

        status, text = get(url)

        self.assertEqual(status, 200)
        for name in ("polyquant_strategy_bankroll_usdc{strategy=\"exercise\"} 300", "polyquant_trading_halted 0",
                     "polyquant_data_age_seconds{asset=\"BTC\",data=\"price\"}", "polyquant_process_resident_memory_bytes",
                     "polyquant_api_calls_total{endpoint=", "polyquant_breaker_state{endpoint=", "polyquant_queue_depth{queue=\"ledger\"}",
                     "polyquant_alert_active{alert=\"engine_stuck\"} 0", "polyquant_evaluations_total{strategy="):
            self.assertIn(name, text)
        code, line = health(run.directory)
        self.assertIn(code, (0, 1), line)
        self.assertRegex(line, r"^POLYQUANT (OK|WARNING) - .* \| bankroll=")
        self.assertEqual(json.loads(health(run.directory, "--json")[1])["heartbeat"]["process_id"], run.process.pid)
        first, second = websocket_messages(run.heartbeat["dashboard"], 2)
        self.assertTrue(first["ready"] and second["ready"])
        self.assertEqual({a["asset"] for a in second["assets"]}, {"BTC", "ETH", "SOL", "XRP"})
        self.assertGreaterEqual(second["events"], first["events"])
        self.assertTrue(any("metrics at http://127.0.0.1:" in line for line in second["log"]))
        self.assertEqual({s["name"] for s in second["strategies"]}, {"s1", "s2", "exercise", "expiry"})
        self.check_the_page(run.heartbeat["dashboard"])
        self.check_with_promtool(text)

        self.assertEqual(run.stop(), 0, run.output)
        code, line = health(run.directory)
        self.assertEqual(code, 2)
        self.assertIn("stopped", line)

    def check_with_promtool(self, text):
        try:
            tools = promtool()
        except unittest.SkipTest:
            return
        done = subprocess.run([tools / "promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def check_the_page(self, url):
        if not CHROMIUM:
            print("SKIPPED: no Chromium on this machine", flush=True)
            return
        for width in (1280, 390):
            picture = pathlib.Path(os.environ.get("PQ_SCREENSHOTS", self.work)) / f"dashboard-{width}.png"
            done = subprocess.run(
                [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={self.work}/profile",
                 "--virtual-time-budget=4000", f"--window-size={width},2200", f"--screenshot={picture}", "--enable-logging=stderr", url],
                capture_output=True, text=True, timeout=120,
            )
            data = picture.read_bytes()
            self.assertEqual(struct.unpack(">II", data[16:24])[0], width)
            # An empty page of this size compresses to some 10 KB.
            self.assertGreater(len(data), 40_000)
            for complaint in ("Content Security Policy", "Uncaught", "Refused to"):
                self.assertNotIn(complaint, done.stderr)
        shown = subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={self.work}/profile", "--virtual-time-budget=4000",
             f"--log-net-log={self.work}/net.json", "--dump-dom", url], capture_output=True, text=True, timeout=120).stdout
        for text in ("P(UP)", "exercise", "expiry", "price to beat", "polyquant paper", "Fills and refusals"):
            self.assertIn(text, shown)
        requested = requests_of_pages(self.work / "net.json")
        self.assertIn((url.replace("http", "ws") + "live", url.rstrip("/")), requested)
        self.assertGreaterEqual(len(requested), 6)
        for address, _ in requested:
            self.assertIn(address.replace("ws://", "http://")[: len(url)], url)
        self.assertGreaterEqual(shown.count("<canvas"), 2)

    def test_a_killed_run_is_critical(self):
        run = Run(self, self.sandbox(), self.work)
        run.kill()

        self.assertTrue(wait_for(lambda: health(run.directory, "--max-age", "5")[0] == 2, 30))

        self.assertIn("the process is gone", health(run.directory, "--max-age", "5")[1])

    def test_an_engine_that_does_not_move_is_critical_although_its_process_lives(self):
        hooks = Hooks()
        self.addCleanup(hooks.close)
        url_file = self.work / "hook"
        url_file.write_text(hooks.url)
        url_file.chmod(0o600)
        run = Run(self, self.sandbox(), self.work, f'[alerts]\nwebhook_url_file = "{url_file}"\nstuck_after = "5s"\n')
        stop_thread(run.process.pid, run.process.pid)  # the engine's own thread only
        self.addCleanup(run.kill)

        critical = wait_for(lambda: health(run.directory, "--max-age", "6")[0] == 2, 40)
        told = wait_for(lambda: any(m["alert"] == "engine_stuck" for m in hooks.received), 40)
        status, text = get(run.heartbeat["metrics"])

        self.assertTrue(critical and told, (hooks.received, health(run.directory)))
        self.assertIn("makes no progress", health(run.directory, "--max-age", "6")[1])
        age = float(re.search(r"^polyquant_beat_age_seconds (\S+)", text, re.M).group(1))
        self.assertEqual(status, 200)
        self.assertGreater(age, 4)


def requests_of_pages(log):
    """Address and origin of every request that a page made, out of Chromium's own log of its network; the browser's own are left out."""
    recorded = json.loads(log.read_text())
    names = {number: name for name, number in recorded["constants"]["logEventTypes"].items()}
    found = []
    for event in recorded["events"]:
        parameters = event.get("params") or {}
        if names[event["type"]] == "URL_REQUEST_START_JOB" and parameters.get("initiator", "not an origin") != "not an origin":
            found.append((parameters["url"], parameters["initiator"]))
    return found


def address_of_this_machine():
    """One that is not the loopback's, or None; connecting a datagram socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if address.startswith("127.") else address


def stop_thread(process, thread):
    """Holds one thread by attaching to it as a debugger would; it goes on when this program ends."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    attach = 0x4206  # PTRACE_SEIZE
    interrupt = 0x4207
    for request in (attach, interrupt):
        if libc.ptrace(request, thread, None, None) != 0:
            raise unittest.SkipTest(f"SKIPPED: this machine forbids ptrace ({os.strerror(ctypes.get_errno())})")
    os.waitpid(thread, 0x40000000)  # __WALL; the stop is ours to hear of, not that of whoever waits for the end


class Told(OperationsCase):
    def test_a_message_reaches_each_channel_and_shows_no_secret(self):
        hooks = Hooks()
        self.addCleanup(hooks.close)
        token = self.work / "token"
        token.write_text("123456:a-secret-bot-token\n")
        token.chmod(0o600)
        base = hooks.url.rsplit("/", 2)[0]
        config = self.work / "c.toml"
        config.write_text(f'[alerts]\nname = "pq-1"\ntelegram_token_file = "{token}"\ntelegram_chat = "-1001"\ntelegram_api = "{base}"\n')
        environment = {**os.environ, "POLYQUANT_SLACK_URL": hooks.url, "POLYQUANT_DISCORD_URL": hooks.url}

        done = subprocess.run([BINARY, "alert", "test", config], capture_output=True, text=True, timeout=60, env=environment)

        self.assertEqual((done.returncode, done.stdout), (0, "slack: delivered\ndiscord: delivered\ntelegram: delivered\n"), done.stderr)
        self.assertEqual(len(hooks.received), 3)
        self.assertEqual(hooks.received[0]["text"], "pq-1: WARNING test: asked for by a human; nothing is wrong")
        self.assertEqual(hooks.received[2]["chat_id"], "-1001")

    def test_a_channel_that_is_not_there_fails_without_its_address(self):
        environment = {**os.environ, "POLYQUANT_WEBHOOK_URL": "http://127.0.0.1:9/hook/very-secret"}

        done = subprocess.run([BINARY, "alert", "test", CONFIG], capture_output=True, text=True, timeout=60, env=environment)

        self.assertEqual(done.returncode, 1)
        self.assertIn("webhook: ", done.stdout)
        self.assertNotIn("very-secret", done.stdout + done.stderr)

    def test_nothing_configured_is_an_error_that_says_what_to_set(self):
        done = subprocess.run([BINARY, "alert", "test", CONFIG], capture_output=True, text=True, timeout=60)

        self.assertEqual(done.returncode, 2)
        self.assertIn("slack_url_file", done.stderr)


class Refused(OperationsCase):
    def start(self, sandbox, extra):
        config = self.work / "extra.toml"
        config.write_text(extra)
        command = [BINARY, "run", CONFIG, sandbox.directory / "endpoints.toml", config, "--dir", self.work / "run", "--no-record"]
        return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=60, cwd=self.work)

    def test_a_port_that_is_taken_names_the_parameter(self):
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        sandbox = self.sandbox()
        config = self.work / "own.toml"
        config.write_text(re.sub(r"\[metrics\]\nport = 0", f"[metrics]\nport = {taken.getsockname()[1]}", CONFIG.read_text()))

        done = subprocess.run([BINARY, "run", config, sandbox.directory / "endpoints.toml", "--dir", self.work / "run", "--no-record"],
                              capture_output=True, text=True, timeout=60, cwd=self.work)

        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn(f"[metrics] port = {taken.getsockname()[1]}", done.stdout + done.stderr)

    def test_beyond_the_loopback_a_token_is_required_and_then_tls_is_used(self):
        sandbox = self.sandbox()

        done = self.start(sandbox, '[metrics]\naddress = "0.0.0.0"\n')
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn("token_file", done.stdout + done.stderr)

        run = Run(self, sandbox, self.work, '[metrics]\naddress = "0.0.0.0"\n[dashboard]\naddress = "0.0.0.0"\n',
                  {"POLYQUANT_METRICS_TOKEN": TOKEN, "POLYQUANT_DASHBOARD_TOKEN": TOKEN})
        trust = ssl.create_default_context(cafile=run.directory / "web/ca.pem")
        for page in ("metrics", "dashboard"):
            url = run.heartbeat[page].replace("0.0.0.0", "127.0.0.1")
            self.assertTrue(url.startswith("https://"), url)
            self.assertEqual(get(url, context=trust)[0], 401)
            self.assertEqual(get(url, {"Authorization": "Bearer wrong"}, trust)[0], 401)
            self.assertEqual(get(url, {"Authorization": "Bearer " + TOKEN}, trust)[0], 200)
        if own_address := address_of_this_machine():
            for page in ("metrics", "dashboard"):
                url = run.heartbeat[page].replace("0.0.0.0", own_address)
                self.assertEqual(get(url, context=ssl._create_unverified_context())[0], 401)
        self.assertEqual(run.stop(), 0, run.output)
        self.assertNotIn(TOKEN, run.output)


    def test_on_the_loopback_other_addresses_of_the_machine_are_not_served(self):
        own_address = address_of_this_machine()
        if not own_address:
            self.skipTest("SKIPPED: this machine has no address but the loopback's")
        run = Run(self, self.sandbox(), self.work)
        for page in ("metrics", "dashboard"):
            with self.assertRaises(urllib.error.URLError):
                get(run.heartbeat[page].replace("127.0.0.1", own_address))


class Rules(unittest.TestCase):
    def test_example_rules_and_configuration_pass_promtool(self):
        tools = promtool()
        for command in (("check", "config", "prometheus.yml"), ("test", "rules", "alerts_test.yml")):
            done = subprocess.run([tools / "promtool", *command], cwd=ROOT / "packaging/prometheus", capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_metric_of_rules_and_board_exists(self):
        source = (ROOT / "engine/metrics/exposition.cpp").read_text()
        known = {"polyquant_" + name for name in re.findall(r'"([a-z_]+)",\s*"', source)}
        known |= {"polyquant_" + name for name in re.findall(r'(?:gauge|counter|histogram|maybe)\(\s*"([a-z_]+)"', source)}
        texts = (ROOT / "packaging/prometheus/alerts.yml").read_text() + (ROOT / "packaging/grafana/dashboard.json").read_text()
        used = {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"polyquant_[a-z_]+", texts)}
        self.assertGreater(len(used), 25)
        self.assertEqual(used - known, set())


class RealPrometheus(OperationsCase):
    def test_rules_fire_in_a_real_prometheus_and_clear_again(self):
        tools = promtool()
        run = Run(self, self.sandbox(), self.work)
        target = run.heartbeat["metrics"].split("/")[2]
        rules = (ROOT / "packaging/prometheus/alerts.yml").read_text()
        (self.work / "alerts.yml").write_text(re.sub(r"for: \S+", "for: 1s", rules))
        config = (ROOT / "packaging/prometheus/prometheus.yml").read_text().replace("127.0.0.1:9090", target).replace("15s", "1s")
        (self.work / "prometheus.yml").write_text(config)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        prometheus = subprocess.Popen(
            [tools / "prometheus", "--config.file=prometheus.yml", f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.path=data"],
            cwd=self.work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(prometheus.wait)
        self.addCleanup(prometheus.terminate)

        def ask(path):
            try:
                return json.loads(get(f"http://127.0.0.1:{port}/api/v1/{path}")[1])["data"]
            except (OSError, ValueError, http.client.HTTPException):
                return {}

        def firing():
            return {a["labels"]["alertname"] for a in ask("alerts").get("alerts", []) if a["state"] == "firing"}

        self.assertTrue(wait_for(lambda: ask("query?query=polyquant_trading_halted").get("result"), 60))
        self.assertNotIn("PolyquantDown", firing())
        run.process.send_signal(signal.SIGSTOP)  # the whole process: nothing answers any more
        self.assertTrue(wait_for(lambda: "PolyquantDown" in firing(), 90), ask("alerts"))
        run.process.send_signal(signal.SIGCONT)
        self.assertTrue(wait_for(lambda: "PolyquantDown" not in firing(), 90), ask("alerts"))
        self.assertEqual(run.stop(), 0, run.output)


if __name__ == "__main__":
    unittest.main()
