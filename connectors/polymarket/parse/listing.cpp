#include "connectors/polymarket/parse/listing.hpp"

#include "connectors/json/decimal.hpp"
#include "connectors/json/dom.hpp"
#include "connectors/polymarket/ctf/position_id.hpp"
#include "connectors/polymarket/parse/settlement_rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace polyquant::polymarket {

namespace {

using json::Element;

constexpr auto where = std::string_view{"gamma"};

// Every check ends here or lets the next one run; the first defect is the one reported.
using Refusal = std::string;

Refusal read_version(Element object, Market& market) {
    auto const version = json::text(object, "version");
    // Absent in copies older than October 2026; the token ids prove the version either way.
    if (version.empty() || version == "v1") {
        market.version = ProtocolVersion::v1;
        return {};
    }
    if (version == "v2") {
        market.version = ProtocolVersion::v2;
        return {};
    }
    return fmt::format("unknown protocol version \"{}\"", version.substr(0, 40));
}

Refusal read_tokens(Element object, Market& market) {
    auto const* const key = market.version == ProtocolVersion::v2 ? "positionIds" : "clobTokenIds";
    auto const tokens = json::strings(object, key);
    if (!tokens || tokens->size() != 2) return fmt::format("{} does not hold two ids", key);
    if (!json::parse_token((*tokens)[0], market.up) ||
        !json::parse_token((*tokens)[1], market.down) || market.up == market.down)
        return fmt::format("{} does not hold two different ids", key);
    return {};
}

Refusal read_fee(Element object, Market& market) {
    auto const schedule = json::member(object, "feeSchedule");
    if (!schedule) {
        if (json::flag(object, "feesEnabled") == false) {
            market.fee = no_fee();
            return {};
        }
        return "no fee schedule";
    }
    bool bad = false;
    auto const rate = json::decimal(*schedule, "rate", 6, bad);
    auto const exponent = json::whole(*schedule, "exponent");
    if (bad || !rate || *rate < 0 || *rate > 500'000) return "fee schedule without a usable rate";
    if (!exponent || (*exponent != 1 && *exponent != 2))
        return fmt::format("unknown fee exponent {}", exponent.value_or(0));
    if (json::flag(*schedule, "takerOnly") == false) return "makers pay fees here: not supported";
    market.fee = {*rate, static_cast<int>(*exponent)};
    return {};
}

Refusal read_grid(Element object, Market& market) {
    bool bad = false;
    auto const tick = json::decimal(object, "orderPriceMinTickSize", 6, bad);
    if (bad || !tick) return "no tick size";
    market.tick = Price::from_micros(*tick);
    if (!limit_order_amounts(market.tick, Side::buy, shares(5), cents(50)))
        return fmt::format("unknown tick size {}", to_string(market.tick));
    auto const size = json::decimal(object, "orderMinSize", 6, bad);
    if (bad || !size || *size <= 0) return "no minimum order size";
    market.min_size = Shares::from_micros(*size);
    return {};
}

Refusal read_window(Element object, Market& market) {
    auto const end = json::time(object, "endDate");
    auto const event_start = json::time(object, "eventStartTime");
    if (!end) return "no end date";
    // Markets on other things have no strike time: the listing's own start serves as one.
    auto const start = event_start ? event_start : json::time(object, "startDate");
    if (!start || *start >= *end) return "no start before the end";
    if (market.asset && !event_start) return "no eventStartTime";
    market.window = {*start, std::chrono::floor<Seconds>(*end - *start)};
    return {};
}

Refusal check_slug(Market const& market) {
    auto const slug = parse_updown_slug(market.slug);
    if (!slug) return {};
    if (market.asset != slug->asset)
        return fmt::format(
            "the slug says {} but the settlement source {}",
            to_string(slug->asset),
            market.asset ? to_string(*market.asset) : "is none we know"
        );
    if (market.window != slug->window)
        return fmt::format(
            "the slug's window starts {} but the market's {}",
            format_utc(slug->window.start),
            format_utc(market.window.start)
        );
    return {};
}

Refusal read_settlement_rule(Element object, Market& market) {
    auto settlement = read_settlement(object);
    if (!settlement.defect.empty()) return std::move(settlement.defect);
    market.asset = settlement.asset;
    market.rule = settlement.rule;
    return {};
}

// Index of the first outcome ("Up", "Yes", or whatever stands first).
std::optional<std::size_t> up_index(std::vector<std::string> const& outcomes) {
    if (outcomes.size() != 2) return std::nullopt;
    if (outcomes[0] == "Down" && outcomes[1] == "Up") return 1;
    if (outcomes[0] == "No" && outcomes[1] == "Yes") return 1;
    return 0;
}

Refusal read_market(Element object, crypto::Address const& collateral, Market& market) {
    auto const condition = parse_condition_id(json::text(object, "conditionId"));
    if (!condition) return "no condition id";
    market.condition = *condition;
    market.neg_risk = json::flag(object, "negRisk").value_or(false);
    for (auto const read :
         {read_version, read_tokens, read_settlement_rule, read_window, read_fee, read_grid})
        if (auto refusal = read(object, market); !refusal.empty()) return refusal;
    auto const outcomes = json::strings(object, "outcomes");
    auto const up = outcomes ? up_index(*outcomes) : std::nullopt;
    if (!up) return "not two outcomes";
    if (market.asset && (*outcomes)[*up] != "Up")
        return fmt::format("outcomes are \"{}\", not Up and Down", (*outcomes)[0].substr(0, 40));
    if (auto refusal = check_slug(market); !refusal.empty()) return refusal;
    // Index sets follow the listed order, so this comes before the swap.
    if (auto refusal = token_defect(market, collateral); !refusal.empty()) return refusal;
    if (*up == 1) std::swap(market.up, market.down);
    return {};
}

void read_resolution(Element object, Listing& listing) {
    auto const oracle = listing.market.version == ProtocolVersion::v2
                            ? json::text(object, "resolutionStatus")
                            : json::text(object, "umaResolutionStatus");
    auto const prices = json::strings(object, "outcomePrices");
    auto const outcomes = json::strings(object, "outcomes");
    auto const up = outcomes ? up_index(*outcomes) : std::nullopt;
    if (!listing.closed || oracle != "resolved" || !prices || prices->size() != 2 || !up) return;
    std::int64_t first = 0;
    std::int64_t second = 0;
    if (!json::parse_micros((*prices)[*up], first) ||
        !json::parse_micros((*prices)[1 - *up], second))
        return;
    auto const one = Price::scale;
    if (first == one && second == 0) listing.winner = Outcome::up;
    if (first == 0 && second == one) listing.winner = Outcome::down;
    listing.resolved = listing.winner.has_value() || (first == one / 2 && second == one / 2);
}

std::optional<UsdPrice> usd_price(Element object, std::string_view key) {
    auto const value = json::member(object, key);
    if (!value) return std::nullopt;
    std::string_view text;
    std::int64_t e8 = 0;
    if (value->get_string().get(text) == simdjson::SUCCESS)
        return json::parse_decimal(text, 8, true, e8) ? std::optional{UsdPrice::from_e8(e8)}
                                                      : std::nullopt;
    double number = 0;
    if (value->get_double().get(number) != simdjson::SUCCESS) return std::nullopt;
    // More digits than a double holds exactly: nearest eighth decimal.
    if (!(number > 0 && number < 9e7)) return std::nullopt;
    return UsdPrice::from_e8(static_cast<std::int64_t>(number * 1e8 + 0.5));
}

void read_metadata(std::optional<Element> event, Listing& listing) {
    if (!event) return;
    auto const metadata = json::member(*event, "eventMetadata");
    if (!metadata) return;
    listing.price_to_beat = usd_price(*metadata, "priceToBeat");
    listing.final_price = usd_price(*metadata, "finalPrice");
}

Result<Listing>
read_listing(Element object, std::optional<Element> event, crypto::Address const& collateral) {
    if (!object.is_object() || !json::member(object, "conditionId"))
        return Failure{Fault::parse, std::string{where}, "a row that is no market"};
    Listing listing;
    listing.market.slug = json::text(object, "slug");
    listing.market.question = json::text(object, "question");
    listing.refusal = read_market(object, collateral, listing.market);
    for (auto const* const key : {"clobTokenIds", "positionIds"}) {
        auto const tokens = json::strings(object, key);
        listing.has_tokens = listing.has_tokens || (tokens && !tokens->empty());
    }
    listing.closed = json::flag(object, "closed").value_or(false);
    listing.accepts_orders = !listing.closed && json::flag(object, "active") == true &&
                             json::flag(object, "acceptingOrders") == true &&
                             json::flag(object, "enableOrderBook") == true;
    read_resolution(object, listing);
    if (!event) {
        simdjson::dom::array events;
        Element first;
        if (object["events"].get_array().get(events) == simdjson::SUCCESS &&
            events.at(0).get(first) == simdjson::SUCCESS)
            event = first;
    }
    read_metadata(event, listing);
    return listing;
}

Result<void> read_row(Element row, crypto::Address const& collateral, std::vector<Listing>& to) {
    simdjson::dom::array markets;
    if (row["markets"].get_array().get(markets) != simdjson::SUCCESS) {
        auto listing = read_listing(row, std::nullopt, collateral);
        if (!listing) return listing.error();
        to.push_back(std::move(*listing));
        return {};
    }
    for (auto market : markets) {
        auto listing = read_listing(market, row, collateral);
        if (!listing) return listing.error();
        to.push_back(std::move(*listing));
    }
    return {};
}

// Longer questions are cut: nobody reads further, and the cut still shows that it was too long.
constexpr std::size_t question_kept = 5'000;

std::optional<Price> listed_price(std::string const& text) {
    std::int64_t micros = 0;
    if (!json::parse_decimal(text, 6, true, micros) || micros > Price::scale) return std::nullopt;
    return Price::from_micros(micros);
}

Usdc listed_liquidity(Element object) {
    std::int64_t micros = 0;
    if (json::parse_decimal(json::text(object, "liquidity"), 6, true, micros))
        return Usdc::from_micros(micros);
    auto const number = json::member(object, "liquidityNum");
    double value = 0;
    if (!number || number->get_double().get(value) != simdjson::SUCCESS) return {};
    return value > 0 && value < 1e12 ? Usdc::from_micros(static_cast<std::int64_t>(value * 1e6))
                                     : Usdc{};
}

std::string listed_tags(Element object) {
    std::string joined;
    simdjson::dom::array tags;
    if (object["tags"].get_array().get(tags) != simdjson::SUCCESS) return joined;
    for (auto tag : tags) {
        auto const slug = json::text(tag, "slug");
        if (slug.empty()) continue;
        if (!joined.empty()) joined += ',';
        joined += slug;
    }
    return joined;
}

void read_scan_prices(
    Element object, std::vector<std::string> const& outcomes, MarketListing& row
) {
    auto const prices = json::strings(object, "outcomePrices");
    auto const up = up_index(outcomes);
    if (!prices || prices->size() != 2 || !up) return;
    row.up_price = listed_price((*prices)[*up]);
    row.down_price = listed_price((*prices)[1 - *up]);
}

Refusal read_scan_market(
    Element object,
    std::vector<std::string> const& outcomes,
    crypto::Address const& collateral,
    Price check_tokens_from,
    TokenProofs* proofs,
    MarketListing& row
) {
    auto& market = row.market;
    for (auto const read :
         {read_version, read_tokens, read_settlement_rule, read_window, read_fee, read_grid})
        if (auto refusal = read(object, market); !refusal.empty()) return refusal;
    auto const up = up_index(outcomes);
    if (market.asset && (!up || outcomes[*up] != "Up"))
        return fmt::format("outcomes are \"{}\", not Up and Down", outcomes[0].substr(0, 40));
    if (auto refusal = check_slug(market); !refusal.empty()) return refusal;
    auto const favourite =
        std::max(row.up_price.value_or(Price{}), row.down_price.value_or(Price{}));
    if (favourite >= check_tokens_from) {
        auto const proven = proofs != nullptr && proofs->has(market);
        if (!proven)
            if (auto refusal = token_defect(market, collateral); !refusal.empty()) return refusal;
        if (!proven && proofs != nullptr) proofs->add(market);
        row.tokens_checked = true;
    }
    if (*up == 1) std::swap(market.up, market.down);
    return {};
}

MarketListing read_scan_row(
    Element object,
    std::optional<Element> event,
    crypto::Address const& collateral,
    Price check_tokens_from,
    TokenProofs* proofs
) {
    MarketListing row;
    auto& market = row.market;
    auto const refuse = [&row](ListingDefect defect, std::string why) {
        row.defect = defect;
        row.refusal = std::move(why);
        return row;
    };
    auto const condition = object.is_object()
                               ? parse_condition_id(json::text(object, "conditionId"))
                               : Result<ConditionId>{Failure{}};
    if (!condition) return refuse(ListingDefect::unusable, "no condition id");
    market.condition = *condition;
    market.slug = json::text(object, "slug");
    market.question = json::text(object, "question").substr(0, question_kept);
    market.neg_risk = json::flag(object, "negRisk").value_or(false);
    row.closed = json::flag(object, "closed").value_or(false);
    row.active = json::flag(object, "active").value_or(false);
    row.accepts_orders = json::flag(object, "acceptingOrders") == true &&
                         json::flag(object, "enableOrderBook") == true;
    row.liquidity = listed_liquidity(object);
    simdjson::dom::array events;
    Element first;
    if (!event && object["events"].get_array().get(events) == simdjson::SUCCESS &&
        events.at(0).get(first) == simdjson::SUCCESS)
        event = first;
    row.tags = listed_tags(object);
    if (event && row.tags.empty()) row.tags = listed_tags(*event);
    if (event) row.event = json::text(*event, "slug");
    auto const end = json::time(object, "endDate");
    if (end) market.window = {*end - Seconds{1}, Seconds{1}}; // until the start is read
    auto const outcomes = json::strings(object, "outcomes");
    if (!outcomes || outcomes->size() != 2)
        return refuse(
            ListingDefect::not_two_outcomes,
            fmt::format("{} outcomes", outcomes ? outcomes->size() : std::size_t{0})
        );
    if (!end) return refuse(ListingDefect::no_end, "no end date");
    read_scan_prices(object, *outcomes, row);
    if (auto why = read_scan_market(object, *outcomes, collateral, check_tokens_from, proofs, row);
        !why.empty())
        return refuse(ListingDefect::unusable, std::move(why));
    return row;
}

// The rows of an answer: an array, or a page of markets, events or data.
bool page_rows(Element root, simdjson::dom::array& rows) {
    if (root.get_array().get(rows) == simdjson::SUCCESS) return true;
    if (!root.is_object() || json::member(root, "conditionId") || json::member(root, "slug"))
        return false;
    return root["events"].get_array().get(rows) == simdjson::SUCCESS ||
           root["markets"].get_array().get(rows) == simdjson::SUCCESS ||
           root["data"].get_array().get(rows) == simdjson::SUCCESS;
}

} // namespace

bool TokenProofs::has(Market const& market) const {
    auto const known = proven_.find(market.condition);
    return known != proven_.end() && known->second == std::pair{market.up, market.down};
}

void TokenProofs::add(Market const& market) {
    if (proven_.size() >= most_) proven_.clear();
    proven_.insert_or_assign(market.condition, std::pair{market.up, market.down});
}

Result<std::vector<MarketListing>> parse_scan_page(
    std::string_view body,
    crypto::Address const& ctf_collateral,
    Price check_tokens_from,
    TokenProofs* proofs
) {
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, where);
    if (!root) return root.error();
    std::vector<MarketListing> listings;
    simdjson::dom::array rows;
    if (!page_rows(*root, rows))
        return Failure{Fault::parse, std::string{where}, "not a page of markets"};
    for (auto row : rows) {
        simdjson::dom::array markets;
        if (row["markets"].get_array().get(markets) != simdjson::SUCCESS) {
            listings.push_back(
                read_scan_row(row, std::nullopt, ctf_collateral, check_tokens_from, proofs)
            );
            continue;
        }
        for (auto market : markets)
            listings.push_back(read_scan_row(market, row, ctf_collateral, check_tokens_from, proofs)
            );
    }
    return listings;
}

