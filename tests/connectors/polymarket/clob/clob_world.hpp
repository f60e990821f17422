// A scripted CLOB over real TLS on the loopback, and a session, venue and market to use it with.
#pragma once

#include "connectors/polymarket/clob/clob_venue.hpp"
#include "engine/execution/risk_gate.hpp"
#include "tests/connectors/net/net_world.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <vector>

namespace polyquant::polymarket::testing {

using net::testing::NetWorld;
using net::testing::Peer;
using net::testing::TestServer;
using net::testing::Trust;
using net::testing::url_of;

inline constexpr auto our_key = "f4f247b7-4ac7-ff29-a152-04fda0a8755a";
inline constexpr auto api_secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA==";

inline std::shared_ptr<crypto::Signer const> anvil_signer() {
    auto const key =
        crypto::parse_hash32("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
    return std::make_shared<crypto::Signer const>(
        crypto::Signer::create(crypto::SecretBytes{key.value()}).value()
    );
}

inline crypto::ApiCredentials test_credentials() {
    return {
        our_key,
        crypto::SecretBytes{crypto::bytes_of(std::string_view{api_secret})},
        crypto::SecretBytes{crypto::bytes_of(std::string_view{"pass"})}
    };
}

inline Market test_market() {
    Market m;
    m.condition.bytes[0] = 1;
    m.slug = "btc-updown-5m-1776081600";
    m.asset = Asset::btc;
    m.window = {utc_from_seconds(1'776'081'600), Seconds{300}};
    m.up = parse_token_id(
               "71321045679252212594626385532706912750332728571942532289631379312455583992563"
    )
               .value();
    m.down = parse_token_id(
                 "52114319501245915516055106046884209969926127482827954674443846427813813222426"
    )
                 .value();
    m.fee = crypto_fee();
    return m;
}

struct Request {
    std::string method;
    std::string path; // without query
    std::string query;
    std::string head;
    std::string body;
};

struct Reply {
    int status = 200;
    std::string body{};
    std::string headers{};
    enum class Then : std::uint8_t { answer, hang, reset } then = Then::answer;
};

inline Request parse_request(std::string const& text) {
    Request r;
    auto const head_end = text.find("\r\n\r\n");
    r.head = text.substr(0, head_end + 2);
    r.body = text.substr(head_end + 4);
    auto const space = text.find(' ');
    r.method = text.substr(0, space);
    auto target = text.substr(space + 1, text.find(' ', space + 1) - space - 1);
    auto const mark = target.find('?');
    if (mark != std::string::npos) r.query = target.substr(mark + 1);
    r.path = target.substr(0, mark);
    return r;
}

// The answers a healthy venue gives until a test scripts others: by "METHOD /path", each scripted
// answer once, the last of them for good.
class ScriptedClob {
public:
    explicit ScriptedClob(NetWorld& world)
        : server_{world.io, Trust::shared().venue, [this](Peer& peer) { return serve(peer); }},
          clock_{world.clock} {
        on("GET /version", {.body = R"({"version":2})"});
        on("GET /auth/ban-status/closed-only", {.body = R"({"closed_only":false})"});
        on("GET /data/trades", {.body = R"({"data":[],"next_cursor":"LTE="})"});
    }

    void on(std::string const& route, Reply reply) { script_[route] = {std::move(reply)}; }

    // Asked anew for every request, before what is scripted.
    void answer(std::string const& route, std::function<Reply(Request const&)> by) {
        answered_[route] = std::move(by);
    }

    void then(std::string const& route, Reply reply) { script_[route].push_back(std::move(reply)); }

    int count(std::string const& route) const {
        return static_cast<int>(std::ranges::count_if(requests, [&](Request const& r) {
            return r.method + " " + r.path == route;
        }));
    }

    Request const& last(std::string const& route) const {
        for (auto at = requests.rbegin(); at != requests.rend(); ++at)
            if (at->method + " " + at->path == route) return *at;
        throw std::logic_error{"no request " + route};
    }

    TestServer& server() { return server_; }

    std::vector<Request> requests{};
    Nanos clock_ahead{0}; // of the venue's clock

private:
    Task<void> serve(Peer& peer) {
        for (;;) {
            auto const text = co_await peer.read_request();
            if (!text) co_return;
            requests.push_back(parse_request(*text));
            auto const reply = reply_to(requests.back());
            if (reply.then == Reply::Then::hang) co_await peer.hang();
            if (reply.then == Reply::Then::reset) {
                peer.reset();
                co_return;
            }
            co_await peer.write(net::testing::http_answer(reply.status, reply.headers, reply.body));
        }
    }

    Reply reply_to(Request const& request) {
        if (request.path == "/time")
            return {.body = std::to_string(unix_seconds(clock_.utc_now() + clock_ahead))};
        auto key = request.method + " " + request.path;
        if (auto const by = answered_.find(key); by != answered_.end()) return by->second(request);
        if (request.path.starts_with("/data/order/") && !script_.contains(key))
            key = "GET /data/order";
        auto const at = script_.find(key);
        if (at == script_.end()) return {.status = 404, .body = R"({"error":"not scripted"})"};
        auto reply = at->second.front();
        if (at->second.size() > 1) at->second.erase(at->second.begin());
        return reply;
    }

    TestServer server_;
    runtime::SimClock const& clock_;
    std::map<std::string, std::vector<Reply>> script_{};
    std::map<std::string, std::function<Reply(Request const&)>> answered_{};
};

struct ClobWorld : NetWorld {
    std::vector<std::string> failures{};
    runtime::Supervisor supervisor{
        io.get_executor(),
        clock,
        [this](std::string const& name, Failure const& failure) {
            failures.push_back(name + ": " + describe(failure));
        }
    };
    ScriptedClob clob{*this};
    Market market = test_market();
    std::unique_ptr<ClobSession> session;
    std::vector<Event> events{};
    std::unique_ptr<ClobVenue> venue;

    net::NetContext context() {
        return {
            io.get_executor(), clock, supervisor, dialer, groups, client, net::random_from_seed(7)
        };
    }

    explicit ClobWorld(bool with_credentials = true) {
        ClobAccount account;
        account.signer = anvil_signer();
        if (with_credentials) account.credentials = test_credentials();
        ClobOptions options;
        options.base = url_of(clob.server(), "/");
        session = ClobSession::create(context(), std::move(account), options).value();
        venue = std::make_unique<ClobVenue>(
            *session,
            market_of(),
            [this](Event e) { events.push_back(std::move(e)); },
            ClobVenue::Options{
                .fee_rounding = Rounding::up,
                .salt =
                    [this] {
                        return ++salt_;
                    }
            }
        );
    }

    MarketOf market_of() {
        return [this](ConditionId const& id) {
            return id == market.condition ? &market : nullptr;
        };
    }

    void open() { REQUIRE(run(session->open(in(5s)))); }

    PlaceOrder intent(TimeInForce tif = TimeInForce::fok, Side side = Side::buy) const {
        PlaceOrder o;
        o.strategy = StrategyName{"s1"};
        o.market = market.condition;
        o.token = market.up;
        o.asset = Asset::btc;
        o.side = side;
        o.limit = cents(52);
        o.size = shares(10);
        o.tif = tif;
        o.seen_price = o.limit;
        o.decided_at = clock.utc_now();
        return o;
    }

    // Approved by a gate with room, as the engine's would.
    Result<PreparedOrder> prepare(PlaceOrder const& order) {
        execution::Portfolio portfolio;
        portfolio.apply({1, clock.utc_now(), EpochOpened{order.strategy, "test", 1, {}}});
        portfolio.apply({2, clock.utc_now(), CapitalMoved{order.strategy, usd(1000), "start"}});
        execution::RiskGate const gate{config::RiskParams{}, portfolio};
        execution::RiskView view;
        view.now = clock.utc_now();
        view.market = &market;
        view.book_age = view.spot_age = view.signal_age = view.clock_offset = Nanos{0};
        auto const verdict = gate.check(order, view);
        REQUIRE(std::holds_alternative<Approved<PlaceOrder>>(verdict));
        return venue->prepare(std::get<Approved<PlaceOrder>>(verdict), clock.utc_now());
    }

    PreparedOrder prepared(TimeInForce tif = TimeInForce::fok) {
        auto made = prepare(intent(tif));
        REQUIRE(made);
        return *made;
    }

    Result<OrderAck> post(PreparedOrder const& order) { return run(venue->post(order, in(2s))); }

    std::string
    accepted(OrderId const& id, std::string const& status, std::string const& trades = "") {
        return fmt::format(
            R"({{"success":true,"errorMsg":"","orderID":"{}","status":"{}","makingAmount":"","takingAmount":"","tradeIDs":[{}]}})",
            to_string(id),
            status,
            trades
        );
    }

    std::string trade_row(
        std::string const& id,
        OrderId const& order,
        std::string const& size,
        std::string const& state
    ) const {
        return fmt::format(
            R"({{"id":"{}","taker_order_id":"{}","market":"{}","asset_id":"{}","side":"BUY","size":"{}","price":"0.52","fee_rate_bps":"","status":"{}","match_time":"1776081610","last_update":"1776081610","owner":"{}","trader_side":"TAKER","maker_orders":[]}})",
            id,
            to_string(order),
            to_string(market.condition),
            to_string(market.up),
            size,
            state,
            our_key
        );
    }

    std::string trades_page(std::string const& rows) const {
        return R"({"data":[)" + rows + R"(],"next_cursor":"LTE="})";
    }

private:
    std::uint64_t salt_ = 1000;
};

} // namespace polyquant::polymarket::testing
