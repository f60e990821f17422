"""Winnings come back to the micro: every path and wallet, every error of a node, killed anywhere."""

import json
import subprocess
import unittest

from chain_case import ORACLE, OWNER, WALLETS, ChainCase, post
from sandbox_case import ROOT, node_client, start_sandbox


class Paths(ChainCase):
    def test_the_ctf_pays_every_wallet_and_the_onramp_wraps(self):
        for kind in ("eoa", "safe", "proxy"):
            with self.subTest(kind):
                wallet = WALLETS[kind]
                won = self.chain.market(wallet, up=25_000_001)
                half = self.chain.market(wallet, up=3, down=5, payouts=(1, 1))
                lost = self.chain.market(wallet, down=6_000_000)
                before = self.chain.balances(wallet)

                output = self.redeem(won, half[2:], lost, wallet=kind)

                after = self.chain.balances(wallet)
                self.assertEqual(after["pusd"] - before["pusd"], 25_000_001 + 1 + 2, output)
                self.assertEqual(after["usdce"], before["usdce"], output)
                self.assertEqual(self.chain.balances(wallet, won)["up"], 0)
                # A losing position pays nothing: no gas is spent on it.
                self.assertEqual(self.chain.balances(wallet, lost)["down"], 6_000_000)
                self.fresh_state()

    def test_the_adapter_pays_every_wallet_in_pusd(self):
        for kind in ("eoa", "safe", "proxy"):
            with self.subTest(kind):
                wallet = WALLETS[kind]
                self.chain.do("mint", token="pusd", wallet=wallet, micros=50_000_000)
                approved = self.run_polyquant("wallet", "approve", "--wallet", kind)
                conditions = [self.chain.market(wallet, up=1_000_001), self.chain.market(wallet, up=7, payouts=(1, 1))]
                before = self.chain.balances(wallet)

                output = self.redeem(*conditions, wallet=kind)

                after = self.chain.balances(wallet)
                self.assertEqual(after["pusd"] - before["pusd"], 1_000_001 + 3, approved + output)
                self.assertIn("by adapter", output)
                self.fresh_state()

    def test_the_relayer_fetches_for_every_wallet_it_serves(self):
        for kind in ("safe", "proxy", "deposit"):
            with self.subTest(kind):
                wallet = WALLETS[kind]
                conditions = [self.chain.market(wallet, up=1_000_001), self.chain.market(wallet, up=7, payouts=(1, 1))]
                before = self.chain.balances(wallet)
                self.chain.do("pol", account=OWNER, wei="0")

                output = self.redeem(*conditions, wallet=kind, more=["--relayer"])

                after = self.chain.balances(wallet)
                self.assertEqual(after["pusd"] - before["pusd"], 1_000_001 + 3, output)
                self.assertEqual(after["usdce"], before["usdce"], output)
                self.assertNotIn("eth_sendRawTransaction", self.node.methods)
                self.fresh_state()

    def test_the_router_redeems_positions_of_protocol_v2(self):
        condition = "0x017089ce3ba22aaa0a4cba8250b8c8e1eb000000000000000000000000000000"
        self.chain.do("give_v2", condition=condition, wallet=OWNER, outcome=1, micros=5_000_003)
        self.chain.do("resolve_v2", condition=condition, payouts=[0, 1])
        before = self.chain.balances(OWNER)
        self.assertIn("exchange v3", self.run_polyquant("wallet", "approve", "--v2", "--amount", "1"))

        output = self.redeem(condition)

        self.assertEqual(self.chain.balances(OWNER)["pusd"] - before["pusd"], 5_000_003, output)

    def test_the_venues_operator_is_waited_for_and_found_to_have_paid(self):
        condition = self.chain.market(OWNER, up=9_000_000)
        self.run_polyquant("wallet", "approve", "--auto-redeem", "--amount", "1")
        waiting = self.run_polyquant(
            "redeem", "--no-positions", "--condition", condition, "--operator-wait", "600")
        self.assertIn("would fetch 0", waiting)
        self.chain.do("auto_redeem", wallet=OWNER, condition=condition)

        output = self.redeem(condition, more=["--operator-wait", "600"])

        self.assertIn("1 empty", output)

    def test_legacy_transactions_do_as_well(self):
        condition = self.chain.market(OWNER, up=4_000_000)
        before = self.chain.balances(OWNER)

        self.redeem(condition, more=["--legacy"])

        self.assertEqual(self.chain.balances(OWNER)["pusd"] - before["pusd"], 4_000_000)

    def test_a_dry_run_sends_nothing(self):
        condition = self.chain.market(OWNER, up=4_000_000)

        output = self.run_polyquant("redeem", "--dry-run", "--no-positions", "--condition", condition)

        self.assertIn("would fetch 4", output)
        self.assertNotIn("eth_sendRawTransaction", self.node.methods)


