#include "models/validation/honesty.hpp"
#include "models/validation/random.hpp"
#include "models/window/window_dataset.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

using namespace polyquant;
using namespace polyquant::models::window;
using polyquant::models::validation::find_look_ahead;
using polyquant::models::validation::SeededRandom;

namespace {

constexpr std::int64_t start_s = 1'767'225'600; // 2026-01-01

// Four coins that share half their moves; SOL follows BTC's move one minute later.
AssetBars shared_bars(std::size_t count, std::uint64_t seed) {
    SeededRandom random{seed};
    AssetBars bars;
    std::array<double, asset_count> price{60'000, 3'000, 90, 1.4};
    double btc_before = 0;
    for (std::size_t i = 0; i < count; ++i) {
        auto const common = random.normal();
        for (std::size_t a = 0; a < asset_count; ++a) {
            auto const leads = a == index_of(Asset::sol) ? btc_before : common;
            auto const move = 4e-4 * (0.7 * leads + 0.7 * random.normal());
            Bar bar{
                .open_time = utc_from_seconds(start_s + 60 * static_cast<std::int64_t>(i)),
                .open = price[a]
            };
            bar.close = bar.open * std::exp(move);
            bar.high = std::max(bar.open, bar.close) * (1 + 1e-4 * random.uniform());
            bar.low = std::min(bar.open, bar.close) * (1 - 1e-4 * random.uniform());
            bar.volume = 1 + random.uniform();
            bar.trades = bar.taker_buy_base = NAN;
            price[a] = bar.close;
            bars[a].push_back(bar);
        }
        btc_before = common;
    }
    return bars;
}

WindowFeatureState::Models unfitted_models() {
    auto const model = VolatilityModel::unfitted();
    return {model, model, model, model};
}

WindowFeatureState::Shapes normal_shapes() {
    auto const shape = TailShape::normal();
    return {shape, shape, shape, shape};
}

auto build(AssetBars const& bars, DatasetOptions const& options = {}) {
    return build_datasets(bars, unfitted_models(), normal_shapes(), options);
}

double feature(WindowDataset const& dataset, std::size_t row, WindowFeature which) {
    return dataset.features[row][index_of(which)];
}

} // namespace

TEST_CASE(
    "Dataset holds four decisions a window with the window's own outcome", "[models][window]"
) {
    auto const bars = shared_bars(600, 1);

    auto const dataset = build(bars)[index_of(Asset::btc)];

    auto const& btc = bars[index_of(Asset::btc)];
    CHECK(dataset.rows.size() == dataset.features.size());
    CHECK(dataset.rows.size() % 4 == 0);
    CHECK(dataset.rows.size() >= 4 * 98);
    for (auto const& row : dataset.rows) {
        auto const first =
            static_cast<std::size_t>((unix_seconds(row.window.start) - start_s) / 60);
        auto const known = first + static_cast<std::size_t>(300 - row.seconds_left) / 60;
        CHECK(row.moment.state.strike == btc[first].open);
        CHECK(row.moment.state.spot == btc[known - 1].close);
        CHECK(row.moment.now == btc[known - 1].close_time());
        CHECK(row.outcome == (btc[first + 4].close >= btc[first].open ? 1 : 0));
    }
}

TEST_CASE("Average-style rows settle by the minute before each boundary", "[models][window]") {
    auto const bars = shared_bars(400, 2);

    auto const dataset = build(bars, {.style = LabelStyle::average})[index_of(Asset::eth)];

    auto const& eth = bars[index_of(Asset::eth)];
    auto const mean = [](Bar const& bar) {
        return (bar.open + bar.high + bar.low + bar.close) / 4;
    };
    REQUIRE(!dataset.rows.empty());
    for (auto const& row : dataset.rows) {
        auto const first =
            static_cast<std::size_t>((unix_seconds(row.window.start) - start_s) / 60);
        CHECK(row.moment.state.strike == Approx(mean(eth[first - 1])).epsilon(1e-14));
        CHECK(row.outcome == (mean(eth[first + 4]) >= mean(eth[first - 1]) ? 1 : 0));
        CHECK(
            row.moment.walk_seconds == Approx(row.seconds_left - 60 + 60 * 0.26421).epsilon(1e-4)
        );
    }
}

TEST_CASE("The variance of a bar's mean price is what the formula says", "[models][window]") {
    SeededRandom random{3};
    double squares = 0;
    constexpr int paths = 20'000, steps = 400;
    for (int i = 0; i < paths; ++i) {
        double price = 0, high = 0, low = 0;
        for (int k = 0; k < steps; ++k) {
            price += random.normal() / std::sqrt(static_cast<double>(steps));
            high = std::max(high, price);
            low = std::min(low, price);
        }
        auto const mean = (0 + high + low + price) / 4;
        squares += mean * mean;
    }
    // Discrete steps miss the extremes a little; 400 of them cost about 2 %.
    CHECK(squares / paths == Approx(bar_mean_variance).epsilon(0.04));
}

