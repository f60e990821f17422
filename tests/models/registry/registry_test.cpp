#include "models/boosting/lightgbm.hpp"
#include "models/registry/live_trained_model.hpp"
#include "models/registry/registry.hpp"
#include "models/registry/train.hpp"
#include "models/validation/random.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

using namespace polyquant;
using namespace polyquant::models::registry;
namespace fs = std::filesystem;
using models::window::AssetBars;
using models::window::LabelStyle;

namespace {

constexpr UtcTime day(int n) {
    return utc_from_seconds(1'767'225'600 + 86'400LL * n);
}

// Bars of BTC and ETH over twelve days, a plain random walk.
AssetBars const& walk() {
    static AssetBars const bars = [] {
        AssetBars made;
        models::validation::SeededRandom random{17};
        for (auto const asset : {Asset::btc, Asset::eth}) {
            double price = 1000;
            for (int i = 0; i < 12 * 1440; ++i) {
                Bar bar{.open_time = day(0) + Seconds{60 * i}};
                bar.open = bar.high = bar.low = price;
                for (int k = 0; k < 8; ++k) {
                    price *= std::exp(2e-4 * random.normal());
                    bar.high = std::max(bar.high, price);
                    bar.low = std::min(bar.low, price);
                }
                bar.close = price;
                bar.volume = 1 + random.uniform();
                bar.trades = bar.taker_buy_base = std::nan("");
                made[index_of(asset)].push_back(bar);
            }
        }
        return made;
    }();
    return bars;
}

RegisteredModel trained(std::string name, ModelKind kind) {
    return train(
               walk(),
               {.name = std::move(name),
                .kind = kind,
                .until = day(6),
                .tune = std::chrono::days{1},
                .lightgbm = "",
                .command = "train",
                .code_version = "0.1.0+test"}
    )
        .value();
}

RegisteredModel const& closed_form() {
    static auto const model = trained("plain", ModelKind::closed_form);
    return model;
}

// The same with promises three times too bold.
RegisteredModel overconfident() {
    auto model = closed_form();
    model.name = "bold";
    model.calibrator = models::calibration::MomentCalibrator::parse("moments 3 3 3 3 0").value();
    return model;
}

class Folder {
public:
    Folder()
        : path_{
              fs::temp_directory_path() / ("polyquant-registry-test-" + std::to_string(::getpid()))
          } {
        fs::remove_all(path_);
    }

    ~Folder() { fs::remove_all(path_); }

    Registry registry() const { return Registry{path_}; }

    fs::path const& path() const { return path_; }

    std::string read(fs::path const& file) const {
        std::ostringstream text;
        text << std::ifstream{path_ / file}.rdbuf();
        return text.str();
    }

    void write(fs::path const& file, std::string const& text) const {
        std::ofstream{path_ / file} << text;
    }

private:
    fs::path path_;
};

Promotion by(RegisteredModel const& model, RegisteredModel const* reference) {
    return {
        .at = day(12),
        .comparison = compare(model, reference, walk(), {}).value(),
        .why_no_comparison = "",
        .forced = false
    };
}

Promotion by_force() {
    return {.at = day(12), .comparison = {}, .why_no_comparison = "not made", .forced = true};
}

} // namespace

TEST_CASE("A trained model is read back with the same promises", "[models][registry]") {
    for (auto const kind : {ModelKind::closed_form, ModelKind::logistic}) {
        auto const model = trained("again", kind);

        auto const again =
            parse_registered_model(to_text(model), models::window::row_feature_names(), "memory");

        REQUIRE(again.has_value());
        CHECK(checksum_of(*again) == checksum_of(model));
        auto const own = compare(*again, &model, walk(), {}).value();
        CHECK(own.of_challenger.log_loss == own.of_reference.log_loss);
        CHECK(own.gain.mean == 0);
    }
}

TEST_CASE("The same bars train the same model", "[models][registry]") {
    CHECK(
        to_text(trained("twice", ModelKind::logistic)) ==
        to_text(trained("twice", ModelKind::logistic))
    );
}

TEST_CASE("Training knows no bar after its end", "[models][registry]") {
    auto const& model = closed_form();

    CHECK(model.trained.last_close == day(6));
    CHECK(model.trained.bars == 6 * 1440);
    CHECK(model.volatility[index_of(Asset::eth)].has_value());
    CHECK_FALSE(model.volatility[index_of(Asset::sol)].has_value());
}

