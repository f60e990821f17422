// ---- the page

// What matters most comes first in the tables: a phone shows no more without scrolling.

function groupRow(path, group, name = group.name) {
    const cell = (key, format, toned) => el("td", toned ? { class: tone(group[key]) } : {}, show(path + "." + key, format));
    const span = el("td", {}, show(path + ".low", "percent"), " – ", show(path + ".high", "percent"));
    return el("tr", {}, el("td", {}, name), cell("trades", "count"), cell("pnl", "usd", true), cell("win_rate", "percent"), span,
        cell("break_even", "percent"), cell("promised_edge", "cents"), cell("realised_edge", "cents", true), cell("staked", "usd"));
}

const groupColumns = ["", "trades", "PnL", "won", "95 % interval", "break-even", "edge promised", "edge realised", "staked"];

function head() {
    document.title = "polyquant report, " + formats.time(data.run.from) + " to " + formats.time(data.run.until);
    page.append(
        el("h1", {}, "Trading report"),
        el("p", { class: "sub" }, show("run.from", "time"), " to ", show("run.until", "time"), " UTC, ", show("summary.days", "count"), " days, ",
            show("summary.days_traded", "count"), " with trades"),
        el("div", { class: "source " + data.run.quote_source }, el("strong", {}, show("run.headline", "text"))));
    page.append(el("ul", { class: "verdict" }, ...data.verdict.map((line, i) => el("li", {}, show("verdict." + i, "text")))));
}

function cards() {
    page.append(el("div", { class: "cards" },
        card("Profit and loss", "money.pnl", "usd", [show("summary.return", "percent"), " of ", show("money.capital", "usd")], true),
        card("Trades", "summary.trades", "count", ["won ", show("summary.won", "count")]),
        card("Win rate", "summary.win_rate", "percent", ["95 %: ", show("summary.low", "percent"), " to ", show("summary.high", "percent")]),
        card("Break-even rate", "summary.break_even", "percent", ["price and fee per share"]),
        card("Edge realised, a share", "summary.edge.mean", "cents", interval("summary.edge", "cents"), true),
        card("Edge promised, a share", "summary.promised_edge", "cents", ["by the model, after the fee"]),
        card("P(edge ≤ 0)", "summary.edge.not_positive", "ratio", ["resampled by day"]),
        card("Sharpe, daily", "summary.sharpe.value", "ratio", [...interval("summary.sharpe", "ratio"), ", n ", show("summary.sharpe.days", "count")]),
        card("Sortino, daily", "summary.sortino.value", "ratio", interval("summary.sortino", "ratio")),
        card("Deflated Sharpe", "summary.deflated_sharpe", "ratio", [show("summary.trials", "count"), " tried; 0.95 is evidence"]),
        card("Max drawdown", "summary.drawdown.usd", "usd", [show("summary.drawdown.peak", "time"), " to ", show("summary.drawdown.trough", "time"), data.summary.drawdown.recovered ? ", recovered " : ", not recovered", ...(data.summary.drawdown.recovered ? [show("summary.drawdown.recovered", "time")] : [])]),
        card("Longest losing streak", "summary.longest_losing_streak", "count", ["trades"]),
        card("Profit factor", "summary.profit_factor", "ratio", ["win ", show("summary.average_win", "usd"), ", loss ", show("summary.average_loss", "usd")]),
        card("Expectancy", "summary.expectancy", "usd", ["a trade"], true),
        card("Exposure", "summary.exposure_max", "usd", ["at most; mean ", show("summary.exposure_mean", "usd"), ", ", show("summary.time_in_market", "percent"), " of the time"]),
        card("Turnover", "money.turnover", "usd", ["fees ", show("money.fees", "usd"), ", slippage ", show("money.slippage", "usd")])));
}

