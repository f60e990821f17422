// An order built, signed and posted by the official TypeScript client, and its answer read, at a
// sandbox: CLOB and TOKEN say where, NPM_DIR holds its node_modules. Run by loop_bench.
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(path.join(path.resolve(process.env.NPM_DIR ?? "."), "package.json"));
const { ClobClient, OrderType, Side } = require("@polymarket/clob-client-v2");
const { Wallet } = require("ethers");

const host = process.env.CLOB;
// The third account of the well-known development mnemonic.
const wallet = new Wallet("0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a");
console.error = console.warn = () => {}; // the client logs by itself
const creds = await new ClobClient({ host, chain: 137, signer: wallet }).createOrDeriveApiKey();
const client = new ClobClient({ host, chain: 137, signer: wallet, creds });

const order = { tokenID: process.env.TOKEN, price: 0.01, size: 5, side: Side.BUY };
const known = { tickSize: "0.01", negRisk: false };
const rounds = 600;
const warm_ups = 50;
const each = [];
for (let n = 0; n < warm_ups + rounds; ++n) {
  const began = process.hrtime.bigint();
  const answer = await client.createAndPostOrder(order, known, OrderType.GTC, true);
  const took = Number(process.hrtime.bigint() - began) / 1000;
  if (!answer.success) throw new Error(JSON.stringify(answer));
  if (n >= warm_ups) each.push(took);
  await new Promise((resolve) => setTimeout(resolve, 30));
}
each.sort((a, b) => a - b);
const at = (p) => each[Math.min(each.length - 1, Math.floor(p * each.length))].toFixed(1).padStart(9);
console.log("official TypeScript client -> answer".padEnd(44), `p50 ${at(0.5)} us   p99 ${at(0.99)} us   p99.9 ${at(0.999)} us   n ${each.length}`);
process.exit(0);
