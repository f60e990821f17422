#include "engine/app/reconcile_command.hpp"

#include "config/run_config.hpp"
#include "connectors/polymarket/clob/clob_desk.hpp"
#include "connectors/polymarket/data/data_client.hpp"
#include "engine/accounting/account_audit.hpp"
#include "engine/app/keys_store.hpp"
#include "engine/app/network_job.hpp"
#include "engine/app/open_ledger.hpp"
#include "engine/app/sandbox_evidence.hpp"
#include "strategies/catalog.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <fstream>
#include <set>
#include <sstream>
#include <unistd.h>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;
using accounting::Evidence;

constexpr Seconds call_max{30}; // of real time

// Removed with everything in it.
class ScratchFolder {
public:
    static Result<ScratchFolder> create() {
        auto name = (fs::temp_directory_path() / "polyquant-reconcile-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            return Failure{Fault::storage, name, "cannot be made"};
        return ScratchFolder{std::move(name)};
    }

    ScratchFolder(ScratchFolder&& other) noexcept : path_{std::exchange(other.path_, {})} {}

    ScratchFolder& operator=(ScratchFolder&&) = delete;

    ~ScratchFolder() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }

    fs::path const& path() const { return path_; }

private:
    explicit ScratchFolder(fs::path path) : path_{std::move(path)} {}

    fs::path path_;
};

// What the archive makes of itself: the books as they should be.
Result<ledger::Ledger> book_again(ledger::Ledger const& book, fs::path const& file) {
    auto fresh = ledger::Ledger::open(file);
    if (!fresh) return fresh.error();
    std::vector<Fact> batch;
    constexpr std::size_t batch_size = 1'000;
    auto const flush = [&]() -> Result<void> {
        auto booked = fresh->apply_batch(batch);
        batch.clear();
        return booked;
    };
    auto const read = book.for_each_fact(1, [&](Fact const& fact) -> Result<void> {
        batch.push_back(fact);
        if (batch.size() < batch_size) return {};
        return flush();
    });
    if (!read) return read.error();
    if (auto const booked = flush(); !booked) return booked.error();
    return fresh;
}

std::optional<Usdc> read_unassigned(fs::path const& where) {
    std::ifstream in{(fs::is_directory(where) ? where : where.parent_path()) / "unassigned"};
    std::int64_t micros = 0;
    if (!(in >> micros)) return std::nullopt;
    return Usdc::from_micros(micros);
}

Result<accounting::LedgerView> read_books(fs::path const& where) {
    auto book = open_ledger(where);
    if (!book) return book.error();
    auto view = accounting::read_ledger(*book);
    if (!view) return view.error();
    auto scratch = ScratchFolder::create();
    if (!scratch) return scratch.error();
    auto const again = book_again(*book, scratch->path() / "ledger.sqlite");
    if (again) {
        auto differences = book->differences(*again);
        if (!differences) return differences.error();
        view->differences = std::move(*differences);
    } else {
        view->differences.push_back(
            "the archive cannot be booked again: " + describe(again.error())
        );
    }
    auto const opened = std::ranges::any_of(view->moves, [](ledger::WalletMoveRow const& row) {
        return row.move.cause == WalletCause::opening;
    });
    if (!opened) view->unassigned = read_unassigned(where);
    return view;
}

Evidence missing(std::string source, Failure failure) {
    Evidence evidence;
    evidence.source = std::move(source);
    evidence.missing = std::move(failure);
    return evidence;
}

// Asks a running venue about one account.
class VenueQuestions {
public:
    VenueQuestions(
        net::NetContext context,
        config::RunConfig const& config,
        polymarket::ClobAccount account,
        accounting::LedgerView const& books
    )
        : context_{std::move(context)}, config_{config},
          wallet_{account.funder.value_or(account.signer->address())}, account_{std::move(account)},
          books_{books} {
        for (auto const& fill : books.fills) {
            auto& market = markets_[fill.market];
            market.condition = fill.market;
            market.slug = fill.slug;
            market.fee = crypto_fee();
            tokens_.insert(fill.token);
        }
    }

    Task<ExitCode> ask(std::vector<Evidence>& into) {
        into.push_back(co_await ask_clob());
        into.push_back(co_await ask_data());
        auto sandbox = co_await ask_sandbox(
            context_, net::parse_url(config_.endpoints.clob).value(), wallet_, deadline()
        );
        into.push_back(sandbox ? std::move(*sandbox) : missing("sandbox", sandbox.error()));
        co_return ExitCode::ok;
    }

private:
    Instant deadline() const {
        return context_.clock.now() +
               Nanos{static_cast<std::int64_t>(
                   static_cast<double>(Nanos{call_max}.count()) * config_.endpoints.clock_factor
               )};
    }

