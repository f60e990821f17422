#include "config/run_config.hpp"
#include "connectors/net/ws_client.hpp"
#include "connectors/polymarket/parse/listing.hpp"
#include "connectors/polymarket/parse/market_channel.hpp"
#include "connectors/polymarket/parse/price_feed.hpp"
#include "connectors/sandbox/host/sandbox.hpp"
#include "strategies/catalog.hpp"
#include "tests/connectors/crypto/temporary_directory.hpp"
#include "tests/connectors/net/net_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::net;
using namespace polyquant::net::testing;
using namespace polyquant::sandbox;

namespace {

// A whole sandbox in simulated time, asked through real TLS by this repository's clients, which
// trust its authority only.
struct Fixture : NetWorld {
    test::TemporaryDirectory directory{};
    std::vector<std::string> failures{};
    std::vector<std::string> told{};
    runtime::Supervisor supervisor{
        io.get_executor(),
        clock,
        [this](std::string const& name, Failure const& failure) {
            failures.push_back(name + ": " + describe(failure));
        }
    };
    std::unique_ptr<Sandbox> sandbox{};
    std::optional<Dialer> trusting{};
    std::optional<HttpsClient> https{};

    explicit Fixture(std::string_view script = "") {
        SandboxOptions options;
        options.directory = directory.path();
        options.scale = {clock.utc_now(), clock.utc_now(), 1};
        options.world.start = clock.utc_now();
        options.world.past = std::chrono::minutes{10};
        options.world.near_expiry_markets = 0;
        options.world.assets = {Asset::btc};
        options.faults = parse_fault_script(script, "test").value();
        auto made = Sandbox::start(
            io.get_executor(),
            clock,
            supervisor,
            std::move(options),
            [this](std::string const& line) { told.push_back(line); }
        );
        sandbox = std::move(made.value());
        auto const ca = (directory.path() / "ca.pem").string();
        trusting.emplace(io.get_executor(), clock, resolver, TlsContext::create({ca}).value());
        https.emplace(*trusting, groups, random_from_seed(1), HttpsClient::Options{});
    }

    template <class T>
    T finish_in_time(Task<T> task) {
        auto const pending = start(std::move(task));
        pass_until([&] { return pending->is_done(); });
        if (pending->error) std::rethrow_exception(pending->error);
        return std::move(*pending->value);
    }

    Result<HttpResponse> get(Service service, std::string const& target) {
        auto const url = parse_url(sandbox->url(service) + target).value();
        return finish_in_time(https->send(get_request(url), in(Seconds{20})));
    }

    // Until the world has reached `t`.
    void live_until(UtcTime t) {
        while (clock.utc_now() < t) {
            clock.advance_to(clock.now() + Millis{100});
            while (io.poll() > 0) {
            }
            io.restart();
        }
        pass_until([&] { return sandbox->world().now() >= t; });
    }

    std::string slug() { return updown_slug(Asset::btc, window_at(clock.utc_now())); }
};

struct Listener : Fixture {
    std::optional<WsClient> ws{};

    using Fixture::Fixture;

    void open(Service service, std::string const& path) {
        ws.emplace(*trusting, supervisor, "test.ws", WsClient::Options{});
        auto const url = parse_url(sandbox->url(service) + path).value();
        auto op = [](WsClient& c, WsRequest r, Instant end) -> Task<bool> {
            auto const opened = co_await c.open(std::move(r), end);
            co_return opened.has_value();
        };
        REQUIRE(finish_in_time(op(*ws, {url, {}}, in(Seconds{10}))));
    }

    std::string next() { return finish_in_time(ws->next()).value().payload; }
};

} // namespace

TEST_CASE("A sandbox's endpoints file is a configuration the engine takes", "[sandbox][host]") {
    Fixture f;
    auto const file = f.sandbox->endpoints_file();

    std::array const files{std::filesystem::path{PQ_SOURCE_DIR} / "config/scalp.toml", file};
    auto const loaded = config::load_run_config(files, strategies::strategy_kinds());

    REQUIRE(loaded.has_value());
    auto const& e = loaded->endpoints;
    CHECK(e.gamma == f.sandbox->url(Service::gamma));
    CHECK(e.polybolt == f.sandbox->url(Service::polybolt));
    CHECK(e.clob_stream.starts_with("wss://127.0.0.1:"));
    CHECK(e.ca_file == (f.directory.path() / "ca.pem").string());
    CHECK(parse_utc(e.clock_scaled_anchor).value() == f.clock.utc_now());
    for (auto const* const url :
         {&e.binance_rest,
          &e.clob,
          &e.data_api,
          &e.rtds,
          &e.website,
          &e.relayer,
          &e.polygon_rpc,
          &e.binance_stream})
        CHECK(url->find("127.0.0.1") != std::string::npos);
}

