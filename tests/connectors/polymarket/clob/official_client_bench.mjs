// The same order built, signed and given its authentication headers by the official TypeScript
// client. NPM_DIR holds node_modules with @polymarket/clob-client-v2 and viem.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import path from "node:path";

const dir = path.resolve(process.env.NPM_DIR ?? ".");
const require = createRequire(path.join(dir, "package.json"));
const file = (name) => import(pathToFileURL(path.join(dir, "node_modules", name)).href);
const { createWalletClient, http } = require("viem");
const { privateKeyToAccount } = require("viem/accounts");
const { polygon } = require("viem/chains");
const lib = "@polymarket/clob-client-v2/dist/";
const { ExchangeOrderBuilderV2 } = await file(lib + "order-utils/exchangeOrderBuilderV2.js");
const { getMarketOrderRawAmounts } = await file(lib + "order-builder/helpers/getMarketOrderRawAmounts.js");
const { ROUNDING_CONFIG } = await file(lib + "order-builder/helpers/roundingConfig.js");
const { buildPolyHmacSignature } = await file(lib + "signing/hmac.js");

// The published first test key of anvil and hardhat.
const account = privateKeyToAccount("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
const signer = createWalletClient({ account, chain: polygon, transport: http("http://127.0.0.1:1") });
const builder = new ExchangeOrderBuilderV2("0xE111180000d2663C0091e4f400237545B87B996B", 137, signer);
const token = "71321045679252212594626385532706912750332728571942532289631379312455583992563";
const secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA==";
const zero = "0x" + "00".repeat(32);

async function request() {
  const raw = getMarketOrderRawAmounts("BUY", 5.2, 0.52, ROUNDING_CONFIG["0.01"]);
  const units = (x) => String(Math.round(x * 1e6));
  const order = await builder.buildSignedOrder({
    maker: account.address, signer: account.address, tokenId: token, makerAmount: units(raw.rawMakerAmt),
    takerAmount: units(raw.rawTakerAmt), side: "BUY", signatureType: 0, timestamp: String(Date.now()),
    metadata: zero, builder: zero, expiration: "0",
  });
  const body = JSON.stringify({ deferExec: false, postOnly: false, order: { ...order, salt: Number(order.salt) },
    owner: "f4f247b7-4ac7-ff29-a152-04fda0a8755a", orderType: "FOK" });
  const hmac = await buildPolyHmacSignature(secret, Math.floor(Date.now() / 1000), "POST", "/order", body);
  return body.length + hmac.length;
}

const rounds = 1000;
const each = [];
for (let n = 0; n < rounds + 200; ++n) {
  const began = process.hrtime.bigint();
  await request();
  if (n >= 200) each.push(Number(process.hrtime.bigint() - began) / 1000);
}
each.sort((a, b) => a - b);
const at = (p) => each[Math.min(each.length - 1, Math.floor(p * each.length))].toFixed(1).padStart(9);
console.log(`official TypeScript client`.padEnd(40), `p50 ${at(0.5)} us   p99 ${at(0.99)} us   p99.9 ${at(0.999)} us`);
