#include "engine/market/market_board.hpp"
#include "tests/engine/market/board_events.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::market;
using namespace polyquant::testing;

namespace {

void feed_all(MarketBoard& board, std::initializer_list<Event> events) {
    for (auto const& event : events)
        board.on(event);
}

} // namespace

TEST_CASE("Board shows the mirror of the only book there is", "[market][board]") {
    MarketBoard board;
    auto const market = btc_market();
    feed_all(board, {listed(market), snapshot(market.down, at(1), cents(10), cents(13))});

    auto const view = board.view(Asset::btc, window_of(), at(2));

    REQUIRE(view.market != nullptr);
    REQUIRE(view.up.has_value());
    CHECK(view.up->is_mirrored());
    CHECK(view.up->quote().bid == Level{cents(87), shares(20)});
    CHECK(view.up->quote().ask == Level{cents(90), shares(10)});
    CHECK_FALSE(view.down->is_mirrored());
}

TEST_CASE("Board shows the own book where both are live", "[market][board]") {
    MarketBoard board;
    auto const market = btc_market();
    feed_all(
        board,
        {listed(market),
         snapshot(market.down, at(1), cents(10), cents(13)),
         snapshot(market.up, at(1), cents(88), cents(91))}
    );

    auto const view = board.view(Asset::btc, window_of(), at(2));

    CHECK_FALSE(view.up->is_mirrored());
    CHECK(view.up->quote().ask->price == cents(91));
}

TEST_CASE("Board counts a lasting disagreement of book and mirror once", "[market][board]") {
    MarketBoard board;
    auto const market = btc_market();
    feed_all(
        board,
        {listed(market),
         snapshot(market.down, at(1), cents(10), cents(13)),
         snapshot(market.up, at(1), cents(80), cents(91))}
    );
    CHECK(board.counts().mirror_disagreements == 0);

    board.on(change(market.up, at(2.9), BookSide::ask, cents(95), shares(1)));
    CHECK(board.counts().mirror_disagreements == 0);
    board.on(change(market.up, at(3.1), BookSide::ask, cents(95), shares(2)));
    board.on(change(market.up, at(9), BookSide::ask, cents(95), shares(3)));

    CHECK(board.counts().mirror_disagreements == 1);
}

TEST_CASE("Board quarantines a crossed book until the next snapshot", "[market][board]") {
    MarketBoard board;
    auto const market = btc_market();
    feed_all(board, {listed(market), snapshot(market.up, at(1), cents(88), cents(91))});

    board.on(change(market.up, at(2), BookSide::bid, cents(92), shares(1)));
    board.on(change(market.up, at(2), BookSide::bid, cents(92), shares(0)));

    CHECK(board.view(Asset::btc, window_of(), at(3)).up->state() == BookState::quarantined);
    CHECK(board.counts().books_crossed == 1);
    CHECK(board.counts().changes_dropped == 1);
    board.on(snapshot(market.up, at(4), cents(88), cents(91)));
    CHECK(board.view(Asset::btc, window_of(), at(5)).up->is_live());
}

TEST_CASE("Board lets a frame cross in between", "[market][board]") {
    MarketBoard board;
    auto const market = btc_market();
    feed_all(board, {listed(market), snapshot(market.up, at(1), cents(88), cents(91))});

    board.on(change(market.up, at(2), BookSide::bid, cents(92), shares(1), false));
    board.on(change(market.up, at(2), BookSide::ask, cents(91), shares(0), false));
    board.on(change(market.up, at(2), BookSide::ask, cents(93), shares(5)));

    CHECK(board.view(Asset::btc, window_of(), at(3)).up->quote().bid->price == cents(92));
    CHECK(board.counts().books_crossed == 0);
}

TEST_CASE("Board counts impossible levels and unknown tokens", "[market][board]") {
    MarketBoard board;
    auto const market = btc_market();
    feed_all(
        board,
        {listed(market),
         snapshot(market.up, at(1), cents(88), cents(100)),
         snapshot(token(999), at(1), cents(1), cents(2)),
         change(token(998), at(1), BookSide::bid, cents(1), shares(1))}
    );

    CHECK(board.counts().books_impossible == 1);
    CHECK(board.counts().unknown_tokens == 2);
}

