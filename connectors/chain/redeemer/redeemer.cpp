#include "connectors/chain/redeemer/redeemer.hpp"

#include "connectors/polymarket/ctf/position_id.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::chain {

namespace {

using settlement::RedeemPath;
using settlement::RedemptionBook;
using Outcome = NonceStream::Outcome;

std::vector<ConditionId> conditions_of(settlement::RedeemTask const& task) {
    std::vector<ConditionId> conditions;
    if (task.path == RedeemPath::router) return conditions;
    for (auto const& view : task.markets)
        conditions.push_back(view.condition);
    return conditions;
}

std::string in_words(settlement::RedeemTask const& task) {
    using Kind = settlement::RedeemTask::Kind;
    switch (task.kind) {
    case Kind::redeem:
        return fmt::format(
            "{}: redeem {} market{} by {}, {} expected",
            task.id,
            task.markets.size(),
            task.markets.size() == 1 ? "" : "s",
            to_string(task.path),
            to_string(task.amount)
        );
    case Kind::allow_onramp:
        return fmt::format("{}: allow the onramp {} USDC.e", task.id, to_string(task.amount));
    case Kind::wrap: return fmt::format("{}: wrap {} USDC.e", task.id, to_string(task.amount));
    }
    std::abort();
}

} // namespace

Redeemer::Redeemer(
    ChainRpc& rpc, runtime::Clock& clock, runtime::RecordFile file, RedeemerOptions options
)
    : rpc_{rpc}, clock_{clock}, file_{std::move(file)}, options_{std::move(options)},
      at_{polygon_settlement_contracts()}, book_{options_.limits}, stream_{options_.stream} {}

Result<std::unique_ptr<Redeemer>> Redeemer::create(
    ChainRpc& rpc, runtime::Clock& clock, runtime::RecordFile file, RedeemerOptions options
) {
    auto const kind = options.wallet.kind;
    if (kind == WalletKind::eoa && options.relayer)
        return Failure{Fault::invalid, "relayer", "serves no plain accounts: it pays its own gas"};
    if (kind == WalletKind::deposit && !options.relayer)
        return Failure{Fault::invalid, "wallet", "a deposit wallet acts through the relayer only"};
    auto& limits = options.limits;
    limits.wraps_at_once = batches(options.wallet.kind);
    // A Safe counts its own transactions: a second one would wait for the first in any case.
    if (batches(options.wallet.kind))
        limits.tasks_max = 1;
    else
        limits.markets_per_task = 1;
    std::unique_ptr<Redeemer> made{new Redeemer{rpc, clock, std::move(file), std::move(options)}};
    for (auto const& record : made->file_.take_earlier()) {
        auto const by_stream = made->stream_.apply(record);
        if (!by_stream) return by_stream.error();
        auto const by_relay = made->relay_.apply(record);
        if (!by_relay) return by_relay.error();
        auto const by_book = made->book_.apply(record);
        if (!by_book) return by_book.error();
    }
    return made;
}

void Redeemer::say(std::string text) const {
    if (options_.tell) options_.tell(std::move(text));
}

void Redeemer::hold_up(std::string text) {
    held_up_ = true;
    say(std::move(text));
}

// To the disk first; only then it is so.
Result<void> Redeemer::keep(std::string const& record) {
    auto const written = file_.append(record);
    if (!written) return written.error();
    auto const by_stream = stream_.apply(record);
    if (!by_stream) return by_stream.error();
    auto const by_relay = relay_.apply(record);
    if (!by_relay) return by_relay.error();
    auto const by_book = book_.apply(record);
    if (!by_book) return by_book.error();
    return Result<void>{};
}

bool Redeemer::is_idle() const {
    return stream_.open() == 0 && !relay_.open() && book_.open_tasks().empty();
}

Task<Result<Redeemer::Heads>> Redeemer::heads(Instant deadline) {
    auto const owner = options_.wallet.owner->address();
    Heads heads;
    auto const block = co_await rpc_.block_number(deadline);
    if (!block) co_return block.error().failure;
    heads.block = *block;
    auto const nonce = co_await rpc_.nonce(owner, BlockAt::latest(), deadline);
    if (!nonce) co_return nonce.error().failure;
    heads.nonce = *nonce;
    auto const pending = co_await rpc_.nonce(owner, BlockAt::pending(), deadline);
    if (!pending) co_return pending.error().failure;
    heads.pending = *pending;
    co_return heads;
}

Task<Result<void>> Redeemer::tend(Instant deadline) {
    held_up_ = false;
    auto const seen = co_await heads(deadline);
    if (!seen) co_return seen.error();
    auto const followed = co_await follow(*seen, deadline);
    if (!followed) co_return followed.error();
    co_return co_await send_again(deadline);
}

