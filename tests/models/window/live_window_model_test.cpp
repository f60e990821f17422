#include "models/validation/random.hpp"
#include "models/window/live_window_model.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <vector>

using namespace polyquant;
using models::window::LiveWindowModel;

namespace {

constexpr UtcTime window_start = utc_from_seconds(1'776'081'600); // 2026-04-13T12:00:00Z

UsdPrice dollars(double value) {
    return UsdPrice::from_e8(static_cast<std::int64_t>(std::llround(value * 1e8)));
}

// Minutes before `end`, 5 basis points each, or calm and wild half hours by turns of chance.
std::vector<Bar> bars_until(UtcTime end, int minutes, bool wanders = false) {
    models::validation::SeededRandom random{3};
    double size = 5e-4;
    std::vector<Bar> bars;
    double price = 70'000;
    for (int i = minutes; i > 0; --i) {
        Bar bar{.open_time = end - Seconds{60 * i}};
        bar.open = price;
        if (wanders && i % 30 == 0) size = 5e-4 * std::exp(0.5 * random.normal());
        price *= std::exp(size * random.normal());
        bar.close = price;
        bar.high = std::max(bar.open, bar.close) * 1.0001;
        bar.low = std::min(bar.open, bar.close) * 0.9999;
        bar.volume = 1;
        bars.push_back(bar);
    }
    return bars;
}

class Desk {
public:
    explicit Desk(int minutes = 3 * 1440, bool wanders = false) : model{Asset::btc} {
        model.warm_up(bars_until(window_start + 4min, minutes, wanders));
        view.now = window_start + 4min;
        view.asset = Asset::btc;
        view.window = Window{window_start};
        view.strike = PricePoint{dollars(70'000), window_start, PriceSource::venue};
        spot(70'000);
    }

    Desk& spot(double price) {
        view.spot = PricePoint{dollars(price), view.now, PriceSource::binance_trade};
        return *this;
    }

    models::Signal const& ask() { return model.update(view); }

    LiveWindowModel model;
    MarketView view;
};

} // namespace

TEST_CASE("The live window model knows how far the price has moved", "[models][window]") {
    Desk desk;

    CHECK(desk.ask().usable);
    CHECK(desk.ask().up == Approx(0.5).margin(0.01));
    auto const above = desk.spot(70'050).ask().up;
    CHECK(above > 0.85);
    CHECK(desk.spot(69'950).ask().up == Approx(1 - above).margin(0.01));
}

TEST_CASE("The live window model grows surer as the close nears", "[models][window]") {
    Desk desk;
    auto const at_60s = desk.spot(70'030).ask().up;

    desk.view.now += 45s;
    auto const at_15s = desk.spot(70'030).ask().up;

    CHECK(at_15s > at_60s);
    CHECK(desk.ask().as_of == desk.view.now);
}

TEST_CASE("An old price leaves the live window model less sure", "[models][window]") {
    Desk desk;
    desk.view.now += 30s;
    auto const fresh = desk.spot(70'030).ask().up;

    desk.view.spot->at -= 30s;

    CHECK(desk.ask().up < fresh);
}

TEST_CASE(
    "The live window model settles by the average where the market does", "[models][window]"
) {
    Desk desk;
    Market market;
    market.rule = twap_rule(Seconds{60});
    desk.view.market = &market;
    desk.view.now += 30s;
    desk.spot(70'010);

    CHECK(desk.ask().why == "average so far unknown");
    desk.view.average = PricePoint{dollars(69'900), desk.view.now, PriceSource::chainlink_twap};

    CHECK(desk.ask().usable);
    CHECK(desk.ask().up < 0.1); // half the average is in, far below the strike
}

TEST_CASE("The live window model says why it cannot be used", "[models][window]") {
    Desk desk;
    auto const why = [&](auto change) {
        auto changed = desk.view;
        change(changed);
        auto const signal = desk.model.update(changed);
        CHECK(signal.usable == signal.why.empty());
        CHECK((signal.usable || signal.up == 0.5));
        return signal.why;
    };

    CHECK(why([](MarketView&) {}).empty());
    CHECK(why([](MarketView& v) { v.strike.reset(); }) == "strike unknown");
    CHECK(why([](MarketView& v) { v.strike_disputed = true; }) == "strike disputed");
    CHECK(why([](MarketView& v) { v.spot.reset(); }) == "no price");
    CHECK(why([](MarketView& v) { v.now = v.window.end(); }) == "window over");
    CHECK(why([](MarketView& v) {
              v.now += 95s;
              v.window.start += 300s;
          }) == "bars stale");
    CHECK(Desk{30}.ask().why == "too few bars");
}

TEST_CASE("The live window model says how far its volatility may mislead it", "[models][window]") {
    Desk desk{3 * 1440 + 800, true};
    Desk too_short{300, true};

    auto const up = desk.spot(70'020).ask().up;
    auto const band = desk.model.band();
    CHECK(too_short.ask().usable);

    REQUIRE(band);
    CHECK(band->middle == up);
    CHECK(band->low < up - 0.005);
    CHECK(band->high > up + 0.005);
    CHECK(band->low > 0.5); // a price above the strike stays more likely Up, whatever sigma is
    CHECK_FALSE(too_short.model.band()); // it has no fitted forecast whose error were known
}

TEST_CASE("The live window model fits its volatility when history suffices", "[models][window]") {
    CHECK_FALSE(Desk{300}.model.is_fitted());
    CHECK(Desk{300}.ask().usable);
    CHECK(Desk{3 * 1440 + 800}.model.is_fitted());
}
