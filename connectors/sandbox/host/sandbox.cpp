#include "connectors/sandbox/host/sandbox.hpp"

#include "connectors/sandbox/host/endpoints.hpp"
#include "connectors/sandbox/host/sandbox_routes.hpp"
#include "engine/core/replace_file.hpp"
#include "engine/runtime/deadline.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace polyquant::sandbox {

namespace {

using net::server::HttpServer;

constexpr std::array all_services{
    Service::gamma,
    Service::clob,
    Service::clob_stream,
    Service::data_api,
    Service::polybolt,
    Service::rtds,
    Service::website,
    Service::binance_rest,
    Service::binance_stream,
};

// The most the world is moved before others get a turn; a world that fell behind catches up in
// such steps.
constexpr Nanos step_max = Millis{500};
// Of real time: how soon a fault of certificates or a restart is noticed.
constexpr Nanos look_every = Millis{100};
constexpr Nanos restart_usual = Seconds{90};

bool is_stream(Service service) {
    return service == Service::clob_stream || service == Service::polybolt ||
           service == Service::rtds || service == Service::binance_stream;
}

std::size_t index(Service service) {
    return static_cast<std::size_t>(service);
}

// A fast clock does not make computers and wires faster: what guards against slow clients stays
// real time.
net::server::ServerLimits limits_at(double factor) {
    net::server::ServerLimits limits;
    auto const longer = std::max<std::int64_t>(1, std::llround(factor));
    for (auto* const limit :
         {&limits.handshake, &limits.request, &limits.handler, &limits.write, &limits.idle})
        *limit *= longer;
    return limits;
}

} // namespace

struct Sandbox::State {
    runtime::Clock& clock;
    std::filesystem::path directory;
    std::string polygon_rpc;
    std::string relayer;
    runtime::TimeScale scale;
    Tell tell;
    FaultPlan plan;
    World world;
    Stage stage;
    Services services;
    ServedCredentials credentials;
    std::array<std::unique_ptr<HttpServer>, service_count> servers{};
    std::array<net::server::Credentials const*, service_count> shown{};
    bool is_restarting = false;

    State(runtime::Clock& c, SandboxOptions options, ServedCredentials served, Tell on_news)
        : clock{c}, directory{std::filesystem::absolute(options.directory)},
          polygon_rpc{std::move(options.polygon_rpc)}, relayer{std::move(options.relayer)},
          scale{options.scale}, tell{std::move(on_news)},
          plan{std::move(options.faults), options.world.start, options.world.seed},
          world{
              options.world,
              options.path ? std::move(options.path) : make_generated_path(options.world.seed),
              plan
          },
          stage{world, plan, clock}, services{stage}, credentials{std::move(served)} {}

    Result<void>
    listen(asio::any_io_executor const& executor, runtime::Supervisor& supervisor, Service service);
    Result<void> write_endpoints() const;
    std::string url(Service service) const;
    void look();
    void show_credentials(Service service, UtcTime now);
    static Task<void> drive(std::shared_ptr<State> state);
    static Task<void> watch(std::shared_ptr<State> state);
};

Result<void> Sandbox::State::listen(
    asio::any_io_executor const& executor, runtime::Supervisor& supervisor, Service service
) {
    HttpServer::Options options;
    options.name = to_string(service);
    options.credentials = credentials.usual;
    options.limits = limits_at(scale.factor);
    options.reply_fault = reply_faults(service, plan, clock);
    options.message_fault = message_faults(service, plan, clock);
    options.on_trouble = [this](Failure const& failure) {
        tell(describe(failure));
    };
    auto made = HttpServer::listen(
        executor, clock, supervisor, services.router(service), std::move(options)
    );
    if (!made) return made.error();
    servers[index(service)] = std::move(*made);
    shown[index(service)] = &credentials.usual;
    return Result<void>{};
}

std::string Sandbox::State::url(Service service) const {
    auto origin = servers[index(service)]->origin();
    if (is_stream(service)) origin.replace(0, std::string_view{"https"}.size(), "wss");
    if (service == Service::polybolt) origin += "/ws";
    return origin;
}

Result<void> Sandbox::State::write_endpoints() const {
    config::EndpointParams e;
    e.binance_rest = url(Service::binance_rest);
    e.binance_stream = url(Service::binance_stream);
    e.gamma = url(Service::gamma);
    e.clob = url(Service::clob);
    e.clob_stream = url(Service::clob_stream);
    e.data_api = url(Service::data_api);
    e.polybolt = url(Service::polybolt);
    e.rtds = url(Service::rtds);
    e.website = url(Service::website);
    // Without a local chain they answer 404 here rather than reach the real ones.
    e.relayer = relayer.empty() ? url(Service::website) + "/relayer" : relayer;
    e.polygon_rpc = polygon_rpc.empty() ? url(Service::website) + "/polygon" : polygon_rpc;
    e.ca_file = (directory / "ca.pem").string();
    e.clock_factor = scale.factor;
    e.clock_real_anchor = format_utc(scale.real_anchor);
    e.clock_scaled_anchor = format_utc(scale.scaled_anchor);
    return replace_file(directory / "endpoints.toml", endpoints_toml(e));
}

