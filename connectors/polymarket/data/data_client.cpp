#include "connectors/polymarket/data/data_client.hpp"

namespace polyquant::polymarket {

namespace {

constexpr auto group = "data";

} // namespace

DataClient::DataClient(net::NetContext& context, Options options)
    : context_{context}, options_{std::move(options)} {
    net::GroupLimits limits;
    // A third of the documented 150 /positions in 10 s.
    limits.rate = net::TokenRate::of(50, Seconds{10});
    context_.groups.add(group, limits);
}

Task<Result<std::vector<VenuePosition>>>
DataClient::positions(crypto::Address wallet, std::string status, Instant deadline) {
    std::vector<VenuePosition> all;
    std::string cursor;
    for (std::size_t page_number = 1;; ++page_number) {
        // The default filter hides holdings below a tenth of a dollar.
        net::Query query{
            {"user", crypto::to_string(wallet)}, {"limit", "100"}, {"filter_amount", "0"}
        };
        if (!status.empty()) query.emplace_back("status", status);
        if (!cursor.empty()) query.emplace_back("cursor", cursor);
        auto const url =
            net::with_target(options_.data_api, net::with_query("/v2/positions", query));
        auto const answer = co_await context_.https.fetch(net::get_request(url, group), deadline);
        if (!answer) co_return answer.error();
        auto page = parse_positions(answer->body);
        if (!page) co_return page.error();
        for (auto& row : page->rows)
            all.push_back(std::move(row));
        if (page->next_cursor.empty()) co_return all;
        if (page->next_cursor == cursor)
            co_return Failure{Fault::parse, "data.positions", "the cursor does not advance"};
        if (page_number >= options_.pages_max)
            co_return Failure{
                Fault::invalid,
                "data.positions",
                "more than " + std::to_string(options_.pages_max) + " pages of positions"
            };
        cursor = std::move(page->next_cursor);
    }
}

Task<Result<std::vector<AccountRow>>>
DataClient::rows(std::string path, crypto::Address wallet, UtcTime from, Instant deadline) {
    std::vector<AccountRow> all;
    std::string cursor;
    for (std::size_t page_number = 1;; ++page_number) {
        net::Query query{
            {"user", crypto::to_string(wallet)}, {"limit", "500"}, {"filter_amount", "0"}
        };
        if (!cursor.empty()) query.emplace_back("cursor", cursor);
        auto const url = net::with_target(options_.data_api, net::with_query(path, query));
        auto const answer = co_await context_.https.fetch(net::get_request(url, group), deadline);
        if (!answer) co_return answer.error();
        auto page = parse_account_rows(answer->body);
        if (!page) co_return page.error();
        for (auto& row : page->rows) {
            if (row.at < from) co_return all;
            all.push_back(std::move(row));
        }
        if (page->next_cursor.empty()) co_return all;
        if (page->next_cursor == cursor)
            co_return Failure{Fault::parse, "data" + path, "the cursor does not advance"};
        if (page_number >= 10 * options_.pages_max)
            co_return Failure{
                Fault::invalid,
                "data" + path,
                "more than " + std::to_string(10 * options_.pages_max) + " pages"
            };
        cursor = std::move(page->next_cursor);
    }
}

Task<Result<std::vector<AccountRow>>>
DataClient::trades(crypto::Address wallet, UtcTime from, Instant deadline) {
    auto all = co_await rows("/v2/trades", wallet, from, deadline);
    co_return all;
}

Task<Result<std::vector<AccountRow>>>
DataClient::activity(crypto::Address wallet, UtcTime from, Instant deadline) {
    auto all = co_await rows("/v2/activity", wallet, from, deadline);
    co_return all;
}

Task<Result<std::optional<VenueResolution>>>
DataClient::resolution(ConditionId condition, Instant deadline) {
    net::Query const query{{"condition", to_string(condition)}};
    auto const url = net::with_target(options_.data_api, net::with_query("/v2/resolutions", query));
    auto const answer = co_await context_.https.fetch(net::get_request(url, group), deadline);
    if (!answer && answer.error().http_status == 404) co_return std::nullopt;
    if (!answer) co_return answer.error();
    auto resolution = parse_resolution(answer->body);
    co_return resolution;
}

Task<Result<Geoblock>> DataClient::geoblock(Instant deadline) {
    auto const url = net::with_target(options_.website, "/api/geoblock");
    auto const answer = co_await context_.https.fetch(net::get_request(url, group), deadline);
    if (!answer) co_return answer.error();
    co_return parse_geoblock(answer->body);
}

} // namespace polyquant::polymarket
