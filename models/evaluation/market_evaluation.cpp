#include "models/evaluation/market_evaluation.hpp"

#include "engine/core/fees.hpp"
#include "models/calibration/market_blend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace polyquant::models::evaluation {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::array lead_seconds{120, 90, 60, 45, 30, 20};

// An hour of windows shares its volatility and its news; the recordings span too few days for days.
std::int64_t block_of(QuotedMoment const& moment) {
    return unix_seconds(moment.window_start) / 3600;
}

// The planned lead time a sample belongs to.
int label_of(double seconds_left) {
    constexpr std::array labels{120, 90, 60, 45, 30, 20, 10};
    return *std::min_element(labels.begin(), labels.end(), [&](int a, int b) {
        return std::abs(a - seconds_left) < std::abs(b - seconds_left);
    });
}

double fee_of(double price) {
    auto const micros = static_cast<std::int64_t>(std::llround(price * 1e6));
    return fee_per_share(crypto_fee(), Price::from_micros(micros));
}

// Fitted on all blocks but the one it predicts: days, or hours where there is one day only.
void add_blend(MarketStudy& study, std::size_t model) {
    study.models.push_back("market, corrected by " + study.models[model]);
    auto const day_of = [](QuotedMoment const& moment) {
        return unix_seconds(moment.window_start) / 86'400;
    };
    std::map<UtcTime, int> moments_of;
    std::set<std::int64_t> days;
    for (auto const& moment : study.moments) {
        days.insert(day_of(moment));
        ++moments_of[moment.window_start];
    }
    auto const block = [&](QuotedMoment const& moment) {
        return days.size() > 1 ? day_of(moment) : block_of(moment);
    };
    std::set<std::int64_t> blocks;
    for (auto const& moment : study.moments)
        blocks.insert(block(moment));
    for (auto const left_out : blocks) {
        std::vector<double> market, promised, outcomes, weights;
        for (auto const& moment : study.moments) {
            if (block(moment) == left_out || std::isnan(moment.up[model])) continue;
            market.push_back(moment.mid());
            promised.push_back(moment.up[model]);
            outcomes.push_back(moment.up_won ? 1 : 0);
            weights.push_back(1.0 / moments_of[moment.window_start]);
        }
        auto const fit = calibration::MarketBlend::fit(market, promised, outcomes, weights);
        for (auto& moment : study.moments) {
            if (block(moment) != left_out) continue;
            auto const own = moment.up[model];
            moment.up.push_back(
                fit && !std::isnan(own) ? fit->probability(moment.mid(), own) : moment.mid()
            );
        }
        if (fit)
            study.blends.push_back(fmt::format(
                "{} ({} moments): {}", study.models.back(), market.size(), fit->describe()
            ));
    }
}

BettingResult
bet(std::vector<QuotedMoment const*> const& moments,
    std::size_t model,
    BettingRule const& rule,
    std::uint64_t seed) {
    BettingResult result{.rule = rule};
    std::vector<double> pnl;
    std::vector<std::int64_t> blocks;
    for (auto const* moment : moments) {
        for (bool const up : {true, false}) {
            auto const ask = up ? moment->now.ask : 1 - moment->now.bid;
            auto const later = up ? moment->later.ask : 1 - moment->later.bid;
            auto const promised = up ? moment->up[model] : 1 - moment->up[model];
            if (!(ask > 0 && ask < 1) || ask < rule.ask_min || ask > rule.ask_max) continue;
            if (promised - ask - fee_of(ask) < rule.edge_min) continue;
            ++result.wanted;
            // Fill or kill at the ask that was seen: a dearer book kills it, a cheaper one pays.
            if (later > 0 && later <= ask + 1e-9) {
                auto const won = up == moment->up_won;
                pnl.push_back((won ? 1.0 : 0.0) - later - fee_of(later));
                blocks.push_back(block_of(*moment));
                result.mean_price += later;
                result.won_share += won ? 1 : 0;
            }
            break; // one side a moment
        }
    }
    if (pnl.empty()) return result;
    result.mean_price /= static_cast<double>(pnl.size());
    result.won_share /= static_cast<double>(pnl.size());
    result.pnl = calibration::block_bootstrap(pnl, blocks, seed);
    return result;
}

