"""Polymarket's own JavaScript client (@polymarket/clob-client-v2), unmodified except for base URL and authority."""

import unittest

from sandbox_case import run_node, start_sandbox


class PolymarketClient(unittest.TestCase):
    def test_the_official_client_trades(self):
        # At real speed: the client signs with its own clock.
        sandbox = start_sandbox(self, "--seed", "7", "--assets", "btc", "--expiry-markets", "4")

        seen = run_node(
            "polymarket",
            sandbox,
            {"CLOB": sandbox.endpoints["clob"], "CLOB_STREAM": sandbox.endpoints["clob_stream"]},
            timeout=120,
        )
        self.assertEqual(sandbox.stop(), 0)

        self.assertEqual(seen["ok"], "OK")
        self.assertEqual(seen["version"], 2)
        self.assertEqual([token["outcome"] for token in seen["market"]["tokens"]], ["Up", "Down"])
        self.assertEqual(seen["info"]["fd"], {"r": 0.07, "e": 1, "to": True})
        self.assertEqual(seen["book"]["market"], seen["market"]["condition_id"])
        self.assertEqual(seen["recomputed"], seen["hash"])
        self.assertLess(float(seen["price"]["price"]), float(seen["midpoint"]["mid"]))
        self.assertGreater(float(seen["spread"]["spread"]), 0)

        self.assertTrue(seen["derived"])
        self.assertEqual(seen["keys"], 1)
        self.assertFalse(seen["closed_only"])
        self.assertEqual(seen["balance"], "1000000000")
        self.assertEqual(seen["refusal"], {"error": "Unauthorized/Invalid api key", "status": 401})

        resting = seen["resting"]["orderID"]
        self.assertEqual(seen["resting"]["status"], "live")
        self.assertEqual([order["id"] for order in seen["open_orders"]], [resting])
        self.assertEqual(seen["cancelled"]["canceled"], [resting])
        self.assertEqual(seen["left_open"], 0)

        taken = seen["taken"]["orderID"]
        self.assertTrue(seen["taken"]["success"])
        self.assertEqual({trade["taker_order_id"] for trade in seen["trades"]}, {taken})
        bought = sum(float(trade["size"]) for trade in seen["trades"])
        spent = sum(float(trade["size"]) * float(trade["price"]) for trade in seen["trades"])
        self.assertAlmostEqual(spent, 12, places=4)
        self.assertAlmostEqual(int(seen["shares"]) / 1e6, bought, places=5)
        fee = sum(
            float(t["size"]) * 0.07 * float(t["price"]) * (1 - float(t["price"])) for t in seen["trades"]
        )
        self.assertAlmostEqual(int(seen["cash"]) / 1e6, 1000 - spent - fee, places=3)
        self.assertTrue(seen["heartbeat"]["heartbeat_id"])

        orders = [tuple(event) for event in seen["order_events"]]
        self.assertIn((resting, "PLACEMENT", "LIVE"), orders)
        self.assertIn((resting, "CANCELLATION", "CANCELED"), orders)
        self.assertIn((taken, "UPDATE", "MATCHED"), orders)
        for trade in seen["trades"]:
            states = [status for name, status in seen["trade_events"] if name == trade["id"]]
            self.assertEqual([s for s in states if s != "RETRYING"], ["MATCHED", "MINED", "CONFIRMED"])
        self.assertLessEqual(
            {"book", "price_change", "last_trade_price", "best_bid_ask"}, set(seen["market_events"])
        )


if __name__ == "__main__":
    unittest.main()
