// One value of a fact as text and back. put() appends; get() is false when the text is no such
// value. Private to this folder.
#pragma once

#include "engine/core/facts.hpp"

#include <fmt/format.h>

#include <charconv>
#include <concepts>
#include <type_traits>

namespace polyquant::ledger {

inline void put(std::string& out, std::string const& text) {
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

inline void put(std::string& out, bool value) {
    out += value ? '1' : '0';
}

inline void put(std::string& out, double value) {
    char text[32];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

template <class T>
    requires std::derived_from<T, MicroQuantity<T>>
void put(std::string& out, T value) {
    put(out, value.micros());
}

inline void put(std::string& out, UsdPrice value) {
    put(out, value.e8());
}

inline void put(std::string& out, UtcTime value) {
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

inline void put(std::string& out, SettlementRule value) {
    out += to_string(value);
}

inline void put(std::string& out, ReasonCounts const& counts) {
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

// "240000:0.61:450000:470000:530000:550000,...": time left, P(UP), bid and ask of UP, of DOWN.
inline void put(std::string& out, std::vector<ForecastSample> const& samples) {
    for (auto const& s : samples) {
        if (&s != samples.data()) out += ',';
        put(out, s.left);
        out += ':';
        put(out, s.up);
        for (auto const& price : {s.up_bid, s.up_ask, s.down_bid, s.down_ask}) {
            out += ':';
            put(out, price);
        }
    }
}

inline bool get(std::string_view in, std::string& text) {
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

inline bool get(std::string_view in, bool& value) {
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

inline bool get(std::string_view in, UsdPrice& value) {
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

inline bool get(std::string_view in, UtcTime& value) {
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

inline bool get(std::string_view in, TokenId& value) {
    return take(parse_token_id(in), value);
}

inline bool get(std::string_view in, ConditionId& value) {
    return take(parse_condition_id(in), value);
}

inline bool get(std::string_view in, OrderId& value) {
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

constexpr int last_of(CalibrationState) {
    return static_cast<int>(CalibrationState::stopped);
}

constexpr int last_of(OutcomeSource) {
    return static_cast<int>(OutcomeSource::chain);
}

constexpr int last_of(Ruling) {
    return static_cast<int>(Ruling::disputed);
}

constexpr int last_of(RedemptionState) {
    return static_cast<int>(RedemptionState::undone);
}

constexpr int last_of(WalletCause) {
    return static_cast<int>(WalletCause::correction);
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

inline bool get(std::string_view in, SettlementRule& value) {
    value = spot_rule();
    if (in == "spot") return true;
    if (!in.starts_with("twap-") || !in.ends_with("s")) return false;
    std::int64_t length = 0;
    if (!get(in.substr(5, in.size() - 6), length) || length <= 0) return false;
    value = twap_rule(Seconds{length});
    return true;
}

inline bool get(std::string_view in, ReasonCounts& counts) {
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

// The text up to the next `separator`, taken off `rest`.
inline std::string_view take_part(std::string_view& rest, char separator) {
    auto const part = rest.substr(0, rest.find(separator));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    return part;
}

inline bool get(std::string_view in, ForecastSample& s) {
    if (!get(take_part(in, ':'), s.left) || !get(take_part(in, ':'), s.up)) return false;
    for (auto* price : {&s.up_bid, &s.up_ask, &s.down_bid, &s.down_ask})
        if (!get(take_part(in, ':'), *price)) return false;
    return in.empty();
}

inline bool get(std::string_view in, std::vector<ForecastSample>& samples) {
    samples.clear();
    while (!in.empty())
        if (!get(take_part(in, ','), samples.emplace_back())) return false;
    return true;
}

} // namespace polyquant::ledger
