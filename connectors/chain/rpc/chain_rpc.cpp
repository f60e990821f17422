#include "connectors/chain/rpc/chain_rpc.hpp"

#include <fmt/format.h>

namespace polyquant::chain {

namespace {

RpcError malformed(Failure failure) {
    return {RpcTrouble::malformed, std::move(failure), {}};
}

template <class T>
RpcResult<T> typed(Result<T> parsed) {
    if (!parsed) return malformed(parsed.error());
    return std::move(*parsed);
}

std::string quoted_hex(Bytes bytes) {
    return "\"" + crypto::to_0x_hex(bytes) + "\"";
}

std::string one(Bytes bytes) {
    return "[" + quoted_hex(bytes) + "]";
}

std::string at_block(Bytes subject, BlockAt at) {
    return fmt::format("[{},{}]", quoted_hex(subject), block_text(at));
}

} // namespace

Task<RpcResult<std::uint64_t>> ChainRpc::block_number(Instant deadline) {
    auto const answer = co_await client_.call("eth_blockNumber", "[]", deadline);
    if (!answer) co_return answer.error();
    co_return typed(parse_quantity(*answer, "rpc.block_number"));
}

Task<RpcResult<std::optional<Hash32>>>
ChainRpc::block_hash(std::uint64_t number, Instant deadline) {
    auto const answer = co_await client_.call(
        "eth_getBlockByNumber", fmt::format("[{},false]", quantity(number)), deadline
    );
    if (!answer) co_return answer.error();
    co_return typed(parse_block_hash(*answer));
}

Task<RpcResult<std::uint64_t>> ChainRpc::nonce(Address account, BlockAt at, Instant deadline) {
    auto const answer =
        co_await client_.call("eth_getTransactionCount", at_block(account.bytes, at), deadline);
    if (!answer) co_return answer.error();
    co_return typed(parse_quantity(*answer, "rpc.nonce"));
}

Task<RpcResult<Wei>> ChainRpc::balance(Address account, Instant deadline) {
    auto const answer = co_await client_.call(
        "eth_getBalance", at_block(account.bytes, BlockAt::latest()), deadline
    );
    if (!answer) co_return answer.error();
    co_return typed(parse_wei(*answer, "rpc.balance"));
}

Task<RpcResult<bool>> ChainRpc::has_code(Address contract, Instant deadline) {
    auto const answer =
        co_await client_.call("eth_getCode", at_block(contract.bytes, BlockAt::latest()), deadline);
    if (!answer) co_return answer.error();
    auto const code = parse_data(*answer, "rpc.code");
    if (!code) co_return malformed(code.error());
    co_return !code->empty();
}

Task<RpcResult<ByteString>> ChainRpc::call(Address from, Call what, Instant deadline, BlockAt at) {
    auto const answer = co_await client_.call("eth_call", call_params(from, what, at), deadline);
    if (!answer) co_return answer.error();
    co_return typed(parse_data(*answer, "rpc.call"));
}

Task<RpcResult<std::vector<RpcResult<ByteString>>>>
ChainRpc::call_many(Address from, std::vector<Call> calls, Instant deadline, BlockAt at) {
    std::vector<RpcRequest> requests;
    for (auto const& call : calls)
        requests.push_back({"eth_call", call_params(from, call, at)});
    auto const answers = co_await client_.call_many(std::move(requests), deadline);
    if (!answers) co_return answers.error();
    std::vector<RpcResult<ByteString>> results;
    for (auto const& answer : *answers) {
        if (answer)
            results.push_back(typed(parse_data(*answer, "rpc.call")));
        else
            results.emplace_back(answer.error());
    }
    co_return results;
}

Task<RpcResult<std::uint64_t>> ChainRpc::estimate_gas(Address from, Call what, Instant deadline) {
    auto const answer = co_await client_.call(
        "eth_estimateGas", call_params(from, what, BlockAt::latest()), deadline
    );
    if (!answer) co_return answer.error();
    co_return typed(parse_quantity(*answer, "rpc.estimate_gas"));
}

Task<RpcResult<FeeHistory>> ChainRpc::fee_history(int blocks, int percentile, Instant deadline) {
    auto const answer = co_await client_.call(
        "eth_feeHistory", fmt::format("[\"0x{:x}\",\"latest\",[{}]]", blocks, percentile), deadline
    );
    if (!answer) co_return answer.error();
    co_return typed(parse_fee_history(*answer));
}

Task<RpcResult<std::uint64_t>> ChainRpc::suggested_tip(Instant deadline) {
    auto const answer = co_await client_.call("eth_maxPriorityFeePerGas", "[]", deadline);
    if (!answer) co_return answer.error();
    co_return typed(parse_quantity(*answer, "rpc.suggested_tip"));
}

Task<RpcResult<Hash32>> ChainRpc::send_raw(ByteString raw, Instant deadline) {
    auto const answer = co_await client_.call("eth_sendRawTransaction", one(raw), deadline);
    if (!answer) co_return answer.error();
    co_return typed(parse_hash(*answer, "rpc.send_raw"));
}

Task<RpcResult<std::optional<Receipt>>> ChainRpc::receipt(Hash32 transaction, Instant deadline) {
    auto const answer =
        co_await client_.call("eth_getTransactionReceipt", one(transaction), deadline);
    if (!answer) co_return answer.error();
    co_return typed(parse_receipt(*answer));
}

Task<RpcResult<std::vector<std::optional<Receipt>>>>
ChainRpc::receipts(std::vector<Hash32> transactions, Instant deadline) {
    std::vector<RpcRequest> requests;
    for (auto const& hash : transactions)
        requests.push_back({"eth_getTransactionReceipt", one(hash)});
    auto const answers = co_await client_.call_many(std::move(requests), deadline);
    if (!answers) co_return answers.error();
    std::vector<std::optional<Receipt>> receipts;
    for (auto const& answer : *answers) {
        if (!answer) co_return answer.error();
        auto receipt = parse_receipt(*answer);
        if (!receipt) co_return malformed(receipt.error());
        receipts.push_back(std::move(*receipt));
    }
    co_return receipts;
}

Task<RpcResult<bool>> ChainRpc::knows(Hash32 transaction, Instant deadline) {
    auto const answer =
        co_await client_.call("eth_getTransactionByHash", one(transaction), deadline);
    if (!answer) co_return answer.error();
    co_return *answer != "null";
}

Task<RpcResult<std::vector<Log>>> ChainRpc::logs(LogFilter filter, Instant deadline) {
    auto const answer = co_await client_.call("eth_getLogs", filter_params(filter), deadline);
    if (!answer) co_return answer.error();
    co_return typed(parse_logs(*answer));
}

} // namespace polyquant::chain
