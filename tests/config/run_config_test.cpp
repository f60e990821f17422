#include "config/run_config.hpp"
#include "strategies/catalog.hpp"
#include "strategies/scalp/params.hpp"
#include "tests/support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace polyquant;
using namespace polyquant::config;

namespace {

Loaded parse(std::string const& text) {
    ConfigText const file{"test.toml", text};
    return parse_run_config({&file, 1}, strategies::strategy_kinds());
}

std::vector<std::string> lines_of(Loaded const& loaded) {
    std::vector<std::string> lines;
    if (loaded.has_error())
        for (auto const& problem : loaded.error())
            lines.push_back(to_string(problem));
    return lines;
}

std::vector<std::string> problems_in(std::string const& text) {
    return lines_of(parse(text));
}

using Lines = std::vector<std::string>;

// A folder of its own for each test, removed with it.
class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "pq_config_XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }

    ~Folder() { std::filesystem::remove_all(path_); }

    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;

    std::filesystem::path write(std::string const& name, std::string const& text) const {
        std::ofstream{path_ / name, std::ios::binary} << text;
        return path_ / name;
    }

    std::filesystem::path const& path() const { return path_; }

private:
    std::filesystem::path path_;
};

Loaded load(std::vector<std::filesystem::path> const& files) {
    return load_run_config(files, strategies::strategy_kinds());
}

} // namespace

TEST_CASE("A configuration reports all its problems at once, each with its place", "[config]") {
    auto const problems = problems_in(R"([risk]
kill_switch = -1
kil_switch = 5
loss_streak_max = "five"

[modle]
train_bars = 1

[[strategy]]
kind = "scalp_s1"
name = "s1"
ask_mx = 0.95
ask_min = 0.8500001
lead = 45
)");

    CHECK(
        problems ==
        Lines{
            "test.toml:6: modle: unknown section; did you mean \"model\"?",
            "test.toml:2: risk.kill_switch: -1 is out of range (allowed: 0 to 1000000 USDC)",
            "test.toml:4: risk.loss_streak_max: expected a whole number, found the text \"five\" "
            "(allowed: 1 to 100 losses)",
            "test.toml:3: risk.kil_switch: unknown key; did you mean \"kill_switch\"?",
            "test.toml:14: strategy.s1.lead: expected a duration with its unit (\"250ms\", "
            "\"45s\", \"5m\", \"4h\", \"2d\"), found 45 without a unit: write \"45s\" or \"45ms\" "
            "(allowed: 1s to 15m before close)",
            "test.toml:13: strategy.s1.ask_min: 0.8500001 has more than 6 decimals or is too "
            "large; it is refused, not rounded (allowed: 0.0001 to 0.9999 USDC/share)",
            "test.toml:12: strategy.s1.ask_mx: unknown key; did you mean \"ask_max\"?",
        }
    );
}

TEST_CASE("A TOML syntax error carries line and column", "[config]") {
    auto const problems = problems_in("[run]\nseed = = 1\n");

    REQUIRE(problems.size() == 1);
    CHECK(problems[0].starts_with("test.toml:2:8: not valid TOML: "));
}

TEST_CASE("Text that is not UTF-8 is refused with its place", "[config]") {
    auto const problems = problems_in("[run]\nstate_dir = \"\xff\"\n");

    REQUIRE(problems.size() == 1);
    INFO(problems[0]);
    CHECK(problems[0].starts_with("test.toml:2:13: not valid TOML: "));
    CHECK(problems[0].find("utf-8") != std::string::npos);
}

TEST_CASE("Line ends, accents and a byte order mark do not move problems", "[config]") {
    auto const problems =
        problems_in("\xef\xbb\xbf# \u00e9\u00e9\r\n[run]\r\nstate_dir = \"\u00e9\"\r\nseed = -1\r\n"
        );

    CHECK(
        problems == Lines{"test.toml:4: run.seed: -1 is out of range (allowed: 0 to "
                          "9223372036854775807)"}
    );
}

TEST_CASE("A number after wide characters on its line is cut out exactly", "[config]") {
    auto const loaded =
        parse("[model]\nensemble_weight = { btc = 0.125, \"eth\" = 0.25 } # \u00e9\n"
              "[risk]\nallow_loosening = true\nkill_switch = 4.500001\n");

    REQUIRE(lines_of(loaded).empty());
    CHECK(loaded->model.ensemble_weight[Asset::btc] == 0.125);
    CHECK(loaded->risk.kill_switch.micros() == 4'500'001);
}

TEST_CASE("An empty file is refused", "[config]") {
    CHECK(problems_in("") == Lines{"test.toml: is empty: it sets no key"});
    CHECK(problems_in("# only words\n") == Lines{"test.toml: is empty: it sets no key"});
}

TEST_CASE("Keys outside of sections and sections that are not tables are refused", "[config]") {
    CHECK(
        problems_in("seed = 1\n") ==
        Lines{"test.toml:1: seed: stands outside of any section; it belongs under [run]"}
    );
    CHECK(
        problems_in("run = 1\n") ==
        Lines{"test.toml:1: run: must be a section: write [run] on a line of its own"}
    );
    CHECK(
        problems_in("[strategy]\nkind = \"scalp_s1\"\n") ==
        Lines{
            "test.toml:1: strategy: strategies are entries of a list: start each with [[strategy]]"
        }
    );
    CHECK(problems_in("strategy = [1]\n").size() == 1);
}

