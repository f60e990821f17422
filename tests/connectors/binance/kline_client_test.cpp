#include "connectors/binance/kline_client.hpp"
#include "tests/connectors/binance/binance_world.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

using namespace polyquant;
using namespace polyquant::binance;
using namespace polyquant::binance::testing;
using net::testing::http_answer;
using runtime::testing::ScratchFolder;

namespace {

constexpr Seconds minute{60};
constexpr auto noon = utc_from_seconds(1'776'081'600); // ten seconds before the world begins

struct World : BinanceWorld {
    ScratchFolder scratch{};
    std::shared_ptr<KlineCache> cache = KlineCache::open(scratch / "bars.sqlite").value();
    KlineClient klines{context, pool, cache, rest_options()};

    Result<BarHistory> bars(TimeRange range, Seconds length = minute) {
        return wait_for(klines.bars(Asset::btc, length, range, in(Seconds{120})));
    }
};

} // namespace

TEST_CASE("KlineClient pages through a range and asks for it once", "[binance][klines]") {
    World world;
    TimeRange const day{noon - 2500 * minute, noon};

    auto const first = world.bars(day);
    auto const requests = world.rest.requests.size();
    auto const again = world.bars(day);

    REQUIRE(first);
    CHECK(first->bars.size() == 2500);
    CHECK(first->report.gaps.empty());
    CHECK(first->report.requests == 3);
    CHECK(first->report.freshness >= Seconds{10});
    CHECK(first->report.freshness < Seconds{11});
    CHECK(first->bars.front().open_time == day.from);
    CHECK(first->bars.back().trades == 12.0);
    CHECK(requests == 3);
    CHECK(
        world.rest.requests[0] ==
        fmt::format(
            "GET /api/v3/klines?symbol=BTCUSDT&interval=1m&startTime={}&endTime={}&limit=1000",
            unix_millis(day.from),
            unix_millis(noon) + 59'999
        )
    );
    REQUIRE(again);
    CHECK(again->bars.size() == 2500);
    CHECK(again->report.from_cache == 2500);
    CHECK(world.rest.requests.size() == requests);
}

TEST_CASE("KlineClient leaves a tenth of a second between its calls", "[binance][klines]") {
    World world;
    auto const before = world.clock.now();

    auto const history = world.bars({noon - 3000 * minute, noon});

    REQUIRE(history);
    CHECK(history->report.requests >= 3);
    CHECK(world.clock.now() - before >= Millis{200});
}

TEST_CASE("KlineClient fetches only what its cache lacks", "[binance][klines]") {
    World world;
    REQUIRE(world.bars({noon - 60 * minute, noon - 30 * minute}));
    REQUIRE(world.bars({noon - 20 * minute, noon - 10 * minute}));
    world.rest.requests.clear();

    auto const history = world.bars({noon - 60 * minute, noon});

    REQUIRE(history);
    CHECK(history->bars.size() == 60);
    CHECK(history->report.from_cache == 40);
    REQUIRE(world.rest.requests.size() == 2);
    CHECK(query_number(world.rest.requests[0], "startTime") == unix_millis(noon - 30 * minute));
    CHECK(query_number(world.rest.requests[1], "startTime") == unix_millis(noon - 10 * minute));
}

TEST_CASE("KlineClient never hands out a bar that may still change", "[binance][klines]") {
    World world;
    world.clock.advance_to(world.clock.now() + Seconds{51}); // 12:01:01
    world.rest.lag = Seconds{5};                             // the venue has not begun its next bar

    auto const early = world.bars({noon - 5 * minute, noon + 5 * minute});
    world.clock.advance_to(world.clock.now() + Seconds{8});
    auto const later = world.bars({noon - 5 * minute, noon + 5 * minute});

    REQUIRE(early);
    CHECK(early->bars.size() == 5);
    CHECK(early->report.gaps == std::vector<TimeRange>{{noon, noon + minute}});
    REQUIRE(later);
    CHECK(later->bars.size() == 6);
    CHECK(later->report.gaps.empty());
}

TEST_CASE(
    "KlineClient remembers old gaps of the venue and asks again for fresh ones", "[binance][klines]"
) {
    World world;
    TimeRange const old{noon - 50 * minute, noon - 47 * minute};
    TimeRange const fresh{noon - 3 * minute, noon};
    world.rest.absent = {old, fresh};
    TimeRange const hour{noon - 60 * minute, noon};

    auto const first = world.bars(hour);
    world.rest.absent = {old};
    world.rest.requests.clear();
    auto const second = world.bars(hour);

    REQUIRE(first);
    CHECK(first->report.gaps == std::vector<TimeRange>{old, fresh});
    REQUIRE(second);
    CHECK(second->report.gaps == std::vector<TimeRange>{old});
    REQUIRE(world.rest.requests.size() == 1);
    CHECK(query_number(world.rest.requests[0], "startTime") == unix_millis(fresh.from));
}

TEST_CASE("KlineClient obeys a ban and opens its breaker for that long", "[binance][klines]") {
    auto const status = GENERATE(429, 418);
    World world;
    world.rest.next_answers = {http_answer(status, "Retry-After: 30\r\n", R"({"code":-1003})")};
    auto const before = world.clock.now();

    auto const history = world.bars({noon - 10 * minute, noon});

    REQUIRE(history);
    CHECK(history->bars.size() == 10);
    CHECK(world.clock.now() - before >= Seconds{30});
    CHECK(world.rest.requests.size() == 2);
    REQUIRE(world.breaker_changes.size() >= 2);
    CHECK(
        world.breaker_changes.front() == std::pair{std::string{"binance.rest"}, BreakerState::open}
    );
    CHECK(world.breaker_changes.back().second == BreakerState::closed);
}

TEST_CASE("KlineClient gives up where a ban outlasts the deadline", "[binance][klines]") {
    World world;
    world.rest.next_answers = {http_answer(418, "Retry-After: 7200\r\n", "{}")};

    auto const history = world.bars({noon - 10 * minute, noon});
    auto const next = world.bars({noon - 10 * minute, noon});

    CHECK(history.error().fault == Fault::rate_limited);
    CHECK(next.error().fault == Fault::breaker_open);
    CHECK(world.rest.requests.size() == 1);
}

TEST_CASE("KlineClient slows down before the venue's weight is used up", "[binance][klines]") {
    World world;
    auto const row = "[" + kline_row(unix_millis(noon - minute), 60'000) + "," +
                     kline_row(unix_millis(noon), 60'000) + "]";
    world.rest.next_answers = {http_answer(200, "X-MBX-USED-WEIGHT-1M: 5900\r\n", row)};
    REQUIRE(world.bars({noon - minute, noon}));
    auto const before = world.clock.utc_now();

    REQUIRE(world.bars({noon - 5 * minute, noon}));

    CHECK(before < noon + minute);
    CHECK(world.clock.utc_now() >= noon + minute);
}

TEST_CASE("KlineClient tries again after hiccups and not after refusals", "[binance][klines]") {
    World world;
    world.rest.next_answers = {http_answer(502, "", "bad gateway"), http_answer(503, "", "")};

    auto const healed = world.bars({noon - 10 * minute, noon});
    world.rest.requests.clear();
    world.rest.next_answers = {http_answer(400, "", R"({"code":-1121,"msg":"Invalid symbol."})")};
    auto const refused = world.bars({noon - 20 * minute, noon});

    REQUIRE(healed);
    CHECK(healed->bars.size() == 10);
    CHECK(refused.error().fault == Fault::rejected);
    CHECK(world.rest.requests.size() == 1);
}

TEST_CASE("KlineClient refuses rows it did not ask for", "[binance][klines]") {
    World world;
    auto const rows = GENERATE(
        std::string{"[[1776081000001,\"1\",\"1\",\"1\",\"1\",\"1\",1,\"1\",1,\"1\",\"1\",\"0\"]]"},
        "[" + kline_row(1'776'000'000'000, 60'000) + "]",
        "[" + kline_row(1'776'081'540'000, 60'000) + "," + kline_row(1'776'081'540'000, 60'000) +
            "]"
    );
    world.rest.next_answers = {http_answer(200, "", rows)};

    auto const history = world.bars({noon - 10 * minute, noon});

    CHECK(history.error().fault == Fault::parse);
    CHECK(history.error().detail.find("was not asked for") != std::string::npos);
}

TEST_CASE(
    "KlineClient reports impossible rows and does not take them for gaps", "[binance][klines]"
) {
    World world;
    auto bad = kline_row(unix_millis(noon - minute), 60'000);
    bad.replace(bad.find("\"1.5\""), 5, "\"-2\"");
    world.rest.next_answers = {http_answer(200, "", "[" + bad + "]")};

    auto const first = world.bars({noon - minute, noon});
    auto const second = world.bars({noon - minute, noon});

    REQUIRE(first);
    CHECK(first->bars.empty());
    CHECK(first->report.defective == 1);
    REQUIRE(second);
    CHECK(second->bars.size() == 1);
}

TEST_CASE("KlineClient goes on without a cache that fails", "[binance][klines]") {
    World world;
    {
        SQLite::Database other{(world.scratch / "bars.sqlite").string(), SQLite::OPEN_READWRITE};
        other.exec("DROP TABLE bars");
    }

    auto const history = world.bars({noon - 10 * minute, noon});

    REQUIRE(history);
    CHECK(history->bars.size() == 10);
    REQUIRE(history->report.cache_trouble);
    CHECK(history->report.cache_trouble->where.ends_with("bars.sqlite"));
}

TEST_CASE(
    "KlineClient downloads seconds into the cache and tells its progress", "[binance][klines]"
) {
    World world;
    std::vector<std::size_t> steps;
    auto const download = [&] {
        return world.wait_for(world.klines.download(
            Asset::eth,
            Seconds{1},
            {noon - Seconds{3000}, noon},
            world.in(Seconds{60}),
            [&](UtcTime, std::size_t rows) { steps.push_back(rows); }
        ));
    };

    auto const first = download();
    auto const second = download();

    REQUIRE(first);
    CHECK(first->rows == 3000);
    CHECK(first->from_cache == 0);
    CHECK(steps.front() == 1000);
    CHECK(steps.back() == 3000);
    REQUIRE(second);
    CHECK(second->rows == 3000);
    CHECK(second->from_cache == 3000);
    CHECK(second->requests == 0);
}
