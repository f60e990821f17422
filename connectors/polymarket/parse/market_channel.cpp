#include "connectors/polymarket/parse/market_channel.hpp"

#include "connectors/json/decimal.hpp"
#include "connectors/json/dom.hpp"
#include "connectors/json/padded_frame.hpp"
#include "connectors/polymarket/parse/price_change_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace polyquant::polymarket {

namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::int64_t millis_max = 9'000'000'000'000;

// The key without unescaping: the venue's keys are plain, and one with an escape matches nothing.
// Eight bytes at a time; the padding behind the frame makes reading beyond the key harmless.
std::string_view key_of(ondemand::field& field) {
    constexpr std::uint64_t ones = 0x0101010101010101u;
    constexpr std::size_t size_max = 56;
    auto const* const start = field.key().raw();
    for (std::size_t at = 0; at < size_max; at += 8) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, start + at, 8);
        auto const quotes = bytes ^ (ones * '"');
        auto const found = (quotes - ones) & ~quotes & (ones * 0x80);
        if (found != 0) return {start, at + static_cast<std::size_t>(std::countr_zero(found)) / 8};
    }
    return {start, size_max};
}

// Strings as they are, numbers as they are written, null as nothing. The token is looked at where
// it stands: copying and unescaping each string took a third of a frame's time.
bool take_text(ondemand::value& value, std::string_view& to) {
    auto token = std::string_view{value.raw_json_token()};
    while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ')
        token.remove_suffix(1);
    if (token.empty()) return false;
    if (token.front() == '"') {
        auto const is_plain = token.size() >= 2 && token.back() == '"' &&
                              std::memchr(token.data(), '\\', token.size()) == nullptr;
        if (!is_plain) return value.get_string().get(to) == simdjson::SUCCESS;
        to = token.substr(1, token.size() - 2);
        return true;
    }
    if (token == "null") {
        to = {};
        return true;
    }
    to = token;
    return token.front() == '-' || (token.front() >= '0' && token.front() <= '9');
}

bool take_price(std::string_view text, Price& to) {
    std::int64_t micros = 0;
    if (!json::parse_micros(text, micros)) return false;
    to = Price::from_micros(micros);
    return true;
}

bool take_shares(std::string_view text, Shares& to) {
    std::int64_t micros = 0;
    if (!json::parse_micros(text, micros)) return false;
    to = Shares::from_micros(micros);
    return true;
}

// "" and null are "not said"; anything else must be a price.
bool take_optional_price(std::string_view text, std::optional<Price>& to) {
    if (text.empty()) return true;
    Price price;
    if (!take_price(text, price)) return false;
    to = price;
    return true;
}

// An empty side is written as "", "0" or, for asks, "1".
bool take_top(std::string_view text, std::optional<Price>& to) {
    if (!take_optional_price(text, to)) return false;
    if (to && (to->micros() <= 0 || to->micros() >= Price::scale)) to.reset();
    return true;
}

bool take_side(std::string_view text, Side& to) {
    if (text == "BUY" || text == "buy") {
        to = Side::buy;
        return true;
    }
    if (text == "SELL" || text == "sell") {
        to = Side::sell;
        return true;
    }
    return false;
}

bool take_millis(std::string_view text, UtcTime& to) {
    std::int64_t ms = 0;
    if (!json::parse_unsigned(text, ms) || ms > millis_max) return false;
    to = utc_from_millis(ms);
    return true;
}

// The last few token texts and their ids: a socket carries few tokens, each named over and over.
class TokenCache {
public:
    bool find_or_parse(std::string_view text, TokenId& to) {
        if (text.size() < 8) return json::parse_token(text, to);
        auto& slot = slots_[slot_of(text)];
        if (slot.text() == text) {
            to = slot.id;
            return true;
        }
        if (!json::parse_token(text, to)) return false;
        std::ranges::copy(text, slot.digits.begin());
        slot.size = text.size();
        slot.id = to;
        return true;
    }

private:
    struct Slot {
        std::array<char, 80> digits{};
        std::size_t size = 0;
        TokenId id;

        std::string_view text() const { return {digits.data(), size}; }
    };

    static std::size_t slot_of(std::string_view text) {
        std::uint64_t tail = 0;
        std::memcpy(&tail, text.data() + text.size() - 8, sizeof tail);
        return tail * 0x9e3779b97f4a7c15u >> 58;
    }

