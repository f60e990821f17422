#include "engine/app/redeem_command.hpp"

#include "connectors/polymarket/ctf/position_id.hpp"
#include "connectors/polymarket/data/data_client.hpp"
#include "engine/app/chain_access.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <ostream>

namespace polyquant::app {

namespace {

struct Arguments {
    ChainOptions chain;
    std::vector<std::string> conditions;
    std::filesystem::path condition_file;
    bool watch = false;
    bool once = false;
    bool dry_run = false;
    bool ask_venue = true;
    std::int64_t operator_wait_s = 180;
    std::int64_t batch = 20;
    std::int64_t poll_ms = 2'000;
    std::int64_t for_s = 0;
};

constexpr Seconds round_limit{60};
constexpr Seconds plan_limit{1'800}; // thousands of markets at a free node's pace
constexpr Seconds positions_every{60};

void declare_all(CLI::App& app, Arguments& a) {
    declare(app, a.chain);
    auto* watch = app.add_flag("--watch", a.watch, "Until stopped: whatever is won is fetched");
    auto* once = app.add_flag("--once", a.once, "Until everything there is now is fetched");
    auto* dry = app.add_flag("--dry-run", a.dry_run, "Say what would be done (default)");
    watch->excludes(once)->excludes(dry);
    once->excludes(dry);
    app.add_option("--condition", a.conditions, "A market's condition id, with or without 0x")
        ->delimiter(',');
    app.add_option("--condition-file", a.condition_file, "Condition ids, one a line")
        ->check(CLI::ExistingFile);
    app.add_flag(
        "!--no-positions", a.ask_venue, "Only the conditions named, not what the venue lists"
    );
    app.add_option(
           "--operator-wait",
           a.operator_wait_s,
           "Seconds that the venue's own operator gets, where it is approved"
    )
        ->check(CLI::Range(0, 86'400))
        ->capture_default_str();
    app.add_option("--batch", a.batch, "Markets in a transaction of a wallet that can")
        ->check(CLI::Range(1, 50))
        ->capture_default_str();
    app.add_option("--poll-ms", a.poll_ms, "Between two looks at the chain")
        ->check(CLI::Range(20, 600'000))
        ->capture_default_str();
    app.add_option("--for", a.for_s, "Give up after so many seconds (0: never)")
        ->check(CLI::Range(0, 864'000));
}

// A condition of protocol v2 has 31 bytes, padded on the right; a hash ends in a zero byte once in
// 256 times, so only the reserved zero bits of a position id tell.
settlement::RedeemTarget target_of(ConditionId const& condition) {
    auto const is_v2 = condition.bytes[31] == 0 &&
                       polymarket::decode_position_id(TokenId{condition.bytes}).has_value();
    return {condition, is_v2 ? ProtocolVersion::v2 : ProtocolVersion::v1};
}

Result<std::vector<settlement::RedeemTarget>> named_targets(Arguments const& a) {
    auto names = a.conditions;
    if (!a.condition_file.empty()) {
        std::ifstream in{a.condition_file};
        for (std::string line; std::getline(in, line);)
            if (!line.empty() && line.front() != '#') names.push_back(line);
    }
    std::vector<settlement::RedeemTarget> targets;
    for (auto const& name : names) {
        auto const id = parse_condition_id(name);
        if (!id)
            return Failure{
                Fault::invalid, "--condition", fmt::format("'{}' is no condition id", name)
            };
        targets.push_back(target_of(*id));
    }
    return targets;
}

std::string progress_line(settlement::RedeemProgress const& p) {
    auto line = fmt::format(
        "{} of {} markets paid, {} received; {} under way, {} waiting, {} not resolved, {} empty",
        p.paid,
        p.known,
        to_string(p.paid_amount),
        p.under_way,
        p.waiting,
        p.unresolved,
        p.empty
    );
    if (p.unseen > 0) line += fmt::format(", {} not looked at yet", p.unseen);
    if (!p.to_wrap.is_zero()) line += fmt::format("; {} to wrap", to_string(p.to_wrap));
    return line;
}

class RedeemRun {
public:
    RedeemRun(Arguments const& a, ChainAccess& access, std::ostream& out, std::ostream& err)
        : a_{a}, access_{access}, out_{out}, err_{err},
          data_{access.context(), data_options(access.config().endpoints)} {}

    Task<ExitCode> run() {
        auto& clock = access_.job().clock();
        if (!a_.watch && !a_.once) co_return co_await show_plan();
        auto const began = clock.now();
        for (;;) {
            co_await ask_venue();
            auto const done = co_await access_.redeemer().round(clock.now() + round_limit);
            if (!done) {
                err_ << describe(done.error()) << std::endl;
                if (done.error().fault == Fault::storage) co_return ExitCode::storage;
            }
            show_progress();
            if (a_.once && done && is_finished()) co_return ExitCode::ok;
            if (a_.for_s > 0 && clock.now() - began >= Seconds{a_.for_s}) {
                err_ << "time is up; what is under way is taken up by the next start" << std::endl;
                co_return ExitCode::failed;
            }
            if (!co_await clock.wait_until(clock.now() + Millis{a_.poll_ms}))
                co_return ExitCode::interrupted;
        }
    }

private:
    static polymarket::DataClient::Options data_options(config::EndpointParams const& e) {
        return {net::parse_url(e.data_api).value(), net::parse_url(e.website).value()};
    }

    Task<ExitCode> show_plan() {
        co_await ask_venue();
        auto& clock = access_.job().clock();
        auto const plan = co_await access_.redeemer().dry_run(clock.now() + plan_limit);
        if (!plan) {
            err_ << describe(plan.error()) << std::endl;
            co_return ExitCode::failed;
        }
        Usdc sum;
        for (auto const& task : *plan) {
            if (task.kind != settlement::RedeemTask::Kind::redeem) continue;
            sum += task.amount;
            for (auto const& market : task.markets)
                out_ << fmt::format(
                    "redeem {} by {}: {}\n",
                    to_string(market.condition),
                    to_string(task.path),
                    to_string(settlement::expected_payout(market))
                );
        }
        out_ << progress_line(access_.redeemer().progress()) << '\n'
             << "would fetch " << to_string(sum) << "; --once or --watch does it\n";
        co_return ExitCode::ok;
    }

    // The venue's list is late by seconds and may fail: a hint, never more.
    Task<void> ask_venue() {
        auto& clock = access_.job().clock();
        if (!a_.ask_venue || (asked_ && clock.now() < *asked_ + positions_every)) co_return;
        asked_ = clock.now();
        auto const rows = co_await data_.positions(
            access_.wallet().address, "REDEEMABLE", clock.now() + Seconds{15}
        );
        if (!rows) {
            err_ << "positions: " << describe(rows.error()) << std::endl;
            co_return;
        }
        for (auto const& row : *rows) {
            // Another contract pays these.
            if (row.neg_risk) continue;
            auto const is_v2 = polymarket::decode_position_id(row.token).has_value();
            access_.redeemer().add({row.market, is_v2 ? ProtocolVersion::v2 : ProtocolVersion::v1});
        }
    }

    void show_progress() {
        auto line = progress_line(access_.redeemer().progress());
        if (line == shown_) return;
        out_ << line << std::endl;
        shown_ = std::move(line);
    }

    bool is_finished() const {
        auto const p = access_.redeemer().progress();
        return access_.redeemer().is_idle() && p.unseen == 0 && p.waiting == 0 &&
               p.under_way == 0 && p.to_wrap.is_zero();
    }

    Arguments const& a_;
    ChainAccess& access_;
    std::ostream& out_;
    std::ostream& err_;
    polymarket::DataClient data_;
    std::optional<Instant> asked_{};
    std::string shown_;
};

} // namespace

int run_redeem(std::vector<std::string> const& args, std::ostream& out, std::ostream& err) {
    Arguments a;
    CLI::App app{"Winnings back into the wallet", "polyquant redeem"};
    declare_all(app, a);
    auto reversed = args;
    std::ranges::reverse(reversed); // CLI11 takes the last argument first
    try {
        app.parse(reversed);
    } catch (CLI::ParseError const& error) {
        if (error.get_exit_code() == 0) {
            out << app.help();
            return code(ExitCode::ok);
        }
        err << error.what() << "\nSee polyquant redeem --help\n";
        return code(ExitCode::usage);
    }
    auto const refuse = [&err](Failure const& failure) {
        err << describe(failure) << '\n';
        return code(failure.fault == Fault::storage ? ExitCode::storage : ExitCode::usage);
    };
    auto const targets = named_targets(a);
    if (!targets) return refuse(targets.error());
    settlement::RedeemLimits limits;
    limits.operator_wait = Seconds{a.operator_wait_s};
    limits.markets_per_task = static_cast<std::size_t>(a.batch);
    auto access = ChainAccess::open(a.chain, limits, err);
    if (!access) return refuse(access.error());
    for (auto const& target : *targets)
        (*access)->redeemer().add(target);
    RedeemRun run{a, **access, out, err};
    return code((*access)->job().run(run.run()));
}

} // namespace polyquant::app
