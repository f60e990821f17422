"""Binance's own JavaScript client (@binance/spot), unmodified except for base URL and authority."""

import unittest

from sandbox_case import run_node, start_sandbox


class BinanceClient(unittest.TestCase):
    def test_the_official_client_reads_history_and_streams(self):
        sandbox = start_sandbox(self, "--seed", "7", "--speed", "4")

        seen = run_node(
            "binance",
            sandbox,
            {
                "BINANCE_REST": sandbox.endpoints["binance_rest"],
                "BINANCE_STREAM": sandbox.endpoints["binance_stream"],
            },
        )

        self.assertEqual(set(seen["symbols"]), {"BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"})
        opened = [row[0] for row in seen["klines"]]
        self.assertEqual(len(opened), 500)
        self.assertEqual({b - a for a, b in zip(opened, opened[1:])}, {60_000})
        self.assertLess(abs(seen["time"] - opened[-1]), 120_000)
        self.assertEqual(len(seen["seconds"]), 5)
        self.assertEqual(len(seen["trades"]), 10)
        self.assertEqual(seen["limits"][0]["rateLimitType"], "REQUEST_WEIGHT")
        self.assertGreaterEqual(seen["limits"][0]["count"], 2)
        self.assertIn("Invalid symbol", seen["refusal"])
        self.assertLess(float(seen["quote"]["bidPrice"]), float(seen["quote"]["askPrice"]))
        self.assertEqual({trade["e"] for trade in seen["streamed_trades"]}, {"aggTrade"})
        ids = [trade["a"] for trade in seen["streamed_trades"]]
        self.assertEqual(ids, list(range(ids[0], ids[0] + 5)))
        self.assertGreater(ids[0], seen["trades"][-1]["a"])
        self.assertEqual({bar["k"]["s"] for bar in seen["streamed_klines"]}, {"ETHUSDT"})
        for quote in seen["streamed_quotes"]:
            self.assertLess(float(quote["b"]), float(quote["a"]))


if __name__ == "__main__":
    unittest.main()