    UtcTime first_fill() const {
        return books_.fills.empty() ? context_.clock.utc_now()
                                    : books_.fills.front().matched_at - Seconds{60};
    }

    // Fees are not asked of the CLOB, which does not tell them: the schedule used here matters not.
    Task<Evidence> ask_clob() {
        polymarket::ClobDesk::Options options;
        options.session.base = net::parse_url(config_.endpoints.clob).value();
        options.stream = net::parse_url(config_.endpoints.clob_stream).value();
        polymarket::ClobDesk::Hooks hooks;
        hooks.publish = [](Event const&) {
        };
        hooks.market_of = [this](ConditionId const& id) -> Market const* {
            auto& market = markets_[id];
            market.condition = id;
            if (market.fee == FeeSchedule{}) market.fee = crypto_fee();
            return &market;
        };
        hooks.doubt = [](std::string const&) {
        };
        hooks.reconciled = []() -> std::optional<VenueRefusal> {
            return std::nullopt;
        };
        auto desk = polymarket::ClobDesk::create(
            context_, std::move(account_), std::move(options), std::move(hooks)
        );
        if (!desk) co_return missing("clob", desk.error());
        auto const opened = co_await (*desk)->open(deadline());
        if (!opened) co_return missing("clob", opened.error());
        AccountQuery query;
        query.trades_after = first_fill();
        for (auto const& position : books_.positions)
            query.tokens.push_back(position.token);
        for (auto const& claim : books_.claims)
            if (!claim.open().is_zero()) query.tokens.push_back(claim.token);
        for (auto row = books_.settlements.rbegin(); row != books_.settlements.rend(); ++row) {
            if (query.tokens.size() >= recent_tokens) break;
            query.tokens.push_back(row->token);
        }
        auto view = co_await (*desk)->account().view(query, deadline());
        if (!view) co_return missing("clob", view.error());
        Evidence evidence;
        evidence.source = "clob";
        evidence.collateral = view->collateral;
        evidence.on_chain = true;
        evidence.tokens = view->tokens;
        std::erase_if(*evidence.tokens, [](auto const& entry) { return entry.second.is_zero(); });
        evidence.open_orders.emplace();
        for (auto const& order : view->open_orders)
            evidence.open_orders->push_back(order.report.order);
        evidence.fills.emplace();
        for (auto const& trade : view->trades) {
            auto const& r = trade.report;
            evidence.fills->push_back(
                {r.order,
                 r.trade,
                 r.token,
                 r.side,
                 r.size,
                 {},
                 {},
                 r.state == TradeState::failed,
                 r.state == TradeState::mined || r.state == TradeState::confirmed}
            );
        }
        co_return evidence;
    }

    Task<Evidence> ask_data() {
        polymarket::DataClient client{
            context_,
            {net::parse_url(config_.endpoints.data_api).value(),
             net::parse_url(config_.endpoints.website).value()}
        };
        auto const positions = co_await client.positions(wallet_, "", deadline());
        if (!positions) co_return missing("data_api", positions.error());
        auto const trades = co_await client.trades(wallet_, first_fill(), deadline());
        if (!trades) co_return missing("data_api", trades.error());
        auto const activity = co_await client.activity(wallet_, first_fill(), deadline());
        if (!activity) co_return missing("data_api", activity.error());
        Evidence evidence;
        evidence.source = "data_api";
        evidence.tokens.emplace();
        for (auto const& position : *positions)
            if (!position.size.is_zero()) (*evidence.tokens)[position.token] = position.size;
        evidence.traded.emplace();
        for (auto const& row : *trades) {
            if (!row.token || !row.side) continue;
            auto& sizes = (*evidence.traded)[*row.token];
            (*row.side == Side::buy ? sizes.first : sizes.second) += row.size;
        }
        evidence.payouts.emplace();
        for (auto const& row : *activity) {
            if (row.type != "REDEEM" || !row.token) continue;
            auto& payout = (*evidence.payouts)[*row.token];
            payout.size += row.size;
            payout.amount += row.amount;
        }
        co_return evidence;
    }

    static constexpr std::size_t recent_tokens = 40;