Task<Result<void>> Redeemer::round(Instant deadline) {
    auto const tended = co_await tend(deadline);
    if (!tended) co_return tended.error();
    if (held_up_) co_return Result<void>{};
    auto const wallet = co_await look(deadline);
    if (!wallet) co_return wallet.error();
    auto const looked = co_await look_at_markets(*wallet, deadline);
    if (!looked) co_return looked.error();
    auto const planned = book_.plan(*wallet, clock_.utc_now());
    if (planned.empty()) co_return Result<void>{};
    auto const seen = co_await heads(deadline);
    if (!seen) co_return seen.error();
    for (auto const& task : planned) {
        auto const nonce = stream_.next_nonce(std::max(seen->pending, seen->nonce));
        auto const started = options_.relayer ? co_await start_relayed(task, seen->block, deadline)
                                              : co_await start(task, nonce, deadline);
        if (!started) co_return started.error();
        if (held_up_) break;
    }
    co_return Result<void>{};
}

Task<Result<std::vector<settlement::RedeemTask>>> Redeemer::dry_run(Instant deadline) {
    auto const wallet = co_await look(deadline);
    if (!wallet) co_return wallet.error();
    for (;;) {
        auto const looked = co_await look_at_markets(*wallet, deadline);
        if (!looked) co_return looked.error();
        if (book_.progress().unseen == 0) co_return book_.plan(*wallet, clock_.utc_now());
    }
}

Task<Result<std::size_t>>
Redeemer::look_at_markets(settlement::WalletView wallet, Instant deadline) {
    auto const due = book_.wanted(clock_.utc_now());
    auto const views = co_await view_conditions(rpc_, options_.wallet.address, due, deadline);
    if (!views) co_return views.error().failure;
    auto const now = clock_.utc_now();
    for (auto const& view : *views)
        book_.observe(view, wallet, now);
    co_return views->size();
}

// What became of the transactions that are out.
Task<Result<void>> Redeemer::follow(Heads heads, Instant deadline) {
    auto const receipts = co_await rpc_.receipts(stream_.hashes(), deadline);
    if (!receipts) co_return receipts.error().failure;
    NonceStream::Observation seen;
    seen.head = heads.block;
    seen.nonce = heads.nonce;
    for (auto const& receipt : *receipts)
        if (receipt) seen.receipts.push_back(*receipt);
    for (auto& outcome : stream_.observe(seen)) {
        auto const done = co_await conclude(std::move(outcome), deadline);
        if (!done) co_return done.error();
    }
    if (options_.relayer) {
        auto const relayed = co_await follow_relayed(heads.block, deadline);
        if (!relayed) co_return relayed.error();
    }
    // A process that ended between planning and signing.
    for (auto const& task : book_.open_tasks()) {
        if (stream_.has_task(task) || relay_.has_task(task)) continue;
        auto const kept = keep(RedemptionBook::dropped_record(task));
        if (!kept) co_return kept.error();
    }
    co_return Result<void>{};
}

Task<Result<void>> Redeemer::conclude(Outcome outcome, Instant deadline) {
    if (outcome.kind == Outcome::Kind::reorged) {
        say(outcome.task + ": its block is gone (reorganised); sent again");
        co_return Result<void>{};
    }
    auto const* const task = book_.find(outcome.task);
    auto const is_errand = task == nullptr;
    if (!is_errand) {
        std::string record;
        if (outcome.kind == Outcome::Kind::lost || outcome.cancelled) {
            say(outcome.task + ": another transaction used its nonce; planned again");
            record = RedemptionBook::dropped_record(outcome.task);
        } else {
            auto verdict_record = co_await verdict(*task, *outcome.receipt, deadline);
            if (!verdict_record) co_return verdict_record.error();
            record = std::move(*verdict_record);
        }
        auto const kept = keep(record);
        if (!kept) co_return kept.error();
    }
    if (is_errand) {
        auto const good = outcome.receipt && outcome.receipt->succeeded && !outcome.cancelled;
        errands_[outcome.task] = {good, outcome.receipt};
    }
    co_return keep(
        outcome.kind == Outcome::Kind::lost ? NonceStream::lost_record(outcome.nonce)
                                            : NonceStream::final_record(outcome.nonce)
    );
}