TEST_CASE("Two strategies may not share a name", "[config]") {
    auto const problems = problems_in(R"([[strategy]]
kind = "scalp_s1"
name = "s1"
[[strategy]]
kind = "scalp_s2"
name = "s1"
)");

    CHECK(
        problems ==
        Lines{"test.toml:4: strategy.s1.name: the strategy at test.toml:1 has this name already"}
    );
}

TEST_CASE("A strategy needs a known kind and a plain name", "[config]") {
    std::string allowed;
    for (auto const& kind : strategies::strategy_kinds())
        allowed += (allowed.empty() ? "" : ", ") + std::string{kind.name};
    CHECK(
        problems_in("[[strategy]]\nkind = \"scalp_s3\"\nname = \"a\"\n") ==
        Lines{
            "test.toml:2: strategy.a.kind: unknown kind \"scalp_s3\" (allowed: " + allowed +
            "); did you mean \"scalp_s1\"?"
        }
    );
    CHECK(problems_in("[[strategy]]\nname = \"a\"\n").size() == 1);
    CHECK(problems_in("[[strategy]]\nkind = \"scalp_s1\"\n").size() == 1);
    CHECK(problems_in("[[strategy]]\nkind = \"scalp_s1\"\nname = \"a b\"\n").size() == 1);
    CHECK(problems_in("[[strategy]]\nkind = \"scalp_s1\"\nname = \"a.b\"\n").size() == 1);
}

TEST_CASE("Rules between members are checked once every member is right", "[config]") {
    CHECK(
        problems_in("[model]\nfeature_set = 40\n") ==
        Lines{"test.toml:2: model.feature_set: 40 is neither 39 nor 46"}
    );
    CHECK(
        problems_in("[model]\ntrain_bars = 5000\n") ==
        Lines{"test.toml:1: model.history_bars: 4320 is less than train_bars + 120 = 5120"}
    );
    CHECK(problems_in("[feed]\nspeed = \"fast\"\n").size() == 1);
    CHECK(problems_in("[feed]\nfrom = \"2026-04-14\"\nuntil = \"2026-04-13\"\n").size() == 1);
    CHECK(problems_in("[feed]\ntapes = [\"a\", \"a\"]\n").size() == 1);
    CHECK(problems_in("[simulated]\norder_latency = \"1s\"\n").size() == 1);
    CHECK(problems_in("[run]\nassets = []\n").size() == 1);
    CHECK(problems_in("[[strategy]]\nkind=\"scalp_s1\"\nname=\"a\"\nask_min=0.96\n").size() == 1);
    CHECK(problems_in("[[strategy]]\nkind=\"scalp_s1\"\nname=\"a\"\nlead=\"1s\"\n").size() == 1);
    CHECK(
        problems_in("[[strategy]]\nkind=\"scalp_s1\"\nname=\"a\"\nladder_low_until=40\n").size() ==
        1
    );
}

TEST_CASE("A strategy that loses by its own numbers is refused unless forced", "[config]") {
    std::string const entry = "[[strategy]]\nkind = \"scalp_s1\"\nname = \"a\"\n";

    CHECK(
        problems_in(entry + "min_edge = 0.0\n") ==
        Lines{
            "test.toml:4: strategy.a.min_edge: unprofitable: at an ask of 0.85 it buys from a win "
            "probability of 0.8589 on, but breaks even only at 0.8589 (the fee is 0.0089 a "
            "share); set force = true to run it all the same"
        }
    );
    CHECK(problems_in(entry + "min_edge = 0.005\ncount_fee = false\n").size() == 1);
    CHECK(problems_in(entry + "min_edge = 0.01\ncount_fee = false\n").empty());
    CHECK(problems_in(entry + "min_edge = 0.05\n").size() == 1);
    CHECK(problems_in(entry + "bet = 1\n").size() == 1);
    CHECK(problems_in(entry + "bet = 10\n").empty());
    CHECK(problems_in(entry + "bet = 20\n").size() == 1);
    CHECK(problems_in(entry + "ask_min = 0.995\nask_max = 0.999\nmin_edge=0.0005\n").size() == 1);
    CHECK(problems_in(entry + "min_edge = 0.0\nforce = true\n").empty());
}

TEST_CASE("Files merge, and a key set twice must agree", "[config]") {
    Folder folder;
    auto const a = folder.write("a.toml", "[run]\nseed = 7\n[risk]\nkill_switch = 6\n");
    auto const b = folder.write(
        "b.toml", "[run]\nseed = 7\n[[strategy]]\nkind = \"scalp_s2\"\nname = \"s2\"\n"
    );
    auto const c = folder.write("c.toml", "[run]\nseed = 8\n");

    auto const merged = load({a, b});
    auto const conflict = load({a, b, c});

    REQUIRE(lines_of(merged).empty());
    CHECK(merged->run.seed == 7);
    CHECK(merged->risk.kill_switch == usd(6));
    CHECK(merged->strategies.size() == 1);
    CHECK(to_string(merged->origin_of("risk.kill_switch")) == a.string() + ":4");
    CHECK(to_string(merged->origin_of("risk.order_max")) == "default");
    CHECK(
        lines_of(conflict) ==
        Lines{c.string() + ":2: run.seed: set to something else at " + a.string() + ":2 already"}
    );
}

