#include "config/reload.hpp"
#include "strategies/catalog.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::config;

namespace {

RunConfig config_of(std::string const& text) {
    ConfigText const file{"new.toml", text};
    auto loaded = parse_run_config({&file, 1}, strategies::strategy_kinds());
    if (loaded.has_error()) FAIL(to_string(loaded.error()));
    return std::move(*loaded);
}

std::string const s1 = "[[strategy]]\nkind = \"scalp_s1\"\nname = \"s1\"\n";

ReloadVerdict
reload(std::string const& before, std::string const& after, ReloadHistory const& history = {}) {
    return check_reload(config_of(before), config_of(after), history);
}

std::vector<std::string> refusals(ReloadVerdict const& verdict) {
    std::vector<std::string> lines;
    for (auto const& refusal : verdict.refusals)
        lines.push_back(to_string(refusal));
    return lines;
}

using Lines = std::vector<std::string>;

} // namespace

TEST_CASE("A reload of the same configuration changes nothing", "[config][reload]") {
    auto const verdict = reload(s1, s1);

    CHECK(verdict.accepted());
    CHECK(verdict.changes.empty());
    CHECK(to_string(verdict) == "reload: nothing changed\n");
}

TEST_CASE(
    "A reload shows its differences and the break-even before and after", "[config][reload]"
) {
    ReloadHistory const history{{"s1", {.bankroll = usd(50), .wins = 12, .losses = 1}}};

    auto const verdict = reload(s1, s1 + "ask_min = 0.80\nbet = 4\n", history);

    CHECK(verdict.accepted());
    CHECK(
        to_string(verdict) ==
        "  strategy.s1.ask_min: 0.85 -> 0.8\n"
        "  strategy.s1.bet: 5 -> 4\n"
        "  s1: break-even win rate over its asks 0.8 to 0.95: 0.8112 to 0.9533 (before: 0.85 to "
        "0.95: 0.8589 to 0.9533); buys from a probability of 0.8412 to 0.9833 (before: 0.8889 to "
        "0.9833); won 12 of 13 so far (0.9231)\n"
    );
    CHECK(verdict.new_epochs == Lines{"s1"});
}

TEST_CASE("A switched-off strategy keeps its epoch and its positions", "[config][reload]") {
    ReloadHistory const history{{"s1", {.bankroll = usd(50), .open_positions = true}}};

    auto const verdict = reload(s1, s1 + "enabled = false\n", history);

    CHECK(verdict.accepted());
    CHECK(verdict.new_epochs.empty());
    CHECK(verdict.notes == Lines{"s1: is switched off; its open positions settle as usual"});
}

TEST_CASE(
    "Risk limits may be tightened, but loosened only when the file says so", "[config][reload]"
) {
    auto const tighter = reload(s1, "[risk]\nkill_switch = 6\nloss_streak_max = 4\n" + s1);
    auto const looser = reload(s1, "[risk]\nkill_switch = 4\nloss_streak_max = 6\n" + s1);
    auto const meant =
        reload(s1, "[risk]\nallow_loosening = true\nkill_switch = 4\nloss_streak_max = 6\n" + s1);

    CHECK(tighter.accepted());
    CHECK(
        refusals(looser) ==
        Lines{
            "new.toml:2: risk.kill_switch: 5 -> 4: loosens a risk limit; set allow_loosening = "
            "true in [risk] to mean it",
            "new.toml:3: risk.loss_streak_max: 5 -> 6: loosens a risk limit; set allow_loosening = "
            "true in [risk] to mean it"
        }
    );
    CHECK(meant.accepted());
    CHECK(meant.changes.size() == 3);
}

TEST_CASE("A shorter cool-down and a lower price floor loosen too", "[config][reload]") {
    auto const verdict =
        reload(s1, "[risk]\nloss_streak_cooldown = \"10m\"\nprice_min = 0.005\n" + s1);

    CHECK(verdict.refusals.size() == 2);
}

TEST_CASE("What is fixed for the process needs a restart", "[config][reload]") {
    auto const verdict = reload(
        s1,
        "[run]\nseed = 2\nstate_dir = \"elsewhere\"\n[feed]\ntapes = [\"a\"]\n"
        "[model]\nfeature_set = 39\n" +
            s1
    );

    CHECK(verdict.refusals.size() == 4);
    CHECK(
        refusals(verdict).at(1) ==
        "new.toml:2: run.seed: 1 -> 2: fixed while the engine runs; stop it and start it again"
    );
}

TEST_CASE("A bankroll is moved in the ledger, not by a reload", "[config][reload]") {
    auto const lines = refusals(reload(s1, s1 + "bankroll = 60\n"));

    REQUIRE(lines.size() == 1);
    CHECK(lines[0].starts_with("new.toml:4: strategy.s1.bankroll: 50 -> 60: the bankroll is money")
    );
}

TEST_CASE("Strategies do not come, go or change kind by a reload", "[config][reload]") {
    auto const s2 = std::string{"[[strategy]]\nkind = \"scalp_s2\"\nname = \"s2\"\n"};
    auto const other_kind = std::string{"[[strategy]]\nkind = \"scalp_s2\"\nname = \"s1\"\n"};

    auto const came = refusals(reload(s1, s1 + s2));
    auto const went = refusals(reload(s1 + s2, s1));
    auto const changed = refusals(reload(s1, other_kind));

    REQUIRE(came.size() == 1);
    CHECK(came[0].starts_with("new.toml:4: strategy.s2: a new strategy needs a restart"));
    REQUIRE(went.size() == 1);
    CHECK(went[0].find("set enabled = false") != std::string::npos);
    REQUIRE(changed.size() == 1);
    CHECK(changed[0].find("keeps its kind") != std::string::npos);
}

TEST_CASE("Tightened risk that no longer fits a strategy is refused", "[config][reload]") {
    auto const before = config_of(s1);
    auto after = before;
    after.risk.order_max = usd(4);

    auto const verdict = check_reload(before, after);

    CHECK_FALSE(verdict.accepted());
    CHECK(refusals(verdict).at(0).find("more than risk.order_max = 4") != std::string::npos);
}

TEST_CASE("A raised kill switch says which strategy stops at once", "[config][reload]") {
    ReloadHistory const history{{"s1", {.bankroll = usd(7)}}};

    auto const verdict = reload(s1, "[risk]\nkill_switch = 8\n" + s1, history);

    CHECK(verdict.accepted());
    CHECK(
        verdict.notes ==
        Lines{"s1: its bankroll of 7 is below the kill switch of 8: it stops at once"}
    );
}
