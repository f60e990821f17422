// Facts of bets and windows, numbered in order, fed to a record as they are made.
#pragma once

#include "engine/accuracy/track_record.hpp"

#include <functional>
#include <vector>

namespace polyquant::accuracy::testing {

inline StrategyName const strategy{"s1"};
inline constexpr std::int64_t first_start = 1'776'038'400; // midnight UTC

inline Window window_number(int n) {
    return window_at(utc_from_seconds(first_start + 300 * std::int64_t{n}));
}

inline ConditionId market_id(Asset asset, int n) {
    ConditionId id;
    id.bytes[0] = static_cast<std::uint8_t>(index_of(asset) + 1);
    id.bytes[30] = static_cast<std::uint8_t>(n / 256);
    id.bytes[31] = static_cast<std::uint8_t>(n % 256);
    return id;
}

inline OrderId order_id(int n) {
    OrderId id;
    id.bytes[30] = static_cast<std::uint8_t>(n / 256);
    id.bytes[31] = static_cast<std::uint8_t>(n % 256);
    return id;
}

class FactMaker {
public:
    std::function<void(Fact const&)> hear = [](Fact const&) {
    };
    std::vector<Fact> facts;
    UtcTime at = utc_from_seconds(first_start);

    void add(FactBody body) {
        facts.push_back({facts.size() + 1, at, std::move(body)});
        hear(facts.back());
    }

    void epoch(std::uint64_t hash) { add(EpochOpened{strategy, "scalp_s1", hash, ""}); }

    void place(int order, int window, Asset asset, Outcome outcome, double promised) {
        at = window_number(window).end() - Seconds{30};
        OrderPlaced placed;
        placed.order = order_id(order);
        placed.intent.strategy = strategy;
        placed.intent.market = market_id(asset, window);
        placed.intent.asset = asset;
        placed.intent.outcome = outcome;
        placed.intent.win_probability = promised;
        placed.slug = updown_slug(asset, window_number(window));
        add(placed);
    }

    void fill(int order, int window, Asset asset, char const* trade = "t") {
        TradeMatched matched;
        matched.trade.trade = TradeId{trade};
        matched.trade.order = order_id(order);
        matched.trade.size = shares(5);
        matched.trade.fee = usd_cents(3);
        matched.strategy = strategy;
        matched.market = market_id(asset, window);
        matched.cost = usd_cents(450);
        add(matched);
    }

    void settle(int window, Asset asset, std::optional<Outcome> winner) {
        at = window_number(window).end() + Seconds{5};
        WindowSettled settled;
        settled.market = market_id(asset, window);
        settled.asset = asset;
        settled.window = window_number(window);
        settled.winner = winner;
        add(settled);
    }

    // A filled bet of this promise that ends as told.
    void bet(int order, int window, double promised, bool won, Asset asset = Asset::btc) {
        place(order, window, asset, Outcome::up, promised);
        fill(order, window, asset);
        settle(window, asset, won ? Outcome::up : Outcome::down);
    }

    void forecast(int window, double up, Price up_ask, Asset asset = Asset::btc) {
        at = window_number(window).end();
        WindowForecast forecast;
        forecast.market = market_id(asset, window);
        forecast.slug = updown_slug(asset, window_number(window));
        forecast.asset = asset;
        forecast.window = window_number(window);
        forecast.fee = crypto_fee();
        ForecastSample sample;
        sample.left = Millis{60'000};
        sample.up = up;
        sample.up_bid = up_ask - cents(1);
        sample.up_ask = up_ask;
        sample.down_ask = up_ask.complement() + cents(1);
        forecast.samples.push_back(sample);
        add(forecast);
    }

    // Records whatever the record asks for, as the engine does.
    std::vector<FactBody> judge(TrackRecord& record) {
        std::vector<FactBody> all;
        for (auto due = record.due(at); !due.empty(); due = record.due(at))
            for (auto& body : due) {
                all.push_back(body);
                add(std::move(body));
            }
        return all;
    }
};

} // namespace polyquant::accuracy::testing
