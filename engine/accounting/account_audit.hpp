// The ledger against what everybody else says of the account: every cent is explained, or the row
// that is wrong is named. Pure.
#pragma once

#include "engine/accounting/evidence.hpp"
#include "engine/ledger/ledger.hpp"

#include <string>
#include <vector>

namespace polyquant::accounting {

// The ledger's side.
struct LedgerView {
    std::vector<ledger::Bankroll> bankrolls;
    std::vector<ledger::FillRow> fills;
    std::vector<ledger::SettlementRow> settlements;
    std::vector<ledger::OpenPosition> positions;
    std::vector<ledger::ClaimRow> claims; // all of them
    std::vector<ledger::WalletMoveRow> moves;
    std::vector<RedemptionChanged> redemptions;
    std::vector<OrderId> open_orders;
    std::vector<std::string> problems;    // Ledger::check()
    std::vector<std::string> differences; // from a ledger made anew of the archive
    // Money of the wallet that no strategy owns, where the ledger does not say so itself.
    std::optional<Usdc> unassigned;
};

Result<LedgerView> read_ledger(ledger::Ledger const& book);

// One row of the table.
struct Finding {
    std::string source; // "ledger", or an Evidence's
    std::string row;    // "fill 0x12.. of order 0xab..", "collateral"
    Usdc ours;
    Usdc theirs;
    bool explained = false;
    std::string text; // the explanation, or what is wrong

    Usdc difference() const { return theirs - ours; }
};

// A step from the money put in to the money in the wallet.
struct BridgeStep {
    std::string name;
    Usdc amount;
    std::string note;
};

struct Audit {
    std::vector<BridgeStep> bridge; // ends with what should be in the wallet
    Usdc expected;                  // that
    std::vector<Finding> findings;  // differences, and the totals that were compared
    std::vector<std::string> not_asked;
    std::uint64_t rows_compared = 0;
    std::int64_t gas_wei = 0; // paid in POL, outside the USDC books

    std::size_t unexplained() const;
};

Audit audit(LedgerView const& ours, std::vector<Evidence> const& evidence);

// The table as people read it.
std::vector<std::string> audit_table(Audit const& audit);

} // namespace polyquant::accounting
