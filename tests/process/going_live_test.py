"""`--mode live` from a new key to an orderly stop, with the sandbox behind [endpoints]."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import sqlite3
import subprocess
import time
import unittest

from live_test import CONFIG, LiveCase
from sandbox_case import BINARY, ROOT, Sandbox, start_sandbox, wait_for

PASSPHRASE = "correct horse battery staple"
AT_RISK = "trade 400.00 USD"


ARGUMENTS = ("--speed", "12", "--expiry-markets", "0", "--start", "2026-11-23T12:00:10Z")


def at_rest(text):
    """The same strategies, which decide nothing: what is open settles."""
    return text.replace("\nbankroll = ", "\nenabled = false\nbankroll = ")


class LiveMode(LiveCase):
    """Home, state and key of each test are its own; the sandbox too, unless the class shares one."""

    sandbox = None

    def setUp(self):
        super().setUp()
        self.home = self.work / "home"
        if type(self).sandbox is None:
            self.sandbox = start_sandbox(self, *ARGUMENTS)

    def command(self, name, *arguments):
        endpoints = self.sandbox.directory / "endpoints.toml"
        return [str(part) for part in [BINARY, name, CONFIG, endpoints, *arguments]]

    def environment(self, passphrase=PASSPHRASE):
        return {**os.environ, "POLYQUANT_HOME": str(self.home), "PQ_PASS": passphrase}

    def call(self, command, passphrase=PASSPHRASE, timeout=240):
        # A session of its own has no terminal, as a service has none.
        return subprocess.run(
            command, capture_output=True, text=True, timeout=timeout, cwd=self.work,
            env=self.environment(passphrase), start_new_session=True,
        )

    def make_key(self):
        done = self.call([BINARY, "keys", "create", "main", "--passphrase-env", "PQ_PASS"])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def live(self, *arguments):
        return self.command(
            "run", "--mode", "live", "--dir", self.work / "live", "--passphrase-env", "PQ_PASS", *arguments
        )

    def assert_refused(self, done, exit_code, *words):
        text = done.stdout + done.stderr
        self.assertEqual(done.returncode, exit_code, text)
        for word in words:
            self.assertIn(word, text)
        ledger = self.work / "live" / "ledger.sqlite"
        if ledger.exists():
            with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as books:
                self.assertEqual(books.execute("SELECT COUNT(*) FROM facts").fetchone()[0], 0)


class Gates(LiveMode):
    @classmethod
    def setUpClass(cls):
        cls.sandbox = Sandbox(*ARGUMENTS)
        cls.addClassCleanup(cls.sandbox.remove)

    def test_without_a_key_it_says_how_to_make_one(self):
        self.assert_refused(self.call(self.live("--confirm", AT_RISK)), 2, "no key there: polyquant keys create NAME")

    def test_a_wrong_passphrase_opens_nothing(self):
        self.make_key()
        self.assert_refused(self.call(self.live("--confirm", AT_RISK), passphrase="guess"), 2, "passphrase")

    def test_a_second_instance_is_refused_with_the_holders_process_id(self):
        self.make_key()
        # The name of the wallet's lock is a hash; the first start makes it.
        self.call(self.live())
        (lock,) = (self.home / "locks").glob("wallet-*.lock")
        with open(lock, "r+") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            held.truncate()
            held.write(f"{os.getpid()}\n")
            held.flush()
            self.assert_refused(self.call(self.live()), 2, f"process {os.getpid()} trades with this wallet already")

    def test_a_ledger_in_use_is_refused_with_the_holders_process_id(self):
        self.make_key()
        (self.work / "live").mkdir()
        with open(self.work / "live" / "ledger.sqlite.lock", "w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            held.write(f"{os.getpid()}\n")
            held.flush()
            self.assert_refused(self.call(self.live()), 2, f"process {os.getpid()} writes this ledger already")

    def test_what_doctor_finds_is_listed_with_its_remedy(self):
        self.make_key()
        rich = self.work / "rich.toml"
        rich.write_text(CONFIG.read_text().replace("bankroll = 300", "bankroll = 3000"))
        command = [str(rich) if part == str(CONFIG) else part for part in self.live("--confirm", "trade 3100.00 USD")]
        self.assert_refused(
            self.call(command), 4, "balance: 1000", "the strategies use 3100", "-> deposit the difference"
        )

    def test_without_a_livetest_it_asks_for_one(self):
        self.make_key()
        self.assert_refused(self.call(self.live("--confirm", AT_RISK)), 4, "has made no livetest", "polyquant livetest")

    def test_without_the_exact_confirmation_nothing_starts(self):
        self.make_key()
        missing = self.call(self.live("--without-livetest"))
        wrong = self.call(self.live("--without-livetest", "--confirm", "trade 40.00 USD"))
        self.assert_refused(missing, 4, "at risk: 400.00 USD", f'--confirm "{AT_RISK}"')
        self.assert_refused(wrong, 4, '"trade 40.00 USD" is another text', f'--confirm "{AT_RISK}"')


class Stop(LiveCase):
    """SIGTERM while orders rest: bets larger than what is displayed leave resting orders behind them."""

    def config(self):
        text = CONFIG.read_text()
        for old, new in (
            ("bankroll = 300", "bankroll = 800"),
            ("bet = 3\n", "bet = 760\ndepth_check = false\n"),
            ("order_max = 10", "order_max = 1000"),
            ("daily_loss_max = 500", "daily_loss_max = 5000"),
            ("exposure_per_window_max = 60", "exposure_per_window_max = 2000"),
            ("exposure_per_asset_max = 60", "exposure_per_asset_max = 2000"),
            ("exposure_total_max = 200", "exposure_total_max = 2000"),
        ):
            self.assertIn(old, text)
            text = text.replace(old, new)
        path = self.work / "resting.toml"
        path.write_text(text + '\n[execution]\nfok_fallback = true\nfok_fallback_ttl = "120s"\n')
        return path

    def orders(self, condition):
        path = self.work / "sandbox" / "ledger.sqlite"
        if not path.exists():
            return 0
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10) as ledger:
            try:
                return ledger.execute("SELECT COUNT(*) FROM orders WHERE " + condition).fetchone()[0]
            except sqlite3.OperationalError:  # not made yet
                return 0

    def test_everything_that_rests_is_cancelled_and_the_venue_is_asked(self):
        sandbox = start_sandbox(
            self, "--speed", "6", "--book-rate", "0.02", "--expiry-markets", "0", "--start", "2026-11-23T12:00:10Z"
        )
        command = [BINARY, "run", self.config(), "--mode", "sandbox", "--dir", self.work / "sandbox", "--sandbox", sandbox.directory]
        run = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.work
        )
        self.addCleanup(run.kill)
        resting = "tif = 'GTC' AND state IN ('live', 'partially_filled')"
        rested = wait_for(lambda: self.orders(resting) > 0 or run.poll() is not None, 120)
        found = self.orders(resting)
        began = time.monotonic()
        run.send_signal(signal.SIGTERM)
        text = run.communicate(timeout=60)[0]
        took = time.monotonic() - began
        print(f"{found} orders rested; from SIGTERM to the end of the process: {took:.3f} s", flush=True)

        self.assertTrue(rested and found > 0, text)
        self.assertEqual(run.returncode, 0, text)
        self.assertIn("nothing of ours rests at the venue", text)
        self.assertNotIn("did not stop in time", text)
        self.assertNotIn("failed while stopping", text)
        self.assertEqual(self.orders(resting), 0)
        self.check(self.work / "sandbox")
        status = subprocess.run([BINARY, "status", self.work / "sandbox"], capture_output=True, text=True, timeout=60)
        self.assertRegex(status.stdout, r"exercise +\w+ +GTC +\d+")
        # What was matched just before settles in the next start, as after any stop.
        quiet = self.work / "quiet.toml"
        quiet.write_text(at_rest(self.config().read_text()))
        self.run_engine(sandbox, "sandbox", "8m", config=quiet)
        sandbox.stop()
        self.assertGreater(self.assert_equal_to_the_sandboxs_books(sandbox), 0)


class Terminal:
    """A program on a terminal of its own, whose questions are answered as a person would."""

    def __init__(self, command, answers, directory, environment):
        self.answers = list(answers)
        self.text = ""
        self.pid, self.screen = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execvpe(command[0], command, environment)

    def read_until(self, pattern=None, seconds=240):
        """Until the pattern is shown, or the program ends: then its exit code."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if pattern and re.search(pattern, self.text):
                return None
            if not select.select([self.screen], [], [], 0.2)[0]:
                continue
            try:
                more = os.read(self.screen, 65536).decode(errors="replace")
            except OSError:  # the last holder of the terminal closed it
                more = ""
            if not more:
                return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            self.text += more
            while self.answers and re.search(self.answers[0][0], self.text):
                os.write(self.screen, (self.answers.pop(0)[1] + "\n").encode())
        raise AssertionError(f"no end after {seconds} s:\n" + self.text)