    std::array<Slot, 64> slots_{};
};

// Everything any message kind can hold; the kind is known only when the last key has been read.
struct Fields {
    std::string_view event_type, market, asset_id, price, size, side, timestamp, hash;
    std::string_view old_tick, new_tick, best_bid, best_ask;
    std::string_view tick_size, min_order_size, last_trade_price;
    std::string_view winner, slug, question, condition_id;
    std::optional<bool> neg_risk;
    bool has_bids = false;
    bool has_asks = false;
    bool has_changes = false;
};

struct TextField {
    std::string_view key;
    std::string_view Fields::* member;
};

// Most frequent first.
constexpr std::array text_fields{
    TextField{"market", &Fields::market},
    TextField{"timestamp", &Fields::timestamp},
    TextField{"event_type", &Fields::event_type},
    TextField{"asset_id", &Fields::asset_id},
    TextField{"hash", &Fields::hash},
    TextField{"price", &Fields::price},
    TextField{"size", &Fields::size},
    TextField{"side", &Fields::side},
    TextField{"best_bid", &Fields::best_bid},
    TextField{"best_ask", &Fields::best_ask},
    TextField{"tick_size", &Fields::tick_size},
    TextField{"min_order_size", &Fields::min_order_size},
    TextField{"last_trade_price", &Fields::last_trade_price},
    TextField{"old_tick_size", &Fields::old_tick},
    TextField{"new_tick_size", &Fields::new_tick},
    TextField{"winning_asset_id", &Fields::winner},
    TextField{"slug", &Fields::slug},
    TextField{"question", &Fields::question},
    TextField{"condition_id", &Fields::condition_id},
};

// Without event_type (answers of GET /book, recordings) the shape tells; empty when it does not.
std::string_view kind_of(Fields const& fields) {
    if (!fields.event_type.empty()) return fields.event_type;
    if (fields.has_changes) return "price_change";
    if (fields.has_bids && fields.has_asks) return "book";
    if (!fields.new_tick.empty()) return "tick_size_change";
    if (!fields.price.empty() && !fields.size.empty() && !fields.side.empty())
        return "last_trade_price";
    return {};
}

} // namespace

struct MarketChannelParser::State {
    ondemand::parser parser;
    json::PaddedFrame frame;
    TokenCache tokens;
    std::vector<Level> bids;
    std::vector<Level> asks;
    std::vector<std::string_view> assets;
    std::vector<std::string_view> outcomes;
    std::vector<MarketMessage>* out = nullptr;
    UtcTime received_at{};
    FrameSummary summary;
    PriceChangeText price_change;
    // What could not be read, for the message.
    char const* defect = nullptr;

    bool fail(char const* what) {
        if (defect == nullptr) defect = what;
        return false;
    }

    bool read_document(ondemand::document& document);
    bool read_message(ondemand::value value);
    bool read_object(ondemand::object object);
    bool read_other(std::string_view key, ondemand::value value, Fields& fields);
    bool read_levels(ondemand::value value, std::vector<Level>& to);
    bool read_changes(ondemand::value value);
    bool read_change(ondemand::object object);
    bool add_change(ChangeText const& text);
    bool read_layout(std::string_view text);
    bool read_list(ondemand::value value, std::vector<std::string_view>& to);

    bool finish(Fields const& fields, std::size_t first);
    bool finish_changes(Stamp const& at, std::size_t first);
    bool finish_book(Fields const& fields, Stamp const& at);
    bool finish_trade(Fields const& fields, Stamp const& at);
    bool finish_tick_size(Fields const& fields, Stamp const& at);
    bool finish_top(Fields const& fields, Stamp const& at);
    bool finish_new_market(Fields const& fields, Stamp const& at);
    bool finish_resolved(Fields const& fields, Stamp const& at);
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
    Fields fields;
    auto const first = out->size();
    bids.clear();
    asks.clear();
    assets.clear();
    outcomes.clear();
    for (auto item : object) {
        ondemand::field field;
        if (std::move(item).get(field) != simdjson::SUCCESS) return fail("broken object");
        auto const key = key_of(field);
        auto const known = std::ranges::find(text_fields, key, &TextField::key);
        if (known != text_fields.end()) {
            if (!take_text(field.value(), fields.*(known->member))) return fail(known->key.data());
        } else if (!read_other(key, field.value(), fields)) {
            return false;
        }
    }
    return finish(fields, first);
}