TEST_CASE("Windows with a missing bar around them are left out", "[models][window]") {
    auto bars = shared_bars(600, 4);
    auto const whole = build(bars)[index_of(Asset::xrp)].rows.size();
    auto& xrp = bars[index_of(Asset::xrp)];
    xrp.erase(xrp.begin() + 302);

    auto const dataset = build(bars)[index_of(Asset::xrp)];

    CHECK(dataset.rows.size() < whole - 4 * 18);
    for (auto const& row : dataset.rows) {
        auto const gap = utc_from_seconds(start_s + 302 * 60);
        CHECK((row.window.end() <= gap || row.window.start - 90min > gap));
    }
}

TEST_CASE("Dataset options cut windows by their start", "[models][window]") {
    auto const bars = shared_bars(900, 5);
    auto const from = utc_from_seconds(start_s + 300 * 60);
    auto const to = utc_from_seconds(start_s + 600 * 60);

    auto const dataset = build(bars, {.from = from, .to = to})[index_of(Asset::btc)];

    CHECK(dataset.rows.size() == 4 * 60);
    CHECK(dataset.rows.front().window.start == from);
    CHECK(dataset.rows.back().window.end() == to);
}

TEST_CASE("No window feature changes when the future does", "[models][window]") {
    auto const bars = shared_bars(400, 6);
    auto const names = row_feature_names();
    std::vector<UtcTime> const moments{
        utc_from_seconds(start_s + 331 * 60), utc_from_seconds(start_s + 334 * 60)
    };
    for (auto const disturbed : all_assets) {
        auto const row_at = [&](std::span<Bar const> series, UtcTime t) {
            auto mixed = bars;
            mixed[index_of(disturbed)].assign(series.begin(), series.end());
            auto const dataset = build(mixed)[index_of(Asset::sol)];
            for (std::size_t i = 0; i < dataset.rows.size(); ++i)
                if (dataset.rows[i].moment.now == t) {
                    auto const row = dataset.features[i];
                    return std::vector<double>(row.begin(), row.end());
                }
            return std::vector<double>{};
        };

        auto const problems = find_look_ahead(row_at, bars[index_of(disturbed)], moments, names);

        for (auto const& problem : problems)
            UNSCOPED_INFO(problem.column);
        CHECK(problems.empty());
    }
}

TEST_CASE("BTC's gap foretells a coin that follows it", "[models][window]") {
    auto const bars = shared_bars(6000, 7);
    auto const dataset = build(bars)[index_of(Asset::sol)];
    auto const& sol = bars[index_of(Asset::sol)];
    double product = 0, own = 0, other = 0;
    for (std::size_t i = 0; i < dataset.rows.size(); ++i) {
        auto const lead = feature(dataset, i, WindowFeature::btc_move_last_minute);
        auto const now =
            static_cast<std::size_t>((unix_seconds(dataset.rows[i].moment.now) - start_s) / 60);
        auto const next = std::log(sol[now].close / sol[now - 1].close);
        product += lead * next;
        own += next * next;
        other += lead * lead;
    }

    CHECK(product / std::sqrt(own * other) > 0.4);
}

TEST_CASE("Features of a steady market have their stated scale", "[models][window]") {
    auto const bars = shared_bars(6000, 8);
    auto const dataset = build(bars)[index_of(Asset::eth)];
    double z_squares = 0, minute_squares = 0, beta = 0, correlation = 0;
    auto const n = static_cast<double>(dataset.rows.size());
    for (std::size_t i = 0; i < dataset.rows.size(); ++i) {
        minute_squares += std::pow(feature(dataset, i, WindowFeature::move_last_minute), 2) / n;
        auto const scaled =
            feature(dataset, i, WindowFeature::z) *
            std::sqrt(dataset.rows[i].seconds_left / (300.0 - dataset.rows[i].seconds_left));
        z_squares += scaled * scaled / n;
        beta += feature(dataset, i, WindowFeature::btc_beta) / n;
        correlation += feature(dataset, i, WindowFeature::btc_correlation) / n;
    }

    CHECK(minute_squares == Approx(1).epsilon(0.15));
    CHECK(z_squares == Approx(1).epsilon(0.15));
    CHECK(beta == Approx(0.5).margin(0.08));
    CHECK(correlation == Approx(0.5).margin(0.08));
}

TEST_CASE("Columns of a coin leave out its own lead over itself", "[models][window]") {
    auto const names = row_feature_names();
    CHECK(names.size() == row_feature_count);
    for (auto const column : columns_of(Asset::btc))
        CHECK(names[column].substr(0, 4) != "btc_");
    for (auto const column : columns_of(Asset::eth))
        CHECK(names[column].substr(0, 4) != "eth_");
    CHECK(columns_of(Asset::xrp).size() == row_feature_count);
}
