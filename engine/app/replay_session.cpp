#include "engine/app/replay_session.hpp"

#include "engine/app/replay_summary.hpp"
#include "strategies/catalog.hpp"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>

namespace polyquant::app {

namespace {

// Long enough after the last window for prices to be waited for and money to be paid.
Nanos settling_time(config::SettlementParams const& p) {
    return p.final_price_wait + p.official_wait + p.payout_delay + Seconds{60};
}

observe::Console make_console(std::FILE* out, bool json, config::ConsoleStyle style) {
    using config::ConsoleStyle;
    if (json || style == ConsoleStyle::lines || style == ConsoleStyle::quiet)
        return observe::Console{out, false, 0};
    if (style == ConsoleStyle::redraw) return observe::Console{out, true, 0};
    return observe::Console{out};
}

// A run that is executed again may do so faster, elsewhere, or on another screen.
void keep_places(config::RunConfig& config, config::RunConfig const& running) {
    auto const seed = config.run.seed;
    config.run = running.run;
    config.run.seed = seed;
    config.feed = running.feed;
    config.endpoints = running.endpoints;
}

// A redraw may cost a system call or two; a look at the clock for every event would cost more.
constexpr std::uint64_t events_between_looks = 1024;

} // namespace

ReplaySession::ReplaySession(
    ReplayOptions const& options,
    ReplayPlan plan,
    config::RunConfig config,
    ConfigLoader loader,
    std::unique_ptr<RunInput> input,
    Storage storage,
    std::FILE* out
)
    : options_{options}, plan_{std::move(plan)}, loader_{std::move(loader)},
      storage_{std::move(storage)}, console_{make_console(out, options.json, config.run.console)},
      clock_{plan_.start}, training_{io_, 1, runtime::Delivery::held},
      disk_{io_, 1, runtime::Delivery::held},
      venue_{
          clock_,
          io_.get_executor(),
          config.simulated,
          static_cast<std::uint64_t>(config.run.seed),
          [this](Event event) {
              bus_.publish(std::move(event));
          }
      },
      engine_{
          EngineParts{
              io_.get_executor(),
              clock_,
              bus_,
              training_,
              disk_,
              venue_,
              *storage_.journal,
              storage_.ledger,
              *this,
              {},
              storage_.quote_table,
              storage_.trained,
              {},
              storage_.blend
          },
          std::move(config)
      },
      input_{std::move(input)}, feed_{
                                    *input_,
                                    [this](std::uint64_t published) { between_events(published); },
                                    [this](Asset asset, std::vector<Bar> const& bars) {
                                        engine_.warm_up(asset, bars);
                                    }
                                },
      loop_{
          io_,
          clock_,
          bus_,
          {.now = [this] { return real_.now(); },
           .wait =
               [this](Instant until) {
                   return wait_real(until);
               }}
      },
      signals_{io_, SIGINT, SIGTERM, SIGHUP} {}

ExitCode ReplaySession::run() {
    if (!options_.headline.empty()) say(options_.headline);
    if (auto const recalled = recall_reloads(); !recalled) {
        say(describe(recalled.error()));
        return ExitCode::storage;
    }
    if (options_.crash_after_record)
        storage_.journal->observe_appends([this](std::uint64_t record) {
            if (record == *options_.crash_after_record) std::raise(SIGKILL);
        });
    began_ = real_.now();
    last_event_ = plan_.start;
    loop_.include(training_);
    loop_.include(disk_);
    using runtime::EventKinds;
    bus_.subscribe(
        "venue",
        EventKinds::of<MarketListed, BookSnapshot, BookChange, TickSizeChanged, PublicTrade>(),
        [this](Event const& event) { venue_.on(event); }
    );
    wait_for_signals();
    for (auto asset : engine_.config().run.assets)
        engine_.warm_up(asset, plan_.history[index_of(asset)]);
    // Until the last cancel is answered.
    engine_.supervisor().start(runtime::Stage::close, "venue", venue_.run());
    engine_.keep_decisions(options_.keep_decisions);
    engine_.start();
    if (auto const kept = keep_moments(); !kept) {
        say(describe(kept.error()));
        return ExitCode::storage;
    }
    was_re_executing_ = storage_.journal->is_re_executing();
    set_speed();
    auto const end = loop_.run(feed_);
    if (fatal_ || end == runtime::ReplayEnd::stopped) return leave_unfinished();
    return finish();
}

void ReplaySession::say(std::string const& line) {
    if (!options_.json && !options_.quiet) console_.line(line);
}

// A backtest trains thousands of times; its journal holds them all.
void ReplaySession::trained(std::string const& line) {
    if (options_.headline.empty()) say(line);
}

void ReplaySession::window_settled(observe::SettledWindow const& window) {
    settled_.push_back(window);
    if (options_.json || options_.quiet) return;
    if (!options_.headline.empty() && engine_.config().run.console != config::ConsoleStyle::lines)
        return; // a backtest's windows are in its report
    auto const status = engine_.status(mode_text());
    console_.line(observe::window_line(window, status));
    if (console_.is_live() && engine_.config().run.dashboard)
        for (auto const& row : observe::strategy_table(status))
            console_.line(row);
}

void ReplaySession::fatal(Failure const& failure) {
    fatal_ = failure;
    say("TRADING HALTED " + describe(failure));
    loop_.request_stop();
}

// A reload is an input like any other: the journal keeps the file's text and its place, and a run
// that is executed again takes it from there.
Result<void> ReplaySession::recall_reloads() {
    auto const records = storage_.journal->records_of("reload");
    if (!records) return records.error();
    for (auto const& record : *records) {
        auto const line_end = record.payload.find('\n');
        auto const first = std::string_view{record.payload}.substr(0, line_end);
        constexpr std::string_view prefix = "after ";
        std::uint64_t after = 0;
        auto const digits = first.substr(std::min(first.size(), prefix.size()));
        auto const parsed = std::from_chars(digits.data(), digits.data() + digits.size(), after);
        if (!first.starts_with(prefix) || parsed.ec != std::errc{} || line_end == std::string::npos)
            return Failure{
                Fault::storage,
                "journal",
                fmt::format("record {} is no reload this version can repeat", record.seq)
            };
        recorded_reloads_.push_back(
            {after, first.ends_with(" trained"), record.payload.substr(line_end + 1)}
        );
    }
    // The first set was in use from the start, and is loaded already.
    auto const sets = storage_.journal->records_of("trained");
    if (!sets) return sets.error();
    for (std::size_t i = 1; i < sets->size(); ++i)
        recorded_trained_.push_back((*sets)[i].payload);
    return {};
}

// The last subscriber: it samples what an event has led to.
Result<void> ReplaySession::keep_moments() {
    if (!options_.keep_moments) return {};
    auto made = MomentSampler::create(
        plan_.directory / "moments.csv",
        engine_.config().run.assets,
        [this](Asset asset, Window window) { return engine_.view(asset, window); },
        [this](Asset asset) { return engine_.signal(asset); }
    );
    if (!made) return made.error();
    moments_ = std::move(*made);
    bus_.subscribe("moments", runtime::EventKinds::all(), [this](Event const&) {
        moments_->on(clock_.utc_now());
    });
    return {};
}

void ReplaySession::wait_for_signals() {
    signals_.async_wait([this](boost::system::error_code error, int number) {
        if (error) return;
        on_signal(number);
        wait_for_signals();
    });
}

void ReplaySession::on_signal(int number) {
    if (number == SIGHUP) {
        reload_wanted_ = true;
        return;
    }
    interrupted_ = true;
    loop_.request_stop();
}

void ReplaySession::between_events(std::uint64_t published) {
    while (!recorded_reloads_.empty() && recorded_reloads_.front().after_events <= published) {
        auto const recorded = std::move(recorded_reloads_.front());
        recorded_reloads_.pop_front();
        repeat_reload(recorded);
    }
    if (reload_wanted_ && !storage_.journal->is_re_executing()) {
        reload_wanted_ = false;
        reload_from_files(published);
    }
    if (was_re_executing_ && !storage_.journal->is_re_executing()) {
        was_re_executing_ = false;
        say(fmt::format(
            "resumed: {} journal records executed again and found equal",
            storage_.journal->existing()
        ));
        set_speed();
    }
    if (auto const next = input_->next_at()) last_event_ = *next;
    if (published % events_between_looks == 0) redraw_if_due();
}

void ReplaySession::reload_from_files(std::uint64_t published) {
    auto next = loader_();
    if (!next) {
        say("reload refused, the running configuration stays:");
        say(config::to_string(next.error()));
        return;
    }
    auto const text = next->print();
    apply(std::move(*next), text, published, nullptr);
}

void ReplaySession::repeat_reload(RecordedReload const& recorded) {
    std::vector<config::ConfigText> const texts{{"journal", recorded.text}};
    auto next = config::parse_run_config(texts, strategies::strategy_kinds());
    if (!next) {
        fatal(
            {Fault::storage,
             "journal",
             "a recorded reload does not parse: " + config::to_string(next.error())}
        );
        return;
    }
    keep_places(*next, engine_.config());
    apply(std::move(*next), recorded.text, recorded.after_events, &recorded);
}

void ReplaySession::apply(
    config::RunConfig next,
    std::string const& text,
    std::uint64_t published,
    RecordedReload const* recorded
) {
    auto const verdict = config::check_reload(engine_.config(), next, engine_.reload_history());
    std::optional<TrainedModels> trained;
    if (recorded != nullptr && recorded->trained)
        trained = recorded_trained();
    else if (recorded == nullptr && verdict.accepted())
        trained = newly_trained(next);
    // A repeated one is on record even if it changed only what a repetition leaves as it is.
    if (verdict.accepted() && (recorded != nullptr || trained || !verdict.changes.empty())) {
        auto const record =
            fmt::format("after {}{}\n{}", published, trained ? " trained" : "", text);
        auto const kept = storage_.journal->append(clock_.utc_now(), "reload", record);
        if (!kept) return fatal(kept.error());
    }
    say(verdict.accepted() ? "reload accepted:" : "reload refused, the running configuration stays:"
    );
    say(config::to_string(verdict));
    if (!verdict.accepted()) return;
    engine_.reload(std::move(next));
    if (!trained) return;
    say("trained models from now on: " + trained_text(*trained));
    engine_.use_trained(std::move(*trained));
}

std::optional<TrainedModels> ReplaySession::newly_trained(config::RunConfig const& config) {
    auto models = load_trained(config);
    if (!models) {
        say("trained models refused, those in use stay: " + describe(models.error()));
        return std::nullopt;
    }
    if (same_models(*models, engine_.trained())) return std::nullopt;
    if (auto const kept = keep_trained(plan_.directory, *models); !kept) {
        fatal(kept.error());
        return std::nullopt;
    }
    return std::move(*models);
}

std::optional<TrainedModels> ReplaySession::recorded_trained() {
    if (recorded_trained_.empty()) {
        fatal({Fault::storage, "journal", "a reload of trained models does not name them"});
        return std::nullopt;
    }
    auto models = recall_trained(plan_.directory, recorded_trained_.front());
    recorded_trained_.pop_front();
    if (models) return std::move(*models);
    fatal(models.error());
    return std::nullopt;
}

bool ReplaySession::wait_real(Instant until) {
    for (;;) {
        redraw_if_due();
        if (io_.run_one_until(std::min(until, next_redraw_)) > 0) return true;
        if (real_.now() >= until) return false;
    }
}

void ReplaySession::redraw_if_due() {
    auto const now = real_.now();
    if (now < next_redraw_) return;
    next_redraw_ = now + engine_.config().run.status_interval;
    if (console_.is_live())
        console_.block(observe::status_block(engine_.status(mode_text()), console_.width()));
}

void ReplaySession::set_speed() {
    auto const replaying_past = storage_.journal->is_re_executing();
    loop_.set_speed(replaying_past ? 0.0 : engine_.config().feed.speed_factor());
}

ExitCode ReplaySession::finish() {
    loop_.set_speed(0.0);
    engine_.input_over();
    auto const last_close = window_at(last_event_).end();
    loop_.drain(last_close + Nanos{1'000'000});
    auto const& settlement = engine_.config().settlement;
    loop_.drain(last_close + settling_time(settlement), [this] {
        return fatal_.has_value() || (engine_.is_quiet() && engine_.windows_pending() == 0);
    });
    if (fatal_ || interrupted_) return leave_unfinished();

    std::optional<runtime::StopReport> stopped;
    asio::co_spawn(
        io_,
        engine_.stop(),
        [&stopped](std::exception_ptr error, runtime::StopReport report) {
            if (error) report.failed.emplace_back("stop", Failure{Fault::invalid, "stop", "threw"});
            stopped = std::move(report);
        }
    );
    loop_.drain(clock_.utc_now() + Seconds{30}, [&stopped] { return stopped.has_value(); });
    if (fatal_ || (interrupted_ && !stopped)) return leave_unfinished();
    auto code = ExitCode::ok;
    if (!stopped || !stopped->clean()) {
        code = ExitCode::failed;
        if (stopped)
            for (auto const& late : stopped->late)
                say("did not stop in time: " + late);
        if (stopped)
            for (auto const& [name, failure] : stopped->failed)
                say("failed while stopping: " + name + ": " + describe(failure));
    }
    if (auto const problem = engine_.portfolio().audit()) {
        say("the books do not balance: " + *problem);
        code = ExitCode::failed;
    }
    if (engine_.portfolio().halted() && code == ExitCode::ok) code = ExitCode::halted;
    if (moments_)
        if (auto const written = moments_->finish(); !written) {
            say(describe(written.error()));
            code = ExitCode::storage;
        }
    auto const damage = input_->problems();
    for (auto const& line : damage)
        say("tape: " + line);
    if (!damage.empty() && code == ExitCode::ok) code = ExitCode::bad_data;
    print_summary(code);
    return code;
}

// Stopped on the way: nothing that the tape did not cause may reach the journal, so orders are not
// cancelled; the run goes on where it stopped when it is started again.
ExitCode ReplaySession::leave_unfinished() {
    if (!fatal_) loop_.drain(clock_.utc_now());
    auto const durable = storage_.journal->sync();
    if (!durable && !fatal_) fatal_ = durable.error();
    // Halted is for safety rules; what is fatal is a full disk or a bug.
    auto const code = !fatal_                           ? ExitCode::interrupted
                      : fatal_->fault == Fault::storage ? ExitCode::storage
                                                        : ExitCode::failed;
    print_summary(code);
    if (code == ExitCode::interrupted)
        say(options_.headline.empty()
                ? fmt::format(
                      "interrupted; it goes on with: polyquant replay -c {} --dir {}",
                      (plan_.directory / "config.toml").string(),
                      plan_.directory.string()
                  )
                : std::string{"interrupted; the same command goes on with it"});
    return code;
}

std::string ReplaySession::mode_text() const {
    auto const factor = engine_.config().feed.speed_factor();
    if (storage_.journal->is_re_executing()) return "replay (catching up)";
    return factor > 0 ? fmt::format("replay x{}", factor) : std::string{"replay max"};
}

void ReplaySession::print_summary(ExitCode code) {
    console_.finish();
    if (options_.quiet) return;
    auto const seconds = std::chrono::duration<double>(real_.now() - began_).count();
    ReplayFigures const figures{
        .start = plan_.start,
        .end = last_event_,
        .events = input_->events(),
        .real_seconds = seconds,
        .facts = engine_.facts(),
        .records = storage_.journal->records(),
        .compared = storage_.journal->existing(),
        .unsettled = engine_.unsettled_positions(),
        .directory = plan_.directory,
        .exit_code = app::code(code),
    };
    auto const status = engine_.status(mode_text());
    if (options_.json) {
        console_.line(replay_summary_json(figures, status, settled_));
        return;
    }
    for (auto const& line : replay_summary(figures, status, settled_))
        console_.line(line);
}

} // namespace polyquant::app
