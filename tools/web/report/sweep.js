
function head() {
    page.append(
        el("h1", {}, "Parameter sweep"),
        el("p", { class: "sub" }, show("trials", "count"), " variants (", show("sweep.method", "text"), "), chosen by ", show("sweep.objective", "text"),
            " on ", show("sweep.selection", "text"), ", judged on ", show("sweep.verdict", "text")),
        el("div", { class: "source " + (data.sweep.quote_source || "fitted") }, el("strong", {}, show("sweep.quotes", "text"))),
        el("ul", { class: "verdict" }, ...data.judgement.map((line, i) => el("li", {}, show("judgement." + i, "text")))));
}

const columns = ["objective", "trades", "PnL", "Sharpe, daily", "edge a share", "P(edge ≤ 0)", "max drawdown"];

function variantRows(path) {
    const keys = data.effects.map(e => e.key);
    return data[path].map((v, i) => {
        const cell = (key, format, toned) => el("td", toned ? { class: tone(v[key]) } : {}, show(`${path}.${i}.${key}`, format));
        return el("tr", {}, cell("objective", "ratio"), cell("trades", "count"), cell("pnl", "usd", true), cell("sharpe", "ratio"), cell("edge", "cents", true),
            cell("edge_doubt", "ratio"), cell("drawdown", "usd"), ...keys.map(k => el("td", {}, v.settings[k])));
    });
}

// From red over paper to green, by the place between the lowest and the highest value.
function shade(value, low, high) {
    if (value === null) return "";
    const reach = Math.max(Math.abs(low), Math.abs(high)) || 1;
    const strength = Math.round(75 * Math.min(1, Math.abs(value) / reach));
    return `background: color-mix(in srgb, ${value >= 0 ? "var(--good)" : "var(--bad)"} ${strength}%, var(--card))`;
}

function heatMaps() {
    data.heat_maps.forEach((map, m) => {
        const values = map.cells.flat().filter(v => v !== null);
        const low = Math.min(...values), high = Math.max(...values);
        const rows = map.rows.map((name, r) => el("tr", {}, el("td", {}, name), ...map.columns.map((_, c) =>
            el("td", { style: shade(map.cells[r][c], low, high) }, show(`heat_maps.${m}.cells.${r}.${c}`, "ratio")))));
        const grid = table([map.down + " ↓   " + map.across + " →", ...map.columns], rows);
        grid.classList.add("heat");
        page.append(el("h3", {}, "Mean " + data.sweep.objective), grid);
    });
}

function sensitivity() {
    const grid = el("div", { class: "charts" });
    data.effects.forEach((e, i) => {
        const x = e.values.map((_, n) => n), y = e.values.map(v => v.mean);
        chart(grid, e.key, "explains " + (100 * e.share).toFixed(1) + " % of the objective's variance alone", plot => bars(plot, x, y,
            { time: false, xValues: (u, v) => v.map(n => (Number.isInteger(n) && e.values[n] ? e.values[n].value : "")) }, v => css(v >= 0 ? "--good" : "--bad")));
    });
    section("Sensitivity", grid);
}

head();
section("On the days kept apart", data.verdict.length ? table([...columns, ...data.effects.map(e => e.key)], variantRows("verdict")) : el("p", { class: "sub" }, "Not run yet."));
section("The best by selection", el("p", { class: "sub" }, "Chosen on these days: their figures flatter by the choice itself."), table([...columns, ...data.effects.map(e => e.key)], variantRows("best")));
section("Heat maps");
heatMaps();
sensitivity();
redrawOnChange();
