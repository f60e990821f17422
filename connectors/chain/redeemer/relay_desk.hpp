// The transaction a relayer has of us: one at a time, because the wallet's own nonce orders them.
// Pure: records and what became of it.
#pragma once

#include "connectors/chain/rlp.hpp"
#include "engine/core/failure.hpp"

#include <optional>
#include <string>

namespace polyquant::chain {

struct Relayed {
    std::string task;
    std::uint64_t nonce = 0;      // of the wallet
    std::uint64_t from_block = 0; // it cannot be in an earlier one
    std::int64_t deadline_s = 0;  // unix; the contract refuses it afterwards; 0: never
    std::string body;             // of POST /submit, signed
    std::string id;               // the relayer's, once it has answered
};

class RelayDesk {
public:
    static std::string signed_record(Relayed const& relayed);
    static std::string id_record(std::string const& task, std::string const& id);
    static std::string end_record(std::string const& task);

    // False: somebody else's record. Fault::storage for one that makes no sense.
    Result<bool> apply(std::string const& record);

    std::optional<Relayed> const& open() const { return open_; }

    bool has_task(std::string const& task) const { return open_ && open_->task == task; }

private:
    std::optional<Relayed> open_{};
};

} // namespace polyquant::chain
