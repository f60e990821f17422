#include "connectors/sandbox/world/question_forms.hpp"
#include "connectors/sandbox/world/world.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace polyquant::sandbox {

namespace {

constexpr auto start = utc_from_seconds(1'795'392'000); // a window's start

WorldOptions small_world(std::uint64_t seed = 7) {
    WorldOptions options;
    options.seed = seed;
    options.start = start;
    options.past = Seconds{3600};
    options.listed_ahead = Seconds{900};
    options.near_expiry_markets = 10;
    return options;
}

std::string digest_of(std::uint64_t seed, Seconds length) {
    NoFaults faults;
    World world{small_world(seed), make_generated_path(seed), faults};
    std::uint64_t hash = 1;
    std::uint64_t events = 0;
    world.subscribe([&](WorldEvent const& event) {
        ++events;
        hash = hash * 1099511628211ULL + event.index();
        if (auto const* news = std::get_if<ExchangeNews>(&event))
            if (auto const* levels = std::get_if<LevelsChanged>(news))
                for (auto const& level : levels->levels)
                    hash = hash * 1099511628211ULL +
                           static_cast<std::uint64_t>(level.size.micros() + level.price.micros());
    });
    world.advance_to(start + length);
    return std::to_string(events) + "/" + std::to_string(hash);
}

} // namespace

TEST_CASE("World tells the same story again from the same seed", "[sandbox][world]") {
    auto const once = digest_of(3, Seconds{40});

    CHECK(digest_of(3, Seconds{40}) == once);
    CHECK(digest_of(4, Seconds{40}) != once);
}

TEST_CASE("World rolls a window of every asset through its whole life", "[sandbox][world]") {
    NoFaults faults;
    World world{small_world(), make_generated_path(7), faults};
    std::map<ConditionId, std::vector<Phase>> lives;
    world.subscribe([&](WorldEvent const& event) {
        auto const* change = std::get_if<MarketChanged>(&event);
        if (change == nullptr) return;
        auto& life = lives[change->market];
        auto const phase = world.markets().find(change->market)->phase;
        if (life.empty() || life.back() != phase) life.push_back(phase);
    });

    world.advance_to(start + Seconds{400});

    for (auto const asset : all_assets) {
        auto const* first = world.markets().find_slug(updown_slug(asset, {start, Seconds{300}}));
        REQUIRE(first != nullptr);
        CHECK(first->phase == Phase::resolved);
        CHECK(lives.at(first->market.condition) == std::vector{Phase::ended, Phase::resolved});
        auto const rule = first->market.rule;
        CHECK(first->strike == world.oracle().value(asset, rule, start));
        CHECK(first->final_price == world.oracle().value(asset, rule, start + Seconds{300}));
        CHECK(
            first->winner == (*first->final_price >= *first->strike ? Outcome::up : Outcome::down)
        );
        auto const delay = first->resolves_at - first->market.window.end();
        CHECK(delay >= Seconds{53});
        CHECK(delay <= Seconds{90});
        auto const* next =
            world.markets().find_slug(updown_slug(asset, {start + Seconds{300}, Seconds{300}}));
        REQUIRE(next != nullptr);
        CHECK(next->phase == Phase::open);
        CHECK(next->strike == first->final_price);
    }
}

TEST_CASE("World keeps every book uncrossed and its two tokens mirrored", "[sandbox][world]") {
    NoFaults faults;
    World world{small_world(), make_generated_path(7), faults};
    auto crossed = 0;
    auto looked = 0;

    for (auto at = start + Seconds{1}; at < start + Seconds{300}; at += Seconds{7}) {
        world.advance_to(at);
        for (auto const* market : world.markets().all()) {
            auto const up = world.exchange().top(market->market.up);
            auto const down = world.exchange().top(market->market.down);
            if (!up.bid || !up.ask) continue;
            ++looked;
            if (up.bid->price >= up.ask->price) ++crossed;
            CHECK(down.bid->price == up.ask->price.complement());
            CHECK(down.ask->size == up.bid->size);
        }
    }

    CHECK(crossed == 0);
    CHECK(looked > 500);
}

TEST_CASE(
    "World balances to the micro after twenty minutes of other people's trades", "[sandbox][world]"
) {
    NoFaults faults;
    auto options = small_world();
    options.books.changes_per_second = 20;
    World world{options, make_generated_path(7), faults};

    world.advance_to(start + Seconds{1200});

    auto const audit = world.exchange().audit();
    CHECK(audit.defects == std::vector<std::string>{});
}

TEST_CASE("World asks in every form and decides each by its claim", "[sandbox][world]") {
    NoFaults faults;
    auto options = small_world();
    options.near_expiry_markets = 400;
    options.near_expiry_horizon = Seconds{1'800};
    options.books.changes_per_second = 5;
    World world{options, make_generated_path(7), faults};

    struct Seen {
        double low = 1e12;
        double high = 0;
    };

    std::map<ConditionId, Seen> paths;
    std::set<std::string> beginnings;
    std::map<Claim, std::map<std::optional<Outcome>, int>> winners;

    for (auto at = start; at < start + Seconds{2'400}; at += Seconds{1}) {
        world.advance_to(at);
        for (auto const* m : world.markets().all()) {
            if (m->kind == MarketKind::updown) continue;
            beginnings.insert(
                m->market.slug.substr(4, m->market.slug.find_first_of("0123456789") - 4)
            );
            auto& seen = paths[m->market.condition];
            auto const now = world.oracle().value(m->asset, spot_rule(), at);
            if (m->phase == Phase::open && now) {
                seen.low = std::min(seen.low, to_double(*now));
                seen.high = std::max(seen.high, to_double(*now));
            }
            if (m->phase != Phase::resolved || m->pays_half || at != m->resolves_at) continue;
            auto const last = to_double(*m->final_price);
            auto const low = to_double(m->threshold);
            auto const high = to_double(m->threshold_high);
            auto const yes = m->claim == Claim::above      ? last >= low
                             : m->claim == Claim::below    ? last < low
                             : m->claim == Claim::between  ? last >= low && last < high
                             : m->claim == Claim::touch_up ? std::max(seen.high, last) >= low
                                                           : std::min(seen.low, last) <= low;
            CHECK(m->winner == (yes ? Outcome::up : Outcome::down));
            ++winners[m->claim][m->winner];
        }
    }

    CHECK(beginnings.size() >= question_form_count);
    CHECK(winners.size() == 5);
    for (auto const& [claim, by_winner] : winners) {
        INFO(static_cast<int>(claim));
        CHECK(by_winner.size() == 2);
    }
}

} // namespace polyquant::sandbox
