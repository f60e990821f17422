"use strict";
// The page of a running engine: everything comes as one JSON object, at first by a request and then
// once a second by WebSocket. Text reaches the document as text only.

const byId = id => document.getElementById(id);
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function el(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    for (const child of children) node.append(child);
    return node;
}

const none = "–";
const known = value => value !== null && value !== undefined;
const minus = text => text.replace("-", "−");
const fixed = (value, digits) => (known(value) ? minus(value.toFixed(digits)) : none);
const percent = (value, digits = 1) => (known(value) ? fixed(100 * value, digits) + " %" : none);
const cents = value => (known(value) ? (value >= 0 ? "+" : "−") + Math.abs(100 * value).toFixed(1) + " ¢" : none);
const whole = value => Number(value).toLocaleString("en-US");
const money = text => (text.startsWith("-") ? "−$" + text.slice(1) : "$" + text);
const tone = text => (Number(text) > 0 ? "good" : Number(text) < 0 ? "bad" : "");

// A difference of prices is written with the digits of the price, `like`.
function coin(value, like = value) {
    if (!known(value)) return none;
    return value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: like < 10 ? 4 : 2 });
}

function span(seconds) {
    if (!known(seconds)) return none;
    const s = Math.max(0, seconds);
    if (s < 10) return s.toFixed(1) + " s";
    if (s < 120) return Math.round(s) + " s";
    if (s < 7200) return Math.round(s / 60) + " min";
    return (s / 3600).toFixed(1) + " h";
}

function left(seconds) {
    const s = Math.max(0, Math.floor(seconds));
    return Math.floor(s / 60) + ":" + String(s % 60).padStart(2, "0");
}

function table(columns, rows, nothing) {
    if (rows.length === 0) return el("p", { class: "none" }, nothing);
    const isLeft = i => rows[0][i] instanceof Node && rows[0][i].className === "left";
    const head = el("tr", {}, ...columns.map((c, i) => el("th", isLeft(i) ? { class: "left" } : {}, c)));
    const body = rows.map(cells => el("tr", {}, ...cells.map(cell => (cell instanceof Node ? cell : el("td", {}, String(cell))))));
    return el("table", {}, el("thead", {}, head), el("tbody", {}, ...body));
}

const toned = (text, name) => el("td", name ? { class: name } : {}, text);
const put = (id, ...children) => byId(id).replaceChildren(...children);

// ---- charts

const charts = new Map();

// Made once for each place and fed from then on; made anew when its width or the colours change.
function chart(place, height, about, data) {
    const width = Math.floor(place.clientWidth);
    if (width === 0) return;
    const key = place.id || place.dataset.key;
    const look = width + css("--accent");
    const old = charts.get(key);
    if (old && old.look === look && old.place === place) return old.plot.setData(data);
    place.replaceChildren();
    const axis = { stroke: css("--soft"), grid: { stroke: css("--grid"), width: 1 }, ticks: { stroke: css("--grid"), width: 1 }, font: "11px system-ui, sans-serif" };
    const options = about(axis);
    const plot = new uPlot({ width, height, legend: { show: false }, tzDate: s => uPlot.tzDate(new Date(1000 * s), "Etc/UTC"), ...options }, data, place);
    charts.set(key, { plot, look, place });
}

const line = (colour, more = {}) => ({ stroke: css(colour), width: 1.8, points: { show: false }, ...more });

// Hours on a day, days on more.
function times(u, splits) {
    const isLong = u.scales.x.max - u.scales.x.min > 2 * 86400;
    return splits.map(s => {
        const text = new Date(1000 * s).toISOString();
        return isLong ? text.slice(5, 10) : text.slice(11, 16);
    });
}

