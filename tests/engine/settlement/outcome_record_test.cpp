#include "engine/settlement/outcome_record.hpp"
#include "tests/engine/market/board_events.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::settlement;
using namespace polyquant::testing;

namespace {

struct Court {
    OutcomeRecord record;
    ConditionId market = btc_market().condition;
    std::vector<OutcomeReported> facts;

    Court() { record.follow(market, btc_market().slug); }

    void say(double when, OutcomeSource source, Ruling ruling) {
        if (auto fact = record.said(market, source, ruling, "", at(when)))
            facts.push_back(std::move(*fact));
    }

    std::vector<OutcomeAlarm::Kind> alarms() {
        std::vector<OutcomeAlarm::Kind> kinds;
        for (auto const& alarm : record.take_alarms())
            kinds.push_back(alarm.kind);
        return kinds;
    }
};

using Kind = OutcomeAlarm::Kind;
using Kinds = std::vector<Kind>;

} // namespace

TEST_CASE("Outcome record keeps each source's word with its time", "[settlement][outcome]") {
    Court court;

    court.say(305, OutcomeSource::prices, Ruling::up);
    court.say(350, OutcomeSource::event, Ruling::up);
    court.say(360, OutcomeSource::event, Ruling::up);

    auto const& words = *court.record.words(court.market);
    CHECK(words[static_cast<std::size_t>(OutcomeSource::prices)]->at == at(305));
    CHECK(words[static_cast<std::size_t>(OutcomeSource::event)]->at == at(350));
    CHECK(court.facts.size() == 2);
    CHECK(court.facts[0].window == window_of());
    CHECK(court.alarms().empty());
}

TEST_CASE("Outcome record ignores markets in which nothing is at stake", "[settlement][outcome]") {
    OutcomeRecord record;

    auto const fact =
        record.said(btc_market().condition, OutcomeSource::gamma, Ruling::up, "", at(400));

    CHECK_FALSE(fact);
    CHECK(record.redeemable(btc_market().condition).reason == "nothing is known of this market");
}

TEST_CASE("Books follow the strongest source that names a result", "[settlement][outcome]") {
    Court court;
    CHECK_FALSE(court.record.books_follow(court.market));

    court.say(305, OutcomeSource::prices, Ruling::up);
    CHECK(court.record.books_follow(court.market) == Ruling::up);
    court.say(350, OutcomeSource::clob, Ruling::down);
    court.say(351, OutcomeSource::gamma, Ruling::up);
    CHECK(court.record.books_follow(court.market) == Ruling::down);
    court.say(360, OutcomeSource::clob, Ruling::disputed);
    CHECK(court.record.books_follow(court.market) == Ruling::up);
    court.say(400, OutcomeSource::chain, Ruling::half);

    CHECK(court.record.books_follow(court.market) == Ruling::half);
}

TEST_CASE("Market is redeemable when chain and venue agree", "[settlement][outcome]") {
    Court court;
    court.say(305, OutcomeSource::prices, Ruling::up);
    court.say(350, OutcomeSource::event, Ruling::up);
    auto const before = court.record.redeemable(court.market);
    CHECK_FALSE(before.yes);
    CHECK(before.reason == "the chain has not reported the payouts");

    court.say(400, OutcomeSource::chain, Ruling::up);

    auto const answer = court.record.redeemable(court.market);
    CHECK(answer.yes);
    CHECK(answer.ruling == Ruling::up);
    CHECK(answer.reason == "the chain and 1 of the venue's sources say UP");
}

TEST_CASE("Chain alone is not enough to redeem", "[settlement][outcome]") {
    Court court;
    court.say(305, OutcomeSource::prices, Ruling::up);
    court.say(330, OutcomeSource::data_api, Ruling::up);

    court.say(400, OutcomeSource::chain, Ruling::up);

    auto const answer = court.record.redeemable(court.market);
    CHECK_FALSE(answer.yes);
    CHECK(answer.reason == "no word of the venue confirms the chain's payouts");
}