TEST_CASE("Training with too few bars says how many it needs", "[models][registry]") {
    auto const refused = train(walk(), {.name = "short", .until = day(2), .tune = {}});

    REQUIRE(refused.has_error());
    CHECK(refused.error().detail.find("at least") != std::string::npos);
}

TEST_CASE("Comparisons take only windows that neither model has seen", "[models][registry]") {
    auto const held_out = compare(closed_form(), nullptr, walk(), {}).value();

    CHECK(held_out.first == day(6));
    CHECK(held_out.gain.blocks == 6);
    auto const refused = compare(closed_form(), nullptr, walk(), {.from = day(3)});
    REQUIRE(refused.has_error());
    CHECK(refused.error().detail.find("were used in training") != std::string::npos);
}

TEST_CASE("The first model has to beat a coin", "[models][registry]") {
    Folder const folder;
    auto const registry = folder.registry();
    REQUIRE(registry.add(closed_form()));

    REQUIRE(registry.promote("plain", by(closed_form(), nullptr)));

    CHECK(registry.in_use(Asset::btc, LabelStyle::spot).value() == "plain");
    CHECK_FALSE(registry.in_use(Asset::btc, LabelStyle::average).value());
    CHECK(folder.read("promotions.jsonl").find(R"("forced":false)") != std::string::npos);
}

TEST_CASE(
    "A better model takes the place of a worse one, not the other way", "[models][registry]"
) {
    Folder const folder;
    auto const registry = folder.registry();
    REQUIRE(registry.add(closed_form()));
    REQUIRE(registry.add(overconfident()));
    REQUIRE(registry.promote("bold", by_force()));

    auto const bold = overconfident();
    REQUIRE(registry.promote("plain", by(closed_form(), &bold)));
    auto const back = registry.promote("bold", by(bold, &closed_form()));

    REQUIRE(back.has_error());
    CHECK(back.error().detail.find("not shown to beat plain") != std::string::npos);
    CHECK(registry.in_use(Asset::btc, LabelStyle::spot).value() == "plain");
}

TEST_CASE("Five days are needed for a promotion without force", "[models][registry]") {
    auto const bold = overconfident();
    auto const four =
        compare(closed_form(), &bold, walk(), {.from = day(6), .to = day(10)}).value();

    CHECK(four.gain.low > 0);
    CHECK_FALSE(four.is_won());
    CHECK(describe(four).find("too few days") != std::string::npos);
}

TEST_CASE("A forced promotion is recorded as forced", "[models][registry]") {
    Folder const folder;
    auto const registry = folder.registry();
    REQUIRE(registry.add(overconfident()));

    REQUIRE(registry.promote("bold", by_force()));

    auto const record = folder.read("promotions.jsonl");
    CHECK(record.find(R"("forced":true)") != std::string::npos);
    CHECK(record.find(checksum_of(overconfident())) != std::string::npos);
    CHECK(record.find(R"("no_comparison":"not made")") != std::string::npos);
}

TEST_CASE("A corrupted model is refused and the one in use stays", "[models][registry]") {
    Folder const folder;
    auto const registry = folder.registry();
    REQUIRE(registry.add(closed_form()));
    REQUIRE(registry.add(overconfident()));
    REQUIRE(registry.promote("plain", by_force()));
    auto const whole = folder.read("bold/model.json");

    auto changed = whole;
    changed.replace(changed.find("moments 3"), 9, "moments 4");
    for (auto const& damaged : {changed, whole.substr(0, whole.size() / 2), std::string{}}) {
        folder.write("bold/model.json", damaged);

        CHECK(registry.load("bold").has_error());
        CHECK(registry.promote("bold", by_force()).has_error());
        CHECK(registry.in_use(Asset::btc, LabelStyle::spot).value() == "plain");
        CHECK(registry.load("plain").has_value());
    }
    auto const listed = registry.list().value();
    REQUIRE(listed.size() == 2);
    CHECK(listed[0].model.has_error());
    CHECK(listed[1].in_use);
}

TEST_CASE("A model with other features is refused with both lists", "[models][registry]") {
    Folder const folder;
    auto const registry = folder.registry();
    auto foreign = closed_form();
    foreign.name = "foreign";
    std::swap(foreign.features[0], foreign.features[3]);
    REQUIRE(registry.add(closed_form()));
    REQUIRE(registry.add(foreign));
    REQUIRE(registry.promote("plain", by_force()));

    auto const refused = registry.promote("foreign", by_force());

    REQUIRE(refused.has_error());
    auto const& detail = refused.error().detail;
    CHECK(detail.find("log_sigma, closed_form_log_odds, seconds_left, z") != std::string::npos);
    CHECK(detail.find("z, closed_form_log_odds, seconds_left, log_sigma") != std::string::npos);
    CHECK(registry.in_use(Asset::btc, LabelStyle::spot).value() == "plain");
}