FavouritesAgainstMarket
favourites(std::vector<QuotedMoment const*> const& moments, std::size_t model, std::uint64_t seed) {
    FavouritesAgainstMarket result;
    std::vector<double> gains;
    std::vector<std::int64_t> blocks;
    double wins = 0;
    for (auto const* moment : moments) {
        auto const is_up = moment->up[model] >= 0.5;
        auto const promised = is_up ? moment->up[model] : 1 - moment->up[model];
        if (promised < 0.85 || promised > 0.95) continue;
        auto const mid = is_up ? moment->mid() : 1 - moment->mid();
        auto const won = is_up == moment->up_won ? 1.0 : 0.0;
        result.promised += promised;
        result.mid += mid;
        wins += won;
        gains.push_back((mid - won) * (mid - won) - (promised - won) * (promised - won));
        blocks.push_back(block_of(*moment));
    }
    result.moments = gains.size();
    if (gains.empty()) return result;
    auto const count = static_cast<double>(gains.size());
    result.promised /= count;
    result.mid /= count;
    result.won = wins / count;
    result.won_interval = calibration::wilson(wins, count);
    result.advantage = calibration::block_bootstrap(gains, blocks, seed);
    return result;
}

void compare(MarketStudy& study, MarketOptions const& options) {
    std::set<double, std::greater<>> lefts;
    for (auto const& moment : study.moments)
        lefts.insert(moment.seconds_left);
    std::vector<double> groups(lefts.begin(), lefts.end());
    groups.push_back(0);
    for (std::size_t model = 0; model < study.models.size(); ++model)
        for (auto const left : groups) {
            std::vector<QuotedMoment const*> chosen;
            std::vector<double> promised, mids, outcomes, ask_gains;
            std::vector<std::int64_t> blocks;
            double ask_score = 0;
            for (auto const& moment : study.moments) {
                if (left != 0 && moment.seconds_left != left) continue;
                if (std::isnan(moment.up[model])) continue;
                chosen.push_back(&moment);
                promised.push_back(moment.up[model]);
                mids.push_back(moment.mid());
                outcomes.push_back(moment.up_won ? 1 : 0);
                blocks.push_back(block_of(moment));
                auto const missed = promised.back() - outcomes.back();
                ask_score += moment.ask_score();
                ask_gains.push_back(moment.ask_score() - missed * missed);
            }
            if (chosen.empty()) continue;
            MarketComparison line{
                .model = study.models[model], .seconds_left = left, .moments = chosen.size()
            };
            line.market_brier = calibration::brier(mids, outcomes);
            line.model_brier = calibration::brier(promised, outcomes);
            line.advantage =
                calibration::brier_advantage(promised, mids, outcomes, blocks, options.seed);
            line.ask_brier = ask_score / static_cast<double>(chosen.size());
            line.ask_advantage = calibration::block_bootstrap(ask_gains, blocks, options.seed);
            line.favourites = favourites(chosen, model, options.seed);
            for (auto const& rule : options.rules)
                line.bets.push_back(bet(chosen, model, rule, options.seed));
            study.comparisons.push_back(std::move(line));
        }
}

} // namespace

double QuotedMoment::mid() const {
    auto const bid = std::isnan(now.bid) ? 0 : now.bid;
    auto const ask = std::isnan(now.ask) ? 1 : now.ask;
    return 0.5 * (bid + ask);
}

double QuotedMoment::ask_score() const {
    auto const up_ask = std::isnan(now.ask) ? 1 : now.ask;
    auto const down_ask = std::isnan(now.bid) ? 1 : 1 - now.bid;
    auto const of_up = up_ask - (up_won ? 1 : 0);
    auto const of_down = down_ask - (up_won ? 0 : 1);
    return 0.5 * (of_up * of_up + of_down * of_down);
}

MarketStudy study_recorded_books(
    CoinEvaluation const& btc,
    std::map<UtcTime, QuotedWindow> const& books,
    MarketOptions const& options
) {
    MarketStudy study{.title = "Recorded books, BTC, 13 to 15 April 2026 (spot-settled)"};
    constexpr std::array members{
        Member::baseline,
        Member::closed_form,
        Member::logistic,
        Member::boosting,
        Member::recent,
        Member::stacked
    };
    for (auto const member : members)
        study.models.emplace_back(to_string(member));
    auto const& test = btc.test;
    for (std::size_t i = 0; i < test.size(); ++i) {
        auto const it = books.find(test.window_start[i]);
        if (it == books.end() || !it->second.up_won) continue;
        auto const decided = test.window_start[i] + Seconds{300 - test.seconds_left[i]};
        auto const* now = it->second.at(decided, options.quote_age_max);
        if (!now) continue;
        auto const* later = it->second.at(decided + options.delay, options.quote_age_max);
        QuotedMoment moment{
            .window_start = test.window_start[i],
            .seconds_left = static_cast<double>(test.seconds_left[i]),
            .now = *now,
            .later = later ? *later : UpQuote{{}, nan, nan, nan, nan},
            .up_won = *it->second.up_won,
            .up = {}
        };
        for (auto const member : members)
            moment.up.push_back(test.up[static_cast<std::size_t>(member)][i]);
        study.moments.push_back(std::move(moment));
    }
    if (!study.moments.empty()) add_blend(study, members.size() - 1);
    compare(study, options);
    // The members between the plain closed form and the stack differ from both by little.
    for (auto& line : study.comparisons)
        line.by_moment = line.model == study.models[1] || line.model == study.models[5] ||
                         line.model == study.models.back();
    return study;
}

