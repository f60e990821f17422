// Binance's own client, unmodified: only the base URLs and, by NODE_EXTRA_CA_CERTS, the authority
// are the sandbox's. Prints one JSON object of what it saw.
import { createRequire } from 'node:module';

const require = createRequire(process.env.CLIENT_MODULES + '/');
const { Spot } = require('@binance/spot');

console.info = console.debug = () => {}; // its own notes go to standard output

const client = new Spot({
    configurationRestAPI: { apiKey: '', apiSecret: '', basePath: process.env.BINANCE_REST },
    configurationWebsocketStreams: { wsURL: process.env.BINANCE_STREAM },
});

async function rest(call) {
    const response = await call;
    return { data: await response.data(), limits: response.rateLimits };
}

function first(stream, count) {
    return new Promise((resolve) => {
        const seen = [];
        stream.on('message', (message) => {
            seen.push(message);
            if (seen.length === count) resolve([...seen]);
        });
    });
}

const seen = {};
seen.time = (await rest(client.restAPI.time())).data.serverTime;
seen.symbols = (await rest(client.restAPI.exchangeInfo())).data.symbols.map((s) => s.symbol);
const klines = await rest(client.restAPI.klines({ symbol: 'BTCUSDT', interval: '1m', limit: 500 }));
seen.klines = klines.data;
seen.limits = klines.limits;
seen.seconds = (await rest(client.restAPI.klines({ symbol: 'XRPUSDT', interval: '1s', limit: 5 }))).data;
seen.trades = (await rest(client.restAPI.aggTrades({ symbol: 'BTCUSDT', limit: 10 }))).data;
seen.quote = (await rest(client.restAPI.tickerBookTicker({ symbol: 'SOLUSDT' }))).data;
seen.refusal = await client.restAPI
    .klines({ symbol: 'NOSUCH', interval: '1m' })
    .then(() => 'accepted', (error) => error.message);

const connection = await client.websocketStreams.connect();
const trade = connection.aggTrade({ symbol: 'btcusdt' });
const kline = connection.kline({ symbol: 'ethusdt', interval: '1m' });
const quote = connection.bookTicker({ symbol: 'solusdt' });
[seen.streamed_trades, seen.streamed_klines, seen.streamed_quotes] = await Promise.all([
    first(trade, 5),
    first(kline, 3),
    first(quote, 3),
]);
await connection.disconnect();

// The process ends once all of it is written: a pipe takes 64 KB at a time.
process.stdout.write(JSON.stringify(seen) + '\n', () => process.exit(0));
