#include "models/registry/fitted_blend.hpp"
#include "models/sealed_json.hpp"
#include "tests/support/catch.hpp"

#include <boost/json.hpp>

using namespace polyquant;
using namespace polyquant::models::registry;

namespace {

FittedBlend sample() {
    return {
        .asset = Asset::eth,
        .style = models::window::LabelStyle::average,
        .model = ModelKind::logistic,
        .blend =
            models::calibration::MarketBlend{{.slope = 0.1, .pull = 1.0 / 3, .intercept = -0.02}},
        .windows = 105,
        .moments = 370,
        .first = utc_from_seconds(1'776'081'600),
        .until = utc_from_seconds(1'776'168'000),
        .command = "polyquant evaluate --blend FILE"
    };
}

std::string refusal(std::string const& text) {
    auto const parsed = parse_fitted_blend(text, "blend.json");
    return parsed ? std::string{} : describe(parsed.error());
}

// A file whose seal is right though its contents are not.
std::string sealed_with(std::string const& key, std::string const& value) {
    namespace json = boost::json;
    auto file = json::parse(to_text(sample())).as_object();
    auto body = file["model"].as_object();
    body[key] = value;
    return models::seal_json({"polyquant-market-blend", 1, ""}, body);
}

} // namespace

TEST_CASE("A fitted blend comes back from its file to the bit", "[models][registry]") {
    auto const text = to_text(sample());

    auto const read = parse_fitted_blend(text, "blend.json");

    REQUIRE(read.has_value());
    CHECK(to_text(*read) == text);
    CHECK(read->blend.probability(0.7, 0.9) == sample().blend.probability(0.7, 0.9));
    CHECK(read->until == sample().until);
}

TEST_CASE("A damaged or foreign blend file is refused by name", "[models][registry]") {
    auto text = to_text(sample());
    CHECK(refusal(text.substr(0, 50)).find("no complete JSON") != std::string::npos);
    CHECK(refusal("{}").find("not a market blend file") != std::string::npos);

    text.replace(text.find("105"), 3, "106");
    CHECK(refusal(text).find("damaged") != std::string::npos);
    CHECK(refusal(text).find("blend.json") != std::string::npos);
}

TEST_CASE("A blend file whose contents make no sense is refused", "[models][registry]") {
    for (auto const& [key, value] :
         {std::pair{"asset", "DOGE"},
          {"style", "guess"},
          {"model", "oracle"},
          {"slope", "nan"},
          {"pull", "1e999"},
          {"intercept", "0.1x"},
          {"windows", "0"},
          {"until", "tomorrow"}}) {
        INFO(key);
        CHECK(refusal(sealed_with(key, value)).find(key) != std::string::npos);
    }
}