TEST_CASE("Board quarantines the books of a feed that lost continuity", "[market][board]") {
    MarketBoard board;
    auto const first = btc_market(0);
    auto const second = btc_market(1);
    auto const load = [&] {
        feed_all(
            board,
            {listed(first),
             listed(second),
             snapshot(first.up, at(1), cents(88), cents(91)),
             snapshot(second.up, at(1), cents(50), cents(51))}
        );
    };
    auto const state = [&](Market const& market) {
        return board.view(Asset::btc, market.window, at(3)).up->state();
    };

    load();
    board.on(feed("clob.market", "", false, at(2)));
    CHECK(state(first) == BookState::quarantined);
    CHECK(state(second) == BookState::quarantined);
    CHECK(board.stale_topics() == std::vector<std::string>{"clob.market "});
    board.on(feed("clob.market", "", true, at(2.5)));
    CHECK(state(first) == BookState::quarantined);
    CHECK(board.stale_topics().empty());

    load();
    CHECK(state(first) == BookState::live);
    board.on(feed("clob.market", to_string(first.up), false, at(2)));
    CHECK(state(first) == BookState::quarantined);
    CHECK(state(second) == BookState::live);

    load();
    board.on(feed("clob.market", second.slug, false, at(2)));
    CHECK(state(first) == BookState::live);
    CHECK(state(second) == BookState::quarantined);

    load();
    board.on(feed("binance", "btcusdt@trade", false, at(2)));
    CHECK(state(first) == BookState::live);
    CHECK(board.counts().topics_gone_stale == 4);
    CHECK(board.counts().feed_quarantines == 4);
}

