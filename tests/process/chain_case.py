"""A local chain, and a node in front of it that misbehaves as told."""

import http.server
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

import secret_scan
from sandbox_case import BINARY, ROOT, node_client

# Published test keys (Hardhat and Anvil accounts 0 and 1) and what derives from the first.
KEY = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
OWNER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
WALLETS = {
    "eoa": OWNER,
    "safe": "0xd93B25cb943D14d0d34FBaF01Fc93a0f8b5F6E47",
    "proxy": "0x365f0CA36Ae1f641E02fE3B7743673da42A13A70",
    "deposit": "0xdf8b9E8f9AB23f261F6e1B171B7454ae6E46Ba76",
}
RELAYER_KEY = "a relayer key that nobody may see"
ORACLE = "0x6A9D222616C90FcA5754cd1333cFD9b7fb6a4F74"


def post(url, value, timeout=600):
    request = urllib.request.Request(url, json.dumps(value).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        raise RuntimeError(refused.read().decode(errors="replace")) from refused


class Devnet:
    """tools/devnet/devnet.mjs, until closed."""

    def __init__(self, block_time=0):
        modules = node_client("devnet")
        command = ["node", str(ROOT / "tools/devnet/devnet.mjs"), "--modules", str(modules), "--cache", str(modules / "contracts.json")]
        if block_time:
            command += ["--block-time", str(block_time)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.urls = json.loads(self.process.stdout.readline())
        self.questions = 0
        self.do("install", owner=OWNER, deposit=WALLETS["deposit"])

    def do(self, action, **fields):
        return post(self.urls["control"], {"do": action, **fields})

    def rpc(self, method, *params):
        answer = post(self.urls["rpc"], {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def market(self, wallet, up=0, down=0, payouts=(1, 0)):
        """A market with shares of it in the wallet, resolved unless payouts is None."""
        self.questions += 1
        question = "0x%064x" % self.questions
        condition = self.do("prepare", oracle=ORACLE, question=question)["condition"]
        self.do("give", condition=condition, wallet=wallet, up=up, down=down)
        if payouts:
            self.do("resolve", oracle=ORACLE, question=question, payouts=list(payouts))
        return condition

    def balances(self, wallet, condition=None):
        fields = {"condition": condition} if condition else {}
        return {k: int(v) for k, v in self.do("balances", wallet=wallet, **fields).items()}

    def mine(self, blocks=1):
        self.rpc("anvil_mine", hex(blocks))

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(20)


class FaultyNode:
    """Forwards JSON-RPC to the chain. `fault(method, number)` may answer "hang", "limit", "lost"
    (forwarded, not answered), or do something itself; None forwards."""

    def __init__(self, target):
        node = self
        self.target = target
        self.fault = lambda method, number: None
        self.count = 0  # HTTP requests
        self.calls = 0  # a batch holds many
        self.methods = []
        self.raw = []  # transactions, as sent

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                parsed = json.loads(body)
                method = (parsed[0] if isinstance(parsed, list) else parsed)["method"] if parsed else "empty"
                node.count += 1
                node.methods.append(method)
                node.calls += len(parsed) if isinstance(parsed, list) else 1
                if method == "eth_sendRawTransaction":
                    node.raw.append(parsed["params"][0])
                fault = node.fault(method, node.count)
                if fault == "hang":
                    time.sleep(60)
                    return
                if fault == "limit":
                    return self.reply(429, b'{"error":"slow down"}')
                request = urllib.request.Request(node.target, body, {"Content-Type": "application/json"})
                with urllib.request.urlopen(request, timeout=30) as answer:
                    result = answer.read()
                if fault == "lost":
                    self.close_connection = True
                    self.connection.close()
                    return
                if callable(fault):
                    fault()
                self.reply(200, result)

            def reply(self, status, body):
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # the client was killed

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # clients are killed here

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class ChainCase(unittest.TestCase):
    """One chain for all tests of a class; each test finds it as fresh."""

    block_time = 0

    @classmethod
    def setUpClass(cls):
        cls.chain = Devnet(cls.block_time)
        cls.addClassCleanup(cls.chain.close)

    def setUp(self):
        self.snapshot = self.chain.rpc("evm_snapshot")
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="polyquant-chain-"))
        self.node = FaultyNode(self.chain.urls["rpc"])
        self.fresh_state()

    def tearDown(self):
        self.node.close()
        self.assert_no_key_in_files()
        self.chain.rpc("evm_revert", self.snapshot)
        shutil.rmtree(self.directory, ignore_errors=True)

    def assert_no_key_in_files(self):
        needles = secret_scan.Needles()
        needles.add("key", bytes.fromhex(KEY))
        needles.add("relayer key", RELAYER_KEY.encode())
        for path in self.directory.rglob("*"):
            if not path.is_file() or path.name in secret_scan.KEPT_SECRETS:
                continue
            self.assertEqual(needles.find(path.read_bytes()), [], path.name)

    def fresh_state(self):
        self.assert_no_key_in_files()
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir()
        key = self.directory / "trader.key"
        key.write_text(KEY + "\n")
        key.chmod(0o600)
        (self.directory / "endpoints.toml").write_text(f'[endpoints]\npolygon_rpc = "{self.node.url}"\nrelayer = "{self.chain.urls["relayer"]}"\n')

    def command(self, *arguments):
        return [BINARY, *arguments, "--sandbox", str(self.directory), "--confirmations", str(self.confirmations)]

    confirmations = 0

    def run_polyquant(self, *arguments, code=0, timeout=60):
        """Its output; no key and no address may be in it."""
        done = subprocess.run(
            self.command(*arguments), capture_output=True, text=True, timeout=timeout,
            env={**os.environ, "POLYQUANT_RELAYER_KEY": RELAYER_KEY})
        output = done.stdout + done.stderr
        self.assert_secretless(output)
        self.assertEqual(done.returncode, code, output)
        return output

    def redeem(self, *conditions, wallet="eoa", code=0, more=(), timeout=60):
        return self.run_polyquant(
            "redeem", "--once", "--no-positions", "--poll-ms", "50", "--for", "40", "--wallet", wallet,
            "--condition", ",".join(conditions), *more, code=code, timeout=timeout)

    def assert_secretless(self, output):
        lower = output.lower()
        for secret in [KEY, RELAYER_KEY, *(w[2:].lower() for w in WALLETS.values())]:
            self.assertNotIn(secret, lower)
