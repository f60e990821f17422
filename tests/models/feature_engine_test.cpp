#include "models/feature_engine.hpp"
#include "models/feature_table.hpp"
#include "tests/models/golden_csv.hpp"
#include "tests/models/random_bars.hpp"
#include "tests/support/catch.hpp"

#include <bit>

using namespace polyquant;
using namespace polyquant::models;

namespace {

struct Case {
    std::string name;
    Seconds length;
};

std::vector<Case> const cases{{"15m", 900s}, {"1m_ohlcv", 60s}, {"awkward", 60s}};

std::vector<Bar> bars_of(Case const& c) {
    return golden::read_bars("features_" + c.name + "_bars.csv", c.length);
}

// Golden values carry 12 digits; this is what the formulas themselves leave undetermined where a
// column is the difference of far larger numbers: units in the last place of those numbers.
double absolute_floor(Feature feature, double close) {
    using enum Feature;
    switch (feature) {
    case macd:
    case macd_signal:
    case macd_hist:
    case macd_hist_accel: return 1e-15 * close;
    case obv_slope_10: return 1e-10; // of a cumulative volume that reaches 1e6
    default: return 1e-14;
    }
}

std::string mismatch(
    std::vector<FeatureRow> const& rows, golden::Table const& expected, std::vector<Bar> const& bars
) {
    for (std::size_t t = 0; t < rows.size(); ++t)
        for (std::size_t i = 0; i < feature_count; ++i) {
            double const want = expected.rows[t][i], have = rows[t].values[i];
            double const room =
                1e-9 * std::abs(want) + absolute_floor(static_cast<Feature>(i), bars[t].close);
            bool const same = std::isnan(want) ? std::isnan(have) : std::abs(have - want) <= room;
            if (!same)
                return fmt::format(
                    "row {} {}: {} instead of {}", t, expected.columns[i], have, want
                );
        }
    return "";
}

bool same_bits(FeatureRow const& a, FeatureRow const& b) {
    for (std::size_t i = 0; i < feature_count; ++i) {
        if (std::isnan(a.values[i]) && std::isnan(b.values[i])) continue;
        if (std::bit_cast<std::uint64_t>(a.values[i]) != std::bit_cast<std::uint64_t>(b.values[i]))
            return false;
    }
    return a.as_of == b.as_of;
}

} // namespace

TEST_CASE(
    "FeatureEngine equals the pandas formulas in every row and column", "[models][features]"
) {
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const bars = bars_of(c);
        auto const expected = golden::read("features_" + c.name + ".csv");

        auto const rows = compute_features(bars).value();

        REQUIRE(expected.rows.size() == bars.size());
        REQUIRE(expected.columns.size() == feature_count);
        for (std::size_t i = 0; i < feature_count; ++i)
            CHECK(expected.columns[i] == to_string(static_cast<Feature>(i)));
        CHECK(mismatch(rows, expected, bars) == "");
    }
}

TEST_CASE("The golden tables hold what they are meant to hold", "[models][features]") {
    auto const full = compute_features(bars_of(cases[0])).value();
    auto const ohlcv = compute_features(bars_of(cases[1])).value();
    auto const complete = [](FeatureRow const& row) {
        return std::none_of(row.values.begin(), row.values.end(), [](double x) {
            return std::isnan(x);
        });
    };

    CHECK(std::count_if(full.begin(), full.end(), complete) >= 500);
    CHECK_FALSE(complete(full[feature_warm_up_bars - 2]));
    CHECK(complete(full[feature_warm_up_bars - 1]));
    CHECK(std::none_of(ohlcv.begin(), ohlcv.end(), complete));
    CHECK(std::isnan(ohlcv.back()[Feature::trades_ratio]));
    CHECK_FALSE(std::isnan(ohlcv.back()[Feature::vol_weighted_ret_5]));
}

TEST_CASE("Features never change when later bars are added", "[models][features]") {
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const bars = bars_of(c);
        auto const with_future = compute_features(bars).value();

        for (std::size_t n = 1; n <= bars.size(); n += n < 130 ? 1 : 13) {
            auto const without = compute_features(std::span{bars}.first(n)).value();

            CAPTURE(n);
            REQUIRE(same_bits(without.back(), with_future[n - 1]));
        }
    }
}

