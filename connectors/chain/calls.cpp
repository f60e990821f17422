#include "connectors/chain/calls.hpp"

namespace polyquant::chain {

namespace {

// Of a two-outcome market: bit 0 and bit 1.
std::vector<Word> both_outcomes() {
    return {crypto::word(1), crypto::word(2)};
}

// `bytes31` is left-aligned in its word, and so is how we hold such a condition.
Word short_condition(ConditionId const& condition) {
    ENSURE(condition.bytes[31] == 0, "a condition of protocol v2 has 31 bytes");
    return condition.bytes;
}

} // namespace

Word word_of_micros(std::int64_t micros) {
    ENSURE(micros >= 0, "amounts on the chain are not negative");
    return crypto::word(static_cast<std::uint64_t>(micros));
}

Word word_of_hash(Hash32 const& hash) {
    return hash;
}

Word unlimited() {
    Word out;
    out.fill(0xff);
    return out;
}

namespace erc20 {

ByteString balance_of(Address const& owner) {
    return call_data("balanceOf(address)", AbiTuple{}.address(owner));
}

ByteString allowance(Address const& owner, Address const& spender) {
    return call_data("allowance(address,address)", AbiTuple{}.address(owner).address(spender));
}

ByteString approve(Address const& spender, Word const& amount) {
    return call_data("approve(address,uint256)", AbiTuple{}.address(spender).word(amount));
}

ByteString transfer(Address const& to, std::int64_t micros) {
    return call_data(
        "transfer(address,uint256)", AbiTuple{}.address(to).word(word_of_micros(micros))
    );
}

} // namespace erc20

namespace erc1155 {

ByteString balance_of(Address const& owner, TokenId const& token) {
    return call_data("balanceOf(address,uint256)", AbiTuple{}.address(owner).word(token.bytes));
}

ByteString balance_of_batch(Address const& owner, std::vector<TokenId> const& tokens) {
    std::vector<Word> owners(tokens.size(), crypto::word(owner));
    std::vector<Word> ids;
    for (auto const& token : tokens)
        ids.push_back(token.bytes);
    return call_data("balanceOfBatch(address[],uint256[])", AbiTuple{}.words(owners).words(ids));
}

ByteString is_approved_for_all(Address const& owner, Address const& operator_) {
    return call_data(
        "isApprovedForAll(address,address)", AbiTuple{}.address(owner).address(operator_)
    );
}

ByteString set_approval_for_all(Address const& operator_, bool approved) {
    return call_data(
        "setApprovalForAll(address,bool)", AbiTuple{}.address(operator_).flag(approved)
    );
}

} // namespace erc1155

namespace ctf {

ByteString outcome_slot_count(ConditionId const& condition) {
    return call_data("getOutcomeSlotCount(bytes32)", AbiTuple{}.word(condition.bytes));
}

ByteString payout_denominator(ConditionId const& condition) {
    return call_data("payoutDenominator(bytes32)", AbiTuple{}.word(condition.bytes));
}

ByteString payout_numerator(ConditionId const& condition, std::uint64_t outcome) {
    return call_data(
        "payoutNumerators(bytes32,uint256)", AbiTuple{}.word(condition.bytes).whole(outcome)
    );
}

ByteString redeem_positions(Address const& collateral, ConditionId const& condition) {
    return call_data(
        "redeemPositions(address,bytes32,bytes32,uint256[])",
        AbiTuple{}.address(collateral).word({}).word(condition.bytes).words(both_outcomes())
    );
}

ByteString
split_position(Address const& collateral, ConditionId const& condition, std::int64_t micros) {
    return call_data(
        "splitPosition(address,bytes32,bytes32,uint256[],uint256)",
        AbiTuple{}
            .address(collateral)
            .word({})
            .word(condition.bytes)
            .words(both_outcomes())
            .word(word_of_micros(micros))
    );
}

ByteString
merge_positions(Address const& collateral, ConditionId const& condition, std::int64_t micros) {
    return call_data(
        "mergePositions(address,bytes32,bytes32,uint256[],uint256)",
        AbiTuple{}
            .address(collateral)
            .word({})
            .word(condition.bytes)
            .words(both_outcomes())
            .word(word_of_micros(micros))
    );
}

} // namespace ctf

namespace router {

ByteString redeem(ConditionId const& condition, std::uint64_t outcome, std::int64_t micros) {
    return call_data(
        "redeem(bytes31,uint256,uint256)",
        AbiTuple{}.word(short_condition(condition)).whole(outcome).word(word_of_micros(micros))
    );
}

ByteString split(ConditionId const& condition, std::int64_t micros) {
    return call_data(
        "split(bytes31,uint256)",
        AbiTuple{}.word(short_condition(condition)).word(word_of_micros(micros))
    );
}

ByteString merge(ConditionId const& condition, std::int64_t micros) {
    return call_data(
        "merge(bytes31,uint256)",
        AbiTuple{}.word(short_condition(condition)).word(word_of_micros(micros))
    );
}

} // namespace router

ByteString get_payout(TokenId const& position, std::int64_t micros) {
    return call_data(
        "getPayout(uint256,uint256)", AbiTuple{}.word(position.bytes).word(word_of_micros(micros))
    );
}

ByteString wrap(Address const& asset, Address const& to, std::int64_t micros) {
    return call_data(
        "wrap(address,address,uint256)",
        AbiTuple{}.address(asset).address(to).word(word_of_micros(micros))
    );
}

ByteString unwrap(Address const& asset, Address const& to, std::int64_t micros) {
    return call_data(
        "unwrap(address,address,uint256)",
        AbiTuple{}.address(asset).address(to).word(word_of_micros(micros))
    );
}

} // namespace polyquant::chain
