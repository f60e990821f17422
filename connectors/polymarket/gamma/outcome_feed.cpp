#include "connectors/polymarket/gamma/outcome_feed.hpp"

#include <algorithm>

namespace polyquant::polymarket {

namespace {

constexpr Nanos tick = Seconds{1};

} // namespace

OutcomeFeed::OutcomeFeed(
    net::NetContext& context, GammaClient& gamma, Options options, EventSink sink
)
    : context_{context}, gamma_{gamma}, options_{std::move(options)}, sink_{std::move(sink)} {}

void OutcomeFeed::follow(Market const& market) {
    auto const [at, is_new] = watches_.try_emplace(market.condition);
    at->second.market = market;
    if (!is_new) return;
    // Spread over a few seconds: the windows of all coins end at one moment.
    auto const spread = net::uniform_up_to(Seconds{5}, context_.random);
    at->second.next_at = market.window.end() + options_.first_after_end + spread;
}

void OutcomeFeed::told(MarketResolved const& event) {
    auto const found = watches_.find(event.market);
    if (found == watches_.end()) return;
    found->second.winner_known = true;
    found->second.winner = event.winner;
}

void OutcomeFeed::resolve(Watch& watch, std::optional<Outcome> winner) {
    if (watch.winner_known) return;
    watch.winner_known = true;
    watch.winner = winner;
    ++counts_.resolved;
    auto const now = context_.clock.utc_now();
    sink_(MarketResolved{Stamp{now, now, 0}, watch.market.condition, winner, PriceSource::venue});
}

void OutcomeFeed::publish_price(Watch const& watch, UtcTime at, UsdPrice price) {
    if (!watch.market.asset) return;
    PriceTick event;
    event.at = {at, context_.clock.utc_now(), 0};
    event.asset = *watch.market.asset;
    event.source = PriceSource::venue;
    event.twap_length = watch.market.rule.twap_length;
    event.price = price;
    sink_(event);
}

void OutcomeFeed::take(ConditionId const& id, Listing const& listing) {
    auto const found = watches_.find(id);
    if (found == watches_.end() || listing.market.condition != id) return;
    auto& watch = found->second;
    auto const& window = watch.market.window;
    if (listing.price_to_beat && !watch.price_to_beat) {
        watch.price_to_beat = listing.price_to_beat;
        publish_price(watch, window.start, *listing.price_to_beat);
    }
    if (listing.final_price && !watch.final_price) {
        watch.final_price = listing.final_price;
        publish_price(watch, window.end(), *listing.final_price);
    }
    if (listing.resolved) resolve(watch, listing.winner);
}

bool OutcomeFeed::is_done(Watch const& watch, UtcTime now) {
    bool const has_prices = !watch.market.asset || (watch.price_to_beat && watch.final_price);
    if (watch.winner_known &&
        (has_prices || watch.asked_since_winner >= options_.prices_questions_max)) {
        if (watch.winner && watch.price_to_beat && watch.final_price) {
            auto const by_price =
                *watch.final_price >= *watch.price_to_beat ? Outcome::up : Outcome::down;
            if (by_price != *watch.winner) ++counts_.contradictions;
        }
        return true;
    }
    auto const patience =
        watch.market.asset ? options_.give_up_after : options_.give_up_others_after;
    if (now < watch.market.window.end() + patience) return false;
    ++counts_.given_up;
    return true;
}

Task<Result<std::optional<Listing>>> OutcomeFeed::ask_gamma(Market market, Instant deadline) {
    // A coin's event has its market's slug, and carries the prices; of others only the id is sure.
    if (market.asset) {
        auto listing = co_await gamma_.by_slug(market.slug, deadline);
        co_return listing;
    }
    std::vector<ConditionId> const one{market.condition};
    auto listings = co_await gamma_.by_conditions(one, deadline);
    if (!listings) co_return listings.error();
    if (listings->empty()) co_return std::nullopt;
    co_return std::optional{std::move(listings->front())};
}

Task<void> OutcomeFeed::ask_exchange(ConditionId id, Instant deadline) {
    auto const outcome = co_await gamma_.clob_outcome(id, deadline);
    auto const found = watches_.find(id);
    if (found == watches_.end() || !outcome || !*outcome) co_return;
    auto const& said = **outcome;
    if (said.condition != id || !said.closed || !said.winner) co_return;
    auto const winner = found->second.market.outcome_of(*said.winner);
    if (!winner || found->second.winner_known) co_return;
    ++counts_.by_exchange;
    resolve(found->second, winner);
}

Task<void> OutcomeFeed::ask(ConditionId id) {
    auto const wanted = watches_.find(id); // let go while others were asked about?
    if (wanted == watches_.end()) co_return;
    auto const deadline = context_.clock.now() + options_.call_max;
    ++counts_.questions;
    auto const listing = co_await ask_gamma(wanted->second.market, deadline);
    if (!listing) ++counts_.failures;
    if (listing && *listing) take(id, **listing);
    auto found = watches_.find(id);
    if (found == watches_.end()) co_return;
    ++found->second.asked;
    if (found->second.winner_known) {
        ++found->second.asked_since_winner;
    } else if (found->second.asked >= options_.clob_from_question) {
        co_await ask_exchange(id, deadline);
        found = watches_.find(id);
        if (found == watches_.end()) co_return;
    }
    auto& watch = found->second;
    auto const now = context_.clock.utc_now();
    if (is_done(watch, now)) {
        watches_.erase(found);
        co_return;
    }
    auto const pause = net::doubled(options_.pause_min, watch.asked - 1, options_.pause_max);
    watch.next_at = now + pause;
}

Task<void> OutcomeFeed::run() {
    for (;;) {
        auto const now = context_.clock.utc_now();
        std::vector<ConditionId> due;
        for (auto const& [id, watch] : watches_)
            if (watch.next_at <= now) due.push_back(id);
        for (auto const& id : due) {
            co_await ask(id);
            auto const state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none) co_return;
        }
        auto const rang = co_await context_.clock.wait_until(context_.clock.now() + tick);
        if (!rang) co_return;
    }
}

} // namespace polyquant::polymarket
