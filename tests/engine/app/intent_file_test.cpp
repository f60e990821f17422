#include "engine/app/guarded_venue.hpp"
#include "engine/app/intent_file.hpp"
#include "tests/engine/app/app_world.hpp"
#include "tests/engine/runtime/run_tasks.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"

#include <fstream>

namespace {

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::app::testing;
using runtime::testing::run_to_end;

PreparedOrder order(std::uint8_t n) {
    PreparedOrder prepared;
    prepared.id.bytes[31] = n;
    prepared.intent.strategy = StrategyName{"s1"};
    prepared.bytes = R"({"order":{"salt":)" + std::to_string(n) + "}}";
    return prepared;
}

struct World {
    runtime::testing::ScratchFolder folder;
    asio::io_context io;
    runtime::SidePool pool{io, 1, runtime::Delivery::as_ready};

    std::filesystem::path path() const { return folder / "intents.log"; }

    void keep(std::initializer_list<std::uint8_t> numbers) {
        auto const file = IntentFile::open(path(), pool).value();
        for (auto const n : numbers)
            REQUIRE(run_to_end(io, file->keep(order(n))));
    }
};

} // namespace

TEST_CASE("IntentFile gives back id and bytes exactly", "[app][intents]") {
    World w;

    w.keep({1, 2});
    w.keep({3});

    auto const kept = IntentFile::read(w.path()).value();
    REQUIRE(kept.size() == 3);
    CHECK(kept[2].id == order(3).id);
    CHECK(kept[2].bytes == order(3).bytes);
    CHECK(kept[0].intent.find("s1 BUY") == 0);
}

TEST_CASE("IntentFile survives a crash at every byte of its last line", "[app][intents]") {
    World w;
    w.keep({1});
    auto const whole = std::filesystem::file_size(w.path());
    w.keep({2});
    auto const size = std::filesystem::file_size(w.path());

    for (auto cut = whole; cut < size; ++cut) {
        World again;
        std::filesystem::copy_file(w.path(), again.path());
        std::filesystem::resize_file(again.path(), cut);
        again.keep({3});
        auto const kept = IntentFile::read(again.path()).value();
        REQUIRE(kept.size() == 2);
        CHECK(kept[0].id == order(1).id);
        CHECK(kept[1].id == order(3).id);
    }
}

TEST_CASE("IntentFile refuses damage in its middle and names the place", "[app][intents]") {
    World w;
    w.keep({1, 2});
    {
        std::fstream file{w.path(), std::ios::in | std::ios::out | std::ios::binary};
        file.seekp(30);
        file.put('#');
    }

    auto const opened = IntentFile::open(w.path(), w.pool);

    REQUIRE_FALSE(opened);
    CHECK(opened.error().where.find("at byte 0") != std::string::npos);
}

TEST_CASE("GuardedVenue sends nothing that could not be made durable", "[app][venue]") {
    World w;
    ScriptedVenue venue;
    GuardedVenue guarded{
        venue,
        [] { return Result<void>{}; },
        [](PreparedOrder const&) -> Task<Result<void>> {
            co_return Failure{Fault::cancelled, "disk", "the side pool has stopped"};
        }
    };

    auto const answer = run_to_end(w.io, guarded.post(order(1), Instant::max()));

    REQUIRE_FALSE(answer);
    CHECK_FALSE(outcome_unknown(answer.error().fault));
    CHECK(venue.posted.empty());
}
