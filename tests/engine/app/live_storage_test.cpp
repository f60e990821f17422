#include "engine/app/live_storage.hpp"
#include "engine/app/quote_anchor.hpp"
#include "models/registry/registry.hpp"
#include "models/window/window_features.hpp"
#include "strategies/catalog.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <array>
#include <filesystem>
#include <fstream>

namespace {

using namespace polyquant;
using namespace polyquant::app;
using models::registry::RegisteredModel;
using models::registry::Registry;

constexpr auto start = utc_from_seconds(1'795'489'200); // 2026-11-24T03:00:00Z

RegisteredModel plain(std::string name) {
    RegisteredModel model;
    model.name = std::move(name);
    model.features = models::window::row_feature_names();
    model.volatility[index_of(Asset::btc)] = models::window::VolatilityModel::unfitted();
    return model;
}

// One that uses the column tps.
RegisteredModel with_tps(std::string name) {
    auto model = plain(std::move(name));
    model.external.emplace();
    model.external->names = {"tps"};
    model.external->age_max = Seconds{600};
    model.external->fit.scales.assign(models::window::ExternalFeatures::cell_count, {100, 10});
    model.external->fit.coefficients = {0.1, 0, 0};
    return model;
}

// A model put into use in place of the one before.
void use(Registry const& registry, RegisteredModel const& model) {
    REQUIRE(registry.add(model).has_value());
    REQUIRE(registry
                .promote(
                    model.name,
                    {.at = start, .comparison = {}, .why_no_comparison = "test", .forced = true}
                )
                .has_value());
}

models::registry::FittedBlend blend(double intercept) {
    models::registry::FittedBlend fitted;
    fitted.blend =
        models::calibration::MarketBlend{{.slope = 0, .pull = 0, .intercept = intercept}};
    fitted.first = start - std::chrono::hours{2};
    fitted.until = start - std::chrono::hours{1};
    fitted.windows = 12;
    fitted.moments = 48;
    return fitted;
}

struct Run {
    runtime::testing::ScratchFolder folder;
    config::RunConfig config = read(std::filesystem::path{PQ_SOURCE_DIR} / "config/sample.toml");
    std::filesystem::path directory = folder / "run";

    Run() {
        config.model.kind = config::ModelKind::trained;
        config.model.trained_models = (folder / "registry").string();
        config.model.market_blend = config::MarketBlendUse::on;
        config.model.market_blend_file = (folder / "blend.json").string();
    }

    Registry registry() const { return Registry{config.model.trained_models}; }

    LiveStorage begin(UtcTime now) const {
        auto storage = open_live_storage(directory, config, now).value();
        storage.trained = load_trained(config).value();
        storage.blend = blend(0.25);
        REQUIRE(keep_models(storage, config, storage.name, now).has_value());
        return storage;
    }

    config::RunConfig kept() const { return read(directory / "config.toml"); }

    static config::RunConfig read(std::filesystem::path const& file) {
        return config::load_run_config(std::array{file}, strategies::strategy_kinds()).value();
    }
};

} // namespace

TEST_CASE("A live run's configuration names copies of the models it used", "[app][live]") {
    Run const run;
    use(run.registry(), plain("first"));
    run.begin(start);

    use(run.registry(), plain("second"));

    auto const again = load_trained(run.kept()).value();
    REQUIRE(again.size() == 1);
    CHECK(again[0].name == "first");
    CHECK(checksum_of(again[0]) == checksum_of(plain("first")));
    auto const blended = load_blend(run.kept().model, again).value();
    REQUIRE(blended);
    CHECK(to_text(*blended) == to_text(blend(0.25)));
}

TEST_CASE("Each start of a live run keeps its own models", "[app][live]") {
    Run const run;
    use(run.registry(), plain("first"));
    auto const first = run.begin(start).name;
    use(run.registry(), plain("second"));
    auto const second = run.begin(start + std::chrono::hours{1}).name;

    REQUIRE(first != second);
    auto const folder = run.directory / "models";
    CHECK(Registry{folder / first}.load("first").has_value());
    CHECK_FALSE(Registry{folder / first}.load("second").has_value());
    CHECK(Registry{folder / second}.load("second").has_value());
    CHECK(load_trained(run.kept()).value().at(0).name == "second");
}

TEST_CASE("Models taken over by a reload are kept beside those of the start", "[app][live]") {
    Run const run;
    use(run.registry(), plain("first"));
    auto storage = run.begin(start);
    use(run.registry(), plain("second"));
    storage.trained = load_trained(run.config).value();

    auto const name = storage.name + "-reload-1";
    REQUIRE(keep_models(storage, run.config, name, start + std::chrono::hours{1}).has_value());

    CHECK(Registry{run.directory / "models" / name}.load("second").has_value());
    CHECK(load_trained(run.kept()).value().at(0).name == "first");
}

TEST_CASE("A live run without trained models or a blend keeps none", "[app][live]") {
    Run run;
    run.config.model = {};
    auto const storage = open_live_storage(run.directory, run.config, start).value();

    REQUIRE(keep_models(storage, run.config, storage.name, start).has_value());

    CHECK_FALSE(std::filesystem::exists(run.directory / "models"));
}

TEST_CASE("A live run keeps the values from outside that its models used", "[app][live]") {
    Run run;
    use(run.registry(), with_tps("first"));
    run.config.model.external_file = (run.folder / "tps.csv").string();
    std::ofstream{run.config.model.external_file} << "published_at,tps\n1795489200000,123\n";
    run.begin(start);
    std::filesystem::remove(run.config.model.external_file);

    auto const again = load_trained(run.kept()).value();

    REQUIRE(again.size() == 1);
    REQUIRE(again[0].outside);
    CHECK(again[0].outside->value_at(0, start + Seconds{1}, Seconds{600}) == 123);
}

TEST_CASE("A model that uses values from outside needs their file", "[app][live]") {
    Run run;
    use(run.registry(), with_tps("first"));

    auto const unnamed = load_trained(run.config);
    run.config.model.external_file = (run.folder / "tps.csv").string();
    std::ofstream{run.config.model.external_file} << "published_at,other\n1795489200000,123\n";
    auto const lacking = load_trained(run.config);

    REQUIRE_FALSE(unnamed);
    CHECK(unnamed.error().detail.find("external_file") != std::string::npos);
    REQUIRE_FALSE(lacking);
    CHECK(lacking.error().detail.find("the model's: tps") != std::string::npos);
    CHECK(lacking.error().detail.find("the file's: other") != std::string::npos);
}

TEST_CASE("A replay recalls its models with the values from outside", "[app][replay]") {
    Run run;
    use(run.registry(), with_tps("first"));
    run.config.model.external_file = (run.folder / "tps.csv").string();
    std::ofstream{run.config.model.external_file} << "published_at,tps\n1795489200000,123\n";
    auto const loaded = load_trained(run.config).value();
    REQUIRE(keep_trained(run.directory, loaded).has_value());
    std::filesystem::remove(run.config.model.external_file);

    auto const recalled = recall_trained(run.directory, trained_text(loaded)).value();

    CHECK(same_models(recalled, loaded));
    CHECK(recalled.at(0).outside->print() == loaded.at(0).outside->print());
}

TEST_CASE("A live run begins with the values that may still be asked for", "[app][live]") {
    Run run;
    use(run.registry(), with_tps("first"));
    run.config.model.external_file = (run.folder / "tps.csv").string();
    std::ofstream{run.config.model.external_file}
        << "published_at,tps\n1795400000000,1\n1795489200000,123\n1795489300000,124\n";
    auto loaded = load_trained(run.config).value();

    forget_stale_outside(loaded, start + Seconds{60});

    REQUIRE(loaded.at(0).outside);
    CHECK(loaded[0].outside->values() == 1); // neither of yesterday nor of the future
    CHECK(loaded[0].outside->value_at(0, start + Seconds{60}, Seconds{600}) == 123);
}