DECODE = """
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
const require = createRequire(process.argv[1] + "/package.json");
const viem = await import(pathToFileURL(require.resolve("viem")).href);
const abi = viem.parseAbi([
  "function redeemPositions(address collateral, bytes32 parent, bytes32 condition, uint256[] sets)",
  "function approve(address spender, uint256 amount)",
  "function wrap(address asset, address to, uint256 amount)",
]);
const out = [];
for (const raw of process.argv.slice(2)) {
  const fields = viem.parseTransaction(raw);
  const { functionName, args } = viem.decodeFunctionData({ abi, data: fields.data });
  out.push({ type: fields.type, nonce: fields.nonce ?? 0, chainId: fields.chainId, to: fields.to, functionName, args,
             from: await viem.recoverTransactionAddress({ serializedTransaction: raw }) });
}
console.log(JSON.stringify(out, (_, v) => (typeof v === "bigint" ? v.toString() : v)));
"""


class Decoded(ChainCase):
    def test_another_library_reads_our_transactions_as_we_meant_them(self):
        for kind, more in (("eip1559", []), ("legacy", ["--legacy"])):
            condition = self.chain.market(OWNER, up=4_000_000)
            self.node.raw.clear()
            first = int(self.chain.rpc("eth_getTransactionCount", OWNER, "latest"), 16)
            self.redeem(condition, more=more)
            modules = node_client("devnet")

            done = subprocess.run(
                ["node", "--input-type=module", "-e", DECODE, str(modules), *self.node.raw],
                capture_output=True, text=True, check=True)

            read = json.loads(done.stdout)
            self.assertEqual([t["functionName"] for t in read], ["redeemPositions", "approve", "wrap"])
            self.assertEqual([t["nonce"] for t in read], [first, first + 1, first + 2])
            self.assertEqual({(t["type"], t["chainId"], t["from"]) for t in read}, {(kind, 137, OWNER)})
            self.assertEqual(read[0]["args"][2:], [condition, ["1", "2"]])
            self.assertEqual(read[2]["args"], ["0x2791Bca1f2de4661ED88A30C99A7a9449Aa84174", OWNER, "4000000"])
            self.fresh_state()


