#include "connectors/polymarket/parse/order_answer.hpp"

#include "connectors/json/decimal.hpp"
#include "connectors/json/dom.hpp"

#include <fmt/format.h>

#include <limits>

namespace polyquant::polymarket {

namespace {

using json::Element;

Failure unreadable(std::string_view where, std::string_view what, std::string_view body) {
    return Failure{
        Fault::parse, std::string{where}, fmt::format("{} in {}", what, json::excerpt(body)), 200
    };
}

std::optional<OrderReport::Status> status_of(std::string_view text) {
    using Status = OrderReport::Status;
    if (text == "live") return Status::live;
    if (text == "matched") return Status::matched;
    if (text == "delayed") return Status::delayed;
    if (text == "unmatched") return Status::unmatched;
    return std::nullopt;
}

OrderAnswer refusal(std::string_view text) {
    OrderAnswer answer;
    answer.text = text;
    answer.reason = classify_text(text);
    return answer;
}

Result<OrderAnswer> read_answer(Element object, std::string_view body) {
    constexpr auto where = std::string_view{"clob.post_order"};
    auto const error_text =
        json::text(object, json::text(object, "errorMsg").empty() ? "error" : "errorMsg");
    auto const id_text = json::text(object, "orderID");
    auto const success = json::flag(object, "success");
    if (!error_text.empty()) {
        auto answer = refusal(error_text);
        if (answer.reason == RejectReason::outcome_unclear)
            return Failure{Fault::transport, std::string{where}, answer.text, 200};
        return answer;
    }
    if (success == false) return refusal("refused without a reason");
    if (id_text.empty()) return unreadable(where, "neither order id nor error", body);
    auto const id = parse_order_id(id_text);
    if (!id) return unreadable(where, "bad order id", body);

    OrderAnswer answer;
    answer.order = *id;
    auto const status_text = json::text(object, "status");
    // Older answers carry no status; the order is there, the user channel says the rest.
    auto const status = status_text.empty() ? OrderReport::Status::live : status_of(status_text);
    if (!status) return unreadable(where, "unknown status", body);
    answer.status = *status;
    if (answer.status == OrderReport::Status::unmatched) {
        answer.reason = RejectReason::fok_not_filled;
        answer.text = status_text;
    }
    if (auto const trades = json::strings(object, "tradeIDs"))
        for (auto const& trade : *trades)
            answer.trades.push_back(TradeId{trade});
    return answer;
}

// What a refusal by status is worth: an answer about the order, or a Failure.
Result<OrderAnswer> answer_of_error(int http_status, std::string_view body) {
    auto const error = parse_error(http_status, body);
    if (error.fault != Fault::rejected) return to_failure(error, "clob.post_order");
    OrderAnswer answer;
    answer.text = error.text;
    answer.reason = error.reason;
    return answer;
}

Result<void> check_status(int http_status, std::string_view body, std::string_view where) {
    if (http_status >= 200 && http_status < 300) return {};
    return to_failure(parse_error(http_status, body), where);
}

// 78-digit allowances are common; anything beyond int64 counts as its largest value.
std::optional<std::int64_t> saturated(std::string_view text) {
    std::int64_t value = 0;
    if (json::parse_decimal(text, 0, true, value)) return value;
    TokenId wide;
    if (json::parse_token(text, wide)) return std::numeric_limits<std::int64_t>::max();
    return std::nullopt;
}

std::string lower(std::string_view text) {
    std::string result{text};
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

} // namespace

Result<OrderAnswer> parse_order_answer(int http_status, std::string_view body) {
    if (http_status < 200 || http_status >= 300) return answer_of_error(http_status, body);
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, "clob.post_order");
    if (!root) return root.error();
    if (!root->is_object()) return unreadable("clob.post_order", "no object", body);
    return read_answer(*root, body);
}

Result<std::vector<OrderAnswer>>
parse_batch_answer(int http_status, std::string_view body, std::size_t expected) {
    if (http_status < 200 || http_status >= 300) {
        auto const answer = answer_of_error(http_status, body);
        if (!answer) return answer.error();
        return std::vector<OrderAnswer>(expected, *answer);
    }
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, "clob.post_orders");
    if (!root) return root.error();
    simdjson::dom::array items;
    if (root->get_array().get(items) != simdjson::SUCCESS || items.size() != expected)
        return unreadable("clob.post_orders", "not one answer for each order", body);
    std::vector<OrderAnswer> answers;
    for (auto item : items) {
        auto answer = read_answer(item, body);
        if (!answer) return answer.error();
        answers.push_back(std::move(*answer));
    }
    return answers;
}

