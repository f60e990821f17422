#include "strategies/expiry/question.hpp"

#include "strategies/expiry/question_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::strategies::expiry {

namespace {

struct CoinName {
    std::string_view text;
    Asset asset;
};

constexpr std::array coin_names{
    CoinName{"bitcoin", Asset::btc},
    CoinName{"btc", Asset::btc},
    CoinName{"ethereum", Asset::eth},
    CoinName{"ether", Asset::eth},
    CoinName{"eth", Asset::eth},
    CoinName{"solana", Asset::sol},
    CoinName{"sol", Asset::sol},
    CoinName{"xrp", Asset::xrp},
};

std::optional<Asset> coin_word(QuestionReader& reader) {
    for (auto const& coin : coin_names)
        if (reader.accept(coin.text)) return coin.asset;
    return std::nullopt;
}

// "the price of Bitcoin", "Bitcoin (BTC)", "$BTC", "Bitcoin's price", "BTC/USDT"
std::optional<Asset> read_coin(QuestionReader& reader) {
    reader.accept("the");
    auto const price_of =
        reader.accept_all("price", "of") || reader.accept_all("spot", "price", "of");
    reader.accept("$");
    std::optional<Asset> asset;
    for (auto const& coin : coin_names) {
        auto const possessive = std::string{coin.text} + "'s";
        if (reader.accept(coin.text))
            asset = coin.asset;
        else if (!price_of && reader.accept_all(std::string_view{possessive}, "price"))
            return coin.asset;
        if (asset) break;
    }
    if (!asset) return std::nullopt;
    if (reader.accept("(")) {
        auto const again = coin_word(reader);
        if (again != asset || !reader.accept(")")) return std::nullopt;
    }
    if (reader.accept("/") && !reader.accept_any({"usdt", "usd"})) return std::nullopt;
    if (!price_of) reader.accept("price");
    return asset;
}

std::optional<ClaimKind> read_comparison(QuestionReader& reader) {
    if (reader.accept_all(">", "=") || reader.accept_any({"above", "over", ">", "\2"}) ||
        reader.accept_all("at", "or", "above") || reader.accept_all("at", "least"))
        return ClaimKind::above;
    if (reader.accept_all("<", "=") || reader.accept_any({"below", "under", "<", "\3"}) ||
        reader.accept_all("at", "or", "below") || reader.accept_all("at", "most"))
        return ClaimKind::below;
    for (auto const word : {"greater", "higher", "more"})
        if (reader.accept_all(std::string_view{word}, "than")) return ClaimKind::above;
    for (auto const word : {"less", "lower"})
        if (reader.accept_all(std::string_view{word}, "than")) return ClaimKind::below;
    if (reader.accept("between")) return ClaimKind::between;
    return std::nullopt;
}

// "$68,000 or higher"
std::optional<ClaimKind> read_trailing_comparison(QuestionReader& reader) {
    if (!reader.accept("or")) return std::nullopt;
    if (reader.accept_any({"higher", "above", "more", "greater"})) return ClaimKind::above;
    if (reader.accept_any({"lower", "below", "less"})) return ClaimKind::below;
    return std::nullopt;
}

// (HIGH) and (LOW) name the side of a "hit".
std::optional<ClaimKind> read_side_tag(QuestionReader& reader) {
    if (reader.accept_all("(", "high", ")")) return ClaimKind::touch_up;
    if (reader.accept_all("(", "low", ")")) return ClaimKind::touch_down;
    return std::nullopt;
}

std::optional<ClaimKind> read_touch(QuestionReader& reader) {
    if (reader.accept_any({"reach", "exceed", "surpass"})) return ClaimKind::touch_up;
    for (auto const word : {"dip", "fall", "drop", "crash"})
        if (reader.accept_all(std::string_view{word}, "to")) return ClaimKind::touch_down;
    for (auto const word : {"rise", "climb"})
        if (reader.accept_all(std::string_view{word}, "to")) return ClaimKind::touch_up;
    if (reader.accept_any({"hit", "touch"})) return ClaimKind::touch;
    return std::nullopt;
}

bool is_touch(ClaimKind kind) {
    return kind == ClaimKind::touch || kind == ClaimKind::touch_up || kind == ClaimKind::touch_down;
}

bool read_between(QuestionReader& reader, Claim& claim) {
    auto const low = reader.amount();
    if (!low) return false;
    if (!reader.accept_any({"and", "-", "to"})) {
        reader.fail(QuestionDefect::bad_range);
        return false;
    }
    auto const high = reader.amount();
    if (!high) return false;
    claim.low = low->price;
    claim.high = high->price;
    // "between $104 and 105K" says one thing and means another.
    if (low->scaled == high->scaled && low->price < high->price) return true;
    reader.fail(QuestionDefect::bad_range);
    return false;
}

bool read_level(QuestionReader& reader, Claim& claim, bool relation_known) {
    if (auto const tag = claim.kind == ClaimKind::touch ? read_side_tag(reader) : std::nullopt)
        claim.kind = *tag;
    auto const level = reader.amount();
    if (!level) return false;
    claim.low = level->price;
    if (auto const tag = claim.kind == ClaimKind::touch ? read_side_tag(reader) : std::nullopt)
        claim.kind = *tag;
    if (relation_known) return true;
    auto const kind = read_trailing_comparison(reader);
    if (kind)
        claim.kind = *kind;
    else
        reader.fail(QuestionDefect::no_relation);
    return kind.has_value();
}

bool read_time(QuestionReader& reader, Claim& claim) {
    auto const time = reader.date();
    if (!time) return false;
    claim.time = *time;
    using Form = ClaimTime::Form;
    auto const instant = time->form == Form::on_day || time->form == Form::at_time;
    // A price is above a level at a time; a touch needs a stretch of time.
    auto const fits = is_touch(claim.kind) ? time->form != Form::at_time : instant;
    if (!fits) reader.fail(QuestionDefect::ambiguous_date);
    return fits;
}

// ... be above $64,000 | reach $100,000 | above 118,000
bool read_claim(QuestionReader& reader, Claim& claim) {
    auto const verb = reader.accept_any({"be", "close", "finish", "settle", "end"});
    if (auto const touch = verb ? std::nullopt : read_touch(reader)) {
        claim.kind = *touch;
        return read_level(reader, claim, true) && read_time(reader, claim);
    }
    auto const kind = read_comparison(reader);
    if (!kind && !verb) {
        reader.fail(QuestionDefect::no_relation);
        return false;
    }
    if (kind) claim.kind = *kind;
    if (kind == ClaimKind::between) return read_between(reader, claim) && read_time(reader, claim);
    return read_level(reader, claim, kind.has_value()) && read_time(reader, claim);
}

bool read_up_or_down(QuestionReader& reader, Claim& claim) {
    claim.kind = ClaimKind::up_or_down;
    auto const time = reader.window();
    if (time) claim.time = *time;
    return time.has_value();
}

// In millionths of the strike, rounded towards zero. Prices are below 1e9 USD: 128 bits hold it.
std::int64_t ppm(UsdPrice difference, UsdPrice strike) {
    if (strike.e8() <= 0) return 0;
    return static_cast<std::int64_t>(
        static_cast<__int128>(difference.e8()) * 1'000'000 / strike.e8()
    );
}

std::int64_t margin_of_between(Claim const& claim, UsdPrice spot) {
    if (spot < claim.low) return -ppm(claim.low - spot, claim.low);
    if (spot > claim.high) return -ppm(spot - claim.high, claim.high);
    return std::min(ppm(spot - claim.low, claim.low), ppm(claim.high - spot, claim.high));
}

} // namespace

