#include "engine/app/engine_probe.hpp"

#include "engine/app/build_info.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace polyquant::app {

namespace {

// More than any run has; a feed that invents names fills no memory.
constexpr std::size_t topics_max = 512;
constexpr std::size_t doubted_max = 4'096;

template <std::size_t... I>
std::array<std::string, sizeof...(I)> names_of_kinds(std::index_sequence<I...>) {
    return {std::string{name_of(Event{std::variant_alternative_t<I, Event>{}})}...};
}

} // namespace

EngineProbe::EngineProbe(Parts parts) : parts_{std::move(parts)}, stages_{parts_.clock_factor} {}

void EngineProbe::start() {
    parts_.bus.on<FeedState>("probe", [this](FeedState const& e) { on_feed(e); });
    parts_.bus.on<BreakerChanged>("probe", [this](BreakerChanged const& e) {
        if (e.state == BreakerState::open) ++openings_[e.endpoint_group];
    });
    parts_.engine.listen_facts([this](Fact const& fact) {
        stages_.on(fact);
        activity_.on(fact);
    });
}

void EngineProbe::begin(Event const& event) {
    began_ = real_.now();
    features_at_.reset();
    auto const received = stamp_of(event).received_at;
    stages_.note_engine_time(metrics::StageOfWork::parse, parts_.clock.utc_now() - received);
}

// An event published from within a handler comes here again: the first time counts.
void EngineProbe::end_features() {
    if (features_at_) return;
    features_at_ = real_.now();
    stages_.note(metrics::StageOfWork::features, *features_at_ - began_);
}

void EngineProbe::end() {
    timing_ = false;
    if (features_at_) stages_.note(metrics::StageOfWork::decision, real_.now() - *features_at_);
}

void EngineProbe::on_feed(FeedState const& state) {
    if (auto const token = parse_token_id(state.topic)) return on_book(*token, state);
    auto const known = topics_.find({state.feed, state.topic});
    if (known == topics_.end() && topics_.size() >= topics_max) return;
    auto& topic = topics_[{state.feed, state.topic}];
    auto const is_news = known == topics_.end() || topic.healthy != state.healthy;
    topic.feed = state.feed;
    topic.topic = state.topic;
    topic.healthy = state.healthy;
    topic.reason = state.reason;
    if (is_news) topic.since = real_.utc_now();
}

void EngineProbe::on_book(TokenId const& token, FeedState const& state) {
    auto known = book_feeds_.find(state.feed);
    if (known == book_feeds_.end()) {
        if (book_feeds_.size() >= topics_max) return;
        known = book_feeds_.emplace(state.feed, BookFeed{real_.utc_now(), {}}).first;
    }
    auto& feed = known->second;
    if (state.healthy) {
        if (feed.doubted.erase(token) > 0 && feed.doubted.empty()) feed.since = real_.utc_now();
        return;
    }
    // A market may end while its book is in doubt, and nobody speaks of it any more.
    if (feed.doubted.size() >= doubted_max)
        std::erase_if(feed.doubted, [this](auto const& book) {
            return !parts_.engine.board().find(book.first);
        });
    if (feed.doubted.size() < doubted_max)
        feed.doubted.try_emplace(token, DoubtedBook{real_.utc_now(), state.reason});
}

void EngineProbe::add_topics(metrics::Figures& figures) const {
    for (auto const& [key, topic] : topics_)
        figures.topics.push_back(topic);
    auto const now = parts_.clock.utc_now();
    for (auto const& [name, feed] : book_feeds_) {
        metrics::TopicState books{name, "books", true, {}, feed.since};
        std::size_t doubted = 0;
        for (auto const& [token, book] : feed.doubted) {
            auto const place = parts_.engine.board().find(token);
            if (!place || place->market->window.end() <= now) continue;
            if (++doubted == 1 || book.since < books.since) {
                books.since = book.since;
                books.reason = book.reason;
            }
        }
        books.healthy = doubted == 0;
        if (doubted > 0) books.reason = fmt::format("{} in doubt: {}", doubted, books.reason);
        figures.topics.push_back(std::move(books));
    }
}

metrics::FiguresPtr EngineProbe::figures() const {
    auto figures = std::make_shared<metrics::Figures>();
    figures->taken_at = real_.utc_now();
    figures->beat = real_.now();
    figures->started_at = parts_.started_at;
    figures->version = code_version();
    figures->process_id = ::getpid();
    add_engine(*figures);
    add_positions(*figures);
    add_lag(*figures);
    parts_.complete(*figures);
    return figures;
}

void EngineProbe::add_engine(metrics::Figures& figures) const {
    static std::array const kinds =
        names_of_kinds(std::make_index_sequence<runtime::event_kind_count>{});
    auto& engine = parts_.engine;
    for (std::size_t i = 0; i < kinds.size(); ++i)
        figures.events.push_back({kinds[i], parts_.bus.published(i)});
    figures.facts = engine.facts();
    figures.open_orders = engine.execution().open_orders();
    figures.unknown_orders = engine.execution().unknown_orders();
    figures.windows_pending = engine.windows_pending();
    figures.settlements_contradicted = engine.settler().counts().contradicted;
    figures.stages = stages_.histograms();
    figures.activity = activity_.fields();
    figures.windows_settled = activity_.windows_settled();
    figures.recent_orders.assign(activity_.recent().begin(), activity_.recent().end());
    add_topics(figures);
    for (auto const& [group, n] : openings_)
        figures.breaker_openings.push_back({group, n});
    if (groups_ == nullptr) return;
    for (auto const& [key, n] : groups_->calls())
        figures.calls.push_back({key.first, key.second, n});
}

void EngineProbe::add_positions(metrics::Figures& figures) const {
    auto const now = parts_.clock.utc_now();
    for (auto const& [name, account] : parts_.engine.portfolio().strategies()) {
        for (auto const& [token, held] : account.positions) {
            metrics::OpenPosition position;
            position.strategy = name.text;
            position.asset = held.asset ? std::string{to_string(*held.asset)} : "other";
            if (auto const* market = parts_.engine.board().find(held.market)) {
                position.slug = market->slug;
                position.closes = market->window.end();
            }
            position.outcome = held.outcome;
            position.exposure = held.exposure;
            position.confirmed = held.confirmed;
            position.cost = held.cost;
            if (held.window) {
                position.closes = held.window->end();
                if (now > *position.closes)
                    figures.oldest_unsettled = std::max(
                        figures.oldest_unsettled.value_or(Nanos{0}), now - *position.closes
                    );
            }
            figures.open_positions.push_back(std::move(position));
        }
    }
    figures.positions = figures.open_positions.size();
}

void EngineProbe::add_lag(metrics::Figures& figures) const {
    constexpr std::array bounds{
        Nanos{500'000},
        Nanos{1'000'000},
        Nanos{2'500'000},
        Nanos{5'000'000},
        Nanos{10'000'000},
        Nanos{25'000'000},
        Nanos{50'000'000},
        Nanos{100'000'000},
        Nanos{250'000'000},
    };
    auto const& lag = parts_.lag;
    for (auto const bound : bounds)
        figures.lag.buckets.push_back({bound, lag.at_most(bound)});
    figures.lag.count = lag.count();
    figures.lag.sum = lag.sum();
    figures.lag.max = lag.max();
    if (lag.count() > 0) figures.lag.p99 = lag.quantile(0.99);
}

} // namespace polyquant::app
