#include "models/boosting/boosting_model.hpp"
#include "tests/models/boosting/golden.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <fstream>
#include <unistd.h>

using namespace polyquant;
using namespace polyquant::models::boosting;

namespace {

std::vector<std::string> const engine_row{
    "z", "closed_form_log_odds", "seconds_left", "log_sigma", "sigma_ratio", "move_last_minute"
};

std::filesystem::path temp_path(std::string const& name) {
    return std::filesystem::temp_directory_path() /
           ("polyquant-" + std::to_string(::getpid()) + "-" + name);
}

struct Removed {
    std::filesystem::path path;

    ~Removed() { std::filesystem::remove(path); }
};

} // namespace

TEST_CASE("Boosting model finds its features within the engine's row", "[models][boosting]") {
    auto const text = read_golden("boosting_model.txt");
    auto const golden = read_boosting_rows();
    auto const model = BoostingModel::make(text, Offset::none, engine_row).value();

    for (std::size_t i = 0; i < 50; ++i) {
        auto const* cell = &golden.cells[4 * i];
        double const row[] = {cell[0], 99, cell[1], cell[2], 99, cell[3]};
        CHECK(model.up_probability(row, 5) == 1 / (1 + std::exp(-golden.raw_scores[i])));
    }
}

TEST_CASE("Boosting model adds its trees to the closed form's log-odds", "[models][boosting]") {
    auto const model =
        BoostingModel::make(
            read_golden("boosting_model.txt"), Offset::closed_form_log_odds, engine_row
        )
            .value();
    double const row[] = {0.3, 0, 60, 0.1, 0, 0.2};

    auto const without = model.up_probability(row, 0);
    auto const with = model.up_probability(row, 1.25);

    CHECK(std::log(with / (1 - with)) - std::log(without / (1 - without)) == Approx(1.25));
}

TEST_CASE(
    "A model with unknown or reordered features is refused with both lists", "[models][boosting]"
) {
    auto const text = read_golden("boosting_model.txt");
    std::vector<std::string> const reordered{"seconds_left", "z", "log_sigma", "move_last_minute"};
    std::vector<std::string> const other{"z", "seconds_left", "log_sigma"};

    for (auto const& features : {reordered, other}) {
        auto const failure = BoostingModel::make(text, Offset::none, features).error();
        CHECK(
            failure.detail.find("model:  z seconds_left log_sigma move_last_minute") !=
            std::string::npos
        );
        CHECK(failure.detail.find("engine: " + features[0]) != std::string::npos);
    }
}

TEST_CASE("Saved boosting models come back the same", "[models][boosting]") {
    auto const text = read_golden("boosting_model.txt");
    Removed const file{temp_path("boosting-saved.txt")};
    auto const model = BoostingModel::make(text, Offset::closed_form_log_odds, engine_row).value();

    REQUIRE(model.save(file.path));
    auto const again = BoostingModel::load(file.path, engine_row).value();

    CHECK(again.text() == model.text());
    CHECK(again.offset() == Offset::closed_form_log_odds);
}

TEST_CASE("A plain LightGBM file trained elsewhere is read without offset", "[models][boosting]") {
    auto const model =
        BoostingModel::load(PQ_SOURCE_DIR "/tests/golden/boosting_model.txt", golden_features)
            .value();

    CHECK(model.offset() == Offset::none);
    CHECK(model.trees() == 12);
}

TEST_CASE("One changed digit in a saved model is noticed", "[models][boosting]") {
    Removed const file{temp_path("boosting-damaged.txt")};
    auto const model =
        BoostingModel::make(read_golden("boosting_model.txt"), Offset::none, engine_row).value();
    REQUIRE(model.save(file.path));
    auto text = [&] {
        std::ifstream in{file.path};
        std::stringstream all;
        all << in.rdbuf();
        return all.str();
    }();
    auto& digit = text[text.find("leaf_value=") + 14];
    digit = digit == '1' ? '2' : '1';
    std::ofstream{file.path} << text;

    auto const damaged = BoostingModel::load(file.path, engine_row);

    REQUIRE(damaged.has_error());
    CHECK(damaged.error().detail.find("checksum") != std::string::npos);
    CHECK(BoostingModel::load("/nonexistent/model.txt", engine_row).has_error());
}