bool MarketChannelParser::State::read_other(
    std::string_view key, ondemand::value value, Fields& fields
) {
    if (key == "price_changes") {
        fields.has_changes = true;
        return read_changes(value) || fail("price_changes");
    }
    if (key == "bids") {
        fields.has_bids = true;
        return read_levels(value, bids) || fail("bids");
    }
    if (key == "asks") {
        fields.has_asks = true;
        return read_levels(value, asks) || fail("asks");
    }
    if (key == "neg_risk") {
        bool neg_risk = false;
        if (value.get_bool().get(neg_risk) == simdjson::SUCCESS) fields.neg_risk = neg_risk;
        return true;
    }
    if (key == "assets_ids") return read_list(value, assets) || fail("assets_ids");
    if (key == "outcomes") return read_list(value, outcomes) || fail("outcomes");
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
    return add_change(text);
}

bool MarketChannelParser::State::add_change(ChangeText const& text) {
    auto& level = std::get<LevelChange>(out->emplace_back(std::in_place_type<LevelChange>));
    auto& change = level.change;
    Side order_side{};
    if (!tokens.find_or_parse(text.asset_id, change.token) ||
        !take_price(text.price, change.price) || !take_shares(text.size, change.size) ||
        !take_side(text.side, order_side) || !take_top(text.best_bid, level.best_bid) ||
        !take_top(text.best_ask, level.best_ask))
        return false;
    change.side = order_side == Side::buy ? BookSide::bid : BookSide::ask;
    change.end_of_frame = false;
    level.hash = parse_book_hash(text.hash);
    return true;
}