function drawEquity(points) {
    const x = points.map(p => p[0] / 1000), y = points.map(p => p[1]);
    let top = -Infinity;
    const below = y.map(v => v - (top = Math.max(top, v)));
    // Money that has not moved is a line in the middle, not one on a scale of hundreds.
    const range = (u, low, high) => (high - low < 0.01 ? [low - 1, high + 1] : uPlot.rangeNum(low, high, 0.1, true));
    const about = colour => axis => ({ scales: { y: { range } }, axes: [{ ...axis, values: times }, { ...axis, size: 58 }], series: [{}, line(colour)] });
    chart(byId("equity"), 200, about("--accent"), [x, y]);
    chart(byId("drawdown"), 200, about("--bad"), [x, below]);
}

function drawCalibration(strategies) {
    const judged = strategies.filter(s => s.calibration.bets > 0);
    const place = byId("calibration");
    if (judged.length === 0) {
        charts.delete("calibration");
        put("judged");
        return put("calibration", el("p", { class: "none" }, "No bet has been judged yet."));
    }
    put("judged", judged.map(s => s.name + " " + percent(s.calibration.promised) + " → " + percent(s.calibration.won) + " of " + s.calibration.bets).join(" · "));
    const about = axis => ({
        scales: { x: { time: false, range: [0, 1] }, y: { range: [0, 1] } },
        axes: [{ ...axis, values: (u, v) => v.map(n => Math.round(100 * n) + " %") }, { ...axis, size: 48, values: (u, v) => v.map(n => Math.round(100 * n) + " %") }],
        series: [{}, line("--soft", { dash: [4, 4], width: 1 }), { paths: () => null, stroke: css("--accent"), points: { show: true, size: 9, fill: css("--accent"), stroke: css("--accent") } }],
    });
    const points = judged.map(s => [s.calibration.promised, s.calibration.won]).concat([[0, null], [1, null]]).sort((a, b) => a[0] - b[0]);
    chart(place, 200, about, [points.map(p => p[0]), points.map(p => p[0]), points.map(p => p[1])]);
}

function drawTrace(place, asset) {
    const moments = asset.trace.filter(m => m.left >= 0).reverse();
    if (moments.length < 2) return;
    const about = axis => ({
        scales: { x: { time: false, dir: -1, range: [0, asset.length] }, y: { range: [0, 1] } },
        axes: [{ show: false }, { ...axis, size: 40, values: (u, v) => v.map(n => Math.round(100 * n)) }],
        series: [{}, line("--accent"), line("--warn", { width: 1.2 })],
        cursor: { show: false },
    });
    chart(place, 90, about, [moments.map(m => m.left), moments.map(m => m.up), moments.map(m => m.ask)]);
}

// ---- parts

