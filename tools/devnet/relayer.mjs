// A stand-in for the gasless relayer: checks what the real one checks, then pays for the transaction.
const PAYER = "0x00000000000000000000000000000000000a7e1a";
const RELAY = "0x000000000000000000000000000000000000fee1";

export class Relayer {
  constructor(control) {
    this.control = control;
    this.done = new Map(); // by id
    this.proxyNonces = new Map(); // by owner
    this.submits = []; // times, for the limit of 25 a minute
    this.count = 0;
  }

  async serve(request, target, body) {
    const route = target.pathname.replace(/^\/relayer/, "");
    const query = target.searchParams;
    const value = (v, status = 200) => ({ status, value: v });
    if (route === "/nonce") return value({ nonce: String(await this.nonce(query.get("address"), query.get("type"))) });
    if (route === "/relay-payload") return value({ address: RELAY, nonce: String(this.proxyNonces.get(query.get("address").toLowerCase()) ?? 0) });
    if (route === "/deployed") return value({ deployed: true });
    if (route === "/transaction") {
      const found = this.done.get(query.get("id"));
      return value(found ? [found] : []);
    }
    if (route !== "/submit" || request.method !== "POST") return value({ error: "not found" }, 404);
    if (!request.headers["relayer_api_key"] && !request.headers["poly_builder_api_key"]) return value({ error: "invalid authorization" }, 401);
    const now = Date.now();
    this.submits = this.submits.filter((at) => at > now - 60_000);
    if (this.submits.length >= 25) return value({ error: "too many requests" }, 429);
    this.submits.push(now);
    return value(await this.submit(JSON.parse(body)));
  }

  async nonce(owner, type) {
    const { control } = this;
    if (type === "SAFE") {
      const { safe } = this.wallets(owner);
      return control.read(safe, control.abi.safe, "nonce", []);
    }
    if (type === "WALLET") return control.read(control.deposits.get(owner.toLowerCase()), control.abi.deposit, "nonce", []);
    return BigInt(this.proxyNonces.get(owner.toLowerCase()) ?? 0);
  }

  wallets(owner) {
    const { viem, addresses } = this.control;
    const safe = viem.getContractAddress({
      opcode: "CREATE2", from: addresses.safeFactory, salt: viem.keccak256(viem.padHex(owner, { size: 32 })),
      bytecodeHash: "0x2bce2127ff07fb632d16c8347c4ebf501f4841168bed00d9e6ef715ddb6fcecf",
    });
    return { safe };
  }

  async submit(body) {
    const id = `0190-${++this.count}`;
    const entry = { transactionID: id, state: "STATE_NEW", transactionHash: "", type: body.type, from: body.from, to: body.to, nonce: body.nonce };
    try {
      const receipt = await this["run_" + body.type](body);
      entry.state = "STATE_CONFIRMED";
      entry.transactionHash = receipt.transactionHash;
    } catch (e) {
      entry.state = "STATE_FAILED";
      entry.errorMsg = String(e.shortMessage ?? e.message);
    }
    this.done.set(id, entry);
    return { transactionID: id, state: entry.state, transactionHash: entry.transactionHash };
  }

  run_SAFE(body) {
    const { control } = this;
    const zero = control.viem.zeroAddress;
    return control.send(PAYER, body.proxyWallet, control.abi.safe, "execTransaction", [
      body.to, 0n, body.data, Number(body.signatureParams.operation), 0n, 0n, 0n, zero, zero, body.signature,
    ]);
  }

  run_WALLET(body) {
    const { control } = this;
    const p = body.depositWalletParams;
    const calls = p.calls.map((c) => ({ target: c.target, value: BigInt(c.value), data: c.data }));
    return control.send(PAYER, p.depositWallet, control.abi.deposit, "execute", [BigInt(body.nonce), BigInt(p.deadline), calls, body.signature]);
  }

  async run_PROXY(body) {
    const { viem, addresses } = this.control;
    const owner = body.from.toLowerCase();
    const next = this.proxyNonces.get(owner) ?? 0;
    if (String(next) !== body.nonce) throw new Error("nonce");
    const p = body.signatureParams;
    const number = (v) => viem.numberToHex(BigInt(v), { size: 32 });
    const hash = viem.keccak256(viem.concat([
      viem.toHex("rlx:"), body.from, body.to, body.data, number(p.relayerFee), number(p.gasPrice), number(p.gasLimit),
      number(body.nonce), p.relayHub, p.relay,
    ]));
    const signer = await viem.recoverMessageAddress({ message: { raw: hash }, signature: body.signature });
    if (signer.toLowerCase() !== owner) throw new Error("signature");
    this.proxyNonces.set(owner, next + 1);
    const { args } = viem.decodeFunctionData({ abi: this.control.abi.factory, data: body.data });
    return this.control.send(addresses.hub, addresses.proxyFactory, this.control.abi.factory, "proxyFor", [body.from, args[0]]);
  }
}
