// JSON-RPC over HTTPS to one node, and to a second where the first does not serve.
#pragma once

#include "connectors/chain/rpc/rpc_values.hpp"
#include "connectors/net/net_context.hpp"

namespace polyquant::chain {

// Endpoint groups "rpc.first" and "rpc.second". Whatever is asked may be asked twice: reads have no
// effect, and a raw transaction is the same transaction however often it is sent.
class RpcClient {
public:
    struct Options {
        net::Url first;
        std::optional<net::Url> second;
        std::uint64_t chain_id = 137;
        // A batch counts its calls; free nodes serve some tens a second.
        net::TokenRate rate{100, Millis{25}};
        std::size_t batch_max = 40;
        Nanos node_limit = Seconds{5};    // then the second one is asked
        Nanos avoided_for = Seconds{30};  // a node that did not serve comes last for so long
        Nanos limited_pause = Seconds{2}; // after "rate limited" without a Retry-After
    };

    RpcClient(net::NetContext& context, Options options);

    // The result as JSON text. Every node proves its chain id before its first answer counts.
    Task<RpcResult<std::string>> call(std::string method, std::string params, Instant deadline);
    // Batches of at most batch_max, one after the other; the answers in the order of the requests.
    // A failure of transport is the failure of all.
    Task<RpcResult<std::vector<RpcResult<std::string>>>>
    call_many(std::vector<RpcRequest> requests, Instant deadline);

    struct Counts {
        std::uint64_t requests = 0; // HTTP
        std::uint64_t calls = 0;
        std::uint64_t by_second = 0; // asked of the second node
        std::uint64_t limited = 0;
    };

    Counts const& counts() const { return counts_; }

private:
    struct Node {
        std::string group;
        net::Url url;
        bool proven = false;     // its chain is ours
        Instant avoided_until{}; // it did not serve lately: asked last
    };

    using Answers = std::vector<RpcResult<std::string>>;

    Task<Result<Answers>> ask(Node& node, std::vector<RpcRequest> requests, Instant deadline);
    Task<Result<void>> prove(Node& node, Instant deadline);
    Task<Result<Answers>> ask_one(Node& node, std::vector<RpcRequest> requests, Instant deadline);
    Task<Result<Answers>> ask_any(std::vector<RpcRequest> requests, Instant deadline);
    Result<Answers> judge(Node const& node, Answers answers);

    net::NetContext& context_;
    Options options_;
    std::vector<Node> nodes_;
    std::uint64_t next_id_ = 1;
    Counts counts_;
};

} // namespace polyquant::chain
