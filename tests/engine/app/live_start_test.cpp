#include "engine/app/live_start.hpp"
#include "engine/app/venue_endpoints.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <unistd.h>

using namespace polyquant;
using namespace polyquant::app;

namespace {

namespace fs = std::filesystem;

// A home of its own, and a key that needs no keystore.
struct Home {
    fs::path directory = fs::temp_directory_path() / fmt::format("polyquant-start-{}", ::getpid());
    config::EndpointParams endpoints{};

    Home() {
        fs::remove_all(directory);
        ::setenv("POLYQUANT_HOME", directory.c_str(), 1);
    }

    ~Home() {
        ::unsetenv("POLYQUANT_HOME");
        fs::remove_all(directory);
    }

    TradingAccount account() {
        auto key = sandbox_trading_key(directory / "");
        if (!key) throw std::logic_error{describe(key.error())};
        return TradingAccount::create({}, std::move(*key)).value();
    }
};

} // namespace

TEST_CASE("The venue's own endpoints need no warning", "[app][live]") {
    config::EndpointParams endpoints;
    CHECK(foreign_endpoints(endpoints).empty());
    CHECK(live_mode_text(endpoints) == "live");

    endpoints.binance_rest = "https://data-api.binance.vision";
    endpoints.polygon_rpc = "https://polygon.example.org";

    CHECK(foreign_endpoints(endpoints).empty());
}

TEST_CASE("Every foreign endpoint is named", "[app][live]") {
    config::EndpointParams endpoints;
    endpoints.clob = "https://127.0.0.1:4711";
    endpoints.gamma = "https://gamma-api.polymarket.com.example.org";
    endpoints.ca_file = "/tmp/ca.pem";
    endpoints.clock_factor = 12;

    auto const found = foreign_endpoints(endpoints);

    REQUIRE(found.size() == 4);
    CHECK(found[0].starts_with("gamma = "));
    CHECK(found[1] == "clob = https://127.0.0.1:4711");
    CHECK(live_mode_text(endpoints) == "live NOT AT THE VENUE (127.0.0.1:4711)");
}

TEST_CASE("A confirmation must be the whole text", "[app][live]") {
    auto const wanted = confirmation_text("trade", usd(100));
    CHECK(wanted == "trade 100.00 USD");

    CHECK(confirm(wanted, "why", "trade 100.00 USD").has_value());
    for (auto const* other :
         {"trade 100 USD", "TRADE 100.00 USD", "trade 100.00 USD ", "yes", ""}) {
        auto const answer = confirm(wanted, "why", other);
        REQUIRE_FALSE(answer.has_value());
        CHECK(answer.error().exit == ExitCode::halted);
        CHECK(answer.error().text.find("--confirm \"trade 100.00 USD\"") != std::string::npos);
    }
}

TEST_CASE("A livetest counts for its wallet, venue and version only", "[app][live]") {
    Home home;
    auto const account = home.account();
    CHECK_FALSE(pass_livetest(account, home.endpoints).has_value());

    REQUIRE(write_livetest(account, home.endpoints, utc_from_seconds(1'795'435'200), "flat"));
    auto const passed = pass_livetest(account, home.endpoints);
    REQUIRE(passed.has_value());
    CHECK(passed->result == "flat");

    auto elsewhere = home.endpoints;
    elsewhere.clob = "https://127.0.0.1:4711";
    CHECK_FALSE(pass_livetest(account, elsewhere).has_value());

    auto const file = livetest_file(account, home.endpoints);
    std::ifstream in{file};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    auto const at = text.find("version ") + 8;
    text.replace(at, 1, "9");
    std::ofstream{file} << text;
    auto const older = pass_livetest(account, home.endpoints);
    REQUIRE_FALSE(older.has_value());
    CHECK(older.error().exit == ExitCode::halted);
    CHECK(older.error().text.find("polyquant livetest") != std::string::npos);
}
