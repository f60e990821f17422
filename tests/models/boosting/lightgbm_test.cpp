#include "models/boosting/lightgbm.hpp"
#include "models/boosting/tree_ensemble.hpp"
#include "models/validation/random.hpp"
#include "tests/models/boosting/golden.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

using namespace polyquant::models::boosting;
using polyquant::models::validation::Rows;
using polyquant::models::validation::RowTable;
using polyquant::models::validation::SeededRandom;

namespace {

std::optional<LightGbm> library_or_skip() {
    auto library = LightGbm::open(PQ_SOURCE_DIR "/build/deps/lightgbm/lib_lightgbm.so");
    if (library) return std::move(*library);
    std::puts("skipped: LightGBM is not here; tools/fetch_lightgbm gets it");
    return std::nullopt;
}

std::vector<std::string> const names{"z", "b", "c"};

// P(up) rises with z except for a dent that only noise-fitting would follow; b shifts it.
struct Data {
    RowTable table{3};
    std::vector<double> outcomes;
    std::vector<double> start;
};

Data draw(std::size_t count, std::uint64_t seed) {
    SeededRandom random{seed};
    Data data;
    for (std::size_t i = 0; i < count; ++i) {
        double const row[] = {
            random.normal(), random.normal(), random.uniform() < 0.1 ? NAN : random.normal()
        };
        auto const log_odds = 1.2 * row[0] + (row[1] > 0.5 ? 0.8 : -0.3);
        data.table.add(row);
        data.outcomes.push_back(random.uniform() < 1 / (1 + std::exp(-log_odds)) ? 1 : 0);
        data.start.push_back(1.2 * row[0]);
    }
    return data;
}

BoostingBlock block(Data const& data, bool with_start) {
    return {
        data.table.rows(),
        data.outcomes,
        with_start ? std::span<double const>{data.start} : std::span<double const>{}
    };
}

} // namespace

TEST_CASE("A missing LightGBM is explained, with what was tried", "[models][boosting]") {
    auto const candidates = lightgbm_candidates("/nowhere/lib_lightgbm.so");
    CHECK(candidates.front() == "/nowhere/lib_lightgbm.so");

    auto const opened = LightGbm::open("/nowhere/lib_lightgbm.so");

    // Other places may hold it on this machine; only the message of a failure is checked.
    if (opened.has_error()) {
        CHECK(opened.error().detail.find("tools/fetch_lightgbm") != std::string::npos);
        CHECK(opened.error().detail.find("/nowhere/lib_lightgbm.so") != std::string::npos);
    }
}

TEST_CASE(
    "Training stops early, is repeatable and our trees agree with the library", "[models][boosting]"
) {
    auto const library = library_or_skip();
    if (!library) return;
    auto const train = draw(6000, 1);
    auto const later = draw(3000, 2);
    BoostingParams const params{
        .rounds_max = 300, .early_stopping_rounds = 20, .learning_rate = 0.1
    };

    auto const first = library->train(block(train, false), block(later, false), names, params);
    auto const second = library->train(block(train, false), block(later, false), names, params);

    REQUIRE(first);
    CHECK(first->rounds < 300);
    CHECK(first->later_log_loss < 0.60);
    CHECK(first->text == second->text);
    auto const trees = TreeEnsemble::parse(first->text).value();
    CHECK(trees.trees() == static_cast<std::size_t>(first->rounds));
    auto const scores = library->raw_scores(first->text, later.table.rows()).value();
    for (std::size_t i = 0; i < scores.size(); ++i)
        REQUIRE(trees.raw_score(later.table[i]) == scores[i]);
}

TEST_CASE("Trees on top of a given start learn only what it misses", "[models][boosting]") {
    auto const library = library_or_skip();
    if (!library) return;
    auto const train = draw(6000, 3);
    auto const later = draw(3000, 4);

    auto const trained = library->train(block(train, true), block(later, true), names, {}).value();

    auto const trees = TreeEnsemble::parse(trained.text).value();
    double const low[] = {0, 0, 0};
    double const high[] = {0, 1, 0};
    CHECK(trees.raw_score(high) - trees.raw_score(low) == Approx(1.1).margin(0.25));
    double const moved[] = {1, 1, 0};
    CHECK(trees.raw_score(moved) - trees.raw_score(high) == Approx(0).margin(0.3));
}

TEST_CASE("The trained probability never falls in a rising column", "[models][boosting]") {
    auto const library = library_or_skip();
    if (!library) return;
    auto train = draw(6000, 5);
    // A dent that a free model would follow.
    for (std::size_t i = 0; i < train.outcomes.size(); ++i)
        if (auto const z = train.table[i][0]; z > 0.4 && z < 0.8) train.outcomes[i] = 0;

    auto const trained =
        library->train(block(train, false), block(train, false), names, {.rounds_max = 60}).value();

    auto const trees = TreeEnsemble::parse(trained.text).value();
    for (double b : {-1.0, 0.0, 1.0}) {
        double previous = -1e9;
        for (double z = -3; z < 3; z += 0.01) {
            double const row[] = {z, b, 0.1};
            auto const score = trees.raw_score(row);
            REQUIRE(score >= previous);
            previous = score;
        }
    }
}

TEST_CASE("Training refuses blocks that do not fit, naming the block", "[models][boosting]") {
    auto const library = library_or_skip();
    if (!library) return;
    auto const data = draw(500, 6);
    std::vector<double> const few(10, 1.0);
    BoostingBlock const odd{data.table.rows(), few, {}};

    CHECK(
        library->train(odd, block(data, false), names, {}).error().detail.find("training block") !=
        std::string::npos
    );
    CHECK(
        library->train(block(data, false), odd, names, {}).error().detail.find("later block") !=
        std::string::npos
    );
    CHECK(
        library->train(block(data, false), block(data, false), names, {.rising = {"nope"}})
            .error()
            .detail.find("'nope'") != std::string::npos
    );
}
