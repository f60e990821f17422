#include "engine/app/transfer_command.hpp"

#include "engine/app/exit_code.hpp"
#include "engine/app/recovery.hpp"
#include "engine/execution/portfolio.hpp"
#include "engine/ledger/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;

Failure invalid(std::string detail) {
    return {Fault::invalid, "transfer", std::move(detail)};
}

Result<void> book_last_journal(fs::path const& folder, ledger::Ledger& ledger) {
    std::vector<fs::path> journals;
    std::error_code error;
    for (auto const& entry : fs::directory_iterator{folder, error})
        if (entry.path().extension() == ".log") journals.push_back(entry.path());
    if (error) return Failure{Fault::storage, "transfer", folder.string() + ": " + error.message()};
    if (journals.empty()) return {};
    auto const booked = book_missing_facts(*std::ranges::max_element(journals), ledger);
    if (!booked) return booked.error();
    return {};
}

std::string names_of(execution::Portfolio const& portfolio) {
    std::string names;
    for (auto const& [name, account] : portfolio.strategies())
        names += (names.empty() ? "" : ", ") + name.text;
    return names.empty() ? "none" : names;
}

Result<void>
check_money(execution::Portfolio const& portfolio, TransferOptions const& options, Usdc amount) {
    auto const* from = portfolio.find(StrategyName{options.from});
    auto const* to = portfolio.find(StrategyName{options.to});
    for (auto const& [account, name] : {std::pair{from, options.from}, std::pair{to, options.to}})
        if (account == nullptr)
            return invalid(fmt::format(
                "this ledger knows no strategy \"{}\"; it knows: {}", name, names_of(portfolio)
            ));
    if (options.from == options.to) return invalid("from and to are the same strategy");
    if (amount <= Usdc{}) return invalid("the amount must be above zero");
    if (amount > from->cash)
        return invalid(fmt::format(
            "{} has {} USDC free (and {} in orders, {} in shares); {} cannot be moved",
            options.from,
            to_string(from->cash),
            to_string(from->reserved),
            to_string(from->position_cost()),
            to_string(amount)
        ));
    return {};
}

Result<std::string> transfer(TransferOptions const& options, UtcTime now) {
    auto const amount = parse_usdc(options.amount);
    if (!amount) return invalid("\"" + options.amount + "\" is no amount of USDC");
    if (!fs::exists(options.run / "ledger.sqlite"))
        return invalid((options.run / "ledger.sqlite").string() + " does not exist");
    if (!fs::is_directory(options.run / "journal"))
        return invalid(
            options.run.string() + " is a replay: it would make its facts anew without the transfer"
        );
    ledger::LedgerOptions ledger_options;
    ledger_options.durability = ledger::Durability::full;
    auto ledger = ledger::Ledger::open(options.run / "ledger.sqlite", ledger_options);
    if (!ledger) return ledger.error();
    if (auto const booked = book_last_journal(options.run / "journal", *ledger); !booked)
        return booked.error();
    execution::Portfolio portfolio;
    auto const read = ledger->for_each_fact(1, [&](Fact const& fact) -> Result<void> {
        portfolio.apply(fact);
        return {};
    });
    if (!read) return read.error();
    if (auto const allowed = check_money(portfolio, options, *amount); !allowed)
        return allowed.error();

    auto const seq = ledger->applied_seq();
    auto const note = options.note.empty() ? std::string{} : ": " + options.note;
    std::array const facts{
        Fact{
            seq + 1,
            now,
            CapitalMoved{StrategyName{options.from}, -*amount, "transfer to " + options.to + note}
        },
        Fact{
            seq + 2,
            now,
            CapitalMoved{StrategyName{options.to}, *amount, "transfer from " + options.from + note}
        }
    };
    // One batch is one transaction: both sides or neither.
    if (auto const written = ledger->apply_batch(facts); !written) return written.error();
    for (auto const& fact : facts)
        portfolio.apply(fact);
    std::string text;
    Usdc total;
    for (auto const& [name, account] : portfolio.strategies()) {
        text += fmt::format("{:<16} {:>12}\n", name.text, to_cents_text(account.bankroll()));
        total += account.bankroll();
    }
    return text + fmt::format("{:<16} {:>12}\n", "total", to_cents_text(total));
}

} // namespace

int run_transfer(TransferOptions const& options, UtcTime now, std::FILE* out, std::FILE* err) {
    auto const done = transfer(options, now);
    if (!done) {
        fmt::print(err, "{}\n", describe(done.error()));
        return code(done.error().fault == Fault::storage ? ExitCode::storage : ExitCode::usage);
    }
    fmt::print(out, "{}", *done);
    return code(ExitCode::ok);
}

} // namespace polyquant::app
