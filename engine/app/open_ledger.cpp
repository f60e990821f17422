#include "engine/app/open_ledger.hpp"

namespace polyquant::app {

Result<ledger::Ledger> open_ledger(std::filesystem::path const& where) {
    auto const file = std::filesystem::is_directory(where) ? where / "ledger.sqlite" : where;
    if (!std::filesystem::exists(file))
        return Failure{Fault::invalid, "ledger", file.string() + " does not exist"};
    ledger::LedgerOptions options;
    options.read_only = true;
    return ledger::Ledger::open(file, options);
}

} // namespace polyquant::app
