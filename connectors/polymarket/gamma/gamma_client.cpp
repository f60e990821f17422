#include "connectors/polymarket/gamma/gamma_client.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

namespace {

constexpr auto gamma_group = "gamma";
constexpr auto scan_group = "gamma.scan";
constexpr auto clob_group = "clob.market";
constexpr int page_size = 100; // more is clamped by the venue

bool is_not_found(Failure const& failure) {
    return failure.http_status == 404;
}

} // namespace

GammaClient::GammaClient(net::NetContext& context, Options options)
    : context_{context}, options_{std::move(options)} {
    // A fifth of the documented budgets (300 /markets and 1500 market reads in 10 s): other
    // programs of the same address ask, too.
    net::GroupLimits gamma;
    gamma.rate = net::TokenRate::of(60, Seconds{10});
    context_.groups.add(gamma_group, gamma);
    net::GroupLimits scan;
    scan.rate = net::TokenRate::of(30, Seconds{10});
    context_.groups.add(scan_group, scan);
    net::GroupLimits clob;
    clob.rate = net::TokenRate::of(100, Seconds{10});
    context_.groups.add(clob_group, clob);
}

Task<Result<std::string>> GammaClient::read(net::Url url, std::string group, Instant deadline) {
    auto answer =
        co_await context_.https.fetch(net::get_request(std::move(url), std::move(group)), deadline);
    if (!answer) co_return answer.error();
    co_return std::move(answer->body);
}

Task<Result<std::optional<Listing>>> GammaClient::by_slug(std::string slug, Instant deadline) {
    auto found = co_await listed_under("/events", std::move(slug), deadline);
    co_return found;
}

Task<Result<std::optional<Listing>>>
GammaClient::market_by_slug(std::string slug, Instant deadline) {
    auto found = co_await listed_under("/markets", std::move(slug), deadline);
    co_return found;
}

Task<Result<std::optional<Listing>>>
GammaClient::listed_under(std::string path, std::string slug, Instant deadline) {
    auto const url = net::with_target(options_.gamma, net::with_query(path, {{"slug", slug}}));
    auto const body = co_await read(url, gamma_group, deadline);
    if (!body && is_not_found(body.error())) co_return std::nullopt;
    if (!body) co_return body.error();
    auto listings = parse_listings(*body, options_.ctf_collateral);
    if (!listings) co_return listings.error();
    for (auto& listing : *listings)
        if (listing.market.slug == slug) co_return std::optional{std::move(listing)};
    co_return std::nullopt;
}

Task<Result<std::vector<Listing>>>
GammaClient::by_conditions(std::vector<ConditionId> conditions, Instant deadline) {
    std::vector<Listing> all;
    // Gamma leaves closed markets out unless asked for them, and then leaves the open ones out.
    for (auto const* const closed : {"false", "true"}) {
        for (std::size_t at = 0; at < conditions.size(); at += conditions_per_call) {
            net::Query query;
            auto const end = std::min(at + conditions_per_call, conditions.size());
            for (auto i = at; i < end; ++i)
                query.emplace_back("condition_ids", to_string(conditions[i]));
            query.emplace_back("closed", closed);
            query.emplace_back("limit", fmt::format("{}", page_size));
            auto const url = net::with_target(options_.gamma, net::with_query("/markets", query));
            auto const body = co_await read(url, gamma_group, deadline);
            if (!body) co_return body.error();
            auto listings = parse_listings(*body, options_.ctf_collateral);
            if (!listings) co_return listings.error();
            for (auto& listing : *listings) {
                auto const same = [&](Listing const& l) {
                    return l.market.condition == listing.market.condition;
                };
                if (std::ranges::none_of(all, same)) all.push_back(std::move(listing));
            }
        }
    }
    co_return all;
}

Task<Result<std::string>>
GammaClient::page_ending_between(UtcTime from, UtcTime to, std::string cursor, Instant deadline) {
    net::Query query{
        {"closed", "false"},
        {"end_date_min", format_utc(from)},
        {"end_date_max", format_utc(to)},
        {"limit", fmt::format("{}", page_size)}
    };
    // The name of the cursor's parameter differs from that of the answer's field.
    if (!cursor.empty()) query.emplace_back("after_cursor", cursor);
    auto const url = net::with_target(options_.gamma, net::with_query("/markets/keyset", query));
    auto body = co_await read(url, scan_group, deadline);
    co_return body;
}

Task<Result<std::optional<ClobMarket>>>
GammaClient::clob_market(ConditionId condition, Instant deadline) {
    auto const url = net::with_target(options_.clob, "/clob-markets/" + to_string(condition));
    auto const body = co_await read(url, clob_group, deadline);
    if (!body && is_not_found(body.error())) co_return std::nullopt;
    if (!body) co_return body.error();
    auto market = parse_clob_market(*body);
    if (!market) co_return market.error();
    co_return std::optional{std::move(*market)};
}

Task<Result<std::optional<ClobOutcome>>>
GammaClient::clob_outcome(ConditionId condition, Instant deadline) {
    auto const url = net::with_target(options_.clob, "/markets/" + to_string(condition));
    auto const body = co_await read(url, clob_group, deadline);
    if (!body && is_not_found(body.error())) co_return std::nullopt;
    if (!body) co_return body.error();
    auto outcome = parse_clob_outcome(*body);
    if (!outcome) co_return outcome.error();
    co_return std::optional{std::move(*outcome)};
}

} // namespace polyquant::polymarket
