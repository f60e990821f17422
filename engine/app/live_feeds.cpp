#include "engine/app/live_feeds.hpp"

#include "connectors/binance/feed.hpp"
#include "connectors/polymarket/contracts.hpp"
#include "connectors/polymarket/data/server_clock.hpp"
#include "connectors/polymarket/gamma/discovery_feed.hpp"
#include "connectors/polymarket/gamma/outcome_feed.hpp"
#include "connectors/polymarket/market/market_channel_feed.hpp"
#include "connectors/polymarket/prices/oracle_feed.hpp"
#include "connectors/polymarket/prices/website_prices.hpp"

#include <fmt/format.h>

namespace polyquant::app {

namespace {

constexpr Seconds history_max{60};       // of one attempt to read a coin's bars
constexpr Seconds history_retry_max{30}; // between two attempts
constexpr Seconds slug_retry{15};

// The configuration checks schemes only; what a host may look like is the network's knowledge.
Result<void> check_urls(config::EndpointParams const& endpoints) {
    std::optional<Failure> problem;
    config::for_each_param<config::EndpointParams>([&]<class Row>(Row const& row) {
        if constexpr (std::is_same_v<typename Row::Value, std::string>) {
            if (row.unit != "URL" || problem) return;
            auto const url = net::parse_url(endpoints.*row.member);
            if (!url)
                problem = Failure{
                    Fault::invalid, fmt::format("endpoints.{}", row.name), describe(url.error())
                };
        }
    });
    if (problem) return *problem;
    return {};
}

net::Url url_of(std::string const& text) {
    return net::parse_url(text).value(); // check_urls() came before
}

net::Url below(std::string const& base, std::string path) {
    auto url = url_of(base);
    if (url.target.ends_with('/')) url.target.pop_back();
    auto target = url.target + path;
    return net::with_target(std::move(url), std::move(target));
}

binance::FeedOptions binance_options(config::RunConfig const& config) {
    binance::FeedOptions options;
    options.stream_url = config.endpoints.binance_stream;
    options.rest.base_url = config.endpoints.binance_rest;
    options.assets = config.run.assets;
    return options;
}

polymarket::GammaClient::Options gamma_options(config::RunConfig const& config) {
    return {
        url_of(config.endpoints.gamma),
        url_of(config.endpoints.clob),
        polymarket::contracts_of(polymarket::polygon_chain_id).value().ctf_collateral
    };
}

polymarket::DiscoveryFeed::Options discovery_options(config::RunConfig const& config) {
    polymarket::DiscoveryFeed::Options options;
    options.limits.assets = config.run.assets;
    return options;
}

polymarket::MarketChannelFeed::Options channel_options(config::RunConfig const& config) {
    polymarket::MarketChannelFeed::Options options;
    options.stream = below(config.endpoints.clob_stream, "/ws/market");
    options.rest = url_of(config.endpoints.clob);
    return options;
}

polymarket::OracleFeed::Options oracle_options(config::RunConfig const& config) {
    polymarket::OracleFeed::Options options;
    options.polybolt = url_of(config.endpoints.polybolt);
    options.rtds = url_of(config.endpoints.rtds);
    options.assets = config.run.assets;
    return options;
}

polymarket::WebsitePrices::Options website_options(config::RunConfig const& config) {
    polymarket::WebsitePrices::Options options;
    options.website = url_of(config.endpoints.website);
    return options;
}

polymarket::ServerClock::Options clock_options(config::RunConfig const& config) {
    polymarket::ServerClock::Options options;
    options.clob = url_of(config.endpoints.clob);
    return options;
}

} // namespace

struct LiveFeeds::State {
    net::NetContext context;
    std::vector<Asset> assets;
    std::size_t history_bars;
    std::vector<std::string> slugs_wanted;
    Hooks hooks;
    binance::BinanceFeed coins;
    polymarket::GammaClient gamma;
    polymarket::DiscoveryFeed discovery;
    polymarket::MarketChannelFeed books;
    polymarket::OracleFeed oracle;
    polymarket::WebsitePrices website;
    polymarket::OutcomeFeed outcomes;
    polymarket::ServerClock server_clock;

    State(
        net::NetContext c,
        runtime::SidePool& pool,
        std::shared_ptr<binance::KlineCache> cache,
        config::RunConfig const& config,
        std::vector<std::string> slugs,
        Hooks h
    )
        : context{std::move(c)}, assets{config.run.assets},
          history_bars{static_cast<std::size_t>(config.model.history_bars)},
          slugs_wanted{std::move(slugs)}, hooks{std::move(h)},
          coins{context, pool, std::move(cache), binance_options(config), hooks.sink},
          gamma{context, gamma_options(config)},
          discovery{context, gamma, discovery_options(config), hooks.sink},
          books{context, channel_options(config), hooks.sink},
          oracle{context, oracle_options(config), [] { return std::nullopt; }, hooks.sink},
          website{context, website_options(config), hooks.sink},
          outcomes{context, gamma, {}, hooks.sink},
          server_clock{context, clock_options(config), hooks.sink} {}

