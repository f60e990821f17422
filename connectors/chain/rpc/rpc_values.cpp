#include "connectors/chain/rpc/rpc_values.hpp"

#include "connectors/json/dom.hpp"
#include "connectors/json/writer.hpp"

#include <fmt/format.h>

#include <charconv>

namespace polyquant::chain {

namespace {

using json::Element;

Failure broken(std::string_view where, std::string detail) {
    return {Fault::parse, std::string{where}, std::move(detail)};
}

Result<Wide> wide_of(std::string_view text, std::string_view where) {
    if (!text.starts_with("0x") || text.size() < 3 || text.size() > 34)
        return broken(where, fmt::format("'{}' is no quantity", text.substr(0, 40)));
    Wide value = 0;
    for (auto const c : text.substr(2)) {
        unsigned digit = 0;
        auto const [end, error] = std::from_chars(&c, &c + 1, digit, 16);
        if (error != std::errc{})
            return broken(where, fmt::format("'{}' is no quantity", text.substr(0, 40)));
        value = value << 4 | digit;
    }
    return value;
}

Result<std::uint64_t> whole_of(std::string_view text, std::string_view where) {
    auto const value = wide_of(text, where);
    if (!value) return value.error();
    if (*value >> 64 != 0) return broken(where, fmt::format("'{}' is too large", text));
    return static_cast<std::uint64_t>(*value);
}

Result<std::uint64_t> whole_member(Element object, std::string_view key, std::string_view where) {
    return whole_of(json::text(object, key), fmt::format("{}.{}", where, key));
}

Result<Address> address_member(Element object, std::string_view key, std::string_view where) {
    Address out;
    if (!crypto::parse_hex_into(json::text(object, key), out.bytes))
        return broken(where, fmt::format("'{}' is no address", key));
    return out;
}

// A parsed answer and what it lives in.
struct Document {
    simdjson::dom::parser parser{};
    Element root{};
};

Result<void> read(Document& to, std::string_view json, std::string_view where) {
    auto const parsed = json::parse(to.parser, json, where);
    if (!parsed) return parsed.error();
    to.root = *parsed;
    return Result<void>{};
}

Result<std::string_view> text_root(Document& to, std::string_view json, std::string_view where) {
    if (auto const done = read(to, json, where); !done) return done.error();
    std::string_view text;
    if (to.root.get_string().get(text) != simdjson::SUCCESS)
        return broken(where, "no text: " + json::excerpt(json));
    return text;
}

Result<Log> log_of(Element e) {
    constexpr auto where = "rpc.log";
    Log log;
    auto const contract = address_member(e, "address", where);
    if (!contract) return contract.error();
    log.contract = *contract;
    auto const data = crypto::parse_hex(json::text(e, "data"));
    if (!data) return broken(where, "'data' is no hex text");
    log.data = *data;
    auto const index = whole_member(e, "logIndex", where);
    if (!index) return index.error();
    log.index = *index;
    if (!crypto::parse_hex_into(json::text(e, "transactionHash"), log.transaction))
        return broken(where, "no transaction");
    simdjson::dom::array topics;
    if (e["topics"].get_array().get(topics) != simdjson::SUCCESS) return broken(where, "no topics");
    for (auto const topic : topics) {
        std::string_view text;
        Hash32 hash;
        if (topic.get_string().get(text) != simdjson::SUCCESS ||
            !crypto::parse_hex_into(text, hash)) {
            return broken(where, "a topic is no hash");
        }
        log.topics.push_back(hash);
    }
    return log;
}

Result<std::vector<Log>> logs_of(Element value) {
    simdjson::dom::array rows;
    if (value.get_array().get(rows) != simdjson::SUCCESS) return broken("rpc.logs", "no list");
    std::vector<Log> logs;
    for (auto const row : rows) {
        auto log = log_of(row);
        if (!log) return log.error();
        logs.push_back(std::move(*log));
    }
    return logs;
}

// A revert's reason stands in the data, where nodes give it; else it is part of the words.
RpcError error_of(Element error, std::string const& where) {
    std::int64_t code = 0;
    (void)error["code"].get_int64().get(code);
    std::string_view words; // gateways in front of nodes answer with mere text
    if (error.get_string().get(words) != simdjson::SUCCESS) words = json::text(error, "message");
    std::string const message{words};
    RpcError out;
    out.trouble = trouble_of(code, message);
    out.failure = {
        out.trouble == RpcTrouble::rate_limited  ? Fault::rate_limited
        : out.trouble == RpcTrouble::unavailable ? Fault::transport
                                                 : Fault::rejected,
        where,
        fmt::format("{} (code {})", message, code)
    };
    if (out.trouble != RpcTrouble::reverted) return out;
    auto const data = crypto::parse_hex(json::text(error, "data"));
    out.reason = data ? revert_reason(*data) : std::string{};
    constexpr std::string_view head = "execution reverted: ";
    if (out.reason.empty() && message.starts_with(head)) out.reason = message.substr(head.size());
    return out;
}

Result<RpcResult<std::string>> answer_of(Element e, std::string const& where) {
    if (auto const error = json::member(e, "error"))
        return RpcResult<std::string>{error_of(*error, where)};
    Element result;
    if (e["result"].get(result) != simdjson::SUCCESS)
        return broken(where, "an answer has neither result nor error");
    return RpcResult<std::string>{std::string{simdjson::minify(result)}};
}

} // namespace

std::string request_body(std::vector<RpcRequest> const& requests, std::uint64_t id) {
    json::Writer w;
    if (requests.size() != 1) w.begin_array();
    for (auto const& request : requests)
        w.begin_object()
            .text("jsonrpc", "2.0")
            .whole("id", static_cast<std::int64_t>(id++))
            .text("method", request.method)
            .raw("params", request.params)
            .end_object();
    if (requests.size() != 1) w.end_array();
    return w.take();
}

Result<std::vector<RpcResult<std::string>>> parse_answers(
    std::string_view body,
    std::vector<RpcRequest> const& requests,
    std::uint64_t id,
    std::string const& where
) {
    Document d;
    if (auto const done = read(d, body, where); !done) return done.error();
    std::vector<Element> rows;
    if (simdjson::dom::array list; d.root.get_array().get(list) == simdjson::SUCCESS) {
        rows.assign(list.begin(), list.end());
    } else {
        rows.push_back(d.root);
    }
    // A node that cannot serve a batch at all answers it with one error.
    if (rows.size() == 1 && requests.size() > 1) {
        if (auto const error = json::member(rows.front(), "error"))
            return std::vector<RpcResult<std::string>>(requests.size(), error_of(*error, where));
    }
    std::vector<std::optional<RpcResult<std::string>>> found(requests.size());
    for (auto const row : rows) {
        std::uint64_t number = 0;
        // An error about the request itself comes without an id.
        if (row["id"].get_uint64().get(number) != simdjson::SUCCESS && requests.size() == 1)
            number = id;
        if (number < id || number - id >= requests.size())
            return broken(where, "an answer to something else: " + json::excerpt(body));
        auto answer = answer_of(row, where);
        if (!answer) return answer.error();
        found[number - id] = std::move(*answer);
    }
    std::vector<RpcResult<std::string>> answers;
    for (auto& answer : found) {
        if (!answer) return broken(where, "an answer is missing: " + json::excerpt(body));
        answers.push_back(std::move(*answer));
    }
    return answers;
}

std::string quantity(std::uint64_t value) {
    return fmt::format("\"0x{:x}\"", value);
}

std::string block_text(BlockAt at) {
    if (at.number) return quantity(*at.number);
    return at.name == BlockAt::Name::latest ? "\"latest\"" : "\"pending\"";
}

std::string call_params(Address const& from, Call const& call, BlockAt at) {
    json::Writer w;
    w.begin_array()
        .begin_object()
        .text("from", crypto::to_0x_hex(from.bytes))
        .text("to", crypto::to_0x_hex(call.to.bytes));
    if (call.value != Wei{}) w.raw("value", quantity(static_cast<std::uint64_t>(call.value.value)));
    return w.text("data", crypto::to_0x_hex(call.data))
        .end_object()
        .raw(block_text(at))
        .end_array()
        .take();
}

std::string filter_params(LogFilter const& filter) {
    json::Writer w;
    w.begin_array()
        .begin_object()
        .raw("fromBlock", quantity(filter.from_block))
        .raw("toBlock", quantity(filter.to_block))
        .key("address")
        .begin_array();
    for (auto const& contract : filter.contracts)
        w.text(crypto::to_0x_hex(contract.bytes));
    w.end_array().key("topics").begin_array();
    for (auto const& topic : filter.topics) {
        if (topic)
            w.text(crypto::to_0x_hex(*topic));
        else
            w.null();
    }
    return w.end_array().end_object().end_array().take();
}

Result<std::uint64_t> parse_quantity(std::string_view json, std::string_view where) {
    Document d;
    auto const text = text_root(d, json, where);
    if (!text) return text.error();
    return whole_of(*text, where);
}

Result<Wei> parse_wei(std::string_view json, std::string_view where) {
    Document d;
    auto const text = text_root(d, json, where);
    if (!text) return text.error();
    auto const value = wide_of(*text, where);
    if (!value) return value.error();
    return Wei{*value};
}

Result<ByteString> parse_data(std::string_view json, std::string_view where) {
    Document d;
    auto const text = text_root(d, json, where);
    if (!text) return text.error();
    auto bytes = crypto::parse_hex(*text);
    if (!bytes) return broken(where, "no hex text: " + json::excerpt(json));
    return std::move(*bytes);
}

Result<Hash32> parse_hash(std::string_view json, std::string_view where) {
    Document d;
    auto const text = text_root(d, json, where);
    if (!text) return text.error();
    Hash32 hash;
    if (!crypto::parse_hex_into(*text, hash))
        return broken(where, "no hash: " + json::excerpt(json));
    return hash;
}

Result<std::optional<Receipt>> parse_receipt(std::string_view json) {
    constexpr auto where = "rpc.receipt";
    Document d;
    if (auto const done = read(d, json, where); !done) return done.error();
    if (d.root.is_null()) return std::optional<Receipt>{};
    Receipt r;
    if (!crypto::parse_hex_into(json::text(d.root, "transactionHash"), r.transaction) ||
        !crypto::parse_hex_into(json::text(d.root, "blockHash"), r.block_hash)) {
        return broken(where, "no hashes");
    }
    auto const from = address_member(d.root, "from", where);
    if (!from) return from.error();
    r.from = *from;
    for (auto const& [key, to] :
         {std::pair{"blockNumber", &r.block},
          std::pair{"gasUsed", &r.gas_used},
          std::pair{"effectiveGasPrice", &r.gas_price}}) {
        auto const value = whole_member(d.root, key, where);
        if (!value) return value.error();
        *to = *value;
    }
    auto const status = whole_member(d.root, "status", where);
    if (!status) return status.error();
    r.succeeded = *status == 1;
    auto const list = json::member(d.root, "logs");
    if (!list) return broken(where, "no logs");
    auto logs = logs_of(*list);
    if (!logs) return logs.error();
    r.logs = std::move(*logs);
    return std::optional{std::move(r)};
}

Result<FeeHistory> parse_fee_history(std::string_view json) {
    constexpr auto where = "rpc.fee_history";
    Document d;
    if (auto const done = read(d, json, where); !done) return done.error();
    // One more than blocks asked for: the last is the next block's.
    auto const base_fees = json::strings(d.root, "baseFeePerGas");
    if (!base_fees || base_fees->empty()) return broken(where, "no base fees");
    auto const next = whole_of(base_fees->back(), where);
    if (!next) return next.error();
    FeeHistory history;
    history.base_fee_next = *next;
    simdjson::dom::array rewards;
    if (d.root["reward"].get_array().get(rewards) != simdjson::SUCCESS) return history;
    for (auto const row : rewards) {
        std::string_view text;
        if (row.at(0).get_string().get(text) != simdjson::SUCCESS)
            return broken(where, "a reward is missing");
        auto const tip = whole_of(text, where);
        if (!tip) return tip.error();
        history.tips.push_back(*tip);
    }
    return history;
}

Result<std::vector<Log>> parse_logs(std::string_view json) {
    Document d;
    if (auto const done = read(d, json, "rpc.logs"); !done) return done.error();
    return logs_of(d.root);
}

Result<std::optional<Hash32>> parse_block_hash(std::string_view json) {
    constexpr auto where = "rpc.block";
    Document d;
    if (auto const done = read(d, json, where); !done) return done.error();
    if (d.root.is_null()) return std::optional<Hash32>{};
    Hash32 hash;
    if (!crypto::parse_hex_into(json::text(d.root, "hash"), hash)) return broken(where, "no hash");
    return std::optional{hash};
}

} // namespace polyquant::chain
