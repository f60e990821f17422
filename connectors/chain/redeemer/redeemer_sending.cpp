// How the redeemer's transactions get into a block, and what is asked about the wallet before.
#include "connectors/chain/redeemer/redeemer.hpp"
#include "connectors/polymarket/ctf/position_id.hpp"

#include <fmt/format.h>

#include <limits>

namespace polyquant::chain {

namespace {

constexpr std::uint64_t plain_transfer_gas = 21'000;

} // namespace

Task<Result<std::optional<Fees>>> Redeemer::fees(Instant deadline) {
    auto const& policy = options_.fees;
    auto const history =
        co_await rpc_.fee_history(policy.history_blocks, policy.history_percentile, deadline);
    if (!history) co_return history.error().failure;
    auto const tip = co_await rpc_.suggested_tip(deadline);
    // A node without this method is no reason to stop: floor and history remain.
    co_return fees_now(policy, *history, tip ? *tip : 0);
}

Task<Result<bool>> Redeemer::affordable(Fees price, std::uint64_t gas, Instant deadline) {
    auto const balance = co_await rpc_.balance(options_.wallet.owner->address(), deadline);
    if (!balance) co_return balance.error().failure;
    auto const need = gas_cost(gas_limit(options_.fees, gas), price.price_max);
    if (*balance >= need) co_return true;
    hold_up(fmt::format(
        "not enough POL for gas: {} needed, {} there", to_pol_text(need), to_pol_text(*balance)
    ));
    co_return false;
}

// Bytes and hash are on the disk before the first node sees them.
Task<Result<void>>
Redeemer::sign_and_send(std::string task, Transaction transaction, bool cancels, Instant deadline) {
    auto made = sign(transaction, *options_.wallet.owner);
    Attempt attempt;
    attempt.hash = made.hash;
    attempt.raw = std::move(made.raw);
    attempt.cancels = cancels;
    auto const kept = keep(NonceStream::signed_record(transaction.nonce, task, attempt));
    if (!kept) co_return kept.error();
    co_return co_await send(transaction.nonce, deadline);
}

Task<Result<void>> Redeemer::begin(std::string errand, std::vector<Call> calls, Instant deadline) {
    ENSURE(errand.starts_with('x'), "other letters are the book's");
    auto const price = co_await fees(deadline);
    if (!price) co_return price.error();
    if (!*price)
        co_return Failure{
            Fault::invalid, "gas", "above the cap of " + to_gwei_text(options_.fees.price_cap)
        };
    auto const call = co_await act(rpc_, options_.wallet, std::move(calls), deadline);
    if (!call) co_return call.error().failure;
    auto const estimate =
        co_await rpc_.estimate_gas(options_.wallet.owner->address(), *call, deadline);
    if (!estimate)
        co_return Failure{estimate.error().failure.fault, errand, describe(estimate.error())};
    auto const can = co_await affordable(**price, *estimate, deadline);
    if (!can) co_return can.error();
    if (!*can) co_return Failure{Fault::invalid, "gas", "the owner has too little POL"};
    auto const seen = co_await heads(deadline);
    if (!seen) co_return seen.error();
    Transaction t;
    t.chain_id = options_.wallet.chain_id;
    t.nonce = stream_.next_nonce(std::max(seen->pending, seen->nonce));
    t.to = call->to;
    t.data = call->data;
    t.gas_limit = gas_limit(options_.fees, *estimate);
    t.fees = **price;
    co_return co_await sign_and_send(std::move(errand), std::move(t), false, deadline);
}

std::optional<Redeemer::Ended> Redeemer::ended(std::string const& errand) const {
    auto const at = errands_.find(errand);
    if (at == errands_.end()) return std::nullopt;
    return at->second;
}

Task<Result<void>> Redeemer::send_again(Instant deadline) {
    for (auto const nonce : stream_.unsent()) {
        auto const sent = co_await send(nonce, deadline);
        if (!sent) co_return sent.error();
    }
    for (auto const nonce : stream_.stuck(clock_.now())) {
        say(stream_.find(nonce)->task + ": in no block for long; replaced with higher fees");
        auto const replaced = co_await replace(nonce, false, deadline);
        if (!replaced) co_return replaced.error();
    }
    co_return Result<void>{};
}

// The newest attempt. What no node answered stays unsent and goes out again, the same bytes.
Task<Result<void>> Redeemer::send(std::uint64_t nonce, Instant deadline) {
    auto const* const slot = stream_.find(nonce);
    auto const task = slot->task;
    auto const raw = slot->attempts.back().raw;
    auto const cancels = slot->attempts.back().cancels;
    auto const sent = co_await rpc_.send_raw(raw, deadline);
    if (sent) {
        stream_.taken(nonce, clock_.now());
        co_return Result<void>{};
    }
    auto const& error = sent.error();
    switch (error.trouble) {
    case RpcTrouble::already_known: stream_.taken(nonce, clock_.now()); break;
    case RpcTrouble::nonce_too_low: // the receipts of the next rounds say whose it was
    case RpcTrouble::nonce_too_high:
    case RpcTrouble::unavailable:
    case RpcTrouble::rate_limited:
    case RpcTrouble::malformed: say(task + ": " + describe(error)); break;
    case RpcTrouble::insufficient_funds:
        hold_up(task + ": not enough POL for its gas: sent again when there is");
        break;
    case RpcTrouble::fee_above_cap: hold_up(task + ": " + describe(error)); break;
    case RpcTrouble::replacement_underpriced:
    case RpcTrouble::underpriced:
    case RpcTrouble::fee_below_base:
        say(task + ": " + describe(error));
        co_return co_await replace(nonce, cancels, deadline);
    case RpcTrouble::gas_too_low:
    case RpcTrouble::reverted:
    case RpcTrouble::wrong_chain:
    case RpcTrouble::refused:
        // Nobody will ever take these bytes, and all later nonces wait behind this one.
        say(task + ": " + describe(error));
        if (!cancels) co_return co_await replace(nonce, true, deadline);
        break;
    }
    co_return Result<void>{};
}

// Once a round: the raised transaction is sent at most once before the chain is looked at again.
Task<Result<void>> Redeemer::replace(std::uint64_t nonce, bool cancel, Instant deadline) {
    auto const* const slot = stream_.find(nonce);
    auto const task = slot->task;
    auto const before = decode_transaction(slot->attempts.back().raw);
    if (!before) co_return before.error();
    auto const now = co_await fees(deadline);
    if (!now) co_return now.error();
    auto const higher = raised(options_.fees, before->transaction.fees, *now);
    if (!higher) {
        hold_up(task + ": its replacement would cost more than the cap; it waits");
        co_return Result<void>{};
    }
    auto t = before->transaction;
    t.fees = *higher;
    if (cancel) {
        t.to = options_.wallet.owner->address();
        t.data.clear();
        t.gas_limit = plain_transfer_gas;
    }
    auto made = sign(t, *options_.wallet.owner);
    Attempt attempt;
    attempt.hash = made.hash;
    attempt.raw = made.raw;
    attempt.cancels = cancel;
    auto const kept = keep(NonceStream::signed_record(nonce, task, attempt));
    if (!kept) co_return kept.error();
    auto const sent = co_await rpc_.send_raw(std::move(made.raw), deadline);
    if (sent || sent.error().trouble == RpcTrouble::already_known)
        stream_.taken(nonce, clock_.now());
    else
        say(task + ": replacement: " + describe(sent.error()));
    co_return Result<void>{};
}

Task<Result<settlement::WalletView>> Redeemer::look(Instant deadline) {
    auto const self = options_.wallet.address;
    auto const approved = [&](Address const& token, Address const& whom) {
        return Call{token, erc1155::is_approved_for_all(self, whom)};
    };
    std::vector<Call> calls{
        approved(at_.conditional_tokens, at_.auto_redeem_operator),
        approved(at_.conditional_tokens, at_.collateral_adapter),
        approved(at_.position_manager, at_.router),
        {at_.usdc_e, erc20::balance_of(self)},
        {at_.usdc_e, erc20::allowance(self, at_.onramp)},
    };
    auto const answers = co_await rpc_.call_many(self, std::move(calls), deadline);
    if (!answers) co_return answers.error().failure;
    for (auto const& answer : *answers)
        if (!answer) co_return answer.error().failure;
    auto const flag = [&](std::size_t i) {
        return flag_at(*(*answers)[i], 0);
    };
    settlement::WalletView view;
    for (auto const& [i, to] :
         {std::pair{0, &view.operator_approved},
          std::pair{1, &view.adapter_approved},
          std::pair{2, &view.router_approved}}) {
        auto const value = flag(static_cast<std::size_t>(i));
        if (!value) co_return value.error();
        *to = *value;
    }
    auto const money = micros_at(*(*answers)[3], 0);
    if (!money) co_return money.error();
    view.usdc_e = Usdc::from_micros(*money);
    // An allowance without limit does not fit an amount of money.
    auto const allowance = micros_at(*(*answers)[4], 0);
    view.onramp_allowance =
        Usdc::from_micros(allowance ? *allowance : std::numeric_limits<std::int64_t>::max());
    co_return view;
}

namespace {

constexpr std::size_t calls_per_market = 5;

void ask_v1(std::vector<Call>& calls, Address const& wallet, ConditionId const& condition) {
    auto const& at = polygon_settlement_contracts();
    auto const& ctf_at = at.conditional_tokens;
    calls.push_back({ctf_at, ctf::payout_denominator(condition)});
    calls.push_back({ctf_at, ctf::payout_numerator(condition, 0)});
    calls.push_back({ctf_at, ctf::payout_numerator(condition, 1)});
    for (auto const outcome : {polyquant::Outcome::up, polyquant::Outcome::down})
        calls.push_back(
            {ctf_at,
             erc1155::balance_of(wallet, polymarket::ctf_token(at.usdc_e, condition, outcome))}
        );
}

TokenId position_of(ConditionId const& condition, std::uint8_t outcome) {
    TokenId id{condition.bytes};
    id.bytes[31] = outcome;
    return id;
}

// A payout of a million shares is the fraction, in micros; a position not resolved reverts.
void ask_v2(std::vector<Call>& calls, Address const& wallet, ConditionId const& condition) {
    auto const& manager = polygon_settlement_contracts().position_manager;
    for (std::uint8_t i = 0; i < 2; ++i)
        calls.push_back({manager, get_payout(position_of(condition, i), Usdc::scale)});
    for (std::uint8_t i = 0; i < 2; ++i)
        calls.push_back({manager, erc1155::balance_of(wallet, position_of(condition, i))});
    calls.push_back(calls.back());
}

using Answers = std::span<RpcResult<ByteString> const>;

Result<std::uint64_t> number(RpcResult<ByteString> const& answer) {
    if (!answer) return answer.error().failure;
    return whole_at(*answer, 0);
}

Result<settlement::ConditionView> view_of(settlement::RedeemTarget const& target, Answers answers) {
    settlement::ConditionView view;
    view.condition = target.condition;
    auto const is_v2 = target.version == ProtocolVersion::v2;
    auto const unresolved =
        is_v2 && !answers[0] && answers[0].error().trouble == RpcTrouble::reverted;
    std::array<std::uint64_t, calls_per_market> values{};
    for (std::size_t i = unresolved ? 2 : 0; i < calls_per_market; ++i) {
        auto const value = number(answers[i]);
        if (!value) return value.error();
        values[i] = *value;
    }
    std::size_t const fractions = is_v2 ? 0 : 1;
    view.denominator = is_v2 ? (unresolved ? 0 : Usdc::scale) : values[0];
    for (std::size_t i = 0; i < 2; ++i) {
        view.numerators[i] = values[fractions + i];
        view.held[i] = Shares::from_micros(static_cast<std::int64_t>(values[fractions + 2 + i]));
    }
    return view;
}

} // namespace

Task<RpcResult<std::vector<settlement::ConditionView>>> view_conditions(
    ChainRpc& rpc, Address wallet, std::vector<settlement::RedeemTarget> targets, Instant deadline
) {
    std::vector<Call> calls;
    for (auto const& target : targets) {
        if (target.version == ProtocolVersion::v2)
            ask_v2(calls, wallet, target.condition);
        else
            ask_v1(calls, wallet, target.condition);
    }
    auto const answers = co_await rpc.call_many(wallet, std::move(calls), deadline);
    if (!answers) co_return answers.error();
    std::vector<settlement::ConditionView> views;
    for (std::size_t i = 0; i < targets.size(); ++i) {
        auto const mine = Answers{*answers}.subspan(i * calls_per_market, calls_per_market);
        auto const view = view_of(targets[i], mine);
        if (!view) co_return RpcError{RpcTrouble::malformed, view.error(), {}};
        views.push_back(*view);
    }
    co_return views;
}

} // namespace polyquant::chain
