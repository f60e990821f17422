// What a test or the sandbox does to the chain from outside: conditions, shares, money, wallets.
const USD_SUPPLY = 10n ** 15n;
const BANK = "0x000000000000000000000000000000000000ba4c";
const RICH = "0x" + (10n ** 24n).toString(16);

export class Control {
  constructor({ viem, rpc, addresses, contracts, real }) {
    Object.assign(this, { viem, rpc, addresses, contracts, real });
    this.abi = {
      ctf: real.ctf.abi, safe: real.safe.abi, dollar: contracts.Dollar.abi, positions: contracts.Positions.abi,
      auto: contracts.AutoRedeem.abi, factory: contracts.ProxyFactory.abi, deposit: contracts.DepositWallet.abi,
    };
    this.queue = Promise.resolve();
    this.bankReady = false;
    this.deposits = new Map(); // wallet by owner
  }

  // One after the other: senders are impersonated and share their nonces.
  run(request) {
    const done = this.queue.then(() => {
      const action = this["do_" + request.do];
      if (!action) throw new Error(`unknown action ${request.do}`);
      return action.call(this, request);
    });
    this.queue = done.catch(() => {});
    return done;
  }

  async send(from, to, abi, functionName, args) {
    await this.rpc("anvil_setBalance", [from, RICH]);
    const data = this.viem.encodeFunctionData({ abi, functionName, args });
    const hash = await this.rpc("eth_sendTransaction", [{ from, to, data, gas: "0x2dc6c0" }]);
    for (;;) {
      const receipt = await this.rpc("eth_getTransactionReceipt", [hash]);
      if (receipt) {
        if (receipt.status !== "0x1") throw new Error(`${functionName} reverted`);
        return receipt;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async read(to, abi, functionName, args) {
    const data = this.viem.encodeFunctionData({ abi, functionName, args });
    const result = await this.rpc("eth_call", [{ to, data }, "latest"]);
    return this.viem.decodeFunctionResult({ abi, functionName, data: result });
  }

  async bank() {
    if (this.bankReady) return;
    const { usdce, ctf } = this.addresses;
    await this.send(BANK, usdce, this.abi.dollar, "mint", [BANK, USD_SUPPLY]);
    await this.send(BANK, usdce, this.abi.dollar, "approve", [ctf, USD_SUPPLY]);
    this.bankReady = true;
  }

  async tokens(condition) {
    const { ctf, usdce } = this.addresses;
    const ids = [];
    for (const set of [1n, 2n]) {
      const collection = await this.read(ctf, this.abi.ctf, "getCollectionId", [this.viem.zeroHash, condition, set]);
      ids.push(await this.read(ctf, this.abi.ctf, "getPositionId", [usdce, collection]));
    }
    return ids;
  }

  // {oracle, question} -> {condition, up, down}
  async do_prepare({ oracle, question }) {
    const { ctf } = this.addresses;
    const condition = await this.read(ctf, this.abi.ctf, "getConditionId", [oracle, question, 2n]);
    const slots = await this.read(ctf, this.abi.ctf, "getOutcomeSlotCount", [condition]);
    if (slots === 0n) await this.send(BANK, ctf, this.abi.ctf, "prepareCondition", [oracle, question, 2n]);
    const [up, down] = await this.tokens(condition);
    return { condition, up: String(up), down: String(down) };
  }

  // {condition, wallet, up, down}: shares in micros
  async do_give({ condition, wallet, up = 0, down = 0 }) {
    await this.bank();
    const { ctf, usdce } = this.addresses;
    const most = BigInt(Math.max(Number(up), Number(down)));
    await this.send(BANK, ctf, this.abi.ctf, "splitPosition", [usdce, this.viem.zeroHash, condition, [1n, 2n], most]);
    const ids = await this.tokens(condition);
    for (const [id, size] of [[ids[0], up], [ids[1], down]])
      if (BigInt(size) > 0n)
        await this.send(BANK, ctf, this.abi.ctf, "safeTransferFrom", [BANK, wallet, id, BigInt(size), "0x"]);
    return {};
  }

  // {oracle, question, payouts: [1, 0]}
  async do_resolve({ oracle, question, payouts }) {
    await this.send(oracle, this.addresses.ctf, this.abi.ctf, "reportPayouts", [question, payouts.map(BigInt)]);
    return {};
  }

  // {oracle, count, wallet, up, seed}: so many resolved markets with shares, for load.
  async do_many({ oracle, count, wallet, up, seed = "many" }) {
    const conditions = [];
    for (let i = 0; i < count; ++i) {
      const question = this.viem.keccak256(this.viem.toHex(`${seed} ${i}`));
      const { condition } = await this.do_prepare({ oracle, question });
      await this.do_give({ condition, wallet, up });
      await this.do_resolve({ oracle, question, payouts: [1, 0] });
      conditions.push(condition);
    }
    return { conditions };
  }

  async do_mint({ token, wallet, micros }) {
    await this.send(BANK, this.addresses[token], this.abi.dollar, "mint", [wallet, BigInt(micros)]);
    // pUSD is USDC.e behind a wrapper: what is minted here can be unwrapped.
    if (token === "pusd") await this.send(BANK, this.addresses.usdce, this.abi.dollar, "mint", [this.addresses.pusd, BigInt(micros)]);
    return {};
  }

  async do_pol({ account, wei }) {
    await this.rpc("anvil_setBalance", [account, "0x" + BigInt(wei).toString(16)]);
    return {};
  }

  // {owner, deposit?}: the owner's wallets at the addresses that derive from it.
  async do_install({ owner, deposit }) {
    const { viem, addresses } = this;
    const code = (at, bytes) => this.rpc("anvil_setCode", [at, bytes]);
    const word = (value) => viem.padHex(value, { size: 32 });
    const safe = viem.getContractAddress({
      opcode: "CREATE2", from: addresses.safeFactory, salt: viem.keccak256(word(owner)),
      bytecodeHash: "0x2bce2127ff07fb632d16c8347c4ebf501f4841168bed00d9e6ef715ddb6fcecf",
    });
    await code(safe, this.real.safeProxy.deployedBytecode);
    await this.rpc("anvil_setStorageAt", [safe, word("0x0"), word(addresses.safeSingleton.toLowerCase())]);
    await this.send(BANK, safe, this.abi.safe, "setup", [
      [owner], 1n, viem.zeroAddress, "0x", addresses.safeHandler, viem.zeroAddress, 0n, viem.zeroAddress,
    ]);
    const proxy = await this.read(addresses.proxyFactory, this.abi.factory, "walletOf", [owner]);
    await code(proxy, this.contracts.ProxyWallet.code);
    if (deposit) {
      await code(deposit, this.contracts.DepositWallet.code);
      this.deposits.set(owner.toLowerCase(), deposit);
      await this.rpc("anvil_setStorageAt", [deposit, word("0x0"), word(owner)]);
    }
    return { safe, proxy, deposit };
  }

  // The venue's operator redeems for whoever approved it.
  async do_auto_redeem({ wallet, condition }) {
    await this.send(BANK, this.addresses.autoRedeem, this.abi.auto, "redeemFor", [wallet, condition]);
    return {};
  }

  // Protocol v2: {condition: 31 bytes padded on the right, wallet, outcome, micros}
  async do_give_v2({ condition, wallet, outcome, micros }) {
    const id = BigInt(condition) | BigInt(outcome);
    await this.send(BANK, this.addresses.positions, this.abi.positions, "give", [wallet, id, BigInt(micros)]);
    return { position: String(id) };
  }

  async do_resolve_v2({ condition, payouts }) {
    const short = this.viem.slice(condition, 0, 31);
    await this.send(BANK, this.addresses.positions, this.abi.positions, "report", [short, ...payouts.map(BigInt)]);
    return {};
  }

  // {wallet, condition}: what the wallet holds, in micros.
  async do_balances({ wallet, condition }) {
    const { usdce, pusd, ctf } = this.addresses;
    const out = {
      pusd: String(await this.read(pusd, this.abi.dollar, "balanceOf", [wallet])),
      usdce: String(await this.read(usdce, this.abi.dollar, "balanceOf", [wallet])),
      pol: String(BigInt(await this.rpc("eth_getBalance", [wallet, "latest"]))),
    };
    if (condition) {
      const [up, down] = await this.tokens(condition);
      out.up = String(await this.read(ctf, this.abi.ctf, "balanceOf", [wallet, up]));
      out.down = String(await this.read(ctf, this.abi.ctf, "balanceOf", [wallet, down]));
    }
    return out;
  }

  // Another sender uses up the account's next nonce.
  async do_steal_nonce({ account }) {
    const hash = await this.rpc("eth_sendTransaction", [{ from: account, to: account, value: "0x0", gas: "0x5208" }]);
    return { hash };
  }
}
