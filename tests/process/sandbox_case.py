"""A running sandbox, and what the tests of other people's clients share."""

import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
import tomllib
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ["PQ_BINARY"]


class Sandbox:
    """`polyquant sandbox` in a directory of its own; every argument is a string."""

    def __init__(self, *arguments):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="polyquant-sandbox-"))
        command = [BINARY, "sandbox", "--dir", str(self.directory), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.output = ""
        self._wait_until_ready()
        self.endpoints = tomllib.loads((self.directory / "endpoints.toml").read_text())["endpoints"]
        self.ca_file = self.endpoints["ca_file"]

    def _wait_until_ready(self):
        for line in self.process.stdout:
            self.output += line
            if line.startswith("sandbox ready: "):
                return
        raise RuntimeError("the sandbox did not start:\n" + self.output)

    def get(self, service, path):
        """The decoded JSON of one of its services."""
        context = ssl.create_default_context(cafile=self.ca_file)
        request = urllib.request.Request(self.endpoints[service] + path, headers={"User-Agent": "test"})
        with urllib.request.urlopen(request, context=context, timeout=20) as answer:
            return json.load(answer)

    def stop(self, how=signal.SIGTERM):
        """Ends it in order; its exit code. What it printed is in `output`."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        # Not communicate(): it reads past the lines that iterating has already taken from the pipe.
        self.output += self.process.stdout.read()
        return self.process.wait(timeout=30)

    def remove(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        shutil.rmtree(self.directory, ignore_errors=True)


def start_sandbox(case: unittest.TestCase, *arguments) -> Sandbox:
    sandbox = Sandbox(*arguments)
    case.addCleanup(sandbox.remove)
    return sandbox


def node_client(name: str) -> pathlib.Path:
    """Folder with the client's pinned node_modules; skips the test when they cannot be had."""
    fetched = subprocess.run([ROOT / "tools/fetch_node_clients", name], capture_output=True, text=True, timeout=300)
    if fetched.returncode != 0:
        reason = "SKIPPED: " + fetched.stderr.strip()
        print(reason, flush=True)
        raise unittest.SkipTest(reason)
    return ROOT / "build/deps/node" / name


def run_node(name: str, sandbox: Sandbox, variables: dict, timeout=60):
    """Runs tests/process/clients/NAME/client.mjs; the JSON of its last line."""
    modules = node_client(name)
    environment = {
        **os.environ,
        "CLIENT_MODULES": str(modules),
        "NODE_EXTRA_CA_CERTS": sandbox.ca_file,
        **variables,
    }
    script = ROOT / "tests/process/clients" / name / "client.mjs"
    done = subprocess.run(
        ["node", str(script)], env=environment, capture_output=True, text=True, timeout=timeout
    )
    if done.returncode != 0:
        raise AssertionError(f"the client failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def wait_for(condition, seconds=30):
    """Polls what another process does; there is nothing to be woken by."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False
