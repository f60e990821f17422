#include "connectors/binance/kline_client.hpp"

#include "connectors/binance/parse/klines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace polyquant::binance {

namespace {

UtcTime grid_floor(UtcTime t, Seconds length) {
    auto const since = t.time_since_epoch();
    return UtcTime{since - since % Nanos{length}};
}

} // namespace

std::string_view interval_name(Seconds length) {
    constexpr std::array<std::pair<int, std::string_view>, 8> names{{
        {1, "1s"},
        {60, "1m"},
        {180, "3m"},
        {300, "5m"},
        {900, "15m"},
        {1'800, "30m"},
        {3'600, "1h"},
        {14'400, "4h"},
    }};
    for (auto const& [seconds, name] : names)
        if (length == Seconds{seconds}) return name;
    return {};
}

struct KlineClient::Order {
    Asset asset;
    Seconds length;
    std::vector<TimeRange> missing;
    Instant deadline;
    bool cache_must_work;
};

struct KlineClient::Page {
    std::vector<Bar> bars; // closed, within the range
    UtcTime next{};        // where the page after it begins
    UtcTime asked_until{}; // what the cache may take for known
    std::uint32_t defective = 0;
    std::string first_defect;
};

KlineClient::KlineClient(
    net::NetContext context,
    runtime::SidePool& pool,
    std::shared_ptr<KlineCache> cache,
    Options options
)
    : context_{std::move(context)}, pool_{pool}, cache_{std::move(cache)},
      options_{std::move(options)} {
    ENSURE(cache_ != nullptr, "bars go through a cache; one in memory will do");
    ENSURE(options_.page_rows >= 2, "a page holds a bar and the witness that it is closed");
    auto base = net::parse_url(options_.base_url);
    ENSURE(base.has_value(), "the configuration checked the URL of the bars");
    base_ = std::move(*base);
    net::GroupLimits limits;
    limits.rate = {1, options_.pause};
    limits.weight_per_minute = options_.weight_per_minute;
    context_.groups.add(group, limits);
}

TimeRange KlineClient::closed_part(TimeRange range, Seconds length) const {
    auto const now = grid_floor(context_.clock.utc_now(), length);
    auto const from = grid_floor(range.from + Nanos{length} - Nanos{1}, length);
    return {from, std::min(grid_floor(range.until, length), now)};
}

Task<Result<BarHistory>>
KlineClient::bars(Asset asset, Seconds length, TimeRange range, Instant deadline) {
    range = closed_part(range, length);
    BarHistory history;
    auto& report = history.report;
    if (range.is_empty()) co_return history;

    struct Known {
        std::vector<Bar> bars;
        std::vector<TimeRange> missing;
    };

    std::function<Result<Known>()> look =
        [cache = cache_, asset, length, range]() -> Result<Known> {
        auto bars = cache->bars(asset, length, range);
        if (!bars) return bars.error();
        auto missing = cache->missing(asset, length, range);
        if (!missing) return missing.error();
        return Known{std::move(*bars), std::move(*missing)};
    };
    auto known = co_await pool_.submit<Known>("binance.cache.read", std::move(look));
    if (!known) {
        if (known.error().fault == Fault::cancelled) co_return known.error();
        report.cache_trouble = known.error();
        known = Known{{}, {range}};
    }
    history.bars = std::move(known->bars);
    report.from_cache = history.bars.size();
    auto const add = [&](std::vector<Bar> const& bars, UtcTime) {
        history.bars.insert(history.bars.end(), bars.begin(), bars.end());
    };
    Order const order{asset, length, std::move(known->missing), deadline, false};
    auto const fetched = co_await fetch_missing(order, report, add);
    if (!fetched) co_return fetched.error();
    auto const earlier = [](Bar const& a, Bar const& b) {
        return a.open_time < b.open_time;
    };
    std::sort(history.bars.begin(), history.bars.end(), earlier);
    // A range asked for in part holds bars of the cache that came again.
    auto const same = [](Bar const& a, Bar const& b) {
        return a.open_time == b.open_time;
    };
    auto const twice = std::unique(history.bars.begin(), history.bars.end(), same);
    history.bars.erase(twice, history.bars.end());
    report.rows = history.bars.size();
    report.gaps = gaps_between(history.bars, length, range);
    if (!history.bars.empty())
        report.freshness = context_.clock.utc_now() - history.bars.back().close_time();
    co_return history;
}

Task<Result<KlineReport>> KlineClient::download(
    Asset asset, Seconds length, TimeRange range, Instant deadline, Progress progress
) {
    range = closed_part(range, length);
    KlineReport report;
    if (range.is_empty()) co_return report;
    using Ranges = std::vector<TimeRange>;
    std::function<Result<Ranges>()> look = [cache = cache_, asset, length, range] {
        return cache->missing(asset, length, range);
    };
    auto const missing = co_await pool_.submit<Ranges>("binance.cache.read", std::move(look));
    if (!missing) co_return missing.error();
    std::size_t fetched = 0;
    auto const tell = [&](std::vector<Bar> const& bars, UtcTime done_until) {
        fetched += bars.size();
        if (progress) progress(done_until, fetched);
    };
    Order const order{asset, length, *missing, deadline, true};
    auto const done = co_await fetch_missing(order, report, tell);
    if (!done) co_return done.error();
    std::function<Result<Ranges>()> count = [cache = cache_, asset, length, range] {
        return cache->gaps(asset, length, range);
    };
    auto gaps = co_await pool_.submit<Ranges>("binance.cache.read", std::move(count));
    if (!gaps) co_return gaps.error();
    auto absent = Nanos{0};
    for (auto const& gap : *gaps)
        absent += gap.until - gap.from;
    auto const end =
        !gaps->empty() && gaps->back().until == range.until ? gaps->back().from : range.until;
    report.freshness = context_.clock.utc_now() - end;
    report.rows = static_cast<std::size_t>((range.until - range.from - absent) / length);
    report.from_cache = report.rows - std::min(report.rows, fetched);
    report.gaps = std::move(*gaps);
    co_return report;
}

Task<Result<void>>
KlineClient::fetch_missing(Order const& order, KlineReport& report, OnPage const& on_page) {
    for (auto const& part : order.missing) {
        for (auto from = part.from; from < part.until;) {
            auto const page = co_await fetch_page(order, {from, part.until});
            ++report.requests;
            if (!page) co_return page.error();
            report.defective += page->defective;
            if (report.first_defect.empty()) report.first_defect = page->first_defect;
            std::function<Result<bool>()> keep = [cache = cache_,
                                                  asset = order.asset,
                                                  length = order.length,
                                                  bars = page->bars,
                                                  asked = TimeRange{from, page->asked_until}] {
                auto const stored = cache->store(asset, length, bars, asked);
                return stored ? Result<bool>{true} : Result<bool>{stored.error()};
            };
            auto const kept = co_await pool_.submit<bool>("binance.cache.store", std::move(keep));
            auto const is_fatal =
                !kept && (order.cache_must_work || kept.error().fault == Fault::cancelled);
            if (is_fatal) co_return kept.error();
            if (!kept) report.cache_trouble = kept.error();
            on_page(page->bars, page->next);
            from = page->next;
        }
    }
    co_return Result<void>{};
}

// One more bar than the range holds is asked for: it is the witness that the last one is closed.
Task<Result<KlineClient::Page>> KlineClient::fetch_page(Order const& order, TimeRange range) {
    auto const length = order.length;
    auto const from = range.from;
    auto const target = net::with_query(
        "/api/v3/klines",
        {{"symbol", std::string{binance_symbol(order.asset)}},
         {"interval", std::string{interval_name(length)}},
         {"startTime", std::to_string(unix_millis(from))},
         {"endTime", std::to_string(unix_millis(range.until + length) - 1)},
         {"limit", std::to_string(options_.page_rows)}}
    );
    auto const body = co_await get(target, order.deadline);
    if (!body) co_return body.error();
    auto rows = parse_klines(*body, length);
    if (!rows) co_return rows.error();

    auto const now = context_.clock.utc_now();
    Page page;
    page.defective = rows->defective;
    page.first_defect = std::move(rows->first_defect);
    auto expected = from;
    for (std::size_t i = 0; i < rows->bars.size(); ++i) {
        auto const& bar = rows->bars[i];
        auto const on_grid = bar.open_time.time_since_epoch() % length == Nanos{0};
        if (bar.open_time < expected || !on_grid || bar.open_time > range.until)
            co_return Failure{
                Fault::parse,
                "binance.klines",
                fmt::format(
                    "row {} opens at {}, which was not asked for", i, format_utc(bar.open_time)
                )
            };
        expected = bar.open_time + length;
        auto const is_closed = i + 1 < rows->bars.size() || bar.close_time() + close_grace <= now;
        if (is_closed && bar.open_time < range.until) page.bars.push_back(bar);
    }
    auto const taken = rows->bars.size() + rows->defective;
    auto const is_full = taken >= static_cast<std::size_t>(options_.page_rows);
    auto const last_close = page.bars.empty() ? from : page.bars.back().close_time();
    page.next = is_full ? std::max(last_close, from + length) : range.until;
    // Bars that are not there may still come, while their time is recent.
    auto const settled = grid_floor(now - absent_after, length);
    auto const known = std::max(last_close, std::min(settled, page.next));
    page.asked_until = page.defective > 0 ? from : std::min(known, page.next);
    co_return page;
}

Task<Result<std::string>> KlineClient::get(std::string target, Instant deadline) {
    auto& clock = context_.clock;
    for (auto attempt = 1;; ++attempt) {
        auto request = net::get_request(net::with_target(base_, target), group);
        auto const until = std::min(deadline, clock.now() + options_.request_max);
        // Waiting for the rate budget counts against the whole, not against one request.
        auto* const budget = context_.groups.find(group);
        auto const ready = budget->limiter.ready_at(1, clock.now());
        auto const limit = std::min(deadline, std::max(until, ready + options_.request_max));
        auto answer = co_await context_.https.send(std::move(request), limit);
        if (answer) obey(*answer);
        auto checked = answer ? net::require_success(std::move(*answer), group) : std::move(answer);
        if (checked) co_return std::move(checked->body);
        auto const fault = checked.error().fault;
        auto const may_repeat = is_retryable(fault) || fault == Fault::breaker_open;
        if (!may_repeat || attempt >= options_.attempts_max) co_return checked.error();
        auto wait = net::doubled(Millis{500}, attempt - 1, Seconds{10});
        wait = wait / 2 + net::uniform_up_to(wait / 2, context_.random);
        auto next = clock.now() + wait;
        if (auto const reopens = budget->breaker.reopens_at()) next = std::max(next, *reopens);
        next = std::max(next, budget->limiter.blocked_until());
        if (next >= deadline) co_return checked.error();
        if (options_.on_retry) options_.on_retry(checked.error(), next - clock.now());
        auto const rang = co_await clock.wait_until(next);
        if (!rang) co_return Failure{Fault::cancelled, group, "cancelled between two attempts"};
    }
}

// A ban is for this address, whoever asks: the breaker says so to everybody.
void KlineClient::obey(net::HttpResponse const& answer) {
    if (answer.status != 429 && answer.status != 418) return;
    auto* const budget = context_.groups.find(group);
    budget->breaker.trip(budget->limiter.blocked_until());
    context_.groups.report_changes(context_.clock.now());
}

} // namespace polyquant::binance
