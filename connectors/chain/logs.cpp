#include "connectors/chain/logs.hpp"

#include "connectors/crypto/keccak.hpp"

namespace polyquant::chain {

Hash32 const& erc20_transfer_topic() {
    static auto const topic = crypto::keccak256("Transfer(address,address,uint256)");
    return topic;
}

Hash32 const& payout_redemption_topic() {
    static auto const topic =
        crypto::keccak256("PayoutRedemption(address,address,bytes32,bytes32,uint256[],uint256)");
    return topic;
}

std::optional<Erc20Transfer> erc20_transfer(Log const& log) {
    if (log.topics.size() != 3 || log.topics[0] != erc20_transfer_topic()) return std::nullopt;
    auto const from = address_at(log.topics[1], 0);
    auto const to = address_at(log.topics[2], 0);
    auto const micros = micros_at(log.data, 0);
    if (!from || !to || !micros || log.data.size() != 32) return std::nullopt;
    return Erc20Transfer{log.contract, *from, *to, *micros};
}

// Indexed: redeemer, collateral, parent collection. Data: condition, offset of the index sets,
// payout.
std::optional<PayoutRedemption>
payout_redemption(Log const& log, Address const& conditional_tokens) {
    if (log.contract != conditional_tokens || log.topics.size() != 4 ||
        log.topics[0] != payout_redemption_topic()) {
        return std::nullopt;
    }
    auto const redeemer = address_at(log.topics[1], 0);
    auto const collateral = address_at(log.topics[2], 0);
    auto const condition = word_at(log.data, 0);
    auto const micros = micros_at(log.data, 2);
    if (!redeemer || !collateral || !condition || !micros) return std::nullopt;
    return PayoutRedemption{*redeemer, *collateral, ConditionId{*condition}, *micros};
}

std::int64_t
net_received(std::vector<Log> const& logs, Address const& token, Address const& owner) {
    std::int64_t net = 0;
    for (auto const& log : logs) {
        auto const moved = erc20_transfer(log);
        if (!moved || moved->token != token) continue;
        if (moved->to == owner) net += moved->micros;
        if (moved->from == owner) net -= moved->micros;
    }
    return net;
}

} // namespace polyquant::chain
