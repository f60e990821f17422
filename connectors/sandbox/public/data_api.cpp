#include "connectors/sandbox/public/data_api.hpp"

#include "connectors/json/writer.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace polyquant::sandbox {

namespace {

using net::server::HttpCall;
using net::server::HttpReply;
using net::server::json_reply;

constexpr std::size_t limit_default = 100;
constexpr std::size_t limit_max = 500;

HttpReply refusal(std::string_view words, std::string_view parameter) {
    json::Writer w;
    w.begin_object().text("error", words).text("code", "invalid_parameter");
    w.flag("retryable", false).text("trace_id", "sandbox").text("parameter", parameter);
    w.end_object();
    return json_reply(w.take(), 400);
}

// What was paid for the tokens that are still held, by average cost.
struct Holding {
    Shares held;
    Shares bought; // ever
    Usdc cost;
    Usdc fees;
    Usdc realized;
    UtcTime last_event{};
};

Usdc share_of(Usdc whole, Shares part, Shares of) {
    if (of.is_zero()) return {};
    auto const wide = static_cast<__int128>(whole.micros()) * part.micros() / of.micros();
    return Usdc::from_micros(static_cast<std::int64_t>(wide));
}

void apply(StatementEntry const& entry, Holding& h) {
    h.last_event = entry.at;
    if (entry.kind == EntryKind::fee) {
        h.fees += -entry.cash;
        return;
    }
    if (entry.shares.micros() > 0) {
        h.held += entry.shares;
        h.bought += entry.shares;
        h.cost += -entry.cash;
        return;
    }
    auto const gone = -entry.shares;
    auto const cost = share_of(h.cost, std::min(gone, h.held), h.held);
    h.held -= std::min(gone, h.held);
    h.cost -= cost;
    h.realized += entry.cash - cost;
}

std::map<TokenId, Holding> holdings_of(Accounts const& accounts, AccountId id) {
    std::map<TokenId, Holding> holdings;
    for (auto const& entry : accounts.statement(id))
        if (!entry.token.is_zero()) apply(entry, holdings[entry.token]);
    return holdings;
}

struct Row {
    TokenId token;
    Shares size;
    Holding holding{};
    WorldMarket const* market = nullptr;
    Price price;
    std::string_view status = "OPEN";
    bool redeemable = false;
    bool mergeable = false;
};

Row make_row(World const& world, Account const& account, TokenId const& token, Shares size) {
    Row row;
    row.token = token;
    row.size = size;
    row.market = world.markets().find_token(token);
    if (!row.market) return row;
    auto const& market = *row.market;
    auto const outcome = *market.market.outcome_of(token);
    row.mergeable = !account.holds(market.market.token(opposite(outcome))).is_zero();
    if (market.phase == Phase::resolved) {
        auto const half = !market.winner.has_value();
        auto const won = half || *market.winner == outcome;
        row.price = half ? cents(50) : won ? cents(100) : Price{};
        row.redeemable = true;
        row.status = won ? "REDEEMABLE" : "REDEEMABLE_LOST";
        return row;
    }
    auto const top = world.exchange().top(token);
    if (top.bid) row.price = top.bid->price;
    return row;
}

std::string average_price(Row const& row) {
    if (row.holding.held.is_zero()) return "0";
    auto const wide =
        static_cast<__int128>(row.holding.cost.micros()) * Price::scale / row.holding.held.micros();
    return format_fixed(static_cast<std::int64_t>(wide), 6);
}

void write_market(json::Writer& w, WorldMarket const& m, TokenId const& token) {
    auto const outcome = *m.market.outcome_of(token);
    auto const index = outcome == Outcome::up ? 0U : 1U;
    w.text("title", m.market.question)
        .text("slug", m.market.slug)
        .text("event_id", m.event_id)
        .text("event_slug", m.event_slug)
        .text("outcome", m.outcomes[index])
        .whole("outcome_index", index)
        .text("opposite_outcome", m.outcomes[1 - index])
        .text("opposite_token_id", to_string(m.market.token(opposite(outcome))))
        .text("end_date", format_utc(m.market.window.end()))
        .flag("negative_risk", m.market.neg_risk);
}

std::string position_json(Account const& account, Row const& row) {
    json::Writer w;
    auto const& h = row.holding;
    auto const value = cost_rounded_down(row.price, row.size);
    w.begin_object()
        .text("proxy_wallet", crypto::to_string(account.wallet))
        .text("token_id", to_string(row.token));
    if (row.market) w.text("condition_id", to_string(row.market->market.condition));
    w.raw("current_size", to_string(row.size))
        .raw("total_size", to_string(h.bought))
        .raw("avg_price", average_price(row))
        .raw("entry_cost_usdc", to_string(h.cost))
        .raw("entry_fees_usdc", to_string(h.fees))
        .raw("total_cost_usdc", to_string(h.cost + h.fees))
        .raw("current_price", to_string(row.price))
        .raw("current_value", to_string(value))
        .raw("realized_pnl", to_string(h.realized))
        .raw("unrealized_pnl", to_string(value - h.cost))
        .raw("total_pnl", to_string(value - h.cost + h.realized))
        .text("status", row.status)
        .flag("redeemable", row.redeemable)
        .flag("mergeable", row.mergeable)
        .whole("last_event_at", unix_seconds(h.last_event));
    if (row.market) write_market(w, *row.market, row.token);
    w.end_object();
    return w.take();
}

std::string trade_json(World const& world, Account const& account, StatementEntry const& e) {
    json::Writer w;
    auto const size = e.shares.micros() < 0 ? -e.shares : e.shares;
    w.begin_object()
        .text("proxy_wallet", crypto::to_string(account.wallet))
        .text("side", e.kind == EntryKind::buy ? "BUY" : "SELL")
        .text("token_id", to_string(e.token));
    auto const* const market = world.markets().find_token(e.token);
    if (market) w.text("condition_id", to_string(market->market.condition));
    w.raw("size", to_string(size))
        .raw("price", to_string(e.price))
        .whole("timestamp", unix_seconds(e.at))
        .text("trade_id", e.trade.text);
    if (market) write_market(w, *market, e.token);
    w.end_object();
    return w.take();
}

// The cursor is the number of rows before the page; the venue's is opaque as well.
HttpReply page(std::vector<std::string> const& rows, HttpCall const& call) {
    std::size_t begin = 0;
    std::size_t limit = limit_default;
    auto const read = [&](std::string_view name, std::size_t& to) {
        auto const text = call.field(name).value_or("");
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
        return text.empty() || (error == std::errc{} && end == text.data() + text.size());
    };
    if (call.field("offset")) return refusal("offset is not supported; use cursor", "offset");
    if (!read("cursor", begin)) return refusal("invalid cursor", "cursor");
    if (!read("limit", limit)) return refusal("limit is a whole number", "limit");
    limit = std::clamp<std::size_t>(limit, 1, limit_max);
    begin = std::min(begin, rows.size());
    auto const end = std::min(begin + limit, rows.size());
    json::Writer w;
    w.begin_object().key("data").begin_array();
    for (auto i = begin; i < end; ++i)
        w.raw(rows[i]);
    w.end_array().key("pagination").begin_object();
    if (end < rows.size())
        w.text("next_cursor", std::to_string(end));
    else
        w.null("next_cursor");
    w.flag("has_more", end < rows.size()).end_object().end_object();
    return json_reply(w.take());
}

// Trades that failed are no trades.
std::set<std::string> reversed_trades(std::vector<StatementEntry> const& statement) {
    std::set<std::string> ids;
    for (auto const& e : statement)
        if (e.kind == EntryKind::reversed) ids.insert(e.trade.text);
    return ids;
}

std::string activity_json(World const& world, Account const& account, StatementEntry const& e) {
    json::Writer w;
    auto const size = e.shares.micros() < 0 ? -e.shares : e.shares;
    w.begin_object()
        .text("proxy_wallet", crypto::to_string(account.wallet))
        .text("type", e.kind == EntryKind::payout ? "REDEEM" : "DEPOSIT")
        .text("id", std::to_string(e.number))
        .raw("usdc_size", to_string(e.cash))
        .raw("size", to_string(size))
        .whole("timestamp", unix_seconds(e.at));
    if (auto const* market = world.markets().find_token(e.token))
        w.text("condition_id", to_string(market->market.condition));
    if (!e.token.is_zero()) w.text("token_id", to_string(e.token));
    w.end_object();
    return w.take();
}

class DataApi {
public:
    explicit DataApi(Stage stage) : stage_{stage} {}

