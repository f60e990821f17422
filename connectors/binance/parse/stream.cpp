#include "connectors/binance/parse/stream.hpp"

#include "connectors/binance/parse/klines.hpp"
#include "connectors/json/decimal.hpp"
#include "connectors/json/dom.hpp"
#include "connectors/json/padded_frame.hpp"

#include <fmt/format.h>

#include <charconv>

namespace polyquant::binance {

namespace {

namespace ondemand = simdjson::ondemand;

bool take(ondemand::value value, std::string_view& to) {
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS || type != ondemand::json_type::string)
        return true; // the same letter means a number in another event
    return value.get_string().get(to) == simdjson::SUCCESS;
}

bool take(ondemand::value value, std::int64_t& to) {
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS || type != ondemand::json_type::number)
        return true;
    return value.get_int64().get(to) == simdjson::SUCCESS;
}

// A letter that is a number in one event and text in another.
bool take_either(ondemand::value value, std::int64_t& number, std::string_view& text) {
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) return true;
    if (type == ondemand::json_type::string)
        return value.get_string().get(text) == simdjson::SUCCESS;
    if (type == ondemand::json_type::number)
        return value.get_int64().get(number) == simdjson::SUCCESS;
    return true;
}

bool take_price(std::string_view text, UsdPrice& to) {
    std::int64_t e8 = 0;
    if (!json::parse_decimal(text, 8, false, e8) || e8 <= 0) return false;
    to = UsdPrice::from_e8(e8);
    return true;
}

bool take_double(std::string_view text, double& to) {
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

bool take_time(std::int64_t ms, UtcTime& to) {
    if (ms > 100'000'000'000'000) ms /= 1000; // microseconds, where asked for
    if (ms <= 0 || ms > 9'000'000'000'000) return false;
    to = utc_from_millis(ms);
    return true;
}

// All of the venue's data keys are one letter; case matters.
char key_of(ondemand::field& field) {
    auto const* const raw = field.key().raw();
    return raw[0] != '"' && raw[1] == '"' ? raw[0] : '\0';
}

struct Kline {
    std::int64_t open_time = 0;
    std::int64_t trades = 0;
    std::string_view interval, open, close, high, low, volume, taker_buy;
    bool closed = false;
};

struct Fields {
    std::string_view event, symbol, price, bid, ask;
    std::int64_t event_time = 0;
    std::int64_t trade_time = 0;
    std::int64_t aggregate = 0; // numbers: of an aggTrade, of a trade, of a bookTicker
    std::int64_t trade = 0;
    std::int64_t update = 0;
    bool is_top = false; // bookTicker names itself by its fields only
    std::optional<Kline> kline;
};

bool read_kline(ondemand::value value, Kline& k) {
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return false;
    for (auto item : object) {
        ondemand::field field;
        if (std::move(item).get(field) != simdjson::SUCCESS) return false;
        bool good = true;
        switch (key_of(field)) {
        case 't': good = take(field.value(), k.open_time); break;
        case 'i': good = take(field.value(), k.interval); break;
        case 'o': good = take(field.value(), k.open); break;
        case 'c': good = take(field.value(), k.close); break;
        case 'h': good = take(field.value(), k.high); break;
        case 'l': good = take(field.value(), k.low); break;
        case 'v': good = take(field.value(), k.volume); break;
        case 'n': good = take(field.value(), k.trades); break;
        case 'V': good = take(field.value(), k.taker_buy); break;
        case 'x': good = field.value().get_bool().get(k.closed) == simdjson::SUCCESS; break;
        default: break;
        }
        if (!good) return false;
    }
    return true;
}

} // namespace

struct StreamParser::State {
    ondemand::parser parser;
    json::PaddedFrame frame;
    StreamFrame result;
    char const* defect = nullptr;

    bool fail(char const* what) {
        if (defect == nullptr) defect = what;
        return false;
    }

    bool read_outer(ondemand::object object, Fields& fields);
    bool read_data(ondemand::object object, Fields& fields);
    bool read_field(char key, ondemand::value value, Fields& fields);
    bool finish(Fields const& fields, UtcTime received_at, std::vector<StreamMessage>& out);
    bool finish_bar(Fields const& fields, Stamp at, Asset asset, std::vector<StreamMessage>& out);
};

// A combined frame wraps the event in {"stream":..,"data":{..}}; a reply has "result" or "error".
bool StreamParser::State::read_outer(ondemand::object object, Fields& fields) {
    for (auto item : object) {
        ondemand::field field;
        if (std::move(item).get(field) != simdjson::SUCCESS) return fail("broken object");
        auto const key = field.key();
        if (key == "data") {
            ondemand::object inner;
            if (field.value().get_object().get(inner) != simdjson::SUCCESS)
                return fail("data is no object");
            if (!read_data(inner, fields)) return false;
        } else if (key == "result") {
            result.kind = StreamFrame::Kind::reply;
        } else if (key == "error") {
            result.kind = StreamFrame::Kind::reply;
            ondemand::object error;
            std::string_view words = "refused";
            if (field.value().get_object().get(error) == simdjson::SUCCESS)
                (void)error["msg"].get_string().get(words);
            result.text = words;
        } else if (auto const letter = key_of(field); letter != '\0') {
            if (!read_field(letter, field.value(), fields)) return fail("broken field");
        }
    }
    return true;
}

