#include "connectors/polymarket/prices/website_prices.hpp"

#include "engine/runtime/ask_when_due.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::polymarket {

namespace {

constexpr auto group = "website";
constexpr Nanos tick = Millis{500};
constexpr Nanos first_retry = Seconds{8};
constexpr int failures_max = 5;
constexpr Nanos rest = Seconds{600};

// As the pages call the lengths; those of longer series were never seen.
std::string_view variant_of(Seconds length) {
    if (length == Seconds{300}) return "fiveminute";
    if (length == Seconds{900}) return "fifteen";
    return {};
}

} // namespace

WebsitePrices::WebsitePrices(net::NetContext& context, Options options, EventSink sink)
    : context_{context}, options_{std::move(options)}, sink_{std::move(sink)} {
    net::GroupLimits limits;
    limits.rate = {4, Millis{500}};
    context_.groups.add(group, limits);
}

void WebsitePrices::follow(Market const& market) {
    if (!market.asset || variant_of(market.window.length).empty()) return;
    auto const [at, is_new] = watches_.try_emplace(market.condition);
    at->second.market = market;
    if (is_new) at->second.next_at = market.window.start + options_.first_after_start;
}

Task<Result<WebsitePrice>> WebsitePrices::price_of(Market market, Instant deadline) {
    std::string symbol{to_string(market.asset.value_or(Asset::btc))};
    net::Query query{
        {"symbol", std::move(symbol)},
        {"eventStartTime", format_utc(market.window.start)},
        {"variant", std::string{variant_of(market.window.length)}},
        {"endDate", format_utc(market.window.end())}
    };
    // Without these it answers with spot prices, which are not what the market settles on.
    if (market.rule.kind == SettlementRule::Kind::twap) {
        query.emplace_back("twapEnabled", "true");
        query.emplace_back(
            "twapLookbackSeconds", fmt::format("{}", market.rule.twap_length.count())
        );
    }
    auto const url =
        net::with_target(options_.website, net::with_query("/api/crypto/crypto-price", query));
    auto const answer = co_await context_.https.fetch(net::get_request(url, group), deadline);
    if (!answer) co_return answer.error();
    co_return parse_website_price(answer->body);
}

void WebsitePrices::publish(Market const& market, UtcTime at, UsdPrice price) {
    ++counts_.prices;
    PriceTick tick_event;
    tick_event.at = {at, context_.clock.utc_now(), 0};
    tick_event.asset = *market.asset;
    tick_event.source = PriceSource::website;
    tick_event.twap_length = market.rule.twap_length;
    tick_event.price = price;
    sink_(tick_event);
}

void WebsitePrices::failed(std::string const& why) {
    ++counts_.failures;
    if (++failures_in_a_row_ < failures_max) return;
    failures_in_a_row_ = 0;
    auto const now = context_.clock.utc_now();
    rests_until_ = now + rest;
    if (std::exchange(reported_bad_, true)) return;
    sink_(FeedState{Stamp{now, now, 0}, std::string{name()}, "price", false, why});
}

Task<void> WebsitePrices::ask(ConditionId id) {
    auto const market = watches_.at(id).market;
    ++counts_.questions;
    auto const answer = co_await price_of(market, context_.clock.now() + options_.call_max);
    if (!answer && answer.error().fault == Fault::cancelled) co_return;
    auto const now = context_.clock.utc_now();
    auto& watch = watches_.at(id);
    ++watch.asked;
    watch.next_at = now + first_retry * watch.asked;
    if (!answer) {
        failed(describe(answer.error()));
    } else {
        failures_in_a_row_ = 0;
        if (std::exchange(reported_bad_, false))
            sink_(FeedState{Stamp{now, now, 0}, std::string{name()}, "price", true, "answers"});
        if (!watch.wants_close && answer->open) {
            publish(market, market.window.start, *answer->open);
            watch.asked = options_.questions_max;
        }
        if (watch.wants_close && answer->completed && answer->close) {
            publish(market, market.window.end(), *answer->close);
            watches_.erase(id);
            co_return;
        }
    }
    if (watch.asked < options_.questions_max) co_return;
    if (watch.wants_close) {
        watches_.erase(id);
        co_return;
    }
    watch.wants_close = true;
    watch.asked = 0;
    watch.next_at = std::max(market.window.end() + options_.first_after_end, now);
}

Task<void> WebsitePrices::run() {
    co_await runtime::ask_when_due(
        context_.clock,
        tick,
        watches_,
        [this](ConditionId id) { return ask(id); },
        [this](UtcTime now) { return rests_until_ <= now; }
    );
}

} // namespace polyquant::polymarket
