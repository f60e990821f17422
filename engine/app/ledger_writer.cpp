#include "engine/app/ledger_writer.hpp"

namespace polyquant::app {

namespace {

// About half an hour of the busiest trading; if the disk is that far behind, it is gone.
constexpr std::size_t facts_waiting_max = 65'536;

struct Written {};

} // namespace

LedgerWriter::LedgerWriter(
    asio::any_io_executor executor,
    runtime::SidePool& pool,
    std::shared_ptr<ledger::Ledger> ledger,
    OnFailure on_failure
)
    : pool_{pool}, ledger_{std::move(ledger)}, on_failure_{std::move(on_failure)},
      inbox_{executor, "ledger", facts_waiting_max, runtime::Fatal{[this](Failure failure) {
                 failed_ = true;
                 on_failure_(failure);
             }}} {}

void LedgerWriter::post(Fact const& fact) {
    if (failed_) return;
    if (inbox_.post(std::make_shared<Fact const>(fact))) ++posted_;
}

Task<void> LedgerWriter::run() {
    auto broken = false;
    for (;;) {
        auto first = co_await inbox_.next();
        if (!first) co_return;
        // What follows a batch that was not written would leave a gap in the books.
        if (broken) continue;
        auto batch = std::make_shared<std::vector<Fact>>();
        batch->push_back(**first);
        while (auto more = inbox_.try_next())
            batch->push_back(**more);
        auto const size = batch->size();
        std::function<Result<Written>()> const work = [ledger = ledger_, batch] {
            auto const applied = ledger->apply_batch(*batch);
            return applied ? Result<Written>{Written{}} : Result<Written>{applied.error()};
        };
        auto const written = co_await pool_.submit<Written>("ledger", work);
        if (written) {
            written_ += size;
            continue;
        }
        if (written.error().fault == Fault::cancelled) co_return;
        broken = failed_ = true;
        on_failure_(written.error());
    }
}

} // namespace polyquant::app
