#include "connectors/chain/approvals/approvals.hpp"

#include "connectors/polymarket/contracts.hpp"

namespace polyquant::chain {

namespace {

std::vector<Approval> wanted(ApprovalNeeds const& needs) {
    auto const& at = polygon_settlement_contracts();
    auto const venue = polymarket::contracts_of(polymarket::polygon_chain_id).value();
    std::vector<Approval> rows;
    auto const money = [&](char const* name, Address const& spender) {
        rows.push_back({name, at.pusd, spender, true, true, false, {}});
    };
    auto const shares = [&](char const* name, Address const& contract, Address const& spender) {
        rows.push_back({name, contract, spender, false, true, false, {}});
    };
    if (needs.protocol_v1) {
        money("exchange takes pUSD (to buy)", venue.exchange);
        shares("exchange moves shares (to sell)", at.conditional_tokens, venue.exchange);
        shares("adapter moves shares (to redeem)", at.conditional_tokens, at.collateral_adapter);
    }
    if (needs.neg_risk) {
        money("neg-risk exchange takes pUSD (to buy)", venue.neg_risk_exchange);
        shares(
            "neg-risk exchange moves shares (to sell)",
            at.conditional_tokens,
            venue.neg_risk_exchange
        );
    }
    if (needs.protocol_v2) {
        money("exchange v3 takes pUSD (to buy)", venue.exchange_v3);
        shares("exchange v3 moves positions (to sell)", at.position_manager, venue.exchange_v3);
        shares("router moves positions (to redeem)", at.position_manager, at.router);
    }
    if (needs.auto_redeem) {
        shares("venue's operator redeems shares", at.conditional_tokens, at.auto_redeem_operator);
        if (needs.protocol_v2)
            shares(
                "venue's operator redeems positions", at.position_manager, at.auto_redeem_operator
            );
    }
    return rows;
}

RpcError malformed(Failure failure) {
    return {RpcTrouble::malformed, std::move(failure), {}};
}

} // namespace

Task<RpcResult<std::vector<Approval>>>
approvals_of(ChainRpc& rpc, Address wallet, ApprovalNeeds needs, Instant deadline) {
    auto rows = wanted(needs);
    std::vector<Call> calls;
    for (auto const& row : rows)
        calls.push_back(
            {row.contract,
             row.is_allowance ? erc20::allowance(wallet, row.spender)
                              : erc1155::is_approved_for_all(wallet, row.spender)}
        );
    auto const answers = co_await rpc.call_many(wallet, std::move(calls), deadline);
    if (!answers) co_return answers.error();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto& row = rows[i];
        auto const& answer = (*answers)[i];
        if (!answer) co_return answer.error();
        auto const code = co_await rpc.has_code(row.spender, deadline);
        if (!code) co_return code.error();
        row.has_code = *code;
        if (!row.is_allowance) {
            auto const granted = flag_at(*answer, 0);
            if (!granted) co_return malformed(granted.error());
            row.granted = *granted;
            continue;
        }
        if (answer->size() != 32) co_return malformed({Fault::parse, "allowance", "no number"});
        // What is beyond an amount of money counts as without limit, as the tokens treat it.
        if (auto const micros = micros_at(*answer, 0)) row.allowed = Usdc::from_micros(*micros);
        row.granted = !row.allowed ||
                      (!needs.unlimited && !needs.spend.is_zero() && *row.allowed >= needs.spend);
    }
    co_return rows;
}

std::vector<Call>
calls_to_grant(std::vector<Approval> const& approvals, ApprovalNeeds const& needs) {
    std::vector<Call> calls;
    for (auto const& row : approvals) {
        if (row.granted || !row.has_code) continue;
        if (!row.is_allowance) {
            calls.push_back({row.contract, erc1155::set_approval_for_all(row.spender, true)});
        } else if (needs.unlimited || !needs.spend.is_zero()) {
            auto const amount =
                needs.unlimited ? unlimited() : word_of_micros(needs.spend.micros());
            calls.push_back({row.contract, erc20::approve(row.spender, amount)});
        }
    }
    return calls;
}

Task<RpcResult<WalletMoney>>
money_of(ChainRpc& rpc, Address wallet, Address owner, Instant deadline) {
    auto const& at = polygon_settlement_contracts();
    std::vector<Call> calls{
        {at.pusd, erc20::balance_of(wallet)}, {at.usdc_e, erc20::balance_of(wallet)}
    };
    auto const answers = co_await rpc.call_many(wallet, std::move(calls), deadline);
    if (!answers) co_return answers.error();
    WalletMoney money;
    for (auto const& [i, to] : {std::pair{0U, &money.pusd}, std::pair{1U, &money.usdc_e}}) {
        auto const& answer = (*answers)[i];
        if (!answer) co_return answer.error();
        auto const micros = micros_at(*answer, 0);
        if (!micros) co_return malformed(micros.error());
        *to = Usdc::from_micros(*micros);
    }
    auto const coin = co_await rpc.balance(owner, deadline);
    if (!coin) co_return coin.error();
    money.owner_coin = *coin;
    co_return money;
}

} // namespace polyquant::chain
