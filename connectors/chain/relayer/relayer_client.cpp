#include "connectors/chain/relayer/relayer_client.hpp"

#include "connectors/json/dom.hpp"

#include <charconv>

namespace polyquant::chain {

namespace {

constexpr auto read_group = "relayer";
constexpr auto submit_group = "relayer.submit";

Failure broken(std::string_view body) {
    return {Fault::parse, "relayer", "unexpected answer: " + json::excerpt(body)};
}

// Numbers come as text.
Result<std::uint64_t> number(json::Element object, std::string_view key, std::string_view body) {
    auto const text = json::text_or_number(object, key);
    std::uint64_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return broken(body);
    return value;
}

RelayedState::Kind kind_of(std::string_view state) {
    using Kind = RelayedState::Kind;
    if (state == "STATE_MINED" || state == "STATE_CONFIRMED") return Kind::mined;
    if (state == "STATE_FAILED" || state == "STATE_INVALID") return Kind::failed;
    return Kind::waiting;
}

} // namespace

Result<RelayedState> parse_relayed(std::string_view body) {
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, "relayer");
    if (!root) return root.error();
    simdjson::dom::array rows;
    if (root->get_array().get(rows) != simdjson::SUCCESS) return broken(body);
    RelayedState state;
    if (rows.size() == 0) {
        state.kind = RelayedState::Kind::unknown;
        return state;
    }
    auto const row = rows.at(0).value();
    state.words = json::text(row, "state");
    state.kind = kind_of(state.words);
    if (auto const why = json::text(row, "errorMsg"); !why.empty())
        state.words += ": " + std::string{why};
    crypto::Hash32 hash;
    if (crypto::parse_hex_into(json::text(row, "transactionHash"), hash)) state.transaction = hash;
    return state;
}

RelayerClient::RelayerClient(net::NetContext& context, Options options)
    : context_{context}, options_{std::move(options)} {
    net::GroupLimits reads;
    reads.rate = net::TokenRate::of(50, Seconds{10});
    context_.groups.add(read_group, reads);
    net::GroupLimits submits;
    submits.rate = net::TokenRate::of(25, Seconds{60});
    context_.groups.add(submit_group, submits);
}

net::Url RelayerClient::at(std::string const& path) const {
    auto prefix = options_.url.target;
    if (prefix.ends_with('/')) prefix.pop_back();
    return net::with_target(options_.url, prefix + path);
}

Task<Result<net::HttpResponse>> RelayerClient::get(std::string path, Instant deadline) {
    co_return co_await context_.https.fetch(net::get_request(at(path), read_group), deadline);
}

Task<Result<std::uint64_t>>
RelayerClient::nonce(crypto::Address owner, RelayKind kind, Instant deadline) {
    auto const answer = co_await get(
        net::with_query("/nonce", {{"address", to_string(owner)}, {"type", kind}}), deadline
    );
    if (!answer) co_return answer.error();
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, answer->body, "relayer.nonce");
    if (!root) co_return root.error();
    co_return number(*root, "nonce", answer->body);
}

Task<Result<RelayPayload>> RelayerClient::relay_payload(crypto::Address owner, Instant deadline) {
    auto const answer = co_await get(
        net::with_query("/relay-payload", {{"address", to_string(owner)}, {"type", "PROXY"}}),
        deadline
    );
    if (!answer) co_return answer.error();
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, answer->body, "relayer.relay_payload");
    if (!root) co_return root.error();
    auto const relay = crypto::parse_address(json::text(*root, "address"));
    auto const nonce = number(*root, "nonce", answer->body);
    if (!relay) co_return broken(answer->body);
    if (!nonce) co_return nonce.error();
    co_return RelayPayload{*relay, *nonce};
}

Task<Result<std::string>> RelayerClient::submit(std::string body, Instant deadline) {
    net::HttpRequest request;
    request.method = net::Method::post;
    request.url = at("/submit");
    request.group = submit_group;
    request.body = std::move(body);
    request.headers = {
        {"Content-Type", "application/json"},
        {"RELAYER_API_KEY", std::string{options_.key.key->reveal_text()}},
        {"RELAYER_API_KEY_ADDRESS", to_string(options_.key.account)}
    };
    auto const sent = co_await context_.https.send(std::move(request), deadline);
    if (!sent) co_return sent.error();
    auto const answer = net::require_success(*sent, "relayer.submit");
    if (!answer) co_return answer.error();
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, answer->body, "relayer.submit");
    if (!root) co_return root.error();
    auto const id = json::text(*root, "transactionID");
    if (id.empty() || id.find_first_of(" \n\t") != std::string_view::npos)
        co_return broken(answer->body);
    co_return std::string{id};
}

Task<Result<RelayedState>> RelayerClient::look_up(std::string id, Instant deadline) {
    auto const answer =
        co_await get(net::with_query("/transaction", {{"id", std::move(id)}}), deadline);
    if (!answer) co_return answer.error();
    co_return parse_relayed(answer->body);
}

} // namespace polyquant::chain
