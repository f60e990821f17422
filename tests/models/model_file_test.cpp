#include "models/feature_table.hpp"
#include "models/model_file.hpp"
#include "models/rolling.hpp"
#include "models/trainer.hpp"
#include "tests/models/random_bars.hpp"
#include "tests/support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace polyquant;
using namespace polyquant::models;

namespace {

TrainedModel const& trained() {
    static TrainedModel const model = [] {
        auto bars = RandomBars{11}.next(500);
        for (auto& bar : bars)
            bar.trades = not_a_number;
        return train(bars, {}).value();
    }();
    return model;
}

std::string replaced(std::string text, std::string const& from, std::string const& to) {
    auto const at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

// The "model" value of a file's text: what stands between its key and the last brace.
std::string body_of(std::string const& text) {
    auto const start = text.find("\"model\":") + 8;
    return text.substr(start, text.rfind('}') - start);
}

std::string refusal(std::string const& text, FeatureSet expected = FeatureSet::all_46) {
    auto const model = parse_model(text, expected, "test.json");
    return model.has_error() ? model.error().detail : "accepted";
}

std::filesystem::path scratch(std::string const& name) {
    auto const folder =
        std::filesystem::temp_directory_path() / ("pq_model_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    return folder / name;
}

} // namespace

TEST_CASE("A saved model comes back to the bit", "[models][file]") {
    auto const path = scratch("round_trip.json");

    REQUIRE(save_model(path, trained()).has_value());
    auto const loaded = load_model(path, FeatureSet::all_46).value();

    CHECK(to_text(loaded) == to_text(trained()));
    CHECK(loaded.fit.coefficients == trained().fit.coefficients);
    CHECK(loaded.fit.intercept == trained().fit.intercept);
    CHECK(loaded.scaler.means == trained().scaler.means);
    CHECK(loaded.scaler.scales == trained().scaler.scales);
    CHECK(loaded.columns == trained().columns);
    CHECK(loaded.left_out == std::vector{Feature::trades_ratio});
    CHECK(loaded.rows == trained().rows);
    CHECK(loaded.first_open == trained().first_open);
    CHECK(loaded.last_close == trained().last_close);
    CHECK(loaded.data_hash == trained().data_hash);
    CHECK(loaded.params.logistic.c == trained().params.logistic.c);
    CHECK(loaded.params.horizon_bars == 5);
    std::filesystem::remove_all(path.parent_path());
}

TEST_CASE("Saving leaves no half-written file behind", "[models][file]") {
    auto const path = scratch("kept.json");
    REQUIRE(save_model(path, trained()).has_value());

    auto const nowhere = save_model(path.parent_path() / "no_such_folder" / "m.json", trained());

    REQUIRE(nowhere.has_error());
    CHECK(nowhere.error().fault == Fault::storage);
    CHECK_FALSE(std::filesystem::exists(path.string() + ".tmp"));
    CHECK(
        load_model(path.parent_path() / "absent.json", FeatureSet::all_46).error().fault ==
        Fault::storage
    );
    std::filesystem::remove_all(path.parent_path());
}

TEST_CASE("A truncated model file is refused at every length", "[models][file]") {
    auto const text = to_text(trained());

    for (std::size_t n = 0; n + 2 < text.size(); n += 97)
        REQUIRE(refusal(text.substr(0, n)).starts_with("no complete JSON"));
    CHECK(refusal(text.substr(0, text.size() - 2)).starts_with("no complete JSON"));
}

TEST_CASE("A changed digit anywhere in a model is refused", "[models][file]") {
    auto const text = to_text(trained());
    auto const start = text.find("\"model\":");

    std::size_t changed = 0;
    for (auto at = start; at < text.size(); at += 13) {
        if (text[at] < '0' || text[at] > '9') continue;
        auto damaged = text;
        damaged[at] = damaged[at] == '7' ? '8' : '7';
        REQUIRE(refusal(damaged).starts_with("damaged: checksum "));
        ++changed;
    }

    CHECK(changed > 50);
}

TEST_CASE("A re-indented model file is still good", "[models][file]") {
    auto const text = replaced(to_text(trained()), "\"intercept\":", "\n   \"intercept\" :  ");

    CHECK(refusal(text) == "accepted");
}

TEST_CASE("A model for other features is refused with both lists", "[models][file]") {
    auto const text = to_text(trained());
    auto const renamed =
        seal_model(replaced(body_of(text), "\"macd_hist\",", "\"macd_bars\",")).value();
    auto const swapped =
        seal_model(replaced(body_of(text), "\"ret_1\",\"logret_1\"", "\"logret_1\",\"ret_1\""))
            .value();
    auto const hash = feature_hash(features_of(FeatureSet::all_46));
    auto const rehashed = seal_model(replaced(body_of(text), hash, "0123456789abcdef")).value();

    for (auto const& refused : {refusal(renamed), refusal(swapped), refusal(rehashed)}) {
        CAPTURE(refused);
        CHECK(refused.starts_with("made for other features. The file has 46"));
        CHECK(
            refused.find("Expected 46 (\"all_46\", hash " + hash + "): ret_1, logret_1") !=
            std::string::npos
        );
    }
    CHECK(refusal(renamed).find("macd_signal, macd_bars, macd_hist_accel") != std::string::npos);
    CHECK(refusal(swapped).find("): logret_1, ret_1, ret_2") != std::string::npos);
    auto const smaller = refusal(text, FeatureSet::no_logret_39);
    CHECK(smaller.find("Expected 39 (\"no_logret_39\"") != std::string::npos);
}

TEST_CASE("A model of another format or version is refused", "[models][file]") {
    auto const text = to_text(trained());

    CHECK(refusal("{}") == "not a polyquant model file");
    CHECK(refusal("[1, 2]") == "not a polyquant model file");
    CHECK(
        refusal(replaced(text, "\"version\":1", "\"version\":2")) ==
        "format version 2, this program reads 1: train the model anew"
    );
    CHECK(refusal(replaced(text, "\"version\":1,", "")).starts_with("format version missing"));
    CHECK(refusal(text + "x").starts_with("no complete JSON"));
}

TEST_CASE("Values that make no model are refused by name", "[models][file]") {
    auto const body = body_of(to_text(trained()));
    auto const refused = [&body](std::string const& from, std::string const& to) {
        return refusal(seal_model(replaced(body, from, to)).value());
    };

    CHECK(
        refused("\"intercept\":\"", "\"intercept\":\"x") == "model.intercept is no number in quotes"
    );
    CHECK(refused("\"scale\":\"", "\"scale\":\"-") == "columns[0].scale is not positive");
    CHECK(refused("\"name\":\"ret_2\"", "\"name\":\"ret_9\"") == "columns[2].name is not ret_2");
    CHECK(refused("\"data_hash\"", "\"hash\"") == "model.trained.data_hash is missing");
    CHECK(refused("\"used\":", "\"used\":-") == "model.trained.rows.used is no count");
    CHECK(
        refused("[\"trades_ratio\"]", "[]") ==
        "model.columns are not the features that were not left out"
    );
    CHECK(
        refused("[\"trades_ratio\"]", "[\"tradesratio\"]") ==
        "model.left_out names a feature that is not in the list"
    );
    CHECK(
        refused("\"balanced\":true", "\"balanced\":1") ==
        "model.params.balanced is neither true nor false"
    );
}
