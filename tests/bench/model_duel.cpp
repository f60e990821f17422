// Our side of tests/reference/model_duel.py: trains and predicts on given bars, prints the times
// as JSON, and leaves the very same matrices behind for the other side.
//
//   polyquant_model_duel BARS OUT     BARS: a folder of <SYMBOL>-1m-*.csv[.gz]; OUT: a folder
#include "models/boosting/boosting_model.hpp"
#include "models/boosting/lightgbm.hpp"
#include "models/feature_table.hpp"
#include "models/trainer.hpp"
#include "models/window/bar_file.hpp"
#include "models/window/logistic_correction.hpp"
#include "models/window/window_dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

using namespace polyquant;
using namespace polyquant::models;
using Milliseconds = std::chrono::duration<double, std::milli>;

std::filesystem::path out_folder;
std::string report;

void note(std::string_view name, double value) {
    report += fmt::format("{}\"{}\": {}", report.empty() ? "" : ", ", name, value);
}

// The process's own processor time, in all its threads: what else runs on the machine is not in it.
double processor_ms() {
    timespec t{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_nsec);
}

double steady_ms() {
    return Milliseconds{std::chrono::steady_clock::now().time_since_epoch()}.count();
}

template <class Work>
double median_ms(int repeats, Work work, double (*now)() = &processor_ms) {
    std::vector<double> took;
    for (int i = 0; i < repeats; ++i) {
        auto const began = now();
        work();
        took.push_back(now() - began);
    }
    std::ranges::nth_element(took, took.begin() + repeats / 2);
    return took[static_cast<std::size_t>(repeats / 2)];
}

// What was computed must be used, or it would not be computed.
double answers = 0;

// Many passes of well under a millisecond, so that most of them meet no interruption: on a loaded
// machine a long pass always does. The rows of a pass lie spread over all.
template <class Ask>
double nanoseconds_each(std::size_t count, Ask ask) {
    constexpr std::size_t rows_a_pass = 50;
    constexpr int passes = 2'000;
    auto const step = std::max<std::size_t>(count / rows_a_pass, 1);
    auto const rows = std::min(count, rows_a_pass);
    auto const pass = [&] {
        for (std::size_t i = 0; i < rows; ++i)
            answers += ask(i * step);
    };
    auto const ms = median_ms(passes, pass, &steady_ms); // asking the other clock takes as long
    return ms * 1e6 / static_cast<double>(rows);
}

// Raw doubles, row by row; numpy.fromfile reads them.
void dump(std::string const& name, std::span<double const> values) {
    std::ofstream file{out_folder / name, std::ios::binary};
    file.write(
        reinterpret_cast<char const*>(values.data()),
        static_cast<std::streamsize>(values.size() * sizeof(double))
    );
}

// The live retrain: the newest two days of each coin, features included.
void retrain_four(window::AssetBars const& all) {
    constexpr std::size_t two_days = 2'880;
    window::AssetBars newest;
    for (auto const asset : all_assets) {
        auto const& bars = all[index_of(asset)];
        newest[index_of(asset)].assign(bars.end() - two_days, bars.end());
    }
    note("retrain_4x2_days_ms", median_ms(9, [&] {
             for (auto const& bars : newest)
                 if (!train(bars, {})) std::abort();
         }));
    std::vector<std::vector<FeatureRow>> rows;
    for (auto const& bars : newest)
        rows.push_back(compute_features(bars).value());
    note("retrain_4x2_days_fit_ms", median_ms(9, [&] {
             for (std::size_t a = 0; a < rows.size(); ++a)
                 if (!train_on_rows(newest[a], rows[a], {})) std::abort();
         }));
    // The rows and columns that our training keeps.
    for (std::size_t a = 0; a < rows.size(); ++a) {
        auto const model = train_on_rows(newest[a], rows[a], {}).value();
        std::vector<double> x, y;
        for (std::size_t t = 0; t < rows[a].size(); ++t) {
            auto const up = target_up(newest[a], t, 5);
            std::vector<double> row;
            for (auto const column : model.columns)
                row.push_back(rows[a][t][column]);
            if (!up || !std::ranges::all_of(row, [](double v) { return std::isfinite(v); }))
                continue;
            x.insert(x.end(), row.begin(), row.end());
            y.push_back(*up ? 1 : 0);
        }
        dump(fmt::format("retrain_x{}.bin", a), x);
        dump(fmt::format("retrain_y{}.bin", a), y);
    }
    Predictor const predictor{train_on_rows(newest[0], rows[0], {}).value()};
    note("logistic_46_ns", nanoseconds_each(rows[0].size() - 200, [&](std::size_t i) {
             return predictor.up(rows[0][i + 200]).value_or(0.5);
         }));
}