Task<void> Sandbox::State::drive(std::shared_ptr<State> state) {
    auto& world = state->world;
    auto& clock = state->clock;
    for (;;) {
        auto const now = clock.utc_now();
        world.advance_to(std::min(now, world.now() + step_max));
        auto const due = world.next_due();
        // Also when late: the sockets get their turn between two steps.
        auto const at = due > now ? clock.instant_of(due) : clock.now();
        if (!co_await clock.wait_until(at)) co_return;
        co_await asio::post(asio::use_awaitable);
    }
}

Task<void> Sandbox::State::watch(std::shared_ptr<State> state) {
    auto& clock = state->clock;
    auto const every = std::chrono::duration_cast<Nanos>(std::chrono::duration<double, std::nano>(
        static_cast<double>(look_every.count()) * state->scale.factor
    ));
    for (;;) {
        state->look();
        if (!co_await clock.wait_until(clock.now() + every)) co_return;
    }
}

void Sandbox::State::look() {
    auto const now = clock.utc_now();
    for (auto const& change : plan.changes(now)) {
        auto const& line = *change.line;
        auto text = fmt::format(
            "{} fault {} {}", format_utc(now), change.begins ? "begins:" : "ends:  ", line.text
        );
        // Phases such as a wrong certificate are not counted.
        if (change.strikes > 0) text += fmt::format(" ({} times)", change.strikes);
        tell(text);
    }
    auto const restart = plan.active(FaultKind::restart, {Service::clob, {}, {}, {}}, now);
    if (restart && !is_restarting) {
        plan.strike(FaultKind::restart, {Service::clob, {}, {}, {}}, now);
        auto const down = restart->remaining > Nanos{0} ? restart->remaining : restart_usual;
        world.exchange().restart(now, down);
    }
    is_restarting = restart.has_value();
    for (auto const service : all_services)
        show_credentials(service, now);
}

void Sandbox::State::show_credentials(Service service, UtcTime now) {
    auto const* const wanted = &credentials.of(service, plan, now);
    auto& server = servers[index(service)];
    if (shown[index(service)] == wanted) return;
    shown[index(service)] = wanted;
    if (auto const switched = server->switch_credentials(*wanted); !switched) {
        tell(describe(switched.error()));
    }
    // As when a load balancer is replaced: whoever is connected comes back and sees it.
    if (wanted != &credentials.usual) server->reset_all();
}

Result<std::unique_ptr<Sandbox>> Sandbox::start(
    asio::any_io_executor executor,
    runtime::Clock& clock,
    runtime::Supervisor& supervisor,
    SandboxOptions options,
    Tell tell
) {
    // Certificates are checked by the machine's clock.
    auto const real_now = runtime::LiveClock{}.utc_now();
    auto const authority =
        net::server::CertificateAuthority::open_or_create(options.directory, real_now);
    if (!authority) return authority.error();
    auto served = ServedCredentials::make(*authority, real_now);
    if (!served) return served.error();
    auto const state =
        std::make_shared<State>(clock, std::move(options), std::move(*served), std::move(tell));
    for (auto const service : all_services) {
        auto const listening = state->listen(executor, supervisor, service);
        if (!listening) return listening.error();
    }
    auto const written = state->write_endpoints();
    if (!written) return written.error();
    supervisor.start(runtime::Stage::feeds, "world", State::drive(state));
    supervisor.start(runtime::Stage::feeds, "faults", State::watch(state));
    return std::unique_ptr<Sandbox>{new Sandbox{state}};
}

Sandbox::Sandbox(std::shared_ptr<State> state) : state_{std::move(state)} {}

Sandbox::~Sandbox() {
    for (auto& server : state_->servers)
        server.reset();
    std::error_code ignored;
    std::filesystem::remove(endpoints_file(), ignored);
}

std::filesystem::path Sandbox::endpoints_file() const {
    return state_->directory / "endpoints.toml";
}

std::string Sandbox::url(Service service) const {
    return state_->url(service);
}

World& Sandbox::world() {
    return state_->world;
}

SandboxStatus Sandbox::status() const {
    SandboxStatus status;
    World const& world = state_->world;
    status.now = state_->clock.utc_now();
    status.lag = std::max(Nanos{0}, status.now - world.now());
    for (auto const* const market : world.markets().all())
        if (market->phase == Phase::open) ++status.open_markets;
    for (auto const& server : state_->servers) {
        auto const& s = server->statistics();
        status.connections += s.open;
        status.sockets += s.sockets;
        status.requests += s.requests;
        status.faults += s.faults;
    }
    status.accounts = world.exchange().accounts().size() - 1;
    for (auto const asset : world.options().assets) {
        auto const& quote = world.coin(asset).quote();
        status.prices[index_of(asset)] = quote.bid;
    }
    return status;
}

Result<void> Sandbox::write_statements() const {
    return sandbox::write_statements(state_->world, state_->directory);
}

} // namespace polyquant::sandbox
