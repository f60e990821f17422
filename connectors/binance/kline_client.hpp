// Bars by REST, through the cache.
#pragma once

#include "connectors/binance/kline_cache.hpp"
#include "connectors/net/net_context.hpp"
#include "engine/runtime/side_pool.hpp"

#include <functional>
#include <string>

namespace polyquant::binance {

struct KlineReport {
    std::size_t rows = 0;       // in all
    std::size_t from_cache = 0; // of them
    int requests = 0;
    std::uint32_t defective = 0; // rows of the venue that cannot be true, left out
    std::string first_defect{};
    std::vector<TimeRange> gaps{};          // of the range asked for, as far as its bars are closed
    Nanos freshness{0};                     // since the close of the last bar
    std::optional<Failure> cache_trouble{}; // the bars are right, but will be fetched again
};

struct BarHistory {
    std::vector<Bar> bars; // closed ones, in order of time
    KlineReport report;
};

class KlineClient {
public:
    struct Options {
        std::string base_url = "https://api.binance.com";
        Nanos pause = Millis{100}; // between two calls
        int weight_per_minute = 6'000;
        Nanos request_max = Seconds{10};
        int attempts_max = 4; // of one page
        int page_rows = 1'000;
        // Told of a failed call that will be made again, and after what time.
        std::function<void(Failure const&, Nanos wait)> on_retry{};
    };

    // How much of the range is done, after each page.
    using Progress = std::function<void(UtcTime done_until, std::size_t rows)>;

    // Adds the endpoint group "binance.rest". Everything given outlives the client.
    KlineClient(
        net::NetContext context,
        runtime::SidePool& pool,
        std::shared_ptr<KlineCache> cache,
        Options options
    );

    // Bars whose open times lie in the range and that are closed: from the cache, the rest from the
    // venue. Never an open bar: a bar is closed when a later one was seen, or 10 s after its end,
    // so that a clock that runs ahead of the venue's does not cut the last trades off.
    Task<Result<BarHistory>> bars(Asset asset, Seconds length, TimeRange range, Instant deadline);

    // The same into the cache alone, for ranges that need not fit into memory; with gaps and
    // counts. What was fetched before a failure stays.
    Task<Result<KlineReport>>
    download(Asset asset, Seconds length, TimeRange range, Instant deadline, Progress progress);

    static constexpr Nanos close_grace = Seconds{10};
    // A bar that the venue still does not have this long after its end does not exist there.
    static constexpr Nanos absent_after = Seconds{600};
    static constexpr char const* group = "binance.rest";

private:
    struct Page;
    struct Order; // what to fetch

    using OnPage = std::function<void(std::vector<Bar> const& bars, UtcTime done_until)>;

    Task<Result<void>>
    fetch_missing(Order const& order, KlineReport& report, OnPage const& on_page);
    Task<Result<Page>> fetch_page(Order const& order, TimeRange range);
    Task<Result<std::string>> get(std::string target, Instant deadline);
    void obey(net::HttpResponse const& answer);
    TimeRange closed_part(TimeRange range, Seconds length) const;

    net::NetContext context_;
    runtime::SidePool& pool_;
    std::shared_ptr<KlineCache> cache_;
    Options options_;
    net::Url base_;
};

// "1m", "1s", "1h"; Binance's own names. Empty for lengths it does not have.
std::string_view interval_name(Seconds length);

} // namespace polyquant::binance
