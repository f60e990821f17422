#include "engine/app/operations.hpp"

#include "connectors/net/net_stack.hpp"
#include "engine/alerts/alert_book.hpp"
#include "engine/alerts/rules.hpp"
#include "engine/alerts/sender.hpp"
#include "engine/app/build_info.hpp"
#include "engine/app/web_listener.hpp"
#include "engine/core/replace_file.hpp"
#include "engine/dashboard/site.hpp"
#include "engine/metrics/exposition.hpp"
#include "engine/metrics/heartbeat.hpp"
#include "engine/observe/log_file.hpp"
#include "engine/observe/retention.hpp"
#include "engine/runtime/service_notice.hpp"
#include "engine/runtime/side_loop.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <deque>

namespace polyquant::app {

namespace {

constexpr Seconds figures_every{1};
constexpr Seconds heartbeat_every{5};
constexpr Seconds beat_age_max{15}; // an engine silent for longer is not reported as alive
constexpr Seconds alerts_every{1};
constexpr Seconds clean_every{600};
constexpr Seconds in_use_max{3'600}; // a file that is written changes within this
constexpr Seconds alarm_stays{60};   // a line that was said has no end of its own
constexpr std::size_t alarms_max = 64;
constexpr std::string_view alarm_mark = "ALARM ";
constexpr runtime::StopLimits stop_limits{{Millis{200}, Millis{200}, Millis{200}, Seconds{1}}};

std::string status_text(metrics::Figures const& figures) {
    Usdc bankroll, profit;
    for (auto const& s : figures.status.strategies) {
        bankroll += s.bankroll;
        profit += s.pnl;
    }
    return fmt::format(
        "{}, {} events, bank {}, pnl {}{}",
        figures.mode,
        figures.status.events,
        to_cents_text(bankroll),
        to_cents_text(profit),
        figures.status.trading_halted ? ", TRADING HALTED" : ""
    );
}

} // namespace

struct Operations::State {
    struct Alarm {
        std::string text;
        Instant at{};
    };

    Parts parts;
    config::MetricsParams metrics;
    config::AlertParams alert_params;
    config::DashboardParams dashboard;
    config::LogParams log_params;
    runtime::LiveClock clock;
    runtime::ServiceNotice service = runtime::ServiceNotice::from_environment();
    metrics::LatestFigures latest;
    std::uint64_t lines_lost = 0; // the engine's, as all above but the constants and `latest`
    // Below: the side loop's.
    runtime::SideLoop loop;
    runtime::Supervisor supervisor;
    std::unique_ptr<net::NetStack> net; // of its own: the engine's belongs to its thread
    std::unique_ptr<alerts::Sender> sender;
    alerts::AlertRules rules;
    alerts::AlertBook alerts;
    std::deque<Alarm> alarms;              // said within the last minute
    std::unique_ptr<dashboard::Site> site; // outlives its server
    WebListener metrics_web;
    WebListener dashboard_web;
    std::optional<observe::LogFile> log; // empty: not wanted
    bool write_failed = false;
    int exit_code = 0;
    bool stopped = false;

    explicit State(Parts p)
        : parts{std::move(p)}, metrics{parts.config.metrics}, alert_params{parts.config.alerts},
          dashboard{parts.config.dashboard}, log_params{parts.config.log},
          supervisor{
              loop.io().get_executor(),
              clock,
              [this](std::string const& name, Failure const& failure) {
                  say("operations: " + name + " ended: " + describe(failure));
              }
          },
          rules{alert_params}, alerts{alerts::AlertBook::Limits{
                                   [this](alerts::AlertKind kind) { return rules.patience(kind); },
                                   alarm_stays,
                                   alert_params.repeat_after,
                                   static_cast<int>(alert_params.notices_per_hour)
                               }} {}

    // From the side loop to where the console is.
    void say(std::string text) const {
        asio::post(parts.engine, [say = parts.say, text = std::move(text)] { say(text); });
    }

