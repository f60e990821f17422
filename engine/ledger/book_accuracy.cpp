// Promises against outcomes: what the model said of a window, what became of bets, and what was
// concluded from it. No money moves.
#include "engine/ledger/booker.hpp"

namespace polyquant::ledger {

void Booker::operator()(WindowForecast const& f) const {
    for (auto const& s : f.samples)
        store.run(
            "INSERT INTO forecasts (seq, left_ms, market, slug, asset, start_ns, length_s, "
            "fee_rate, "
            "fee_exponent, model, up, up_bid, up_ask, down_bid, down_ask) VALUES "
            "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            seq,
            s.left.count(),
            to_string(f.market),
            f.slug,
            asset_text(f.asset),
            f.window.start,
            f.window.length.count(),
            f.fee.rate_micros,
            f.fee.exponent,
            f.model_version,
            s.up,
            s.up_bid,
            s.up_ask,
            s.down_bid,
            s.down_ask
        );
}

void Booker::operator()(BetJudged const& f) const {
    find_order(store, f.order, f.strategy);
    store.run(
        "INSERT INTO bets (order_id, seq, strategy, epoch, asset, start_ns, length_s, outcome, "
        "promised, shares, cost, fee, won, first_of_window, first_of_asset, revisions) VALUES "
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) "
        "ON CONFLICT (order_id) DO UPDATE SET seq = excluded.seq, won = excluded.won, "
        "revisions = revisions + 1",
        to_string(f.order),
        seq,
        f.strategy.text,
        epoch_text(f.epoch),
        asset_text(f.asset),
        f.window.start,
        f.window.length.count(),
        to_string(f.outcome),
        f.promised,
        f.size,
        f.cost,
        f.fee,
        f.won ? 1 : 0,
        f.first_of_window ? 1 : 0,
        f.first_of_asset ? 1 : 0
    );
}

void Booker::operator()(CalibrationChanged const& f) const {
    store.run(
        "INSERT INTO calibrations (seq, strategy, epoch, asset, was, became, evidence, bets, "
        "promised, won) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        seq,
        f.strategy.text,
        epoch_text(f.epoch),
        asset_text(f.asset),
        to_string(f.from),
        to_string(f.to),
        f.evidence,
        f.bets,
        f.promised,
        f.won
    );
}

void Booker::operator()(DailyVerdict const& f) const {
    store.run(
        "INSERT INTO verdicts (seq, asset, from_ns, to_ns, trade, by_trades, windows, bets, "
        "promised, edge, low, high, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        seq,
        asset_text(f.asset),
        f.from,
        f.to,
        f.trade ? 1 : 0,
        f.by_trades ? 1 : 0,
        f.windows,
        f.bets,
        f.promised,
        f.edge,
        f.low,
        f.high,
        f.text
    );
}

} // namespace polyquant::ledger