class Errors(ChainCase):
    def setUp(self):
        super().setUp()
        self.condition = self.chain.market(OWNER, up=12_345_678)
        self.before = self.chain.balances(OWNER)

    def assert_paid_once(self, output):
        self.assertEqual(self.chain.balances(OWNER)["pusd"] - self.before["pusd"], 12_345_678, output)
        self.assertEqual(self.chain.balances(OWNER)["usdce"], self.before["usdce"], output)

    def test_a_second_sender_steals_the_nonce(self):
        stolen = []

        def steal(method, number):
            if method == "eth_sendRawTransaction" and not stolen:
                stolen.append(self.chain.do("steal_nonce", account=OWNER))

        self.node.fault = steal
        output = self.redeem(self.condition)

        # Said by the node, or seen at its account when its answer came late.
        self.assertIn("another transaction used its nonce", output)
        self.assert_paid_once(output)

    def test_an_answer_that_is_lost_is_no_second_transaction(self):
        lost = []

        def lose(method, number):
            if method == "eth_sendRawTransaction" and len(lost) < 3:
                lost.append(number)
                return "lost"

        self.node.fault = lose
        output = self.redeem(self.condition)

        self.assertEqual(len(lost), 3)
        self.assert_paid_once(output)

    def test_a_gas_price_that_jumps_is_followed(self):
        jumped = []

        def jump(method, number):
            if method == "eth_sendRawTransaction" and not jumped:
                jumped.append(number)
                self.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(400_000_000_000))
                self.chain.mine()

        self.node.fault = jump
        output = self.redeem(self.condition)

        self.assertIn("fee below the base fee", output)
        self.assert_paid_once(output)

    def test_gas_above_the_cap_is_waited_out(self):
        self.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(900_000_000_000))
        self.chain.mine()
        held = []

        def look(method, number):
            if method == "eth_feeHistory":
                held.append(number)
                if len(held) == 3:
                    self.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(30_000_000_000))
                    self.chain.mine()

        self.node.fault = look
        output = self.redeem(self.condition, more=["--gas-cap", "500"])

        self.assertIn("above the cap", output)
        self.assert_paid_once(output)

    def test_gas_money_runs_out_and_comes_back(self):
        self.chain.do("pol", account=OWNER, wei="1000")
        asked = []

        def fund(method, number):
            if method == "eth_estimateGas":
                asked.append(number)
                if len(asked) == 3:
                    self.chain.do("pol", account=OWNER, wei=str(10**19))

        self.node.fault = fund
        output = self.redeem(self.condition)

        self.assertIn("POL", output)
        self.assert_paid_once(output)

    def test_a_node_that_hangs_is_left_for_the_second_one(self):
        self.node.fault = lambda method, number: "hang"

        output = self.redeem(self.condition, more=["--second-rpc", self.chain.urls["rpc"]], timeout=120)

        self.assert_paid_once(output)

    def test_a_node_that_limits_the_rate_is_come_back_to(self):
        limited = []

        def limit(method, number):
            if number % 7 == 3 and len(limited) < 3:
                limited.append(number)
                return "limit"

        self.node.fault = limit
        output = self.redeem(self.condition)

        self.assertIn("rate_limited", output)
        self.assert_paid_once(output)

    def test_a_revert_is_told_and_costs_no_gas(self):
        # Resolved in the view the node gives, not in what the transaction meets.
        condition = self.chain.market(OWNER, up=1_000_000, payouts=None)

        output = self.redeem(condition, code=0)

        self.assertIn("1 not resolved", output)
        self.assertNotIn("eth_sendRawTransaction", self.node.methods)


class Reorganised(ChainCase):
    confirmations = 3

    def test_a_block_that_is_gone_is_noticed_and_the_money_fetched_again(self):
        condition = self.chain.market(OWNER, up=2_000_000)
        before = self.chain.balances(OWNER)
        sent = []
        snapshot = self.chain.rpc("evm_snapshot")

        def reorganise(method, number):
            if method == "eth_sendRawTransaction":
                sent.append(number)
            if method == "eth_blockNumber":
                # Receipts are seen once; then their block is gone.
                looks.append(number)
                if sent and len(looks) == first_look() + 2 and not gone:
                    gone.append(number)
                    self.chain.rpc("evm_revert", snapshot)
                self.chain.mine()

        looks, gone = [], []

        def first_look():
            return next((i for i, n in enumerate(looks) if n > sent[0]), len(looks))

        self.node.fault = reorganise
        output = self.redeem(condition)

        self.assertEqual(len(gone), 1)
        self.assertIn("reorganised", output)
        self.assertEqual(self.chain.balances(OWNER)["pusd"] - before["pusd"], 2_000_000, output)


class Stuck(ChainCase):
    def test_a_transaction_in_no_block_is_replaced_with_higher_fees(self):
        condition = self.chain.market(OWNER, up=2_000_000)
        before = self.chain.balances(OWNER)
        self.chain.rpc("evm_setAutomine", False)
        self.addCleanup(self.chain.rpc, "evm_setAutomine", True)
        sent = []

        def release(method, number):
            if method == "eth_sendRawTransaction":
                sent.append(number)
                if len(sent) == 2:
                    self.chain.rpc("evm_setAutomine", True)

                    def mine():
                        self.chain.mine()
                    return mine

        self.node.fault = release
        output = self.redeem(condition, more=["--stuck-after", "1"])

        self.assertIn("replaced with higher fees", output)
        self.assertEqual(self.chain.balances(OWNER)["pusd"] - before["pusd"], 2_000_000, output)


