// What each source said of a market in which money is at stake, and when; which word the books
// follow, and whether the market may be redeemed. A pure state machine.
//
// Trust. Sources are ranked as OutcomeSource lists them: prices, Data API, Gamma, the resolution
// event, the CLOB, the chain. The books follow the newest word of the strongest source that names a
// result; a source's newest word replaces its earlier ones. Money is redeemed only when
//   - the chain has reported the payouts, which is what a redemption really pays, and
//   - at least one of event, Gamma and CLOB agrees with it, and
//   - nobody's newest word says something else or that the result is disputed. Our own prices alone
//     are overruled when two of event, Gamma and CLOB agree with the chain: the payout is final,
//     and it was our capture that was wrong.
// Half and void pay the same and agree with each other. Every block has its reason in words.
#pragma once

#include "engine/core/facts.hpp"

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace polyquant::settlement {

struct SourceWord {
    Ruling ruling = Ruling::up;
    UtcTime at{};
    std::string text;
};

// Something a human should read.
struct OutcomeAlarm {
    enum class Kind : std::uint8_t {
        disagreement, // two sources name different results
        flipped,      // a source took its word back for another
        disputed,     // a result is challenged
        half,         // paid half and half
        voided,       // closed without a winner
        late,         // the venue is silent; repeated
        cleared,      // the sources agree again
    } kind = Kind::disagreement;
    ConditionId market;
    std::string slug;
    std::string text;
};

std::string_view to_string(OutcomeAlarm::Kind kind);

struct Redeemable {
    bool yes = false;
    std::string reason;           // why not; or who agrees
    std::optional<Ruling> ruling; // the chain's, where it has spoken
};

class OutcomeRecord {
public:
    struct Limits {
        Seconds late_after{900};    // from the close, without a word of the venue; zero: never
        Seconds late_again{3'600};  // and then at this interval
        Seconds prices_wait{1'800}; // after the close, our own prices may come
        Seconds keep{14 * 86'400};  // after the close, what is known of it
        std::size_t markets_max = 8'192;
    };

    OutcomeRecord() = default;

    explicit OutcomeRecord(Limits limits) : limits_{limits} {}

    // Money is at stake in this market from now on. Words said before are not remembered.
    void follow(ConditionId const& market, std::string const& slug);

    bool follows(ConditionId const& market) const { return markets_.contains(market); }

    // The fact to record; empty when the market is not followed or this is no news.
    std::optional<OutcomeReported> said(
        ConditionId const& market,
        OutcomeSource source,
        Ruling ruling,
        std::string text,
        UtcTime now
    );
    // A fact of an earlier run, in order.
    void restore(OutcomeReported const& fact, UtcTime at);

    // What the books follow; empty while nobody has named a result.
    std::optional<Ruling> books_follow(ConditionId const& market) const;

    Redeemable redeemable(ConditionId const& market) const;

    // In the order of OutcomeSource, by rank.
    using Words = std::array<std::optional<SourceWord>, outcome_source_count>;
    Words const* words(ConditionId const& market) const;

    // Windows that are over and of which the venue has not named a result yet.
    std::vector<ConditionId> unresolved(UtcTime now) const;
    // Coins' windows that are over and of which our own prices have said nothing yet.
    std::vector<ConditionId> without_prices(UtcTime now) const;
    // Markets whose sources disagree, or one of them disputes.
    std::vector<ConditionId> disputed() const;

    // Looks for silence; then take_alarms().
    void on_time(UtcTime now);
    std::vector<OutcomeAlarm> take_alarms();

private:
    struct Record {
        std::string slug;
        std::optional<Asset> asset;
        Window window;
        Words words{};
        bool disagreed = false;
        UtcTime next_late{};
    };

    void note(
        OutcomeAlarm::Kind kind, ConditionId const& market, Record const& record, std::string text
    );
    void take(ConditionId const& market, Record& record, OutcomeSource source, SourceWord word);
    static bool venue_spoke(Record const& record);
    bool is_awaited(Record const& record, UtcTime now) const;
    void forget_old(UtcTime now);

    Limits limits_;
    std::map<ConditionId, Record> markets_;
    std::set<ConditionId> awaited_; // windows of which a word is missing
    std::vector<OutcomeAlarm> alarms_;
};

} // namespace polyquant::settlement
