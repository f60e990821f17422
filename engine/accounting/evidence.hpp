// What a source outside the ledger says of the account, in one form for all of them. A field that a
// source cannot tell stays empty, which is something else than "none".
#pragma once

#include "engine/core/orders.hpp"
#include "engine/core/settlement_facts.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::accounting {

struct VenueFill {
    OrderId order;
    TradeId trade;
    TokenId token;
    Side side = Side::buy;
    Shares size;
    std::optional<Usdc> cost; // without fee
    std::optional<Usdc> fee;
    bool failed = false;
};

// All payouts of one token.
struct VenuePayout {
    Shares size;
    Usdc amount;
};

struct VenueMove {
    WalletCause cause = WalletCause::deposit;
    Usdc amount; // of either sign
    std::string reference;
};

struct Evidence {
    std::string source; // "clob", "data_api", "chain", "sandbox"
    std::optional<Failure> missing;
    std::optional<std::vector<VenueFill>> fills;
    // Shares bought and sold by token, where trades have no id that we know.
    std::optional<std::map<TokenId, std::pair<Shares, Shares>>> traded;
    std::optional<std::map<TokenId, VenuePayout>> payouts;
    std::optional<std::vector<VenueMove>> moves;
    std::optional<Usdc> collateral;
    // Does `collateral` follow the chain, on which matched trades arrive later?
    bool on_chain = false;
    std::optional<std::map<TokenId, Shares>> tokens;
    std::optional<std::vector<OrderId>> open_orders;
};

} // namespace polyquant::accounting