bool StreamParser::State::read_data(ondemand::object object, Fields& fields) {
    for (auto item : object) {
        ondemand::field field;
        if (std::move(item).get(field) != simdjson::SUCCESS) return fail("broken data");
        auto const letter = key_of(field);
        if (letter != '\0' && !read_field(letter, field.value(), fields))
            return fail("broken field");
    }
    return true;
}

bool StreamParser::State::read_field(char key, ondemand::value value, Fields& fields) {
    switch (key) {
    case 'e': return take(value, fields.event);
    case 'E': return take(value, fields.event_time);
    case 's': return take(value, fields.symbol);
    case 'p': return take(value, fields.price);
    case 'T': return take(value, fields.trade_time);
    case 't': return take(value, fields.trade);
    case 'u': fields.is_top = true; return take(value, fields.update);
    case 'b': return take(value, fields.bid);
    case 'a': return take_either(value, fields.aggregate, fields.ask);
    case 'k': return read_kline(value, fields.kline.emplace());
    default: return true;
    }
}

bool StreamParser::State::finish(
    Fields const& fields, UtcTime received_at, std::vector<StreamMessage>& out
) {
    if (result.kind == StreamFrame::Kind::reply) return true;
    if (fields.event == "serverShutdown") {
        result.kind = StreamFrame::Kind::shutdown;
        return true;
    }
    auto const asset = parse_asset(fields.symbol);
    auto const is_top = fields.is_top && (fields.event.empty() || fields.event == "bookTicker");
    auto const is_trade = fields.event == "aggTrade" || fields.event == "trade";
    auto const is_bar = fields.event == "kline";
    if (is_top) result.sequence = fields.update;
    if (is_trade) result.sequence = fields.event == "trade" ? fields.trade : fields.aggregate;
    if (!asset || (!is_top && !is_trade && !is_bar)) {
        result.kind = StreamFrame::Kind::ignored;
        result.text = fmt::format("{} {}", fields.event.substr(0, 40), fields.symbol.substr(0, 40));
        return true;
    }
    Stamp at;
    at.received_at = received_at;
    at.venue_time = received_at;
    if (is_top) {
        TopQuote quote{at, *asset, {}, {}};
        if (!take_price(fields.bid, quote.bid)) return fail("bid");
        if (!take_price(fields.ask, quote.ask)) return fail("ask");
        out.emplace_back(quote);
        return true;
    }
    if (is_bar) {
        if (!take_time(fields.event_time, at.venue_time)) return fail("event time");
        return finish_bar(fields, at, *asset, out);
    }
    PriceTick tick;
    if (!take_time(fields.trade_time, at.venue_time)) return fail("trade time");
    if (!take_price(fields.price, tick.price)) return fail("price");
    tick.at = at;
    tick.asset = *asset;
    tick.source = PriceSource::binance_trade;
    out.emplace_back(tick);
    return true;
}

bool StreamParser::State::finish_bar(
    Fields const& fields, Stamp at, Asset asset, std::vector<StreamMessage>& out
) {
    if (!fields.kline) return fail("no kline");
    auto const& k = *fields.kline;
    BarUpdate update;
    update.at = at;
    update.asset = asset;
    update.closed = k.closed;
    auto& bar = update.bar;
    auto const length = interval_length(k.interval);
    if (!length) return fail("interval");
    bar.length = *length;
    bar.trades = static_cast<double>(k.trades);
    if (!take_time(k.open_time, bar.open_time)) return fail("open time");
    if (!take_double(k.open, bar.open) || !take_double(k.high, bar.high) ||
        !take_double(k.low, bar.low) || !take_double(k.close, bar.close))
        return fail("price of the bar");
    if (!take_double(k.volume, bar.volume) || !take_double(k.taker_buy, bar.taker_buy_base))
        return fail("volume of the bar");
    if (!bar_defect(bar).empty()) return fail(bar_defect(bar).data());
    out.emplace_back(update);
    return true;
}

StreamParser::StreamParser() : state_{std::make_unique<State>()} {}

StreamParser::StreamParser(StreamParser&&) noexcept = default;
StreamParser& StreamParser::operator=(StreamParser&&) noexcept = default;
StreamParser::~StreamParser() = default;

Result<StreamFrame>
StreamParser::parse(std::string_view frame, UtcTime received_at, std::vector<StreamMessage>& out) {
    auto& s = *state_;
    s.result = {};
    s.defect = nullptr;
    Fields fields;
    ondemand::document document;
    ondemand::object object;
    auto error = s.parser.iterate(s.frame.load(frame)).get(document);
    if (error == simdjson::SUCCESS) error = document.get_object().get(object);
    auto const good = error == simdjson::SUCCESS && s.read_outer(object, fields) &&
                      (document.current_location().error() == simdjson::OUT_OF_BOUNDS ||
                       s.fail("text after the end")) &&
                      s.finish(fields, received_at, out);
    if (good) return s.result;
    return Failure{
        Fault::parse,
        "binance.stream",
        fmt::format(
            "{}: {}",
            error != simdjson::SUCCESS ? simdjson::error_message(error) : s.defect,
            json::excerpt(frame)
        )
    };
}

} // namespace polyquant::binance
