// A chain of one's own (id 137) with the venue's contracts at their addresses: the real Gnosis
// ConditionalTokens, Safe and MultiSend out of their npm packages, stand-ins for the rest.
//
//   node devnet.mjs --modules DIR [--port N] [--cache FILE] [--block-time SECONDS]
//
// DIR holds node_modules as tools/devnet/package-lock.json pins them. Prints one line of JSON when
// it is ready, {"rpc","control","relayer"}, and runs until SIGTERM, SIGINT or the end of its input.
import { createHash } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import path from "node:path";
import { createRequire } from "node:module";
import { spawn } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Control } from "./control.mjs";
import { Relayer } from "./relayer.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const option = (name) => {
  const at = process.argv.indexOf("--" + name);
  return at < 0 ? undefined : process.argv[at + 1];
};
const modules = path.resolve(option("modules") ?? "");
const require = createRequire(path.join(modules, "package.json"));
const viem = await import(pathToFileURL(require.resolve("viem")).href);

export const addresses = {
  ctf: "0x4D97DCd97eC945f40cF65F87097ACe5EA0476045",
  usdce: "0x2791Bca1f2de4661ED88A30C99A7a9449Aa84174",
  pusd: "0xC011a7E12a19f7B1f670d46F03B03f3342E82DFB",
  adapter: "0xAdA100Db00Ca00073811820692005400218FcE1f",
  onramp: "0x93070a847efEf7F70739046A929D47a521F5B8ee",
  offramp: "0x2957922Eb93258b93368531d39fAcCA3B4dC5854",
  autoRedeem: "0xa1200000d0002264C9a1698e001292D00E1b00af",
  positions: "0x006F54F7f9A22e0000CC2AB60031000000ae9fEF",
  router: "0x12121212006e4CD160D18e3f00711DA5c3372600",
  proxyFactory: "0xaB45c5A4B0c941a2F231C04C3f49182e1A254052",
  hub: "0xD216153c06E857cD7f72665E0aF1d7D82172F494",
  safeSingleton: "0xd9Db270c1B5E3Bd161E8c8503c55cEABeE709552",
  safeHandler: "0xf48f2B2d2a534e402487b3ee7C18c33Aec0Fe5e4",
  safeFactory: "0xaacFeEa03eb1561C4e67d661e40682Bd20E3541b",
  multiSend: "0xA238CBeb142c10Ef7Ad8442C6D1f9E89e07e7761",
};

// Compiling takes two seconds: the result is kept by the hash of the source.
function standIns() {
  const content = fs.readFileSync(path.join(here, "contracts.sol"), "utf8");
  const sum = createHash("sha256").update(content).digest("hex");
  const cache = option("cache");
  if (cache && fs.existsSync(cache)) {
    const kept = JSON.parse(fs.readFileSync(cache, "utf8"));
    if (kept.sum === sum) return kept.contracts;
  }
  const solc = require("solc");
  const settings = {
    optimizer: { enabled: true, runs: 200 },
    evmVersion: "paris",
    outputSelection: { "*": { "*": ["abi", "evm.deployedBytecode.object"] } },
  };
  const input = { language: "Solidity", sources: { "contracts.sol": { content } }, settings };
  const out = JSON.parse(solc.compile(JSON.stringify(input)));
  const errors = (out.errors ?? []).filter((e) => e.severity === "error");
  if (errors.length) throw new Error(errors.map((e) => e.formattedMessage).join("\n"));
  const contracts = {};
  for (const [name, c] of Object.entries(out.contracts["contracts.sol"]))
    contracts[name] = { abi: c.abi, code: "0x" + c.evm.deployedBytecode.object };
  if (cache) {
    fs.writeFileSync(cache + ".new", JSON.stringify({ sum, contracts }));
    fs.renameSync(cache + ".new", cache);
  }
  return contracts;
}

