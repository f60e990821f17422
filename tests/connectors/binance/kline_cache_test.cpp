#include "connectors/binance/kline_cache.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cmath>
#include <fstream>
#include <limits>

using namespace polyquant;
using namespace polyquant::binance;
using runtime::testing::ScratchFolder;

namespace {

constexpr Seconds minute{60};
constexpr auto noon = utc_from_seconds(1'776'081'600);

UtcTime at(int minutes) {
    return noon + minutes * minute;
}

Bar bar(int minutes) {
    Bar bar;
    bar.open_time = at(minutes);
    bar.open = bar.low = 99.5;
    bar.high = 101;
    bar.close = 100.0 + minutes;
    bar.high = std::max(bar.high, bar.close);
    bar.low = std::min(bar.low, bar.close);
    bar.volume = 0.1;
    bar.trades = 3;
    bar.taker_buy_base = std::numeric_limits<double>::quiet_NaN();
    return bar;
}

std::vector<Bar> bars(int from, int until) {
    std::vector<Bar> some;
    for (auto i = from; i < until; ++i)
        some.push_back(bar(i));
    return some;
}

struct Store {
    ScratchFolder scratch{};
    std::filesystem::path path = scratch / "cache" / "bars.sqlite";
    std::shared_ptr<KlineCache> cache = KlineCache::open(path).value();

    Result<void> put(int from, int until, std::vector<Bar> const& some) {
        return cache->store(Asset::btc, minute, some, {at(from), at(until)});
    }

    std::vector<TimeRange> missing(int from, int until) {
        return cache->missing(Asset::btc, minute, {at(from), at(until)}).value();
    }
};

using Ranges = std::vector<TimeRange>;

} // namespace

TEST_CASE("KlineCache gives back what was stored, also after a restart", "[binance][cache]") {
    Store store;
    REQUIRE(store.put(0, 10, bars(0, 10)));
    store.cache = KlineCache::open(store.path).value();

    auto const found = store.cache->bars(Asset::btc, minute, {at(2), at(5)}).value();

    REQUIRE(found.size() == 3);
    CHECK(found[0].open_time == at(2));
    CHECK(found[0].length == minute);
    CHECK(found[0].close == 102.0);
    CHECK(found[0].trades == 3.0);
    CHECK(std::isnan(found[0].taker_buy_base));
    CHECK(store.cache->bars(Asset::eth, minute, {at(0), at(10)})->empty());
    CHECK(store.cache->bars(Asset::btc, Seconds{1}, {at(0), at(10)})->empty());
}

TEST_CASE("KlineCache knows what nobody asked for, and what does not exist", "[binance][cache]") {
    Store store;
    CHECK(store.missing(0, 60) == Ranges{{at(0), at(60)}});

    REQUIRE(store.put(10, 20, bars(10, 15)));
    REQUIRE(store.put(30, 40, bars(30, 40)));

    CHECK(store.missing(0, 60) == Ranges{{at(0), at(10)}, {at(20), at(30)}, {at(40), at(60)}});
    CHECK(store.missing(12, 18).empty());
    CHECK(
        store.cache->gaps(Asset::btc, minute, {at(10), at(40)}).value() == Ranges{{at(15), at(30)}}
    );
}

TEST_CASE("KlineCache joins ranges that touch or overlap", "[binance][cache]") {
    Store store;
    REQUIRE(store.put(0, 10, bars(0, 10)));
    REQUIRE(store.put(20, 30, bars(20, 30)));
    REQUIRE(store.put(10, 20, {}));
    REQUIRE(store.put(25, 35, bars(25, 35)));

    CHECK(store.missing(-5, 40) == Ranges{{at(-5), at(0)}, {at(35), at(40)}});
    SQLite::Database database{store.path.string()};
    CHECK(database.execAndGet("SELECT COUNT(*) FROM asked").getInt() == 1);
}

TEST_CASE(
    "KlineCache stores closed bars of the range asked for and nothing else", "[binance][cache]"
) {
    Store store;
    auto impossible = bar(1);
    impossible.high = 1;
    auto odd = bar(1);
    odd.open_time += Seconds{1};
    auto other = bar(1);
    other.length = Seconds{1};

    for (auto const& wrong : {impossible, odd, other, bar(10), bar(-1)}) {
        auto const stored = store.put(0, 10, {bar(0), wrong});

        CHECK(stored.error().fault == Fault::invalid);
        CHECK(store.missing(0, 10).size() == 1);
        CHECK(store.cache->bars(Asset::btc, minute, {at(-5), at(20)})->empty());
    }
}

TEST_CASE("KlineCache names a damaged file and its remedy", "[binance][cache]") {
    Store store;
    REQUIRE(store.put(0, 5000, bars(0, 5000)));
    store.cache.reset();
    auto const size = std::filesystem::file_size(store.path);
    {
        std::fstream file{store.path, std::ios::in | std::ios::out | std::ios::binary};
        file.seekp(static_cast<std::streamoff>(size / 2));
        file << std::string(size / 3, '\x5a');
    }

    auto const cache = KlineCache::open(store.path).value();
    auto const found = cache->bars(Asset::btc, minute, {at(0), at(5000)});

    REQUIRE_FALSE(found);
    CHECK(found.error().where == store.path.string());
    CHECK(found.error().detail.find("delete it") != std::string::npos);
}

TEST_CASE("KlineCache refuses files of others and of another schema", "[binance][cache]") {
    ScratchFolder scratch;
    auto const path = scratch / "bars.sqlite";
    auto const fill = [&](std::string const& sql) {
        SQLite::Database database{path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
        database.exec(sql);
    };
    SECTION("another program's database") {
        fill("CREATE TABLE ledger (id INTEGER)");
        CHECK(KlineCache::open(path).error().detail == "this file belongs to another program");
    }
    SECTION("a newer schema") {
        REQUIRE(KlineCache::open(path));
        fill("PRAGMA user_version = 9");
        CHECK(
            KlineCache::open(path).error().detail.find("schema 9, this polyquant knows 1") !=
            std::string::npos
        );
    }
    SECTION("no database at all") {
        std::ofstream{path} << std::string(4096, 'x');
        CHECK(KlineCache::open(path).error().detail.find("delete it") != std::string::npos);
    }
    SECTION("a directory") {
        CHECK(KlineCache::open(scratch / ".").error().fault == Fault::storage);
    }
}

TEST_CASE("KlineCache may be shared by two programs", "[binance][cache]") {
    Store store;
    auto const other = KlineCache::open(store.path).value();

    REQUIRE(store.put(0, 10, bars(0, 10)));
    REQUIRE(other->store(Asset::btc, minute, bars(10, 20), {at(10), at(20)}));

    CHECK(store.missing(0, 20).empty());
    CHECK(store.cache->bars(Asset::btc, minute, {at(0), at(20)})->size() == 20);
}
