// Which winnings are still out, who fetches them, and what came back. A pure state machine: what
// the chain shows and what became of each task goes in, tasks and records come out. Whoever drives
// it writes each record to the disk before acting on it; applied again, they restore it.
#pragma once

#include "engine/core/market.hpp"
#include "engine/core/time.hpp"
#include "engine/core/units.hpp"

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace polyquant::settlement {

struct RedeemTarget {
    ConditionId condition;
    ProtocolVersion version = ProtocolVersion::v1;
};

// One market as the chain has it.
struct ConditionView {
    ConditionId condition;
    std::uint64_t denominator = 0; // zero: not resolved
    std::array<std::uint64_t, 2> numerators{};
    std::array<Shares, 2> held{};
};

// Each outcome's shares times its fraction, rounded down as the contract does.
Usdc expected_payout(ConditionView const& view);

enum class RedeemPath : std::uint8_t {
    adapter, // pays pUSD
    ctf,     // pays USDC.e, to be wrapped
    router,  // protocol v2, pays pUSD
};
std::string_view to_string(RedeemPath path);

struct RedeemTask {
    enum class Kind : std::uint8_t { redeem, allow_onramp, wrap } kind = Kind::redeem;
    std::string id; // "r17": unique in the file
    RedeemPath path = RedeemPath::adapter;
    std::vector<ConditionView> markets{};
    Usdc amount{}; // expected payout, or what is allowed or wrapped
};

struct RedeemLimits {
    Seconds operator_wait{180};       // the venue's own operator gets so long, where it is approved
    std::size_t markets_per_task = 1; // of a wallet that can make several calls at once
    std::size_t tasks_max = 16;       // at the same time
    Seconds retry{60};                // after a refusal, doubled each time
    Seconds retry_max{3'600};
    std::size_t looks_max = 40;   // markets looked at in one round: 200 calls of the node
    Seconds look_again{15};       // at markets not resolved, or waiting for a time
    Seconds look_again_done{300}; // at those ready, paid or empty: shares may arrive late
    bool wraps_at_once = false;   // the wallet redeems and wraps in one transaction
};

// What the wallet may do, as the chain has it.
struct WalletView {
    bool operator_approved = false;
    bool adapter_approved = false;
    bool router_approved = false;
    Usdc usdc_e{};
    Usdc onramp_allowance{};
};

struct RedeemProgress {
    std::size_t known = 0;
    std::size_t unseen = 0; // not looked at yet
    std::size_t unresolved = 0;
    std::size_t waiting = 0; // for the operator, or for another try
    std::size_t under_way = 0;
    std::size_t empty = 0; // nothing to fetch: lost, sold or fetched by somebody else
    std::size_t paid = 0;
    Usdc paid_amount{};
    Usdc to_wrap{};
};

class RedemptionBook {
public:
    explicit RedemptionBook(RedeemLimits limits) : limits_{limits} {}

    // Known already: nothing happens.
    void add(RedeemTarget const& target);
    // Markets to look at now, at most looks_max: never seen, changed by what became of a task, or
    // seen long ago, in this order. What is ready is guarded by the check before sending, so it is
    // not looked at every time.
    std::vector<RedeemTarget> wanted(UtcTime now) const;
    void observe(ConditionView const& view, WalletView const& wallet, UtcTime now);

    // What to do now; plan() changes nothing until the records are applied.
    std::vector<RedeemTask> plan(WalletView const& wallet, UtcTime now) const;

    static std::string planned_record(RedeemTask const& task);
    // `received`: of the token the path pays, proven by logs and balance.
    static std::string paid_record(std::string const& task, Usdc received);
    static std::string failed_record(std::string const& task, UtcTime now, std::string reason);
    // Was never sent, or its nonce went to another transaction: as if never planned.
    static std::string dropped_record(std::string const& task);

    // False: somebody else's record. Fault::storage for one that makes no sense.
    Result<bool> apply(std::string const& record);

    std::vector<std::string> open_tasks() const;
    RedeemTask const* find(std::string const& task) const;
    RedeemProgress progress() const;
    // Why the newest refusal happened; empty when there was none.
    std::string refusal_of(ConditionId const& condition) const;

private:
    enum class State : std::uint8_t { unresolved, waiting, ready, under_way, empty, paid };

    struct Market {
        RedeemTarget target;
        State state = State::unresolved;
        ConditionView view{};
        std::optional<UtcTime> seen_resolved{};
        std::optional<UtcTime> seen{}; // empty: look at the next opportunity
        UtcTime not_before{};
        int failures = 0;
        bool adapter_refused = false; // then the CTF itself is asked
        std::string refusal{};
    };

    RedeemPath path_of(Market const& market, WalletView const& wallet) const;
    std::optional<RedeemTask> wrap_task(WalletView const& wallet, UtcTime now) const;
    void settle(RedeemTask const& task, Usdc received);
    void refuse(RedeemTask const& task, UtcTime now, std::string const& reason);

    RedeemLimits limits_;
    std::map<ConditionId, Market> markets_;
    std::map<std::string, RedeemTask> tasks_; // open ones
    std::set<std::string> ended_;             // a record may come twice
    std::uint64_t next_task_ = 1;
    Usdc to_wrap_{};
    UtcTime wrap_not_before_{};
    int wrap_failures_ = 0;
    Usdc paid_{};
};

} // namespace polyquant::settlement