// One coin on all bars there are: rows, the logistic correction, the trees.
void train_one(window::AssetBars const& all) {
    window::AssetBars btc;
    btc[0] = all[0];
    note("bars", static_cast<double>(btc[0].size()));
    window::WindowFeatureState::Models models;
    auto const normal = window::TailShape::normal();
    std::array<window::WindowDataset, asset_count> datasets;
    note("volatility_fit_ms", median_ms(1, [&] {
             models[0] = window::fit_volatility(btc[0], btc[0].back().close_time()).value().model;
         }));
    note("window_rows_ms", median_ms(1, [&] {
             datasets = window::build_datasets(btc, models, {normal, normal, normal, normal}, {});
         }));
    auto const& dataset = datasets[0];
    std::vector<double> outcomes, start;
    auto const log_odds = window::index_of(window::WindowFeature::closed_form_log_odds);
    auto const z = window::index_of(window::WindowFeature::z);
    for (std::size_t i = 0; i < dataset.rows.size(); ++i) {
        outcomes.push_back(dataset.rows[i].outcome);
        start.push_back(dataset.features[i][log_odds]);
    }
    note("rows", static_cast<double>(outcomes.size()));
    auto const rows = dataset.features.rows();
    std::optional<window::LogisticCorrection> correction;
    note("logistic_correction_fit_ms", median_ms(3, [&] {
             correction = window::LogisticCorrection::fit(rows, outcomes, {}).value();
         }));
    auto const shape = window::TailShape::student_t(5).value();
    auto const asked = std::min<std::size_t>(outcomes.size(), 20'000);
    note("closed_form_ns", nanoseconds_each(asked, [&](std::size_t i) {
             auto const& moment = dataset.rows[i].moment;
             return window::up_probability(
                 moment.state, {.sigma = dataset.rows[i].sigma, .sigma_relative_sd = 0.3}, shape
             );
         }));
    note("logistic_correction_ns", nanoseconds_each(asked, [&](std::size_t i) {
             return correction->up_probability(rows[i]);
         }));

    auto columns = window::columns_of(Asset::btc);
    std::erase_if(columns, [&](std::size_t k) {
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (std::isfinite(rows[i][k])) return false;
        return true;
    });
    auto const names = window::row_feature_names();
    std::vector<std::string> chosen;
    std::string listed;
    for (auto const k : columns) {
        chosen.push_back(names[k]);
        listed += names[k] + "\n";
    }
    auto const table = window::select_columns(rows, columns);
    auto const split = outcomes.size() * 9 / 10;
    std::ofstream{out_folder / "columns.txt"} << listed;
    dump("rows_x.bin", table.rows().values);
    dump("rows_y.bin", outcomes);
    dump("rows_start.bin", start);
    note("columns", static_cast<double>(columns.size()));
    note("split", static_cast<double>(split));
    note("z_column", static_cast<double>(std::ranges::find(columns, z) - columns.begin()));

    auto const library = boosting::LightGbm::open();
    if (!library) {
        std::fprintf(stderr, "no trees: %s\n", library.error().detail.c_str());
        return;
    }
    boosting::BoostingParams params;
    params.rounds_max = 100;
    params.early_stopping_rounds = 0;
    std::string text;
    note("boosting_fit_ms", median_ms(3, [&] {
             auto const trained = library->train(
                 {table.rows().slice(0, split),
                  std::span{outcomes}.first(split),
                  std::span{start}.first(split)},
                 {table.rows().slice(split, outcomes.size() - split),
                  std::span{outcomes}.subspan(split),
                  std::span{start}.subspan(split)},
                 chosen,
                 params
             );
             text = trained.value().text;
         }));
    auto const model =
        boosting::BoostingModel::make(text, boosting::Offset::closed_form_log_odds, names).value();
    note("boosting_ns", nanoseconds_each(asked, [&](std::size_t i) {
             return model.up_probability(rows[i], start[i]);
         }));
    double loss = 0;
    for (auto i = split; i < outcomes.size(); ++i) {
        auto const p = model.up_probability(rows[i], start[i]);
        loss -= std::log(outcomes[i] > 0.5 ? p : 1 - p);
    }
    note("boosting_log_loss", loss / static_cast<double>(outcomes.size() - split));
    note("boosting_trees", static_cast<double>(model.trees()));
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: polyquant_model_duel BARS OUT\n");
        return 2;
    }
    out_folder = argv[2];
    std::filesystem::create_directories(out_folder);
    window::AssetBars bars;
    for (auto const asset : all_assets) {
        auto read = window::read_minute_bars(argv[1], asset);
        if (!read) {
            std::fprintf(stderr, "%s\n", describe(read.error()).c_str());
            return 1;
        }
        bars[index_of(asset)] = std::move(*read);
    }
    retrain_four(bars);
    train_one(bars);
    note("sum_of_answers", answers);
    std::printf("{%s}\n", report.c_str());
    return 0;
}
