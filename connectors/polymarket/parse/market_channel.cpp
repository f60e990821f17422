#include "connectors/polymarket/parse/market_channel.hpp"

#include "connectors/json/dom.hpp"
#include "connectors/json/padded_frame.hpp"
#include "connectors/polymarket/parse/market_message_builder.hpp"
#include "connectors/polymarket/parse/market_text.hpp"
#include "connectors/polymarket/parse/price_change_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace polyquant::polymarket {

using namespace market_text;

namespace {

struct TextField {
    std::string_view key;
    std::string_view MarketFields::* member;
};

// Most frequent first.
constexpr std::array text_fields{
    TextField{"market", &MarketFields::market},
    TextField{"timestamp", &MarketFields::timestamp},
    TextField{"event_type", &MarketFields::event_type},
    TextField{"asset_id", &MarketFields::asset_id},
    TextField{"hash", &MarketFields::hash},
    TextField{"price", &MarketFields::price},
    TextField{"size", &MarketFields::size},
    TextField{"side", &MarketFields::side},
    TextField{"best_bid", &MarketFields::best_bid},
    TextField{"best_ask", &MarketFields::best_ask},
    TextField{"tick_size", &MarketFields::tick_size},
    TextField{"min_order_size", &MarketFields::min_order_size},
    TextField{"last_trade_price", &MarketFields::last_trade_price},
    TextField{"old_tick_size", &MarketFields::old_tick},
    TextField{"new_tick_size", &MarketFields::new_tick},
    TextField{"winning_asset_id", &MarketFields::winner},
    TextField{"slug", &MarketFields::slug},
    TextField{"question", &MarketFields::question},
    TextField{"condition_id", &MarketFields::condition_id},
};

} // namespace

struct MarketChannelParser::State {
    ondemand::parser parser;
    json::PaddedFrame frame;
    MarketFields fields;
    PriceChangeText price_change;
    MarketMessageBuilder builder;

    bool fail(char const* what) { return builder.fail(what); }

    bool read_document(ondemand::document& document);
    bool read_message(ondemand::value value);
    bool read_object(ondemand::object object);
    bool read_other(std::string_view key, ondemand::value value);
    bool read_levels(ondemand::value value, std::vector<Level>& to);
    bool read_changes(ondemand::value value);
    bool read_change(ondemand::object object);
    bool read_layout(std::string_view text);
    bool read_list(ondemand::value value, std::vector<std::string_view>& to);
};

bool MarketChannelParser::State::read_document(ondemand::document& document) {
    ondemand::json_type type{};
    if (document.type().get(type) != simdjson::SUCCESS) return fail("no JSON");
    if (type == ondemand::json_type::array) {
        ondemand::array array;
        if (document.get_array().get(array) != simdjson::SUCCESS) return fail("broken array");
        for (auto item : array) {
            ondemand::value value;
            if (item.get(value) != simdjson::SUCCESS) return fail("broken array");
            if (!read_message(value)) return false;
        }
    } else {
        ondemand::object object;
        if (document.get_object().get(object) != simdjson::SUCCESS)
            return fail("neither object nor array");
        if (!read_object(object)) return false;
    }
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS ||
           fail("text after the end");
}

bool MarketChannelParser::State::read_message(ondemand::value value) {
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return fail("not an object");
    return read_object(object);
}

bool MarketChannelParser::State::read_object(ondemand::object object) {
    fields.clear();
    auto const first = builder.size();
    for (auto item : object) {
        ondemand::field field;
        if (std::move(item).get(field) != simdjson::SUCCESS) return fail("broken object");
        auto const key = key_of(field);
        auto const known = std::ranges::find(text_fields, key, &TextField::key);
        if (known != text_fields.end()) {
            if (!take_text(field.value(), fields.*(known->member))) return fail(known->key.data());
        } else if (!read_other(key, field.value())) {
            return false;
        }
    }
    return builder.finish(fields, first);
}

bool MarketChannelParser::State::read_other(std::string_view key, ondemand::value value) {
    if (key == "price_changes") {
        fields.has_changes = true;
        return read_changes(value) || fail("price_changes");
    }
    if (key == "bids") {
        fields.has_bids = true;
        return read_levels(value, fields.bids) || fail("bids");
    }
    if (key == "asks") {
        fields.has_asks = true;
        return read_levels(value, fields.asks) || fail("asks");
    }
    if (key == "neg_risk") {
        bool neg_risk = false;
        if (value.get_bool().get(neg_risk) == simdjson::SUCCESS) fields.neg_risk = neg_risk;
        return true;
    }
    if (key == "assets_ids") return read_list(value, fields.assets) || fail("assets_ids");
    if (key == "outcomes") return read_list(value, fields.outcomes) || fail("outcomes");
    return true;
}

