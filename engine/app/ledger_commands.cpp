#include "engine/app/ledger_commands.hpp"

#include "engine/app/exit_code.hpp"
#include "engine/app/open_ledger.hpp"

#include <fmt/format.h>

namespace polyquant::app {

namespace {

int refuse(std::FILE* err, Failure const& failure) {
    fmt::print(err, "{}\n", describe(failure));
    return code(failure.fault == Fault::storage ? ExitCode::storage : ExitCode::usage);
}

} // namespace

int run_status(std::filesystem::path const& where, std::FILE* out, std::FILE* err) {
    auto const book = open_ledger(where);
    if (!book) return refuse(err, book.error());
    auto const bankrolls = book->bankrolls();
    if (!bankrolls) return refuse(err, bankrolls.error());
    fmt::print(
        out,
        "{:<12} {:>10} {:>10} {:>10} {:>10} {:>9} {:>8} {:>6} {:>6} {:>6}\n",
        "strategy",
        "equity",
        "cash",
        "reserved",
        "positions",
        "realised",
        "fees",
        "wins",
        "losses",
        "open"
    );
    for (auto const& b : *bankrolls)
        fmt::print(
            out,
            "{:<12} {:>10} {:>10} {:>10} {:>10} {:>9} {:>8} {:>6} {:>6} {:>6}\n",
            b.strategy.text,
            to_cents_text(b.equity()),
            to_cents_text(b.cash),
            to_cents_text(b.reserved),
            to_cents_text(b.positions),
            to_cents_text(b.realised),
            to_cents_text(b.fees),
            b.wins,
            b.losses,
            b.open_positions
        );
    auto const rates = book->fill_rates();
    if (!rates) return refuse(err, rates.error());
    if (!rates->empty())
        fmt::print(
            out,
            "\n{:<12} {:<5} {:<5} {:>6} {:>6} {:>9} {:>10}  not filled, by reason\n",
            "orders",
            "coin",
            "kind",
            "sent",
            "filled",
            "latency",
            "slippage"
        );
    for (auto const& r : *rates) {
        std::string reasons;
        for (auto const& [reason, times] : r.not_filled)
            reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", reason, times);
        fmt::print(
            out,
            "{:<12} {:<5} {:<5} {:>6} {:>6} {:>9} {:>10}  {}\n",
            r.strategy.text,
            r.asset.empty() ? "-" : r.asset,
            r.tif,
            r.sent,
            r.filled,
            r.latency_mean ? fmt::format("{} ms", r.latency_mean->count()) : "-",
            to_string(r.slippage),
            reasons
        );
    }
    auto const states = book->trading_states();
    if (!states) return refuse(err, states.error());
    for (auto const& state : *states)
        if (state.halted)
            fmt::print(
                out,
                "HALTED {} {} {}\n",
                state.strategy.text.empty() ? "engine" : state.strategy.text,
                state.reason,
                state.text
            );
    return code(ExitCode::ok);
}

int run_trades(
    std::filesystem::path const& where,
    std::optional<std::string> const& strategy,
    std::FILE* out,
    std::FILE* err
) {
    auto const book = open_ledger(where);
    if (!book) return refuse(err, book.error());
    auto const only = strategy ? std::optional{StrategyName{*strategy}} : std::nullopt;
    auto const trades = book->trades(only);
    if (!trades) return refuse(err, trades.error());
    fmt::print(out, "{}\n", ledger::trade_csv_header());
    for (auto const& row : *trades)
        fmt::print(out, "{}\n", ledger::trade_csv_line(row));
    return code(ExitCode::ok);
}

int run_export(
    std::filesystem::path const& where,
    std::filesystem::path const& csv,
    std::FILE* out,
    std::FILE* err
) {
    auto const book = open_ledger(where);
    if (!book) return refuse(err, book.error());
    auto const rows = book->export_trades(csv);
    if (!rows) return refuse(err, rows.error());
    fmt::print(out, "{} trades written to {}\n", *rows, csv.string());
    return code(ExitCode::ok);
}

int run_check(std::filesystem::path const& where, std::FILE* out, std::FILE* err) {
    auto const book = open_ledger(where);
    if (!book) return refuse(err, book.error());
    auto const problems = book->check();
    if (!problems) return refuse(err, problems.error());
    auto const digest = book->content_digest();
    if (!digest) return refuse(err, digest.error());
    for (auto const& problem : *problems)
        fmt::print(out, "{}\n", problem);
    fmt::print(
        out, "{} problems; {} facts; digest {}\n", problems->size(), book->applied_seq(), *digest
    );
    return code(problems->empty() ? ExitCode::ok : ExitCode::failed);
}

} // namespace polyquant::app