    Result<void> open_log();
    void write_log(std::string const& line);
    Task<void> clean_up();
    void remove_old(char const* folder, char const* suffix, std::int64_t days, bool is_bulk);
    Result<void> make_sender();
    Result<void> listen_metrics();
    Result<void> listen_dashboard();
    Task<void> draw_dashboard();
    net::server::HttpReply metrics_reply();
    Task<void> feed_figures();
    Task<void> write_heartbeats();
    Task<void> beat_watchdog();
    void write_heartbeat();
    Task<void> watch();
    void look(metrics::Figures const& figures);
    std::vector<alerts::Condition> alarm_conditions(Instant now);
};

Result<void> Operations::State::open_log() {
    if (!log_params.file) return {};
    observe::LogFile::Options options;
    options.bytes_max = static_cast<std::uintmax_t>(log_params.file_max_mb) * 1'000'000;
    options.files_kept = static_cast<std::size_t>(log_params.files_kept);
    auto opened = observe::LogFile::open(parts.directory, options);
    if (!opened) return opened.error();
    log = std::move(*opened);
    return {};
}

// A log that cannot be written costs no trade: the console still says everything.
void Operations::State::write_log(std::string const& line) {
    if (log) (void)log->write(clock.utc_now(), observe::level_of(line), line);
}

Task<void> Operations::State::clean_up() {
    do {
        remove_old("tape", ".tape", log_params.tape_days, true);
        remove_old("journal", ".log", log_params.journal_days, false);
    } while (co_await clock.wait_until(clock.now() + clean_every));
}

// What is being written is never touched, and of the bulk no more goes for want of space than has
// to. A run that lasts for months is a single start: what it wrote last month goes too.
void Operations::State::remove_old(
    char const* folder, char const* suffix, std::int64_t days, bool is_bulk
) {
    observe::KeepRules keep;
    if (days > 0) keep.age_max = Seconds{days * 86'400};
    keep.in_use_since = clock.utc_now() - in_use_max;
    auto const process = metrics::read_process(parts.directory);
    auto const needed = static_cast<std::uint64_t>(log_params.disk_free_min_gb * 1e9);
    if (is_bulk && process.disk_free_bytes.value_or(needed) < needed)
        keep.bytes_to_free = needed - *process.disk_free_bytes;
    auto const files = observe::stored_files(parts.directory / folder, {}, suffix);
    for (auto const& file : observe::expired(files, keep, clock.utc_now())) {
        std::error_code error;
        std::filesystem::remove(file.path, error);
        say(fmt::format(
            "{} {} ({:.1f} MB)",
            error ? "cannot remove old" : "removed old",
            file.path.filename().string(),
            static_cast<double>(file.bytes) / 1e6
        ));
    }
}

Result<void> Operations::State::make_sender() {
    if (!alert_params.enabled) return {};
    auto channels = alerts::read_channels(alert_params);
    if (!channels) return channels.error();
    auto stack = net::NetStack::create(
        loop.io(), clock, {parts.config.endpoints.ca_file, "polyquant/" + code_version()}, {}
    );
    if (!stack) return stack.error();
    net = std::move(*stack);
    alerts::Sender::Options options;
    options.engine = alert_params.name;
    sender = std::make_unique<alerts::Sender>(
        net->context(supervisor),
        std::move(*channels),
        std::move(options),
        [this](std::string const& text) { say(text); }
    );
    return {};
}

Result<void> Operations::State::listen_metrics() {
    if (!metrics.enabled) return {};
    WebPlace const place{
        "metrics", metrics.address, metrics.port, metrics.token_file, "POLYQUANT_METRICS_TOKEN"
    };
    auto access = make_access(place, {}, {});
    if (!access) return access.error();
    net::server::Router router;
    router.set_gate([access = *access](net::server::HttpCall const& call) {
        return access->refuse(call);
    });
    router.add_plain(net::Method::get, "/metrics", [this](net::server::HttpCall const&) {
        return metrics_reply();
    });
    router.add_plain(net::Method::get, "/", [](net::server::HttpCall const&) {
        return net::server::text_reply("polyquant; the figures are at /metrics\n");
    });
    auto web = listen_web(
        loop.io().get_executor(),
        clock,
        supervisor,
        std::move(router),
        place,
        parts.directory / "web",
        [this](Failure const& failure) { say("metrics: " + describe(failure)); }
    );
    if (!web) return web.error();
    metrics_web = std::move(*web);
    return {};
}

Result<void> Operations::State::listen_dashboard() {
    if (!dashboard.enabled) return {};
    auto const clients = static_cast<std::size_t>(dashboard.clients_max);
    WebPlace const place{
        "dashboard",
        dashboard.address,
        dashboard.port,
        dashboard.token_file,
        "POLYQUANT_DASHBOARD_TOKEN",
        clients * 2 + 16 // a page loads its parts on connections besides the one that stays
    };
    auto access = make_access(place, "polyquant_dashboard", "/login");
    if (!access) return access.error();
    site = std::make_unique<dashboard::Site>(clock, std::move(*access), clients);
    auto web = listen_web(
        loop.io().get_executor(),
        clock,
        supervisor,
        site->router(),
        place,
        parts.directory / "web",
        [this](Failure const& failure) { say("dashboard: " + describe(failure)); }
    );
    if (!web) return web.error();
    dashboard_web = std::move(*web);
    return {};
}

Task<void> Operations::State::draw_dashboard() {
    do {
        site->state().on(latest.get());
        site->broadcast();
    } while (co_await clock.wait_until(clock.now() + figures_every));
}

net::server::HttpReply Operations::State::metrics_reply() {
    auto const figures = latest.get();
    if (!figures) return net::server::text_reply("the engine has not begun\n", 503);
    metrics::PlaneFigures plane;
    plane.process = metrics::read_process(parts.directory);
    if (site) plane.dashboard_clients = site->clients();
    for (auto const kind : alerts::all_alert_kinds)
        if (kind != alerts::AlertKind::test)
            plane.alerts.push_back(
                {std::string{alerts::to_string(kind)}, alerts.active(kind) > 0 ? 1U : 0U}
            );
    if (sender)
        for (auto const& [channel, n] : sender->counts()) {
            plane.notices.push_back({channel, "sent", n.sent});
            plane.notices.push_back({channel, "failed", n.failed});
            plane.notices.push_back({channel, "dropped", n.dropped});
        }
    net::server::HttpReply reply;
    reply.body = metrics::exposition(*figures, plane, clock.now());
    reply.content_type = metrics::exposition_type;
    return reply;
}

// On the engine's loop: once a second a copy of values, nothing else.
Task<void> Operations::State::feed_figures() {
    runtime::LiveClock real;
    do {
        latest.put(parts.figures());
    } while (co_await real.wait_until(real.now() + figures_every));
}

Task<void> Operations::State::write_heartbeats() {
    do {
        write_heartbeat();
    } while (co_await clock.wait_until(clock.now() + heartbeat_every));
}

void Operations::State::write_heartbeat() {
    auto const figures = latest.get();
    if (!figures) return;
    auto heartbeat = metrics::heartbeat_of(*figures, metrics::read_process(parts.directory));
    heartbeat.written_at = clock.utc_now();
    heartbeat.stopped = stopped;
    heartbeat.exit_code = exit_code;
    for (auto const& alert : alerts.active())
        heartbeat.alerts.push_back(
            std::string{alerts::to_string(alert.kind)} +
            (alert.subject.empty() ? "" : " " + alert.subject)
        );
    if (metrics_web.server && !stopped) heartbeat.metrics = metrics_web.url + "/metrics";
    if (dashboard_web.server && !stopped) heartbeat.dashboard = dashboard_web.url + "/";
    auto const written =
        replace_file(parts.directory / metrics::heartbeat_file, metrics::print(heartbeat));
    if (!written && !write_failed) say("ALARM no heartbeat: " + describe(written.error()));
    write_failed = !written;
}

Task<void> Operations::State::watch() {
    do {
        if (auto const figures = latest.get()) look(*figures);
    } while (co_await clock.wait_until(clock.now() + alerts_every));
}

void Operations::State::look(metrics::Figures const& figures) {
    if (figures.stopping) return;
    auto const now = clock.now();
    auto wrong = rules.conditions(figures, metrics::read_process(parts.directory), now);
    auto said = alarm_conditions(now);
    wrong.insert(wrong.end(), said.begin(), said.end());
    for (auto const& notice : alerts.update(wrong, now, clock.utc_now())) {
        auto const line = "ALERT " + alerts::describe(notice);
        // An engine that hangs prints nothing, so its log is written from here.
        if (notice.kind == alerts::AlertKind::engine_stuck) write_log(line);
        say(line);
        sender->post(notice);
    }
}

std::vector<alerts::Condition> Operations::State::alarm_conditions(Instant now) {
    while (!alarms.empty() && (now - alarms.front().at > alarm_stays || alarms.size() > alarms_max))
        alarms.pop_front();
    std::vector<alerts::Condition> found;
    for (auto const& alarm : alarms)
        found.push_back({alerts::AlertKind::alarm, alarm.text, alarm.text});
    return found;
}

// The manager's patience is for the engine's loop, not for this one.
Task<void> Operations::State::beat_watchdog() {
    auto const every = service.watchdog() ? std::min<Nanos>(*service.watchdog() / 3, Seconds{10})
                                          : Nanos{Seconds{10}};
    auto const patience =
        std::min<Nanos>(service.watchdog().value_or(beat_age_max), Nanos{beat_age_max});
    do {
        auto const figures = latest.get();
        if (!figures || clock.now() - figures->beat > patience) continue;
        if (service.watchdog()) service.beat();
        service.status(status_text(*figures));
    } while (co_await clock.wait_until(clock.now() + every));
}

Result<std::unique_ptr<Operations>> Operations::create(Parts parts) {
    auto state = std::make_unique<State>(std::move(parts));
    if (auto const opened = state->open_log(); !opened) return opened.error();
    if (auto const made = state->make_sender(); !made) return made.error();
    if (auto const listening = state->listen_metrics(); !listening) return listening.error();
    if (auto const listening = state->listen_dashboard(); !listening) return listening.error();
    return std::unique_ptr<Operations>{new Operations{std::move(state)}};
}

Operations::Operations(std::unique_ptr<State> state) : state_{std::move(state)} {}

Operations::~Operations() {
    stop(state_->exit_code);
}

void Operations::start(runtime::Supervisor& engine_supervisor) {
    using runtime::Stage;
    auto& s = *state_;
    s.latest.put(s.parts.figures());
    engine_supervisor.start(Stage::close, "figures", s.feed_figures());
    s.supervisor.start(Stage::close, "heartbeat", s.write_heartbeats());
    s.supervisor.start(Stage::close, "retention", s.clean_up());
    if (s.site) s.supervisor.start(Stage::close, "dashboard", s.draw_dashboard());
    if (s.sender) {
        s.net->start(s.supervisor);
        s.sender->start(s.supervisor);
        s.supervisor.start(Stage::close, "alerts", s.watch());
    }
    if (s.service.is_heard()) s.supervisor.start(Stage::close, "watchdog", s.beat_watchdog());
    s.loop.start();
    if (s.metrics_web.server) s.parts.say("metrics at " + s.metrics_web.url + "/metrics");
    if (s.dashboard_web.server) s.parts.say("dashboard at " + s.dashboard_web.url + "/");
    s.service.ready("running");
}

void Operations::note(std::string const& line) {
    auto* const s = state_.get();
    auto const lost = s->lines_lost;
    auto const taken = s->loop.post([s, line, lost] {
        if (lost > 0) s->write_log(fmt::format("WARNING {} lines before this were lost", lost));
        s->write_log(line);
        if (s->site)
            s->site->state().on_line(format_utc(s->clock.utc_now()).substr(11, 8) + " " + line);
        if (line.starts_with(alarm_mark))
            s->alarms.push_back({line.substr(alarm_mark.size()), s->clock.now()});
    });
    s->lines_lost = taken ? 0 : lost + 1;
}

void Operations::window_settled(observe::SettledWindow const& window) {
    auto* const s = state_.get();
    s->loop.post([s, window] {
        if (s->site) s->site->state().on_window(window);
    });
}

void Operations::reloading() {
    state_->service.reloading(state_->clock.now());
}

void Operations::reloaded() {
    state_->service.ready("running");
}

void Operations::stopping() {
    state_->service.stopping();
}

void Operations::stop(int exit_code) {
    auto* const s = state_.get();
    s->loop.stop([s, exit_code]() -> Task<void> {
        s->stopped = true;
        s->exit_code = exit_code;
        co_await s->supervisor.stop(stop_limits);
        s->write_heartbeat();
    });
}

} // namespace polyquant::app
