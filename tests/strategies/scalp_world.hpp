// One window as a scalp strategy sees it: a live book for UP whose mirror is DOWN, a usable signal,
// spot above the strike, 30 s to the close. Each test changes one thing.
#pragma once

#include "strategies/catalog.hpp"
#include "strategies/scalp/scalp.hpp"

#include <memory>

namespace polyquant::test {

struct ScalpWorld {
    Market market;
    Book book;       // of the UP token
    Book other_book; // of the DOWN token, used with own_down_book
    models::Signal signal;
    MarketView view;
    strategies::WindowState state;
    Usdc bankroll = usd(50);
    bool own_down_book = false;

    ScalpWorld() {
        market.condition.bytes[0] = 1;
        market.up.bytes[0] = 2;
        market.down.bytes[0] = 3;
        market.asset = Asset::btc;
        market.window = Window{utc_from_seconds(1'776'081'600)};
        market.fee = crypto_fee();
        signal.asset = Asset::btc;
        signal.window = market.window;
        signal.as_of = market.window.start;
        signal.up = 0.97;
        signal.usable = true;
        view.market = &market;
        view.asset = Asset::btc;
        view.window = market.window;
        view.strike = PricePoint{usd_price(70'000), market.window.start};
        left(30s);
        spot(70'100);
        quote(cents(88), cents(90), shares(100));
    }

    static UsdPrice usd_price(std::int64_t usd) { return UsdPrice::from_e8(usd * UsdPrice::scale); }

    ScalpWorld& left(Nanos before_close) {
        view.now = market.window.end() - before_close;
        if (view.spot) view.spot->at = view.now;
        if (book.is_live()) quote_again();
        return *this;
    }

    ScalpWorld& spot(std::int64_t usd) {
        view.spot = PricePoint{usd_price(usd), view.now};
        return *this;
    }

    // The book of UP: DOWN is offered at 1 - bid.
    ScalpWorld& quote(Price bid, Price ask, Shares size) {
        bids_ = {{bid, size}};
        asks_ = {{ask, size}};
        return quote_again();
    }

    ScalpWorld& levels(std::vector<Level> bids, std::vector<Level> asks) {
        bids_ = std::move(bids);
        asks_ = std::move(asks);
        return quote_again();
    }

    ScalpWorld& quote_again() {
        book.apply_snapshot(bids_, asks_, view.now);
        std::vector<Level> down_bids;
        std::vector<Level> down_asks;
        for (auto const& level : asks_)
            down_bids.push_back({level.price.complement(), level.size});
        for (auto const& level : bids_)
            down_asks.push_back({level.price.complement(), level.size});
        other_book.apply_snapshot(down_bids, down_asks, view.now);
        return *this;
    }

    strategies::Decision decide(strategies::Strategy& strategy) {
        view.up = BookView{book, false};
        view.down = own_down_book ? BookView{other_book, false} : BookView{book, true};
        return decide_as_seen(strategy);
    }

    strategies::Decision decide_as_seen(strategies::Strategy& strategy) {
        return strategy.decide(
            {.view = view, .signal = &signal, .state = state, .bankroll = bankroll, .input_seq = 7}
        );
    }

    template <class P>
    static std::unique_ptr<strategies::Strategy>
    make(std::string const& kind, P params, bool enabled = true) {
        config::StrategyConfig config;
        config.header.kind = kind;
        config.header.name = "s";
        config.header.enabled = enabled;
        config.params = std::make_shared<config::TypedParams<P>>(std::move(params));
        return strategies::make_strategy(config);
    }

    static std::unique_ptr<strategies::Strategy>
    s1(strategies::ScalpS1Params params = {}, bool enabled = true) {
        return make("scalp_s1", std::move(params), enabled);
    }

    static std::unique_ptr<strategies::Strategy>
    s2(strategies::ScalpS2Params params = {}, bool enabled = true) {
        return make("scalp_s2", std::move(params), enabled);
    }

    Reason s1_reason(strategies::ScalpS1Params params = {}) { return decide(*s1(params)).reason; }

    Reason s2_reason(strategies::ScalpS2Params params = {}) { return decide(*s2(params)).reason; }

private:
    std::vector<Level> bids_;
    std::vector<Level> asks_;
};

inline PlaceOrder const& order_of(strategies::Decision const& decision) {
    return std::get<PlaceOrder>(decision.intents.at(0));
}

} // namespace polyquant::test
