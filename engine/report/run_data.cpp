#include "engine/report/run_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>

namespace polyquant::report {

namespace {

namespace fs = std::filesystem;

std::optional<Window> window_of(std::string const& slug) {
    auto const parsed = parse_updown_slug(slug);
    if (!parsed) return std::nullopt;
    return parsed->window;
}

class Facts {
public:
    explicit Facts(RunData& run) : run_{run} {}

    Result<void> take(Fact const& fact) {
        if (run_.from == UtcTime{}) run_.from = fact.at;
        run_.until = std::max(run_.until, fact.at);
        std::visit([this](auto const& body) { on(body); }, fact.body);
        return {};
    }

    void finish() {
        for (auto& [name, info] : strategies_)
            run_.strategies.push_back(std::move(info));
        for (auto& [id, row] : orders_)
            run_.orders.push_back(std::move(row));
        std::sort(run_.orders.begin(), run_.orders.end(), [](auto const& a, auto const& b) {
            return std::tie(a.decided_at, a.strategy, a.order) <
                   std::tie(b.decided_at, b.strategy, b.order);
        });
    }

private:
    StrategyInfo& strategy(StrategyName const& name) {
        auto& info = strategies_[name.text];
        info.name = name;
        return info;
    }

    void on(EpochOpened const& e) {
        auto& info = strategy(e.strategy);
        info.kind = e.kind;
        info.parameters = e.parameters;
    }

    void on(CapitalMoved const& e) { strategy(e.strategy).capital += e.amount; }

    void on(OrderPlaced const& e) {
        auto const& p = e.intent;
        OrderRow row;
        row.order = e.order;
        row.strategy = p.strategy;
        row.asset = p.asset;
        row.slug = e.slug;
        row.window = window_of(e.slug);
        row.outcome = p.outcome;
        row.decided_at = p.decided_at;
        row.limit = p.limit;
        row.seen_price = p.seen_price;
        row.size = p.size;
        row.win_probability = p.win_probability;
        row.edge = p.edge;
        orders_[e.order] = std::move(row);
    }

    void on(OrderChanged const& e) {
        auto& row = orders_[e.order];
        row.state = e.to;
        row.reason = e.reason;
        if (e.to == OrderState::failed) row.voided = true;
    }

    void on(TradeMatched const& e) {
        if (e.trade.maker) orders_[e.trade.order].maker = true;
    }

    void on(WindowSettled const& e) {
        run_.windows[e.slug] = {e.asset, e.window, e.winner, to_string(e.rule), e.source};
    }

    void on(WindowEvaluated const& e) {
        run_.evaluations.push_back({e.strategy, e.asset, e.window, e.counts});
        auto& reasons = strategy(e.strategy).reasons;
        for (std::size_t i = 0; i < reason_count; ++i)
            if (auto const n = e.counts[static_cast<Reason>(i)]; n > 0)
                reasons.add(static_cast<Reason>(i), n);
    }

    template <class Other>
    void on(Other const&) {}

    RunData& run_;
    std::map<std::string, StrategyInfo> strategies_;
    std::map<OrderId, OrderRow> orders_;
};

std::optional<double> number(std::string_view text) {
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Result<void> read_moments(fs::path const& file, std::vector<MomentRow>& rows) {
    std::ifstream in{file};
    std::string line;
    std::getline(in, line); // the heading
    for (std::size_t n = 2; std::getline(in, line); ++n) {
        std::array<std::string_view, 11> cells;
        std::string_view rest = line;
        std::size_t count = 0;
        while (count < cells.size()) {
            auto const comma = rest.find(',');
            cells[count++] = rest.substr(0, comma);
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
        auto const asset = parse_asset(cells[1]);
        auto const left = number(cells[2]);
        auto const up = number(cells[3]);
        if (count != cells.size() || !asset || !left || !up)
            return Failure{
                Fault::parse, fmt::format("{}:{}", file.string(), n), "is no sampled moment"
            };
        rows.push_back(
            {std::string{cells[0]},
             *asset,
             *left,
             *up,
             cells[6] == "1",
             number(cells[7]),
             number(cells[8])}
        );
    }
    return {};
}

} // namespace

Result<RunData> read_run(fs::path const& where) {
    auto const is_directory = fs::is_directory(where);
    auto const file = is_directory ? where / "ledger.sqlite" : where;
    if (!fs::exists(file))
        return Failure{
            Fault::invalid, where.string(), "is no run: neither a ledger nor a directory with one"
        };
    ledger::LedgerOptions options;
    options.read_only = true;
    auto book = ledger::Ledger::open(file, options);
    if (!book) return book.error();
    RunData run;
    run.directory = is_directory ? where : where.parent_path();
    Facts facts{run};
    auto const read = book->for_each_fact(1, [&](Fact const& fact) { return facts.take(fact); });
    if (!read) return read.error();
    facts.finish();
    auto bankrolls = book->bankrolls();
    if (!bankrolls) return bankrolls.error();
    for (auto const& bankroll : *bankrolls)
        for (auto& strategy : run.strategies)
            if (strategy.name == bankroll.strategy) {
                strategy.equity = bankroll.equity();
                strategy.fees = bankroll.fees;
            }
    auto trades = book->trades();
    if (!trades) return trades.error();
    for (auto& trade : *trades)
        if (trade.side == Side::buy) run.trades.push_back(std::move(trade));
    auto open = book->open_positions();
    if (!open) return open.error();
    run.open = std::move(*open);
    auto states = book->trading_states();
    if (!states) return states.error();
    for (auto const& state : *states)
        if (state.halted)
            run.halts.push_back(fmt::format(
                "{} halted: {} {}",
                state.strategy.text.empty() ? "everything" : state.strategy.text,
                state.reason,
                state.text
            ));
    auto digest = book->content_digest();
    if (!digest) return digest.error();
    run.ledger_digest = std::move(*digest);
    if (fs::exists(run.directory / "run.json")) {
        auto record = backtest::read_run_record(run.directory);
        if (!record) return record.error();
        run.from = record->from;
        run.until = record->until;
        run.record = std::move(*record);
    }
    if (auto const moments = run.directory / "moments.csv"; fs::exists(moments))
        if (auto const done = read_moments(moments, run.moments); !done) return done.error();
    return run;
}

} // namespace polyquant::report