    net::NetContext context_;
    config::RunConfig const& config_;
    crypto::Address wallet_;          // holds the funds
    polymarket::ClobAccount account_; // until the CLOB is asked
    accounting::LedgerView const& books_;
    std::map<ConditionId, Market> markets_;
    std::set<TokenId> tokens_;
};

Result<std::vector<Evidence>>
gather(fs::path const& sandbox, accounting::LedgerView const& books, std::ostream& notes) {
    auto key = sandbox_trading_key(sandbox);
    if (!key) return key.error();
    std::vector<Evidence> evidence;
    auto const endpoints = sandbox / "endpoints.toml";
    if (!fs::exists(endpoints)) {
        auto const wallet = key->signer->address();
        auto account = read_sandbox_accounts(sandbox / "accounts.json", wallet);
        evidence.push_back(account ? std::move(*account) : missing("sandbox", account.error()));
        return evidence;
    }
    std::vector<fs::path> const files{endpoints};
    auto const config = config::load_run_config(files, strategies::strategy_kinds());
    if (!config)
        return Failure{Fault::invalid, endpoints.string(), config::to_string(config.error())};
    polymarket::ClobAccount account;
    account.signer = key->signer;
    account.credentials = std::move(key->credentials);
    auto job = NetworkJob::create(config->endpoints, notes);
    if (!job) return job.error();
    VenueQuestions questions{(*job)->context(), *config, std::move(account), books};
    auto const code = (*job)->run(questions.ask(evidence));
    if (code != ExitCode::ok) return Failure{Fault::cancelled, "reconcile", "interrupted"};
    return evidence;
}

void print_json(accounting::Audit const& audit, std::FILE* out) {
    boost::json::array bridge;
    for (auto const& step : audit.bridge)
        bridge.push_back(boost::json::object{
            {"name", step.name}, {"usdc", to_string(step.amount)}, {"note", step.note}
        });
    boost::json::array findings;
    for (auto const& f : audit.findings)
        findings.push_back(boost::json::object{
            {"source", f.source},
            {"row", f.row},
            {"ledger_usdc", to_string(f.ours)},
            {"there_usdc", to_string(f.theirs)},
            {"difference_usdc", to_string(f.difference())},
            {"explained", f.explained},
            {"text", f.text}
        });
    boost::json::array not_asked;
    for (auto const& text : audit.not_asked)
        not_asked.push_back(boost::json::value(text));
    boost::json::object const root{
        {"bridge", bridge},
        {"expected_usdc", to_string(audit.expected)},
        {"findings", findings},
        {"not_asked", not_asked},
        {"rows_compared", audit.rows_compared},
        {"unexplained", audit.unexplained()},
        {"gas_wei", audit.gas_wei}
    };
    fmt::print(out, "{}\n", boost::json::serialize(root));
}

int refuse(std::FILE* err, Failure const& failure) {
    fmt::print(err, "{}\n", describe(failure));
    return code(failure.fault == Fault::storage ? ExitCode::storage : ExitCode::usage);
}

} // namespace

int run_reconcile(ReconcileOptions const& options, std::FILE* out, std::FILE* err) {
    auto where = options.where;
    if (!where) {
        auto const config = config::load_run_config(options.configs, strategies::strategy_kinds());
        if (!config) {
            fmt::print(err, "{}\n", config::to_string(config.error()));
            return code(ExitCode::usage);
        }
        where = fs::path{config->run.state_dir} / (options.sandbox ? "sandbox" : "paper");
    }
    auto const books = read_books(*where);
    if (!books) return refuse(err, books.error());
    std::vector<Evidence> evidence;
    if (options.sandbox) {
        std::ostringstream notes;
        auto gathered = gather(*options.sandbox, *books, notes);
        fmt::print(err, "{}", notes.str());
        if (!gathered) return refuse(err, gathered.error());
        evidence = std::move(*gathered);
    } else {
        evidence.push_back(missing(
            "venue", Failure{Fault::invalid, "reconcile", "no account was named (--sandbox DIR)"}
        ));
    }
    evidence.push_back(
        missing("chain", Failure{Fault::invalid, "reconcile", "no connection to a chain"})
    );
    auto const audit = accounting::audit(*books, evidence);
    if (options.json)
        print_json(audit, out);
    else
        for (auto const& line : accounting::audit_table(audit))
            fmt::print(out, "{}\n", line);
    return code(audit.unexplained() == 0 ? ExitCode::ok : ExitCode::failed);
}

} // namespace polyquant::app
