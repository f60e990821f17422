#include "engine/app/engine.hpp"

#include "engine/app/model_setup.hpp"
#include "models/fingerprint.hpp"
#include "strategies/catalog.hpp"

#include <fmt/format.h>

namespace polyquant::app {

namespace {

settlement::SettlerLimits settler_limits(config::SettlementParams const& p, bool claims) {
    settlement::SettlerLimits limits;
    limits.claims = claims;
    limits.final_price_wait = p.final_price_wait;
    limits.official_wait = p.official_wait;
    limits.payout_delay = p.payout_delay;
    limits.unresolved_alarm = p.unresolved_alarm;
    limits.stale_after = p.stale_after;
    limits.stale_is_loss = p.stale_is_loss;
    return limits;
}

// A recording may hold no word of the venue: that is worth an alarm only where money waits for it.
settlement::OutcomeRecord::Limits outcome_limits(bool money_is_real) {
    settlement::OutcomeRecord::Limits limits;
    if (!money_is_real) limits.late_after = Seconds{0};
    return limits;
}

std::optional<Nanos> age_of(std::optional<PricePoint> const& point, UtcTime now) {
    if (!point) return std::nullopt;
    return now - point->at;
}

std::optional<Nanos> age_of(std::optional<BookView> const& book, UtcTime now) {
    if (!book || !book->is_live()) return std::nullopt;
    return now - book->updated_at();
}

// How often settlement looks again while nothing asks for it earlier.
constexpr Seconds settlement_step{1};

constexpr Seconds recent_orders{3'600};

// What other seeds do not change: reports about our own orders are the venue's doing.
constexpr auto outside_input = runtime::EventKinds::of<
    MarketListed,
    BookSnapshot,
    BookChange,
    TickSizeChanged,
    PublicTrade,
    BarUpdate,
    PriceTick,
    MarketResolved,
    FeedState,
    MarketScanned>();

} // namespace

Engine::Engine(EngineParts parts, config::RunConfig config)
    : parts_{std::move(parts)}, config_{std::move(config)},
      supervisor_{
          parts_.executor,
          parts_.clock,
          [this](std::string const& name, Failure const& failure) {
              fail({failure.fault, name, "ended: " + describe(failure)});
          }
      },
      record_{config_.run.assets, config_.risk, config_.learning, parts_.quote_table},
      sampler_{config_.run.assets},
      ledger_writer_{
          parts_.executor,
          parts_.disk_pool,
          parts_.ledger,
          [this](Failure const& failure) {
              fail(failure);
          }
      },
      facts_{
          parts_.clock,
          parts_.journal,
          portfolio_,
          ledger_writer_,
          [this](Failure const& failure) {
              fail(failure);
          }
      },
      digest_{parts_.journal}, decisions_{parts_.journal}, gate_{config_.risk, portfolio_},
      venue_{
          parts_.venue,
          [this]() -> Result<void> {
              if (failed_) return Failure{Fault::storage, "engine", "it has failed before"};
              return parts_.journal.flush();
          },
          parts_.make_durable
      },
      execution_{
          parts_.executor,
          parts_.clock,
          supervisor_,
          venue_,
          facts_,
          portfolio_,
          gate_,
          config_.execution,
          {.publish = [this](BreakerChanged change) { parts_.bus.publish(Event{change}); },
           .alarm = [this](std::string text) { parts_.listener.say("ALARM " + text); },
           // The booking's own record is flushed, and the guarded venue asks whether it was.
           .persist = {},
           .view_of =
               [this](PlaceOrder const& order) {
                   return risk_view(order);
               }}
      },
      settler_{
          settler_limits(config_.settlement, false),
          board_,
          [this](ConditionId const& market) {
              return holdings_of(market);
          }
      },
      outcomes_{outcome_limits(false)},
      models_{
          parts_.executor,
          parts_.training_pool,
          make_models(config_.run.assets, config_.model),
          signal_time(config_.model)
      },
      window_signals_{config_.run.assets, config_.model, parts_.trained} {
    if (parts_.blend) anchor_.emplace(*parts_.blend, config_.risk.book_age_max);
    for (auto const& strategy : config_.strategies)
        add_strategy(strategy);
    models_.listen(
        {.on_signal =
             [this](models::Signal const& s) {
                 check(parts_.journal.append(
                     parts_.clock.utc_now(),
                     "signal",
                     fmt::format(
                         "{} window {} up {} learned {} heuristic {} model {} {}",
                         to_string(s.asset),
                         unix_seconds(s.window.start),
                         s.up,
                         s.learned,
                         s.heuristic,
                         s.model_version,
                         s.usable ? "usable" : s.why
                     )
                 ));
                 wake_all(s.asset, 0);
             },
         .on_training =
             [this](models::TrainingOutcome const& outcome, models::BaselineStatus const& status) {
                 auto const text = outcome.model ? fmt::format(
                                                       "{} model {} trained on {} rows",
                                                       to_string(outcome.asset),
                                                       outcome.number,
                                                       outcome.model->rows.used
                                                   )
                                                 : fmt::format(
                                                       "{} training {} failed, model {} stays: {}",
                                                       to_string(outcome.asset),
                                                       outcome.number,
                                                       status.model_version,
                                                       describe(outcome.model.error())
                                                   );
                 check(parts_.journal.append(parts_.clock.utc_now(), "model", text));
                 parts_.listener.trained(text);
             }}
    );
    facts_.listen([this](Fact const& fact) { on_fact(fact); });
}

void Engine::add_strategy(config::StrategyConfig const& strategy) {
    if (strategies::trades_windows(strategy)) {
        strategies_.push_back({std::make_unique<strategies::StrategyActor>(
            parts_.clock, *this, strategies::make_strategy(strategy), config_.run.assets
        )});
        return;
    }
    expiries_.push_back(std::make_unique<ExpiryDesk>(
        ExpiryDesk::Parts{
            parts_.clock,
            parts_.bus,
            parts_.journal,
            board_,
            portfolio_,
            [this](PlaceOrder const& order, execution::RiskView const& view) {
                if (failed_) return ExpiryDesk::Submitted{Reason::trading_halted, {}};
                auto const submitted = execution_.submit(order, view);
                return ExpiryDesk::Submitted{submitted.reason, submitted.order};
            },
            [this] { return clock_offset(); },
            [this](FactBody body) { facts_.record(std::move(body)); },
            [this](Result<std::uint64_t> const& appended) { check(appended); },
            [this](Market const& market) {
                if (parts_.follow) parts_.follow(market);
            },
            [this](ConditionId const& market) {
                let_go(market);
            }
        },
        strategies::make_expiry(strategy)
    ));
}

std::optional<Nanos> Engine::clock_offset() const {
    return parts_.clock_offset ? parts_.clock_offset() : Nanos{0};
}

void Engine::warm_up(Asset asset, std::span<Bar const> history) {
    models_.warm_up(asset, history);
    window_signals_.warm_up(asset, history);
    for (auto const& bar : history)
        keep_history(BarUpdate{{}, asset, bar, true});
    if (started_) models_.request_trainings();
}

void Engine::money_is_real() {
    payouts_are_claims_ = true;
    settler_.set_limits(settler_limits(config_.settlement, true));
    outcomes_ = settlement::OutcomeRecord{outcome_limits(true)};
}

Result<void> Engine::restore() {
    // Trades of these are still compared with the venue's.
    auto const recent = parts_.clock.utc_now() - recent_orders;
    auto const read =
        parts_.ledger->for_each_fact(1, [this, recent](Fact const& fact) -> Result<void> {
            portfolio_.apply(fact);
            settler_.restore(fact.body);
            if (auto const* trade = std::get_if<TradeMatched>(&fact.body))
                outcomes_.follow(trade->market, unfinished_.slug_of(trade->market));
            if (auto const* said = std::get_if<OutcomeReported>(&fact.body))
                outcomes_.restore(*said, fact.at);
            record_.on(fact);
            unfinished_.on(fact.body);
            for (auto& slot : strategies_)
                slot.actor->restore(fact);
            for (auto& desk : expiries_)
                desk->actor().on(fact);
            facts_.continue_after(fact.seq);
            auto const* placed = std::get_if<OrderPlaced>(&fact.body);
            if (placed != nullptr && fact.at >= recent) slugs_held_.insert(placed->slug);
            return {};
        });
    if (!read) return read.error();
    if (auto const problem = portfolio_.audit())
        return Failure{
            Fault::invalid,
            "restore",
            "the ledger's facts do not balance: " + *problem + "; run `polyquant check` on it"
        };
    for (auto const& [name, account] : portfolio_.strategies())
        for (auto const& [token, position] : account.positions)
            slugs_held_.insert(unfinished_.slug_of(position.market));
    // A result may still change where it was paid and not redeemed.
    for (auto const& [name, account] : portfolio_.strategies())
        for (auto const& [token, claim] : account.claims)
            slugs_held_.insert(unfinished_.slug_of(claim.market));
    for (auto const& slug : unfinished_.slugs_with_orders())
        slugs_held_.insert(slug);
    slugs_held_.erase("");
    return {};
}

std::vector<std::string> Engine::slugs_wanted() const {
    return {slugs_held_.begin(), slugs_held_.end()};
}

void Engine::clear_halts() {
    if (portfolio_.halted())
        facts_.record(TradingStateChanged{{}, false, Reason::order_sent, "cleared by command"});
    for (auto const asset : all_assets)
        if (portfolio_.halt_of(asset))
            facts_.record(
                TradingStateChanged{{}, false, Reason::order_sent, "cleared by command", asset}
            );
    std::vector<StrategyName> halted;
    for (auto const& [name, account] : portfolio_.strategies())
        if (account.halted) halted.push_back(name);
    for (auto const& name : halted)
        facts_.record(TradingStateChanged{name, false, Reason::order_sent, "cleared by command"});
}

// A market that an earlier process was at work in, or holds shares of, is known again.
void Engine::adopt(Market const& market) {
    update_pin(market.condition);
    for (auto const& order : unfinished_.take(market.condition)) {
        PreparedOrder prepared{order.placed.order, order.placed.intent, {}};
        if (parts_.resuming) parts_.resuming(prepared);
        execution_.resume(std::move(prepared), market, order.history);
    }
    slugs_held_.erase(market.slug);
}

// Unless somebody else has a use for its books: the scalp strategies, another list of candidates,
// or whoever holds shares of it.
void Engine::let_go(ConditionId const& market) {
    auto const* known = board_.find(market);
    auto const watched = std::ranges::any_of(expiries_, [&](auto const& desk) {
        return desk->actor().watches(market);
    });
    if (!parts_.let_go || watched || pinned_.contains(market)) return;
    if (known != nullptr && known->asset) return;
    parts_.let_go(market);
}

void Engine::start() {
    subscribe();
    start_tasks();
    open_books();
    started_ = true;
    models_.request_trainings();
    journal_trained();
    journal_blend();
}

void Engine::subscribe() {
    using runtime::EventKinds;
    auto& bus = parts_.bus;
    bus.subscribe("digest", outside_input, [this](Event const& e) { check(digest_.on(e)); });
    bus.subscribe("board", EventKinds::all(), [this](Event const& e) { board_.on(e); });
    bus.subscribe("settlement", EventKinds::all(), [this](Event const& e) {
        if (auto const* resolved = std::get_if<MarketResolved>(&e)) return on_resolved(*resolved);
        settler_.on(e);
    });
    bus.on<MarketListed>("captures", [this](MarketListed const& e) { captures_.watch(e.market); });
    bus.on<BarUpdate>("models", [this](BarUpdate const& e) {
        if (e.closed) keep_history(e);
        models_.on(e, parts_.clock.utc_now());
        window_signals_.on(e);
        refresh_window_signal(e.asset);
    });
    bus.on<PriceTick>("models", [this](PriceTick const& e) {
        window_signals_.on(e);
        refresh_window_signal(e.asset);
    });
    bus.subscribe(
        "execution",
        EventKinds::of<OwnOrderReport, OwnTradeReport>(),
        [this](Event const& e) { execution_.on(e); }
    );
    if (parts_.features_done)
        bus.subscribe(
            "stages",
            EventKinds::of<BookSnapshot, BookChange, PriceTick>(),
            [this](Event const&) { parts_.features_done(); }
        );
    bus.on<BookSnapshot>("strategies", [this](BookSnapshot const& e) {
        wake_for_token(e.token, e.at.seq);
    });
    bus.on<BookChange>("strategies", [this](BookChange const& e) {
        if (e.end_of_frame) wake_for_token(e.token, e.at.seq);
    });
    bus.on<PriceTick>("strategies", [this](PriceTick const& e) { wake_all(e.asset, e.at.seq); });
    bus.on<MarketScanned>("strategies", [this](MarketScanned const& e) {
        for (auto& desk : expiries_)
            desk->actor().on(e);
    });
    bus.on<BreakerChanged>("status", [this](BreakerChanged const& e) {
        breakers_[e.endpoint_group] = e.state;
    });
    bus.on<MarketListed>("recovery", [this](MarketListed const& e) { adopt(e.market); });
    bus.on<MarketListed>("strategies", [this](MarketListed const& e) {
        if (e.market.asset) wake_all(*e.market.asset, e.at.seq);
    });
}

void Engine::start_tasks() {
    using runtime::Stage;
    supervisor_.start(Stage::close, "ledger", ledger_writer_.run());
    supervisor_.start(Stage::orders, "settlement", run_settlement());
    supervisor_.start(Stage::strategies, "models", models_.run());
    for (auto& slot : strategies_) {
        auto const& name = slot.actor->strategy().name().text;
        supervisor_.start(Stage::strategies, name, slot.actor->run());
    }
    for (auto& desk : expiries_) {
        auto& actor = desk->actor();
        supervisor_.start(Stage::strategies, actor.strategy().name().text, actor.run());
    }
    supervisor_.on_stop(Stage::orders, "cancel all orders", [this] {
        // The rest of the stage's time belongs to asking the venue whether that is true.
        return execution_.cancel_all(parts_.clock.now() + stop_limits()[Stage::orders] * 3 / 5);
    });
    supervisor_.on_stop(Stage::close, "write the ledger", [this]() -> Task<Result<void>> {
        while (!ledger_writer_.idle())
            co_await parts_.clock.sleep_for(1ms);
        check(digest_.finish(parts_.clock.utc_now()));
        check(decisions_.finish(parts_.clock.utc_now()));
        co_return parts_.journal.sync();
    });
}

void Engine::open_books() {
    for (auto const& slot : strategies_)
        open_books(slot.actor->strategy());
    for (auto const& desk : expiries_)
        open_books(desk->actor().strategy());
}

void Engine::open_books(strategies::ConfiguredStrategy const& strategy) {
    auto const* known = portfolio_.find(strategy.name());
    if (known == nullptr || known->epoch.epoch != strategy.epoch()) open_epoch(strategy);
    if (known == nullptr)
        facts_.record(
            CapitalMoved{strategy.name(), strategy.config().header.bankroll, "starting bankroll"}
        );
}

void Engine::open_epoch(strategies::ConfiguredStrategy const& strategy) {
    facts_.record(
        EpochOpened{strategy.name(), strategy.kind(), strategy.epoch(), strategy.printed_params()}
    );
}

void Engine::input_over() {
    sampler_.quiesce();
    for (auto& slot : strategies_)
        slot.actor->quiesce();
    for (auto& desk : expiries_)
        desk->actor().quiesce();
}

// Of [run] shutdown_grace, which is a human's time however fast the venue's clock runs.
runtime::StopLimits Engine::stop_limits() const {
    auto const factor = std::max(1.0, config_.endpoints.clock_factor);
    auto const grace = Nanos{static_cast<std::int64_t>(
        static_cast<double>(Nanos{config_.run.shutdown_grace}.count()) * factor
    )};
    return {{grace / 20, grace / 20, grace * 6 / 10, grace * 3 / 10}};
}

Task<runtime::StopReport> Engine::stop() {
    input_over();
    return supervisor_.stop(stop_limits());
}

void Engine::move_capital(StrategyName const& strategy, Usdc amount, std::string const& why) {
    facts_.record(CapitalMoved{strategy, amount, why});
}

MarketView Engine::view(Asset asset, Window window) const {
    return board_.view(asset, window, parts_.clock.utc_now());
}

models::Signal const* Engine::signal(Asset asset) const {
    auto const* of_window = window_signals_.signal(asset);
    if (of_window == nullptr) return models_.signal(asset);
    if (!anchor_) return of_window;
    auto& anchored = anchored_[index_of(asset)];
    anchored = *of_window;
    anchor_->apply(anchored, view(asset, anchored.window));
    return &anchored;
}

// Before the strategies' turn at the same event. Not journalled: orders record what they acted on.
void Engine::refresh_window_signal(Asset asset) {
    if (window_signals_.signal(asset) == nullptr) return;
    auto const now = parts_.clock.utc_now();
    auto const view = board_.view(asset, window_at(now), now);
    window_signals_.refresh(asset, view, record_.quotes().table());
}

Usdc Engine::free_bankroll(StrategyName const& strategy) const {
    if (config_.run.one_bankroll) {
        Usdc sum;
        for (auto const& [name, account] : portfolio_.strategies())
            sum += account.cash;
        return sum;
    }
    auto const* account = portfolio_.find(strategy);
    return account != nullptr ? account->cash : Usdc{};
}

// With one bankroll: moves what the order needs, and what keeps the kill switch quiet, from the
// other strategies in the order of their names. Capital moves with it, so each keeps its own
// result.
void Engine::pool_money_for(PlaceOrder const& order, Market const& market) {
    auto const* own = portfolio_.find(order.strategy);
    if (own == nullptr || order.side != Side::buy) return;
    auto missing = cost_rounded_up(order.limit, order.size) +
                   taker_fee(market.fee, order.size, order.limit, Rounding::up) +
                   config_.risk.kill_switch - own->cash;
    std::vector<std::pair<StrategyName, Usdc>> gifts;
    for (auto const& [name, account] : portfolio_.strategies()) {
        if (missing <= Usdc{}) break;
        if (name == order.strategy) continue;
        auto const gift = std::min(missing, account.cash);
        if (gift <= Usdc{}) continue;
        gifts.emplace_back(name, gift);
        missing = missing - gift;
    }
    for (auto const& [name, gift] : gifts) {
        facts_.record(CapitalMoved{name, -gift, "one bankroll: to " + order.strategy.text});
        facts_.record(CapitalMoved{order.strategy, gift, "one bankroll: from " + name.text});
    }
}

Engine::Submitted Engine::submit(PlaceOrder const& order, MarketView const& view) {
    if (failed_) return {Reason::trading_halted, {}};
    if (config_.run.one_bankroll && view.market != nullptr) pool_money_for(order, *view.market);
    auto const submitted = execution_.submit(order, risk_view(order, view));
    return {submitted.reason, submitted.order};
}

execution::RiskView Engine::risk_view(PlaceOrder const& order, MarketView const& view) const {
    auto const* newest = order.asset ? signal(*order.asset) : nullptr;
    execution::RiskView risk;
    risk.now = view.now;
    risk.market = view.market;
    risk.book_age = age_of(view.book(order.outcome), view.now);
    risk.spot_age = age_of(view.spot, view.now);
    if (newest != nullptr) risk.signal_age = view.now - newest->as_of;
    risk.clock_offset = clock_offset();
    return risk;
}

// As it is now, for the resting order that follows an unfilled one. Markets that are no window of a
// coin are their own desk's to judge: nothing follows there.
std::optional<execution::RiskView> Engine::risk_view(PlaceOrder const& order) const {
    auto const* market = board_.find(order.market);
    if (market == nullptr || !order.asset || market->asset != order.asset) return std::nullopt;
    return risk_view(order, view(*order.asset, market->window));
}

void Engine::evaluated(
    strategies::Strategy const& strategy,
    MarketView const& view,
    strategies::Decision const& decision,
    Reason answer
) {
    if (keep_decisions_) check(decisions_.note(strategy, view, decision, answer));
}

void Engine::window_over(WindowEvaluated counts) {
    facts_.record(std::move(counts));
}

void Engine::on_fact(Fact const& fact) {
    record_.on(fact);
    for (auto& slot : strategies_)
        slot.actor->on(fact);
    for (auto& desk : expiries_)
        desk->actor().on(fact);
    if (auto const* trade = std::get_if<TradeMatched>(&fact.body)) {
        update_pin(trade->market);
        if (auto const* market = board_.find(trade->market))
            outcomes_.follow(trade->market, market->slug);
    } else if (auto const* changed = std::get_if<TradeChanged>(&fact.body)) {
        // A trade that failed takes its shares back, and does not say of which market.
        if (changed->to == TradeState::failed)
            for (auto const& market : std::vector<ConditionId>{pinned_.begin(), pinned_.end()})
                update_pin(market);
    } else if (auto const* paid = std::get_if<PositionSettled>(&fact.body)) {
        update_pin(paid->market);
    } else if (auto const* settled = std::get_if<WindowSettled>(&fact.body)) {
        observe::SettledWindow window;
        window.slug = settled->slug;
        window.asset = settled->asset;
        window.window = settled->window;
        window.winner = settled->winner;
        window.strike = settled->strike;
        window.final_price = settled->final_price;
        window.source = settled->source;
        window.rule = settled->rule;
        parts_.listener.window_settled(window);
    } else if (std::holds_alternative<TradingStateChanged>(fact.body) ||
               std::holds_alternative<CalibrationChanged>(fact.body) ||
               std::holds_alternative<DailyVerdict>(fact.body)) {
        parts_.listener.say(describe(fact));
    }
}

// A market stays on the board as long as we hold shares of it.
void Engine::update_pin(ConditionId const& market) {
    auto const held = !holdings_of(market).empty();
    if (held && pinned_.insert(market).second) board_.pin(market);
    if (!held && pinned_.erase(market) > 0) board_.unpin(market);
}

void Engine::wake_all(Asset asset, std::uint64_t seq) {
    for (auto& slot : strategies_)
        slot.actor->wake(asset, seq);
}

void Engine::wake_for_token(TokenId const& token, std::uint64_t seq) {
    for (auto& desk : expiries_)
        desk->actor().wake(token, seq);
    auto const place = board_.find(token);
    if (!place || !place->market->asset) return;
    auto const asset = *place->market->asset;
    if (window_signals_.follows_books()) refresh_window_signal(asset);
    wake_all(asset, seq);
}

Task<void> Engine::run_settlement() {
    for (;;) {
        sample_due(); // what was promised is on record before what happened
        outcomes_due();
        settle_due();
        captures_due();
        judge_due();
        auto const now = parts_.clock.utc_now();
        auto next = std::min(now + settlement_step, sampler_.next_due(now));
        if (auto const due = settler_.next_due()) next = std::min(next, *due);
        next = std::max(next, parts_.clock.utc_now() + Nanos{1'000'000});
        if (!co_await parts_.clock.wait_until(parts_.clock.instant_of(next))) co_return;
    }
}

void Engine::sample_due() {
    auto forecasts = sampler_.on_time(
        parts_.clock.utc_now(),
        config_.risk.book_age_max,
        [this](Asset asset, Window window) { return view(asset, window); },
        [this](Asset asset) {
            refresh_window_signal(asset);
            return signal(asset);
        }
    );
    for (auto& forecast : forecasts)
        facts_.record(std::move(forecast));
}

// Judged bets may change a calibration, which is due only then.
void Engine::judge_due() {
    for (auto due = record_.due(parts_.clock.utc_now()); !due.empty();
         due = record_.due(parts_.clock.utc_now()))
        for (auto& body : due)
            facts_.record(std::move(body));
}

void Engine::on_resolved(MarketResolved const& event) {
    if (!outcomes_.follows(event.market)) return settler_.on(Event{event});
    outcome_said(event.market, OutcomeSource::event, ruling_of(event.winner), {});
}

// The settler hears what the books follow, whoever said it.
void Engine::outcome_said(
    ConditionId const& market, OutcomeSource source, Ruling ruling, std::string text
) {
    auto const now = parts_.clock.utc_now();
    if (auto fact = outcomes_.said(market, source, ruling, std::move(text), now))
        facts_.record(std::move(*fact));
    say_outcome_alarms();
    auto const followed = outcomes_.books_follow(market);
    if (source == OutcomeSource::prices || !followed) return;
    settler_.on(Event{MarketResolved{{now, now, 0}, market, winner_of(*followed)}});
}

void Engine::say_outcome_alarms() {
    for (auto const& alarm : outcomes_.take_alarms())
        parts_.listener.say(
            fmt::format("ALARM OUTCOME {} {}: {}", to_string(alarm.kind), alarm.slug, alarm.text)
        );
}

void Engine::record(std::vector<FactBody> facts) {
    for (auto& fact : facts)
        facts_.record(std::move(fact));
}

// Our own word, from prices that settle the market; proxies are no word on what is paid.
void Engine::outcomes_due() {
    auto const now = parts_.clock.utc_now();
    for (auto const& id : outcomes_.without_prices(now - config_.settlement.final_price_wait)) {
        auto const* market = board_.find(id);
        if (market == nullptr || !market->asset) continue;
        auto const ours =
            settlement::estimate_window(board_.track(*market->asset), market->window, market->rule);
        if (!ours.official || !ours.winner) continue;
        outcome_said(
            id,
            OutcomeSource::prices,
            ruling_of(ours.winner),
            fmt::format(
                "strike {} final {} ({})",
                to_string(ours.strike->price),
                to_string(ours.final_price->price),
                to_string(ours.source)
            )
        );
    }
    outcomes_.on_time(now);
    say_outcome_alarms();
}

// Whoever captures prices wrongly does not know what he bets on.
void Engine::captures_due() {
    for (auto const& wrong : captures_.due(parts_.clock.utc_now(), board_)) {
        auto text = settlement::describe_capture(wrong);
        parts_.listener.say(
            fmt::format("ALARM CAPTURE {} stopped: {}", to_string(wrong.asset), text)
        );
        facts_.record(wrong);
        if (portfolio_.halt_of(wrong.asset)) continue;
        facts_.record(
            TradingStateChanged{{}, true, Reason::strike_disputed, std::move(text), wrong.asset}
        );
    }
}

void Engine::settle_due() {
    for (auto& fact : settler_.due(parts_.clock.utc_now()))
        facts_.record(std::move(fact));
    using Kind = settlement::SettlementNote::Kind;
    for (auto const& note : settler_.take_notes()) {
        auto const alarm = note.kind == Kind::stale || note.kind == Kind::unresolved ||
                           note.kind == Kind::booked_lost;
        parts_.listener.say(fmt::format(
            "{}SETTLEMENT {} {}: {}",
            alarm ? "ALARM " : "",
            to_string(note.kind),
            note.slug,
            note.text
        ));
    }
}

std::vector<settlement::Holding> Engine::holdings_of(ConditionId const& market) const {
    std::vector<settlement::Holding> held;
    for (auto const& [name, account] : portfolio_.strategies())
        for (auto const& [token, position] : account.positions)
            if (position.market == market && !position.exposure.is_zero())
                held.push_back({name, token, position.outcome, position.exposure, position.cost});
    return held;
}

void Engine::keep_history(BarUpdate const& update) {
    auto& bars = history_[index_of(update.asset)];
    bars.push_back(update.bar);
    while (bars.size() > static_cast<std::size_t>(config_.model.history_bars))
        bars.pop_front();
}

void Engine::rebuild_models(config::ModelParams const& params) {
    models_.replace(make_models(config_.run.assets, params), signal_time(params));
    for (auto asset : config_.run.assets) {
        auto const& bars = history_[index_of(asset)];
        models_.warm_up(asset, std::vector<Bar>{bars.begin(), bars.end()});
    }
    models_.request_trainings();
}

void Engine::use_trained(TrainedModels models) {
    parts_.trained = std::move(models);
    window_signals_.replace(parts_.trained);
    if (anchor_) {
        auto const fits = is_fitted_on(anchor_->fitted(), config_.model, parts_.trained);
        anchor_->fits(fits);
        if (!fits)
            parts_.listener.say(
                "BLEND off: another model is in use than the one market_blend_file was fitted on"
            );
    }
    for (auto asset : config_.run.assets) {
        auto const& bars = history_[index_of(asset)];
        window_signals_.warm_up(asset, std::vector<Bar>{bars.begin(), bars.end()});
    }
    journal_trained();
}

void Engine::use_outside(OutsideValues const& values) {
    for (auto& model : parts_.trained)
        if (model.external) model.outside = values;
    check(parts_.journal.append(parts_.clock.utc_now(), "outside", values->digest()));
    window_signals_.use_outside(values);
}

// What decides is on record before it decides anything.
void Engine::journal_trained() {
    if (config_.model.kind == config::ModelKind::trained)
        check(parts_.journal.append(parts_.clock.utc_now(), "trained", trained_text(parts_.trained))
        );
}

void Engine::journal_blend() {
    if (!anchor_) return;
    auto const text = describe(anchor_->fitted());
    // Rounded numbers would not tell two fits apart when the run is executed again.
    models::Fingerprint print;
    print.add(std::string_view{to_text(anchor_->fitted())});
    check(parts_.journal.append(parts_.clock.utc_now(), "blend", text + " " + print.hex()));
    parts_.listener.say("BLEND " + text);
}

config::ReloadVerdict Engine::reload(config::RunConfig next) {
    auto verdict = config::check_reload(config_, next, reload_history());
    if (!verdict.accepted()) return verdict;
    auto const before = std::exchange(config_, std::move(next));
    gate_.reload(config_.risk);
    execution_.reload(config_.execution);
    settler_.set_limits(settler_limits(config_.settlement, payouts_are_claims_));
    record_.reload(config_.risk, config_.learning);
    for (auto& slot : strategies_) {
        auto const* changed = config_.find(slot.actor->strategy().name().text);
        ENSURE(changed != nullptr, "an accepted reload keeps every strategy");
        auto const new_epoch = changed->epoch() != slot.actor->strategy().epoch();
        slot.actor->replace(strategies::make_strategy(*changed));
        if (new_epoch) open_epoch(slot.actor->strategy());
    }
    for (auto& desk : expiries_) {
        auto& actor = desk->actor();
        auto const* changed = config_.find(actor.strategy().name().text);
        ENSURE(changed != nullptr, "an accepted reload keeps every strategy");
        auto const new_epoch = changed->epoch() != actor.strategy().epoch();
        actor.replace(strategies::make_expiry(*changed));
        if (new_epoch) open_epoch(actor.strategy());
    }
    if (!(before.model == config_.model)) rebuild_models(config_.model);
    if (anchor_) anchor_->age_max(config_.risk.book_age_max);
    return verdict;
}

config::ReloadHistory Engine::reload_history() const {
    config::ReloadHistory history;
    for (auto const& [name, account] : portfolio_.strategies())
        history[name.text] = {
            account.bankroll(),
            static_cast<int>(account.epoch.wins),
            static_cast<int>(account.epoch.losses),
            !account.positions.empty()
        };
    return history;
}

bool Engine::is_quiet() const {
    return execution_.open_orders() == 0 && unsettled_positions() == 0 && ledger_writer_.idle();
}

std::size_t Engine::windows_pending() const {
    return settler_.pending(parts_.clock.utc_now());
}

std::size_t Engine::unsettled_positions() const {
    std::size_t count = 0;
    for (auto const& [name, account] : portfolio_.strategies())
        count += account.positions.size();
    return count;
}

void Engine::check(Result<void> const& written) {
    if (!written) fail(written.error());
}

void Engine::check(Result<std::uint64_t> const& appended) {
    if (!appended) fail(appended.error());
}

void Engine::fail(Failure const& failure) {
    if (std::exchange(failed_, true)) return;
    parts_.listener.fatal(failure);
}

} // namespace polyquant::app
