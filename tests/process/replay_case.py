"""What the process tests share: running the real program on the bundled recording."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("PQ_BINARY", ROOT / "build/dev/polyquant"))
SAMPLE = ROOT / "config/sample.toml"
# Two windows with orders, a partial third one: small enough to be run hundreds of times.
SHORT = ["--from", "2026-04-15T12:15:00Z", "--until", "2026-04-15T12:26:00Z"]
KILLED = -signal.SIGKILL


class ReplayCase(unittest.TestCase):
    def setUp(self):
        self._temporary = tempfile.TemporaryDirectory(prefix="polyquant-")
        self.addCleanup(self._temporary.cleanup)
        self.work = pathlib.Path(self._temporary.name)

    def replay(self, directory, *options, config=SAMPLE, short=True, speed="max", **popen):
        command = [BINARY, "replay", "-c", config, "--speed", speed, "--dir", self.work / directory]
        command += SHORT if short else []
        return subprocess.run(
            [str(part) for part in command + list(options)], capture_output=True, text=True, timeout=600, **popen
        )

    def start(self, directory, *options, config=SAMPLE, speed="60"):
        command = [BINARY, "replay", "-c", config, "--speed", speed, "--dir", self.work / directory, *SHORT, *options]
        return subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
        )

    def summary(self, directory, *options, **more):
        done = self.replay(directory, "--json", *options, **more)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return json.loads(done.stdout)

    def journal(self, directory):
        return (self.work / directory / "journal.log").read_bytes()

    def digest(self, directory):
        done = subprocess.run(
            [BINARY, "check", self.work / directory], capture_output=True, text=True, timeout=120, check=False
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(done.stdout.startswith("0 problems"), done.stdout)
        return done.stdout.split("digest ")[1].strip()

    def sample_config(self, name="changed.toml", **replacements):
        """The sample configuration with lines replaced; the tapes' paths become absolute."""
        text = SAMPLE.read_text().replace('"../data/', f'"{ROOT}/data/')
        for old, new in replacements.get("edits", []):
            assert old in text, old
            text = text.replace(old, new, 1)
        path = self.work / name
        path.write_text(text)
        return path


def wait_for(condition, seconds=60.0):
    """Waits for another process to do something; the bound only ends a test that has failed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False
