"use strict";
const data = JSON.parse(document.getElementById("report-data").textContent);
const page = document.getElementById("page");
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function el(tag, attributes = {}, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    for (const child of children) node.append(child);
    return node;
}

// A value of the report by its path ("summary.sharpe.value"), or undefined.
const at = path => path.split(".").reduce((o, key) => (o === null || o === undefined ? undefined : o[key]), data);

const minus = text => text.replace("-", "−");

const formats = {
    text: v => String(v),
    count: v => Number(v).toLocaleString("en-US"),
    percent: v => minus((100 * v).toFixed(1)) + " %",
    usd: v => (Number(v) < 0 ? "−" : "") + "$" + Math.abs(Number(v)).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
    cents: v => (v < 0 ? "−" : "+") + Math.abs(100 * v).toFixed(2) + " ¢",
    ratio: v => minus(v.toFixed(3)),
    brier: v => minus(v.toFixed(4)),
    time: v => String(v).replace("T", " ").replace("Z", ""),
};

// Every number on the page is made here, from a path into the JSON, and carries that path: what the
// page shows can be compared with the JSON by machine.
function show(path, format) {
    const value = at(path);
    const missing = value === null || value === undefined;
    return el("span", { "data-path": path, "data-format": format }, missing ? "–" : formats[format](value));
}

const tone = value => (value === null || value === undefined || Number(value) === 0 ? "" : Number(value) > 0 ? "good" : "bad");

function card(name, path, format, more = [], toned = false) {
    const value = el("div", { class: "value" + (toned ? " " + tone(at(path)) : "") }, show(path, format));
    return el("div", { class: "card" }, el("div", { class: "name" }, name), value, el("div", { class: "more" }, ...more));
}

function interval(path, format) {
    return ["95 %: ", show(path + ".low", format), " to ", show(path + ".high", format)];
}

function section(title, ...children) {
    page.append(el("h2", {}, title), ...children);
}

function table(columns, rows) {
    const head = el("tr", {}, ...columns.map(c => el("th", {}, c)));
    return el("div", { class: "scroll" }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows)));
}

// ---- charts

const plots = [];

function chart(grid, title, about, draw, wide = false, height = 220) {
    const plot = el("div", { class: "plot" });
    grid.append(el("figure", { class: "chart" + (wide ? " wide" : ""), style: "margin:0" }, el("h3", {}, title), el("p", {}, about), plot));
    plots.push({ plot, draw, height });
}

function axes(x = {}, y = {}) {
    const base = { stroke: css("--soft"), grid: { stroke: css("--grid"), width: 1 }, ticks: { stroke: css("--grid"), width: 1 }, font: "11px system-ui, sans-serif" };
    return [{ ...base, ...x }, { ...base, size: 66, ...y }];
}

function options(width, height, more) {
    return { width, height, tzDate: seconds => uPlot.tzDate(new Date(1000 * seconds), "Etc/UTC"), cursor: { drag: { x: true, y: false } }, legend: { show: false }, ...more };
}

// Whiskers from low to high at each x.
function whiskers(low, high, colour) {
    return u => {
        const c = u.ctx;
        c.save();
        c.strokeStyle = colour;
        c.lineWidth = 1.5 * devicePixelRatio;
        u.data[0].forEach((x, i) => {
            if (low[i] === null || high[i] === null) return;
            const px = u.valToPos(x, "x", true), a = u.valToPos(low[i], "y", true), b = u.valToPos(high[i], "y", true);
            const half = 3 * devicePixelRatio;
            c.beginPath();
            c.moveTo(px, a); c.lineTo(px, b);
            c.moveTo(px - half, a); c.lineTo(px + half, a);
            c.moveTo(px - half, b); c.lineTo(px + half, b);
            c.stroke();
        });
        c.restore();
    };
}

function diagonal(u) {
    const c = u.ctx;
    c.save();
    c.strokeStyle = css("--soft");
    c.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    c.beginPath();
    const low = Math.max(u.scales.x.min, u.scales.y.min), high = Math.min(u.scales.x.max, u.scales.y.max);
    c.moveTo(u.valToPos(low, "x", true), u.valToPos(low, "y", true));
    c.lineTo(u.valToPos(high, "x", true), u.valToPos(high, "y", true));
    c.stroke();
    c.restore();
}

const money = (u, values) => values.map(v => (v < 0 ? "−$" : "$") + Math.abs(v).toLocaleString("en-US", { maximumFractionDigits: 2 }));
const shares = (u, values) => values.map(v => Math.round(100 * v) + " %");

// UTC, as in the tables: the time of day, with the date where one begins.
const hours = (u, splits) => splits.map((seconds, i) => {
    const [day, time] = new Date(1000 * seconds).toISOString().slice(5, 16).split("T");
    return time === "00:00" || i === 0 ? time + "\n" + day : time;
});
const days = (u, splits) => splits.map(seconds => new Date(1000 * seconds).toISOString().slice(5, 10));
const dayIncrements = [1, 2, 3, 7, 14, 28, 91, 182, 364].map(n => n * 86400);

function bars(plot, x, y, about, colourOf) {
    return (width, height) => {
        const colours = y.map(colourOf);
        const step = x.length > 1 ? Math.min(...x.slice(1).map((v, i) => v - x[i])) : 1;
        return new uPlot(options(width, height, {
            scales: { x: { time: about.time, range: (u, a, b) => [x[0] - step, x[x.length - 1] + step] }, y: { range: (u, a, b) => [Math.min(0, a), Math.max(0, b) * 1.05 || 1] } },
            axes: axes(about.time ? { values: days, incrs: dayIncrements } : { values: about.xValues }, { values: about.yValues }),
            series: [{}, { paths: uPlot.paths.bars({ size: [0.7, 40], disp: { fill: { unit: 3, values: () => colours }, stroke: { unit: 3, values: () => colours } } }), points: { show: false }, stroke: "transparent", fill: css("--accent") }],
        }), [x, y], plot);
    };
}

function points(plot, x, y, low, high, xRange, yRange, extra = []) {
    return (width, height) => new uPlot(options(width, height, {
        scales: { x: { time: false, range: xRange }, y: { range: yRange } },
        axes: axes({ values: shares }, { values: shares }),
        series: [{}, { paths: () => null, points: { show: true, size: 8, fill: css("--accent"), stroke: css("--accent") }, stroke: css("--accent") }],
        hooks: { draw: [whiskers(low, high, css("--accent")), ...extra] },
    }), [x, y], plot);
}

function drawAll() {
    for (const p of plots) {
        p.plot.replaceChildren();
        const width = Math.floor(p.plot.clientWidth);
        if (width > 0) p.draw(p.plot)(width, p.height);
    }
}

function redrawOnChange() {
    drawAll();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
    let width = document.documentElement.clientWidth;
    addEventListener("resize", () => {
        if (document.documentElement.clientWidth === width) return;
        width = document.documentElement.clientWidth;
        drawAll();
    });
}
