// What is asked of the chain, as typed calls. A thin layer: one call each, nothing remembered.
#pragma once

#include "connectors/chain/rpc/rpc_client.hpp"

namespace polyquant::chain {

class ChainRpc {
public:
    explicit ChainRpc(RpcClient& client) : client_{client} {}

    Task<RpcResult<std::uint64_t>> block_number(Instant deadline);
    // Empty where the chain has no such block (any more).
    Task<RpcResult<std::optional<Hash32>>> block_hash(std::uint64_t number, Instant deadline);
    Task<RpcResult<std::uint64_t>> nonce(Address account, BlockAt at, Instant deadline);
    Task<RpcResult<Wei>> balance(Address account, Instant deadline);
    // A call to an address without code succeeds and does nothing: look before trusting a status.
    Task<RpcResult<bool>> has_code(Address contract, Instant deadline);
    Task<RpcResult<ByteString>>
    call(Address from, Call what, Instant deadline, BlockAt at = BlockAt::latest());
    // Results or reverts in the order of the calls, in batches.
    Task<RpcResult<std::vector<RpcResult<ByteString>>>> call_many(
        Address from, std::vector<Call> calls, Instant deadline, BlockAt at = BlockAt::latest()
    );
    Task<RpcResult<std::uint64_t>> estimate_gas(Address from, Call what, Instant deadline);
    Task<RpcResult<FeeHistory>> fee_history(int blocks, int percentile, Instant deadline);
    Task<RpcResult<std::uint64_t>> suggested_tip(Instant deadline);
    Task<RpcResult<Hash32>> send_raw(ByteString raw, Instant deadline);
    Task<RpcResult<std::optional<Receipt>>> receipt(Hash32 transaction, Instant deadline);
    // In the order of the hashes.
    Task<RpcResult<std::vector<std::optional<Receipt>>>>
    receipts(std::vector<Hash32> transactions, Instant deadline);
    // Does the node know it, mined or waiting?
    Task<RpcResult<bool>> knows(Hash32 transaction, Instant deadline);
    Task<RpcResult<std::vector<Log>>> logs(LogFilter filter, Instant deadline);

private:
    RpcClient& client_;
};

} // namespace polyquant::chain
