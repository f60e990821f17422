#include "connectors/chain/redeemer/payout_proof.hpp"

#include "connectors/crypto/eip712.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::chain {

namespace {

// Of transfers to oneself one log fits both filters.
void add_new(std::vector<Log>& to, std::vector<Log> const& from) {
    for (auto const& log : from)
        if (std::ranges::find(to, log.index, &Log::index) == to.end()) to.push_back(log);
}

Task<RpcResult<std::int64_t>>
balance_at(ChainRpc& rpc, Address token, Address wallet, std::uint64_t block, Instant deadline) {
    Call ask;
    ask.to = token;
    ask.data = erc20::balance_of(wallet);
    auto const answer = co_await rpc.call(wallet, ask, deadline, BlockAt::of(block));
    if (!answer) co_return answer.error();
    auto const micros = micros_at(*answer, 0);
    if (!micros) co_return RpcError{RpcTrouble::malformed, micros.error(), {}};
    co_return *micros;
}

std::int64_t logged_payouts(std::vector<Log> const& logs, std::vector<ConditionId> const& of) {
    std::int64_t sum = 0;
    for (auto const& log : logs) {
        auto const paid = payout_redemption(log, polygon_settlement_contracts().conditional_tokens);
        if (paid && std::ranges::find(of, paid->condition) != of.end()) sum += paid->micros;
    }
    return sum;
}

} // namespace

Task<RpcResult<PayoutProof>> prove_payout(
    ChainRpc& rpc,
    Receipt const& receipt,
    Address token,
    Address wallet,
    std::vector<ConditionId> conditions,
    Instant deadline
) {
    PayoutProof proof;
    proof.micros = net_received(receipt.logs, token, wallet);
    if (!conditions.empty()) {
        auto const logged = logged_payouts(receipt.logs, conditions);
        if (logged != proof.micros) {
            proof.doubt = fmt::format(
                "the markets paid {} micros, the wallet received {}", logged, proof.micros
            );
            co_return proof;
        }
    }
    auto const after = co_await balance_at(rpc, token, wallet, receipt.block, deadline);
    if (!after) co_return after.error();
    auto const before = co_await balance_at(rpc, token, wallet, receipt.block - 1, deadline);
    if (!before) co_return before.error();
    LogFilter filter;
    filter.from_block = filter.to_block = receipt.block;
    filter.contracts = {token};
    filter.topics = {erc20_transfer_topic(), crypto::word(wallet)};
    auto const sent = co_await rpc.logs(filter, deadline);
    if (!sent) co_return sent.error();
    filter.topics = {erc20_transfer_topic(), std::nullopt, crypto::word(wallet)};
    auto const received = co_await rpc.logs(filter, deadline);
    if (!received) co_return received.error();
    auto transfers = *sent;
    add_new(transfers, *received);
    auto const moved = net_received(transfers, token, wallet);
    if (*after - *before != moved) {
        proof.doubt = fmt::format(
            "the balance changed by {} micros, the block's transfers by {}", *after - *before, moved
        );
        co_return proof;
    }
    proof.holds = true;
    co_return proof;
}

} // namespace polyquant::chain