function freePort() {
  return new Promise((resolve) => {
    const probe = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

// The binary itself: npm's launcher would leave a second process in between.
const anvilBinary = () => require.resolve("@foundry-rs/anvil-linux-amd64/bin/anvil");

const contracts = standIns();
const port = Number(option("port") ?? 0) || (await freePort());
const url = `http://127.0.0.1:${port}`;
const node = spawn(
  anvilBinary(),
  ["--host", "127.0.0.1", "--port", String(port), "--chain-id", "137", "--silent", "--no-cors"],
  { stdio: ["ignore", "ignore", "inherit"] },
);
let stopping = false;
function stop(code) {
  stopping = true;
  node.kill("SIGTERM");
  process.exit(code);
}
node.on("exit", (code) => {
  if (stopping) return;
  console.error(`anvil ended with ${code}`);
  process.exit(1);
});
process.on("SIGTERM", () => stop(0));
process.on("SIGINT", () => stop(0));
process.stdin.on("end", () => stop(0)).resume();

let calls = 0;
async function rpc(method, params = []) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: ++calls, method, params });
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { error, result } = await answer.json();
  if (error) throw new Error(`${method}: ${error.message}`);
  return result;
}
for (let tries = 0; ; ++tries) {
  try {
    if ((await rpc("eth_chainId")) === "0x89") break;
  } catch (e) {
    if (tries > 500) throw e;
  }
  await new Promise((resolve) => setTimeout(resolve, 10));
}

const artifact = (name) => require("@gnosis.pm/safe-contracts/build/artifacts/contracts/" + name);
const real = {
  ctf: require("@gnosis.pm/conditional-tokens-contracts/build/contracts/ConditionalTokens.json"),
  safe: artifact("GnosisSafe.sol/GnosisSafe.json"),
  safeProxy: artifact("proxies/GnosisSafeProxy.sol/GnosisSafeProxy.json"),
  handler: artifact("handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json"),
  multiSend: artifact("libraries/MultiSend.sol/MultiSend.json"),
};
const setCode = (at, code) => rpc("anvil_setCode", [at, code]);
const word = (value) => viem.padHex(value, { size: 32 });
await setCode(addresses.ctf, real.ctf.deployedBytecode);
// All that its constructor does: two interfaces in the mapping at slot 0.
for (const id of ["0x01ffc9a7", "0xd9b67a26"]) {
  const slot = viem.keccak256(viem.concat([viem.padHex(id, { dir: "right", size: 32 }), word("0x0")]));
  await rpc("anvil_setStorageAt", [addresses.ctf, slot, word("0x1")]);
}
await setCode(addresses.safeSingleton, real.safe.deployedBytecode);
// Its constructor's threshold, so that nobody can set the singleton itself up.
await rpc("anvil_setStorageAt", [addresses.safeSingleton, word("0x4"), word("0x1")]);
await setCode(addresses.safeHandler, real.handler.deployedBytecode);
// MultiSend refuses calls to itself by an address its constructor stores: left zero, a delegate call is still one.
await setCode(addresses.multiSend, real.multiSend.deployedBytecode);
for (const [name, contract] of [
  ["usdce", "Dollar"], ["pusd", "Dollar"], ["adapter", "Adapter"], ["onramp", "Onramp"], ["offramp", "Offramp"],
  ["autoRedeem", "AutoRedeem"], ["positions", "Positions"], ["router", "Router"], ["proxyFactory", "ProxyFactory"],
])
  await setCode(addresses[name], contracts[contract].code);
await rpc("anvil_autoImpersonateAccount", [true]);
await rpc("anvil_setNextBlockBaseFeePerGas", ["0x" + 30_000_000_000n.toString(16)]);
await rpc("evm_mine");

const control = new Control({ viem, rpc, addresses, contracts, real });
const relayer = new Relayer(control);
const blockTime = Number(option("block-time") ?? 0);
if (blockTime > 0) await rpc("evm_setIntervalMining", [blockTime]);

const server = http.createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const target = new URL(request.url, "http://localhost");
  const answer = (status, value) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
  };
  try {
    if (target.pathname === "/control") return answer(200, await control.run(JSON.parse(body)));
    const { status, value } = await relayer.serve(request, target, body);
    answer(status, value);
  } catch (e) {
    answer(400, { error: String(e.shortMessage ?? e.message ?? e) });
  }
});
server.listen(0, "127.0.0.1", () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ rpc: url, control: origin + "/control", relayer: origin + "/relayer" }));
});