    HttpReply positions(HttpCall const& call) const {
        auto const account = asked_account(call);
        if (!account) return refusal("user is an address", "user");
        auto const wanted = call.field("status");
        auto const conditions = call.field("condition").value_or("");
        std::vector<std::string> rows;
        for (auto const& row : *account ? rows_of(**account) : std::vector<Row>{}) {
            if (wanted && *wanted != row.status && !(*wanted == "MERGEABLE" && row.mergeable))
                continue;
            auto const id = row.market ? to_string(row.market->market.condition) : std::string{};
            if (!conditions.empty() && conditions.find(id) == std::string_view::npos) continue;
            rows.push_back(position_json(**account, row));
        }
        return page(rows, call);
    }

    HttpReply trades(HttpCall const& call) const {
        auto const account = asked_account(call);
        if (!account) return refusal("user is an address", "user");
        std::vector<std::string> rows;
        if (*account) {
            auto const& statement = accounts().statement((*account)->id);
            auto const failed = reversed_trades(statement);
            for (auto e = statement.rbegin(); e != statement.rend(); ++e)
                if ((e->kind == EntryKind::buy || e->kind == EntryKind::sell) &&
                    !failed.contains(e->trade.text))
                    rows.push_back(trade_json(stage_.world, **account, *e));
        }
        return page(rows, call);
    }