Question parse_question(std::string_view text) {
    QuestionWords const words{text};
    if (words.defect() != QuestionDefect::none) return {std::nullopt, words.defect()};
    QuestionReader reader{words.words()};
    auto const refused = [&](QuestionDefect fallback) {
        reader.fail(fallback);
        return Question{std::nullopt, reader.defect()};
    };
    reader.accept("will");
    auto const coin = read_coin(reader);
    if (!coin) return refused(QuestionDefect::no_coin);
    Claim claim;
    claim.asset = *coin;
    auto const good = reader.accept_all("up", "or", "down") ? read_up_or_down(reader, claim)
                                                            : read_claim(reader, claim);
    if (!good) return refused(QuestionDefect::leftover_words);
    reader.accept("?");
    if (!reader.at_end()) return refused(QuestionDefect::leftover_words);
    return {claim, QuestionDefect::none};
}

std::optional<std::int64_t>
margin_ppm(Claim const& claim, UsdPrice spot, Outcome bought, std::optional<UsdPrice> strike) {
    auto const yes = bought == Outcome::up;
    auto const for_yes = [&](std::int64_t margin) {
        return yes ? margin : -margin;
    };
    switch (claim.kind) {
    case ClaimKind::above: return for_yes(ppm(spot - claim.low, claim.low));
    case ClaimKind::below: return for_yes(ppm(claim.low - spot, claim.low));
    case ClaimKind::between: return for_yes(margin_of_between(claim, spot));
    case ClaimKind::touch_up:
        if (yes) return std::nullopt;
        return ppm(claim.low - spot, claim.low);
    case ClaimKind::touch_down:
        if (yes) return std::nullopt;
        return ppm(spot - claim.low, claim.low);
    case ClaimKind::touch: return std::nullopt;
    case ClaimKind::up_or_down:
        if (!strike) return std::nullopt;
        return for_yes(ppm(spot - *strike, *strike));
    }
    std::abort();
}

std::string_view to_string(ClaimKind kind) {
    switch (kind) {
    case ClaimKind::above: return "above";
    case ClaimKind::below: return "below";
    case ClaimKind::between: return "between";
    case ClaimKind::touch_up: return "touch_up";
    case ClaimKind::touch_down: return "touch_down";
    case ClaimKind::touch: return "touch";
    case ClaimKind::up_or_down: return "up_or_down";
    }
    std::abort();
}

std::string to_string(Claim const& claim) {
    auto text = fmt::format("{} {}", to_string(claim.kind), to_string(claim.asset));
    if (claim.kind != ClaimKind::up_or_down) text += " " + to_string(claim.low);
    if (claim.kind == ClaimKind::between) text += " " + to_string(claim.high);
    return text + " " + to_string(claim.time);
}

std::string_view to_string(QuestionDefect defect) {
    switch (defect) {
    case QuestionDefect::none: return "none";
    case QuestionDefect::too_long: return "too_long";
    case QuestionDefect::foreign_text: return "foreign_text";
    case QuestionDefect::no_coin: return "no_coin";
    case QuestionDefect::no_relation: return "no_relation";
    case QuestionDefect::bad_number: return "bad_number";
    case QuestionDefect::ambiguous_number: return "ambiguous_number";
    case QuestionDefect::bad_range: return "bad_range";
    case QuestionDefect::date_missing: return "date_missing";
    case QuestionDefect::relative_date: return "relative_date";
    case QuestionDefect::bad_date: return "bad_date";
    case QuestionDefect::ambiguous_date: return "ambiguous_date";
    case QuestionDefect::unknown_zone: return "unknown_zone";
    case QuestionDefect::leftover_words: return "leftover_words";
    }
    std::abort();
}

} // namespace polyquant::strategies::expiry