TEST_CASE("Board purges a market after its close unless it is pinned", "[market][board]") {
    MarketBoard board{{.keep_after_close = Seconds{60}, .book_feeds = {}}};
    auto const gone = btc_market(0);
    auto const held = btc_market(1);
    feed_all(board, {listed(gone), listed(held)});
    board.pin(held.condition);

    board.on(tick(300 + 300 + 61, 90'000));

    CHECK(board.find(gone.condition) == nullptr);
    CHECK(board.find(Asset::btc, gone.window) == nullptr);
    CHECK_FALSE(board.find(gone.up).has_value());
    REQUIRE(board.find(held.condition) != nullptr);
    board.unpin(held.condition);
    board.on(tick(300 + 300 + 90, 90'000));
    CHECK(board.markets().empty());
    CHECK(board.counts().markets_purged == 2);
}

TEST_CASE("Board stays bounded over a week of windows", "[market][board]") {
    MarketBoard board;
    for (int n = 0; n < 2016; ++n) {
        auto const market = btc_market(n);
        board.on(listed(market, market.window.start - 60s));
        board.on(snapshot(market.up, market.window.start, cents(50), cents(51)));
    }

    CHECK(board.markets().size() <= 5);
    CHECK(board.counts().markets == 2016);
}

TEST_CASE(
    "Board refuses a second market for a slot and takes news of a known one", "[market][board]"
) {
    MarketBoard board;
    auto market = btc_market();
    auto rival = btc_market(1);
    rival.window = market.window;
    auto swapped = market;
    std::swap(swapped.up, swapped.down);
    feed_all(board, {listed(market), listed(rival), listed(swapped)});
    CHECK(board.counts().markets_refused == 2);

    market.rule = twap_rule(60s);
    board.on(listed(market));

    CHECK(board.find(Asset::btc, market.window)->rule == twap_rule(60s));
    CHECK(board.markets().size() == 1);
}

TEST_CASE("Board keeps its book on a finer grid and drops it on a coarser one", "[market][board]") {
    MarketBoard board;
    auto const market = btc_market();
    feed_all(board, {listed(market), snapshot(market.up, at(1), cents(96), cents(97))});

    board.on(TickSizeChanged{stamp(at(2)), market.up, cents(1), Price::from_micros(1'000)});
    CHECK(board.find(market.condition)->tick == Price::from_micros(1'000));
    CHECK(board.view(Asset::btc, window_of(), at(3)).up->is_live());
    board.on(TickSizeChanged{stamp(at(4)), market.up, Price::from_micros(1'000), cents(1)});

    CHECK_FALSE(board.view(Asset::btc, window_of(), at(5)).up.has_value());
}

TEST_CASE("Board captures the strike of a spot market at the boundary", "[market][strike]") {
    MarketBoard board;
    board.on(listed(btc_market()));
    auto const strike = [&](double when) {
        return board.view(Asset::btc, window_of(), at(when)).strike;
    };

    board.on(minute_bar(0, 89'990, 90'010, 89'980, 89'991));
    CHECK(strike(0)->source == PriceSource::binance_bar);
    board.on(tick(-0.4, 89'992, PriceSource::binance_trade));
    CHECK(strike(0)->price == usd_price(89'992));
    board.on(tick(-1, 90'000));
    board.on(tick(1, 90'001));
    CHECK(strike(1)->price == usd_price(90'001));
    board.on(tick(2, 90'002));
    CHECK(strike(2)->price == usd_price(90'001));
    board.on(tick(0, 90'000.5));
    CHECK(strike(3)->price == usd_price(90'000.5));
    CHECK(strike(3)->source == PriceSource::chainlink_spot);
}

TEST_CASE(
    "Board does not take a spot tick long after the boundary for the strike", "[market][strike]"
) {
    MarketBoard board;
    board.on(listed(btc_market()));

    board.on(tick(2.001, 90'001));

    CHECK_FALSE(board.view(Asset::btc, window_of(), at(3)).strike.has_value());
}

TEST_CASE("Board has no strike before the window begins", "[market][strike]") {
    MarketBoard board;
    board.on(listed(btc_market()));

    board.on(tick(-0.5, 90'000, PriceSource::binance_trade));

    CHECK_FALSE(board.view(Asset::btc, window_of(), at(-0.1)).strike.has_value());
    CHECK(board.view(Asset::btc, window_of(), at(0)).strike.has_value());
}

TEST_CASE("Board captures the strike of a TWAP market by the matching length", "[market][strike]") {
    MarketBoard board;
    board.on(listed(btc_market(0, twap_rule(60s))));
    auto const strike = [&] {
        return board.view(Asset::btc, window_of(), at(10)).strike;
    };

    board.on(tick(0, 90'500));
    board.on(twap_tick(0, 90'300, 30));
    CHECK_FALSE(strike().has_value());
    board.on(minute_bar(0, 90'000, 90'400, 89'800, 90'200));
    CHECK(strike()->price == usd_price(90'100));
    board.on(twap_tick(0, 90'103, 60, PriceSource::website));
    CHECK(strike()->source == PriceSource::website);
    board.on(twap_tick(1, 90'105));
    CHECK(strike()->source == PriceSource::website);
    board.on(twap_tick(0, 90'102));
    CHECK(strike()->source == PriceSource::chainlink_twap);
    CHECK(strike()->price == usd_price(90'102));
}

TEST_CASE("Board averages the oracle's spot ticks where no TWAP came", "[market][strike]") {
    MarketBoard board;
    board.on(listed(btc_market(0, twap_rule(60s))));
    for (int s = -60; s <= 0; ++s)
        if (s != -30 && s != -29) board.on(tick(s, s < -30 ? 90'000 : 90'060));

    auto const strike = board.view(Asset::btc, window_of(), at(1)).strike;

    // 32 s at 90,000 (the last of them carried over the two missing seconds), 28 s at 90,060.
    REQUIRE(strike.has_value());
    CHECK(strike->source == PriceSource::chainlink_spot);
    CHECK(strike->price == usd_price(90'028));
    CHECK(strike->at == at(0));
}

TEST_CASE("Board refuses an average with too many seconds missing", "[market][strike]") {
    MarketBoard board;
    board.on(listed(btc_market(0, twap_rule(60s))));
    for (int s = -60; s <= 0; ++s)
        if (s < -30 || s > -23) board.on(tick(s, 90'000));
    CHECK_FALSE(board.view(Asset::btc, window_of(), at(1)).strike.has_value());

    board.on(tick(-30, 90'000));
    board.on(tick(-29, 90'000));

    CHECK(board.view(Asset::btc, window_of(), at(1)).strike.has_value());
}

TEST_CASE(
    "Board disputes a strike that two official sources give differently", "[market][strike]"
) {
    MarketBoard board;
    board.on(listed(btc_market()));
    auto const disputed = [&] {
        return board.view(Asset::btc, window_of(), at(3)).strike_disputed;
    };

    board.on(tick(0, 90'000));
    board.on(tick(0, 90'500, PriceSource::binance_trade));
    CHECK_FALSE(disputed());
    board.on(tick(0, 90'008, PriceSource::website));
    CHECK_FALSE(disputed());
    board.on(tick(0, 90'010, PriceSource::website));

    CHECK(disputed());
}

TEST_CASE("Board reckons the realised part of the final average", "[market][average]") {
    MarketBoard board;
    board.on(listed(btc_market(0, twap_rule(60s))));
    for (int s = 230; s <= 260; ++s)
        board.on(tick(s, s < 250 ? 90'000 : 90'030));
    auto const average = [&](double when) {
        return board.view(Asset::btc, window_of(), at(when)).average;
    };

    CHECK_FALSE(average(239).has_value());
    REQUIRE(average(255).has_value());
    CHECK(average(255)->price == usd_price(90'010));
    CHECK(average(261)->price == usd_price(90'000 + 30.0 * 11 / 21));
    CHECK_FALSE(board.view(Asset::btc, window_of(1), at(561)).average.has_value());
}

TEST_CASE("Board prefers the spot of the venue that gave the strike", "[market][spot]") {
    MarketBoard board;
    board.on(listed(btc_market()));
    board.on(tick(0, 90'000));
    board.on(tick(10, 90'010));
    board.on(tick(11, 90'060, PriceSource::binance_trade));

    CHECK(board.view(Asset::btc, window_of(), at(12)).spot->price == usd_price(90'010));
    CHECK(board.view(Asset::btc, window_of(), at(14)).spot->price == usd_price(90'060));
}

TEST_CASE("Board does not believe prices from the future or impossible bars", "[market][board]") {
    MarketBoard board;
    board.on(PriceTick{
        stamp(at(5'000), at(1)), Asset::btc, PriceSource::chainlink_spot, {}, usd_price(1)
    });
    board.on(minute_bar(60, 100, 90, 110, 100));
    board.on(tick(2, 90'000));

    CHECK(board.latest(Asset::btc, PriceSource::chainlink_spot)->price == usd_price(90'000));
    CHECK_FALSE(board.latest(Asset::btc, PriceSource::binance_bar).has_value());
    CHECK(board.counts().stamps_refused == 1);
    CHECK(board.counts().bars_refused == 1);
}

TEST_CASE("Board clears the books of a resolved market", "[market][board]") {
    MarketBoard board;
    auto const market = btc_market();
    feed_all(board, {listed(market), snapshot(market.up, at(1), cents(88), cents(91))});

    board.on(MarketResolved{stamp(at(330)), market.condition, Outcome::up});

    CHECK_FALSE(board.view(Asset::btc, window_of(), at(331)).up.has_value());
}

TEST_CASE("Board shows any listed market by its condition", "[market][board]") {
    MarketBoard board;
    auto market = btc_market();
    market.asset.reset();
    market.slug = "will-it-rain";
    feed_all(board, {listed(market), snapshot(market.up, at(1), cents(95), cents(96))});

    auto const view = board.view(market.condition, at(2));

    REQUIRE(view.has_value());
    CHECK(view->up->quote().ask->price == cents(96));
    CHECK_FALSE(view->spot.has_value());
    CHECK_FALSE(board.view(btc_market(7).condition, at(2)).has_value());
}
