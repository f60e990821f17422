// Polymarket's own client, unmodified: only the base URL and, by NODE_EXTRA_CA_CERTS, the authority
// are the sandbox's. Prints one JSON object of what it saw.
import { createRequire } from 'node:module';

const require = createRequire(process.env.CLIENT_MODULES + '/');
const { ClobClient, OrderType, Side } = require('@polymarket/clob-client-v2');
const { Wallet } = require('ethers');
const WebSocket = require('ws');

const host = process.env.CLOB;
const stream = process.env.CLOB_STREAM;
const chain = 137;
// The second account of the well-known development mnemonic.
const wallet = new Wallet('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d');
console.error = console.warn = () => {}; // the client logs refused requests itself

const seen = {};

async function until(what, condition, seconds = 40) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        const value = await condition();
        if (value) return value;
        if (Date.now() > end) throw new Error('waited in vain for ' + what);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

function listen(path, subscription, into) {
    return new Promise((resolve, reject) => {
        const socket = new WebSocket(stream + path);
        socket.on('error', reject);
        socket.on('open', () => {
            socket.send(JSON.stringify(subscription));
            resolve(socket);
        });
        socket.on('message', (data) => {
            const text = data.toString();
            if (text === 'PONG') {
                seen.pongs = (seen.pongs ?? 0) + 1;
                return;
            }
            const message = JSON.parse(text);
            into.push(...(Array.isArray(message) ? message : [message]));
        });
    });
}

// Discovery: the running BTC window, by the exchange's own pages.
const open = new ClobClient({ host, chain });
seen.ok = await open.getOk();
seen.version = await open.getVersion();
seen.time = await open.getServerTime();
let cursor = 'MA==';
let market;
while (cursor !== 'LTE=' && !market) {
    const page = await open.getMarkets(cursor);
    cursor = page.next_cursor;
    market = page.data.find((m) => {
        const start = Number(/^btc-updown-5m-(\d+)$/.exec(m.market_slug)?.[1]);
        return m.accepting_orders && start > seen.time && start <= seen.time + 300;
    });
}
seen.market = market;
const token = market.tokens[0].token_id;
seen.info = await open.getClobMarketInfo(market.condition_id);
seen.book = await open.getOrderBook(token);
seen.hash = seen.book.hash;
seen.recomputed = await open.getOrderBookHash(structuredClone(seen.book));
seen.price = await open.getPrice(token, Side.BUY);
seen.midpoint = await open.getMidpoint(token);
seen.spread = await open.getSpread(token);
seen.history = await open.getPricesHistory({ market: token, interval: '1h' });

// Keys.
const signing = new ClobClient({ host, chain, signer: wallet });
const creds = await signing.createOrDeriveApiKey();
seen.derived = (await signing.deriveApiKey()).key === creds.key;
const client = new ClobClient({ host, chain, signer: wallet, creds });
seen.keys = (await client.getApiKeys()).apiKeys.length;
seen.closed_only = (await client.getClosedOnlyMode()).closed_only;
seen.balance = (await client.getBalanceAllowance({ asset_type: 'COLLATERAL' })).balance;
const stranger = new ClobClient({ host, chain, signer: wallet, creds: { ...creds, secret: 'AAAA' } });
seen.refusal = await stranger.getApiKeys();

// Streams.
const marketMessages = [];
const userMessages = [];
const marketSocket = await listen(
    '/ws/market',
    { type: 'market', assets_ids: market.tokens.map((t) => t.token_id), custom_feature_enabled: true },
    marketMessages,
);
const userSocket = await listen(
    '/ws/user',
    { type: 'user', markets: [market.condition_id], auth: { apiKey: creds.key, secret: creds.secret, passphrase: creds.passphrase } },
    userMessages,
);
marketSocket.send('PING');
userSocket.send('PING');
await until('two PONGs', () => seen.pongs === 2);

// A resting order, then its cancellation.
const resting = await client.createAndPostOrder(
    { tokenID: token, price: 0.02, size: 60, side: Side.BUY },
    undefined,
    OrderType.GTC,
);
seen.resting = resting;
seen.open_orders = await client.getOpenOrders({ market: market.condition_id });
seen.cancelled = await client.cancelOrder({ orderID: resting.orderID });
seen.left_open = (await client.getOpenOrders()).length;

// A market order, which is held for the taker delay and then filled.
const taken = await client.createAndPostMarketOrder(
    { tokenID: token, amount: 12, price: 0.9, side: Side.BUY },
    undefined,
    OrderType.FAK,
);
seen.taken = taken;
seen.trades = await until('a confirmed trade', async () => {
    const trades = await client.getTrades({ market: market.condition_id });
    return trades.length > 0 && trades.every((t) => t.status === 'CONFIRMED') && trades;
});
seen.shares = (await client.getBalanceAllowance({ asset_type: 'CONDITIONAL', token_id: token })).balance;
seen.cash = (await client.getBalanceAllowance({ asset_type: 'COLLATERAL' })).balance;
seen.heartbeat = await client.postHeartbeat('');

await until('the trades on the user channel', () =>
    seen.trades.every((t) => userMessages.some((m) => m.id === t.id && m.status === 'CONFIRMED')),
);
await until('changes on the market channel', () =>
    ['book', 'price_change', 'last_trade_price', 'best_bid_ask'].every((kind) =>
        marketMessages.some((m) => m.event_type === kind),
    ),
);
seen.order_events = userMessages.filter((m) => m.event_type === 'order').map((m) => [m.id, m.type, m.status]);
seen.trade_events = userMessages.filter((m) => m.event_type === 'trade').map((m) => [m.id, m.status]);
seen.market_events = [...new Set(marketMessages.map((m) => m.event_type))];
delete seen.book.bids;
delete seen.book.asks;

// The process ends once all of it is written: a pipe takes 64 KB at a time.
process.stdout.write(JSON.stringify(seen) + '\n', () => process.exit(0));
