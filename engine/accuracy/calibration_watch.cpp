#include "engine/accuracy/calibration_watch.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace polyquant::accuracy {

namespace {

// A promise of certainty cannot be weighed; one bet may not decide alone.
constexpr double surest = 0.999;

models::validation::MonitorLimits limits_of(config::RiskParams const& params) {
    return {params.calibration_reduce_alpha, params.calibration_stop_alpha};
}

models::validation::MonitorLimits of_one_coin(models::validation::MonitorLimits limits) {
    limits.reduce_alpha /= static_cast<double>(asset_count);
    limits.stop_alpha /= static_cast<double>(asset_count);
    return limits;
}

bool is_promise(double p) {
    return std::isfinite(p) && p >= 0 && p <= 1;
}

} // namespace

CalibrationWatch::CalibrationWatch(config::RiskParams const& params) : limits_{limits_of(params)} {}

void CalibrationWatch::on(Fact const& fact) {
    if (auto const* epoch = std::get_if<EpochOpened>(&fact.body))
        on_epoch(*epoch);
    else if (auto const* bet = std::get_if<BetJudged>(&fact.body))
        on_bet(*bet);
    else if (auto const* change = std::get_if<CalibrationChanged>(&fact.body))
        on_change(*change);
}

CalibrationWatch::Strategy CalibrationWatch::fresh(std::uint64_t epoch) const {
    Strategy strategy;
    strategy.epoch = epoch;
    strategy.all.monitor = Monitor{limits_};
    for (auto& test : strategy.by_asset)
        test.monitor = Monitor{of_one_coin(limits_)};
    return strategy;
}

void CalibrationWatch::on_epoch(EpochOpened const& epoch) {
    auto const at = strategies_.find(epoch.strategy);
    if (at != strategies_.end() && at->second.epoch == epoch.epoch) return;
    strategies_.insert_or_assign(epoch.strategy, fresh(epoch.epoch));
}

void CalibrationWatch::on_bet(BetJudged const& bet) {
    auto const at = strategies_.find(bet.strategy);
    // Decided under other parameters: no evidence about these.
    if (at == strategies_.end() || at->second.epoch != bet.epoch || !is_promise(bet.promised))
        return;
    auto& strategy = at->second;
    if (!bet.corrects) {
        strategy.bets.push_back(bet);
        feed(strategy, bet);
        return;
    }
    auto const judged = std::ranges::find(strategy.bets, bet.order, &BetJudged::order);
    if (judged == strategy.bets.end()) return;
    judged->won = bet.won;
    judge_again(strategy);
}

void CalibrationWatch::feed(Strategy& strategy, BetJudged const& bet) {
    auto const promised = std::clamp(bet.promised, 1 - surest, surest);
    if (bet.first_of_window) strategy.all.monitor.on_bet(promised, bet.won);
    if (bet.first_of_asset && bet.asset)
        strategy.by_asset[index_of(*bet.asset)].monitor.on_bet(promised, bet.won);
}

void CalibrationWatch::judge_again(Strategy& strategy) const {
    auto again = fresh(strategy.epoch);
    again.all.recorded = strategy.all.recorded;
    for (std::size_t i = 0; i < asset_count; ++i)
        again.by_asset[i].recorded = strategy.by_asset[i].recorded;
    again.bets = std::move(strategy.bets);
    for (auto const& bet : again.bets)
        feed(again, bet);
    strategy = std::move(again);
}

void CalibrationWatch::on_change(CalibrationChanged const& change) {
    auto const at = strategies_.find(change.strategy);
    if (at == strategies_.end() || at->second.epoch != change.epoch) return;
    auto& test = change.asset ? at->second.by_asset[index_of(*change.asset)] : at->second.all;
    test.recorded = change.to;
}

void CalibrationWatch::reload(config::RiskParams const& params) {
    auto const next = limits_of(params);
    if (next.reduce_alpha == limits_.reduce_alpha && next.stop_alpha == limits_.stop_alpha) return;
    limits_ = next;
    for (auto& [name, strategy] : strategies_)
        judge_again(strategy);
}

std::vector<CalibrationChanged> CalibrationWatch::due() const {
    std::vector<CalibrationChanged> changes;
    for (auto const& [name, strategy] : strategies_) {
        auto const look = [&, who = name](Test const& test, std::optional<Asset> asset) {
            if (test.monitor.state() == test.recorded) return;
            auto const now = view(who, asset);
            changes.push_back(
                {who,
                 strategies_.at(who).epoch,
                 asset,
                 test.recorded,
                 now.state,
                 now.evidence,
                 now.bets,
                 now.promised,
                 now.won}
            );
        };
        look(strategy.all, std::nullopt);
        for (auto const asset : all_assets)
            look(strategy.by_asset[index_of(asset)], asset);
    }
    return changes;
}

CalibrationWatch::View
CalibrationWatch::view(StrategyName const& strategy, std::optional<Asset> asset) const {
    auto const at = strategies_.find(strategy);
    if (at == strategies_.end()) return {};
    auto const& monitor =
        asset ? at->second.by_asset[index_of(*asset)].monitor : at->second.all.monitor;
    if (monitor.bets() == 0) return {monitor.state(), monitor.evidence(), 0, 0, 0};
    return {
        monitor.state(),
        monitor.evidence(),
        monitor.bets(),
        monitor.promised_mean(),
        monitor.won_share()
    };
}

} // namespace polyquant::accuracy
