#include "connectors/chain/rpc/rpc_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace polyquant::chain {

namespace {

RpcError error_of(Failure failure) {
    RpcError error;
    error.trouble = failure.fault == Fault::parse          ? RpcTrouble::malformed
                    : failure.fault == Fault::rate_limited ? RpcTrouble::rate_limited
                    : failure.fault == Fault::invalid      ? RpcTrouble::wrong_chain
                                                           : RpcTrouble::unavailable;
    error.failure = std::move(failure);
    return error;
}

bool is_limited(RpcResult<std::string> const& answer) {
    return !answer && answer.error().trouble == RpcTrouble::rate_limited;
}

bool is_unavailable(RpcResult<std::string> const& answer) {
    return !answer && answer.error().trouble == RpcTrouble::unavailable;
}

} // namespace

RpcClient::RpcClient(net::NetContext& context, Options options)
    : context_{context}, options_{std::move(options)} {
    nodes_.push_back({"rpc.first", options_.first, false});
    if (options_.second) nodes_.push_back({"rpc.second", *options_.second, false});
    net::GroupLimits limits;
    limits.rate = options_.rate;
    for (auto const& node : nodes_)
        context_.groups.add(node.group, limits);
}

Task<RpcResult<std::string>>
RpcClient::call(std::string method, std::string params, Instant deadline) {
    std::vector<RpcRequest> requests;
    requests.push_back({std::move(method), std::move(params)});
    auto answers = co_await ask_any(std::move(requests), deadline);
    if (!answers) co_return error_of(answers.error());
    co_return std::move(answers->front());
}

Task<RpcResult<std::vector<RpcResult<std::string>>>>
RpcClient::call_many(std::vector<RpcRequest> requests, Instant deadline) {
    Answers all;
    auto const step = static_cast<std::ptrdiff_t>(options_.batch_max);
    for (auto at = requests.begin(); at != requests.end();) {
        auto const end = requests.end() - at <= step ? requests.end() : at + step;
        std::vector<RpcRequest> batch{at, end};
        auto answers = co_await ask_any(std::move(batch), deadline);
        if (!answers) co_return error_of(answers.error());
        std::ranges::move(*answers, std::back_inserter(all));
        at = end;
    }
    co_return all;
}

// Node after node. What a node says of a call is an answer; only where it did not serve, the next
// one is asked.
Task<Result<RpcClient::Answers>>
RpcClient::ask_any(std::vector<RpcRequest> requests, Instant deadline) {
    auto const now = context_.clock.now();
    std::vector<Node*> order;
    for (auto& node : nodes_)
        order.push_back(&node);
    std::ranges::sort(order, {}, [&](Node const* node) {
        return std::pair{node->avoided_until > now, node->group};
    });
    std::optional<Failure> failure;
    for (auto* const node : order) {
        auto const is_last = node == order.back();
        auto const limit =
            is_last ? deadline : std::min(deadline, context_.clock.now() + options_.node_limit);
        auto answers = co_await ask_one(*node, requests, limit);
        if (node == &nodes_.back() && nodes_.size() > 1) ++counts_.by_second;
        if (answers) co_return answers;
        failure = answers.error();
        if (failure->fault == Fault::cancelled) break;
        node->avoided_until = context_.clock.now() + options_.avoided_for;
    }
    co_return *failure;
}

Task<Result<RpcClient::Answers>>
RpcClient::ask_one(Node& node, std::vector<RpcRequest> requests, Instant deadline) {
    if (!node.proven) {
        auto const proven = co_await prove(node, deadline);
        if (!proven) co_return proven.error();
    }
    co_return co_await ask(node, std::move(requests), deadline);
}

Task<Result<void>> RpcClient::prove(Node& node, Instant deadline) {
    std::vector<RpcRequest> requests;
    requests.push_back({"eth_chainId", "[]"});
    auto const answers = co_await ask(node, std::move(requests), deadline);
    if (!answers) co_return answers.error();
    auto const& answer = answers->front();
    if (!answer) co_return answer.error().failure;
    auto const id = parse_quantity(*answer, node.group + ".eth_chainId");
    if (!id) co_return id.error();
    if (*id != options_.chain_id)
        co_return Failure{
            Fault::invalid,
            node.group,
            fmt::format("this node serves chain {}, not {}", *id, options_.chain_id)
        };
    node.proven = true;
    co_return Result<void>{};
}

Task<Result<RpcClient::Answers>>
RpcClient::ask(Node& node, std::vector<RpcRequest> requests, Instant deadline) {
    auto const id = next_id_;
    next_id_ += requests.size();
    net::HttpRequest http;
    http.method = net::Method::post;
    http.url = node.url;
    http.headers.push_back({"Content-Type", "application/json"});
    http.body = request_body(requests, id);
    http.safe_to_repeat = true;
    http.group = node.group;
    http.cost = static_cast<int>(requests.size());
    ++counts_.requests;
    counts_.calls += requests.size();
    auto const where = node.group + "." + requests.front().method;
    auto const response = co_await context_.https.send(std::move(http), deadline);
    if (!response) co_return response.error();
    // Some nodes put the error of a call under a status of its own; its body says more.
    auto answers = parse_answers(response->body, requests, id, where);
    auto const fault = net::fault_of_status(response->status);
    if (fault && (!answers || *fault == Fault::rate_limited)) {
        if (*fault == Fault::rate_limited) ++counts_.limited;
        co_return Failure{
            *fault,
            where,
            fmt::format("HTTP {}: {}", response->status, response->body.substr(0, 200)),
            response->status
        };
    }
    if (!answers) co_return answers.error();
    co_return judge(node, std::move(*answers));
}

// A node that serves part of a batch and refuses the rest for its limit has not served it.
Result<RpcClient::Answers> RpcClient::judge(Node const& node, Answers answers) {
    if (auto const limited = std::ranges::find_if(answers, is_limited); limited != answers.end()) {
        ++counts_.limited;
        context_.groups.find(node.group)
            ->limiter.block_until(context_.clock.now() + options_.limited_pause);
        return limited->error().failure;
    }
    if (auto const failed = std::ranges::find_if(answers, is_unavailable); failed != answers.end())
        return failed->error().failure;
    return answers;
}

} // namespace polyquant::chain
