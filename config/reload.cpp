#include "config/reload.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::config {

namespace {

void append(
    std::vector<ParamChange>& all, std::string_view path, std::vector<ParamChange> const& some
) {
    for (auto change : some) {
        change.key = fmt::format("{}.{}", path, change.key);
        all.push_back(std::move(change));
    }
}

std::string path_of(StrategyConfig const& strategy) {
    return "strategy." + strategy.header.name;
}

ParamChange came_or_went(StrategyConfig const& strategy, bool came) {
    auto const kind = print_value(strategy.header.kind);
    return {path_of(strategy), came ? "" : kind, came ? kind : "", Change::restart, false};
}

void diff_strategy(
    std::vector<ParamChange>& all, StrategyConfig const& before, StrategyConfig const& after
) {
    auto header = diff_params(before.header, after.header);
    append(all, path_of(after), header);
    if (before.header.kind == after.header.kind)
        append(all, path_of(after), before.params->diff(*after.params));
}

class Judge {
public:
    Judge(RunConfig const& running, RunConfig const& next, ReloadVerdict& verdict)
        : running_{running}, next_{next}, verdict_{verdict} {}

    void judge(ParamChange const& change) {
        auto const shown = fmt::format("{} -> {}", change.before, change.after);
        auto const field = change.key.substr(change.key.rfind('.') + 1);
        if (change.key.starts_with("strategy.")) {
            if (change.before.empty() || change.after.empty()) return judge_strategy(change);
            if (field == "kind")
                return refuse(
                    change,
                    shown + ": a strategy keeps its kind; add one with another name and restart"
                );
            if (field == "bankroll")
                return refuse(
                    change,
                    shown + ": the bankroll is money in the ledger by now and is moved there, by a "
                            "deposit or a transfer; put the old value back"
                );
        }
        if (change.change == Change::restart)
            refuse(change, shown + ": fixed while the engine runs; stop it and start it again");
        else if (change.loosens && !next_.risk.allow_loosening)
            refuse(
                change,
                shown + ": loosens a risk limit; set allow_loosening = true in [risk] to mean it"
            );
    }

private:
    void judge_strategy(ParamChange const& change) {
        refuse(
            change,
            change.before.empty()
                ? "a new strategy needs a restart, which books its bankroll"
                : "is missing: a strategy may hold positions; set enabled = false to stop it"
        );
    }

    void refuse(ParamChange const& change, std::string text) {
        auto at = next_.origin_of(change.key);
        if (at.is_default())
            if (auto const* const strategy =
                    next_.find(change.key.substr(std::min(change.key.size(), std::size_t{9}))))
                at = strategy->at;
        if (at.is_default()) at = running_.origin_of(change.key);
        verdict_.refusals.push_back({at, change.key, std::move(text), {}, {}});
    }

    RunConfig const& running_;
    RunConfig const& next_;
    ReloadVerdict& verdict_;
};

std::string span_of(std::vector<BreakEvenRow> const& rows, double BreakEvenRow::* column) {
    return fmt::format("{:.4f} to {:.4f}", rows.front().*column, rows.back().*column);
}

std::string break_even_note(
    StrategyConfig const& before, StrategyConfig const& after, StrategyRecord const* record
) {
    auto const old_rows = before.params->break_even();
    auto const new_rows = after.params->break_even();
    if (old_rows.empty() || new_rows.empty()) return {};
    auto note = fmt::format(
        "{}: break-even win rate over its asks {} to {}: {} (before: {} to {}: {}); buys from a "
        "probability of {} (before: {})",
        after.header.name,
        to_string(new_rows.front().ask),
        to_string(new_rows.back().ask),
        span_of(new_rows, &BreakEvenRow::break_even),
        to_string(old_rows.front().ask),
        to_string(old_rows.back().ask),
        span_of(old_rows, &BreakEvenRow::break_even),
        span_of(new_rows, &BreakEvenRow::required),
        span_of(old_rows, &BreakEvenRow::required)
    );
    if (record != nullptr && record->wins + record->losses > 0) {
        auto const settled = record->wins + record->losses;
        note += fmt::format(
            "; won {} of {} so far ({:.4f})",
            record->wins,
            settled,
            static_cast<double>(record->wins) / settled
        );
    }
    return note;
}

void note_strategies(
    RunConfig const& running,
    RunConfig const& next,
    ReloadHistory const& history,
    ReloadVerdict& verdict
) {
    for (auto const& after : next.strategies) {
        auto const* const before = running.find(after.header.name);
        if (before == nullptr || before->header.kind != after.header.kind) continue;
        auto const found = history.find(after.header.name);
        auto const* const record = found == history.end() ? nullptr : &found->second;
        if (before->epoch() != after.epoch()) {
            verdict.new_epochs.push_back(after.header.name);
            if (auto note = break_even_note(*before, after, record); !note.empty())
                verdict.notes.push_back(std::move(note));
        }
        if (record == nullptr) continue;
        if (before->header.enabled && !after.header.enabled && record->open_positions)
            verdict.notes.push_back(
                after.header.name + ": is switched off; its open positions settle as usual"
            );
        if (record->bankroll < next.risk.kill_switch)
            verdict.notes.push_back(fmt::format(
                "{}: its bankroll of {} is below the kill switch of {}: it stops at once",
                after.header.name,
                to_string(record->bankroll),
                to_string(next.risk.kill_switch)
            ));
    }
}

template <class P>
P const& section(RunConfig const& config) {
    P const* found = nullptr;
    for_each_section(config, [&]<class Q>(std::string_view, Q const& params) {
        if constexpr (std::is_same_v<P, Q>) found = &params;
    });
    return *found;
}

} // namespace

std::vector<ParamChange> diff_configs(RunConfig const& before, RunConfig const& after) {
    std::vector<ParamChange> all;
    for_each_section(before, [&]<class P>(std::string_view name, P const& old) {
        append(all, name, diff_params(old, section<P>(after)));
    });
    for (auto const& strategy : after.strategies) {
        if (auto const* const old = before.find(strategy.header.name))
            diff_strategy(all, *old, strategy);
        else
            all.push_back(came_or_went(strategy, true));
    }
    for (auto const& strategy : before.strategies)
        if (after.find(strategy.header.name) == nullptr)
            all.push_back(came_or_went(strategy, false));
    return all;
}

ReloadVerdict
check_reload(RunConfig const& running, RunConfig const& next, ReloadHistory const& history) {
    ReloadVerdict verdict;
    verdict.changes = diff_configs(running, next);
    Judge judge{running, next, verdict};
    for (auto const& change : verdict.changes)
        judge.judge(change);
    for (auto& problem : unsound_strategies(next))
        verdict.refusals.push_back(std::move(problem));
    note_strategies(running, next, history, verdict);
    return verdict;
}

std::string to_string(ReloadVerdict const& verdict) {
    std::string text;
    if (verdict.changes.empty()) text += "reload: nothing changed\n";
    for (auto const& change : verdict.changes)
        text += fmt::format(
            "  {}: {} -> {}{}\n",
            change.key,
            change.before.empty() ? "(none)" : change.before,
            change.after.empty() ? "(none)" : change.after,
            change.loosens ? "  (loosens a risk limit)" : ""
        );
    for (auto const& note : verdict.notes)
        text += "  " + note + "\n";
    if (!verdict.accepted())
        text += "reload refused, the old configuration stays:\n" + to_string(verdict.refusals);
    return text;
}

} // namespace polyquant::config