function charts() {
    const grid = el("div", { class: "charts" });
    const s = data.series;
    const sign = v => css(v >= 0 ? "--good" : "--bad");
    if (s.curve.t.length > 1) {
        const time = x => (x[x.length - 1] - x[0] > 6 * 86400 ? { values: days, incrs: dayIncrements, space: 60 } : { values: hours, space: 60 });
        const line = (x, y, colour, fill) => plot => (width, height) => new uPlot(options(width, height, {
            axes: axes(time(x), { values: money }),
            series: [{}, { stroke: css(colour), width: 1.5, fill: fill ? css(colour) + "33" : undefined, points: { show: false }, paths: uPlot.paths.stepped({ align: 1 }) }],
        }), [x, y], plot);
        chart(grid, "Equity", "all strategies, settled results only", line(s.curve.t, s.curve.equity, "--accent", false), true, 260);
        chart(grid, "Drawdown", "below the highest equity before", line(s.curve.t, s.curve.drawdown, "--bad", true), true, 150);
    }
    if (s.daily.t.length > 1) chart(grid, "Profit by day", "UTC days, those without a trade too", plot => bars(plot, s.daily.t, s.daily.pnl, { time: true, yValues: money }, sign));
    if (s.pnl_histogram.pnl.length) chart(grid, "Results of single trades", "number of trades by profit", plot => bars(plot, s.pnl_histogram.pnl, s.pnl_histogram.trades.map(n => n || null), { time: false, xValues: money }, (v, i) => css(s.pnl_histogram.pnl[i] >= 0 ? "--good" : "--bad")));
    const unit = () => [0, 1];
    const calibrate = (title, about, bins) => {
        if (!bins.length) return;
        const column = key => bins.map(b => b[key]);
        chart(grid, title, about, plot => points(plot, column("promised"), column("observed"), column("low"), column("high"), unit, unit, [diagonal]));
    };
    calibrate("Calibration of P(UP)", "all sampled moments: promised against observed, 95 % intervals", data.calibration);
    calibrate("Calibration of what was bought", "win probability promised against won, 95 % intervals", data.trade_calibration);
    const prices = (data.breakdowns.find(b => b.by === "price paid") || { groups: [] }).groups;
    if (prices.length) {
        const column = key => prices.map(g => g[key]);
        const low = Math.max(0, Math.min(...column("break_even"), ...column("low")) - 0.05);
        const range = () => [low, 1];
        chart(grid, "Price paid against outcome", "by price band: break-even rate across, won upwards; on the line nothing is earned", plot => points(plot, column("break_even"), column("win_rate"), column("low"), column("high"), range, range, [diagonal]));
    }
    if (data.quarters.length) {
        const q = data.quarters, x = q.map((_, i) => i + 1);
        chart(grid, "Edge by quarter of the trades", data.summary.decays ? "realised, cents a share: DECAYING" : "realised, cents a share", plot => bars(plot, x, q.map(g => 100 * g.realised_edge),
            { time: false, xValues: (u, v) => v.map(n => Number.isInteger(n) && n >= 1 && n <= 4 ? "Q" + n : ""), yValues: (u, v) => v.map(n => n + " ¢") }, sign));
    }
    if (grid.children.length) section("Charts", grid);
}

function tables() {
    if (data.summary.trades) {
        const rows = [groupRow("summary", data.summary, "all")];
        data.breakdowns.forEach((b, i) => {
            if (!b.groups.length) return;
            rows.push(el("tr", { class: "section" }, el("td", { colspan: "9" }, "by " + b.by)));
            b.groups.forEach((g, j) => rows.push(groupRow(`breakdowns.${i}.groups.${j}`, g)));
        });
        if (data.quarters.length) rows.push(el("tr", { class: "section" }, el("td", { colspan: "9" }, "by quarter of the trades")));
        data.quarters.forEach((g, i) => rows.push(groupRow(`quarters.${i}`, g)));
        section("Trades", table(groupColumns, rows));
    }
    if (data.moments.length) {
        const rows = data.moments.map((m, i) => {
            const path = `moments.${i}`;
            const cell = (key, format) => el("td", {}, show(`${path}.${key}`, format));
            return el("tr", {}, el("td", {}, show(path + ".seconds_left", "count"), " s left"), cell("count", "count"), cell("advantage.mean", "brier"),
                el("td", {}, show(path + ".advantage.low", "brier"), " – ", show(path + ".advantage.high", "brier")), cell("brier_model", "brier"), cell("brier_market", "brier"), cell("log_loss_model", "brier"), cell("log_loss_market", "brier"));
        });
        section("Probabilities against the market's mid", table(["all windows", "n", "advantage", "95 %, by day", "Brier, model", "Brier, market", "log loss, model", "log loss, market"], rows));
    }
    const counts = (title, path) => Object.keys(data[path]).map((key, i) => el("tr", {}, el("td", {}, (i ? "" : title + ": ") + key), el("td", {}, show(`${path}.${key}`, "count"))));
    section("Orders and refusals", el("div", { class: "charts" },
        table(["orders", ""], [...counts("orders", "orders"), ...counts("not filled", "not_filled")]),
        table(["evaluations by answer", ""], Object.keys(data.refusals).map(key => el("tr", {}, el("td", {}, key), el("td", {}, show(`refusals.${key}`, "count")))))));
    const odd = [["unresolved", "unresolved"], ["half_paid", "paid half and half"], ["void", "void"], ["open_positions", "open position"]]
        .flatMap(([key, what]) => data[key].map((t, i) => el("tr", {}, el("td", {}, what), ...["strategy", "slug", "outcome"].map(k => el("td", {}, show(`${key}.${i}.${k}`, "text"))))));
    section("Unresolved, half paid, void", odd.length ? table(["", "strategy", "market", "side"], odd) : el("p", { class: "sub" }, "None."));
}

function identity() {
    const list = el("dl", { class: "identity" });
    for (const [key, name] of Object.entries({ command: "command", models: "models", latency: "latency", config_hash: "configuration", data_hash: "data", seed: "seed", code_version: "code",
        events: "input events", trials: "variants tried", ledger_digest: "ledger" }))
        if (data.run[key] !== undefined) list.append(el("dt", {}, name), el("dd", {}, show("run." + key, "text")));
    section("Identity of the run", list);
    data.strategies.forEach((s, i) => {
        const path = `strategies.${i}`;
        page.append(el("details", {}, el("summary", {}, s.name + " (" + s.kind + "): ", show(path + ".capital", "usd"), " → ", show(path + ".equity", "usd"), ", fees ", show(path + ".fees", "usd")), el("pre", {}, s.parameters)));
    });
}

head();
cards();
charts();
tables();
identity();
redrawOnChange();
