// A recorded scan against a table reckoned by hand: the row's verdict, the decision on the live
// book and every number of the order.
#include "connectors/polymarket/contracts.hpp"
#include "connectors/polymarket/parse/listing.hpp"
#include "strategies/expiry/entry.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/golden.hpp"

#include <map>
#include <set>

using namespace polyquant;
using namespace polyquant::strategies;
using namespace polyquant::strategies::expiry;

namespace {

UtcTime const scanned_at = parse_utc("2026-11-23T12:00:00Z").value();

using Row = std::map<std::string, std::string>;

std::vector<std::string> cells_of(std::string const& line) {
    std::vector<std::string> cells{""};
    bool quoted = false;
    for (char const c : line) {
        if (c == '"')
            quoted = !quoted;
        else if (c == ',' && !quoted)
            cells.emplace_back();
        else
            cells.back() += c;
    }
    return cells;
}

std::vector<Row> table() {
    std::istringstream text{golden_text("expiry/decisions.csv")};
    std::vector<Row> rows;
    std::vector<std::string> names;
    for (std::string line; std::getline(text, line);) {
        if (line.starts_with('#')) continue;
        auto const cells = cells_of(line);
        if (names.empty()) {
            names = cells;
            continue;
        }
        REQUIRE(cells.size() == names.size());
        auto& row = rows.emplace_back();
        for (std::size_t i = 0; i < cells.size(); ++i)
            row[names[i]] = cells[i];
    }
    return rows;
}

std::map<std::string, MarketListing> scan() {
    auto text = golden_text("expiry/scan.json");
    std::string huge;
    while (huge.size() < 100'000)
        huge += "Will it rain? ";
    auto const at = text.find("@HUGE@");
    REQUIRE(at != std::string::npos);
    text.replace(at, 6, huge);
    auto const collateral =
        polymarket::contracts_of(polymarket::polygon_chain_id).value().ctf_collateral;
    std::map<std::string, MarketListing> rows;
    for (auto& row : polymarket::parse_scan_page(text, collateral, cents(85)).value())
        rows.emplace(row.market.slug, std::move(row));
    return rows;
}

std::map<std::string, ExpiryParams> param_sets() {
    std::map<std::string, ExpiryParams> sets;
    sets["baseline"] = {};
    auto& refined = sets["refined"];
    refined.time_ladder = true;
    refined.spread_tiers = true;
    refined.return_min = 0.03;
    refined.confirmation = Confirmation::floors;
    sets["required"].confirmation = Confirmation::required;
    sets["lists"].block_words = {"Elon Musk"};
    sets["lists"].allow_tags = {"crypto", "Weather"};
    sets["lists"].block_tags = {"esports"};
    sets["no-neg-risk"].neg_risk = false;
    sets["tiny"].bet = usd(1);
    return sets;
}

std::vector<Level> levels(std::string const& text) {
    std::vector<Level> found;
    std::istringstream cells{text};
    for (std::string cell; std::getline(cells, cell, ';');) {
        auto const x = cell.find('x');
        found.push_back(
            {parse_price(cell.substr(0, x)).value(), parse_shares(cell.substr(x + 1)).value()}
        );
    }
    return found;
}

void set_state(EntryInput& input, std::string const& state) {
    auto const equals = state.find('=');
    auto const name = state.substr(0, equals);
    auto const number = equals == std::string::npos ? 0 : std::stoi(state.substr(equals + 1));
    if (name == "off") input.enabled = false;
    if (name == "pending" && equals == std::string::npos) input.token = TokenStatus::pending;
    if (name == "pending") input.pending = static_cast<std::size_t>(number);
    if (name == "done") input.token = TokenStatus::done;
    if (name == "paused") input.token = TokenStatus::paused;
    if (name == "elsewhere") input.held_elsewhere = true;
    if (name == "event") input.event_held = true;
    if (name == "today") input.trades_today = number;
    if (name == "balance") input.balance_halted = true;
}

struct Answer {
    std::string listing;
    std::string decision;
    std::string side;
    std::string limit;
    std::string shares;
    Reason reason = Reason::order_sent; // of the last gate asked
};

Answer decide(Row const& row, MarketListing const& listing, ExpiryParams const& params) {
    auto verdict = ListingGate{params}.judge(listing, scanned_at);
    Answer answer;
    answer.reason = verdict.reason;
    answer.listing = verdict.candidate ? "candidate" : std::string{to_string(verdict.reason)};
    if (!verdict.candidate) return answer;
    auto& candidate = *verdict.candidate;
    candidate.listed_at = scanned_at - Seconds{std::stoi(row.at("listed_age"))};
    Book book;
    if (row.at("bids") != "none")
        book.apply_snapshot(
            levels(row.at("bids")),
            levels(row.at("asks")),
            scanned_at - Seconds{std::stoi(row.at("book_age"))}
        );
    BookView const view{book, candidate.outcome == Outcome::down};
    EntryInput input{candidate};
    input.now = scanned_at;
    input.book = &view;
    input.bankroll = parse_usdc(row.at("bankroll")).value();
    // Without a claim nobody knows which coin to ask for.
    if (auto const& spot = row.at("spot"); !spot.empty() && candidate.question.claim) {
        auto const equals = spot.find('=');
        auto const coin = parse_asset(spot.substr(0, equals));
        REQUIRE(coin == candidate.question.claim->asset);
        input.spot = PricePoint{
            parse_usd_price(spot.substr(equals + 1)).value(),
            scanned_at - Seconds{std::stoi(row.at("spot_age"))},
            PriceSource::binance_trade
        };
    }
    set_state(input, row.at("state"));

    auto const decision = decide_entry(params, StrategyName{"e"}, input);

    answer.reason = decision.reason;
    answer.decision = decision.order ? "order" : std::string{to_string(decision.reason)};
    if (decision.order) {
        CHECK(decision.reason == Reason::order_sent);
        CHECK(decision.order->token == candidate.token());
        answer.side = decision.order->outcome == Outcome::up ? "up" : "down";
        answer.limit = to_string(decision.order->limit);
        answer.shares = to_string(decision.order->size);
    }
    return answer;
}

} // namespace

TEST_CASE("Decisions on a recorded scan equal the table reckoned by hand", "[expiry][table]") {
    auto const rows = table();
    auto const markets = scan();
    auto const sets = param_sets();
    std::set<Reason> seen;
    CHECK(rows.size() == markets.size());
    CHECK(rows.size() >= 60);

    for (auto const& row : rows) {
        INFO(row.at("slug") << ": " << row.at("why"));
        auto const answer = decide(row, markets.at(row.at("slug")), sets.at(row.at("params")));
        CHECK(answer.listing == row.at("listing"));
        CHECK(answer.decision == row.at("decision"));
        CHECK(answer.side == row.at("side"));
        CHECK(answer.limit == row.at("limit"));
        CHECK(answer.shares == row.at("shares"));
        seen.insert(answer.reason);
    }

    // Every gate there is, but for size_zero: with a bet of 1 USDC or more one share is affordable.
    for (auto const reason : {Reason::order_sent,       Reason::strategy_off,
                              Reason::outside_zone,     Reason::book_missing,
                              Reason::book_quarantined, Reason::book_stale,
                              Reason::no_ask,           Reason::ask_below_range,
                              Reason::ask_above_range,  Reason::already_traded,
                              Reason::order_pending,    Reason::not_filled,
                              Reason::below_minimum,    Reason::not_enough_depth,
                              Reason::bankroll_short,   Reason::listing_refused,
                              Reason::not_two_outcomes, Reason::prices_inconsistent,
                              Reason::end_unknown,      Reason::end_passed,
                              Reason::end_too_far,      Reason::not_accepting_orders,
                              Reason::liquidity_low,    Reason::price_outside_lists,
                              Reason::blocked,          Reason::updown_left_out,
                              Reason::neg_risk_refused, Reason::event_held,
                              Reason::held_elsewhere,   Reason::listing_stale,
                              Reason::spread_too_wide,  Reason::return_too_small,
                              Reason::spot_contradicts, Reason::ask_below_unverified_floor,
                              Reason::unconfirmed,      Reason::positions_full,
                              Reason::day_limit,        Reason::balance_halt}) {
        INFO(to_string(reason));
        CHECK(seen.contains(reason));
    }
}

TEST_CASE("A refused row of a scan says why in words", "[expiry][table]") {
    auto const markets = scan();

    CHECK(markets.at("three-outcomes").refusal == "3 outcomes");
    CHECK(markets.at("no-end").refusal == "no end date");
    CHECK(markets.at("odd-tick").refusal.starts_with("unknown tick size"));
    CHECK(markets.at("version-9").refusal.starts_with("unknown protocol version"));
    CHECK(markets.at("no-fee-schedule").refusal == "no fee schedule");
    CHECK(
        markets.at("foreign-tokens").refusal.find("is not the one of condition") !=
        std::string::npos
    );
    CHECK(markets.at("same-tokens").defect == ListingDefect::unusable);
    CHECK(markets.at("huge-question").market.question.size() == 5'000);
}
