"""Every command of docs/operations.md is executed, in its order, against a sandbox."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from operations_test import Hooks, promtool
from sandbox_case import BINARY, ROOT, start_sandbox

GUIDE = ROOT / "docs/operations.md"


def commands():
    """The lines of the guide's shell blocks, without their comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", GUIDE.read_text(), re.M | re.S)
    return [re.sub(r"\s{2,}#.*", "", line).strip() for block in blocks for line in block.splitlines() if line.strip()]


class Guide(unittest.TestCase):
    def test_each_command_does_what_the_guide_says(self):
        with tempfile.TemporaryDirectory(prefix="polyquant-guide-") as temporary:
            self.work = pathlib.Path(temporary)
            sandbox = start_sandbox(self, "--speed", "30", "--expiry-markets", "0", "--start", "2026-11-23T12:03:00Z")
            (self.work / "bin").mkdir()
            (self.work / "bin/polyquant").symlink_to(BINARY)
            (self.work / "packaging").symlink_to(ROOT / "packaging")
            config = (ROOT / "config/sandbox.toml").read_text() + (sandbox.directory / "endpoints.toml").read_text()
            (self.work / "my.toml").write_text(config)
            hooks = Hooks()
            self.addCleanup(hooks.close)
            self.environment = {**os.environ, "PATH": f"{self.work}/bin:{os.environ['PATH']}", "POLYQUANT_WEBHOOK_URL": hooks.url}
            executed = [self.execute(command) for command in commands()]
            self.assertGreaterEqual(sum(executed), 8)
            self.assertEqual(hooks.received[-1]["alert"], "test")

    def execute(self, command):
        """False for what needs a service manager or another machine; those are checked for what they name."""
        if command.startswith("sudo "):
            self.assertRegex(command, r"polyquant(@scalp|_[0-9.]+_amd64\.deb)")
            self.assertTrue((ROOT / "packaging/systemd/polyquant@.service").exists())
            return False
        if command.startswith("ssh "):
            return False
        if command.startswith("promtool "):
            try:
                command = str(promtool() / command)
            except unittest.SkipTest:
                return False
        # The guide's run lasts 90 minutes; a test has less patience, and time runs fast here.
        command = command.replace("--for 90m", "--for 6m")
        done = subprocess.run(["bash", "-c", command], cwd=self.work, env=self.environment, capture_output=True, text=True, timeout=300)
        said = command + "\n" + done.stdout + done.stderr
        if command.startswith("polyquant health"):
            # The run of the line above has ended in order: that is what health says.
            self.assertIn("stopped", done.stdout, said)
            if "--json" in command:
                self.assertEqual(json.loads(done.stdout)["health"], "CRITICAL")
            self.assertEqual(done.returncode, 0 if "|| true" in command else 2, said)
        else:
            self.assertEqual(done.returncode, 0, said)
        if command.startswith("polyquant run"):
            self.assertRegex(done.stdout, r"metrics at http://127\.0\.0\.1:\d+/metrics")
            self.assertRegex(done.stdout, r"dashboard at http://127\.0\.0\.1:\d+/")
        return True

    def test_every_rule_of_prometheus_has_its_entry_in_the_runbook(self):
        anchors = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.*)$", GUIDE.read_text(), re.M)}
        named = set(re.findall(r"operations\.md#([a-z0-9-]+)", (ROOT / "packaging/prometheus/alerts.yml").read_text()))
        self.assertGreater(len(named), 8)
        self.assertEqual(named - anchors, set())

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze on this machine")
    def test_the_unit_is_well_hardened(self):
        unit = ROOT / "packaging/systemd/polyquant@.service"
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)], capture_output=True, text=True, timeout=60)
        level = re.search(r"Overall exposure level for \S+ (\d+\.\d)", done.stdout)
        if not level:
            self.skipTest("SKIPPED: this systemd-analyze does not judge files: " + done.stderr.strip())
        self.assertLess(float(level.group(1)), 3.0)


class Documents(unittest.TestCase):
    def test_each_command_has_a_man_page_and_completion(self):
        with tempfile.TemporaryDirectory(prefix="polyquant-docs-") as temporary:
            target = pathlib.Path(temporary)
            done = subprocess.run(["python3", "-B", ROOT / "packaging/make_docs.py", BINARY, target], capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            pages = {page.stem for page in (target / "man/man1").iterdir()}
            for name in ("run", "health", "alert", "backtest", "keys", "tape"):
                self.assertIn(f"polyquant-{name}", pages)
            self.assertNotIn(str(BINARY).replace("-", "\\-"), (target / "man/man1/polyquant.1").read_text())
            script = f'source {target}/polyquant.bash; COMP_WORDS=(polyquant hea); COMP_CWORD=1; _polyquant; echo "${{COMPREPLY[@]}}"'
            shown = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=30)
            self.assertEqual(shown.stdout.strip(), "health", shown.stderr)


if __name__ == "__main__":
    unittest.main()
