#include "engine/accuracy/track_record.hpp"

#include <algorithm>

namespace polyquant::accuracy {

namespace {

constexpr std::chrono::days one_day{1};

UtcTime midnight_before(UtcTime t) {
    return UtcTime{std::chrono::floor<std::chrono::days>(t)};
}

} // namespace

TrackRecord::TrackRecord(
    std::vector<Asset> assets,
    config::RiskParams const& risk,
    config::LearningParams const& learning,
    models::calibration::AskTable seed
)
    : assets_{std::move(assets)}, params_{learning}, watch_{risk},
      quotes_{learning.verdict_days, std::move(seed)} {}

void TrackRecord::on(Fact const& fact) {
    bets_.on(fact);
    watch_.on(fact);
    quotes_.on(fact);
    if (auto const* verdict = std::get_if<DailyVerdict>(&fact.body))
        verdicts_[index_of(verdict->asset)] = *verdict;
    auto const* bet = std::get_if<BetJudged>(&fact.body);
    if (bet == nullptr) return;
    auto const judged = std::ranges::find(judged_, bet->order, &BetJudged::order);
    if (judged != judged_.end())
        *judged = *bet;
    else
        judged_.push_back(*bet);
    auto const oldest = bet->window.end() - std::chrono::days{params_.verdict_days + 1};
    while (judged_.front().window.end() < oldest)
        judged_.pop_front();
}

std::vector<FactBody> TrackRecord::due(UtcTime now) {
    std::vector<FactBody> facts;
    for (auto& bet : bets_.due())
        facts.emplace_back(std::move(bet));
    if (!facts.empty()) return facts; // the rest depends on them
    for (auto& change : watch_.due())
        facts.emplace_back(std::move(change));
    auto const day_end = midnight_before(now - verdict_delay);
    if (quotes_.windows().empty() || day_end <= asked_) return facts;
    asked_ = day_end;
    for (auto const asset : assets_) {
        auto const& newest = verdicts_[index_of(asset)];
        if (newest && newest->to >= day_end) continue;
        // A coin that had no window in the day that ended needs no word about it.
        auto const had_window = std::ranges::any_of(quotes_.windows(), [&](JudgedWindow const& w) {
            auto const end = w.forecast.window.end();
            return w.forecast.asset == asset && end > day_end - one_day && end <= day_end;
        });
        if (had_window) facts.emplace_back(as_fact(verdict(asset, day_end)));
    }
    return facts;
}

void TrackRecord::reload(config::RiskParams const& risk, config::LearningParams const& learning) {
    params_ = learning;
    watch_.reload(risk);
    quotes_.set_days(learning.verdict_days);
}

Verdict TrackRecord::verdict(Asset asset, UtcTime to) const {
    std::vector<BetJudged> const bets{judged_.begin(), judged_.end()};
    auto const from = to - std::chrono::days{params_.verdict_days};
    return verdict_of(asset, from, to, quotes_.windows(), bets, params_);
}

} // namespace polyquant::accuracy
