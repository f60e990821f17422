#include "config/param_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace polyquant::config {

namespace {

using Kind = RawValue::Kind;

bool is_number(RawValue const& raw) {
    return raw.kind == Kind::integer || raw.kind == Kind::real;
}

std::string shown(RawValue const& raw) {
    constexpr std::size_t shown_max = 40;
    auto const cut = raw.text.size() > shown_max ? raw.text.substr(0, shown_max) + "..." : raw.text;
    switch (raw.kind) {
    case Kind::string: return fmt::format("the text \"{}\"", cut);
    case Kind::list:
    case Kind::table: return std::string{to_string(raw.kind)};
    case Kind::integer:
    case Kind::real:
    case Kind::boolean:
    case Kind::date: return fmt::format("{} ({})", to_string(raw.kind), cut);
    }
    std::abort();
}

std::string wrong_type(std::string_view expected, RawValue const& raw) {
    return fmt::format("expected {}, found {}", expected, shown(raw));
}

// TOML allows "1_000" and "+1".
std::string plain_number(RawValue const& raw) {
    auto text = raw.text;
    if (raw.kind == Kind::string) return text;
    std::erase(text, '_');
    if (text.starts_with('+')) text.erase(0, 1);
    return text;
}

// Exact decimal text to a count of 10^-decimals.
Complaint
read_fixed(RawValue const& raw, int decimals, std::string_view expected, std::int64_t& out) {
    if (!is_number(raw) && raw.kind != Kind::string) return wrong_type(expected, raw);
    auto const text = plain_number(raw);
    if (auto value = parse_fixed(text, decimals)) {
        out = *value;
        return std::nullopt;
    }
    if (parse_fixed(text.substr(0, text.find('.')), 0) &&
        text.find_first_not_of("0123456789", text.find('.') + 1) == std::string::npos)
        return fmt::format(
            "{} has more than {} decimals or is too large; it is refused, not rounded",
            raw.text,
            decimals
        );
    if (is_number(raw)) return fmt::format("write {} as a plain decimal number", raw.text);
    return wrong_type(expected, raw);
}

template <class Micro>
Complaint read_micros(RawValue const& raw, std::string_view expected, Micro& out) {
    std::int64_t micros = 0;
    if (auto complaint = read_fixed(raw, 6, expected, micros)) return complaint;
    out = Micro::from_micros(micros);
    return std::nullopt;
}

struct Unit {
    std::string_view name;
    std::int64_t millis;
};

// "ms" stands before "s" and "m" because they end and begin like it.
constexpr std::array units{
    Unit{"ms", 1},
    Unit{"s", 1'000},
    Unit{"m", 60'000},
    Unit{"h", 3'600'000},
    Unit{"d", 86'400'000},
};

Complaint read_millis(RawValue const& raw, std::int64_t step, std::int64_t& out) {
    constexpr std::string_view expected =
        "a duration with its unit (\"250ms\", \"45s\", \"5m\", \"4h\", \"2d\")";
    if (is_number(raw))
        return fmt::format(
            "expected {}, found {} without a unit: write \"{}s\" or \"{}ms\"",
            expected,
            raw.text,
            raw.text,
            raw.text
        );
    if (raw.kind != Kind::string) return wrong_type(expected, raw);
    for (auto const& unit : units) {
        if (!raw.text.ends_with(unit.name)) continue;
        auto const number =
            std::string_view{raw.text}.substr(0, raw.text.size() - unit.name.size());
        auto const thousandths = parse_fixed(number, 3);
        std::int64_t scaled = 0;
        if (!thousandths || __builtin_mul_overflow(*thousandths, unit.millis, &scaled)) break;
        if (scaled % (1'000 * step) != 0)
            return fmt::format(
                "\"{}\" is not a whole number of {}", raw.text, step == 1 ? "ms" : "s"
            );
        out = scaled / 1'000;
        return std::nullopt;
    }
    return wrong_type(expected, raw);
}

std::string print_millis(std::int64_t ms) {
    for (auto i = units.size(); i-- > 0;) {
        auto const& unit = units[i];
        // "90s", "60s" and "3600s" read better among their likes than "1.5m", "1m", "1h".
        if (i > 1 && ms > -2 * unit.millis && ms < 2 * unit.millis) continue;
        if (ms % unit.millis == 0) return fmt::format("\"{}{}\"", ms / unit.millis, unit.name);
    }
    std::abort();
}

template <class Int>
Complaint read_integer(RawValue const& raw, Int& out) {
    if (raw.kind != Kind::integer) return wrong_type("a whole number", raw);
    auto const text = plain_number(raw);
    auto const* const end = text.data() + text.size();
    auto const [rest, error] = std::from_chars(text.data(), end, out);
    if (error != std::errc{} || rest != end)
        return fmt::format("{} is too large for this parameter", raw.text);
    return std::nullopt;
}

std::string toml_string(std::string_view text) {
    std::string out = "\"";
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out += {'\\', c};
        else if (byte < 0x20 || byte == 0x7f)
            out += fmt::format("\\u{:04X}", byte);
        else
            out += c;
    }
    return out + '"';
}

Complaint read_asset(RawValue const& raw, Asset& out) {
    if (raw.kind != Kind::string) return wrong_type("an asset such as \"btc\"", raw);
    auto const asset = parse_asset(raw.text);
    if (!asset) return fmt::format("\"{}\" is not an asset; known: btc, eth, sol, xrp", raw.text);
    out = *asset;
    return std::nullopt;
}

} // namespace

Complaint read_value(RawValue const& raw, Price& out) {
    return read_micros(raw, "a price such as 0.85", out);
}

Complaint read_value(RawValue const& raw, Usdc& out) {
    return read_micros(raw, "an amount of money such as 5.00", out);
}

Complaint read_value(RawValue const& raw, Shares& out) {
    return read_micros(raw, "a number of shares such as 5", out);
}

Complaint read_value(RawValue const& raw, UsdPrice& out) {
    std::int64_t e8 = 0;
    if (auto complaint = read_fixed(raw, 8, "a price in USD such as 25.00", e8)) return complaint;
    out = UsdPrice::from_e8(e8);
    return std::nullopt;
}

Complaint read_value(RawValue const& raw, Millis& out) {
    std::int64_t ms = 0;
    if (auto complaint = read_millis(raw, 1, ms)) return complaint;
    out = Millis{ms};
    return std::nullopt;
}

Complaint read_value(RawValue const& raw, Seconds& out) {
    std::int64_t ms = 0;
    if (auto complaint = read_millis(raw, 1'000, ms)) return complaint;
    out = Seconds{ms / 1'000};
    return std::nullopt;
}

Complaint read_value(RawValue const& raw, int& out) {
    return read_integer(raw, out);
}

Complaint read_value(RawValue const& raw, std::int64_t& out) {
    return read_integer(raw, out);
}

Complaint read_value(RawValue const& raw, double& out) {
    if (!is_number(raw)) return wrong_type("a number", raw);
    auto const text = plain_number(raw);
    auto const* const end = text.data() + text.size();
    auto const [rest, error] = std::from_chars(text.data(), end, out);
    if (error != std::errc{} || rest != end || !std::isfinite(out))
        return fmt::format("{} is not a finite number", raw.text);
    return std::nullopt;
}

Complaint read_value(RawValue const& raw, bool& out) {
    if (raw.kind != Kind::boolean) return wrong_type("true or false", raw);
    out = raw.text == "true";
    return std::nullopt;
}

Complaint read_value(RawValue const& raw, std::string& out) {
    if (raw.kind != Kind::string) return wrong_type("a text in quotes", raw);
    out = raw.text;
    return std::nullopt;
}

Complaint read_value(RawValue const& raw, TextList& out) {
    if (raw.kind != Kind::list) return wrong_type("a list of texts", raw);
    TextList texts;
    for (auto const& item : raw.items)
        if (auto complaint = read_value(item, texts.emplace_back())) return complaint;
    out = std::move(texts);
    return std::nullopt;
}

Complaint read_value(RawValue const& raw, AssetList& out) {
    if (raw.kind != Kind::list) return wrong_type("a list of assets such as [\"btc\"]", raw);
    AssetList assets;
    for (auto const& item : raw.items) {
        Asset asset{};
        if (auto complaint = read_asset(item, asset)) return complaint;
        if (std::find(assets.begin(), assets.end(), asset) != assets.end())
            return fmt::format("names {} twice", item.text);
        assets.push_back(asset);
    }
    out = std::move(assets);
    return std::nullopt;
}

Complaint read_value(RawValue const& raw, PerAsset& out) {
    if (is_number(raw)) {
        double all = 0;
        if (auto complaint = read_value(raw, all)) return complaint;
        out = PerAsset{all};
        return std::nullopt;
    }
    if (raw.kind != Kind::table)
        return wrong_type("one number or a table such as { btc = 0.7, eth = 0.6 }", raw);
    auto values = out;
    for (auto const& item : raw.items) {
        auto const asset = parse_asset(item.key);
        if (!asset)
            return fmt::format("\"{}\" is not an asset; known: btc, eth, sol, xrp", item.key);
        if (auto complaint = read_value(item, values.values[index_of(*asset)])) return complaint;
    }
    out = values;
    return std::nullopt;
}

Complaint
read_choice(RawValue const& raw, std::vector<std::string_view> const& names, std::size_t& index) {
    auto const known = fmt::format("one of {}", fmt::join(names, ", "));
    if (raw.kind != Kind::string) return wrong_type(known, raw);
    auto const found = std::find(names.begin(), names.end(), raw.text);
    if (found == names.end()) {
        auto const hint = nearest(raw.text, names);
        return fmt::format(
            "unknown choice \"{}\"{}",
            raw.text,
            hint.empty() ? "" : fmt::format("; did you mean \"{}\"?", hint)
        );
    }
    index = static_cast<std::size_t>(found - names.begin());
    return std::nullopt;
}

std::string print_value(Price value) {
    return to_string(value);
}

std::string print_value(Usdc value) {
    return to_string(value);
}

std::string print_value(Shares value) {
    return to_string(value);
}

std::string print_value(UsdPrice value) {
    return to_string(value);
}

std::string print_value(Millis value) {
    return print_millis(value.count());
}

std::string print_value(Seconds value) {
    return print_millis(value.count() * 1'000);
}

std::string print_value(int value) {
    return fmt::format("{}", value);
}

std::string print_value(std::int64_t value) {
    return fmt::format("{}", value);
}

std::string print_value(double value) {
    auto text = fmt::format("{}", value); // the shortest text that reads back to the same double
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string print_value(bool value) {
    return value ? "true" : "false";
}

std::string print_value(std::string const& value) {
    return toml_string(value);
}

std::string print_value(TextList const& value) {
    std::string text = "[";
    for (auto const& item : value)
        text += (text.size() > 1 ? ", " : "") + toml_string(item);
    return text + "]";
}

std::string print_value(AssetList const& value) {
    std::string text = "[";
    for (auto const asset : value)
        text += (text.size() > 1 ? ", " : "") + toml_string(lower_name(asset));
    return text + "]";
}

std::string print_value(PerAsset const& value) {
    std::string text = "{ ";
    for (auto const asset : all_assets)
        text += fmt::format(
            "{}{} = {}", text.size() > 2 ? ", " : "", lower_name(asset), print_value(value[asset])
        );
    return text + " }";
}

} // namespace polyquant::config
