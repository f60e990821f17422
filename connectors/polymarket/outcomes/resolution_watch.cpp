#include "connectors/polymarket/outcomes/resolution_watch.hpp"

#include "engine/runtime/ask_when_due.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace polyquant::polymarket {

namespace {

constexpr Nanos tick = Seconds{1};

// Payouts of the two outcomes as a ruling; empty where they are none.
std::optional<Ruling> ruling_of_payouts(std::vector<std::int64_t> const& payouts) {
    if (payouts.size() != 2) return std::nullopt;
    constexpr auto one = Price::scale;
    if (payouts[0] == one && payouts[1] == 0) return Ruling::up;
    if (payouts[0] == 0 && payouts[1] == one) return Ruling::down;
    if (payouts[0] == one / 2 && payouts[1] == one / 2) return Ruling::half;
    return std::nullopt;
}

} // namespace

ResolutionWatch::ResolutionWatch(
    net::NetContext& context,
    GammaClient& gamma,
    DataClient& data,
    ChainView* chain,
    Options options,
    Hooks hooks
)
    : context_{context}, gamma_{gamma}, data_{data}, chain_{chain}, options_{options},
      hooks_{std::move(hooks)} {}

void ResolutionWatch::follow(Market const& market) {
    auto const [at, fresh] = watches_.try_emplace(market.condition);
    at->second.market = market;
    if (fresh) at->second.next_at = market.window.end() + options_.first_after_end;
}

void ResolutionWatch::say(
    Market const& market, OutcomeSource source, Ruling ruling, std::string text
) {
    ++counts_.words;
    if (auto const found = watches_.find(market.condition); found != watches_.end())
        found->second.spoke[static_cast<std::size_t>(source)] = is_result(ruling);
    hooks_.said(market.condition, source, ruling, std::move(text));
}

bool ResolutionWatch::is_void(Market const& market) const {
    return context_.clock.utc_now() >= market.window.end() + options_.void_after;
}

Task<void> ResolutionWatch::ask_gamma(Market const& market, Instant deadline) {
    auto const listing = co_await gamma_.listing_of(market, deadline);
    if (!listing) ++counts_.failures;
    if (!listing || !*listing || (*listing)->market.condition != market.condition) co_return;
    auto const& row = **listing;
    if (row.resolved)
        say(market, OutcomeSource::gamma, ruling_of(row.winner), {});
    else if (row.disputed)
        say(market, OutcomeSource::gamma, Ruling::disputed, "its oracle status is disputed");
    else if (row.closed && is_void(market))
        say(market, OutcomeSource::gamma, Ruling::voided, "closed and not resolved");
}

Task<void> ResolutionWatch::ask_clob(Market const& market, Instant deadline) {
    auto const outcome = co_await gamma_.clob_outcome(market.condition, deadline);
    if (!outcome) ++counts_.failures;
    if (!outcome || !*outcome) co_return;
    auto const& said = **outcome;
    if (said.condition != market.condition || !said.closed) co_return;
    auto const winner = said.winner ? market.outcome_of(*said.winner) : std::nullopt;
    if (said.winner && !winner) co_return;
    if (winner)
        say(market, OutcomeSource::clob, ruling_of(winner), {});
    else if (said.half)
        say(market, OutcomeSource::clob, Ruling::half, {});
    else if (is_void(market))
        say(market, OutcomeSource::clob, Ruling::voided, "closed and no winner named");
}

Task<void> ResolutionWatch::ask_data(Market const& market, Instant deadline) {
    auto const answer = co_await data_.resolution(market.condition, deadline);
    if (!answer) ++counts_.failures;
    if (!answer || !*answer || (*answer)->market != market.condition) co_return;
    auto const& said = **answer;
    if (said.status == "disputed")
        say(market, OutcomeSource::data_api, Ruling::disputed, {});
    else if (auto const ruling = ruling_of_payouts(said.payouts); ruling)
        say(market,
            OutcomeSource::data_api,
            *ruling,
            fmt::format("payouts {}", fmt::join(said.payouts, ":")));
}

Task<void> ResolutionWatch::ask_chain(Market const& market, Instant deadline) {
    auto const answer = co_await chain_->payouts(market.condition, deadline);
    if (!answer) ++counts_.failures;
    if (!answer || !*answer) co_return;
    auto const& payouts = **answer;
    if (auto const ruling = payouts.ruling())
        say(market,
            OutcomeSource::chain,
            *ruling,
            fmt::format("payouts {} of {}", fmt::join(payouts.numerators, ":"), payouts.denominator)
        );
}

bool ResolutionWatch::all_spoke(Watch const& watch) const {
    auto const spoke = [&](OutcomeSource source) {
        return watch.spoke[static_cast<std::size_t>(source)];
    };
    return spoke(OutcomeSource::gamma) && spoke(OutcomeSource::clob) &&
           spoke(OutcomeSource::data_api) && (chain_ == nullptr || spoke(OutcomeSource::chain));
}

Task<void> ResolutionWatch::ask(ConditionId id) {
    auto const market = watches_.at(id).market;
    auto const deadline = context_.clock.now() + options_.call_max;
    ++counts_.questions;
    co_await ask_gamma(market, deadline);
    co_await ask_clob(market, deadline);
    co_await ask_data(market, deadline);
    if (chain_ != nullptr) co_await ask_chain(market, deadline);
    auto const found = watches_.find(id);
    if (found == watches_.end()) co_return;
    auto& watch = found->second;
    auto const now = context_.clock.utc_now();
    auto const asked = watch.asked++;
    auto const done = all_spoke(watch);
    auto const watchful = now <= market.window.end() + options_.watchful;
    if ((done && !watchful && !hooks_.has_money(id)) || now > market.window.end() + options_.keep) {
        watches_.erase(found);
        co_return;
    }
    watch.next_at = now + (!done      ? net::doubled(options_.pause_min, asked, options_.pause_max)
                           : watchful ? options_.again_soon
                                      : options_.again_every);
}

Task<void> ResolutionWatch::run() {
    co_await runtime::ask_when_due(context_.clock, tick, watches_, [this](ConditionId id) {
        return ask(id);
    });
}

} // namespace polyquant::polymarket
