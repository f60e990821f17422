#include "models/feature_table.hpp"
#include "models/trainer.hpp"
#include "tests/models/golden_csv.hpp"
#include "tests/models/random_bars.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::models;

TEST_CASE("Target is strictly higher after the horizon and needs that future", "[models][train]") {
    auto bars = RandomBars{1}.next(8);
    for (std::size_t i = 0; i < bars.size(); ++i)
        bars[i].close = 100;
    bars[6].close = 101;
    bars[7].close = 99;

    CHECK(target_up(bars, 0, 5) == false);
    CHECK(target_up(bars, 1, 5) == true);
    CHECK(target_up(bars, 2, 5) == false);
    CHECK_FALSE(target_up(bars, 3, 5));
    CHECK_FALSE(target_up(bars, 99, 5));
    bars[7].open_time += 60s;
    CHECK_FALSE(target_up(bars, 2, 5));
}

TEST_CASE("Training accounts for every bar", "[models][train]") {
    auto bars = RandomBars{2}.next(600);
    bars[300].high = bars[300].low = bars[300].open = bars[300].close = bars[299].close;
    for (std::size_t i = 400; i < bars.size(); ++i)
        bars[i].open_time += 3600s;

    auto const model = train(bars, {}).value();

    CHECK(model.rows.bars == 600);
    CHECK(model.rows.unlabelled == 10);          // five before the gap, five at the end
    CHECK(model.rows.incomplete == 60 + 1 + 60); // warm-up, the bar without range, warm-up
    CHECK(model.rows.used == 600 - 10 - 121);
    CHECK(model.first_open == bars.front().open_time);
    CHECK(model.last_close == bars.back().close_time());
}

TEST_CASE("Training leaves out and names columns without data", "[models][train]") {
    auto bars = RandomBars{4}.next(400);
    for (auto& bar : bars)
        bar.trades = bar.taker_buy_base = not_a_number;

    auto const model = train(bars, {}).value();

    CHECK(names_of(model.left_out) == "taker_buy_ratio, net_taker_flow, trades_ratio");
    CHECK(model.columns.size() == 43);
    CHECK(model.rows.used == 400 - 60 - 5);
    auto const row = compute_features(bars).value()[200];
    CHECK(Predictor{model}.up(row).has_value());
}

TEST_CASE(
    "Training refuses fewer than 100 clean rows and says where they went", "[models][train]"
) {
    auto const bars = RandomBars{5}.next(164);

    auto const refused = train(bars, {});

    REQUIRE(refused.has_error());
    CHECK(
        refused.error().detail ==
        "99 clean rows, 100 needed: 164 bars, 5 without a label, 60 with a missing feature"
    );
    CHECK(train(RandomBars{5}.next(165), {}).has_value());
    CHECK(train({}, {}).has_error());
}

TEST_CASE("Training refuses to go on without convergence", "[models][train]") {
    TrainParams params;
    params.logistic.iterations_max = 1;

    auto const refused = train(RandomBars{6}.next(400), params);

    REQUIRE(refused.has_error());
    CHECK(refused.error().detail.starts_with("no convergence"));
}

TEST_CASE("Training on a slice equals training on the features of the whole", "[models][train]") {
    auto const bars = RandomBars{7}.next(900);
    auto const rows = compute_features(bars).value();
    auto const slice_bars = std::span{bars}.subspan(200, 500);
    auto const slice_rows = std::span{rows}.subspan(200, 500);

    auto const model = train_on_rows(slice_bars, slice_rows, {}).value();

    CHECK(model.rows.used == 495);
    CHECK(model.rows.incomplete == 0);
    CHECK(model.data_hash == hash_of(slice_bars));
    CHECK(model.data_hash != hash_of(bars));
}

TEST_CASE("Training never sees the future of its slice", "[models][train]") {
    auto bars = RandomBars{8}.next(500);
    auto const model = train(std::span{bars}.first(400), {}).value();
    for (std::size_t i = 400; i < bars.size(); ++i)
        bars[i].close = bars[i].high;

    auto const again = train(std::span{bars}.first(400), {}).value();

    CHECK(again.fit.coefficients == model.fit.coefficients);
    CHECK(again.fit.intercept == model.fit.intercept);
}

TEST_CASE("Predictor has no opinion on a row with a missing column", "[models][train]") {
    auto const bars = RandomBars{9}.next(400);
    Predictor const predictor{train(bars, {}).value()};
    auto row = compute_features(bars).value().back();
    REQUIRE(predictor.up(row));

    row[Feature::taker_buy_ratio] = not_a_number;

    CHECK_FALSE(predictor.up(row));
    CHECK(predictor.missing(row) == Feature::taker_buy_ratio);
}
