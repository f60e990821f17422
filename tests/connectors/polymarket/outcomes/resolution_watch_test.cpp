#include "connectors/polymarket/outcomes/resolution_watch.hpp"
#include "tests/connectors/polymarket/stub_venue.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;

namespace {

struct StubChain final : ChainView {
    std::optional<ChainPayouts> reported;
    int asked = 0;

    Task<Result<std::optional<ChainPayouts>>> payouts(ConditionId, Instant) override {
        ++asked;
        co_return reported;
    }

    Task<Result<ChainBalances>> balances(std::vector<TokenId>, Instant) override {
        co_return ChainBalances{};
    }
};

struct Word {
    OutcomeSource source;
    Ruling ruling;
    UtcTime at;
};

struct Fixture : FeedWorld {
    Market btc = updown_market(Asset::btc, window_at(clock.utc_now()));
    GammaClient gamma{context, {venue.url(), venue.url(), usdc_e()}};
    DataClient data{context, {venue.url(), venue.url()}};
    StubChain chain;
    std::vector<Word> words;
    bool money = false;
    ResolutionWatch watch{
        context,
        gamma,
        data,
        &chain,
        {},
        {[this](ConditionId const&, OutcomeSource source, Ruling ruling, std::string const&) {
             words.push_back({source, ruling, clock.utc_now()});
         },
         [this](ConditionId const&) {
             return money;
         }}
    };

    Fixture() {
        gamma_says("");
        clob_says("false", "false", "false");
        data_says(R"("status":"active","payouts":[])");
        watch.follow(btc);
        start_feed(watch);
    }

    void gamma_says(std::string const& more) {
        venue.on("/events?slug=" + btc.slug, event_json(btc, gamma_json(btc, more)));
    }

    void clob_says(char const* closed, char const* up_wins, char const* down_wins) {
        venue.on(
            "/markets/" + to_string(btc.condition),
            fmt::format(
                R"({{"condition_id":"{}","closed":{},"tokens":[{{"token_id":"{}","winner":{}}},)"
                R"({{"token_id":"{}","winner":{}}}]}})",
                to_string(btc.condition),
                closed,
                to_string(btc.up),
                up_wins,
                to_string(btc.down),
                down_wins
            )
        );
    }

    void data_says(std::string const& rest) {
        venue.on(
            "/v2/resolutions?condition=" + to_string(btc.condition),
            fmt::format(R"({{"data":{{"condition_id":"{}",{}}}}})", to_string(btc.condition), rest)
        );
    }

    void all_say_up() {
        gamma_says(
            R"("closed":true,"umaResolutionStatus":"resolved","outcomePrices":"[\"1\", \"0\"]",)"
        );
        clob_says("true", "true", "false");
        data_says(R"("status":"resolved","payouts":["1","0"])");
        chain.reported = ChainPayouts{1, {1, 0}};
    }

    std::optional<Ruling> last_of(OutcomeSource source) const {
        std::optional<Ruling> ruling;
        for (auto const& word : words)
            if (word.source == source) ruling = word.ruling;
        return ruling;
    }
};

} // namespace

TEST_CASE("All four sources are asked until each has spoken", "[polymarket][outcome]") {
    Fixture f;

    f.pass(Seconds{800});
    CHECK(f.words.empty());
    CHECK(f.chain.asked > 1);
    f.all_say_up();
    f.pass(Seconds{700});

    for (auto const source :
         {OutcomeSource::gamma, OutcomeSource::clob, OutcomeSource::data_api, OutcomeSource::chain})
        CHECK(f.last_of(source) == Ruling::up);
    f.pass(Seconds{2 * 3'600});
    CHECK(f.watch.following() == 0);
    f.stop();
    CHECK(f.failures.empty());
}

TEST_CASE(
    "A flip soon after the result is told of a market that was lost", "[polymarket][outcome]"
) {
    Fixture f;
    f.all_say_up();

    f.pass(Seconds{700});
    f.clob_says("true", "false", "true");
    f.pass(Seconds{400});

    CHECK(f.last_of(OutcomeSource::clob) == Ruling::down);
    CHECK(f.last_of(OutcomeSource::gamma) == Ruling::up);
    f.stop();
}

TEST_CASE("Market with money in it is asked about again for a flip", "[polymarket][outcome]") {
    Fixture f;
    f.money = true;
    f.all_say_up();

    f.pass(Seconds{700});
    CHECK(f.last_of(OutcomeSource::clob) == Ruling::up);
    f.clob_says("true", "false", "true");
    f.pass(Seconds{3'700});
    CHECK(f.last_of(OutcomeSource::clob) == Ruling::down);
    f.money = false;
    f.pass(Seconds{3'700});

    CHECK(f.watch.following() == 0);
    f.stop();
}

TEST_CASE("Dispute is told, and the result after it", "[polymarket][outcome]") {
    Fixture f;
    f.gamma_says(R"("umaResolutionStatus":"disputed",)");

    f.pass(Seconds{500});
    CHECK(f.last_of(OutcomeSource::gamma) == Ruling::disputed);
    f.all_say_up();
    f.pass(Seconds{700});

    CHECK(f.last_of(OutcomeSource::gamma) == Ruling::up);
    f.stop();
}

TEST_CASE("Market closed for an hour without a winner is void", "[polymarket][outcome]") {
    Fixture f;
    f.clob_says("true", "false", "false");

    f.pass(Seconds{3'000});
    CHECK_FALSE(f.last_of(OutcomeSource::clob));
    f.pass(Seconds{1'800});

    CHECK(f.last_of(OutcomeSource::clob) == Ruling::voided);
    f.stop();
}

TEST_CASE("Payouts of the chain are read as a ruling", "[polymarket][outcome]") {
    CHECK(ChainPayouts{1, {1, 0}}.ruling() == Ruling::up);
    CHECK(ChainPayouts{1'000'000, {0, 1'000'000}}.ruling() == Ruling::down);
    CHECK(ChainPayouts{2, {1, 1}}.ruling() == Ruling::half);
    CHECK_FALSE(ChainPayouts{3, {1, 2}}.ruling());
    CHECK_FALSE(ChainPayouts{0, {0, 0}}.ruling());
}
