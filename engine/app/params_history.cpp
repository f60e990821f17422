#include "engine/app/params_history.hpp"

#include "engine/ledger/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace polyquant::app {

namespace {

constexpr double seconds_a_day = 86'400;

struct Record {
    std::size_t buys = 0;
    std::size_t settled = 0;
    std::size_t won = 0;
    double cost = 0;   // of the settled buys, fees included
    double shares = 0; // of them
    UtcTime first = UtcTime::max();
    UtcTime last = UtcTime::min();
};

Record record_of(std::span<ledger::TradeRow const> trades) {
    Record record;
    for (auto const& trade : trades) {
        if (trade.side != Side::buy || trade.shares.is_zero()) continue;
        ++record.buys;
        record.first = std::min(record.first, trade.decided_at);
        record.last = std::max(record.last, trade.decided_at);
        if (!trade.won) continue;
        ++record.settled;
        record.won += *trade.won ? 1U : 0U;
        record.cost += to_double(trade.bet_size) + to_double(trade.fee);
        record.shares += to_double(trade.shares);
    }
    return record;
}

std::string line_of(std::string const& name, Record const& record) {
    if (record.buys == 0) return fmt::format("  {}: no trades in this run\n", name);
    auto const span = std::chrono::duration<double>(record.last - record.first).count();
    auto const days = std::max(span / seconds_a_day, 1.0);
    auto text = fmt::format(
        "  {}: {} buys in {:.1f} days, {:.2f} a day",
        name,
        record.buys,
        days,
        static_cast<double>(record.buys) / days
    );
    if (record.settled > 0)
        text += fmt::format(
            "; won {} of {} settled ({:.4f}), at its prices it breaks even at {:.4f}",
            record.won,
            record.settled,
            static_cast<double>(record.won) / static_cast<double>(record.settled),
            record.cost / record.shares
        );
    return text + "\n";
}

} // namespace

Result<std::string>
history_text(config::RunConfig const& config, std::filesystem::path const& run) {
    auto const file = std::filesystem::is_directory(run) ? run / "ledger.sqlite" : run;
    if (!std::filesystem::exists(file))
        return Failure{Fault::invalid, "params", file.string() + " does not exist"};
    ledger::LedgerOptions options;
    options.read_only = true;
    auto const ledger = ledger::Ledger::open(file, options);
    if (!ledger) return ledger.error();
    auto text = fmt::format("history of {}\n", file.string());
    for (auto const& strategy : config.strategies) {
        auto const trades = ledger->trades(StrategyName{strategy.header.name});
        if (!trades) return trades.error();
        text += line_of(strategy.header.name, record_of(*trades));
    }
    return text;
}

} // namespace polyquant::app
