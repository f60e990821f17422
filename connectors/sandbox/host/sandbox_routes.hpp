// What only a sandbox can tell: its clock and its books.
#pragma once

#include "connectors/net/server/router.hpp"
#include "connectors/sandbox/public/stage.hpp"

#include <filesystem>

namespace polyquant::sandbox {

// GET /sandbox/clock and /sandbox/account?address=0x.. on the port of the CLOB.
void add_sandbox_routes(net::server::Router& router, Stage stage);

// One account: cash, tokens and every line of its statement.
std::string account_json(World const& world, Account const& account);

// accounts.json (every account but the house, and the audit of the whole) and statement-0x...csv
// for each, in `directory`.
Result<void> write_statements(World const& world, std::filesystem::path const& directory);

} // namespace polyquant::sandbox
