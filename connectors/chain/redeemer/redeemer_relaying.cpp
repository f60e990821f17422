// How the redeemer's transactions travel by the relayer instead of by the owner's own coin.
#include "connectors/chain/redeemer/redeemer.hpp"
#include "connectors/crypto/eip712.hpp"

#include <fmt/format.h>

namespace polyquant::chain {

namespace {

// The venue takes five minutes ahead at most.
constexpr Seconds batch_lifetime{240};
// Enough for a batch of markets through the factory.
constexpr std::uint64_t relay_gas = 10'000'000;

RelayKind kind_of(WalletKind kind) {
    switch (kind) {
    case WalletKind::safe: return "SAFE";
    case WalletKind::proxy: return "PROXY";
    case WalletKind::deposit: return "WALLET";
    case WalletKind::eoa: break;
    }
    std::abort();
}

} // namespace

// Signed for exactly this nonce of the wallet: whatever happens, it happens at most once.
Task<Result<Relayed>>
Redeemer::sign_for_relayer(RedeemTask task, std::uint64_t block, Instant deadline) {
    auto const& wallet = options_.wallet;
    auto const& owner = *wallet.owner;
    auto& relayer = *options_.relayer;
    auto const calls = calls_of(task);
    Relayed relayed;
    relayed.task = task.id;
    relayed.from_block = block;
    if (wallet.kind == WalletKind::proxy) {
        auto const payload = co_await relayer.relay_payload(owner.address(), deadline);
        if (!payload) co_return payload.error();
        proxy::RelayRequest request;
        request.owner = owner.address();
        request.factory = at_.proxy_factory;
        request.data = proxy::proxy_calls(calls);
        request.gas_limit = relay_gas;
        request.nonce = relayed.nonce = payload->nonce;
        request.hub = at_.relay_hub;
        request.relay = payload->relay;
        relayed.body = proxy::relayer_body(request, wallet.address, proxy::sign(request, owner));
        co_return relayed;
    }
    auto const nonce = co_await relayer.nonce(owner.address(), kind_of(wallet.kind), deadline);
    if (!nonce) co_return nonce.error();
    relayed.nonce = *nonce;
    if (wallet.kind == WalletKind::safe) {
        auto const t = safe::transaction_of(calls, *nonce, at_.multi_send);
        auto const signature = safe::sign_for_relayer(t, wallet.address, wallet.chain_id, owner);
        relayed.body = safe::relayer_body(t, owner.address(), wallet.address, signature);
        co_return relayed;
    }
    deposit::Batch batch;
    batch.wallet = wallet.address;
    batch.nonce = *nonce;
    batch.deadline_s = relayed.deadline_s = unix_seconds(clock_.utc_now() + batch_lifetime);
    batch.calls = calls;
    relayed.body = deposit::relayer_body(
        batch, owner.address(), at_.deposit_factory, deposit::sign(batch, wallet.chain_id, owner)
    );
    co_return relayed;
}

Task<Result<void>> Redeemer::start_relayed(RedeemTask task, std::uint64_t block, Instant deadline) {
    // The same calls as the wallet would make them, one by one: the first refusal is told before
    // anything is signed. A wrap depends on the redemption before it and cannot be asked alone.
    for (auto const& call : calls_of(task)) {
        if (call.to == at_.onramp) continue;
        auto const tried = co_await rpc_.call(options_.wallet.address, call, deadline);
        if (tried) continue;
        if (tried.error().trouble != RpcTrouble::reverted) co_return tried.error().failure;
        auto const why = describe(tried.error());
        auto const planned = keep(settlement::RedemptionBook::planned_record(task));
        if (!planned) co_return planned.error();
        say(fmt::format("{}: refused before it was sent: {}", task.id, why));
        co_return keep(settlement::RedemptionBook::failed_record(task.id, clock_.utc_now(), why));
    }
    auto const relayed = co_await sign_for_relayer(task, block, deadline);
    if (!relayed) co_return relayed.error();
    auto const planned = keep(settlement::RedemptionBook::planned_record(task));
    if (!planned) co_return planned.error();
    auto const kept = keep(RelayDesk::signed_record(*relayed));
    if (!kept) co_return kept.error();
    say(fmt::format(
        "{}: {} market{} to the relayer, {} expected",
        task.id,
        task.markets.size(),
        task.markets.size() == 1 ? "" : "s",
        to_string(task.amount)
    ));
    co_return co_await submit(deadline);
}

Task<Result<void>> Redeemer::submit(Instant deadline) {
    auto const open = *relay_.open();
    auto const id = co_await options_.relayer->submit(open.body, deadline);
    if (id) co_return keep(RelayDesk::id_record(open.task, *id));
    if (outcome_unknown(id.error().fault)) co_return id.error();
    // Refused for good: nothing happened and nothing will.
    say(open.task + ": the relayer refused: " + describe(id.error()));
    co_return end_relayed(settlement::RedemptionBook::failed_record(
        open.task, clock_.utc_now(), "the relayer refused: " + id.error().detail
    ));
}

Result<void> Redeemer::end_relayed(std::string const& record) {
    auto const task = relay_.open()->task;
    if (book_.find(task) != nullptr) {
        auto const kept = keep(record);
        if (!kept) return kept.error();
    }
    return keep(RelayDesk::end_record(task));
}

Task<Result<void>> Redeemer::follow_relayed(std::uint64_t head, Instant deadline) {
    if (!relay_.open()) co_return Result<void>{};
    auto const open = *relay_.open();
    if (open.id.empty()) co_return co_await follow_unanswered(open, head, deadline);
    auto const state = co_await options_.relayer->look_up(open.id, deadline);
    if (!state) co_return state.error();
    switch (state->kind) {
    case RelayedState::Kind::waiting: break;
    case RelayedState::Kind::unknown: co_return co_await follow_unanswered(open, head, deadline);
    case RelayedState::Kind::failed:
        say(open.task + ": the relayer failed: " + state->words);
        co_return end_relayed(settlement::RedemptionBook::failed_record(
            open.task, clock_.utc_now(), "the relayer failed: " + state->words
        ));
    case RelayedState::Kind::mined: break;
    }
    if (!state->transaction) co_return Result<void>{};
    co_return co_await conclude_relayed(*state->transaction, head, deadline);
}

// No answer came to the submission, or the relayer forgot it. The wallet's nonce tells whether it
// happened; the chain's log, where.
Task<Result<void>> Redeemer::follow_unanswered(Relayed open, std::uint64_t head, Instant deadline) {
    std::uint64_t nonce = 0;
    auto const owner = options_.wallet.owner->address();
    if (options_.wallet.kind == WalletKind::proxy) {
        auto const payload = co_await options_.relayer->relay_payload(owner, deadline);
        if (!payload) co_return payload.error();
        nonce = payload->nonce;
    } else {
        auto const asked =
            co_await options_.relayer->nonce(owner, kind_of(options_.wallet.kind), deadline);
        if (!asked) co_return asked.error();
        nonce = *asked;
    }
    if (nonce <= open.nonce) {
        auto const late = open.deadline_s != 0 && unix_seconds(clock_.utc_now()) > open.deadline_s;
        if (!late) co_return co_await submit(deadline);
        co_return end_relayed(settlement::RedemptionBook::dropped_record(open.task));
    }
    auto const* const task = book_.find(open.task);
    if (task == nullptr) co_return end_relayed({});
    auto const found = co_await find_on_chain(*task, open.from_block, head, deadline);
    if (!found) co_return found.error();
    if (*found) co_return co_await conclude_relayed(**found, head, deadline);
    // The nonce went to something else of this wallet: what is still there is planned again.
    co_return end_relayed(settlement::RedemptionBook::dropped_record(open.task));
}

Task<Result<std::optional<Hash32>>> Redeemer::find_on_chain(
    RedeemTask task, std::uint64_t from_block, std::uint64_t head, Instant deadline
) {
    LogFilter filter;
    filter.from_block = from_block;
    filter.to_block = head;
    filter.contracts = {paid_in(task)};
    filter.topics = {erc20_transfer_topic(), std::nullopt, crypto::word(options_.wallet.address)};
    auto const logs = co_await rpc_.logs(filter, deadline);
    if (!logs) co_return logs.error().failure;
    // The transaction whose own logs pay for the task's first market.
    for (auto const& log : *logs) {
        auto const receipt = co_await rpc_.receipt(log.transaction, deadline);
        if (!receipt) co_return receipt.error().failure;
        if (!*receipt) continue;
        if (task.path == settlement::RedeemPath::router &&
            net_received((*receipt)->logs, paid_in(task), options_.wallet.address) ==
                task.amount.micros())
            co_return std::optional{log.transaction};
        for (auto const& other : (*receipt)->logs) {
            auto const paid = payout_redemption(other, at_.conditional_tokens);
            if (paid && paid->condition == task.markets.front().condition)
                co_return std::optional{log.transaction};
        }
    }
    co_return std::optional<Hash32>{};
}

Task<Result<void>>
Redeemer::conclude_relayed(Hash32 transaction, std::uint64_t head, Instant deadline) {
    auto const receipt = co_await rpc_.receipt(transaction, deadline);
    if (!receipt) co_return receipt.error().failure;
    // Not in a block (any more), or not deep enough: the next rounds look again.
    if (!*receipt || head < (*receipt)->block + options_.stream.confirmations)
        co_return Result<void>{};
    auto const* const task = book_.find(relay_.open()->task);
    if (task == nullptr) co_return end_relayed({});
    auto const record = co_await verdict(*task, **receipt, deadline);
    if (!record) co_return record.error();
    co_return end_relayed(*record);
}

} // namespace polyquant::chain
