#include "connectors/sandbox/fault_plan.hpp"

#include <algorithm>

namespace polyquant::sandbox {

namespace {

bool fits_pattern(std::string_view pattern, std::string_view value) {
    if (pattern.empty()) return true;
    if (pattern.back() != '*') return pattern == value;
    pattern.remove_suffix(1);
    return value.starts_with(pattern);
}

} // namespace

FaultPlan::FaultPlan(std::vector<FaultLine> lines, UtcTime start, std::uint64_t seed)
    : start_{start} {
    lines_.reserve(lines.size());
    for (auto& line : lines) {
        // A stream of its own for each line: adding one does not change what the others do.
        std::uint64_t mixed =
            seed + static_cast<std::uint64_t>(line.number) * 0x9e3779b97f4a7c15ULL;
        lines_.push_back({std::move(line), Xoshiro256{splitmix64(mixed)}});
    }
}

bool FaultPlan::fits(FaultLine const& line, FaultKind kind, FaultSubject const& subject) {
    return line.kind == kind && (!line.service || *line.service == subject.service) &&
           fits_pattern(line.method, subject.method) && fits_pattern(line.path, subject.path) &&
           fits_pattern(line.topic, subject.topic);
}

// Which repetition `now` lies in; -1 before the first.
std::int64_t FaultPlan::period_of(FaultLine const& line, UtcTime now) const {
    auto const since = now - start_ - line.at;
    if (since < Nanos{0}) return -1;
    return line.every ? since / *line.every : 0;
}

bool FaultPlan::is_on(State const& state, UtcTime now) const {
    auto const& line = state.line;
    auto const period = period_of(line, now);
    if (period < 0) return false;
    auto const begun = start_ + line.at + (line.every ? *line.every * period : Nanos{0});
    if (line.lasts && now >= begun + *line.lasts) return false;
    return !line.count || state.period != period || state.strikes < *line.count;
}

FaultDetail FaultPlan::detail_of(FaultLine const& line, UtcTime now) const {
    auto detail = line.detail;
    if (line.lasts) {
        auto const period = period_of(line, now);
        auto const begun = start_ + line.at + (line.every ? *line.every * period : Nanos{0});
        detail.remaining = begun + *line.lasts - now;
    }
    return detail;
}

std::optional<FaultDetail>
FaultPlan::strike(FaultKind kind, FaultSubject const& subject, UtcTime now) {
    for (auto& state : lines_) {
        if (!fits(state.line, kind, subject) || !is_on(state, now)) continue;
        auto const chance = static_cast<std::uint64_t>(state.line.chance_millionths);
        if (chance < 1'000'000 && state.random.next() % 1'000'000 >= chance) continue;
        auto const period = period_of(state.line, now);
        if (state.period != period) {
            state.period = period;
            state.strikes = 0;
        }
        ++state.strikes;
        return detail_of(state.line, now);
    }
    return std::nullopt;
}

std::optional<FaultDetail>
FaultPlan::active(FaultKind kind, FaultSubject const& subject, UtcTime now) const {
    for (auto const& state : lines_)
        if (fits(state.line, kind, subject) && is_on(state, now)) {
            return detail_of(state.line, now);
        }
    return std::nullopt;
}

std::vector<FaultPlan::Change> FaultPlan::changes(UtcTime now) {
    std::vector<Change> changes;
    for (auto& state : lines_) {
        auto const on = is_on(state, now);
        auto const period = period_of(state.line, now);
        auto const began_again = period >= 0 && period != state.announced_period;
        auto const strikes = state.strikes;
        // A period so short that it came and went between two calls is announced all the same.
        if (state.was_on && (!on || began_again)) {
            changes.push_back({&state.line, false, strikes});
            state.was_on = false;
        }
        if (began_again) {
            state.announced_period = period;
            changes.push_back({&state.line, true, 0});
            state.was_on = on;
            if (!on) changes.push_back({&state.line, false, state.period == period ? strikes : 0});
        }
    }
    return changes;
}

} // namespace polyquant::sandbox
