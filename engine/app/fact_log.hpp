// Where every fact passes, once and in one order: journal, portfolio, ledger, then whoever listens.
#pragma once

#include "engine/app/ledger_writer.hpp"
#include "engine/execution/portfolio.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/runtime/journal.hpp"

#include <functional>
#include <vector>

namespace polyquant::app {

class FactLog final : public FactSink {
public:
    using Listener = std::function<void(Fact const&)>;
    using OnFailure = std::function<void(Failure const&)>;

    FactLog(
        runtime::Clock& clock,
        runtime::Journal& journal,
        execution::Portfolio& portfolio,
        LedgerWriter& ledger,
        OnFailure on_failure
    )
        : clock_{clock}, journal_{journal}, portfolio_{portfolio}, ledger_{ledger},
          on_failure_{std::move(on_failure)} {}

    void record(FactBody body) override;

    void listen(Listener listener) { listeners_.push_back(std::move(listener)); }

    // After a restart: facts up to this one are already in ledger and portfolio.
    void continue_after(std::uint64_t seq) { seq_ = seq; }

    std::uint64_t recorded() const { return seq_; }

private:
    runtime::Clock& clock_;
    runtime::Journal& journal_;
    execution::Portfolio& portfolio_;
    LedgerWriter& ledger_;
    OnFailure on_failure_;
    std::vector<Listener> listeners_;
    std::uint64_t seq_ = 0;
};

} // namespace polyquant::app