    Task<void> follow_coins();
    Task<Result<void>> read_history(Asset asset);
    Task<void> list_again();
    void start(runtime::Supervisor& supervisor, LiveFeed& feed);
};

// The models' history first, then the live bars behind it, without a hole between.
Task<void> LiveFeeds::State::follow_coins() {
    for (auto asset : assets) {
        Nanos pause = Seconds{1};
        for (;;) {
            auto const read = co_await read_history(asset);
            if (read) break;
            if (read.error().fault == Fault::cancelled) co_return;
            hooks.say(fmt::format(
                "no bars of {} yet, trying again: {}", to_string(asset), describe(read.error())
            ));
            if (!co_await context.clock.wait_until(context.clock.now() + pause)) co_return;
            pause = std::min<Nanos>(pause * 2, history_retry_max);
        }
    }
    co_await coins.run();
}

Task<Result<void>> LiveFeeds::State::read_history(Asset asset) {
    auto const& clock = context.clock;
    auto const history =
        co_await coins.history(asset, history_bars, clock.utc_now(), clock.now() + history_max);
    if (!history) co_return history.error();
    auto const& report = history->report;
    hooks.on_history(asset, history->bars);
    hooks.say(fmt::format(
        "{}: {} minute bars, {} from the cache, {} gaps, {} requests",
        to_string(asset),
        report.rows,
        report.from_cache,
        report.gaps.size(),
        report.requests
    ));
    if (report.defective > 0)
        hooks.say(fmt::format(
            "{}: {} impossible bars left out, the first: {}",
            to_string(asset),
            report.defective,
            report.first_defect
        ));
    if (report.cache_trouble) hooks.say("bar cache: " + describe(*report.cache_trouble));
    co_return Result<void>{};
}

// Markets of an earlier process that are over, or that no series leads to; a coin's window in
// progress is listed by the discovery, which vets it. What the venue's rules refuse stays unlisted.
Task<void> LiveFeeds::State::list_again() {
    auto& clock = context.clock;
    while (!slugs_wanted.empty()) {
        std::vector<std::string> left;
        std::string absent;
        for (auto const& slug : slugs_wanted) {
            auto const found = co_await gamma.by_slug(slug, clock.now() + Seconds{10});
            auto const now = clock.utc_now();
            auto const* listing = found && *found ? &**found : nullptr;
            if (listing != nullptr && listing->refusal.empty() &&
                (!listing->market.asset || listing->market.window.end() <= now)) {
                hooks.sink(Event{MarketListed{{now, now, 0}, listing->market}});
                continue;
            }
            left.push_back(slug);
            if (listing == nullptr) absent = slug;
            if (listing != nullptr && !listing->refusal.empty())
                absent = slug + " (" + listing->refusal + ")";
        }
        slugs_wanted = std::move(left);
        if (!absent.empty())
            hooks.say("a market of an earlier process cannot be listed yet: " + absent);
        if (slugs_wanted.empty()) co_return;
        if (!co_await clock.wait_until(clock.now() + slug_retry)) co_return;
    }
}

void LiveFeeds::State::start(runtime::Supervisor& supervisor, LiveFeed& feed) {
    supervisor.start(runtime::Stage::feeds, std::string{feed.name()}, feed.run());
}

Result<std::unique_ptr<LiveFeeds>> LiveFeeds::create(
    net::NetContext context,
    runtime::SidePool& cache_pool,
    config::RunConfig const& config,
    std::filesystem::path const& cache_directory,
    std::vector<std::string> slugs_wanted,
    Hooks hooks
) {
    if (auto const known = check_urls(config.endpoints); !known) return known.error();
    auto cache = binance::KlineCache::open(cache_directory / "bars.sqlite");
    if (!cache) return cache.error();
    auto state = std::make_unique<State>(
        std::move(context),
        cache_pool,
        std::move(*cache),
        config,
        std::move(slugs_wanted),
        std::move(hooks)
    );
    return std::unique_ptr<LiveFeeds>{new LiveFeeds{std::move(state)}};
}

LiveFeeds::LiveFeeds(std::unique_ptr<State> state) : state_{std::move(state)} {}

LiveFeeds::~LiveFeeds() = default;

void LiveFeeds::start(runtime::Bus& bus, runtime::Supervisor& supervisor) {
    auto& s = *state_;
    bus.on<MarketListed>("feeds", [&s](MarketListed const& event) {
        s.books.follow(event.market);
        s.website.follow(event.market);
        s.outcomes.follow(event.market);
    });
    bus.on<MarketResolved>("feeds", [&s](MarketResolved const& event) { s.outcomes.told(event); });
    supervisor.start(runtime::Stage::feeds, "binance", s.follow_coins());
    for (LiveFeed* feed : std::initializer_list<LiveFeed*>{
             &s.server_clock, &s.discovery, &s.books, &s.oracle, &s.website, &s.outcomes
         })
        s.start(supervisor, *feed);
    supervisor.start_job(runtime::Stage::feeds, "list again", s.list_again());
}

polymarket::GammaClient& LiveFeeds::gamma() {
    return state_->gamma;
}

std::optional<Nanos> LiveFeeds::clock_offset() const {
    return state_->server_clock.clock_offset();
}

} // namespace polyquant::app
