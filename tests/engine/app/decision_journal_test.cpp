#include "engine/app/decision_journal.hpp"
#include "tests/engine/app/two_windows.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <charconv>

namespace {

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::app::testing;

struct World {
    void note(Reason answer, Asset asset = Asset::btc, std::optional<Price> ask = {}) {
        MarketView view;
        view.now = first_window.start;
        view.asset = asset;
        view.window = first_window;
        strategies::Decision decision;
        decision.reason = answer;
        if (ask) decision[Outcome::up] = {true, answer, ask, 0.6, 0.01};
        decisions.note(*strategy, view, decision, answer).value();
    }

    std::vector<std::string> lines() {
        std::vector<std::string> all;
        for (auto const* kind : {"decision", "again"})
            for (auto const& record : journal->records_of(kind).value())
                all.push_back(record.kind + " " + record.payload);
        return all;
    }

    // Evaluations that a reader of the journal counts.
    std::uint64_t counted() {
        std::uint64_t sum = journal->records_of("decision").value().size();
        for (auto const& record : journal->records_of("again").value()) {
            auto const& text = record.payload;
            auto const from = text.find(' ', text.find(' ') + 1) + 1;
            std::uint64_t times = 0;
            std::from_chars(text.data() + from, text.data() + text.size(), times);
            sum += times;
        }
        return sum;
    }

    runtime::testing::ScratchFolder folder;
    std::unique_ptr<runtime::Journal> journal =
        runtime::Journal::open(folder / "journal.log", {"c", "t", 1, "v"}).value();
    std::unique_ptr<strategies::Strategy> strategy =
        strategies::make_strategy(config_of().strategies.front());
    DecisionJournal decisions{*journal};
};

} // namespace

TEST_CASE("DecisionJournal writes equal answers once with how often they came", "[app][journal]") {
    World world;

    for (int n = 0; n < 5; ++n)
        world.note(Reason::book_missing);
    world.note(Reason::edge_too_small);

    auto const lines = world.lines();
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].starts_with("decision s1 BTC book_missing "));
    CHECK(lines[1].starts_with("decision s1 BTC edge_too_small "));
    CHECK(lines[2] == "again s1 BTC 4 times");
}

TEST_CASE("DecisionJournal tells answers apart by what was seen", "[app][journal]") {
    World world;

    world.note(Reason::edge_too_small, Asset::btc, cents(20));
    world.note(Reason::edge_too_small, Asset::btc, cents(21));

    CHECK(world.lines().size() == 2);
}

TEST_CASE("DecisionJournal keeps the assets apart", "[app][journal]") {
    World world;

    for (int n = 0; n < 3; ++n)
        for (auto asset : {Asset::btc, Asset::eth})
            world.note(Reason::book_missing, asset);

    CHECK(world.lines().size() == 2);
}

TEST_CASE("DecisionJournal loses no evaluation", "[app][journal]") {
    World world;
    std::uint64_t noted = 0;
    for (std::uint64_t n = 1; n <= 500; ++n) {
        auto const odd = n * n % 7 < 3;
        world.note(
            odd ? Reason::book_missing : Reason::edge_too_small, static_cast<Asset>(n * n % 5 % 4)
        );
        ++noted;
    }

    world.decisions.finish(first_window.end()).value();

    CHECK(world.counted() == noted);
    CHECK(world.journal->records() < noted);
}
