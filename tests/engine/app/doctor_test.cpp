#include "engine/app/doctor_command.hpp"
#include "engine/app/doctor_local.hpp"
#include "engine/app/exit_code.hpp"
#include "tests/connectors/polymarket/stub_channel.hpp"
#include "tests/support/catch.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/json.hpp>

#include <thread>

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::test;
using net::testing::http_answer;

namespace {

namespace fs = std::filesystem;

UtcTime now() {
    return std::chrono::time_point_cast<Nanos>(std::chrono::system_clock::now());
}

// A venue that is as it should be, on a thread of its own: the doctor runs in real time.
struct GoodVenue {
    asio::io_context io{};
    StubVenue rest{io};
    net::testing::WsTestServer streams{
        io,
        net::testing::Trust::shared().venue,
        [](net::testing::WsPeer& peer) {
            return talk(peer);
        }
    };
    fs::path directory = fs::temp_directory_path() / fmt::format("polyquant-doctor-{}", ::getpid());
    std::jthread thread{};

    GoodVenue() {
        fs::remove_all(directory);
        fs::create_directories(directory);
        rest.on("/events?slug=", [](std::string const& target) {
            auto const m = market(target.substr(target.find('=') + 1));
            return http_answer(200, "", event_json(m, gamma_json(m)));
        });
        rest.on("/clob-markets/", [](std::string const&) {
            return http_answer(200, "", clob_json(current()));
        });
        rest.on("/time", [](std::string const&) {
            return http_answer(200, "", std::to_string(unix_seconds(now())));
        });
        rest.on("/version", R"({"version":2})");
        rest.on("/book?token_id=", [](std::string const&) {
            return http_answer(200, "", book().json());
        });
        rest.on("/api/geoblock", R"({"blocked":false,"country":"CH"})");
        rest.on("/api/crypto/crypto-price", R"({"openPrice":71234.5,"closePrice":null})");
        rest.on("/api/v3/klines", [](std::string const&) {
            auto const open = unix_millis(window_at(now(), Seconds{60}).start);
            return http_answer(
                200,
                "",
                fmt::format(
                    R"([[{},"1","2","0.5","1.5","10",{},"15",3,"4","5","0"]])", open, open + 59'999
                )
            );
        });
    }

    ~GoodVenue() {
        io.stop();
        fs::remove_all(directory);
    }

    // In its last seconds a window is not looked at any more.
    static Market current() {
        auto window = window_at(now());
        if (window.end() - now() < Seconds{20}) window = next_window(window);
        return updown_market(Asset::btc, window);
    }

    static Market market(std::string const& slug) {
        return updown_market(Asset::btc, parse_updown_slug(slug).value().window);
    }

    static BookText book() {
        auto const m = current();
        return {m, m.up, unix_millis(now()), {{cents(45), shares(20)}}, {{cents(55), shares(30)}}};
    }

    static Task<void> talk(net::testing::WsPeer& peer) {
        auto const& request = peer.upgrade_request();
        if (request.find("@kline_1m") != std::string::npos) co_await peer.write(R"({"e":"kline"})");
        while (auto const text = co_await peer.read()) {
            if (request.find("/ws/market") != std::string::npos)
                co_await peer.write(book().json());
            else if (text->find("twap_sixty") != std::string::npos)
                co_await peer.write(fmt::format(
                    R"({{"topic":"crypto_prices_twap_sixty","type":"update","payload":{{"symbol":"btc/usd","timestamp":{},"full_accuracy_value":"71234500000000000000000"}}}})",
                    unix_millis(now())
                ));
        }
    }

    struct Result {
        int code = 0;
        boost::json::object json{};

        std::string state(std::string_view check) const {
            for (auto const& entry : json.at("checks").as_array())
                if (entry.at("name").as_string() == check)
                    return entry.at("state").as_string().c_str();
            return "absent";
        }
    };

