#include "connectors/sandbox/host/sandbox_routes.hpp"

#include "connectors/json/writer.hpp"
#include "engine/core/replace_file.hpp"

namespace polyquant::sandbox {

namespace {

using net::server::HttpCall;
using net::server::HttpReply;
using net::server::json_reply;

void write_entry(json::Writer& w, StatementEntry const& e) {
    w.begin_object()
        .whole("number", static_cast<std::int64_t>(e.number))
        .text("at", format_utc(e.at))
        .text("kind", to_string(e.kind))
        .text("cash", to_string(e.cash))
        .text("shares", to_string(e.shares));
    if (!e.token.is_zero()) w.text("token", to_string(e.token)).text("price", to_string(e.price));
    if (!e.trade.text.empty()) w.text("trade", e.trade.text);
    if (!e.order.is_zero()) w.text("order", to_string(e.order));
    w.text("cash_after", to_string(e.cash_after)).end_object();
}

HttpReply clock_reply(Stage const& stage) {
    json::Writer w;
    auto const now = stage.clock.utc_now();
    w.begin_object()
        .text("now", format_utc(now))
        .whole("now_ms", unix_millis(now))
        .whole("world_ms", unix_millis(stage.world.now()))
        .end_object();
    return json_reply(w.take());
}

HttpReply account_reply(Stage const& stage, HttpCall const& call) {
    auto const address = crypto::parse_address(call.field("address").value_or(""));
    if (!address) return json_reply(R"({"error":"address is a wallet's address"})", 400);
    World const& world = stage.world;
    auto const* const account = world.exchange().accounts().find(*address);
    if (!account) return json_reply(R"({"error":"no such account"})", 404);
    return json_reply(account_json(world, *account));
}

std::string audit_json(Audit const& audit) {
    json::Writer w;
    w.begin_object()
        .flag("balances", audit.balances())
        .text("deposited", to_string(audit.deposited))
        .text("cash", to_string(audit.cash))
        .text("in_flight", to_string(audit.in_flight))
        .text("collateral", to_string(audit.collateral))
        .text("treasury", to_string(audit.treasury))
        .key("defects")
        .begin_array();
    for (auto const& defect : audit.defects)
        w.text(defect);
    w.end_array().end_object();
    return w.take();
}

} // namespace

std::string account_json(World const& world, Account const& account) {
    json::Writer w;
    w.begin_object()
        .text("address", crypto::to_string(account.wallet))
        .text("at", format_utc(world.now()))
        .text("deposited", to_string(account.deposited))
        .text("cash", to_string(account.cash));
    w.key("tokens").begin_array();
    for (auto const& [token, size] : account.tokens) {
        w.begin_object().text("token", to_string(token)).text("shares", to_string(size));
        if (auto const* const market = world.markets().find_token(token)) {
            w.text("slug", market->market.slug);
        }
        w.end_object();
    }
    w.end_array().key("statement").begin_array();
    for (auto const& entry : world.exchange().accounts().statement(account.id))
        write_entry(w, entry);
    w.end_array().end_object();
    return w.take();
}

void add_sandbox_routes(net::server::Router& router, Stage stage) {
    router.add_plain(net::Method::get, "/sandbox/clock", [stage](HttpCall const&) {
        return clock_reply(stage);
    });
    router.add_plain(net::Method::get, "/sandbox/account", [stage](HttpCall const& call) {
        return account_reply(stage, call);
    });
}

Result<void> write_statements(World const& world, std::filesystem::path const& directory) {
    auto const& accounts = world.exchange().accounts();
    json::Writer w;
    w.begin_object().text("at", format_utc(world.now()));
    w.raw("audit", audit_json(world.exchange().audit())).key("accounts").begin_array();
    for (auto id = house + 1; id < accounts.size(); ++id) {
        auto const& account = accounts.at(static_cast<AccountId>(id));
        w.raw(account_json(world, account));
        auto const name = "statement-" + crypto::to_string(account.wallet) + ".csv";
        auto const written =
            replace_file(directory / name, statement_csv(accounts.statement(account.id)));
        if (!written) return written;
    }
    w.end_array().end_object();
    return replace_file(directory / "accounts.json", w.take() + "\n");
}

} // namespace polyquant::sandbox
