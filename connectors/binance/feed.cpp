#include "connectors/binance/feed.hpp"

#include "connectors/binance/feed_state.hpp"
#include "engine/runtime/deadline.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::binance {

namespace {

std::string topic_name(Asset asset, std::string_view stream) {
    std::string name{binance_symbol(asset)};
    std::ranges::transform(name, name.begin(), [](char c) {
        return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    return fmt::format("{}@{}", name, stream);
}

// Nothing this feed sends can be refused for good: whatever it was goes away by itself.
net::ReconnectAction never_stop(net::Loss const& loss) {
    auto const action = net::default_reconnect_action(loss);
    return action.kind == net::ReconnectAction::Kind::stop ? net::ReconnectAction{} : action;
}

std::string words_of(net::Loss const& loss) {
    if (loss.close_code != 0)
        return fmt::format("closed by the venue: {} {}", loss.close_code, loss.close_reason);
    return describe(loss.failure);
}

} // namespace

Lane::Lane(BinanceFeed::State& feed, std::size_t number, net::WsSession::Options options)
    : session{
          feed.context.dialer,
          feed.context.supervisor,
          feed.context.random,
          [&feed] { return feed.request(); },
          *this,
          std::move(options)
      },
      feed_{feed}, number_{number} {}

std::vector<std::string> Lane::on_up(UtcTime) {
    is_up = true;
    has_bars = {};
    feed_.lane_up(number_);
    return {}; // the streams stand in the URL
}

void Lane::on_frame(net::WsFrame const& frame) {
    feed_.take_frame(number_, frame);
}

void Lane::on_down(net::Loss const& loss) {
    is_up = false;
    feed_.lane_down(number_, loss);
}

void Lane::on_attempt_failed(net::Loss const& loss, bool) {
    feed_.lane_failed(loss);
}

BinanceFeed::State::State(
    net::NetContext net_context,
    runtime::SidePool& pool,
    std::shared_ptr<KlineCache> cache,
    FeedOptions feed_options,
    EventSink event_sink
)
    : context{std::move(net_context)}, options{std::move(feed_options)},
      sink{std::move(event_sink)}, klines{context, pool, std::move(cache), options.rest},
      silence_pause{options.renew_pause}, time_wake{context.executor, "binance.time", 1},
      fill_wake{context.executor, "binance.fill", 1} {
    auto url = net::parse_url(options.stream_url);
    ENSURE(url.has_value(), "the configuration checked the URL of the streams");
    stream = std::move(*url);
    auto const now = context.clock.now();
    for (auto const asset : options.assets) {
        auto const watch = [&](std::string_view name, Nanos silence_max) {
            Topic topic{topic_name(asset, name)};
            topic.id = watchdog.add(topic.name, silence_max, now);
            return topic;
        };
        Coin coin{
            .asset = asset,
            .ticks = TickPacer{options.tick_gap},
            .bar_topic = watch("kline_1m", options.bars_silence_max),
            .trade_topic = watch("aggTrade", options.trades_silence_max),
            .quote_topic = {},
        };
        if (watches_quotes()) coin.quote_topic = watch("bookTicker", options.quotes_silence_max);
        coins.push_back(std::move(coin));
    }
    for (std::size_t i = 0; i < lanes.size(); ++i) {
        net::WsSession::Options session;
        session.name = fmt::format("binance.stream{}", i + 1);
        session.starts_paused = i != active;
        session.silence_max = options.socket_silence_max;
        session.policy = never_stop;
        lanes[i] = std::make_unique<Lane>(*this, i, std::move(session));
    }
}

net::WsRequest BinanceFeed::State::request() const {
    std::string streams;
    for (auto const& coin : coins)
        for (auto const* topic : {&coin.bar_topic, &coin.trade_topic, &coin.quote_topic})
            if (!topic->name.empty()) streams += (streams.empty() ? "" : "/") + topic->name;
    auto path = stream.target;
    while (path.ends_with('/'))
        path.pop_back();
    return {net::with_target(stream, fmt::format("{}/stream?streams={}", path, streams)), {}};
}

// --- connections

void BinanceFeed::State::lane_up(std::size_t number) {
    auto const now = context.clock.now();
    auto const& other = *lanes[1 - number];
    if (!other.is_up) {
        // A venue that forgot everything may count its trades anew.
        for (auto& coin : coins)
            coin.last_trade = 0;
        watchdog.all_restarted(now);
    }
    if (number == active) plan_renewal();
    if (number != active && is_renewing) overlap_end = now + options.overlap_max;
    time_wake.post(true);
}

// Not all programs of one machine at one moment.
void BinanceFeed::State::plan_renewal() {
    auto const early = net::uniform_up_to(options.renew_after / 24, context.random);
    renew_at = context.clock.now() + options.renew_after - early;
}

void BinanceFeed::State::lane_down(std::size_t number, net::Loss const& loss) {
    if (number != active) overlap_end.reset();
    if (number == active) renew_at.reset();
    if (number == active && is_renewing) finish_renewal();
    auto const is_any_up = lanes[0]->is_up || lanes[1]->is_up;
    if (!is_any_up) lose_all(words_of(loss));
    time_wake.post(true);
}

void BinanceFeed::State::lane_failed(net::Loss const& loss) {
    auto const is_any_up = lanes[0]->is_up || lanes[1]->is_up;
    if (!is_any_up) lose_all(words_of(loss));
}

void BinanceFeed::State::begin_renewal() {
    if (is_renewing || !lanes[active]->is_up) return;
    is_renewing = true;
    ++counts.renewals;
    renew_at.reset();
    lanes[1 - active]->session.retry_now();
}

void BinanceFeed::State::finish_renewal() {
    auto& old = *lanes[active];
    active = 1 - active;
    is_renewing = false;
    overlap_end.reset();
    if (lanes[active]->is_up) plan_renewal();
    old.session.pause("replaced by a newer connection");
}

// The new connection did not bring every coin's bars in time. One that brought none is no better
// than the old one.
void BinanceFeed::State::end_overlap() {
    auto& successor = *lanes[1 - active];
    if (std::ranges::find(successor.has_bars, true) != successor.has_bars.end())
        return finish_renewal();
    is_renewing = false;
    overlap_end.reset();
    renew_at = context.clock.now() + options.renew_pause * 5;
    successor.session.pause("brought nothing");
}

bool BinanceFeed::State::has_all_bars(Lane const& lane) const {
    return std::ranges::all_of(coins, [&](Coin const& coin) {
        return lane.has_bars[index_of(coin.asset)];
    });
}

// --- frames

void BinanceFeed::State::take_frame(std::size_t number, net::WsFrame const& frame) {
    ++counts.frames;
    auto& lane = *lanes[number];
    messages.clear();
    auto const parsed = lane.parser.parse(frame.payload, frame.received_utc, messages);
    if (!parsed) {
        ++counts.frames_refused;
        return;
    }
    if (parsed->kind == StreamFrame::Kind::shutdown) begin_renewal();
    for (auto const& message : messages) {
        if (auto const* bar = std::get_if<BarUpdate>(&message))
            lane.has_bars[index_of(bar->asset)] = true;
        std::visit([&](auto const& m) { take(m, parsed->sequence); }, message);
    }
    if (is_renewing && number != active && has_all_bars(lane)) finish_renewal();
    if (next_due() < armed_for) time_wake.post(true);
}

Coin* BinanceFeed::State::coin_of(Asset asset) {
    auto const found =
        std::ranges::find_if(coins, [&](Coin const& coin) { return coin.asset == asset; });
    return found == coins.end() ? nullptr : &*found;
}

void BinanceFeed::State::take(BarUpdate const& update, std::int64_t) {
    auto* const coin = coin_of(update.asset);
    if (coin == nullptr || update.bar.length != bar_length) return;
    hear(coin->bar_topic);
    coin->bars.on_stream(update, bars_out);
    // A hole is told before what lies behind it, and its end after what filled it.
    if (coin->bars.hole()) show_bars(*coin);
    publish_bars();
    show_bars(*coin);
    if (coin->bars.hole()) fill_wake.post(true);
}

void BinanceFeed::State::take(PriceTick const& tick, std::int64_t sequence) {
    auto* const coin = coin_of(tick.asset);
    if (coin == nullptr) return;
    hear(coin->trade_topic);
    show(coin->trade_topic, true, {});
    if (sequence != 0 && sequence <= coin->last_trade) {
        ++counts.duplicates;
        return;
    }
    coin->last_trade = sequence;
    coin->priced_at = context.clock.now();
    coin->ticks.on(tick, coin->priced_at, ticks_out);
    publish_ticks();
}

void BinanceFeed::State::take(TopQuote const& quote, std::int64_t) {
    auto* const coin = coin_of(quote.asset);
    if (coin == nullptr || !watches_quotes()) return;
    hear(coin->quote_topic);
    show(coin->quote_topic, true, {});
    auto const now = context.clock.now();
    if (quote.ask < quote.bid || now - coin->priced_at < options.quote_after) return;
    coin->priced_at = now;
    PriceTick tick;
    tick.at = quote.at;
    tick.asset = quote.asset;
    tick.source = PriceSource::binance_trade;
    tick.price = UsdPrice::from_e8(quote.bid.e8() + (quote.ask - quote.bid).e8() / 2);
    coin->ticks.on(tick, now, ticks_out);
    publish_ticks();
}

template <class E>
void BinanceFeed::State::publish(E event) {
    sink(Event{std::move(event)});
}

void BinanceFeed::State::publish_bars() {
    for (auto& update : std::exchange(bars_out, {}))
        publish(std::move(update));
}

void BinanceFeed::State::publish_ticks() {
    for (auto& tick : std::exchange(ticks_out, {}))
        publish(tick);
}

// --- health

void BinanceFeed::State::hear(Topic& topic) {
    topic.is_heard = true;
    topic.is_silent = false;
    watchdog.heard(topic.id, context.clock.now());
}

void BinanceFeed::State::show(Topic& topic, bool healthy, std::string reason) {
    if (topic.name.empty() || topic.published == healthy) return;
    topic.published = healthy;
    auto const now = context.clock.utc_now();
    publish(FeedState{Stamp{now, now, 0}, "binance", topic.name, healthy, std::move(reason)});
}

void BinanceFeed::State::show_bars(Coin& coin) {
    auto const hole = coin.bars.hole();
    if (hole)
        show(coin.bar_topic, false, fmt::format("bars missing from {}", format_utc(hole->from)));
    else if (coin.bar_topic.is_heard)
        show(coin.bar_topic, true, {});
}

void BinanceFeed::State::lose_all(std::string const& reason) {
    watchdog.all_lost(context.clock.now());
    for (auto& coin : coins)
        for (auto* const topic : {&coin.bar_topic, &coin.trade_topic, &coin.quote_topic}) {
            topic->is_heard = topic->is_silent = false;
            show(*topic, false, reason);
        }
}

// --- time

Task<void> BinanceFeed::State::keep_time() {
    for (;;) {
        on_time();
        armed_for = next_due();
        auto const woken =
            co_await runtime::within(context.clock, armed_for, "binance.time", time_wake.next());
        if (!woken && woken.error().fault == Fault::cancelled) co_return;
    }
}

Instant BinanceFeed::State::next_due() const {
    auto due = Instant::max();
    for (auto const& coin : coins)
        if (auto const at = coin.ticks.due()) due = std::min(due, *at);
    for (auto const& at : {watchdog.next_check(), renew_at, overlap_end})
        if (at) due = std::min(due, *at);
    if (is_any_silent() && lanes[active]->is_up && !is_renewing)
        due = std::min(due, silence_renewal_at);
    return due;
}

bool BinanceFeed::State::is_any_silent() const {
    return std::ranges::any_of(coins, [](Coin const& coin) {
        return coin.bar_topic.is_silent || coin.trade_topic.is_silent || coin.quote_topic.is_silent;
    });
}

void BinanceFeed::State::on_time() {
    auto const now = context.clock.now();
    for (auto& coin : coins)
        coin.ticks.flush_due(now, context.clock.utc_now(), ticks_out);
    publish_ticks();
    check_silence(now);
    if (renew_at && now >= *renew_at) begin_renewal();
    if (overlap_end && now >= *overlap_end) end_overlap();
}

void BinanceFeed::State::check_silence(Instant now) {
    for (auto const& change : watchdog.check(now)) {
        auto const reason =
            fmt::format("silent for {} s", std::chrono::floor<Seconds>(change.silent_for).count());
        for (auto& coin : coins)
            for (auto* const topic : {&coin.bar_topic, &coin.trade_topic, &coin.quote_topic}) {
                if (topic->name != change.topic) continue;
                topic->is_heard = false;
                topic->is_silent = true;
                show(*topic, false, reason);
            }
    }
    if (watchdog.stale_count() == 0) silence_pause = options.renew_pause;
    auto const may_help = is_any_silent() && lanes[active]->is_up && !is_renewing;
    if (!may_help || now < silence_renewal_at) return;
    // Another connection may hear what this one does not; if it does not either, ask less often.
    silence_renewal_at = now + silence_pause;
    silence_pause = std::min<Nanos>(silence_pause * 2, Seconds{3600});
    begin_renewal();
}

// --- holes

Coin* BinanceFeed::State::next_to_fill() {
    Coin* next = nullptr;
    for (auto& coin : coins)
        if (coin.bars.hole() && (next == nullptr || coin.fill_at < next->fill_at)) next = &coin;
    return next;
}

Task<void> BinanceFeed::State::fill_holes() {
    for (;;) {
        auto* const coin = next_to_fill();
        auto const now = context.clock.now();
        if (coin != nullptr && coin->fill_at <= now) {
            auto const goes_on = co_await fill(*coin, *coin->bars.hole());
            if (!goes_on) co_return;
            continue;
        }
        auto const due = coin != nullptr ? coin->fill_at : Instant::max();
        auto const woken =
            co_await runtime::within(context.clock, due, "binance.fill", fill_wake.next());
        if (!woken && woken.error().fault == Fault::cancelled) co_return;
    }
}

// False when cancelled.
Task<bool> BinanceFeed::State::fill(Coin& coin, TimeRange hole) {
    auto& clock = context.clock;
    auto const history =
        co_await klines.bars(coin.asset, bar_length, hole, clock.now() + Seconds{60});
    if (!history && history.error().fault == Fault::cancelled) co_return false;
    auto const now = clock.utc_now();
    if (history) {
        coin.bars.on_filled(coin.asset, history->bars, now, bars_out);
        counts.bars_filled += static_cast<std::uint64_t>(
            std::ranges::count_if(bars_out, [](BarUpdate const& update) { return update.closed; })
        );
        auto const left = coin.bars.hole();
        auto const does_not_exist =
            left && left->until <= hole.until && now - left->until >= KlineClient::absent_after;
        if (does_not_exist) {
            counts.bars_absent +=
                static_cast<std::uint64_t>((left->until - left->from) / Nanos{bar_length});
            coin.bars.skip_to(left->until, now, bars_out);
        }
        publish_bars();
        show_bars(coin);
    }
    auto const left = coin.bars.hole();
    if (!left || left->from > hole.from) {
        coin.fills_in_vain = 0;
        coin.fill_at = {};
    } else {
        auto const wait = net::doubled(Seconds{1}, coin.fills_in_vain++, Seconds{30});
        coin.fill_at = clock.now() + wait;
    }
    co_return true;
}

// --- the feed

BinanceFeed::BinanceFeed(
    net::NetContext context,
    runtime::SidePool& pool,
    std::shared_ptr<KlineCache> cache,
    FeedOptions options,
    EventSink sink
)
    : state_{std::make_unique<State>(
          std::move(context), pool, std::move(cache), std::move(options), std::move(sink)
      )} {}

BinanceFeed::~BinanceFeed() = default;

Task<Result<BarHistory>>
BinanceFeed::history(Asset asset, std::size_t bars, UtcTime until, Instant deadline) {
    auto* const state = state_.get();
    auto const end =
        UtcTime{until.time_since_epoch() - until.time_since_epoch() % Nanos{bar_length}};
    TimeRange const range{end - bar_length * static_cast<std::int64_t>(bars), end};
    auto history = co_await state->klines.bars(asset, bar_length, range, deadline);
    auto* const coin = state->coin_of(asset);
    if (history && coin != nullptr && !history->bars.empty())
        coin->bars.start_after(history->bars.back().open_time);
    co_return history;
}

Task<void> BinanceFeed::run() {
    auto* const state = state_.get();
    state->lose_all("not connected yet");
    auto& supervisor = state->context.supervisor;
    auto const stage = runtime::Stage::feeds;
    auto started = supervisor.start_job(stage, "binance.fill", state->fill_holes());
    for (auto const& lane : state->lanes)
        started = started && supervisor.start_job(stage, "binance.stream", lane->session.run());
    if (started) co_await state->keep_time();
}

void BinanceFeed::renew() {
    state_->begin_renewal();
}

FeedCounts const& BinanceFeed::counts() const {
    return state_->counts;
}

KlineClient& BinanceFeed::klines() {
    return state_->klines;
}

} // namespace polyquant::binance
