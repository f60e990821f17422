// One account's transactions from signing to certainty. Pure: records and observations in, outcomes
// and work out. Whoever drives it writes each record to the disk before acting on it.
#pragma once

#include "connectors/chain/rpc/rpc_values.hpp"
#include "connectors/chain/transaction.hpp"
#include "engine/core/time.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::chain {

struct Attempt {
    Hash32 hash{};
    ByteString raw{};
    bool cancels = false; // sends nothing to oneself, to use the nonce up
};

// One nonce. At most one of its attempts is ever mined.
struct Slot {
    std::uint64_t nonce = 0;
    std::string task; // whose money it moves, in the words of the caller; no blanks
    std::vector<Attempt> attempts{};

    // Memory of this process only.
    std::optional<Receipt> mined{};
    std::optional<Instant> sent_at{};         // the newest attempt, taken by a node
    std::optional<std::uint64_t> overtaken{}; // block at which the nonce was used, but not by us
};

struct StreamLimits {
    std::uint64_t confirmations = 5; // blocks on top, before a receipt counts
    Nanos stuck_after = Seconds{45};
};

class NonceStream {
public:
    explicit NonceStream(StreamLimits limits) : limits_{limits} {}

    // The records of this stream; others are somebody else's. Fault::storage for one that makes no
    // sense.
    static std::string
    signed_record(std::uint64_t nonce, std::string const& task, Attempt const& attempt);
    static std::string final_record(std::uint64_t nonce);
    static std::string lost_record(std::uint64_t nonce);
    Result<bool> apply(std::string const& record);

    // The next nonce nobody uses: `pending` is what the chain says.
    std::uint64_t next_nonce(std::uint64_t pending) const;

    struct Observation {
        std::uint64_t head = 0;
        std::uint64_t nonce = 0; // transactions of the account in blocks
        std::vector<Receipt> receipts{};
    };

    struct Outcome {
        enum class Kind : std::uint8_t {
            final,   // `receipt` has enough blocks on top
            lost,    // another transaction used the nonce, with enough blocks on top
            reorged, // was in a block that is gone: waits again
        } kind = Kind::final;
        std::uint64_t nonce = 0;
        std::string task;
        std::optional<Receipt> receipt{};
        bool cancelled = false; // the attempt that only used the nonce up was mined
    };

    // Outcomes that end a slot leave it in place until its record is applied.
    std::vector<Outcome> observe(Observation const& seen);

    // Slots to send as they are: never taken by a node as far as we know.
    std::vector<std::uint64_t> unsent() const;
    // Slots taken long ago and still in no block: to be replaced.
    std::vector<std::uint64_t> stuck(Instant now) const;
    void taken(std::uint64_t nonce, Instant now);

    Slot const* find(std::uint64_t nonce) const;
    // Every attempt of every open slot.
    std::vector<Hash32> hashes() const;
    bool has_task(std::string const& task) const;

    std::size_t open() const { return slots_.size(); }

private:
    std::optional<Outcome> judge(Slot& slot, Observation const& seen) const;

    StreamLimits limits_;
    std::map<std::uint64_t, Slot> slots_;
};

} // namespace polyquant::chain
