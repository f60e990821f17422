#include "connectors/polymarket/gamma/discovery_feed.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

namespace {

constexpr Nanos tick = Seconds{1};
constexpr Nanos start_grace = Seconds{10}; // before a missing window is called missing
constexpr std::size_t refusals_kept = 64;

} // namespace

DiscoveryFeed::DiscoveryFeed(
    net::NetContext& context, GammaClient& gamma, Options options, EventSink sink
)
    : context_{context}, gamma_{gamma}, options_{std::move(options)}, sink_{std::move(sink)},
      plan_{options_.limits, context.random} {}

Task<void> DiscoveryFeed::run() {
    began_ = context_.clock.utc_now();
    for (auto const asset : options_.limits.assets) {
        auto worker = fmt::format("gamma.{}", lower_name(asset));
        if (!context_.supervisor.start_job(runtime::Stage::feeds, std::move(worker), work(asset)))
            co_return;
    }
    for (;;) {
        auto const now = context_.clock.utc_now();
        for (auto const& over : plan_.refresh(now)) {
            if (over.state == DiscoveryTarget::State::wanted) ++counts_.never_ready;
            if (refused_topics_.erase(over.slug) > 0) say(over.slug, true, "over");
        }
        report_health();
        auto const rang = co_await context_.clock.wait_until(context_.clock.now() + tick);
        if (!rang) co_return;
    }
}

Task<void> DiscoveryFeed::work(Asset asset) {
    for (;;) {
        auto const now = context_.clock.utc_now();
        if (auto const* target = plan_.due(asset, now)) {
            co_await look_up(*target);
            auto const state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none) co_return;
            continue;
        }
        auto const next = plan_.next_at(asset);
        auto const wait = next ? std::clamp<Nanos>(*next - now, Millis{10}, tick) : tick;
        auto const rang = co_await context_.clock.wait_until(context_.clock.now() + wait);
        if (!rang) co_return;
    }
}

Task<void> DiscoveryFeed::look_up(DiscoveryTarget target) {
    ++counts_.questions;
    auto const vetted = co_await ask(target);
    auto const now = context_.clock.utc_now();
    if (!vetted) {
        ++counts_.failures;
        plan_.postponed(target.slug, describe(vetted.error()), now);
        co_return;
    }
    switch (vetted->verdict) {
    case Vetted::Verdict::not_yet: plan_.postponed(target.slug, vetted->reason, now); break;
    case Vetted::Verdict::refused: refuse(target, vetted->reason); break;
    case Vetted::Verdict::tradeable:
        plan_.listed(target.slug);
        ++counts_.listed;
        if (refused_topics_.erase(target.slug) > 0) say(target.slug, true, "listed after all");
        sink_(MarketListed{Stamp{now, now, 0}, vetted->market});
        report_health();
        break;
    }
}

Task<Result<Vetted>> DiscoveryFeed::ask(DiscoveryTarget target) {
    auto const deadline = context_.clock.now() + options_.call_max;
    auto const listing = co_await gamma_.by_slug(target.slug, deadline);
    if (!listing) co_return listing.error();
    if (!*listing) {
        Vetted absent;
        absent.reason = "not created yet";
        co_return absent;
    }
    auto const& found = **listing;
    auto const now = context_.clock.utc_now();
    auto vetted = vet(found, std::nullopt, now);
    if (vetted.verdict == Vetted::Verdict::refused || !found.has_tokens) co_return vetted;
    if (found.market.window != target.window) {
        vetted.verdict = Vetted::Verdict::refused;
        vetted.reason = fmt::format(
            "the slug's window starts {} and lasts {} s, the market's starts {} and lasts {} s",
            format_utc(target.window.start),
            target.window.length.count(),
            format_utc(found.market.window.start),
            found.market.window.length.count()
        );
        co_return vetted;
    }
    auto const clob = co_await gamma_.clob_market(found.market.condition, deadline);
    if (!clob) co_return clob.error();
    co_return vet(found, *clob, context_.clock.utc_now());
}

void DiscoveryFeed::refuse(DiscoveryTarget const& target, std::string reason) {
    auto const now = context_.clock.utc_now();
    bool const first = target.state != DiscoveryTarget::State::refused;
    if (!plan_.refused(target.slug, reason, now)) return;
    if (first) ++counts_.refused;
    refusals_.push_back({target.slug, reason, now});
    if (refusals_.size() > refusals_kept) refusals_.pop_front();
    refused_topics_.insert(target.slug);
    say(target.slug, false, "refused: " + reason);
    report_health();
}

void DiscoveryFeed::report_health() {
    auto const now = context_.clock.utc_now();
    if (options_.limits.series.empty()) return;
    auto const series = options_.limits.series.front();
    for (auto const asset : options_.limits.assets) {
        auto const* const target = plan_.current(asset, series, now);
        bool const healthy = target && target->state == DiscoveryTarget::State::listed;
        auto const known = healthy_.find(asset);
        if (known != healthy_.end() && known->second == healthy) continue;
        if (!healthy && (!target || (known == healthy_.end() && now - began_ < start_grace)))
            continue;
        healthy_[asset] = healthy;
        say(std::string{lower_name(asset)},
            healthy,
            healthy ? "listed " + target->slug
                    : fmt::format(
                          "{}: {}",
                          target->slug,
                          target->reason.empty() ? "not looked up yet" : target->reason
                      ));
    }
}

void DiscoveryFeed::say(std::string topic, bool healthy, std::string reason) {
    auto const now = context_.clock.utc_now();
    sink_(FeedState{
        Stamp{now, now, 0}, std::string{name()}, std::move(topic), healthy, std::move(reason)
    });
}

} // namespace polyquant::polymarket
