#include "strategies/signals/signals.hpp"

#include "strategies/scalp/side.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace polyquant::strategies {

namespace {

std::string lines_of(config::TextList const& cells) {
    std::string text;
    for (auto const& cell : cells)
        text += cell + "\n";
    return text;
}

bool contains(config::AssetList const& assets, Asset asset) {
    return std::ranges::find(assets, asset) != assets.end();
}

WindowRules rules_of(SignalParams const& params, bool enabled) {
    return {params, params.assets, params.lead, enabled};
}

// What a probability that comes from no model looks like to the scalp checks.
models::Signal own_signal(StrategyInput const& input, double up) {
    models::Signal signal;
    signal.asset = input.view.asset.value_or(Asset::btc);
    signal.window = input.view.window;
    signal.as_of = input.view.now;
    signal.up = up;
    signal.usable = true;
    return signal;
}

StrategyInput with_signal(StrategyInput const& input, models::Signal const& signal) {
    return {
        .view = input.view,
        .signal = &signal,
        .state = input.state,
        .bankroll = input.bankroll,
        .input_seq = input.input_seq,
        .leader = input.leader
    };
}

double move_of(MarketView const& view) {
    return to_double(view.spot->price - view.strike->price) / to_double(view.strike->price);
}

// The side that failed a signal's own condition passed all others: it was nearest to an order.
// Without one, the scalp strategies' order of reasons decides.
void choose_reason(Decision& decision, ScalpParams const& params) {
    auto side = nearer_side(params, decision);
    for (auto const outcome : {Outcome::down, Outcome::up}) {
        auto const reason = decision[outcome].reason;
        if (reason == Reason::no_signal || reason == Reason::move_too_small) side = outcome;
    }
    decision.side = side;
    decision.reason = decision[side].reason;
}

std::optional<Price> ask_of(MarketView const& view, Outcome outcome) {
    auto const& book = view.book(outcome);
    if (!book || !book->is_live() || book->depth(BookSide::ask) == 0) return std::nullopt;
    return book->level(BookSide::ask, 0).price;
}

} // namespace

std::vector<ParamFault> AskMomentumParams::faults() const {
    auto found = SignalParams::faults();
    if (lead + look_back > 300s)
        found.push_back({"look_back", "and lead together are longer than a window"});
    return found;
}

std::vector<ParamFault> AskTableParams::faults() const {
    auto found = SignalParams::faults();
    if (auto const parsed = models::calibration::AskTable::parse(lines_of(cells), prior); !parsed)
        found.push_back({"cells", parsed.error().detail});
    return found;
}

std::vector<ParamFault> AssetLagParams::faults() const {
    auto found = SignalParams::faults();
    auto const coin = parse_asset(leader);
    if (!coin) found.push_back({"leader", "\"" + leader + "\" is none of btc, eth, sol, xrp"});
    if (coin && contains(assets, *coin))
        found.push_back({"assets", "hold the leader, which cannot lag behind itself"});
    return found;
}

AskMomentum::AskMomentum(config::StrategyConfig config, AskMomentumParams params)
    : Strategy{std::move(config)}, params_{std::move(params)} {}

bool AskMomentum::trades(Asset asset) const {
    return contains(params_.assets, asset);
}

void AskMomentum::watch(Watch& watch, StrategyInput const& input) {
    if (watch.window != input.view.window) watch = Watch{input.view.window, {}};
    for (auto const outcome : {Outcome::up, Outcome::down}) {
        auto& asks = watch.asks[static_cast<std::size_t>(outcome)];
        auto const ask = ask_of(input.view, outcome);
        if (!ask) continue;
        if (asks.empty() || asks.back().ask != *ask) asks.push_back({input.view.now, *ask});
        // The newest sample that is old enough is what the rise is measured from: it stays.
        while (asks.size() > 1 && input.view.now - asks[1].at >= params_.look_back)
            asks.pop_front();
    }
}

Reason AskMomentum::check_rise(Watch const& watch, UtcTime now, Outcome outcome) const {
    auto const& asks = watch.asks[static_cast<std::size_t>(outcome)];
    if (asks.empty() || now - asks.front().at < params_.look_back) return Reason::no_signal;
    auto const rise = asks.back().ask - asks.front().ask;
    return rise >= params_.min_rise ? Reason::order_sent : Reason::move_too_small;
}

Decision AskMomentum::decide(StrategyInput const& input) {
    Decision decision;
    if (!input.view.asset) return decision;
    auto& watched = watches_[index_of(*input.view.asset)];
    watch(watched, input);
    decision.reason = check_window(rules_of(params_, enabled()), input);
    if (decision.reason != Reason::order_sent) return decision;
    for (auto const outcome : {Outcome::up, Outcome::down}) {
        auto offer = check_side(params_, input, input.state[outcome], outcome);
        if (offer.audit.reason == Reason::order_sent)
            offer.audit.reason = check_rise(watched, input.view.now, outcome);
        decision[outcome] = offer.audit;
        if (offer.audit.reason == Reason::order_sent)
            return buy(name(), input, outcome, offer, std::move(decision));
    }
    choose_reason(decision, params_);
    return decision;
}