    Result doctor() {
        thread = std::jthread{[this] {
            auto const guard = asio::make_work_guard(io);
            io.run();
        }};
        auto const https = fmt::format("https://127.0.0.1:{}", rest.url().port);
        auto const wss = fmt::format("wss://127.0.0.1:{}", streams.port());
        auto const file = directory / "doctor.toml";
        std::ofstream{file} << fmt::format(
            "[run]\nstate_dir = \"{}\"\nassets = [\"BTC\"]\n[endpoints]\nca_file = \"{}\"\n"
            "binance_rest = \"{}\"\ngamma = \"{}\"\nclob = \"{}\"\ndata_api = \"{}\"\n"
            "website = \"{}\"\nbinance_stream = \"{}\"\nclob_stream = \"{}\"\n"
            "polybolt = \"{}/ws\"\nrtds = \"{}\"\n",
            (directory / "state").string(),
            net::testing::Trust::shared().ca_file,
            https,
            https,
            https,
            https,
            https,
            wss,
            wss,
            wss,
            wss
        );
        auto* const out = std::tmpfile();
        Result result;
        DoctorOptions options{{file}, directory / "keys", Seconds{20}, true};
        result.code = run_doctor(options, out, stderr);
        std::rewind(out);
        std::string text(64 * 1024, '\0');
        text.resize(std::fread(text.data(), 1, text.size(), out));
        std::fclose(out);
        result.json = boost::json::parse(text).as_object();
        return result;
    }
};

} // namespace

TEST_CASE("The doctor finds nothing wrong with a venue as it should be", "[app][doctor]") {
    GoodVenue venue;

    auto const result = venue.doctor();

    CHECK(result.code == code(ExitCode::ok));
    for (auto const& check : result.json.at("checks").as_array()) {
        INFO(boost::json::serialize(check));
        CHECK(check.at("state").as_string() != "failed");
    }
    for (auto const* name :
         {"clock",
          "binance bars",
          "binance stream",
          "window",
          "clob version",
          "book",
          "market channel",
          "website strike",
          "geoblock",
          "state directory"})
        CHECK(result.state(name) == "ok");
    CHECK(result.state("oracle") == "warning");
    CHECK(result.state("keystore") == "skipped");
    CHECK(result.state("account") == "skipped");
}

TEST_CASE("The doctor says what is wrong and how to mend it", "[app][doctor]") {
    GoodVenue venue;
    venue.rest.on("/api/geoblock", R"({"blocked":true,"country":"XX"})");
    venue.rest.on("/version", R"({"version":3})");
    venue.rest.on("/time", [](std::string const&) {
        return http_answer(200, "", std::to_string(unix_seconds(now()) - 5));
    });
    venue.rest.on("/api/v3/klines", R"({"code":0,"msg":"restricted location"})", 451);
    venue.rest.on("/events?slug=", [](std::string const&) {
        auto const m = GoodVenue::current();
        return http_answer(200, "", event_json(m, gamma_json(m, R"("version":"v9",)")));
    });

    auto const result = venue.doctor();

    CHECK(result.code == code(ExitCode::failed));
    for (auto const* name : {"geoblock", "clob version", "clock", "binance bars", "window"})
        CHECK(result.state(name) == "failed");
    CHECK(result.state("book") == "skipped");
    CHECK(result.state("market channel") == "skipped");
    for (auto const& check : result.json.at("checks").as_array())
        if (check.at("state").as_string() == "failed")
            CHECK_FALSE(check.at("fix").as_string().empty());
}

TEST_CASE("The doctor's text names each fix below its check", "[app][doctor]") {
    auto const text = doctor_text(
        {{"clock", passed("+3 ms"), {}}, {"geoblock", failed("XX is blocked", "move"), {}}}
    );

    CHECK(
        text == "ok    clock     +3 ms\n"
                "FAIL  geoblock  XX is blocked\n"
                "                -> move\n"
                "1 ok, 0 warnings, 1 failed, 0 skipped\n"
    );
}

TEST_CASE("A state directory that others can read is warned about", "[app][doctor]") {
    auto const directory =
        fs::temp_directory_path() / fmt::format("polyquant-doctor-state-{}", ::getpid());
    fs::remove_all(directory);

    CHECK(check_state_directory(directory).state == CheckState::ok);
    fs::permissions(directory, fs::perms::others_read, fs::perm_options::add);
    auto const open = check_state_directory(directory);

    CHECK(open.state == CheckState::warning);
    CHECK(open.fix == "chmod 700 " + directory.string());
    fs::remove_all(directory);
    CHECK(check_state_directory("/proc/nothing").state == CheckState::failed);
}

TEST_CASE("A keystore that others can read fails the check", "[app][doctor]") {
    auto const directory =
        fs::temp_directory_path() / fmt::format("polyquant-doctor-keys-{}", ::getpid());
    fs::create_directories(directory);
    fs::permissions(directory, fs::perms::all);

    auto const open = check_keystore(directory);

    CHECK(open.state == CheckState::failed);
    CHECK(open.fix == "chmod 700 " + directory.string());
    fs::remove_all(directory);
    CHECK(check_keystore(directory).state == CheckState::skipped);
}