Result<CancelAnswer> parse_cancel_answer(int http_status, std::string_view body) {
    constexpr auto where = std::string_view{"clob.cancel"};
    if (auto const good = check_status(http_status, body, where); !good) return good.error();
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, where);
    if (!root) return root.error();
    CancelAnswer answer;
    auto const cancelled = json::strings(*root, "canceled");
    simdjson::dom::object refused;
    auto const has_refused = (*root)["not_canceled"].get_object().get(refused) == simdjson::SUCCESS;
    if (!cancelled && !has_refused) return unreadable(where, "no cancel answer", body);
    for (auto const& text : cancelled.value_or(std::vector<std::string>{})) {
        auto const id = parse_order_id(text);
        if (!id) return unreadable(where, "bad order id", body);
        answer.cancelled.push_back(*id);
    }
    if (has_refused)
        for (auto field : refused) {
            auto const id = parse_order_id(field.key);
            std::string_view why;
            if (!id || field.value.get_string().get(why) != simdjson::SUCCESS)
                return unreadable(where, "bad refusal", body);
            answer.refused.emplace(*id, why);
        }
    return answer;
}

bool is_already_over(std::string_view cancel_refusal) {
    auto const text = lower(cancel_refusal);
    return text.find("already cancel") != std::string::npos ||
           text.find("already matched") != std::string::npos ||
           text.find("not found") != std::string::npos;
}

Result<BalanceAllowance> parse_balance_allowance(int http_status, std::string_view body) {
    constexpr auto where = std::string_view{"clob.balance_allowance"};
    if (auto const good = check_status(http_status, body, where); !good) return good.error();
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, where);
    if (!root) return root.error();
    BalanceAllowance result;
    auto const balance = saturated(json::text_or_number(*root, "balance"));
    if (!balance) return unreadable(where, "no balance", body);
    result.balance_micros = *balance;
    simdjson::dom::object allowances;
    if ((*root)["allowances"].get_object().get(allowances) == simdjson::SUCCESS)
        for (auto field : allowances) {
            std::string_view text;
            if (field.value.get_string().get(text) != simdjson::SUCCESS)
                return unreadable(where, "bad allowance", body);
            auto const value = saturated(text);
            if (!value) return unreadable(where, "bad allowance", body);
            result.allowances.emplace(lower(field.key), *value);
        }
    return result;
}

Result<HeartbeatAnswer> parse_heartbeat(int http_status, std::string_view body) {
    constexpr auto where = std::string_view{"clob.heartbeat"};
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, where);
    auto const id = root ? json::text(*root, "heartbeat_id") : std::string_view{};
    // A mismatch answers 400 with the id it expected.
    if (!id.empty() && (http_status == 200 || http_status == 400))
        return HeartbeatAnswer{std::string{id}, http_status == 400};
    if (auto const good = check_status(http_status, body, where); !good) return good.error();
    return unreadable(where, "no heartbeat_id", body);
}

Result<UtcTime> parse_server_time(std::string_view body) {
    auto const end = body.find_last_not_of(" \t\r\n");
    auto const text = body.substr(0, end == std::string_view::npos ? 0 : end + 1);
    std::int64_t seconds = 0;
    if (!json::parse_unsigned(text, seconds) || seconds < 1'500'000'000 || seconds > 9'000'000'000)
        return unreadable("clob.time", "no unix seconds", body);
    return utc_from_seconds(seconds);
}

Result<int> parse_order_version(std::string_view body) {
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, "clob.version");
    if (!root) return root.error();
    auto const version = json::whole(*root, "version");
    if (!version || *version < 1 || *version > 100)
        return unreadable("clob.version", "no version", body);
    return static_cast<int>(*version);
}

} // namespace polyquant::polymarket