bool MarketChannelParser::State::read_levels(ondemand::value value, std::vector<Level>& to) {
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type == ondemand::json_type::null) return true;
    ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return false;
    for (auto item : array) {
        ondemand::object object;
        if (item.get_object().get(object) != simdjson::SUCCESS) return false;
        Level level;
        bool has_price = false;
        bool has_size = false;
        for (auto member : object) {
            ondemand::field field;
            if (std::move(member).get(field) != simdjson::SUCCESS) return false;
            auto const key = key_of(field);
            std::string_view text;
            if (key == "price")
                has_price = take_text(field.value(), text) && take_price(text, level.price);
            else if (key == "size")
                has_size = take_text(field.value(), text) && take_shares(text, level.size);
        }
        if (!has_price || !has_size) return false;
        to.push_back(level);
    }
    return true;
}

bool MarketChannelParser::State::read_changes(ondemand::value value) {
    ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return false;
    for (auto item : array) {
        ondemand::object object;
        if (item.get_object().get(object) != simdjson::SUCCESS) return false;
        if (!read_change(object)) return false;
    }
    return true;
}

bool MarketChannelParser::State::read_change(ondemand::object object) {
    ChangeText text;
    for (auto item : object) {
        ondemand::field field;
        if (std::move(item).get(field) != simdjson::SUCCESS) return false;
        auto const key = key_of(field);
        auto* const to = key == "asset_id"   ? &text.asset_id
                         : key == "price"    ? &text.price
                         : key == "size"     ? &text.size
                         : key == "side"     ? &text.side
                         : key == "hash"     ? &text.hash
                         : key == "best_bid" ? &text.best_bid
                         : key == "best_ask" ? &text.best_ask
                                             : nullptr;
        if (to != nullptr && !take_text(field.value(), *to)) return false;
    }
    return builder.add_change(text);
}

// Nothing is appended when it fails: the general parser has the last word.
bool MarketChannelParser::State::read_layout(std::string_view text) {
    if (!read_price_change_layout(text, price_change)) return false;
    auto const first = builder.size();
    auto good = true;
    for (std::size_t i = 0; good && i < price_change.count; ++i)
        good = builder.add_change(price_change.changes[i]);
    if (good && builder.finish_changes(price_change.timestamp, first)) return true;
    builder.shorten_to(first);
    return false;
}

bool MarketChannelParser::State::read_list(
    ondemand::value value, std::vector<std::string_view>& to
) {
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return false;
    if (type == ondemand::json_type::null) return true;
    ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return false;
    for (auto item : array) {
        ondemand::value one;
        std::string_view text;
        if (item.get(one) != simdjson::SUCCESS || !take_text(one, text)) return false;
        to.push_back(text);
    }
    return true;
}

MarketChannelParser::MarketChannelParser() : state_{std::make_unique<State>()} {}

MarketChannelParser::MarketChannelParser(MarketChannelParser&&) noexcept = default;
MarketChannelParser& MarketChannelParser::operator=(MarketChannelParser&&) noexcept = default;
MarketChannelParser::~MarketChannelParser() = default;

Result<FrameSummary> MarketChannelParser::parse(
    std::string_view frame, UtcTime received_at, std::vector<MarketMessage>& out
) {
    auto& s = *state_;
    if (frame == "PONG" || frame == "pong") return FrameSummary{.pong = true, .unknown_type = {}};
    auto const before = out.size();
    s.builder.begin_frame(out, received_at);
    if (s.read_layout(frame)) return s.builder.summary();

    s.builder.begin_frame(out, received_at);
    ondemand::document document;
    auto const error = s.parser.iterate(s.frame.load(frame)).get(document);
    if (error == simdjson::SUCCESS && s.read_document(document)) return s.builder.summary();
    s.builder.shorten_to(before);
    return Failure{
        Fault::parse,
        "clob.market",
        fmt::format(
            "{}: {}",
            error != simdjson::SUCCESS ? simdjson::error_message(error) : s.builder.defect(),
            json::excerpt(frame)
        )
    };
}

Result<std::vector<MarketMessage>> parse_market_frame(std::string_view frame, UtcTime received_at) {
    MarketChannelParser parser;
    std::vector<MarketMessage> messages;
    auto const summary = parser.parse(frame, received_at, messages);
    if (!summary) return summary.error();
    return messages;
}

Result<std::vector<BookMessage>> parse_books(std::string_view body, UtcTime received_at) {
    auto messages = parse_market_frame(body, received_at);
    if (!messages) return messages.error();
    std::vector<BookMessage> books;
    for (auto& message : *messages) {
        auto* const book = std::get_if<BookMessage>(&message);
        if (book == nullptr)
            return Failure{Fault::parse, "clob.book", "no book: " + json::excerpt(body)};
        books.push_back(std::move(*book));
    }
    return books;
}

Result<BookMessage> parse_book(std::string_view body, UtcTime received_at) {
    auto books = parse_books(body, received_at);
    if (!books) return books.error();
    if (books->size() != 1)
        return Failure{Fault::parse, "clob.book", "no book: " + json::excerpt(body)};
    return std::move(books->front());
}

} // namespace polyquant::polymarket
