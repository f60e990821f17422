// What sources said of a market's end, and the way of its money back into the wallet.
#include "engine/ledger/booker.hpp"

#include <array>

namespace polyquant::ledger {

void Booker::operator()(OutcomeReported const& f) const {
    store.run(
        "INSERT INTO outcomes (seq, market, slug, asset, start_ns, length_s, source, ruling, text) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        seq,
        to_string(f.market),
        f.slug,
        asset_text(f.asset),
        f.window.start,
        f.window.length.count(),
        to_string(f.source),
        to_string(f.ruling),
        f.text
    );
}

void Booker::operator()(CaptureDiffered const& f) const {
    store.run(
        "INSERT INTO capture_errors (seq, market, slug, asset, start_ns, length_s, strike_e8, "
        "official_strike_e8, final_e8, official_final_e8, other_winner) VALUES "
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        seq,
        to_string(f.market),
        f.slug,
        asset_text(f.asset),
        f.window.start,
        f.window.length.count(),
        f.strike,
        f.official_strike,
        f.final_price,
        f.official_final,
        f.other_winner ? 1 : 0
    );
}

void Booker::operator()(PayoutClaimed const& f) const {
    store.run(
        "INSERT INTO claims (strategy, token, seq, market, outcome, shares, claimed, collected) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, 0) "
        "ON CONFLICT (strategy, token) DO UPDATE SET seq = excluded.seq, "
        "shares = shares + excluded.shares, claimed = claimed + excluded.claimed",
        f.strategy.text,
        to_string(f.token),
        seq,
        to_string(f.market),
        to_string(f.outcome),
        f.size,
        f.amount
    );
    auto const token = to_string(f.token);
    auto const amount = f.amount.micros();
    post(
        store,
        seq,
        f.strategy,
        std::array{Line{"cash", nullptr, -amount}, Line{"redeemable", &token, amount}}
    );
}

void Booker::operator()(RedemptionChanged const& f) const {
    store.run(
        "INSERT INTO redemptions (redemption, market, first_seq, seq, slug, state, via, "
        "tx, nonce, amount, block, gas_wei, text) VALUES "
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (redemption, market) DO UPDATE SET seq = excluded.seq, "
        "state = excluded.state, via = excluded.via, tx = excluded.tx, "
        "nonce = excluded.nonce, amount = excluded.amount, block = excluded.block, "
        "gas_wei = gas_wei + excluded.gas_wei, text = excluded.text",
        f.redemption.text,
        to_string(f.market),
        seq,
        seq,
        f.slug,
        to_string(f.state),
        f.via,
        f.transaction,
        f.nonce,
        f.amount,
        f.block,
        f.gas_wei,
        f.text
    );
}

void Booker::operator()(PayoutCollected const& f) const {
    auto const token = to_string(f.token);
    auto const amount = f.amount.micros();
    auto const found = store.run(
        "UPDATE claims SET collected = collected + ? WHERE strategy = ? AND token = ?",
        amount,
        f.strategy.text,
        token
    );
    if (found == 0)
        throw Contradiction{fmt::format("{} claimed nothing of {}", f.strategy.text, token)};
    store.run(
        "INSERT INTO collections (seq, redemption, strategy, token, market, amount) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        seq,
        f.redemption.text,
        f.strategy.text,
        token,
        to_string(f.market),
        amount
    );
    post(
        store,
        seq,
        f.strategy,
        std::array{Line{"redeemable", &token, -amount}, Line{"cash", nullptr, amount}}
    );
}

void Booker::operator()(WalletMoved const& f) const {
    auto const amount = f.amount.micros();
    store.run(
        "INSERT INTO wallet_moves (seq, cause, amount, reference, text) VALUES (?, ?, ?, ?, ?)",
        seq,
        to_string(f.cause),
        amount,
        f.reference,
        f.text
    );
    post(
        store,
        seq,
        StrategyName{},
        std::array{Line{"wallet", nullptr, amount}, Line{"outside", nullptr, -amount}}
    );
}

} // namespace polyquant::ledger
