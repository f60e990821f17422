#include "engine/app/decision_journal.hpp"

#include <fmt/format.h>

#include <iterator>

namespace polyquant::app {

namespace {

Result<void> done(Result<std::uint64_t> const& appended) {
    return appended ? Result<void>{boost::system::in_place_value} : Result<void>{appended.error()};
}

std::string who(std::string const& strategy, Asset asset) {
    return fmt::format("{} {}", strategy, to_string(asset));
}

} // namespace

std::string DecisionJournal::text_of(Seen const& seen) {
    auto text = fmt::format(
        "{} epoch {:016x} window {}", to_string(seen.answer), seen.epoch, unix_seconds(seen.window)
    );
    auto to = std::back_inserter(text);
    for (auto outcome : {Outcome::up, Outcome::down}) {
        auto const& side = seen.audit[static_cast<std::size_t>(outcome)];
        if (!side.evaluated) continue;
        fmt::format_to(
            to,
            " {}[{} ask {} p {} edge {}]",
            to_string(outcome),
            to_string(side.reason),
            side.ask ? to_string(*side.ask) : "-",
            side.win_probability,
            side.edge
        );
    }
    if (seen.strike) fmt::format_to(to, " strike {}", to_string(*seen.strike));
    if (seen.spot) fmt::format_to(to, " spot {}", to_string(*seen.spot));
    return text;
}

Result<void> DecisionJournal::note(
    strategies::Strategy const& strategy,
    MarketView const& view,
    strategies::Decision const& decision,
    Reason answer
) {
    ENSURE(view.asset.has_value(), "scalp strategies look at one asset");
    auto& last = last_[{strategy.name().text, *view.asset}];
    auto seen = Seen{answer, strategy.epoch(), view.window.start, decision.audit, {}, {}};
    if (view.strike) seen.strike = view.strike->price;
    if (view.spot) seen.spot = view.spot->price;
    if (last.seen == seen) {
        ++last.repeats;
        return boost::system::in_place_value;
    }
    auto const name = who(strategy.name().text, *view.asset);
    if (auto const counted = write_repeats(view.now, name, last); !counted) return counted;
    last.seen = std::move(seen);
    return done(journal_.append(view.now, "decision", name + " " + text_of(*last.seen)));
}

Result<void> DecisionJournal::finish(UtcTime now) {
    for (auto& [key, last] : last_) {
        auto const counted = write_repeats(now, who(key.first, key.second), last);
        if (!counted) return counted;
    }
    return boost::system::in_place_value;
}

Result<void> DecisionJournal::write_repeats(UtcTime at, std::string const& name, Last& last) {
    if (last.repeats == 0) return boost::system::in_place_value;
    auto const times = std::exchange(last.repeats, 0);
    return done(journal_.append(at, "again", fmt::format("{} {} times", name, times)));
}

} // namespace polyquant::app
