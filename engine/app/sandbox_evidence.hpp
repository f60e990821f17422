// What a sandbox says of an account, exact to the micro: from its endpoint while it runs, from its
// files once it has ended.
#pragma once

#include "connectors/crypto/address.hpp"
#include "connectors/net/net_context.hpp"
#include "connectors/net/url.hpp"
#include "engine/accounting/evidence.hpp"

#include <filesystem>
#include <string_view>

namespace polyquant::app {

// An account as GET /sandbox/account answers it.
Result<accounting::Evidence> parse_sandbox_account(std::string_view json);

Task<Result<accounting::Evidence>>
ask_sandbox(net::NetContext& context, net::Url clob, crypto::Address wallet, Instant deadline);

// Out of accounts.json, which a sandbox writes when it ends.
Result<accounting::Evidence>
read_sandbox_accounts(std::filesystem::path const& file, crypto::Address const& wallet);

} // namespace polyquant::app
