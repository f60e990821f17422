#include "engine/app/live_feeds.hpp"

#include "connectors/binance/feed.hpp"
#include "connectors/polymarket/contracts.hpp"
#include "connectors/polymarket/data/server_clock.hpp"
#include "connectors/polymarket/gamma/discovery_feed.hpp"
#include "connectors/polymarket/gamma/outcome_feed.hpp"
#include "connectors/polymarket/gamma/scan_feed.hpp"
#include "connectors/polymarket/gamma/vetting.hpp"
#include "connectors/polymarket/market/market_channel_feed.hpp"
#include "connectors/polymarket/prices/oracle_feed.hpp"
#include "connectors/polymarket/prices/website_prices.hpp"
#include "strategies/catalog.hpp"
#include "strategies/expiry/expiry_actor.hpp"

#include <fmt/format.h>

namespace polyquant::app {

namespace {

constexpr Seconds history_max{60};       // of one attempt to read a coin's bars
constexpr Seconds history_retry_max{30}; // between two attempts
constexpr Seconds slug_retry{15};
constexpr Seconds vetting_max{8};    // of one question to the exchange about a candidate
constexpr Seconds vetting_retry{20}; // after no answer, or while it is not ready
constexpr Seconds refused_retry{300};

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

// One scan serves all expiry strategies: the nearest cadence, the furthest reach.
polymarket::ScanWants scan_wants(config::RunConfig const& config) {
    polymarket::ScanWants wants;
    for (auto const& strategy : config.strategies) {
        if (strategies::trades_windows(strategy) || !strategy.header.enabled) continue;
        auto const made = strategies::make_expiry(strategy);
        auto const& p = made->params();
        auto const within = std::max<Nanos>(p.look_ahead, p.watch_look_ahead);
        auto const lowest = p.watch_look_ahead > Seconds{0} ? p.watch_price_min : p.list_price_min;
        auto const first = !std::exchange(wants.wanted, true);
        auto& reach = wants.reach;
        wants.every =
            first ? Nanos{p.scan_interval} : std::min<Nanos>(wants.every, p.scan_interval);
        reach.within = first ? within : std::max(reach.within, within);
        reach.favourites_from = first ? lowest : std::min(reach.favourites_from, lowest);
        reach.full_every = first ? Nanos{p.full_scan_interval}
                                 : std::min<Nanos>(reach.full_every, p.full_scan_interval);
    }
    return wants;
}

// A page of favourites costs milliseconds, which the loop does not have.
polymarket::ExpiryScanner::ReadPage page_reader(runtime::SidePool& pool) {
    auto reader = std::make_shared<polymarket::ScanPageReader>(
        polymarket::contracts_of(polymarket::polygon_chain_id).value().ctf_collateral
    );
    return [&pool, reader](std::string body, Price from) -> Task<Result<polymarket::ScanPage>> {
        auto const text = std::make_shared<std::string>(std::move(body));
        auto page =
            co_await pool.submit<polymarket::ScanPage>("page of a scan", [reader, text, from] {
                return reader->read(*text, from);
            });
        co_return page;
    };
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
    polymarket::ScanFeed scan;

    // Markets that a scan found. Their books are followed, and so they are traded, only when the
    // exchange has said the same of them as the list.
    struct Candidate {
        Market market;
        UtcTime next_at{};
        bool refused = false;
    };

    std::map<ConditionId, Candidate> to_vet;
    std::map<ConditionId, UtcTime> vetted; // until their end
    std::vector<Market> to_follow;
    std::vector<ConditionId> to_let_go;

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
          oracle{context, oracle_options(config), hooks.credentials, hooks.sink},
          website{context, website_options(config), hooks.sink},
          outcomes{context, gamma, {}, hooks.sink},
          server_clock{context, clock_options(config), hooks.sink},
          scan{context, gamma, page_reader(pool), scan_wants(config), {}, hooks.sink} {}

    Task<void> follow_coins();
    Task<Result<void>> read_history(Asset asset);
    Task<void> list_again();
    void follow(Market const& market);
    void part_from(ConditionId const& market);
    Task<void> change_followed();
    Task<void> vet_candidates();
    Task<void> vet_one(ConditionId id);
    std::optional<ConditionId> next_to_vet();
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
            auto const until = clock.now() + Seconds{10};
            auto const is_window = parse_updown_slug(slug).has_value();
            auto const found = is_window ? co_await gamma.by_slug(slug, until)
                                         : co_await gamma.market_by_slug(slug, until);
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

void LiveFeeds::State::follow(Market const& market) {
    website.follow(market);
    outcomes.follow(market);
    if (market.asset || vetted.contains(market.condition))
        books.follow(market);
    else
        to_vet.try_emplace(market.condition, Candidate{market});
}

// The soonest end first: it has the least time left to be traded.
std::optional<ConditionId> LiveFeeds::State::next_to_vet() {
    auto const now = context.clock.utc_now();
    std::erase_if(to_vet, [&](auto const& c) { return c.second.market.window.end() <= now; });
    std::erase_if(vetted, [&](auto const& known) { return known.second <= now; });
    std::optional<ConditionId> best;
    UtcTime soonest = UtcTime::max();
    for (auto const& [id, candidate] : to_vet) {
        auto const end = candidate.market.window.end();
        if (candidate.next_at > now || end >= soonest) continue;
        best = id;
        soonest = end;
    }
    return best;
}

Task<void> LiveFeeds::State::vet_candidates() {
    for (;;) {
        if (auto const id = next_to_vet()) {
            co_await vet_one(*id);
            auto const state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none) co_return;
            continue;
        }
        if (!co_await context.clock.wait_until(context.clock.now() + Seconds{1})) co_return;
    }
}

Task<void> LiveFeeds::State::vet_one(ConditionId id) {
    auto& clock = context.clock;
    auto const clob = co_await gamma.clob_market(id, clock.now() + vetting_max);
    auto const found = to_vet.find(id);
    if (found == to_vet.end()) co_return; // let go meanwhile
    auto& candidate = found->second;
    auto const now = clock.utc_now();
    candidate.next_at = now + vetting_retry;
    if (!clob) co_return;
    polymarket::Listing listing;
    listing.market = candidate.market;
    listing.has_tokens = listing.accepts_orders = true;
    auto const verdict = polymarket::vet(listing, *clob, now);
    using Verdict = polymarket::Vetted::Verdict;
    if (verdict.verdict == Verdict::not_yet) co_return;
    if (verdict.verdict == Verdict::refused) {
        candidate.next_at = now + refused_retry;
        if (!std::exchange(candidate.refused, true))
            hooks.say("left out: " + candidate.market.slug + ": " + verdict.reason);
        co_return;
    }
    auto const changed = verdict.market != candidate.market;
    vetted[id] = candidate.market.window.end();
    to_vet.erase(found);
    // Listed anew with the exchange's tick and delay, and followed by that.
    if (changed)
        hooks.sink(Event{MarketListed{{now, now, 0}, verdict.market}});
    else
        follow(verdict.market);
}

// The board must not go on believing a book that nobody keeps: its topic goes bad, which empties
// the book until the next snapshot, and is then nobody's trouble.
void LiveFeeds::State::part_from(ConditionId const& id) {
    to_vet.erase(id);
    auto const tokens = books.tokens_of(id);
    books.unfollow(id);
    outcomes.unfollow(id);
    auto const now = context.clock.utc_now();
    for (auto const& token : tokens)
        for (auto const healthy : {false, true})
            hooks.sink(Event{FeedState{
                {now, now, 0},
                std::string{books.name()},
                to_string(token),
                healthy,
                "not followed any more"
            }});
}

Task<void> LiveFeeds::State::change_followed() {
    while (co_await context.clock.wait_until(context.clock.now() + Seconds{1})) {
        for (auto const& market : std::exchange(to_let_go, {}))
            part_from(market);
        for (auto const& market : std::exchange(to_follow, {}))
            follow(market);
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
    bus.on<MarketListed>("feeds", [&s](MarketListed const& event) { s.follow(event.market); });
    bus.on<MarketResolved>("feeds", [&s](MarketResolved const& event) { s.outcomes.told(event); });
    supervisor.start(runtime::Stage::feeds, "binance", s.follow_coins());
    for (LiveFeed* feed : std::initializer_list<LiveFeed*>{
             &s.server_clock, &s.discovery, &s.books, &s.oracle, &s.website, &s.outcomes, &s.scan
         })
        s.start(supervisor, *feed);
    supervisor.start(runtime::Stage::feeds, "followed markets", s.change_followed());
    supervisor.start(runtime::Stage::feeds, "vetting", s.vet_candidates());
    supervisor.start_job(runtime::Stage::feeds, "list again", s.list_again());
}

void LiveFeeds::follow(Market const& market) {
    std::erase(state_->to_let_go, market.condition);
    state_->to_follow.push_back(market);
}

void LiveFeeds::let_go(ConditionId const& market) {
    std::erase_if(state_->to_follow, [&](Market const& m) { return m.condition == market; });
    state_->to_let_go.push_back(market);
}

void LiveFeeds::reload(config::RunConfig const& config) {
    state_->scan.want(scan_wants(config));
}

std::optional<Nanos> LiveFeeds::clock_offset() const {
    return state_->server_clock.clock_offset();
}

} // namespace polyquant::app
