"""The sandbox as a user runs it."""

import json
import signal
import ssl
import subprocess
import unittest
import urllib.error

from sandbox_case import BINARY, start_sandbox, wait_for


class SandboxCommand(unittest.TestCase):
    def test_it_serves_every_service_and_leaves_in_order(self):
        sandbox = start_sandbox(self, "--speed", "12", "--assets", "btc,eth", "--start", "2026-11-23T12:01:00Z")

        clock = sandbox.get("clob", "/sandbox/clock")
        events = sandbox.get("gamma", "/events?tag_slug=up-or-down&closed=false&limit=100")
        blocked = sandbox.get("website", "/api/geoblock")["blocked"]
        time = sandbox.get("binance_rest", "/api/v3/time")["serverTime"]
        positions = sandbox.get("data_api", "/v2/positions?user=0x" + "0" * 39 + "1")
        code = sandbox.stop()

        self.assertEqual(code, 0, sandbox.output)
        self.assertTrue(clock["now"].startswith("2026-11-23T12:0"), clock)
        self.assertEqual({event["slug"].split("-")[0] for event in events}, {"btc", "eth"})
        self.assertFalse(blocked)
        self.assertLess(abs(time - clock["now_ms"]), 120_000)
        self.assertEqual(positions["data"], [])
        accounts = json.loads((sandbox.directory / "accounts.json").read_text())
        self.assertTrue(accounts["audit"]["balances"], accounts)
        self.assertFalse((sandbox.directory / "endpoints.toml").exists())

    def test_windows_roll_and_resolve_while_it_runs(self):
        sandbox = start_sandbox(self, "--speed", "200", "--start", "2026-11-23T12:04:00Z", "--expiry-markets", "0")
        slug = "/events/slug/btc-updown-5m-1795435200"

        def is_resolved():
            event = sandbox.get("gamma", slug)
            # The prices are published later than the winner, or before.
            published = (event.get("eventMetadata") or {}).get("finalPrice")
            return event["markets"][0]["umaResolutionStatus"] == "resolved" and published is not None

        self.assertTrue(wait_for(is_resolved), sandbox.get("gamma", slug))
        market = sandbox.get("gamma", slug)["markets"][0]
        self.assertIn(market["outcomePrices"], ('["1", "0"]', '["0", "1"]'))
        metadata = sandbox.get("gamma", slug)["eventMetadata"]
        up_won = metadata["finalPrice"] >= metadata["priceToBeat"]
        self.assertEqual(market["outcomePrices"] == '["1", "0"]', up_won)

    def test_a_script_of_faults_is_told_as_it_happens(self):
        sandbox = start_sandbox(
            self,
            "--speed",
            "50",
            "--fault",
            "for 300s service=gamma fault=server_error status=503",
            "--fault",
            "for 300s service=website fault=wrong_host",
        )

        def refused_certificate():
            try:
                sandbox.get("website", "/api/geoblock")
            except urllib.error.URLError as error:
                return isinstance(error.reason, ssl.SSLCertVerificationError)
            return False

        with self.assertRaises(urllib.error.HTTPError) as raised:
            sandbox.get("gamma", "/status")
        self.assertEqual(raised.exception.code, 503)
        raised.exception.close()
        self.assertTrue(wait_for(refused_certificate))
        self.assertTrue(wait_for(lambda: not refused_certificate()))
        self.assertEqual(sandbox.stop(signal.SIGINT), 0)
        self.assertRegex(sandbox.output, r"fault begins: for 300s service=gamma")
        self.assertRegex(sandbox.output, r"fault ends:   for 300s service=gamma .*\(\d+ times\)")

    def test_bad_arguments_are_named_before_anything_is_served(self):
        for arguments, words in (
            (["--assets", "gold"], "unknown coin 'gold'"),
            (["--start", "noon"], "--start"),
            (["--fault", "at 5s for 1s fault=nonsense"], "unknown fault 'nonsense'"),
            (["--speed", "0"], "--speed"),
        ):
            done = subprocess.run([BINARY, "sandbox", *arguments], capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
