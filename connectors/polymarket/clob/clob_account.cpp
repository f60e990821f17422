#include "connectors/polymarket/clob/clob_account.hpp"

#include "connectors/polymarket/ctf/position_id.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::polymarket {

namespace {

constexpr auto first_page = "MA==";

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

} // namespace

ClobAccountBook::ClobAccountBook(ClobSession& session, MarketOf market_of, Options options)
    : session_{session}, market_of_{std::move(market_of)}, options_{options} {}

net::Query ClobAccountBook::asset_query(std::string type) const {
    return {
        {"asset_type", std::move(type)},
        {"signature_type", fmt::format("{}", static_cast<int>(session_.wallet()))}
    };
}

Task<Result<BalanceAllowance>> ClobAccountBook::collateral(Instant deadline) {
    ClobSession::Call request;
    request.path = "/balance-allowance";
    request.query = asset_query("COLLATERAL");
    auto const response = co_await session_.call(std::move(request), deadline);
    if (!response) co_return response.error();
    auto parsed = parse_balance_allowance(response->status, response->body);
    if (parsed) collateral_ = *parsed;
    co_return parsed;
}

Task<Result<Shares>> ClobAccountBook::tokens(TokenId token, Instant deadline) {
    auto const is_v2 = decode_position_id(token).has_value();
    ClobSession::Call request;
    request.path = "/balance-allowance";
    request.query = asset_query(is_v2 ? "CONDITIONAL-V2" : "CONDITIONAL");
    request.query.emplace_back("token_id", to_string(token));
    auto const response = co_await session_.call(std::move(request), deadline);
    if (!response) co_return response.error();
    auto const parsed = parse_balance_allowance(response->status, response->body);
    if (!parsed) co_return parsed.error();
    co_return Shares::from_micros(parsed->balance_micros);
}

Task<Result<void>> ClobAccountBook::refresh(Instant deadline) {
    ClobSession::Call request;
    request.path = "/balance-allowance/update";
    request.query = asset_query("COLLATERAL");
    auto const done = co_await session_.read(std::move(request), deadline);
    if (!done) co_return done.error();
    auto const read = co_await collateral(deadline);
    if (!read) co_return read.error();
    co_return Result<void>{};
}

std::optional<std::int64_t>
ClobAccountBook::allowance(ProtocolVersion version, bool neg_risk) const {
    if (!collateral_) return std::nullopt;
    auto const domain = order_domain_of(session_.contracts(), version, neg_risk);
    auto const at = collateral_->allowances.find(lower(crypto::to_string(domain.exchange)));
    return at == collateral_->allowances.end() ? 0 : at->second;
}

Task<Result<std::vector<VenueOrderView>>> ClobAccountBook::open_orders(Instant deadline) {
    std::vector<VenueOrderView> orders;
    std::string cursor = first_page;
    for (auto page = 0; !cursor.empty(); ++page) {
        if (page == options_.pages_max)
            co_return Failure{Fault::parse, "clob.orders", "the pages do not end"};
        ClobSession::Call request;
        request.path = "/data/orders";
        request.query = {{"next_cursor", cursor}};
        auto const body = co_await session_.read(std::move(request), deadline);
        if (!body) co_return body.error();
        auto const parsed = parse_open_orders(*body, session_.context().clock.utc_now());
        if (!parsed) co_return parsed.error();
        for (auto const& row : parsed->rows)
            orders.push_back({row.report, row.token, row.side, row.price});
        cursor = parsed->next_cursor;
    }
    co_return orders;
}

Task<Result<std::vector<OwnTradeReport>>> ClobAccountBook::trades(UtcTime after, Instant deadline) {
    std::vector<OwnTradeReport> all;
    std::string cursor = first_page;
    for (auto page = 0; !cursor.empty(); ++page) {
        if (page == options_.pages_max)
            co_return Failure{Fault::parse, "clob.trades", "the pages do not end"};
        ClobSession::Call request;
        request.path = "/data/trades";
        request.query = {
            {"after", fmt::format("{}", unix_seconds(after))}, {"next_cursor", cursor}
        };
        auto const body = co_await session_.read(std::move(request), deadline);
        if (!body) co_return body.error();
        auto const parsed =
            parse_trades(*body, session_.api_key(), session_.context().clock.utc_now());
        if (!parsed) co_return parsed.error();
        for (auto const& row : parsed->rows) {
            auto reports = own_trade_reports(row, market_of_, options_.fee_rounding);
            if (!reports) co_return reports.error();
            std::ranges::move(*reports, std::back_inserter(all));
        }
        cursor = parsed->next_cursor;
    }
    co_return all;
}

Task<Result<VenueAccountView>> ClobAccountBook::view(AccountQuery query, Instant deadline) {
    VenueAccountView view;
    view.asked_at = session_.context().clock.utc_now();
    auto const money_before = co_await collateral(deadline);
    if (!money_before) co_return money_before.error();
    auto orders = co_await open_orders(deadline);
    if (!orders) co_return orders.error();
    view.open_orders = std::move(*orders);
    for (auto const& token : query.tokens) {
        auto const held = co_await tokens(token, deadline);
        if (!held) co_return held.error();
        view.tokens[token] = *held;
    }
    auto rows = co_await trades(query.trades_after, deadline);
    if (!rows) co_return rows.error();
    view.trades = std::move(*rows);
    auto const money_after = co_await collateral(deadline);
    if (!money_after) co_return money_after.error();
    if (money_after->balance_micros != money_before->balance_micros)
        co_return Failure{
            Fault::transport, "clob.account", "the balance moved while the account was read"
        };
    view.collateral = Usdc::from_micros(money_after->balance_micros);
    co_return view;
}

} // namespace polyquant::polymarket
