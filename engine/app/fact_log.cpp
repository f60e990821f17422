#include "engine/app/fact_log.hpp"

#include "engine/app/recovery.hpp"

namespace polyquant::app {

void FactLog::record(FactBody body) {
    auto const fact = Fact{seq_ + 1, clock_.utc_now(), std::move(body)};
    auto written = journal_.append(fact.at, fact_record_kind, fact_record(fact));
    // An order leaves right after its OrderPlaced: by then the record is out of this process.
    auto const flushed = written ? journal_.flush() : Result<void>{written.error()};
    ++seq_;
    portfolio_.apply(fact);
    // The ledger never knows more than the journal: after a restart the journal decides what was.
    if (flushed)
        ledger_.post(fact);
    else
        on_failure_(flushed.error());
    for (auto const& listener : listeners_)
        listener(fact);
}

} // namespace polyquant::app
