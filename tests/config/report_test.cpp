#include "config/report.hpp"
#include "strategies/catalog.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace polyquant;
using namespace polyquant::config;

TEST_CASE("PARAMS.md is what the parameter tables say", "[config][doc]") {
    std::string const path = PQ_SOURCE_DIR "/config/PARAMS.md";
    auto const wanted = render_params_markdown(strategies::strategy_kinds());

    if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream{path, std::ios::binary} << wanted;
    std::ifstream file{path, std::ios::binary};
    std::ostringstream found;
    found << file.rdbuf();

    INFO("config/PARAMS.md is stale; regenerate it: UPDATE_GOLDEN=1 config_tests \"[doc]\"");
    CHECK((found.str() == wanted));
}

TEST_CASE("The parameter listing shows values, origins, ranges and break-even", "[config][doc]") {
    ConfigText const file{
        "my.toml",
        "[risk]\nkill_switch = 7.5\n[[strategy]]\nkind = \"scalp_s1\"\nname = \"a\"\n"
        "ask_min = 0.94\n"
    };
    auto const loaded = parse_run_config({&file, 1}, strategies::strategy_kinds());
    REQUIRE(loaded.has_value());
    std::ostringstream out;

    print_params(*loaded, out);

    auto const text = out.str();
    INFO(text);
    CHECK(
        text.find("  kill_switch              = 7.5      my.toml:2  [0 to 1000000 USDC] A strategy "
                  "whose bankroll") != std::string::npos
    );
    CHECK(
        text.find("  loss_streak_max          = 5        default    [1 to 100 losses]") !=
        std::string::npos
    );
    CHECK(
        text.find("      0.94  0.0039      0.9439    0.9739\n"
                  "      0.95  0.0033      0.9533    0.9833\n") != std::string::npos
    );
    CHECK(text.find("configuration hash " + hash_name(loaded->hash())) != std::string::npos);
}
