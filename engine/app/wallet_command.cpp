#include "engine/app/wallet_command.hpp"

#include "connectors/chain/approvals/approvals.hpp"
#include "engine/app/chain_access.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ostream>

namespace polyquant::app {

namespace {

struct Arguments {
    ChainOptions chain;
    bool v2 = false;
    bool neg_risk = false;
    bool auto_redeem = false;
    bool unlimited = false;
    bool dry_run = false;
    std::string amount;
    enum class Action : std::uint8_t { status, approve, wrap, unwrap } action = Action::status;
};

constexpr Seconds step_limit{60};
constexpr Seconds certain_limit{600};
constexpr Millis look_every{1'000};

void declare_action(
    CLI::App& app, Arguments& a, char const* name, char const* help, Arguments::Action action
) {
    auto* command = app.add_subcommand(name, help);
    declare(*command, a.chain);
    command->callback([&a, action] { a.action = action; });
    if (action == Arguments::Action::status || action == Arguments::Action::approve) {
        command->add_flag("--v2", a.v2, "Markets of protocol v2 as well");
        command->add_flag("--neg-risk", a.neg_risk, "Neg-risk markets as well");
        command->add_flag("--auto-redeem", a.auto_redeem, "The venue's operator may redeem");
    }
    if (action == Arguments::Action::approve) {
        command->add_option("--amount", a.amount, "pUSD the exchange may take (all there is)");
        command->add_flag("--unlimited", a.unlimited, "Without limit instead");
    }
    if (action == Arguments::Action::wrap || action == Arguments::Action::unwrap)
        command->add_option("amount", a.amount, "Dollars, or 'all'")->required();
    if (action != Arguments::Action::status)
        command->add_flag("--dry-run", a.dry_run, "Say what would be sent, send nothing");
}

struct Step {
    std::string name;
    std::vector<chain::Call> calls;
};

class WalletRun {
public:
    WalletRun(Arguments const& a, ChainAccess& access, std::ostream& out, std::ostream& err)
        : a_{a}, access_{access}, out_{out}, err_{err} {}

    Task<ExitCode> run() {
        auto const done = co_await act();
        if (done) co_return ExitCode::ok;
        err_ << describe(done.error()) << std::endl;
        co_return done.error().fault == Fault::storage ? ExitCode::storage : ExitCode::failed;
    }

private:
    Instant in(Nanos time) { return access_.job().clock().now() + time; }

    Task<Result<void>> act() {
        auto const self = access_.wallet().address;
        auto const owner = access_.wallet().owner->address();
        auto const money = co_await chain::money_of(access_.rpc(), self, owner, in(step_limit));
        if (!money) co_return money.error().failure;
        money_ = *money;
        switch (a_.action) {
        case Arguments::Action::status: co_return co_await status();
        case Arguments::Action::approve: co_return co_await approve();
        case Arguments::Action::wrap: co_return co_await convert(true);
        case Arguments::Action::unwrap: co_return co_await convert(false);
        }
        std::abort();
    }

    chain::ApprovalNeeds needs() const {
        chain::ApprovalNeeds needs;
        needs.protocol_v2 = a_.v2;
        needs.neg_risk = a_.neg_risk;
        needs.auto_redeem = a_.auto_redeem;
        needs.unlimited = a_.unlimited;
        needs.spend = money_.pusd;
        return needs;
    }

    Task<Result<void>> status() {
        out_ << fmt::format(
            "wallet ({})\n  {} pUSD to trade with\n  {} USDC.e to be wrapped\n"
            "owner\n  {} for gas\napprovals\n",
            to_string(access_.wallet().kind),
            to_string(money_.pusd),
            to_string(money_.usdc_e),
            to_pol_text(money_.owner_coin)
        );
        auto const rows = co_await chain::approvals_of(
            access_.rpc(), access_.wallet().address, needs(), in(step_limit)
        );
        if (!rows) co_return rows.error().failure;
        for (auto const& row : *rows)
            out_ << fmt::format(
                "  {:<8}  {}{}\n", row.granted ? "granted" : "MISSING", row.name, note(row)
            );
        co_return Result<void>{};
    }

    static std::string note(chain::Approval const& row) {
        if (!row.has_code) return ": there is no contract at its address";
        if (!row.is_allowance) return {};
        return row.allowed ? ": " + to_string(*row.allowed) + " pUSD" : ": without limit";
    }

    Task<Result<void>> approve() {
        auto wanted = needs();
        if (!a_.amount.empty()) {
            auto const amount = parse_usdc(a_.amount);
            if (!amount || *amount <= Usdc{})
                co_return Failure{Fault::invalid, "--amount", "'" + a_.amount + "' is no amount"};
            wanted.spend = *amount;
        }
        auto const rows = co_await chain::approvals_of(
            access_.rpc(), access_.wallet().address, wanted, in(step_limit)
        );
        if (!rows) co_return rows.error().failure;
        std::vector<Step> steps;
        for (auto const& row : *rows) {
            auto calls = chain::calls_to_grant({row}, wanted);
            if (!calls.empty()) steps.push_back({row.name, std::move(calls)});
            if (!row.granted && !row.has_code) err_ << row.name << note(row) << std::endl;
        }
        if (steps.empty()) out_ << "nothing to approve\n";
        co_return co_await perform(std::move(steps));
    }

    Task<Result<void>> convert(bool wraps) {
        auto const there = wraps ? money_.usdc_e : money_.pusd;
        auto const parsed = a_.amount == "all" ? Result<Usdc>{there} : parse_usdc(a_.amount);
        if (!parsed || *parsed <= Usdc{})
            co_return Failure{Fault::invalid, "amount", "'" + a_.amount + "' is no amount"};
        if (*parsed > there)
            co_return Failure{Fault::invalid, "amount", "only " + to_string(there) + " are there"};
        auto const& at = chain::polygon_settlement_contracts();
        auto const self = access_.wallet().address;
        auto const micros = parsed->micros();
        auto const token = wraps ? at.usdc_e : at.pusd;
        auto const ramp = wraps ? at.onramp : at.offramp;
        std::vector<Step> steps;
        chain::Call allow;
        allow.to = token;
        allow.data = chain::erc20::approve(ramp, chain::word_of_micros(micros));
        steps.push_back({"allow " + to_string(*parsed), {allow}});
        chain::Call change;
        change.to = ramp;
        change.data =
            wraps ? chain::wrap(at.usdc_e, self, micros) : chain::unwrap(at.usdc_e, self, micros);
        steps.push_back({(wraps ? "wrap " : "unwrap ") + to_string(*parsed), {change}});
        co_return co_await perform(std::move(steps));
    }

    Task<Result<void>> perform(std::vector<Step> steps) {
        for (auto const& step : steps)
            out_ << (a_.dry_run ? "would " : "") << "send: " << step.name << '\n';
        if (a_.dry_run) co_return Result<void>{};
        if (chain::batches(access_.wallet().kind) && steps.size() > 1) {
            Step all;
            for (auto& step : steps) {
                all.name += (all.name.empty() ? "" : ", ") + step.name;
                std::ranges::move(step.calls, std::back_inserter(all.calls));
            }
            steps.assign(1, std::move(all));
        }
        for (auto& step : steps) {
            auto const done = co_await send(std::move(step));
            if (!done) co_return done.error();
        }
        co_return Result<void>{};
    }

    // Until it is certain. A nonce that somebody else used is no reason to give up: again.
    Task<Result<void>> send(Step step) {
        auto& clock = access_.job().clock();
        auto& desk = access_.redeemer();
        auto const latest = in(certain_limit);
        for (int tries = 1;; ++tries) {
            auto const errand = fmt::format("x{}-{}", unix_nanos(clock.utc_now()), tries);
            auto const begun = co_await desk.begin(errand, step.calls, in(step_limit));
            if (!begun) co_return begun.error();
            while (!desk.ended(errand)) {
                if (clock.now() >= latest)
                    co_return Failure{
                        Fault::timeout, step.name, "not certain yet; wallet status will tell"
                    };
                if (!co_await clock.wait_until(clock.now() + look_every))
                    co_return Failure{Fault::cancelled, step.name, "stopped"};
                auto const tended = co_await desk.tend(in(step_limit));
                if (tended) continue;
                if (tended.error().fault == Fault::storage) co_return tended.error();
                err_ << describe(tended.error()) << std::endl;
            }
            auto const end = *desk.ended(errand);
            if (end.succeeded) break;
            if (end.receipt) co_return Failure{Fault::rejected, step.name, "reverted in its block"};
        }
        out_ << "done: " << step.name << std::endl;
        co_return Result<void>{};
    }

    Arguments const& a_;
    ChainAccess& access_;
    std::ostream& out_;
    std::ostream& err_;
    chain::WalletMoney money_{};
};

} // namespace

int run_wallet(std::vector<std::string> const& args, std::ostream& out, std::ostream& err) {
    using Action = Arguments::Action;
    Arguments a;
    CLI::App app{"The wallet on the chain", "polyquant wallet"};
    app.require_subcommand(1);
    declare_action(app, a, "status", "Money and approvals", Action::status);
    declare_action(app, a, "approve", "Make the approvals that are missing", Action::approve);
    declare_action(app, a, "wrap", "USDC.e to pUSD", Action::wrap);
    declare_action(app, a, "unwrap", "pUSD to USDC.e", Action::unwrap);
    auto reversed = args;
    std::ranges::reverse(reversed); // CLI11 takes the last argument first
    try {
        app.parse(reversed);
    } catch (CLI::ParseError const& error) {
        if (error.get_exit_code() == 0) {
            out << app.help();
            return code(ExitCode::ok);
        }
        err << error.what() << "\nSee polyquant wallet --help\n";
        return code(ExitCode::usage);
    }
    auto access = ChainAccess::open(a.chain, {}, err);
    if (!access) {
        err << describe(access.error()) << '\n';
        return code(access.error().fault == Fault::storage ? ExitCode::storage : ExitCode::usage);
    }
    WalletRun run{a, **access, out, err};
    return code((*access)->job().run(run.run()));
}

} // namespace polyquant::app
