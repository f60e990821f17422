// Writes facts to SQLite on a side thread, in order, in batches: a slow disk delays the books on
// disk, never a decision. The journal is ahead of the ledger, so nothing is lost by a crash in
// between.
#pragma once

#include "engine/ledger/ledger.hpp"
#include "engine/runtime/mailbox.hpp"
#include "engine/runtime/side_pool.hpp"

#include <functional>
#include <memory>

namespace polyquant::app {

class LedgerWriter {
public:
    using OnFailure = std::function<void(Failure const&)>;

    // `pool` must have one thread and serve nothing else, so that batches keep their order.
    LedgerWriter(
        asio::any_io_executor executor,
        runtime::SidePool& pool,
        std::shared_ptr<ledger::Ledger> ledger,
        OnFailure on_failure
    );

    void post(Fact const& fact);
    Task<void> run();

    bool idle() const { return written_ == posted_ || failed_; }

    std::uint64_t backlog() const { return posted_ - written_; }

private:
    runtime::SidePool& pool_;
    std::shared_ptr<ledger::Ledger> ledger_;
    OnFailure on_failure_;
    // Pointers: the queue's whole room is touched in time, and facts are large.
    runtime::FatalMailbox<std::shared_ptr<Fact const>> inbox_;
    std::uint64_t posted_ = 0;
    std::uint64_t written_ = 0;
    bool failed_ = false;
};

} // namespace polyquant::app