TEST_CASE("FeatureEngine previews exactly what the closed bar will give", "[models][features]") {
    for (auto const& c : cases) {
        CAPTURE(c.name);
        auto const bars = bars_of(c);
        FeatureEngine engine;
        FeatureEngine undisturbed;

        for (auto const& bar : bars) {
            auto other = bar;
            other.high *= 1.01;
            other.close = other.high;
            auto const disturbing = engine.preview(other);
            auto const preview = engine.preview(bar);
            auto const& closed = engine.push(bar);

            REQUIRE(same_bits(preview, closed));
            if (engine.bars() > 1) REQUIRE_FALSE(same_bits(disturbing, closed));
            REQUIRE(same_bits(undisturbed.push(bar), closed));
        }
    }
}

TEST_CASE("FeatureEngine starts anew after a gap in time", "[models][features]") {
    auto bars = bars_of(cases[0]);
    for (std::size_t t = 300; t < bars.size(); ++t)
        bars[t].open_time += 900s;
    auto const after_gap = std::span{bars}.subspan(300);

    auto const rows = compute_features(bars).value();
    auto const fresh = compute_features(after_gap).value();

    FeatureEngine engine;
    for (auto const& bar : std::span{bars}.first(300))
        engine.push(bar);
    CHECK(same_bits(engine.preview(bars[300]), fresh[0]));
    for (std::size_t t = 0; t < fresh.size(); ++t)
        REQUIRE(same_bits(rows[300 + t], fresh[t]));
    engine.push(bars[300]);
    CHECK(engine.gaps() == 1);
    CHECK(engine.bars() == 1);
}

TEST_CASE("FeatureEngine does not drift over two years of minutes", "[models][features]") {
    RandomBars source{7};
    FeatureEngine old_engine;
    std::vector<Bar> recent;
    constexpr std::size_t two_years = 2 * 365 * 1440;

    for (std::size_t t = 0; t < two_years; ++t) {
        auto const bar = source.next();
        old_engine.push(bar);
        if (t + 2000 >= two_years) recent.push_back(bar);
    }
    auto const fresh = compute_features(recent).value().back();
    auto const aged = old_engine.preview(source.next());
    FeatureEngine young_engine;
    for (auto const& bar : recent)
        young_engine.push(bar);
    RandomBars again{7};
    for (std::size_t t = 0; t < two_years; ++t)
        again.next();
    auto const young = young_engine.preview(again.next());

    CHECK_FALSE(std::isnan(fresh[Feature::rvol_60]));
    for (std::size_t i = 0; i < feature_count; ++i) {
        CAPTURE(to_string(static_cast<Feature>(i)));
        CHECK(aged.values[i] == Approx(young.values[i]).epsilon(1e-9).margin(0));
    }
}

TEST_CASE("Compute_features names the bar that cannot be true", "[models][features]") {
    auto bars = bars_of(cases[0]);
    std::swap(bars[40].high, bars[40].low);
    auto back_in_time = bars_of(cases[0]);
    back_in_time[50].open_time = back_in_time[49].open_time;

    auto const defect = compute_features(bars);
    auto const backwards = compute_features(back_in_time);

    REQUIRE(defect.has_error());
    CHECK(defect.error().where == "bar 40 of 600");
    CHECK(defect.error().detail.find("high below low") != std::string::npos);
    REQUIRE(backwards.has_error());
    CHECK(backwards.error().where == "bar 50 of 600");
}

TEST_CASE("Feature sets keep column order and have their own hash", "[models][features]") {
    auto const all = features_of(FeatureSet::all_46);
    auto const small = features_of(FeatureSet::no_logret_39);

    CHECK(all.size() == 46);
    CHECK(small.size() == 39);
    CHECK(std::is_sorted(small.begin(), small.end()));
    CHECK(std::none_of(small.begin(), small.end(), [](Feature f) {
        return to_string(f).starts_with("logret_");
    }));
    CHECK(feature_hash(all) != feature_hash(small));
    std::vector<Feature> swapped{all.begin(), all.end()};
    std::swap(swapped[3], swapped[4]);
    CHECK(feature_hash(swapped) != feature_hash(all));
    CHECK(parse_feature_set("no_logret_39") == FeatureSet::no_logret_39);
    CHECK_FALSE(parse_feature_set("all"));
}
