// JSON-RPC values: what goes into a request and what comes out of an answer. Pure.
// https://ethereum.org/en/developers/docs/apis/json-rpc/
#pragma once

#include "connectors/chain/calls.hpp"
#include "connectors/chain/logs.hpp"
#include "connectors/chain/rpc/rpc_error.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace polyquant::chain {

// A block by number, or one of the node's names.
struct BlockAt {
    enum class Name : std::uint8_t { latest, pending } name = Name::latest;
    std::optional<std::uint64_t> number{};

    static BlockAt latest() { return {}; }

    static BlockAt pending() { return {Name::pending, std::nullopt}; }

    static BlockAt of(std::uint64_t number) { return {Name::latest, number}; }
};

struct Receipt {
    Hash32 transaction{};
    std::uint64_t block = 0;
    Hash32 block_hash{};
    bool succeeded = false;
    std::uint64_t gas_used = 0;
    std::uint64_t gas_price = 0; // paid
    Address from;
    std::vector<Log> logs{};

    Wei fee() const { return gas_cost(gas_used, gas_price); }
};

struct FeeHistory {
    std::uint64_t base_fee_next = 0;
    // What was paid on top in each block, oldest first: the percentile asked for. Zero for an
    // empty block.
    std::vector<std::uint64_t> tips{};
};

struct LogFilter {
    std::uint64_t from_block = 0;
    std::uint64_t to_block = 0;
    std::vector<Address> contracts{};
    std::vector<std::optional<Hash32>> topics{}; // empty: any
};

struct RpcRequest {
    std::string method;
    std::string params; // a JSON array
};

// One request as a call object, several as a batch; ids count from `id`.
std::string request_body(std::vector<RpcRequest> const& requests, std::uint64_t id);

// The answers in the order of their requests: `result` as JSON text, or the node's error. Fails as
// a whole when the body is no answer to these requests. `where` names the node.
Result<std::vector<RpcResult<std::string>>> parse_answers(
    std::string_view body,
    std::vector<RpcRequest> const& requests,
    std::uint64_t id,
    std::string const& where
);

std::string quantity(std::uint64_t value); // "0x1f", quoted
std::string block_text(BlockAt at);        // quoted
std::string call_params(Address const& from, Call const& call, BlockAt at);
std::string filter_params(LogFilter const& filter);

// Out of `result` as text; Fault::parse with `where`.
Result<std::uint64_t> parse_quantity(std::string_view json, std::string_view where);
Result<Wei> parse_wei(std::string_view json, std::string_view where);
Result<ByteString> parse_data(std::string_view json, std::string_view where);
Result<Hash32> parse_hash(std::string_view json, std::string_view where);
// Empty for null: not mined.
Result<std::optional<Receipt>> parse_receipt(std::string_view json);
Result<FeeHistory> parse_fee_history(std::string_view json);
Result<std::vector<Log>> parse_logs(std::string_view json);
// Hash of a block; empty for null.
Result<std::optional<Hash32>> parse_block_hash(std::string_view json);

} // namespace polyquant::chain