// Nothing is appended when it fails: the general parser has the last word.
bool MarketChannelParser::State::read_layout(std::string_view text) {
    if (!read_price_change_layout(text, price_change)) return false;
    auto const first = out->size();
    Stamp at;
    at.received_at = received_at;
    auto good = take_millis(price_change.timestamp, at.venue_time);
    for (std::size_t i = 0; good && i < price_change.count; ++i)
        good = add_change(price_change.changes[i]);
    if (good) return finish_changes(at, first);
    out->erase(out->begin() + static_cast<std::ptrdiff_t>(first), out->end());
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

bool MarketChannelParser::State::finish(Fields const& fields, std::size_t first) {
    auto const kind = kind_of(fields);
    Stamp at;
    at.received_at = received_at;
    at.venue_time = received_at;
    auto const timed = fields.timestamp.empty() || take_millis(fields.timestamp, at.venue_time);
    if (!timed) return fail("timestamp");

    if (kind == "price_change") return finish_changes(at, first);
    if (first != out->size()) return fail("price_changes in a message of another type");
    if (kind == "book") return finish_book(fields, at);
    if (kind == "last_trade_price") return finish_trade(fields, at);
    if (kind == "tick_size_change") return finish_tick_size(fields, at);
    if (kind == "best_bid_ask") return finish_top(fields, at);
    if (kind == "new_market") return finish_new_market(fields, at);
    if (kind == "market_resolved") return finish_resolved(fields, at);
    ++summary.unknown;
    summary.unknown_type = kind.empty() ? "(no event_type)" : kind.substr(0, 40);
    return true;
}

bool MarketChannelParser::State::finish_changes(Stamp const& at, std::size_t first) {
    auto& messages = *out;
    for (auto i = first; i < messages.size(); ++i) {
        auto& change = std::get<LevelChange>(messages[i]).change;
        change.at = at;
        // The last change of each token ends the frame for that token's book.
        auto const later = [&](std::size_t j) {
            return std::get<LevelChange>(messages[j]).change.token == change.token;
        };
        auto j = i + 1;
        while (j < messages.size() && !later(j))
            ++j;
        change.end_of_frame = j == messages.size();
    }
    return true;
}

bool MarketChannelParser::State::finish_book(Fields const& fields, Stamp const& at) {
    BookMessage message;
    message.book.at = at;
    if (!tokens.find_or_parse(fields.asset_id, message.book.token)) return fail("asset_id");
    auto const market = parse_condition_id(fields.market);
    if (!market) return fail("market");
    if (!fields.has_bids && !fields.has_asks) return fail("no bids and no asks");
    message.market = *market;
    message.book.bids.assign(bids.begin(), bids.end());
    message.book.asks.assign(asks.begin(), asks.end());
    message.hash = parse_book_hash(fields.hash);
    message.neg_risk = fields.neg_risk;
    if (!take_optional_price(fields.tick_size, message.tick)) return fail("tick_size");
    if (!take_optional_price(fields.last_trade_price, message.last_trade))
        return fail("last_trade_price");
    if (!fields.min_order_size.empty()) {
        Shares size;
        if (!take_shares(fields.min_order_size, size)) return fail("min_order_size");
        message.min_order_size = size;
    }
    out->emplace_back(std::move(message));
    return true;
}

bool MarketChannelParser::State::finish_trade(Fields const& fields, Stamp const& at) {
    PublicTrade trade;
    trade.at = at;
    if (!tokens.find_or_parse(fields.asset_id, trade.token)) return fail("asset_id");
    if (!take_price(fields.price, trade.price)) return fail("price");
    if (!take_shares(fields.size, trade.size)) return fail("size");
    if (!take_side(fields.side, trade.taker_side)) return fail("side");
    out->emplace_back(trade);
    return true;
}

bool MarketChannelParser::State::finish_tick_size(Fields const& fields, Stamp const& at) {
    TickSizeChanged change;
    change.at = at;
    if (!tokens.find_or_parse(fields.asset_id, change.token)) return fail("asset_id");
    if (!take_price(fields.new_tick, change.new_tick)) return fail("new_tick_size");
    // The old tick is for the log only.
    (void)take_price(fields.old_tick, change.old_tick);
    out->emplace_back(change);
    return true;
}

bool MarketChannelParser::State::finish_top(Fields const& fields, Stamp const& at) {
    TopOfBook top;
    top.at = at;
    if (!tokens.find_or_parse(fields.asset_id, top.token)) return fail("asset_id");
    if (!take_top(fields.best_bid, top.bid)) return fail("best_bid");
    if (!take_top(fields.best_ask, top.ask)) return fail("best_ask");
    out->emplace_back(top);
    return true;
}

bool MarketChannelParser::State::finish_new_market(Fields const& fields, Stamp const& at) {
    NewMarket message;
    message.at = at;
    auto const market =
        parse_condition_id(fields.market.empty() ? fields.condition_id : fields.market);
    if (!market) return fail("market");
    message.market = *market;
    message.slug = fields.slug;
    message.question = fields.question;
    for (auto asset : assets) {
        TokenId token;
        if (!json::parse_token(asset, token)) return fail("assets_ids");
        message.tokens.push_back(token);
    }
    for (auto outcome : outcomes)
        message.outcomes.emplace_back(outcome);
    out->emplace_back(std::move(message));
    return true;
}

bool MarketChannelParser::State::finish_resolved(Fields const& fields, Stamp const& at) {
    ResolutionMessage message;
    message.event.at = at;
    auto const market = parse_condition_id(fields.market);
    if (!market) return fail("market");
    message.event.market = *market;
    // Without a winner it would read as a 50/50 payout, which is too much to conclude from silence.
    if (fields.winner.empty()) return fail("winning_asset_id");
    auto const at_index = std::ranges::find(assets, fields.winner) - assets.begin();
    if (assets.size() != 2 || at_index > 1) return fail("winning_asset_id is none of assets_ids");
    if (!tokens.find_or_parse(fields.winner, message.winner)) return fail("winning_asset_id");
    message.event.winner = at_index == 0 ? Outcome::up : Outcome::down;
    out->emplace_back(message);
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
    s.summary = {};
    if (frame == "PONG" || frame == "pong") {
        s.summary.pong = true;
        return s.summary;
    }
    auto const before = out.size();
    s.out = &out;
    s.received_at = received_at;
    s.defect = nullptr;
    if (s.read_layout(frame)) {
        s.out = nullptr;
        return s.summary;
    }
    ondemand::document document;
    auto const error = s.parser.iterate(s.frame.load(frame)).get(document);
    auto const good = error == simdjson::SUCCESS && s.read_document(document);
    s.out = nullptr;
    if (good) return s.summary;
    out.erase(out.begin() + static_cast<std::ptrdiff_t>(before), out.end());
    return Failure{
        Fault::parse,
        "clob.market",
        fmt::format(
            "{}: {}",
            error != simdjson::SUCCESS ? simdjson::error_message(error) : s.defect,
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
