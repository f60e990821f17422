#include "engine/app/quote_anchor.hpp"
#include "tests/engine/app/two_windows.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <fstream>

namespace {

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::app::testing;
using models::QuoteUse;
using models::registry::FittedBlend;
using models::registry::ModelKind;

// Mostly the market: a fifth of the way from it to the model.
FittedBlend blend_until(UtcTime until) {
    FittedBlend fitted;
    fitted.blend = models::calibration::MarketBlend{{.slope = 0, .pull = 0.2, .intercept = 0}};
    fitted.windows = fitted.moments = 1;
    fitted.until = until;
    return fitted;
}

// Both books of a window with two minutes to go, and a model that says 0.9.
struct Desk {
    Desk() {
        view.now = first_window.start + 180s;
        view.market = &market;
        view.asset = Asset::btc;
        view.window = first_window;
        signal.window = first_window;
        signal.usable = true;
        signal.up = 0.9;
        quote(up_book, 58, 62);
        quote(down_book, 37, 43);
        view.up.emplace(up_book, false);
        view.down.emplace(down_book, false);
    }

    void quote(Book& book, int bid, int ask, Nanos age = 1s) {
        std::vector<Level> bids, asks;
        if (bid > 0) bids = {{cents(bid), shares(10)}};
        if (ask > 0) asks = {{cents(ask), shares(10)}};
        book.apply_snapshot(bids, asks, view.now - age);
    }

    models::Signal const& ask() {
        anchor.apply(signal, view);
        return signal;
    }

    Market market = market_of(first_window);
    Book up_book, down_book;
    MarketView view;
    models::Signal signal;
    QuoteAnchor anchor{blend_until(first_window.start), 5s};
};

} // namespace

TEST_CASE("Fresh quotes on both sides are blended with the model", "[app][blend]") {
    Desk desk;

    auto const& signal = desk.ask();

    // Up: 0.58 and 0.62; Down at 0.37 and 0.43 widens neither.
    CHECK(signal.quotes == QuoteUse::blended);
    CHECK(signal.market == Approx(0.60));
    CHECK(signal.own == 0.9);
    CHECK(signal.up == desk.anchor.fitted().blend.probability(signal.market, 0.9));
    CHECK(signal.up > 0.60);
    CHECK(signal.up < 0.75);
}

TEST_CASE("The better of both books' prices make the market", "[app][blend]") {
    Desk desk;
    desk.quote(desk.down_book, 40, 41); // Up could be bought at 0.60 and sold at 0.59

    CHECK(desk.ask().market == Approx(0.595));
}

TEST_CASE("Quotes that are stale leave the model's own probability", "[app][blend]") {
    Desk desk;
    SECTION("of Up") {
        desk.quote(desk.up_book, 58, 62, 5s);
    }
    SECTION("of Down") {
        desk.quote(desk.down_book, 37, 43, 5s);
    }
    CHECK(desk.ask().quotes == QuoteUse::blended);
    desk.signal.up = 0.9;

    desk.view.now += 1ms;

    CHECK(desk.ask().quotes == QuoteUse::stale);
    CHECK(desk.signal.up == 0.9);
}

TEST_CASE("Quotes of a later moment are never blended", "[app][blend]") {
    Desk desk;
    desk.quote(desk.up_book, 58, 62, -1ms);

    CHECK(desk.ask().quotes == QuoteUse::stale);
    CHECK(desk.signal.up == 0.9);
}

TEST_CASE("A missing side, book or market leaves the model's own probability", "[app][blend]") {
    Desk desk;
    SECTION("no offer") {
        desk.quote(desk.up_book, 58, 0);
    }
    SECTION("no bid on the other side") {
        desk.quote(desk.down_book, 0, 43);
    }
    SECTION("no book") {
        desk.view.down.reset();
    }
    SECTION("a book in quarantine") {
        desk.down_book.quarantine("test");
    }
    SECTION("no market") {
        desk.view.market = nullptr;
    }

    CHECK(desk.ask().quotes == QuoteUse::missing);
    CHECK(desk.signal.up == 0.9);
}

TEST_CASE("Books that cross each other are not blended", "[app][blend]") {
    Desk desk;
    desk.quote(desk.down_book, 42, 44); // a bid for Down that offers Up at what is bid for it
    CHECK(desk.ask().quotes == QuoteUse::crossed);

    desk.quote(desk.down_book, 43, 45); // and here for less
    CHECK(desk.ask().quotes == QuoteUse::crossed);
    CHECK(desk.signal.up == 0.9);
}

TEST_CASE("A blend fitted on a window's own time is not used in it", "[app][blend]") {
    Desk desk;
    desk.anchor = QuoteAnchor{blend_until(first_window.end()), 5s};

    CHECK(desk.ask().quotes == QuoteUse::fitted_late);
    CHECK(desk.signal.up == 0.9);
}

TEST_CASE("A blend of another coin, rule or model is not used", "[app][blend]") {
    Desk desk;
    SECTION("coin") {
        desk.signal.asset = Asset::eth;
    }
    SECTION("rule") {
        desk.market.rule = twap_rule(60s);
    }
    SECTION("model") {
        desk.anchor.fits(false);
    }

    CHECK(desk.ask().quotes == QuoteUse::other_fit);
    CHECK(desk.signal.up == 0.9);
}

TEST_CASE("A model that is not usable is not made usable by quotes", "[app][blend]") {
    Desk desk;
    desk.signal.usable = false;

    CHECK(desk.ask().quotes == QuoteUse::no_signal);
    CHECK_FALSE(desk.signal.usable);
}

TEST_CASE("A blend file that does not suit the configuration is refused", "[app][blend]") {
    runtime::testing::ScratchFolder folder;
    config::ModelParams params;
    params.kind = config::ModelKind::window;
    params.market_blend_file = folder / "blend.json";
    CHECK_FALSE(load_blend(params, {}).value().has_value()); // off: nobody looks for the file

    params.market_blend = config::MarketBlendUse::on;
    CHECK(load_blend(params, {}).has_error());

    auto fitted = blend_until(first_window.start);
    std::ofstream{params.market_blend_file} << to_text(fitted);
    CHECK(load_blend(params, {}).value().has_value());

    fitted.model = ModelKind::logistic;
    std::ofstream{params.market_blend_file} << to_text(fitted);
    auto const refused = load_blend(params, {});
    REQUIRE(refused.has_error());
    CHECK(refused.error().detail.find("fitted on BTC spot logistic") != std::string::npos);
}

TEST_CASE("A blend without a file or for a model without one is refused", "[app][blend]") {
    config::ModelParams params;
    params.market_blend = config::MarketBlendUse::on;
    CHECK(params.faults().size() == 2);

    params.kind = config::ModelKind::window;
    params.market_blend_file = "blend.json";
    CHECK(params.faults().empty());
}