TEST_CASE("Disagreement of two sources alarms and blocks redemption", "[settlement][outcome]") {
    Court court;
    court.say(350, OutcomeSource::event, Ruling::up);
    court.say(360, OutcomeSource::clob, Ruling::up);
    court.say(400, OutcomeSource::chain, Ruling::up);
    CHECK(court.record.redeemable(court.market).yes);
    CHECK(court.record.disputed().empty());

    court.say(500, OutcomeSource::gamma, Ruling::down);

    CHECK(court.alarms() == Kinds{Kind::disagreement});
    auto const answer = court.record.redeemable(court.market);
    CHECK_FALSE(answer.yes);
    CHECK(answer.reason.starts_with("gamma says DOWN at "));
    CHECK(court.record.disputed() == std::vector{court.market});

    court.say(600, OutcomeSource::gamma, Ruling::up);

    CHECK(court.alarms() == Kinds{Kind::flipped, Kind::cleared});
    CHECK(court.record.redeemable(court.market).yes);
}

TEST_CASE("Own prices are overruled by the chain and two of the venue", "[settlement][outcome]") {
    Court court;
    court.say(305, OutcomeSource::prices, Ruling::up);
    court.say(350, OutcomeSource::event, Ruling::down);
    court.say(400, OutcomeSource::chain, Ruling::down);
    CHECK_FALSE(court.record.redeemable(court.market).yes);

    court.say(420, OutcomeSource::clob, Ruling::down);

    CHECK(court.record.redeemable(court.market).yes);
    CHECK(court.alarms().front() == Kind::disagreement);
}

TEST_CASE("Dispute blocks redemption and names no result", "[settlement][outcome]") {
    Court court;
    court.say(350, OutcomeSource::event, Ruling::up);
    court.say(400, OutcomeSource::chain, Ruling::up);

    court.say(410, OutcomeSource::gamma, Ruling::disputed);

    CHECK(court.alarms() == Kinds{Kind::disputed});
    CHECK_FALSE(court.record.redeemable(court.market).yes);
    CHECK(court.record.books_follow(court.market) == Ruling::up);
}

TEST_CASE("Half and void agree and are said once", "[settlement][outcome]") {
    Court court;
    court.say(350, OutcomeSource::clob, Ruling::voided);
    court.say(360, OutcomeSource::event, Ruling::half);
    court.say(370, OutcomeSource::gamma, Ruling::half);

    court.say(400, OutcomeSource::chain, Ruling::half);

    CHECK(court.alarms() == Kinds{Kind::voided, Kind::half});
    CHECK(court.record.redeemable(court.market).yes);
}

TEST_CASE("Silence of the venue is alarmed again and again", "[settlement][outcome]") {
    Court court;
    court.say(305, OutcomeSource::prices, Ruling::up);
    court.record.on_time(at(300 + 899));
    CHECK(court.alarms().empty());
    CHECK(court.record.unresolved(at(1'199)) == std::vector{court.market});

    court.record.on_time(at(300 + 900));
    court.record.on_time(at(300 + 901));
    CHECK(court.alarms() == Kinds{Kind::late});
    court.record.on_time(at(300 + 900 + 3'600));
    CHECK(court.alarms() == Kinds{Kind::late});

    court.say(5'000, OutcomeSource::gamma, Ruling::up);
    court.record.on_time(at(20'000));

    CHECK(court.alarms().empty());
    CHECK(court.record.unresolved(at(20'000)).empty());
}

TEST_CASE("Outcome record restored from facts blocks what it blocked", "[settlement][outcome]") {
    Court court;
    court.say(350, OutcomeSource::event, Ruling::up);
    court.say(400, OutcomeSource::chain, Ruling::up);
    court.say(500, OutcomeSource::gamma, Ruling::down);

    OutcomeRecord later;
    for (auto const& fact : court.facts)
        later.restore(fact, at(600));

    CHECK(later.disputed() == std::vector{court.market});
    CHECK_FALSE(later.redeemable(court.market).yes);
    CHECK(later.books_follow(court.market) == Ruling::up);
    CHECK_FALSE(later.said(court.market, OutcomeSource::gamma, Ruling::down, "", at(700)));
}