    HttpReply activity(HttpCall const& call) const {
        auto const account = asked_account(call);
        if (!account) return refusal("user is an address", "user");
        auto const type = call.field("type").value_or("");
        std::vector<std::string> rows;
        if (*account) {
            auto const& statement = accounts().statement((*account)->id);
            for (auto e = statement.rbegin(); e != statement.rend(); ++e) {
                auto const is_redeem = e->kind == EntryKind::payout;
                if (!is_redeem && e->kind != EntryKind::deposit) continue;
                if (!type.empty() && type != (is_redeem ? "REDEEM" : "DEPOSIT")) continue;
                rows.push_back(activity_json(stage_.world, **account, *e));
            }
        }
        return page(rows, call);
    }

    HttpReply value(HttpCall const& call) const {
        auto const account = asked_account(call);
        if (!account) return refusal("user is an address", "user");
        Usdc total;
        for (auto const& row : *account ? rows_of(**account) : std::vector<Row>{})
            total += cost_rounded_down(row.price, row.size);
        json::Writer w;
        w.begin_object().key("data").begin_object();
        w.text("proxy_wallet", call.field("user").value_or(""));
        w.raw("value", to_string(total)).end_object().end_object();
        return json_reply(w.take());
    }

    HttpReply resolutions(HttpCall const& call) const {
        auto const id = parse_condition_id(call.field("condition").value_or(""));
        if (!id) return refusal("condition is a condition id", "condition");
        auto const* const market = stage_.world.markets().find(*id);
        json::Writer w;
        w.begin_object().key("data");
        if (!market) {
            w.null();
        } else {
            auto const resolved = market->phase == Phase::resolved;
            w.begin_object().text("condition_id", to_string(*id));
            w.text("status", resolved ? "resolved" : "active").key("payouts").begin_array();
            if (resolved) {
                auto const first = !market->winner                  ? "0.5"
                                   : *market->winner == Outcome::up ? "1"
                                                                    : "0";
                auto const second = !market->winner                  ? "0.5"
                                    : *market->winner == Outcome::up ? "0"
                                                                     : "1";
                w.text(first).text(second);
            }
            w.end_array().text("expected_settlement_time", format_utc(market->resolves_at));
            w.end_object();
        }
        w.end_object();
        return json_reply(w.take());
    }

private:
    Accounts const& accounts() const {
        return static_cast<World const&>(stage_.world).exchange().accounts();
    }

    // Outer empty: no address was given; inner null: nobody by that address.
    std::optional<Account const*> asked_account(HttpCall const& call) const {
        auto const address = crypto::parse_address(call.field("user").value_or(""));
        if (!address) return std::nullopt;
        return accounts().find(*address);
    }

    std::vector<Row> rows_of(Account const& account) const {
        auto const holdings = holdings_of(accounts(), account.id);
        std::vector<Row> rows;
        for (auto const& [token, size] : account.tokens) {
            auto row = make_row(stage_.world, account, token, size);
            if (auto const found = holdings.find(token); found != holdings.end()) {
                row.holding = found->second;
            }
            rows.push_back(std::move(row));
        }
        return rows;
    }

    Stage stage_;
};

} // namespace

net::server::Router data_api_router(Stage stage) {
    DataApi const api{stage};
    net::server::Router router;
    auto const add = [&](char const* path, auto answer) {
        router.add_plain(net::Method::get, path, [api, answer](HttpCall const& call) {
            return answer(api, call);
        });
    };
    add("/v2/positions", [](DataApi const& a, HttpCall const& c) { return a.positions(c); });
    add("/v2/trades", [](DataApi const& a, HttpCall const& c) { return a.trades(c); });
    add("/v2/activity", [](DataApi const& a, HttpCall const& c) { return a.activity(c); });
    add("/v2/value", [](DataApi const& a, HttpCall const& c) { return a.value(c); });
    add("/v2/resolutions", [](DataApi const& a, HttpCall const& c) { return a.resolutions(c); });
    return router;
}

} // namespace polyquant::sandbox
