"""No secret is left behind by a run, in no spelling: the scan of its whole directory finds none."""

import os
import resource
import signal
import subprocess
import sys

from live_test import CONFIG, LiveCase
from sandbox_case import BINARY, ROOT, start_sandbox, wait_for

SCAN = ROOT / "tests/process/secret_scan.py"
# The first published key of hardhat and anvil; nothing of value is behind it.
PUBLISHED_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
PASSPHRASE = "correct horse battery staple 93"
FAULTS = [
    "at 150s for 20s service=clob path=/order fault=accept_then_time_out",
    "at 200s for 20s service=clob path=/order fault=server_error status=503",
    "at 250s for 10s service=clob fault=restart",
    "at 300s for 5s service=clob_stream fault=reset_socket",
    "at 330s for 10s service=clob fault=wrong_host",
    "at 360s for 20s service=clob path=/auth fault=garbage",
]


class Secrets(LiveCase):
    def scan(self, *arguments):
        done = subprocess.run(
            [sys.executable, "-B", SCAN, *map(str, arguments)], capture_output=True, text=True, timeout=300
        )
        return done.returncode, done.stdout + done.stderr

    def run_dumping(self, sandbox, config):
        """Dies by SIGABRT in the middle, with core files allowed; leaves its log."""
        with (self.work / "killed.log").open("w") as log:
            running = subprocess.Popen(
                [BINARY, "run", str(config), "--mode", "sandbox", "--dir", str(self.work / "sandbox"),
                 "--sandbox", str(sandbox.directory)],
                stdout=log, stderr=subprocess.STDOUT, cwd=self.work,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2),
            )
            traded = wait_for(lambda: (self.work / "sandbox/intents.log").exists()
                              and (self.work / "sandbox/intents.log").stat().st_size > 0, 90)
            running.send_signal(signal.SIGABRT)
            running.wait(timeout=30)
        self.assertTrue(traded, "no order left before the end")

    def test_a_session_with_faults_and_a_crash_leaves_none(self):
        # On a busy machine a fault in fast time may leave an order unknown for longer than a human
        # would wait; a halt is not what this looks at.
        config = self.work / "config.toml"
        config.write_text(CONFIG.read_text() + '\n[execution]\nunknown_give_up = "30m"\n')
        (self.work / "faults").write_text("\n".join(FAULTS) + "\n")
        sandbox = start_sandbox(
            self, "--speed", "12", "--expiry-markets", "0", "--start", "2026-11-23T12:03:00Z",
            "--faults", str(self.work / "faults"),
        )
        self.run_dumping(sandbox, config)
        summary = self.run_engine(sandbox, "sandbox", "7m", config=config)
        (self.work / "summary.json").write_text(str(summary))
        for command in ("status", "trades", "check"):
            done = subprocess.run([BINARY, command, str(self.work / "sandbox")], capture_output=True, text=True, timeout=60)
            (self.work / f"{command}.txt").write_text(done.stdout + done.stderr)
        sandbox.stop()
        (self.work / "sandbox.log").write_text(sandbox.output)

        code, report = self.scan(
            self.work, sandbox.directory, "--key-file", sandbox.directory / "trader.key", "--sandbox-seed", "1"
        )

        print(report, flush=True)
        self.assertEqual(code, 0, report)
        self.assertIn("every one found", report)
        # The credentials that were looked for are those that the orders were sent with.
        key = report.split("API key 0 is ")[1].splitlines()[0]
        self.assertIn(f'"owner":"{key}"', (self.work / "sandbox/intents.log").read_text())

    def test_a_keystore_and_what_the_commands_say_hold_none(self):
        environment = {**os.environ, "POLYQUANT_HOME": str(self.work / "home"), "PQ_TEST_KEY": PUBLISHED_KEY,
                       "PQ_TEST_PASSPHRASE": PASSPHRASE}
        for name, command in {
            "import": ["import", "main", "--key-env", "PQ_TEST_KEY", "--allow-plaintext-key"],
            "list": ["list"],
        }.items():
            more = ["--passphrase-env", "PQ_TEST_PASSPHRASE"] if name == "import" else []
            done = subprocess.run(
                [BINARY, "keys", *command, *more], capture_output=True, text=True, env=environment, timeout=60
            )
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertNotIn(PASSPHRASE, done.stdout + done.stderr)
            self.assertNotIn(PUBLISHED_KEY[2:], (done.stdout + done.stderr).lower())
        self.assertTrue(any(p.is_file() for p in (self.work / "home").rglob("*")))

        code, report = self.scan(self.work / "home", "--key-hex", PUBLISHED_KEY, "--secret", f"passphrase={PASSPHRASE}")

        self.assertEqual(code, 0, report)

    def test_a_secret_that_did_leak_is_found(self):
        leak = self.work / "leak"
        leak.mkdir()
        (leak / "journal.log").write_text("1 note " + PUBLISHED_KEY[2:].upper() + "\n")

        code, report = self.scan(leak, "--key-hex", PUBLISHED_KEY, "--no-proof")

        self.assertEqual(code, 1, report)
        self.assertIn("FOUND", report)
        self.assertIn("private key 0 as hex", report)


if __name__ == "__main__":
    import unittest

    unittest.main()