def checklist():
    """The commands of docs/going-live.md, in their order."""
    lines = (ROOT / "docs/going-live.md").read_text().splitlines()
    return [line.strip() for line in lines if line.startswith("    polyquant ")]


class Checklist(LiveMode):
    """docs/going-live.md, command by command, on a terminal."""

    def on_terminal(self, line, answers=(), extra=()):
        command = ["bash", "-c", 'exec ' + line.replace("polyquant", BINARY, 1) + " " + " ".join(extra)]
        return Terminal(command, answers, self.work, self.environment())

    def succeed(self, line, answers=(), extra=()):
        terminal = self.on_terminal(line, answers, extra)
        self.assertEqual(terminal.read_until(), 0, line + "\n" + terminal.text)
        return terminal.text

    def start_trading(self, line, answers, until):
        """What it shows from its start to its end; told to stop once it shows `until`."""
        run = self.on_terminal(line, answers)
        ended = run.read_until(until)
        self.assertIsNone(ended, run.text)
        began = time.monotonic()
        os.kill(run.pid, signal.SIGTERM)
        code = run.read_until()
        print(f"from SIGTERM to the end of the process: {time.monotonic() - began:.3f} s", flush=True)
        self.assertEqual(code, 0, run.text)
        return run.text

    def test_every_command_of_it_does_what_it_says(self):
        endpoints = self.sandbox.directory / "endpoints.toml"
        config = CONFIG.read_text().replace("state/sandbox-run", "state/live") + endpoints.read_text()
        (self.work / "live.toml").write_text(config)
        (self.work / "passphrase").write_text(PASSPHRASE + "\n")
        commands = checklist()
        self.assertEqual(len(commands), 10, commands)
        create, listing, derive, doctor, livetest, run, service, status, trades, check = commands

        self.succeed(create, [("New passphrase: ", PASSPHRASE), ("Again: ", PASSPHRASE)])
        self.assertIn("no API credentials", self.succeed(listing))
        place = ["--clob", self.sandbox.endpoints["clob"], "--ca-file", self.sandbox.ca_file]
        self.succeed(derive, [("Passphrase: ", PASSPHRASE)], place)
        self.assertNotIn("no API credentials", self.succeed(listing))

        found = self.succeed(doctor, [("Passphrase: ", PASSPHRASE)])
        self.assertRegex(found, r"WARN  endpoints +NOT THE VENUE'S OWN")
        self.assertRegex(found, r"ok    account +eoa, API credentials good")
        self.assertRegex(found, r"ok    balance +1000\S* pUSD")
        self.assertRegex(found, r"ok    approvals +exchange unlimited")

        tested = self.succeed(livetest, [("Passphrase: ", PASSPHRASE), (r"to go on: ", "livetest 5.00 USD")])
        print(tested[tested.find("ready") - 12:], flush=True)
        for step in ("rest: answer", "cancel: confirmed", "buy: answer", "buy: fill", "buy: end", "livetest passed"):
            self.assertIn(step, tested)

        traded = self.start_trading(run, [("Passphrase: ", PASSPHRASE), (r"to go on: ", AT_RISK)], r"exercise .*filled [1-9]")
        self.assertIn("WARNING not the venue's own: clob = https://", traded)
        self.assertIn("live NOT AT THE VENUE (127.0.0.1", traded)
        self.assertIn("nothing of ours rests at the venue", traded)
        self.assertNotIn("did not stop in time", traded)

        self.assertIn("exercise", self.succeed(status))
        self.assertIn("exercise", self.succeed(trades))
        self.assertIn("0 problems", self.succeed(check))
        # Money was won or lost: the service's text is another one now, and the start names it.
        refused = self.on_terminal(service)
        self.assertEqual(refused.read_until(), 4, refused.text)
        text = re.search(r'--confirm "(trade [0-9.]+ USD)"', refused.text).group(1)
        again = service.replace("trade 100.00 USD", text)
        self.assertIn("nothing of ours rests", self.start_trading(again, (), "reconciled"))

        (self.work / "live.toml").write_text(at_rest(config))
        settling = service.replace("trade 100.00 USD", "trade 0.00 USD")
        self.succeed(settling, (), ["--for", "9m"])
        self.sandbox.stop()
        self.assertGreater(self.assert_equal_to_the_sandboxs_books(self.sandbox, "."), 0)

    def ledger(self, _):
        return self.work / "state/live/live/ledger.sqlite"


if __name__ == "__main__":
    unittest.main()