TEST_CASE("Unreadable files are named, all of them", "[config]") {
    Folder folder;
    auto const good = folder.write("good.toml", "[run]\nseed = 1\n");
    auto const locked = folder.write("locked.toml", "[run]\nseed = 1\n");
    auto const huge = folder.write("huge.toml", std::string(2 << 20, '#'));
    ::chmod(locked.c_str(), 0);
    auto const missing = folder.path() / "none.toml";

    auto const lines = lines_of(load({good, missing, folder.path(), huge, locked, good}));

    REQUIRE(lines.size() >= 4);
    CHECK(lines[0] == missing.string() + ": no such file");
    CHECK(lines[1] == folder.path().string() + ": is a directory; name the file in it");
    CHECK(lines[2].find("at most 1 MB") != std::string::npos);
    CHECK(lines.back() == good.string() + ": is named twice");
    // The superuser reads anything.
    if (::geteuid() != 0) CHECK(lines[3].find("cannot be read: ") != std::string::npos);
}

TEST_CASE("Tapes are looked for beside the file that names them", "[config]") {
    Folder folder;
    auto const file = folder.write("a.toml", "[feed]\ntapes = [\"x/b.tape\", \"/abs/c.tape\"]\n");

    auto const loaded = load({file});

    REQUIRE(lines_of(loaded).empty());
    CHECK(
        loaded->tape_paths() ==
        std::vector<std::filesystem::path>{folder.path() / "x/b.tape", "/abs/c.tape"}
    );
}

TEST_CASE("A printed configuration loads to the same hash", "[config]") {
    auto const loaded = parse("[run]\nseed = 42\n[feed]\nspeed = \"max\"\n"
                              "[[strategy]]\nkind = \"scalp_s2\"\nname = \"x\"\nmin_move = 30.5\n");
    REQUIRE(lines_of(loaded).empty());

    auto const again = parse(loaded->print());

    REQUIRE(lines_of(again).empty());
    CHECK(again->print() == loaded->print());
    CHECK(again->hash() == loaded->hash());
    CHECK(again->strategies.at(0).epoch() == loaded->strategies.at(0).epoch());
}

TEST_CASE("An epoch is the kind and its parameters, not name or switch", "[config]") {
    auto const epoch = [](std::string const& more) {
        auto const loaded = parse("[[strategy]]\nkind = \"scalp_s1\"\n" + more);
        REQUIRE(lines_of(loaded).empty());
        return loaded->strategies.at(0).epoch();
    };

    CHECK(epoch("name = \"a\"\n") == epoch("name = \"b\"\nenabled = false\nbankroll = 7\n"));
    CHECK(epoch("name = \"a\"\n") == epoch("name = \"a\"\nbet = 5.00\n"));
    CHECK(epoch("name = \"a\"\n") != epoch("name = \"a\"\nbet = 5.01\n"));
}

TEST_CASE("The shipped configurations load", "[config]") {
    std::filesystem::path const folder = PQ_SOURCE_DIR "/config";

    for (auto const* const name : {"scalp.toml", "scalp-v5.toml", "sample.toml"}) {
        INFO(name);
        auto const loaded = load({folder / name});
        CHECK(lines_of(loaded) == Lines{});
    }
}

TEST_CASE("The shipped v4 configuration is the plan's numbers and the defaults", "[config]") {
    auto const loaded = load({PQ_SOURCE_DIR "/config/scalp.toml"});
    REQUIRE(lines_of(loaded).empty());

    using strategies::ScalpS1Params;
    using strategies::ScalpS2Params;
    auto const& s1 =
        dynamic_cast<TypedParams<ScalpS1Params> const&>(*loaded->find("s1")->params).get();
    auto const& s2 =
        dynamic_cast<TypedParams<ScalpS2Params> const&>(*loaded->find("s2")->params).get();

    CHECK(s1 == ScalpS1Params{});
    CHECK(s2 == ScalpS2Params{});
    CHECK(s1.ask_min == cents(85));
    CHECK(s1.ask_max == cents(95));
    CHECK(s1.min_edge == 0.03);
    CHECK(s1.bet == usd(5));
    CHECK(s1.lead == 45s);
    CHECK(s2.lead == 60s);
    CHECK(s2.min_move == UsdPrice::from_e8(2'500'000'000));
    CHECK(loaded->risk == RiskParams{});
    CHECK(loaded->model == ModelParams{});
}

TEST_CASE("The replay speed is a factor, zero for as fast as possible", "[config]") {
    FeedParams feed;
    feed.speed = "max";
    CHECK(feed.speed_factor() == 0);
    feed.speed = "2.5";
    CHECK(feed.speed_factor() == 2.5);
}
