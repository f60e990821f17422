// Fetches winnings from the chain: looks, plans, signs, keeps, sends, proves. What it decides by is
// in RedemptionBook and NonceStream; here are the calls, in an order that survives a kill anywhere.
#pragma once

#include "connectors/chain/outbox/fee_policy.hpp"
#include "connectors/chain/outbox/nonce_stream.hpp"
#include "connectors/chain/redeemer/payout_proof.hpp"
#include "connectors/chain/redeemer/relay_desk.hpp"
#include "connectors/chain/redeemer/wallet.hpp"
#include "connectors/chain/relayer/relayer_client.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/runtime/record_file.hpp"
#include "engine/settlement/redemption/redemption_book.hpp"

#include <functional>
#include <memory>

namespace polyquant::chain {

struct RedeemerOptions {
    OwnedWallet wallet;
    StreamLimits stream{};
    FeePolicy fees{};
    settlement::RedeemLimits limits{};
    // Pays instead of the owner; null: the owner pays. A deposit wallet needs it, a plain account
    // cannot use it.
    std::shared_ptr<RelayerClient> relayer{};
    // A line for a person; no addresses in it.
    std::function<void(std::string)> tell;
};

class Redeemer {
public:
    // Takes up what the file says: a process before this one may have ended anywhere. The wallet's
    // lock is held by the caller as long as this lives.
    static Result<std::unique_ptr<Redeemer>>
    create(ChainRpc& rpc, runtime::Clock& clock, runtime::RecordFile file, RedeemerOptions options);

    void add(settlement::RedeemTarget const& target) { book_.add(target); }

    // One round: what is under way, then what is new. Fault::storage is final; after any other
    // failure the next round goes on where this one stopped.
    Task<Result<void>> round(Instant deadline);

    // The first half of a round: nothing new is begun.
    Task<Result<void>> tend(Instant deadline);

    // Anything else the wallet does (approvals, wrapping), in the same stream of nonces. `errand`
    // begins with 'x' and is new. Fault::rejected with the contract's reason where it would revert,
    // Fault::invalid where the gas cannot be paid.
    Task<Result<void>> begin(std::string errand, std::vector<Call> calls, Instant deadline);

    struct Ended {
        bool succeeded = false;
        std::optional<Receipt> receipt{}; // empty: another transaction used its nonce
    };

    // Once it is certain; tend() gets it there.
    std::optional<Ended> ended(std::string const& errand) const;

    // What would be done now, without doing it. Looks at every market first, however long it takes.
    Task<Result<std::vector<settlement::RedeemTask>>> dry_run(Instant deadline);

    // Nothing under way, and nothing that a further round could do by itself soon.
    bool is_idle() const;

    settlement::RedeemProgress progress() const { return book_.progress(); }

private:
    using RedeemTask = settlement::RedeemTask;

    struct Heads {
        std::uint64_t block = 0;
        std::uint64_t nonce = 0;
        std::uint64_t pending = 0;
    };

    Redeemer(
        ChainRpc& rpc, runtime::Clock& clock, runtime::RecordFile file, RedeemerOptions options
    );

    Result<void> keep(std::string const& record);
    Task<Result<Heads>> heads(Instant deadline);
    Task<Result<void>> follow(Heads heads, Instant deadline);
    Task<Result<void>> conclude(NonceStream::Outcome outcome, Instant deadline);
    Task<Result<std::string>> verdict(RedeemTask task, Receipt receipt, Instant deadline);
    Task<Result<void>> send_again(Instant deadline);
    Task<Result<void>> send(std::uint64_t nonce, Instant deadline);
    Task<Result<void>> replace(std::uint64_t nonce, bool cancel, Instant deadline);
    Task<Result<void>> start(RedeemTask task, std::uint64_t nonce, Instant deadline);
    Task<Result<std::optional<Fees>>> fees(Instant deadline);
    Task<Result<settlement::WalletView>> look(Instant deadline);
    // At one portion of the markets that are due; how many it held.
    Task<Result<std::size_t>> look_at_markets(settlement::WalletView wallet, Instant deadline);
    Task<Result<bool>> affordable(Fees fees, std::uint64_t gas, Instant deadline);
    Task<Result<void>>
    sign_and_send(std::string task, Transaction transaction, bool cancels, Instant deadline);
    Task<Result<Relayed>> sign_for_relayer(RedeemTask task, std::uint64_t block, Instant deadline);
    Task<Result<void>> start_relayed(RedeemTask task, std::uint64_t block, Instant deadline);
    Task<Result<void>> submit(Instant deadline);
    Task<Result<void>> follow_relayed(std::uint64_t head, Instant deadline);
    Task<Result<void>> follow_unanswered(Relayed open, std::uint64_t head, Instant deadline);
    Task<Result<void>> conclude_relayed(Hash32 transaction, std::uint64_t head, Instant deadline);
    Task<Result<std::optional<Hash32>>>
    find_on_chain(RedeemTask task, std::uint64_t from_block, std::uint64_t head, Instant deadline);
    Result<void> end_relayed(std::string const& record);
    std::vector<Call> calls_of(RedeemTask const& task) const;
    Address paid_in(RedeemTask const& task) const;
    void say(std::string text) const;
    void hold_up(std::string text);

    ChainRpc& rpc_;
    runtime::Clock& clock_;
    runtime::RecordFile file_;
    RedeemerOptions options_;
    SettlementContracts const& at_;
    settlement::RedemptionBook book_;
    NonceStream stream_;
    RelayDesk relay_;
    std::map<std::string, Ended> errands_;
    bool held_up_ =
        false; // in this round: no gas money, or gas above the cap: nothing new is signed
};

// Balances, approvals and payouts of many conditions, in batches.
Task<RpcResult<std::vector<settlement::ConditionView>>> view_conditions(
    ChainRpc& rpc, Address wallet, std::vector<settlement::RedeemTarget> targets, Instant deadline
);

} // namespace polyquant::chain