class Killed(ChainCase):
    def killed_at(self, number, after):
        """Kills the redeemer at its n-th request, before the node sees it or before the answer."""
        process = None

        def kill(method, count):
            if count != number:
                return None
            if after:
                return process.kill
            process.kill()
            return None

        self.node.count = 0
        self.node.fault = kill
        arguments = ["redeem", "--once", "--no-positions", "--poll-ms", "20", "--for", "30", "--condition", self.condition]
        process = subprocess.Popen(self.command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        process.wait(60)
        self.node.fault = lambda method, count: None
        return process.returncode

    def test_killed_at_every_step_it_neither_loses_nor_doubles_a_payout(self):
        self.condition = self.chain.market(OWNER, up=3_000_001)
        before = self.chain.balances(OWNER)
        steps = 0
        for number in range(1, 400):
            # After a request that only reads, the chain is as before it.
            for after in (False, True):
                if after and self.node.methods[number - 1] != "eth_sendRawTransaction":
                    continue
                snapshot = self.chain.rpc("evm_snapshot")
                self.node.methods.clear()
                code = self.killed_at(number, after)
                if code == 0:  # it needed no more requests than that
                    self.chain.rpc("evm_revert", snapshot)
                    self.assertGreater(steps, 40)
                    print(f"killed at {steps} places", flush=True)
                    return
                steps += 1
                killed_methods = list(self.node.methods)
                output = self.redeem(self.condition)
                self.node.methods[:] = killed_methods
                after_all = self.chain.balances(OWNER)
                self.assertEqual(after_all["pusd"] - before["pusd"], 3_000_001, f"{number} {after}\n{output}")
                self.assertEqual(after_all["usdce"], before["usdce"], output)
                self.chain.rpc("evm_revert", snapshot)
                self.fresh_state()
        self.fail("it never came to its end")


class Many(ChainCase):
    def test_500_markets_resolved_at_once_are_fetched_in_batches(self):
        wallet = WALLETS["safe"]
        conditions = self.chain.do("many", oracle=ORACLE, count=500, wallet=wallet, up=1_000_001)["conditions"]
        listed = self.directory / "conditions"
        listed.write_text("\n".join(conditions))
        before = self.chain.balances(wallet)

        output = self.run_polyquant(
            "redeem", "--once", "--no-positions", "--poll-ms", "20", "--wallet", "safe",
            "--condition-file", str(listed), "--batch", "20", "--rpc-rate", "400", timeout=600)

        self.assertEqual(self.chain.balances(wallet)["pusd"] - before["pusd"], 500 * 1_000_001)
        self.assertEqual(self.node.methods.count("eth_sendRawTransaction"), 25)
        # Two looks of five calls at each, and what 25 transactions need.
        self.assertLess(self.node.calls, 500 * 10 + 25 * 40)
        self.assertIn("240 of 500 markets paid", output)


class WithSandbox(unittest.TestCase):
    def start(self, modules):
        return start_sandbox(
            self, "--chain", "--chain-script", str(ROOT / "tools/devnet/devnet.mjs"), "--chain-modules", str(modules),
            "--assets", "btc", "--expiry-markets", "0")

    def test_a_sandbox_brings_its_chain_up_and_takes_it_down(self):
        sandbox = self.start(node_client("devnet"))
        question = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}

        self.assertEqual(post(sandbox.endpoints["polygon_rpc"], question)["result"], "0x89")
        self.assertEqual(sandbox.stop(), 0)
        with self.assertRaises(OSError):
            post(sandbox.endpoints["polygon_rpc"], question, timeout=5)

    def test_without_its_packages_a_sandbox_says_so_and_is_a_venue_all_the_same(self):
        sandbox = self.start("/nonexistent")

        self.assertIn("tools/fetch_node_clients devnet", sandbox.output)
        self.assertTrue(sandbox.get("gamma", "/events?limit=1"))
        self.assertEqual(sandbox.stop(), 0)


if __name__ == "__main__":
    unittest.main()
