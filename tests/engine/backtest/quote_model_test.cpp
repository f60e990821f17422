#include "engine/backtest/quote_model.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

using namespace polyquant;
using namespace polyquant::backtest;

namespace {

std::filesystem::path const fitted{PQ_SOURCE_DIR "/data/quote-model/btc5m.json"};

double log_odds(double p) {
    return std::log(p / (1 - p));
}

// A window's outcome drawn from its fair value, quoted once.
struct Draw {
    double fair;
    double mid;
    bool up;
};

std::vector<Draw> draw_many(QuoteModel const& model, int count) {
    Xoshiro256 random{99};
    std::vector<Draw> draws;
    for (int i = 0; i < count; ++i) {
        auto const fair = 0.05 + 0.9 * random.uniform();
        auto const up = random.uniform() < fair;
        QuoteProcess quotes{model, random.next(), up};
        draws.push_back({fair, quotes.at(100, log_odds(fair)).mid, up});
    }
    return draws;
}

} // namespace

TEST_CASE("QuoteModel comes back from its file unchanged", "[backtest][quotes]") {
    auto const model = QuoteModel::load(fitted).value();

    auto const again = QuoteModel::from_json(model.to_json(), "text").value();

    CHECK(again.to_json() == model.to_json());
    CHECK(again.hash() == model.hash());
    CHECK(defect_of(model).empty());
}

TEST_CASE("QuoteModel refuses what is no model, naming the numbers", "[backtest][quotes]") {
    auto text = QuoteModel::load(fitted).value().to_json();
    auto const at = text.find("\"informed_share\"");
    text.replace(at, 16, "\"informed_shame\"");

    auto const refused = QuoteModel::from_json(text, "m.json");

    REQUIRE(!refused);
    CHECK(refused.error().where == "m.json");
    CHECK(refused.error().detail.find("informed_share") != std::string::npos);
    CHECK(!QuoteModel::from_json("[]", "m.json"));
    CHECK(!QuoteModel::load("/no/such/file"));
}

TEST_CASE("Informed quotes are calibrated and beat the fair value", "[backtest][quotes]") {
    auto model = QuoteModel::load(fitted).value();
    model.slope.fill(1);
    model.deviation_sd.fill(0.8);
    model.informed_share = 1;

    auto const draws = draw_many(model, 40'000);

    double brier_mid = 0, brier_fair = 0, favoured = 0, favoured_won = 0, favoured_mid = 0;
    for (auto const& d : draws) {
        auto const y = d.up ? 1.0 : 0.0;
        brier_mid += (d.mid - y) * (d.mid - y);
        brier_fair += (d.fair - y) * (d.fair - y);
        if (d.mid > 0.7 && d.mid < 0.9) {
            favoured += 1;
            favoured_won += y;
            favoured_mid += d.mid;
        }
    }
    CHECK(brier_mid < 0.9 * brier_fair);
    CHECK(favoured_won / favoured == Approx(favoured_mid / favoured).margin(0.01));
}

TEST_CASE("Uninformed quotes are worse than the fair value", "[backtest][quotes]") {
    auto model = QuoteModel::load(fitted).value();
    model.slope.fill(1);
    model.deviation_sd.fill(0.8);
    model.informed_share = 0;

    auto const draws = draw_many(model, 20'000);

    double brier_mid = 0, brier_fair = 0;
    for (auto const& d : draws) {
        auto const y = d.up ? 1.0 : 0.0;
        brier_mid += (d.mid - y) * (d.mid - y);
        brier_fair += (d.fair - y) * (d.fair - y);
    }
    CHECK(brier_mid > 1.05 * brier_fair);
}

TEST_CASE("QuoteProcess gives the fitted spreads and missing offers", "[backtest][quotes]") {
    auto const model = QuoteModel::load(fitted).value();
    double one_cent = 0, quoted = 0, gone = 0, all = 0;
    for (std::uint64_t seed = 0; seed < 4000; ++seed) {
        QuoteProcess early{model, seed, true};
        auto const balanced = early.at(200, 0.1);
        if (balanced.bid_cents > 0 && balanced.ask_cents > 0) {
            quoted += 1;
            one_cent += balanced.ask_cents - balanced.bid_cents == 1 ? 1 : 0;
        }
        QuoteProcess late{model, seed, true};
        auto const sure = late.at(40, 7.5);
        if (sure.mid > 0.97) {
            all += 1;
            gone += sure.ask_cents == 0 ? 1 : 0;
        }
    }

    CHECK(one_cent / quoted == Approx(model.spread[6][0][0]).margin(0.03));
    // A quote above 99 cents is no offer either.
    CHECK(gone / all >= model.ask_missing[2][4] - 0.03);
}

TEST_CASE("QuoteProcess repeats itself with the same seed only", "[backtest][quotes]") {
    auto const model = QuoteModel::load(fitted).value();
    auto const path = [&](std::uint64_t seed) {
        QuoteProcess quotes{model, seed, true};
        std::vector<ModelQuote> all;
        for (double left = 60; left > 0; left -= 1)
            all.push_back(quotes.at(left, 1.0));
        return all;
    };

    CHECK(path(1) == path(1));
    CHECK(path(1) != path(2));
}

TEST_CASE("QuoteProcess never crosses and keeps its prices inside the grid", "[backtest][quotes]") {
    auto const model = QuoteModel::load(fitted).value();
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        QuoteProcess quotes{model, seed, seed % 2 == 0};
        for (double left = 299; left > 0; left -= 7) {
            auto const q = quotes.at(left, 9 * std::sin(left + static_cast<double>(seed)));
            CHECK(q.bid_cents >= 0);
            CHECK(q.ask_cents <= 99);
            if (q.bid_cents > 0 && q.ask_cents > 0) CHECK(q.bid_cents < q.ask_cents);
        }
    }
}