TEST_CASE("A folder that was copied under another name is refused", "[models][registry]") {
    Folder const folder;
    REQUIRE(folder.registry().add(closed_form()));
    fs::copy(folder.path() / "plain", folder.path() / "copy");

    auto const refused = folder.registry().load("copy");

    REQUIRE(refused.has_error());
    CHECK(refused.error().detail.find("holds the model 'plain'") != std::string::npos);
}

TEST_CASE("Models are never overwritten and names never leave the folder", "[models][registry]") {
    Folder const folder;
    REQUIRE(folder.registry().add(closed_form()));

    CHECK(folder.registry().add(closed_form()).has_error());
    for (auto const* name : {"", "../x", "a/b", ".hidden", "ümlaut"}) {
        CHECK_FALSE(is_model_name(name));
        CHECK(folder.registry().load(name).has_error());
    }
}

TEST_CASE("A model of trees is registered, read back and compared", "[models][registry]") {
    if (!models::boosting::LightGbm::open({})) {
        std::puts("skipped: LightGBM is not here (tools/fetch_lightgbm puts it here)");
        return;
    }
    auto const model = trained("trees", ModelKind::boosting);

    auto const again =
        parse_registered_model(to_text(model), models::window::row_feature_names(), "memory");

    REQUIRE(again.has_value());
    CHECK(compare(*again, &model, walk(), {}).value().gain.mean == 0);
}

TEST_CASE(
    "Trees trained elsewhere are calibrated, registered and read back", "[models][registry]"
) {
    Folder const folder;
    fs::create_directories(folder.path());
    // One split at z = 0 and nothing else, as LightGBM writes it.
    auto const tree = std::string{
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
        "max_feature_idx=0\nobjective=binary sigmoid:1\nfeature_names=z\n"
        "feature_infos=[-10:10]\ntree_sizes=300\n\nTree=0\nnum_leaves=2\nnum_cat=0\n"
        "split_feature=0\nsplit_gain=1\nthreshold=0\ndecision_type=2\nleft_child=-1\n"
        "right_child=-2\nleaf_value=-1 1\nleaf_weight=1 1\nleaf_count=1 1\ninternal_value=0\n"
        "internal_weight=2\ninternal_count=2\nis_linear=0\nshrinkage=1\n\n\nend of trees\n"
    };
    auto spec = TrainSpec{.name = "foreign", .kind = ModelKind::boosting, .until = day(6)};
    spec.tune = std::chrono::days{1};
    spec.trees = ForeignTrees{.file = folder.path() / "trees.txt", .until = day(4)};
    folder.write("trees.txt", tree);

    auto const model = train(walk(), spec).value();
    auto const again =
        parse_registered_model(to_text(model), models::window::row_feature_names(), "memory");
    spec.trees->until = day(6);
    auto const known = train(walk(), spec);
    spec.trees->until = day(4);
    folder.write("trees.txt", std::string{tree}.replace(tree.find("names=z"), 7, "names=q"));
    auto const other = train(walk(), spec);

    REQUIRE(again.has_value());
    CHECK(again->boosting->offset() == models::boosting::Offset::none);
    CHECK(checksum_of(*again) == checksum_of(model));
    REQUIRE(known.has_error());
    CHECK(known.error().detail.find("the trees know outcomes") != std::string::npos);
    REQUIRE(other.has_error());
    CHECK(other.error().detail.find("q") != std::string::npos);
}

namespace {

MarketView view_at(UtcTime now, double strike, double spot) {
    auto const price = [](double value) {
        return UsdPrice::from_e8(static_cast<std::int64_t>(std::llround(value * 1e8)));
    };
    MarketView view;
    view.now = now;
    view.asset = Asset::btc;
    view.window = window_at(now);
    view.strike = PricePoint{price(strike), view.window.start, PriceSource::binance_trade};
    view.spot = PricePoint{price(spot), now, PriceSource::binance_trade};
    return view;
}

} // namespace