Result<std::vector<Listing>>
parse_listings(std::string_view body, crypto::Address const& ctf_collateral) {
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, where);
    if (!root) return root.error();
    std::vector<Listing> listings;
    simdjson::dom::array rows;
    if (page_rows(*root, rows)) {
        for (auto row : rows)
            if (auto const good = read_row(row, ctf_collateral, listings); !good)
                return good.error();
        return listings;
    }
    if (auto const good = read_row(*root, ctf_collateral, listings); !good) return good.error();
    return listings;
}

std::string parse_next_cursor(std::string_view body) {
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, where);
    if (!root || !root->is_object()) return {};
    auto const cursor = json::text(*root, "next_cursor");
    return cursor == "LTE=" ? std::string{} : std::string{cursor};
}

Result<ClobMarket> parse_clob_market(std::string_view body) {
    auto const bad = [&](std::string_view what) {
        return Failure{
            Fault::parse, "clob.market", fmt::format("{} in {}", what, json::excerpt(body))
        };
    };
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, "clob.market");
    if (!root) return root.error();
    ClobMarket market;
    auto const condition = parse_condition_id(json::text(*root, "c"));
    if (!condition) return bad("no condition id");
    market.condition = *condition;
    simdjson::dom::array tokens;
    if ((*root)["t"].get_array().get(tokens) != simdjson::SUCCESS) return bad("no tokens");
    for (auto entry : tokens) {
        TokenId token;
        if (!json::parse_token(json::text(entry, "t"), token)) return bad("no token id");
        market.tokens.push_back(token);
    }
    bool wrong = false;
    if (auto const tick = json::decimal(*root, "mts", 6, wrong))
        market.tick = Price::from_micros(*tick);
    if (auto const size = json::decimal(*root, "mos", 6, wrong))
        market.min_size = Shares::from_micros(*size);
    if (auto const fee = json::member(*root, "fd")) {
        auto const rate = json::decimal(*fee, "r", 6, wrong);
        auto const exponent = json::whole(*fee, "e");
        if (!rate || !exponent || *exponent < 1 || *exponent > 2) return bad("unknown fee");
        market.fee = FeeSchedule{*rate, static_cast<int>(*exponent)};
    }
    if (wrong) return bad("an inexact number");
    market.neg_risk = json::flag(*root, "nr").value_or(false);
    market.accepts_orders = json::flag(*root, "ao");
    market.has_taker_delay = json::flag(*root, "itode").value_or(false);
    return market;
}

std::string disagreement(Market const& market, ClobMarket const& clob) {
    if (clob.condition != market.condition) return "condition id";
    for (auto const& token : clob.tokens)
        if (!market.outcome_of(token)) return "token ids";
    if (clob.tokens.size() != 2) return "token ids";
    if (clob.neg_risk != market.neg_risk) return "neg risk";
    if (clob.tick && *clob.tick != market.tick) return "tick size";
    if (clob.min_size && *clob.min_size != market.min_size) return "minimum size";
    if (clob.fee && *clob.fee != market.fee) return "fee schedule";
    return {};
}

} // namespace polyquant::polymarket
