#include "engine/app/live_session.hpp"

#include "connectors/tape/round_trip.hpp"
#include "engine/app/build_info.hpp"
#include "engine/app/run_summary.hpp"
#include "engine/app/venue_endpoints.hpp"
#include "engine/runtime/scaled_clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include <csignal>

namespace polyquant::app {

namespace {

constexpr std::size_t windows_shown = 4'096; // in the summary; all of them are in the ledger
constexpr Seconds flush_every{5};
constexpr Seconds tape_close_max{1}; // real

observe::Console make_console(std::FILE* out, bool json, config::ConsoleStyle style) {
    using config::ConsoleStyle;
    if (json || style == ConsoleStyle::lines || style == ConsoleStyle::quiet)
        return observe::Console{out, false, 0};
    if (style == ConsoleStyle::redraw) return observe::Console{out, true, 0};
    return observe::Console{out};
}

} // namespace

std::unique_ptr<runtime::Clock> make_clock(config::EndpointParams const& endpoints) {
    if (endpoints.clock_real_anchor.empty()) return std::make_unique<runtime::LiveClock>();
    // Both were checked when the file was read.
    runtime::TimeScale scale;
    scale.real_anchor = parse_utc(endpoints.clock_real_anchor).value();
    scale.scaled_anchor = parse_utc(endpoints.clock_scaled_anchor).value();
    scale.factor = endpoints.clock_factor;
    return std::make_unique<runtime::ScaledClock>(scale);
}

LiveSession::LiveSession(
    RunOptions const& options,
    config::RunConfig config,
    ConfigLoader loader,
    LiveStorage storage,
    Outside outside,
    std::FILE* out
)
    : options_{options}, loader_{std::move(loader)}, storage_{std::move(storage)},
      outside_{std::move(outside)}, console_{make_console(out, options.json, config.run.console)},
      training_{*outside_.io, 1, runtime::Delivery::as_ready},
      disk_{*outside_.io, 1, runtime::Delivery::as_ready},
      intents_pool_{*outside_.io, 1, runtime::Delivery::as_ready},
      cache_pool_{*outside_.io, 1, runtime::Delivery::as_ready},
      engine_{
          EngineParts{
              outside_.io->get_executor(),
              *outside_.clock,
              bus_,
              training_,
              disk_,
              slot_,
              *storage_.journal,
              storage_.ledger,
              *this,
              [this]() -> std::optional<Nanos> {
                  return feeds_ ? feeds_->clock_offset() : std::nullopt;
              },
              storage_.quote_table,
              storage_.trained,
              [this](PreparedOrder const& order) { return make_durable(order); },
              storage_.blend,
              [this](PreparedOrder& order) { resume(order); },
              outside_.account.has_value(),
              [this](Market const& market) {
                  if (feeds_) feeds_->follow(market);
              },
              [this](ConditionId const& market) {
                  if (feeds_) feeds_->let_go(market);
              },
              [this] {
                  probe_.features_done();
              }
          },
          std::move(config)
      },
      probe_{EngineProbe::Parts{
          engine_,
          bus_,
          *outside_.clock,
          lag_,
          engine_.config().endpoints.clock_factor,
          real_.utc_now(),
          [this](metrics::Figures& figures) {
              complete(figures);
          }
      }},
      signals_{*outside_.io, SIGINT, SIGTERM, SIGHUP} {}

LiveSession::~LiveSession() = default;

Result<void> LiveSession::prepare() {
    if (options_.mode != Mode::paper) engine_.money_is_real();
    if (auto const restored = engine_.restore(); !restored) return restored;
    if (auto const recording = open_recorder(); !recording) return recording;
    auto const& config = engine_.config();
    auto net = net::NetStack::create(
        *outside_.io,
        *outside_.clock,
        {config.endpoints.ca_file, "polyquant/" + code_version()},
        [this](std::string const& group, BreakerState state) {
            auto const now = outside_.clock->utc_now();
            bus_.publish(Event{BreakerChanged{{now, now, 0}, group, state}});
        }
    );
    if (!net) return net.error();
    net_ = std::move(*net);
    net_->context(engine_.supervisor())
        .dialer.set_round_trip_tap([this](auto feed, auto topic, Nanos took, UtcTime) {
            keep_round_trip(fmt::format("{} {}", feed, topic), took);
        });
    probe_.count_calls_of(net_->groups());
    if (auto const watched = open_operations(); !watched) return watched;
    auto feeds = LiveFeeds::create(
        net_->context(engine_.supervisor()),
        cache_pool_,
        config,
        std::filesystem::path{config.run.state_dir} / "cache",
        engine_.slugs_wanted(),
        LiveFeeds::Hooks{
            [this](Event event) { take(std::move(event)); },
            [this](std::string const& line) { say(line); },
            [this](Asset asset, std::span<Bar const> bars) { take_history(asset, bars); },
            [this] {
                return venue_ ? venue_->credentials() : std::nullopt;
            }
        }
    );
    if (!feeds) return feeds.error();
    feeds_ = std::move(*feeds);
    if (options_.mode != Mode::paper)
        outcomes_ = std::make_unique<OutcomeDesk>(
            net_->context(engine_.supervisor()), feeds_->gamma(), nullptr, config, engine_
        );
    return make_venue();
}

// Play money needs no more than the journal.
Task<Result<void>> LiveSession::make_durable(PreparedOrder order) {
    if (!intents_) co_return Result<void>{};
    auto kept = co_await intents_->keep(order);
    co_return kept;
}

// The bytes as they were sent, so that a look-up can be concluded and, where the venue certainly
// never had the order, the same bytes may be sent once more.
void LiveSession::resume(PreparedOrder& order) {
    if (auto const kept = bytes_sent_.find(order.id); kept != bytes_sent_.end())
        order.bytes = kept->second;
    if (venue_) venue_->remember(order);
}

Result<void> LiveSession::make_venue() {
    LiveVenue::Hooks hooks{
        [this](Event event) { bus_.publish(std::move(event)); },
        [this](std::string const& line) {
            say(line);
        }
    };
    auto const& config = engine_.config();
    if (!outside_.account) {
        venue_ = make_paper_venue(
            *outside_.clock, outside_.io->get_executor(), config, std::move(hooks)
        );
    } else {
        auto const path = storage_.directory / "intents.log";
        auto kept = IntentFile::read(path);
        if (!kept) return kept.error();
        for (auto& intent : *kept)
            for (auto const& [name, account] : engine_.portfolio().strategies())
                if (account.orders.contains(intent.id))
                    bytes_sent_[intent.id] = std::move(intent.bytes);
        auto intents = IntentFile::open(path, intents_pool_);
        if (!intents) return intents.error();
        intents_ = std::move(*intents);
        auto venue = make_exchange_venue(
            net_->context(engine_.supervisor()),
            config,
            storage_.directory,
            std::move(*outside_.account),
            engine_,
            std::move(hooks)
        );
        if (!venue) return venue.error();
        venue_ = std::move(*venue);
    }
    timed_ = std::make_unique<TimedVenue>(
        venue_->orders(),
        *outside_.clock,
        options_.mode == Mode::paper ? "simulated " : "",
        [this](std::string const& path, Nanos took) { keep_round_trip(path, took); }
    );
    slot_.set(*timed_);
    return {};
}

// What the feeds bring, so that the run can be replayed. A disk that fails here costs the
// recording, not the money: the ledger has its own guard.
Result<void> LiveSession::open_recorder() {
    if (!options_.record) return {};
    tape::RecorderOptions options;
    options.series.metadata.source =
        std::string{"live feeds, mode "} + std::string{to_string(options_.mode)};
    options.series.metadata.created_by = "polyquant run " + code_version();
    for (auto asset : engine_.config().run.assets)
        options.series.metadata.symbols.emplace_back(to_string(asset));
    options.on_change = [this](Failure const* failure) {
        say(failure != nullptr ? "ALARM not recording: " + describe(*failure) : "recording again");
    };
    auto recorder = tape::SessionRecorder::open(
        *outside_.io, *outside_.clock, storage_.directory / "tape", std::move(options)
    );
    if (!recorder) return recorder.error();
    recorder_ = std::move(*recorder);
    for (auto const& line : recorder_->repairs().repaired)
        say("tape: " + line);
    for (auto const& line : recorder_->repairs().refused)
        say("tape: " + line);
    return {};
}

Result<void> LiveSession::open_operations() {
    auto config = engine_.config();
    // An errand of a minute is watched by who asked for it, and may run beside an engine that has
    // the ports.
    if (errand_) config.metrics.enabled = config.dashboard.enabled = config.alerts.enabled = false;
    auto operations = Operations::create(Operations::Parts{
        std::move(config),
        storage_.directory,
        outside_.io->get_executor(),
        [this](std::string const& line) { say(line); },
        [this] {
            return probe_.figures();
        }
    });
    if (!operations) {
        is_misconfigured_ = operations.error().fault == Fault::invalid;
        return operations.error();
    }
    operations_ = std::move(*operations);
    return {};
}

// What the probe cannot see from the engine alone.
void LiveSession::complete(metrics::Figures& figures) const {
    figures.mode = std::string{to_string(options_.mode)};
    figures.directory = storage_.directory.string();
    figures.status = status();
    figures.stopping = stopping_;
    if (feeds_) figures.clock_offset = feeds_->clock_offset();
    if (venue_) figures.books_agree = venue_->books_agree();
    figures.queues = {
        {"training", training_.pending()},
        {"ledger", disk_.pending()},
        {"intents", intents_pool_.pending()},
        {"bar_cache", cache_pool_.pending()},
    };
    if (!recorder_) return;
    auto const& counts = recorder_->counts();
    figures.queues.push_back({"tape", counts.taken - std::min(counts.taken, counts.written)});
    figures.tape_records_lost = counts.lost;
    if (auto const& trouble = recorder_->trouble()) figures.recording_trouble = describe(*trouble);
}

ExitCode LiveSession::run() {
    auto const& clock = *outside_.clock;
    began_ = clock.utc_now();
    began_real_ = real_.now();
    if (auto const ready = prepare(); !ready) {
        console_.line("cannot start: " + describe(ready.error()));
        if (is_misconfigured_) return ExitCode::usage;
        return ready.error().fault == Fault::storage ? ExitCode::storage : ExitCode::failed;
    }
    if (storage_.facts_known > 0)
        say(fmt::format(
            "resumed from {} facts{}",
            storage_.facts_known,
            storage_.facts_recovered > 0
                ? fmt::format(", {} of them only in the journal", storage_.facts_recovered)
                : std::string{}
        ));
    if (options_.mode == Mode::live)
        for (auto const& line : foreign_endpoints(engine_.config().endpoints))
            say("WARNING not the venue's own: " + line);
    wait_for_signals();
    start_tasks();
    outside_.io->run();
    operations_->stop(code(exit_code_));
    if (errand_)
        console_.finish();
    else
        print_summary();
    return exit_code_;
}

void LiveSession::start_tasks() {
    using runtime::Stage;
    auto& supervisor = engine_.supervisor();
    bus_.on<BreakerChanged>("session", [this](BreakerChanged const& e) { note_breaker(e); });
    probe_.start();
    net_->start(supervisor);
    venue_->start(bus_, engine_);
    if (outcomes_) outcomes_->start(bus_);
    engine_.start();
    // After the engine's own cancelling, of which this is the proof.
    supervisor.on_stop(Stage::orders, "verify that nothing rests", [this] {
        return venue_->verify_nothing_rests(outside_.clock->now() + verify_max());
    });
    if (options_.clear_halts) engine_.clear_halts();
    feeds_->start(bus_, supervisor);
    if (recorder_) {
        supervisor.start(Stage::close, "recorder", recorder_->run());
        supervisor.on_stop(Stage::close, "close the tape", [this] {
            return recorder_->close(outside_.clock->now() + in_venue_time(tape_close_max));
        });
    }
    operations_->start(supervisor);
    supervisor.start(Stage::close, "lag meter", runtime::measure_lag(lag_));
    supervisor.start(Stage::close, "status", draw_status());
    supervisor.start(Stage::close, "journal", flush_journal());
    begin_outside(storage_.name);
    supervisor.start(Stage::close, "outside", follow_outside());
    if (errand_) supervisor.start_job(Stage::strategies, "errand", run_errand());
    if (options_.run_for)
        supervisor.start_job(Stage::feeds, "run for", stop_later(*options_.run_for));
}

Task<void> LiveSession::run_errand() {
    auto const exit = co_await errand_();
    request_stop(exit);
}

Nanos LiveSession::in_venue_time(Nanos real) const {
    auto const factor = std::max(1.0, engine_.config().endpoints.clock_factor);
    return Nanos{static_cast<std::int64_t>(static_cast<double>(real.count()) * factor)};
}

Nanos LiveSession::verify_max() const {
    return in_venue_time(engine_.config().run.shutdown_grace) / 5;
}

// Every event of the outside world, once: numbered, with receive times that never go back.
void LiveSession::take(Event event) {
    auto& stamp = stamp_of(event);
    stamp.seq = ++events_;
    stamp.received_at = std::max(stamp.received_at, last_received_);
    last_received_ = stamp.received_at;
    if (recorder_) recorder_->write(event);
    probe_.before(event);
    bus_.publish(std::move(event));
    probe_.after();
}

// On the tape as well, or a replay of it would have nothing to train its models on.
void LiveSession::take_history(Asset asset, std::span<Bar const> bars) {
    engine_.warm_up(asset, bars);
    if (!recorder_) return;
    last_received_ = std::max(last_received_, outside_.clock->utc_now());
    for (auto const& bar : bars)
        recorder_->write(Event{BarUpdate{{bar.close_time(), last_received_, ++events_}, asset, bar}}
        );
}

// Beside the events, so that a backtest can draw its latency from this session's.
void LiveSession::keep_round_trip(std::string path, Nanos took) {
    if (!recorder_) return;
    last_received_ = std::max(last_received_, outside_.clock->utc_now());
    recorder_->write(tape::frame_of({std::move(path), took}, last_received_));
}

void LiveSession::note_breaker(BreakerChanged const& change) {
    if (change.state == BreakerState::open) ++breaker_openings_[change.endpoint_group];
    if (change.state == BreakerState::half_open) return; // a probe: its result is the news
    say(fmt::format("{} breaker {}", change.endpoint_group, to_string(change.state)));
}

Task<void> LiveSession::draw_status() {
    for (;;) {
        // A human's seconds, whatever the venue's.
        if (!co_await real_.wait_until(real_.now() + engine_.config().run.status_interval))
            co_return;
        if (console_.is_live() && !options_.json)
            console_.block(observe::status_block(status(), console_.width()));
    }
}

// Facts are flushed as they come, and the ledger keeps them through a power failure. This bounds
// how many decisions in between a kill may cost.
Task<void> LiveSession::flush_journal() {
    while (co_await real_.wait_until(real_.now() + flush_every))
        if (auto const flushed = storage_.journal->flush(); !flushed) fatal(flushed.error());
}

// The copy of what was known when the models came into use lies in models/<name>.
void LiveSession::begin_outside(std::string const& name) {
    outside_feed_.reset();
    auto const known = outside_of(engine_.trained());
    if (!known) return;
    outside_feed_ = std::make_shared<OutsideFeed>(
        engine_.config().model.external_file,
        storage_.directory / "models" / name / "external.csv",
        known,
        outside_age_max(engine_.trained())
    );
}

// As often as the journal is flushed. Reading and parsing the file happens on the side; what is new
// counts from when it is here.
Task<void> LiveSession::follow_outside() {
    auto refused = false;
    while (co_await real_.wait_until(real_.now() + flush_every)) {
        auto const feed = outside_feed_;
        if (!feed) continue;
        std::function<Result<OutsideValues>()> const work = [feed] {
            return feed->read();
        };
        auto read = co_await cache_pool_.submit<OutsideValues>("outside", work);
        if (!read && read.error().fault == Fault::cancelled) co_return;
        if (feed != outside_feed_) continue; // other models since
        auto const newer = read ? feed->take(*read, outside_.clock->utc_now()) : std::move(read);
        if (!newer && !refused)
            say("values from outside refused, those known so far stay: " + describe(newer.error()));
        if (newer && refused) say("values from outside are read again");
        refused = !newer;
        if (newer && *newer) engine_.use_outside(*newer);
    }
}

Task<void> LiveSession::stop_later(Seconds after) {
    if (co_await outside_.clock->wait_until(outside_.clock->now() + after))
        request_stop(ExitCode::ok);
}

void LiveSession::say(std::string const& line) {
    if (operations_) operations_->note(line);
    if (!options_.json)
        console_.line(format_utc(outside_.clock->utc_now()).substr(11, 8) + " " + line);
}

void LiveSession::window_settled(observe::SettledWindow const& window) {
    ++windows_settled_;
    if (operations_) operations_->window_settled(window);
    settled_.push_back(window);
    if (settled_.size() > windows_shown) settled_.pop_front();
    if (options_.json) return;
    auto const now = status();
    console_.line(observe::window_line(window, now));
    if (console_.is_live() && engine_.config().run.dashboard)
        for (auto const& row : observe::strategy_table(now))
            console_.line(row);
}

void LiveSession::fatal(Failure const& failure) {
    say("TRADING HALTED " + describe(failure));
    request_stop(failure.fault == Fault::storage ? ExitCode::storage : ExitCode::failed);
}

void LiveSession::wait_for_signals() {
    signals_.async_wait([this](boost::system::error_code error, int number) {
        if (error) return;
        on_signal(number);
        wait_for_signals();
    });
}

void LiveSession::on_signal(int number) {
    if (number == SIGHUP) {
        operations_->reloading();
        reload();
        return operations_->reloaded();
    }
    if (stopping_) {
        console_.line("a second signal: leaving at once");
        console_.finish();
        std::_Exit(code(ExitCode::interrupted));
    }
    say(number == SIGINT ? "interrupted: stopping in order" : "terminated: stopping in order");
    request_stop(ExitCode::ok);
}

void LiveSession::reload() {
    auto next = loader_();
    if (!next) {
        say("reload refused, the running configuration stays:");
        console_.line(config::to_string(next.error()));
        return;
    }
    auto const text = next->print();
    auto const verdict = config::check_reload(engine_.config(), *next, engine_.reload_history());
    if (verdict.accepted() && !verdict.changes.empty()) {
        auto const kept = storage_.journal->append(outside_.clock->utc_now(), "reload", text);
        if (!kept) return fatal(kept.error());
    }
    say(verdict.accepted() ? "reload accepted:" : "reload refused, the running configuration stays:"
    );
    console_.line(config::to_string(verdict));
    if (!verdict.accepted()) return;
    engine_.reload(std::move(*next));
    feeds_->reload(engine_.config());
    reload_trained();
}

// Promoted models take over; one that cannot be used changes nothing.
void LiveSession::reload_trained() {
    auto models = load_trained(engine_.config());
    if (!models) {
        say("trained models refused, those in use stay: " + describe(models.error()));
        return;
    }
    // The file has grown since, which makes no other models of them.
    auto same = *models;
    for (auto& model : same)
        if (model.external) model.outside = outside_of(engine_.trained());
    if (same_models(same, engine_.trained())) return;
    auto const now = outside_.clock->utc_now();
    forget_stale_outside(*models, now);
    auto const name = fmt::format("{}-reload-{}", storage_.name, ++reloads_of_models_);
    storage_.trained = *models;
    if (auto const kept = keep_models(storage_, engine_.config(), name, now); !kept) {
        storage_.trained = engine_.trained();
        say("trained models refused, no copy could be kept: " + describe(kept.error()));
        return;
    }
    say("trained models from now on: " + trained_text(*models));
    engine_.use_trained(std::move(*models));
    begin_outside(name);
}

void LiveSession::request_stop(ExitCode exit) {
    if (exit_code_ == ExitCode::ok) exit_code_ = exit;
    if (std::exchange(stopping_, true)) return;
    if (operations_) operations_->stopping();
    asio::co_spawn(*outside_.io, stop(), [this](std::exception_ptr const& error) {
        if (error) exit_code_ = ExitCode::failed;
        stopped_ = true;
        signals_.cancel();
        outside_.io->stop();
    });
}

Task<void> LiveSession::stop() {
    auto const report = co_await engine_.stop();
    for (auto const& late : report.late)
        say("did not stop in time: " + late);
    for (auto const& [name, failure] : report.failed)
        say("failed while stopping: " + name + ": " + describe(failure));
    if (!report.clean() && exit_code_ == ExitCode::ok) exit_code_ = ExitCode::failed;
    if (auto const problem = engine_.portfolio().audit()) {
        say("the books do not balance: " + *problem);
        exit_code_ = ExitCode::failed;
    }
    if (engine_.portfolio().halted() && exit_code_ == ExitCode::ok) exit_code_ = ExitCode::halted;
}

observe::StatusSnapshot LiveSession::status() const {
    auto const& endpoints = engine_.config().endpoints;
    auto mode = options_.mode == Mode::live ? live_mode_text(endpoints)
                                            : std::string{to_string(options_.mode)};
    if (endpoints.clock_factor != 1) mode += fmt::format(" x{}", endpoints.clock_factor);
    auto snapshot = engine_.status(std::move(mode));
    if (lag_.count() > 0) snapshot.loop_lag = lag_.quantile(0.99);
    return snapshot;
}

void LiveSession::print_summary() {
    console_.finish();
    RunFigures const figures{
        .mode = std::string{to_string(options_.mode)},
        .start = began_,
        .end = outside_.clock->utc_now(),
        .events = events_,
        .real_seconds = std::chrono::duration<double>(real_.now() - began_real_).count(),
        .facts = engine_.facts(),
        .windows = windows_settled_,
        .unsettled = engine_.unsettled_positions(),
        .lag_p50 = lag_.quantile(0.5),
        .lag_p99 = lag_.quantile(0.99),
        .lag_max = lag_.max(),
        .breaker_openings = breaker_openings_,
        .directory = storage_.directory,
        .journal = storage_.journal->path(),
        .exit_code = app::code(exit_code_),
    };
    std::vector<observe::SettledWindow> const windows{settled_.begin(), settled_.end()};
    auto const now = status();
    if (options_.json) {
        console_.line(run_summary_json(figures, now, windows));
        return;
    }
    for (auto const& line : run_summary(figures, now, windows))
        console_.line(line);
}

} // namespace polyquant::app