TEST_CASE("A trained model says live what it said in training", "[models][registry]") {
    auto const model = trained("live", ModelKind::logistic);
    LiveTrainedModel live{Asset::btc, {model}};
    auto const datasets = models::window::build_datasets(
        walk(),
        model.models(),
        model.shapes(),
        {.style = LabelStyle::spot, .from = day(8), .to = day(8) + std::chrono::hours{1}}
    );
    auto const& dataset = datasets[index_of(Asset::btc)];
    REQUIRE(dataset.rows.size() == 48);

    std::size_t next = 0;
    auto const& bars = walk();
    for (std::size_t i = 5 * 1440; next < dataset.rows.size(); ++i) {
        for (auto const asset : {Asset::btc, Asset::eth})
            live.on_bar(asset, bars[index_of(asset)][i]);
        auto const& row = dataset.rows[next];
        if (row.moment.now != bars[0][i].close_time()) continue;
        auto const& signal =
            live.update(view_at(row.moment.now, row.moment.state.strike, row.moment.state.spot));
        REQUIRE(signal.usable);
        // The board prices what is not the oracle's with some noise; bars have a grid of cents.
        CHECK(signal.up == Approx(model.up_probability(dataset.features[next])).margin(0.01));
        ++next;
    }
    CHECK(live.signal().model_version != 0);
}

TEST_CASE("A trained model says how far its volatility may mislead it", "[models][registry]") {
    auto model = trained("doubtful", ModelKind::logistic);
    model.volatility[index_of(Asset::btc)]->sigma_relative_sd = 0.25;
    LiveTrainedModel live{Asset::btc, {model}};
    for (std::size_t i = 5 * 1440; i < 6 * 1440 + 2; ++i)
        for (auto const asset : {Asset::btc, Asset::eth})
            live.on_bar(asset, walk()[index_of(asset)][i]);
    auto const spot = walk()[index_of(Asset::btc)][6 * 1440 + 1].close;

    CHECK_FALSE(live.band());
    auto const up = live.update(view_at(day(6) + Seconds{120}, spot * 0.9995, spot)).up;
    auto const band = live.band();

    REQUIRE(band);
    CHECK(up > 0.6);
    CHECK(band->middle == up);
    CHECK(band->low < up - 0.01);
    CHECK(band->low > 0.5);
    CHECK(band->high > up + 0.01);
}

TEST_CASE("A trained model says why it has nothing to say", "[models][registry]") {
    auto const model = trained("live", ModelKind::closed_form);
    LiveTrainedModel live{Asset::btc, {model}};
    LiveTrainedModel nothing{Asset::eth, {model}};
    auto view = view_at(day(7), 1000, 1000);

    CHECK(live.update(view).why == "too few bars");
    CHECK_FALSE(live.band());
    CHECK(nothing.update(view).why == "no trained model in use");
    Market averaged;
    averaged.rule = twap_rule(Seconds{60});
    view.market = &averaged;
    CHECK(live.update(view).why == "no trained model in use"); // trained for spot
}

TEST_CASE("A trained model says live when values from outside are stale", "[models][external]") {
    auto model = trained("live", ModelKind::closed_form);
    model.external.emplace();
    model.external->names = {"tps"};
    model.external->age_max = Seconds{600};
    model.external->fit.scales.assign(models::window::ExternalFeatures::cell_count, {100, 10});
    model.external->fit.coefficients = {0.5, 0, 0};
    LiveTrainedModel live{Asset::btc, {model}};
    for (std::size_t i = 5 * 1440; i < 7 * 1440; ++i)
        live.on_bar(Asset::btc, walk()[0][i]);
    auto const now = day(7) + Seconds{60};
    live.on_bar(Asset::btc, walk()[0][7 * 1440]);
    auto const view = view_at(now, walk()[0][7 * 1440].open, walk()[0][7 * 1440].close);
    auto const published = [](UtcTime at) {
        return std::make_shared<models::window::ExternalFeatures const>(
            models::window::ExternalFeatures::parse(
                fmt::format("published_at,tps\n{},120\n", format_utc(at)), "x"
            )
                .value()
        );
    };

    auto const none = live.update(view).up;
    CHECK(live.signal().usable);
    CHECK(live.lacks_outside());
    live.use_outside(published(now - Seconds{600}));
    auto const fresh = live.update(view).up;
    CHECK_FALSE(live.lacks_outside());
    live.use_outside(published(now - Seconds{601}));
    auto const stale = live.update(view).up;
    CHECK(live.lacks_outside());
    live.use_outside(published(now + Seconds{1}));
    auto const future = live.update(view).up;

    CHECK(live.lacks_outside());
    CHECK(fresh > none);
    CHECK(stale == none);
    CHECK(future == none);
}