TEST_CASE("A sandbox serves one world through all its services", "[sandbox][host]") {
    Fixture f;
    auto const event = f.get(Service::gamma, "/events/slug/" + f.slug()).value();
    auto const listing = polymarket::parse_listings(
                             event.body, f.sandbox->world().markets().contracts().ctf_collateral
    )
                             .value()
                             .at(0);
    REQUIRE(listing.refusal.empty());

    auto const book =
        f.get(Service::clob, "/book?token_id=" + to_string(listing.market.up)).value();
    auto const clob_market =
        f.get(Service::clob, "/clob-markets/" + to_string(listing.market.condition)).value();

    CHECK(book.status == 200);
    CHECK(polymarket::parse_book(book.body, f.clock.utc_now())->market == listing.market.condition);
    auto const compared = polymarket::parse_clob_market(clob_market.body).value();
    CHECK(polymarket::disagreement(listing.market, compared).empty());
    CHECK(f.failures.empty());
}

TEST_CASE("A sandbox's streams speak without being asked twice", "[sandbox][host]") {
    Listener f;
    auto const market = f.sandbox->world().markets().find_slug(f.slug())->market;
    f.open(Service::clob_stream, "/ws/market");
    f.ws->post(
        R"({"type":"market","assets_ids":[")" + to_string(market.up) +
        R"("],"custom_feature_enabled":true})"
    );

    auto const first = polymarket::parse_market_frame(f.next(), f.clock.utc_now()).value();

    REQUIRE_FALSE(first.empty());
    auto const& book = std::get<polymarket::BookMessage>(first[0]);
    CHECK(book.book.token == market.up);
    CHECK(book.hash.has_value());
    for (auto i = 0; i < 20; ++i)
        CHECK(polymarket::parse_market_frame(f.next(), f.clock.utc_now()).has_value());
}

TEST_CASE(
    "A restart of the exchange is 425 first and post-only afterwards", "[sandbox][host][fault]"
) {
    Fixture f{"at 10s for 30s service=clob fault=restart"};
    f.live_until(f.clock.utc_now() + Seconds{12});

    auto const gate = f.sandbox->world().exchange().gate(f.clock.utc_now());
    f.live_until(f.clock.utc_now() + Seconds{35});
    auto const later = f.sandbox->world().exchange().gate(f.clock.utc_now());

    CHECK(gate == TradingGate::restarting);
    CHECK(later == TradingGate::post_only);
    REQUIRE(f.told.size() == 2);
    CHECK(f.told[0].find("begins: at 10s for 30s service=clob fault=restart") != std::string::npos);
}

TEST_CASE(
    "A certificate fault befalls those who were connected, and passes", "[sandbox][host][fault]"
) {
    Fixture f{"at 30s for 30s service=gamma fault=unknown_authority"};
    auto const begun = f.clock.utc_now();
    REQUIRE(f.get(Service::gamma, "/status").has_value());

    f.live_until(begun + Seconds{31});
    auto const during = f.get(Service::gamma, "/status");
    f.live_until(begun + Seconds{61});
    auto const after = f.get(Service::gamma, "/status");

    REQUIRE(during.has_error());
    CHECK(during.error().fault == Fault::invalid);
    CHECK(after.has_value());
}

TEST_CASE("A sandbox that stops says goodbye and leaves its statements", "[sandbox][host]") {
    Listener f;
    f.open(Service::rtds, "/");
    auto const& wallet = f.sandbox->world().exchange().accounts().of(
        crypto::parse_address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266").value()
    );
    f.sandbox->world().exchange().deposit(wallet.wallet, usd(100), f.clock.utc_now());

    auto const told =
        f.get(Service::clob, "/sandbox/account?address=" + crypto::to_string(wallet.wallet));
    auto const stopping = f.start(f.supervisor.stop());
    f.pass_until([&] { return stopping->is_done(); });
    auto const written = f.sandbox->write_statements();

    REQUIRE(told.has_value());
    CHECK(told->body.find(R"("cash":"100")") != std::string::npos);
    CHECK(stopping->value->clean());
    REQUIRE(written.has_value());
    std::size_t statements = 0;
    for (auto const& entry : std::filesystem::directory_iterator{f.directory.path()})
        if (entry.path().filename().string().starts_with("statement-0x")) ++statements;
    CHECK(statements == 1);
    CHECK(std::filesystem::exists(f.directory.path() / "accounts.json"));
    auto const endpoints = f.sandbox->endpoints_file();
    CHECK(std::filesystem::exists(endpoints));
    f.sandbox.reset();
    CHECK_FALSE(std::filesystem::exists(endpoints));
}