// The record that ends the task.
Task<Result<std::string>> Redeemer::verdict(RedeemTask task, Receipt receipt, Instant deadline) {
    auto const failed = [&](std::string const& why) {
        say(fmt::format("{}: failed: {}", task.id, why));
        return RedemptionBook::failed_record(task.id, clock_.utc_now(), why);
    };
    if (!receipt.succeeded) co_return failed("reverted in its block");
    if (task.kind == RedeemTask::Kind::allow_onramp)
        co_return RedemptionBook::paid_record(task.id, task.amount);
    auto conditions = conditions_of(task);
    if (task.kind == RedeemTask::Kind::wrap) conditions.clear();
    auto const proof = co_await prove_payout(
        rpc_, receipt, paid_in(task), options_.wallet.address, std::move(conditions), deadline
    );
    if (!proof) co_return proof.error().failure;
    if (!proof->holds) co_return failed("payout not proven: " + proof->doubt);
    auto const received = Usdc::from_micros(proof->micros);
    say(fmt::format(
        "{}: {} received{}, gas {}",
        task.id,
        to_string(received),
        received == task.amount ? "" : " instead of " + to_string(task.amount),
        to_pol_text(receipt.fee())
    ));
    co_return RedemptionBook::paid_record(task.id, received);
}

Address Redeemer::paid_in(RedeemTask const& task) const {
    auto const raw = task.kind == RedeemTask::Kind::redeem && task.path == RedeemPath::ctf &&
                     !options_.limits.wraps_at_once;
    return raw ? at_.usdc_e : at_.pusd;
}

std::vector<Call> Redeemer::calls_of(RedeemTask const& task) const {
    std::vector<Call> calls;
    auto const self = options_.wallet.address;
    auto const micros = task.amount.micros();
    auto const allow = Call{at_.usdc_e, erc20::approve(at_.onramp, word_of_micros(micros))};
    auto const wrapped = Call{at_.onramp, wrap(at_.usdc_e, self, micros)};
    if (task.kind == RedeemTask::Kind::allow_onramp) return {allow};
    if (task.kind == RedeemTask::Kind::wrap) return {wrapped};
    for (auto const& view : task.markets) {
        switch (task.path) {
        case RedeemPath::adapter:
            calls.push_back(
                {at_.collateral_adapter, ctf::redeem_positions(at_.pusd, view.condition)}
            );
            break;
        case RedeemPath::ctf:
            calls.push_back(
                {at_.conditional_tokens, ctf::redeem_positions(at_.usdc_e, view.condition)}
            );
            break;
        case RedeemPath::router:
            for (std::size_t i = 0; i < 2; ++i)
                if (!view.held[i].is_zero() && view.numerators[i] > 0)
                    calls.push_back(
                        {at_.router, router::redeem(view.condition, i, view.held[i].micros())}
                    );
            break;
        }
    }
    if (task.path == RedeemPath::ctf && options_.limits.wraps_at_once) {
        calls.push_back(allow);
        calls.push_back(wrapped);
    }
    return calls;
}

Task<Result<void>> Redeemer::start(RedeemTask task, std::uint64_t nonce, Instant deadline) {
    auto const price = co_await fees(deadline);
    if (!price) co_return price.error();
    if (!*price) {
        hold_up("gas is above the cap of " + to_gwei_text(options_.fees.price_cap) + ": waiting");
        co_return Result<void>{};
    }
    auto const owner = options_.wallet.owner->address();
    auto const call = co_await act(rpc_, options_.wallet, calls_of(task), deadline);
    if (!call) co_return call.error().failure;
    auto const estimate = co_await rpc_.estimate_gas(owner, *call, deadline);
    if (!estimate && estimate.error().trouble == RpcTrouble::insufficient_funds) {
        hold_up("no POL for gas: nothing is sent until the owner has some");
        co_return Result<void>{};
    }
    if (!estimate && estimate.error().trouble != RpcTrouble::reverted)
        co_return estimate.error().failure;
    if (estimate) {
        auto const can = co_await affordable(**price, *estimate, deadline);
        if (!can) co_return can.error();
        if (!*can) co_return Result<void>{};
    }
    say(in_words(task));
    auto const planned = keep(RedemptionBook::planned_record(task));
    if (!planned) co_return planned.error();
    if (!estimate) {
        auto const why = describe(estimate.error());
        say(fmt::format("{}: refused before it was sent: {}", task.id, why));
        co_return keep(RedemptionBook::failed_record(task.id, clock_.utc_now(), why));
    }
    Transaction t;
    t.chain_id = options_.wallet.chain_id;
    t.nonce = nonce;
    t.to = call->to;
    t.data = call->data;
    t.gas_limit = gas_limit(options_.fees, *estimate);
    t.fees = **price;
    co_return co_await sign_and_send(task.id, std::move(t), false, deadline);
}

} // namespace polyquant::chain
