#include "connectors/tape/coverage.hpp"

#include "connectors/tape/csv.hpp"
#include "connectors/tape/hash64.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace polyquant::tape {

namespace {

template <class Id>
Id hashed_id(std::string const& text) {
    Id id;
    for (std::size_t word = 0; word < 4; ++word) {
        auto const hash = hash64(text, word);
        for (std::size_t i = 0; i < 8; ++i)
            id.bytes[word * 8 + i] = static_cast<std::uint8_t>(hash >> (56 - 8 * i));
    }
    return id;
}

std::optional<Outcome> side_of(std::string_view text) {
    if (text == "Up") return Outcome::up;
    if (text == "Down") return Outcome::down;
    return std::nullopt;
}

// What stands between `key` and the next quote.
std::string_view quoted_after(std::string_view line, std::string_view key) {
    auto const at = line.find(key);
    if (at == std::string_view::npos) return {};
    auto const rest = line.substr(at + key.size());
    return rest.substr(0, rest.find('"'));
}

} // namespace

Result<Coverage> Coverage::parse(std::istream& csv, ImportReport& report) {
    enum Column : std::size_t { slug, token, messages, offset, bid, ask, move, side };

    CsvReader rows{
        csv,
        {"slug",
         "asset_id",
         "snapshots",
         "last_offset_s",
         "last_bid",
         "last_ask",
         "binance_move_bps",
         "token_side_inferred"}
    };
    if (!rows.header_problem().empty())
        return Failure{Fault::parse, report.input, rows.header_problem()};
    Coverage coverage;
    while (rows.next()) {
        ++report.rows;
        auto const bad = [&](char const* what) {
            report.bad_row(what, rows.line_number(), rows.line());
        };
        if (!rows.has_fields()) {
            bad("wrong number of columns");
            continue;
        }
        auto const id = parse_token_id(rows[token]);
        auto const count = number<std::uint64_t>(rows[messages]);
        if (!id || !count || !parse_updown_slug(rows[slug])) {
            bad("slug, token or number of messages makes no sense");
            continue;
        }
        Row row{*id, *count, side_of(rows[side]), {}, {}, {}};
        if (!row.side && !rows[side].empty()) bad("token side is neither Up nor Down");
        auto const last_bid = number<double>(rows[bid]);
        auto const last_ask = number<double>(rows[ask]);
        if (last_bid && last_ask) row.last_mid = (*last_bid + *last_ask) / 2;
        row.last_offset_s = number<double>(rows[offset]);
        row.move_bps = number<double>(rows[move]);
        coverage.add(std::string{rows[slug]}, row);
    }
    return coverage;
}

Coverage Coverage::scan_replay(std::istream& jsonl) {
    Coverage coverage;
    std::string line;
    while (std::getline(jsonl, line)) {
        auto const slug = quoted_after(line, "\"slug\":\"");
        auto const token = parse_token_id(quoted_after(line, "\"asset_id\":\""));
        if (!slug.empty() && token) coverage.add(std::string{slug}, {*token, 1, {}, {}, {}, {}});
    }
    return coverage;
}

Result<Coverage> Coverage::scan_book(std::istream& csv, Asset asset, ImportReport& report) {
    CsvReader rows{csv, {"slot_start_sec", "asset_id"}};
    if (!rows.header_problem().empty())
        return Failure{Fault::parse, report.input, rows.header_problem()};
    Coverage coverage;
    std::map<std::string, std::uint64_t, std::less<>> counts; // by "slot,token"
    while (rows.next()) {
        if (!rows.has_fields()) continue;
        ++counts[fmt::format("{},{}", rows[0], rows[1])];
    }
    for (auto const& [key, count] : counts) {
        auto const comma = key.find(',');
        auto const start = number<std::int64_t>(std::string_view{key}.substr(0, comma));
        auto const token = parse_token_id(std::string_view{key}.substr(comma + 1));
        if (!start || *start <= 0 || *start % 300 != 0 || !token) continue;
        auto const window = Window{utc_from_seconds(*start), Seconds{300}};
        coverage.add(updown_slug(asset, window), {*token, count, {}, {}, {}, {}});
    }
    return coverage;
}

void Coverage::add(std::string const& slug, Row row) {
    auto& rows = markets_[slug];
    auto const known = std::ranges::find(rows, row.token, &Row::token);
    if (known == rows.end())
        rows.push_back(row);
    else
        known->messages += row.messages;
}

void Coverage::merge(Coverage const& more) {
    markets_.insert(more.markets_.begin(), more.markets_.end());
}

std::optional<RecordedTokens> Coverage::find(std::string const& slug) const {
    auto const found = markets_.find(slug);
    if (found == markets_.end() || found->second.size() > 2) return std::nullopt;
    auto rows = found->second;
    if (rows.size() == 2 && rows[1].messages > rows[0].messages) std::swap(rows[0], rows[1]);
    RecordedTokens tokens{rows[0].token, {}, {}, false};
    if (rows.size() == 2) tokens.other = rows[1].token;

    // What is said of either token says it of both, unless it contradicts itself.
    auto const agreed = [&rows](auto const& side_of_row) -> std::optional<Outcome> {
        std::optional<Outcome> main;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            auto side = side_of_row(rows[i]);
            if (side && i == 1) side = opposite(*side);
            if (side && main && *main != *side) return std::nullopt;
            if (side) main = side;
        }
        return main;
    };
    tokens.side = agreed([](Row const& row) { return row.side; });
    if (!tokens.side && infer_) {
        tokens.side = agreed(infer_side);
        tokens.inferred = tokens.side.has_value();
    }
    if (!tokens.side && assumed_) {
        tokens.side = assumed_;
        tokens.inferred = true;
    }
    return tokens;
}

std::optional<Outcome> infer_side(Coverage::Row const& row) {
    constexpr double clear_price = 0.90;
    constexpr double clear_move_bps = 3;
    if (!row.last_mid || !row.last_offset_s || !row.move_bps) return std::nullopt;
    auto const favourite = *row.last_mid >= clear_price;
    auto const outsider = *row.last_mid <= 1 - clear_price;
    if (*row.last_offset_s < 240 || std::fabs(*row.move_bps) < clear_move_bps) return std::nullopt;
    if (!favourite && !outsider) return std::nullopt;
    auto const went = *row.move_bps > 0 ? Outcome::up : Outcome::down;
    return favourite ? went : opposite(went);
}

ConditionId synthetic_condition(std::string_view slug) {
    return hashed_id<ConditionId>(fmt::format("condition:{}", slug));
}

TokenId synthetic_token(std::string_view slug, Outcome outcome) {
    return hashed_id<TokenId>(fmt::format("token:{}:{}", to_string(outcome), slug));
}

} // namespace polyquant::tape