AskTableStrategy::AskTableStrategy(config::StrategyConfig config, AskTableParams params)
    : Strategy{std::move(config)}, params_{std::move(params)},
      table_{models::calibration::AskTable::parse(lines_of(params_.cells), params_.prior).value()} {
}

bool AskTableStrategy::trades(Asset asset) const {
    return contains(params_.assets, asset);
}

std::optional<double> AskTableStrategy::win_probability(Price ask, double seconds_left) const {
    using Table = models::calibration::AskTable;
    auto const bucket =
        std::ranges::find_if(Table::seconds_edges, [&](int edge) { return seconds_left <= edge; });
    if (bucket == Table::seconds_edges.end()) return std::nullopt;
    auto const ask_bucket = std::min(
        static_cast<std::size_t>(ask.micros() / cents(5).micros()), Table::ask_buckets - 1
    );
    auto const& cell =
        table_.cell(ask_bucket, static_cast<std::size_t>(bucket - Table::seconds_edges.begin()));
    if (cell.count < params_.count_min) return std::nullopt;
    auto const probability = table_.win_probability(to_double(ask), seconds_left);
    return std::isfinite(probability) ? std::optional{probability} : std::nullopt;
}

Decision AskTableStrategy::decide(StrategyInput const& input) {
    Decision decision;
    // The window's checks want a signal of its own; each side then has its cell's.
    auto const any = own_signal(input, 0.5);
    auto const checked = with_signal(input, any);
    decision.reason = check_window(rules_of(params_, enabled()), checked);
    if (decision.reason != Reason::order_sent) return decision;
    auto const left = std::chrono::duration<double>(input.view.to_close()).count();
    for (auto const outcome : {Outcome::up, Outcome::down}) {
        auto const ask = ask_of(input.view, outcome);
        auto const win = ask ? win_probability(*ask, left) : std::nullopt;
        // An unknown probability is taken as none at all, which fails on the edge.
        auto const believed = win.value_or(0);
        auto const signal = own_signal(input, outcome == Outcome::up ? believed : 1 - believed);
        auto const of_side = with_signal(input, signal);
        auto offer = check_side(params_, of_side, input.state[outcome], outcome);
        if (ask && !win && offer.audit.reason == Reason::edge_too_small)
            offer.audit.reason = Reason::no_signal;
        decision[outcome] = offer.audit;
        if (offer.audit.reason == Reason::order_sent)
            return buy(name(), of_side, outcome, offer, std::move(decision));
    }
    choose_reason(decision, params_);
    return decision;
}

AssetLag::AssetLag(config::StrategyConfig config, AssetLagParams params)
    : Strategy{std::move(config)}, params_{std::move(params)},
      leader_{parse_asset(params_.leader).value_or(Asset::btc)} {}

bool AssetLag::trades(Asset asset) const {
    return contains(params_.assets, asset);
}

Decision AssetLag::decide(StrategyInput const& input) {
    Decision decision;
    auto const any = own_signal(input, 0.5);
    decision.reason = check_window(rules_of(params_, enabled()), with_signal(input, any));
    if (decision.reason != Reason::order_sent) return decision;
    auto const refuse = [&](Reason reason) {
        decision.reason = reason;
        return std::move(decision);
    };
    auto const* leader = input.leader;
    if (leader == nullptr || !leader->strike || !input.view.strike)
        return refuse(Reason::strike_unknown);
    if (leader->strike_disputed) return refuse(Reason::strike_disputed);
    if (leader->strike->price <= UsdPrice{} || input.view.strike->price <= UsdPrice{})
        return refuse(Reason::strike_unknown);
    if (!leader->spot || leader->now - leader->spot->at > params_.spot_age_max)
        return refuse(Reason::spot_stale);
    auto const led = move_of(*leader);
    if (std::abs(led) < params_.leader_move) return refuse(Reason::move_too_small);
    auto const followed = led > 0 ? move_of(input.view) : -move_of(input.view);
    if (followed >= params_.followed_share * std::abs(led)) return refuse(Reason::move_too_small);

    auto const outcome = led > 0 ? Outcome::up : Outcome::down;
    auto const win = params_.win_probability;
    auto const signal = own_signal(input, outcome == Outcome::up ? win : 1 - win);
    auto const of_side = with_signal(input, signal);
    auto const offer = check_side(params_, of_side, input.state[outcome], outcome);
    decision[outcome] = offer.audit;
    if (offer.audit.reason == Reason::order_sent)
        return buy(name(), of_side, outcome, offer, std::move(decision));
    decision.side = outcome;
    decision.reason = offer.audit.reason;
    return decision;
}

} // namespace polyquant::strategies
