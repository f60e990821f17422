#include "models/registry/comparison.hpp"
#include "models/registry/live_trained_model.hpp"
#include "models/registry/train.hpp"
#include "models/validation/random.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <cmath>

using namespace polyquant;
using namespace polyquant::models::registry;
using models::validation::SeededRandom;
using models::window::AssetBars;
using models::window::ExternalFeatures;

namespace {

constexpr int days = 20;
constexpr int days_trained = 16;

constexpr UtcTime day(int n) {
    return utc_from_seconds(1'767'225'600 + 86'400LL * n);
}

// A plain random walk of BTC.
AssetBars const& walk() {
    static AssetBars const bars = [] {
        AssetBars made;
        SeededRandom random{5};
        double price = 1000;
        for (int i = 0; i < days * 1440; ++i) {
            Bar bar{.open_time = day(0) + Seconds{60 * i}};
            bar.open = bar.high = bar.low = price;
            for (int k = 0; k < 4; ++k) {
                price *= std::exp(3e-4 * random.normal());
                bar.high = std::max(bar.high, price);
                bar.low = std::min(bar.low, price);
            }
            bar.close = price;
            bar.volume = 1;
            bar.trades = bar.taker_buy_base = std::nan("");
            made[index_of(Asset::btc)].push_back(bar);
        }
        return made;
    }();
    return bars;
}

// Every five minutes a column of noise and one that knows a little of the
// window to come.
std::shared_ptr<ExternalFeatures const> values() {
    static auto const made = [] {
        SeededRandom random{6};
        std::string text = "published_at,noise,informative\n";
        auto const& bars = walk()[index_of(Asset::btc)];
        for (std::size_t i = 0; i + 5 <= bars.size(); i += 5) {
            auto const up = bars[i + 4].close >= bars[i].open ? 1 : -1;
            text += fmt::format(
                "{},{},{}\n",
                format_utc(bars[i].open_time),
                random.normal(),
                1000 + 300 * (0.4 * up + random.normal())
            );
        }
        return std::make_shared<ExternalFeatures const>(
            ExternalFeatures::parse(text, "made up").value()
        );
    }();
    return made;
}

TrainSpec spec(std::shared_ptr<ExternalFeatures const> external) {
    TrainSpec made;
    made.name = external ? "outside" : "plain";
    made.kind = ModelKind::closed_form;
    made.until = day(days_trained);
    made.tune = std::chrono::days{2};
    made.external = std::move(external);
    made.external_age = Seconds{300};
    return made;
}

RegisteredModel const& with_columns() {
    static auto const model = train(walk(), spec(values())).value();
    return model;
}

double metric(RegisteredModel const& model, std::string const& name) {
    for (auto const& [key, value] : model.trained.metrics)
        if (key == name) return value;
    return std::nan("");
}

std::vector<double> even_row() {
    std::vector<double> row(models::window::row_feature_count, 0.0);
    row[models::window::index_of(models::window::WindowFeature::seconds_left)] = 60;
    return row;
}

} // namespace

TEST_CASE("Training keeps the external column that helps and says so", "[models][external]") {
    auto const& model = with_columns();

    REQUIRE(model.external);
    CHECK(model.external->names == std::vector<std::string>{"informative"});
    CHECK(metric(model, "external_informative_kept") == 1);
    CHECK(metric(model, "external_informative_gain_low") > 0);
    CHECK(metric(model, "external_noise_kept") == 0);
}

TEST_CASE(
    "A model with external columns is read back with the same promises", "[models][external]"
) {
    auto const& model = with_columns();

    auto again =
        parse_registered_model(to_text(model), models::window::row_feature_names(), "x").value();

    CHECK_FALSE(again.outside); // the values are no part of the file
    again.outside = values();
    auto const now = day(17) + Seconds{61};
    CHECK(again.up_probability(even_row(), now).up == model.up_probability(even_row(), now).up);
    CHECK(again.up_probability(even_row(), now).fresh == 1);
    CHECK(checksum_of(again) == checksum_of(model));
}

TEST_CASE("A model answers without external values that are stale", "[models][external]") {
    auto model = with_columns();
    auto const row = even_row();
    auto const fresh = model.up_probability(row, day(17) + Seconds{61});
    auto const stale = model.up_probability(row, day(days) + Seconds{301});
    model.outside = nullptr;
    auto const none = model.up_probability(row, day(17) + Seconds{61});

    CHECK(fresh.up != model.up_probability(row));
    CHECK(stale.fresh == 0);
    CHECK(stale.up == model.up_probability(row));
    CHECK(none.fresh == 0);
    CHECK(none.up == model.up_probability(row));
}

TEST_CASE("An external column that helps wins its comparison", "[models][external]") {
    auto const plain = train(walk(), spec(nullptr)).value();

    auto const won = compare(with_columns(), &plain, walk(), {}).value();
    auto blind = with_columns();
    blind.outside = nullptr;
    auto const refused = compare(blind, &plain, walk(), {});

    CHECK(won.gain.mean > 0);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().detail.find("give --external") != std::string::npos);
}

TEST_CASE("External values that ended before training did are refused", "[models][external]") {
    auto const old = std::make_shared<ExternalFeatures const>(
        ExternalFeatures::parse("published_at,tps\n2026-01-01T00:00:00Z,1\n", "old.csv").value()
    );

    auto const refused = train(walk(), spec(old));

    REQUIRE_FALSE(refused);
    CHECK(refused.error().detail.find("tps is stale") != std::string::npos);
}

TEST_CASE("External values without a column the model needs are refused", "[models][external]") {
    auto const other =
        ExternalFeatures::parse("published_at,tps\n2026-01-01T00:00:00Z,1\n", "o").value();

    auto const refused = with_columns().external->check(other, "o.csv");

    REQUIRE_FALSE(refused);
    CHECK(refused.error().detail.find("informative") != std::string::npos);
    CHECK(refused.error().detail.find("tps") != std::string::npos);
}

TEST_CASE("Damaged external columns of a model are refused", "[models][external]") {
    auto model = with_columns();
    SECTION("a cell too few") {
        model.external->fit.scales.pop_back();
        model.external->fit.coefficients.pop_back();
    }
    SECTION("a deviation of 0") {
        model.external->fit.scales[0].deviation = 0;
    }
    SECTION("fresh for ever") {
        model.external->age_max = Seconds{1'000'000};
    }

    CHECK_FALSE(parse_registered_model(to_text(model), models::window::row_feature_names(), "x"));
}
