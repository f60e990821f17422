#include "engine/core/events.hpp"

#include <fmt/format.h>

namespace polyquant {

namespace {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};

std::string_view side_name(BookSide side) {
    return side == BookSide::bid ? "bid" : "ask";
}

} // namespace

std::string_view to_string(BreakerState state) {
    switch (state) {
    case BreakerState::closed: return "closed";
    case BreakerState::open: return "open";
    case BreakerState::half_open: return "half_open";
    }
    std::abort();
}

Stamp const& stamp_of(Event const& event) {
    return std::visit([](auto const& e) -> Stamp const& { return e.at; }, event);
}

Stamp& stamp_of(Event& event) {
    return std::visit([](auto& e) -> Stamp& { return e.at; }, event);
}

std::string_view name_of(Event const& event) {
    return std::visit(
        Overloaded{
            [](MarketListed const&) { return std::string_view{"market_listed"}; },
            [](BookSnapshot const&) { return std::string_view{"book_snapshot"}; },
            [](BookChange const&) { return std::string_view{"book_change"}; },
            [](TickSizeChanged const&) { return std::string_view{"tick_size_changed"}; },
            [](PublicTrade const&) { return std::string_view{"public_trade"}; },
            [](BarUpdate const&) { return std::string_view{"bar_update"}; },
            [](PriceTick const&) { return std::string_view{"price_tick"}; },
            [](MarketResolved const&) { return std::string_view{"market_resolved"}; },
            [](FeedState const&) { return std::string_view{"feed_state"}; },
            [](BreakerChanged const&) { return std::string_view{"breaker_changed"}; },
            [](OwnOrderReport const&) { return std::string_view{"own_order_report"}; },
            [](OwnTradeReport const&) { return std::string_view{"own_trade_report"}; },
            [](MarketScanned const&) { return std::string_view{"market_scanned"}; },
        },
        event
    );
}

std::string describe(Event const& event) {
    auto const text = std::visit(
        Overloaded{
            [](MarketListed const& e) {
                return fmt::format("{} rule {}", e.market.slug, to_string(e.market.rule));
            },
            [](BookSnapshot const& e) {
                return fmt::format(
                    "{} {} bids {} asks", short_text(e.token), e.bids.size(), e.asks.size()
                );
            },
            [](BookChange const& e) {
                return fmt::format(
                    "{} {} {} -> {}",
                    short_text(e.token),
                    side_name(e.side),
                    to_string(e.price),
                    to_string(e.size)
                );
            },
            [](TickSizeChanged const& e) {
                return fmt::format(
                    "{} {} -> {}", short_text(e.token), to_string(e.old_tick), to_string(e.new_tick)
                );
            },
            [](PublicTrade const& e) {
                return fmt::format(
                    "{} {} {} @ {}",
                    short_text(e.token),
                    to_string(e.taker_side),
                    to_string(e.size),
                    to_string(e.price)
                );
            },
            [](BarUpdate const& e) {
                return fmt::format(
                    "{} {} {}s close {}{}",
                    to_string(e.asset),
                    format_utc(e.bar.open_time),
                    e.bar.length.count(),
                    e.bar.close,
                    e.closed ? "" : " (open)"
                );
            },
            [](PriceTick const& e) {
                return fmt::format(
                    "{} {} {}", to_string(e.asset), to_string(e.source), to_string(e.price)
                );
            },
            [](MarketResolved const& e) {
                return fmt::format(
                    "{} {} by {}",
                    short_text(e.market),
                    e.winner ? to_string(*e.winner) : "50/50",
                    to_string(e.source)
                );
            },
            [](FeedState const& e) {
                return fmt::format(
                    "{}/{} {} {}", e.feed, e.topic, e.healthy ? "healthy" : "down", e.reason
                );
            },
            [](BreakerChanged const& e) {
                return fmt::format("{} {}", e.endpoint_group, to_string(e.state));
            },
            [](OwnOrderReport const& e) {
                return fmt::format(
                    "{} {} {}",
                    short_text(e.report.order),
                    to_string(e.report.status),
                    e.report.text
                );
            },
            [](OwnTradeReport const& e) {
                return fmt::format(
                    "{} {} {} @ {} {}",
                    e.report.trade.text,
                    to_string(e.report.side),
                    to_string(e.report.size),
                    to_string(e.report.price),
                    to_string(e.report.state)
                );
            },
            [](MarketScanned const& e) {
                auto const price = [](std::optional<Price> const& p) {
                    return p ? to_string(*p) : std::string{"-"};
                };
                return fmt::format(
                    "{} {}/{} {}",
                    e.listing.market.slug,
                    price(e.listing.up_price),
                    price(e.listing.down_price),
                    to_string(e.listing.defect)
                );
            },
        },
        event
    );
    return fmt::format("{} {}", name_of(event), text);
}

} // namespace polyquant
