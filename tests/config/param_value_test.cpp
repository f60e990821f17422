#include "config/param_value.hpp"
#include "config/toml_file.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::config;

namespace {

RawValue raw(std::string const& toml) {
    ConfigProblems problems;
    auto root = parse_toml("x = " + toml, "test", problems);
    INFO(to_string(problems));
    REQUIRE(root);
    return root->items.at(0);
}

template <class V>
std::string complaint_about(std::string const& toml) {
    V value{};
    return read_value(raw(toml), value).value_or("");
}

template <class V>
V good(std::string const& toml) {
    V value{};
    auto const complaint = read_value(raw(toml), value);
    INFO(toml << ": " << complaint.value_or(""));
    REQUIRE_FALSE(complaint);
    return value;
}

} // namespace

TEST_CASE("A price is read exactly as it is written", "[config][value]") {
    CHECK(good<Price>("0.85") == cents(85));
    CHECK(good<Price>("0.850000") == cents(85));
    CHECK(good<Price>("\"0.85\"") == cents(85));
    CHECK(good<Price>("0.8_5") == cents(85));
    CHECK(good<Price>("+0.85") == cents(85));
    CHECK(good<Price>("1") == cents(100));
    CHECK(good<Price>("0.1234560").micros() == 123'456);
}

TEST_CASE(
    "A price that is not a whole number of micros is refused, not rounded", "[config][value]"
) {
    auto const complaint = complaint_about<Price>("0.8500001");

    CHECK(complaint.find("0.8500001") != std::string::npos);
    CHECK(complaint.find("6 decimals") != std::string::npos);
    CHECK(complaint.find("not rounded") != std::string::npos);
    CHECK_FALSE(complaint_about<Price>("8.5e-1").empty());
    CHECK_FALSE(complaint_about<Price>("nan").empty());
    CHECK_FALSE(complaint_about<Price>("inf").empty());
    CHECK_FALSE(complaint_about<Usdc>("99999999999999.5").empty());
}

TEST_CASE("A wrong type is named with what was expected and what was found", "[config][value]") {
    CHECK(
        complaint_about<Price>("true") ==
        "expected a price such as 0.85, found a truth value (true)"
    );
    CHECK(complaint_about<Usdc>("[1]") == "expected an amount of money such as 5.00, found a list");
    CHECK(complaint_about<int>("1.5") == "expected a whole number, found a decimal number (1.5)");
    CHECK(complaint_about<int>("\"7\"") == "expected a whole number, found the text \"7\"");
    CHECK(complaint_about<double>("\"0.7\"") == "expected a number, found the text \"0.7\"");
    CHECK(complaint_about<bool>("1") == "expected true or false, found a whole number (1)");
    CHECK(
        complaint_about<std::string>("2026-04-14") ==
        "expected a text in quotes, found a date or time (2026-04-14)"
    );
    CHECK(
        complaint_about<TextList>("\"one\"") == "expected a list of texts, found the text \"one\""
    );
}

TEST_CASE("A duration needs its unit", "[config][value]") {
    CHECK(good<Millis>("\"250ms\"") == 250ms);
    CHECK(good<Millis>("\"1.5s\"") == 1500ms);
    CHECK(good<Seconds>("\"45s\"") == 45s);
    CHECK(good<Seconds>("\"5m\"") == 300s);
    CHECK(good<Seconds>("\"4h\"") == 4h);
    CHECK(good<Seconds>("\"2d\"") == 48h);
    CHECK(complaint_about<Seconds>("45").find("write \"45s\" or \"45ms\"") != std::string::npos);
    CHECK(complaint_about<Seconds>("\"1500ms\"") == "\"1500ms\" is not a whole number of s");
    CHECK(complaint_about<Millis>("\"0.5ms\"") == "\"0.5ms\" is not a whole number of ms");
    CHECK_FALSE(complaint_about<Millis>("\"5 parsecs\"").empty());
    CHECK_FALSE(complaint_about<Millis>("\"s\"").empty());
    CHECK_FALSE(complaint_about<Millis>("\"9223372036854775807d\"").empty());
}

TEST_CASE("A duration prints in its largest plain unit", "[config][value]") {
    CHECK(print_value(Millis{0}) == "\"0s\"");
    CHECK(print_value(Millis{1'500}) == "\"1500ms\"");
    CHECK(print_value(Seconds{60}) == "\"60s\"");
    CHECK(print_value(Seconds{300}) == "\"5m\"");
    CHECK(print_value(Seconds{3'600}) == "\"60m\"");
    CHECK(print_value(Seconds{86'400 * 7}) == "\"7d\"");
}

TEST_CASE("Integers too large for their type are refused", "[config][value]") {
    CHECK(good<int>("0xff") == 255);
    CHECK(good<std::int64_t>("9223372036854775807") == 9'223'372'036'854'775'807);
    CHECK(complaint_about<int>("3000000000") == "3000000000 is too large for this parameter");
}

TEST_CASE("Numbers that are not finite are refused", "[config][value]") {
    CHECK(good<double>("0.7") == 0.7);
    CHECK(good<double>("1") == 1.0);
    CHECK(good<double>("1e-3") == 1e-3);
    CHECK(complaint_about<double>("nan") == "nan is not a finite number");
    CHECK(complaint_about<double>("-inf") == "-inf is not a finite number");
}

TEST_CASE("An asset list names each known asset at most once", "[config][value]") {
    CHECK(good<AssetList>("[\"btc\", \"ETH\"]") == AssetList{Asset::btc, Asset::eth});
    CHECK(complaint_about<AssetList>("[\"btc\", \"BTCUSDT\"]") == "names BTCUSDT twice");
    CHECK(
        complaint_about<AssetList>("[\"doge\"]").find("known: btc, eth, sol, xrp") !=
        std::string::npos
    );
    CHECK_FALSE(complaint_about<AssetList>("[1]").empty());
}

TEST_CASE("Values for each asset keep what the file leaves out", "[config][value]") {
    PerAsset weights{0.7};

    REQUIRE_FALSE(read_value(raw("{ btc = 0.5, XRP = 1 }"), weights));

    CHECK(weights[Asset::btc] == 0.5);
    CHECK(weights[Asset::eth] == 0.7);
    CHECK(weights[Asset::xrp] == 1.0);
    CHECK(good<PerAsset>("0.25") == PerAsset{0.25});
    CHECK(complaint_about<PerAsset>("{ doge = 1.0 }").find("doge") != std::string::npos);
    CHECK_FALSE(complaint_about<PerAsset>("{ btc = \"x\" }").empty());
}

TEST_CASE("The nearest key is found by edit distance, or none", "[config][problem]") {
    std::vector<std::string_view> const keys{"ask_min", "ask_max", "min_edge", "bet"};

    CHECK(nearest("ask_mx", keys) == "ask_max");
    CHECK(nearest("ask-min", keys) == "ask_min");
    CHECK(nearest("min_egde", keys) == "min_edge");
    CHECK(nearest("Bet", keys) == "bet");
    CHECK(nearest("leverage", keys).empty());
    CHECK(nearest(std::string(5000, 'a'), keys).empty());
}
