#include "engine/ledger/fact_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <concepts>
#include <map>
#include <type_traits>

namespace polyquant::ledger {

namespace {

template <class T, class U>
concept Same = std::same_as<std::remove_const_t<T>, U>;

// One list of fields per kind of fact serves writing and reading, so the two cannot drift apart.
template <class Visit>
void fields(Visit& visit, Same<EpochOpened> auto& f) {
    visit("strategy", f.strategy);
    visit("kind", f.kind);
    visit("epoch", f.epoch);
    visit("parameters", f.parameters);
}

template <class Visit>
void fields(Visit& visit, Same<CapitalMoved> auto& f) {
    visit("strategy", f.strategy);
    visit("amount", f.amount);
    visit("note", f.note);
}

template <class Visit>
void fields(Visit& visit, Same<OrderPlaced> auto& f) {
    visit("order", f.order);
    visit("strategy", f.intent.strategy);
    visit("market", f.intent.market);
    visit("token", f.intent.token);
    visit("outcome", f.intent.outcome);
    visit("asset", f.intent.asset);
    visit("side", f.intent.side);
    visit("limit", f.intent.limit);
    visit("size", f.intent.size);
    visit("tif", f.intent.tif);
    visit("post_only", f.intent.post_only);
    visit("cancel_at", f.intent.cancel_at);
    visit("seen_price", f.intent.seen_price);
    visit("win_probability", f.intent.win_probability);
    visit("edge", f.intent.edge);
    visit("decided_at", f.intent.decided_at);
    visit("input_seq", f.intent.input_seq);
    visit("seen_spot", f.intent.seen_spot);
    visit("seen_strike", f.intent.seen_strike);
    visit("reserved", f.reserved);
    visit("slug", f.slug);
}

template <class Visit>
void fields(Visit& visit, Same<OrderChanged> auto& f) {
    visit("order", f.order);
    visit("strategy", f.strategy);
    visit("from", f.from);
    visit("to", f.to);
    visit("reason", f.reason);
    visit("reserved_left", f.reserved_left);
    visit("text", f.text);
}

template <class Visit>
void fields(Visit& visit, Same<TradeMatched> auto& f) {
    visit("trade", f.trade.trade);
    visit("order", f.trade.order);
    visit("token", f.trade.token);
    visit("side", f.trade.side);
    visit("price", f.trade.price);
    visit("size", f.trade.size);
    visit("fee", f.trade.fee);
    visit("maker", f.trade.maker);
    visit("state", f.trade.state);
    visit("matched_at", f.trade.matched_at);
    visit("strategy", f.strategy);
    visit("market", f.market);
    visit("outcome", f.outcome);
    visit("cost", f.cost);
    visit("reserved_left", f.reserved_left);
    visit("fill_latency", f.fill_latency);
    visit("seen_price", f.seen_price);
}

template <class Visit>
void fields(Visit& visit, Same<TradeChanged> auto& f) {
    visit("trade", f.trade);
    visit("order", f.order);
    visit("strategy", f.strategy);
    visit("from", f.from);
    visit("to", f.to);
}

template <class Visit>
void fields(Visit& visit, Same<WindowSettled> auto& f) {
    visit("market", f.market);
    visit("slug", f.slug);
    visit("asset", f.asset);
    visit("window_start", f.window.start);
    visit("window_length", f.window.length);
    visit("rule", f.rule);
    visit("strike", f.strike);
    visit("final", f.final_price);
    visit("source", f.source);
    visit("winner", f.winner);
}

template <class Visit>
void fields(Visit& visit, Same<PositionSettled> auto& f) {
    visit("strategy", f.strategy);
    visit("market", f.market);
    visit("token", f.token);
    visit("outcome", f.outcome);
    visit("size", f.size);
    visit("payout", f.payout);
    visit("cost", f.cost);
    visit("won", f.won);
}

template <class Visit>
void fields(Visit& visit, Same<WindowEvaluated> auto& f) {
    visit("strategy", f.strategy);
    visit("epoch", f.epoch);
    visit("asset", f.asset);
    visit("window_start", f.window.start);
    visit("window_length", f.window.length);
    visit("counts", f.counts);
    visit("last", f.last);
}

template <class Visit>
void fields(Visit& visit, Same<TradingStateChanged> auto& f) {
    visit("strategy", f.strategy);
    visit("halted", f.halted);
    visit("reason", f.reason);
    visit("text", f.text);
}

// ---- values to text

void put(std::string& out, std::string const& text) {
    for (char c : text) {
        switch (c) {
        case '\\': out += "\\\\"; break;
        case '\t': out += "\\t"; break;
        case '\n': out += "\\n"; break;
        default: out += c;
        }
    }
}

template <std::integral T>
void put(std::string& out, T value) {
    fmt::format_to(std::back_inserter(out), "{}", value);
}

void put(std::string& out, bool value) {
    out += value ? '1' : '0';
}

void put(std::string& out, double value) {
    char text[32];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

template <class T>
    requires std::derived_from<T, MicroQuantity<T>>
void put(std::string& out, T value) {
    put(out, value.micros());
}

void put(std::string& out, UsdPrice value) {
    put(out, value.e8());
}

void put(std::string& out, UtcTime value) {
    put(out, unix_nanos(value));
}

template <class Rep, class Period>
void put(std::string& out, std::chrono::duration<Rep, Period> value) {
    put(out, value.count());
}

template <class Tag>
void put(std::string& out, TextId<Tag> const& value) {
    put(out, value.text);
}

template <class Tag>
void put(std::string& out, Id32<Tag> const& value) {
    out += to_string(value);
}

template <class E>
    requires std::is_enum_v<E>
void put(std::string& out, E value) {
    out += to_string(value);
}

void put(std::string& out, SettlementRule value) {
    out += to_string(value);
}

void put(std::string& out, ReasonCounts const& counts) {
    auto const* part = "";
    for (std::size_t n = 0; n < reason_count; ++n) {
        auto const reason = static_cast<Reason>(n);
        if (counts[reason] == 0) continue;
        fmt::format_to(std::back_inserter(out), "{}{}:{}", part, to_string(reason), counts[reason]);
        part = ",";
    }
}

template <class T>
void put(std::string& out, std::optional<T> const& value) {
    if (value)
        put(out, *value);
    else
        out += '-';
}

// ---- text to values; false when the text is none

bool get(std::string_view in, std::string& text) {
    text.clear();
    for (std::size_t n = 0; n < in.size(); ++n) {
        if (in[n] != '\\') {
            text += in[n];
            continue;
        }
        if (++n == in.size()) return false;
        switch (in[n]) {
        case '\\': text += '\\'; break;
        case 't': text += '\t'; break;
        case 'n': text += '\n'; break;
        default: return false;
        }
    }
    return true;
}

template <class T>
    requires std::integral<T> || std::floating_point<T>
bool get(std::string_view in, T& value) {
    auto const [stop, error] = std::from_chars(in.data(), in.data() + in.size(), value);
    return error == std::errc{} && stop == in.data() + in.size();
}

bool get(std::string_view in, bool& value) {
    value = in == "1";
    return in == "1" || in == "0";
}

template <class T>
    requires std::derived_from<T, MicroQuantity<T>>
bool get(std::string_view in, T& value) {
    std::int64_t micros = 0;
    if (!get(in, micros)) return false;
    value = T::from_micros(micros);
    return true;
}

bool get(std::string_view in, UsdPrice& value) {
    std::int64_t e8 = 0;
    if (!get(in, e8)) return false;
    value = UsdPrice::from_e8(e8);
    return true;
}

template <class Rep, class Period>
bool get(std::string_view in, std::chrono::duration<Rep, Period>& value) {
    Rep count = 0;
    if (!get(in, count)) return false;
    value = std::chrono::duration<Rep, Period>{count};
    return true;
}

bool get(std::string_view in, UtcTime& value) {
    Nanos since{};
    if (!get(in, since)) return false;
    value = UtcTime{since};
    return true;
}

template <class Tag>
bool get(std::string_view in, TextId<Tag>& value) {
    return get(in, value.text);
}

template <class T>
bool take(Result<T> parsed, T& value) {
    if (!parsed) return false;
    value = *parsed;
    return true;
}

bool get(std::string_view in, TokenId& value) {
    return take(parse_token_id(in), value);
}

bool get(std::string_view in, ConditionId& value) {
    return take(parse_condition_id(in), value);
}

bool get(std::string_view in, OrderId& value) {
    return take(parse_order_id(in), value);
}

constexpr int last_of(Side) {
    return static_cast<int>(Side::sell);
}

constexpr int last_of(Outcome) {
    return static_cast<int>(Outcome::down);
}

constexpr int last_of(Asset) {
    return static_cast<int>(Asset::xrp);
}

constexpr int last_of(TimeInForce) {
    return static_cast<int>(TimeInForce::gtd);
}

constexpr int last_of(OrderState) {
    return static_cast<int>(OrderState::rejected);
}

constexpr int last_of(TradeState) {
    return static_cast<int>(TradeState::failed);
}

constexpr int last_of(PriceSource) {
    return static_cast<int>(PriceSource::venue);
}

constexpr int last_of(Reason) {
    return static_cast<int>(reason_count) - 1;
}

template <class E>
    requires std::is_enum_v<E>
bool get(std::string_view in, E& value) {
    for (int n = 0; n <= last_of(E{}); ++n) {
        value = static_cast<E>(n);
        if (to_string(value) == in) return true;
    }
    return false;
}

bool get(std::string_view in, SettlementRule& value) {
    value = spot_rule();
    if (in == "spot") return true;
    if (!in.starts_with("twap-") || !in.ends_with("s")) return false;
    std::int64_t length = 0;
    if (!get(in.substr(5, in.size() - 6), length) || length <= 0) return false;
    value = twap_rule(Seconds{length});
    return true;
}

bool get(std::string_view in, ReasonCounts& counts) {
    while (!in.empty()) {
        auto const part = in.substr(0, in.find(','));
        auto const colon = part.find(':');
        Reason reason{};
        std::uint64_t times = 0;
        if (colon == std::string_view::npos || !get(part.substr(0, colon), reason) ||
            !get(part.substr(colon + 1), times))
            return false;
        counts.add(reason, times);
        in.remove_prefix(std::min(in.size(), part.size() + 1));
    }
    return true;
}

template <class T>
bool get(std::string_view in, std::optional<T>& value) {
    value.reset();
    return in == "-" || get(in, value.emplace());
}

struct Writer {
    std::string out;

    template <class T>
    void operator()(std::string_view key, T const& value) {
        if (!out.empty()) out += '\t';
        out += key;
        out += '=';
        put(out, value);
    }
};

struct Reader {
    std::map<std::string_view, std::string_view> pairs;
    std::string problem;

    template <class T>
    void operator()(std::string_view key, T& value) {
        auto const at = pairs.find(key);
        if (at == pairs.end()) {
            if (problem.empty()) problem = fmt::format("{} is missing", key);
            return;
        }
        if (!get(at->second, value) && problem.empty())
            problem = fmt::format("{}=\"{}\" cannot be read", key, at->second);
        pairs.erase(at);
    }
};

bool split(std::string_view text, Reader& reader) {
    while (!text.empty()) {
        auto const pair = text.substr(0, text.find('\t'));
        auto const equals = pair.find('=');
        if (equals == std::string_view::npos) return false;
        if (!reader.pairs.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second)
            return false;
        text.remove_prefix(std::min(text.size(), pair.size() + 1));
    }
    return true;
}

template <std::size_t N = 0>
bool make_kind(std::string_view kind, FactBody& body) {
    if constexpr (N < std::variant_size_v<FactBody>) {
        body.emplace<N>();
        return name_of(body) == kind || make_kind<N + 1>(kind, body);
    }
    return false;
}

} // namespace

std::string encode(FactBody const& body) {
    Writer writer;
    writer.out.reserve(512);
    std::visit([&](auto const& fact) { fields(writer, fact); }, body);
    return std::move(writer.out);
}

Result<FactBody> decode_fact(std::string_view kind, std::string_view text) {
    auto const bad = [kind](std::string detail) {
        return Failure{Fault::parse, fmt::format("fact {}", kind), std::move(detail)};
    };
    FactBody body;
    if (!make_kind(kind, body)) return bad("no such kind of fact; a newer polyquant wrote it?");
    Reader reader;
    if (!split(text, reader)) return bad("not a list of key=value pairs");
    std::visit([&](auto& fact) { fields(reader, fact); }, body);
    if (!reader.problem.empty()) return bad(reader.problem);
    if (!reader.pairs.empty())
        return bad(fmt::format("unknown key {}", reader.pairs.begin()->first));
    return body;
}

} // namespace polyquant::ledger