function assetCard(asset) {
    const key = "asset-" + asset.asset;
    let card = byId(key);
    if (!card) {
        card = el("div", { class: "card", id: key }, el("div", { class: "body" }), el("div", { class: "trace", "data-key": "trace-" + asset.asset }), el("div", { class: "soft small" }, "blue P(UP), amber the ask of UP, in %"));
        byId("assets").append(card);
    }
    const ahead = known(asset.current) && known(asset.strike) ? asset.current - asset.strike : null;
    const rows = [
        ["price to beat", coin(asset.strike) + (asset.disputed ? " (disputed)" : "")],
        [asset.average ? "average so far" : "price", coin(asset.current)],
        ["ahead", known(ahead) ? (ahead >= 0 ? "+" : "−") + coin(Math.abs(ahead), asset.strike) : none],
        ["UP, edge", fixed(asset.up_bid, 2) + " / " + fixed(asset.up_ask, 2) + " · " + cents(asset.up_edge)],
        ["DOWN, edge", fixed(asset.down_bid, 2) + " / " + fixed(asset.down_ask, 2) + " · " + cents(asset.down_edge)],
        ["if volatility is off", known(asset.up_low) ? percent(asset.up_low) + " to " + percent(asset.up_high) : none],
        ["book / price", span(asset.book_age) + " / " + span(asset.price_age) + " old"],
    ];
    const body = [
        el("div", { class: "head" }, el("strong", {}, asset.asset), el("span", { class: "soft" }, asset.listed ? left(asset.left) + " left" : "no market")),
        el("div", { class: "big" }, "P(UP) " + (known(asset.up) ? percent(asset.up) : none)),
        el("progress", { max: "1", value: String(known(asset.up) ? asset.up : 0), "aria-label": "P(UP)" }),
        el("dl", {}, ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    ];
    if (asset.note || asset.verdict) body.push(el("div", { class: "soft" }, [asset.note, asset.verdict].filter(Boolean).join(" · ")));
    card.querySelector(".body").replaceChildren(...body);
    drawTrace(card.querySelector(".trace"), asset);
}

function strategyRow(s) {
    const bets = s.wins + s.losses;
    const c = s.calibration;
    const state = s.halted ? "halted" : s.enabled ? "on" : "off";
    return [
        s.name, toned(state, s.halted ? "bad" : ""), money(s.bankroll), toned(money(s.pnl), tone(s.pnl)), whole(s.wins), whole(s.losses),
        bets > 0 ? percent(s.wins / bets) : none, s.filled + " / " + s.sent, whole(s.pending),
        toned(c.state, c.state === "trusted" ? "" : "bad"), c.bets > 0 ? fixed(c.evidence, 2) : none,
        el("td", { class: "left" }, [s.why_asset, s.why].filter(Boolean).join(" ")),
    ];
}

function reasonBars(strategies) {
    const counts = new Map();
    for (const s of strategies) for (const r of s.reasons) counts.set(r.reason, (counts.get(r.reason) || 0) + r.count);
    const all = [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, 9);
    if (all.length === 0) return [el("p", { class: "none" }, "Nothing has been evaluated yet.")];
    return all.map(([reason, count]) => el("div", { class: "bar" }, el("span", {}, reason), el("meter", { max: String(all[0][1]), value: String(count) }), el("span", {}, whole(count))));
}

// What became of an order, in the words of who ended it.
function fate(order) {
    const filled = Number(order.filled);
    if (order.state === "failed") return toned("failed, reversed", "bad");
    if (filled > 0) return toned((filled < Number(order.size) ? "part, " : "") + (order.state === "confirmed" ? "filled" : "filled, " + order.state), "good");
    if (order.state === "cancelled" || order.state === "rejected") return toned(order.reason, "warn");
    return order.state;
}

function orderRow(order) {
    const filled = Number(order.filled);
    return [
        order.at.slice(11, 19), order.strategy, el("td", { class: "left" }, order.slug), order.side + " " + order.outcome, order.size, order.limit,
        filled > 0 ? fixed(Number(order.cost) / filled, 3) : none, filled > 0 ? money(order.cost) : none, fate(order),
    ];
}

function winnings(w) {
    const parts = ["To redeem " + money(w.redeemable)];
    if (w.redeeming > 0) parts.push(w.redeeming + " on the way");
    if (w.unresolved > 0) parts.push(w.unresolved + " without a result yet");
    if (w.disputed > 0) parts.push(w.disputed + " disputed");
    return parts.join(" · ");
}

function plumbingRows(state) {
    const breakers = state.breakers.map(b => [b.endpoint, toned(b.state, b.state === "closed" ? "good" : "bad")]);
    const queues = state.queues.map(q => ["queue " + q.name, whole(q.depth)]);
    return breakers.concat(queues);
}

function show(state) {
    if (!state.ready) return;
    const stuck = state.beat_age > 15;
    document.title = (state.halted || stuck ? "! " : "") + "polyquant " + state.title;
    byId("title").textContent = "polyquant " + state.title;
    byId("clock").textContent = state.now.replace("T", " ").replace("Z", " UTC").replace(/\.\d+/, "");
    const total = key => state.strategies.reduce((sum, s) => sum + Number(s[key]), 0).toFixed(2);
    put("summary",
        el("span", {}, "bank ", el("strong", {}, money(total("bankroll")))),
        el("span", {}, "pnl ", el("strong", { class: tone(total("pnl")) }, money(total("pnl")))),
        el("span", {}, "loop " + (1000 * state.lag_p99).toFixed(1) + " ms p99"),
        el("span", {}, whole(state.events) + " events"),
        el("span", {}, state.open_orders + " orders open" + (state.unknown_orders > 0 ? ", " + state.unknown_orders + " unknown" : "")));
    const troubles = [];
    if (state.halted) troubles.push("Trading is halted: " + state.halt_text);
    if (stuck) troubles.push("The engine has not moved for " + span(state.beat_age));
    if (state.books.startsWith("DIFFER")) troubles.push("Our books differ from the venue's");
    if (state.oldest_unsettled > 3600) troubles.push("A position is unsettled " + span(state.oldest_unsettled) + " after its close");
    byId("banner").hidden = troubles.length === 0;
    byId("banner").textContent = troubles.join(". ");

    state.assets.forEach(assetCard);
    put("strategies", table(["strategy", "", "bank", "pnl", "won", "lost", "rate", "filled", "pending", "promises", "evidence", "why"], state.strategies.map(strategyRow), "No strategy is configured."));
    drawEquity(state.equity);
    drawCalibration(state.strategies);
    put("reasons", ...reasonBars(state.strategies));
    put("orders", table(["time", "strategy", "market", "", "shares", "limit", "paid", "cost", "end"], state.orders.map(orderRow), "No order since the start."));
    put("winnings", winnings(state.winnings));
    put("positions", table(["strategy", "market", "", "shares", "confirmed", "cost", "closes"],
        state.positions.map(p => [p.strategy, el("td", { class: "left" }, p.slug || p.asset), p.outcome, p.shares, p.confirmed, money(p.cost), known(p.left) ? (p.left >= 0 ? "in " + span(p.left) : span(-p.left) + " ago") : none]),
        "No shares are held."));
    put("feeds", table(["feed", "topic", "", "since"],
        state.feeds.map(f => [f.feed, el("td", { class: "left" }, f.topic), toned(f.healthy ? "healthy" : f.reason || "silent", f.healthy ? "good" : "bad"), span(f.since)]), "No feed has reported yet."));
    put("plumbing", table(["endpoint", "state"], plumbingRows(state), "No calls yet."));
    put("windows", table(["window", "coin", "winner", "price to beat", "final"],
        state.windows.map(w => [new Date(1000 * w.start).toISOString().slice(5, 16).replace("T", " "), w.asset, toned(w.winner, w.winner === "UP" ? "good" : "bad"), coin(w.strike), coin(w.final)]),
        "No window has settled since the start."));
    const log = byId("log");
    const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
    log.textContent = state.log.join("\n") || "Nothing has been said yet.";
    if (atEnd) log.scrollTop = log.scrollHeight;
    byId("footer").textContent = "version " + state.version + " · started " + new Date(1000 * state.started).toISOString().slice(0, 19).replace("T", " ") + " UTC" +
        (state.books ? " · books " + state.books : "") + (known(state.clock_offset) ? " · clock " + fixed(1000 * state.clock_offset, 0) + " ms" : "") + " · read-only";
}

// ---- connection

let newest = null, shown = 0, updates = 0;

function take(text) {
    newest = JSON.parse(text);
    document.documentElement.dataset.updates = String(++updates);
    if (!document.hidden || shown === 0) {
        shown = updates;
        show(newest);
    }
}

function live(on) {
    byId("dot").className = "dot " + (on ? "live" : "lost");
    byId("dot").title = on ? "connected" : "not connected: trying again";
}

let pause = 1000;

function connect() {
    const socket = new WebSocket((location.protocol === "https:" ? "wss://" : "ws://") + location.host + "/live");
    socket.onopen = () => { pause = 1000; live(true); };
    socket.onmessage = message => take(message.data);
    socket.onclose = () => {
        live(false);
        setTimeout(connect, pause);
        pause = Math.min(2 * pause, 30000);
    };
}

fetch("state.json").then(answer => answer.text()).then(take).catch(() => live(false)).finally(connect);
document.addEventListener("visibilitychange", () => newest && show(newest));
addEventListener("resize", () => newest && show(newest));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => newest && show(newest));
