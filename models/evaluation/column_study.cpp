#include "models/evaluation/column_study.hpp"

#include "models/registry/external_columns.hpp"
#include "models/validation/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace polyquant::models::evaluation {

namespace {

using calibration::ColumnTrial;
using calibration::Folding;
using calibration::TrialRows;
using calibration::try_columns;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double log_odds(double p) {
    auto const kept = std::clamp(p, 1e-6, 1 - 1e-6);
    return std::log(kept / (1 - kept));
}

TrialRows book_rows(MarketStudy const& study, std::optional<std::size_t> model) {
    TrialRows rows{{"imbalance", "spread x log-odds"}};
    for (auto const& moment : study.moments) {
        auto const promised = model ? moment.up[*model] : moment.mid();
        if (std::isnan(promised)) continue;
        auto const& quote = moment.now;
        auto const sizes = quote.bid_size + quote.ask_size;
        auto const imbalance = sizes > 0 ? (quote.bid_size - quote.ask_size) / sizes : nan;
        auto const spread = quote.ask - quote.bid;
        rows.columns.add(std::array{imbalance, spread * log_odds(promised)});
        rows.promised.push_back(promised);
        rows.outcome.push_back(moment.up_won ? 1 : 0);
        rows.window.push_back(unix_seconds(moment.window_start));
        rows.block.push_back(unix_seconds(moment.window_start) / 3'600);
    }
    return rows;
}

UtcTime decided_at(Predictions const& test, std::size_t i) {
    return test.window_start[i] + Seconds{300 - test.seconds_left[i]};
}

} // namespace

Result<std::vector<ColumnTrial>>
study_book_columns(MarketStudy const& study, std::size_t model, std::uint64_t seed) {
    std::vector<ColumnTrial> trials;
    for (auto const base : {std::optional{model}, std::optional<std::size_t>{}}) {
        auto trial = try_columns(
            base ? study.models[model] : "the market's mid",
            book_rows(study, base),
            Folding::left_out,
            seed
        );
        if (!trial) return trial.error();
        trials.push_back(std::move(*trial));
    }
    return trials;
}

Result<std::vector<ColumnTrial>> study_external_columns(
    CoinEvaluation const& coin,
    window::ExternalFeatures const& features,
    Nanos age_max,
    std::uint64_t seed
) {
    auto const& test = coin.test;
    std::vector<UtcTime> moments;
    for (std::size_t i = 0; i < test.size(); ++i)
        moments.push_back(decided_at(test, i));
    if (auto const fresh = features.check_fresh(moments, age_max); !fresh) return fresh.error();
    auto const& promised = test.up[static_cast<std::size_t>(Member::stacked)];
    std::vector<registry::ExternalMoment> asked;
    for (std::size_t i = 0; i < test.size(); ++i)
        asked.push_back({test.window_start[i], moments[i], promised[i], test.outcome[i]});
    return registry::try_external(
        fmt::format("{}, stacked", to_string(coin.asset)), asked, features, age_max, seed
    );
}

window::ExternalFeatures
made_up_features(CoinEvaluation const& coin, double knowledge, std::uint64_t seed) {
    validation::SeededRandom random{seed};
    std::string text = "published_at,noise,informative\n";
    auto const& test = coin.test;
    for (std::size_t i = 0; i < test.size(); ++i) {
        if (i > 0 && test.window_start[i] == test.window_start[i - 1]) continue;
        auto const noise = random.normal();
        auto const informative = knowledge * (2 * test.outcome[i] - 1) + random.normal();
        text += fmt::format("{},{},{}\n", format_utc(test.window_start[i]), noise, informative);
    }
    return window::ExternalFeatures::parse(text, "made up").value();
}

} // namespace polyquant::models::evaluation