MarketStudy study_ladders(
    std::vector<LadderWindow> const& ladders,
    calibration::AskTable const& asks,
    MarketOptions const& options
) {
    // Binance's spot stands in for Chainlink's: outcomes disagree nearly only under 2 basis points.
    constexpr double basis_sd = 1e-4;
    constexpr int returns_min = 30;
    MarketStudy study{
        .title = "Ask ladders, BTC, 100 windows of July 2026 (spot-settled)",
        .models = {"closed form, volatility of the samples", "ask table of April"},
        .moments = {},
        .blends = {},
        .comparisons = {}
    };
    window::DecayingMean variance{60};
    int returns = 0;
    auto const shape = window::TailShape::student_t(5).value();
    for (auto const& ladder : ladders) {
        LadderSample const* before = nullptr;
        for (auto const& sample : ladder.samples) {
            if (before && before->seconds_left - sample.seconds_left > 1) {
                auto const move = std::log(sample.spot / before->spot);
                variance.add(move * move / (before->seconds_left - sample.seconds_left));
                ++returns;
            }
            before = &sample;
            if (returns < returns_min || sample.seconds_left < 15) continue;
            window::WindowState const state{
                .strike = ladder.open_price,
                .spot = sample.spot,
                .seconds_left = sample.seconds_left
            };
            window::Uncertainty const uncertainty{
                .sigma = std::sqrt(variance.mean()), .price_noise = basis_sd
            };
            QuotedMoment moment{
                .window_start = ladder.start,
                // Grouped by the planned lead time, which samples meet within two seconds.
                .seconds_left = static_cast<double>(label_of(sample.seconds_left)),
                .now = sample.quote,
                .later = sample.quote,
                .up_won = ladder.up_won,
                .up = {}
            };
            // Five shares' mean price is what a small taker pays.
            moment.now.ask = moment.later.ask = sample.up_ask_5;
            moment.now.bid = moment.later.bid = 1 - sample.down_ask_5;
            auto const of_table = [&] {
                auto const up = asks.win_probability(sample.quote.ask, sample.seconds_left);
                auto const down = asks.win_probability(sample.down_ask, sample.seconds_left);
                if (std::isnan(up) && std::isnan(down)) return nan;
                if (std::isnan(up)) return 1 - down;
                if (std::isnan(down)) return up;
                return up / (up + down); // both asks promise more than 1 together
            }();
            moment.up = {window::up_probability(state, uncertainty, shape), of_table};
            study.moments.push_back(std::move(moment));
        }
    }
    if (!study.moments.empty()) add_blend(study, 0);
    compare(study, options);
    return study;
}

std::vector<ClockCheck> check_ladder_clock(std::vector<LadderWindow> const& ladders) {
    std::map<int, ClockCheck, std::greater<>> checks;
    for (auto const& ladder : ladders)
        for (auto const& sample : ladder.samples) {
            auto const label = label_of(sample.seconds_left);
            auto& check = checks[label];
            check.label_seconds = label;
            ++check.windows;
            check.agreement += (sample.spot >= ladder.open_price) == ladder.up_won ? 1 : 0;
        }
    std::vector<ClockCheck> list;
    for (auto& [label, check] : checks) {
        check.agreement /= static_cast<double>(check.windows);
        list.push_back(check);
    }
    return list;
}

calibration::AskTable learn_asks(std::map<UtcTime, QuotedWindow> const& books) {
    calibration::AskTable table;
    for (auto const& [start, window] : books) {
        if (!window.up_won) continue;
        for (auto const left : lead_seconds) {
            auto const* quote = window.at(start + Seconds{300 - left}, Millis{10'000});
            if (!quote) continue;
            table.add(quote->ask, left, *window.up_won);
            table.add(1 - quote->bid, left, !*window.up_won);
        }
    }
    return table;
}

} // namespace polyquant::models::evaluation
