#include "connectors/net/net_stack.hpp"

namespace polyquant::net {

namespace {

constexpr Millis breaker_look_every{250};

Task<void> report_breakers(runtime::Clock& clock, EndpointGroups& groups) {
    while (co_await clock.wait_until(clock.now() + breaker_look_every))
        groups.report_changes(clock.now());
}

HttpsClient::Options client_options(NetStack::Options const& options) {
    HttpsClient::Options client;
    client.user_agent = options.user_agent;
    return client;
}

} // namespace

struct NetStack::State {
    runtime::Clock& clock;
    runtime::SidePool names; // of its own: a lookup may hang for half a minute
    Resolver resolver;
    Dialer dialer;
    EndpointGroups groups;
    HttpsClient https;

    State(
        asio::io_context& io,
        runtime::Clock& c,
        TlsContext tls,
        ProxySettings proxies,
        Options const& options,
        EndpointGroups::OnChange on_change
    )
        : clock{c}, names{io, 1, runtime::Delivery::as_ready}, resolver{names, clock},
          dialer{io.get_executor(), clock, resolver, std::move(tls), std::move(proxies)},
          groups{std::move(on_change)},
          https{dialer, groups, random_from_entropy(), client_options(options)} {}
};

Result<std::unique_ptr<NetStack>> NetStack::create(
    asio::io_context& io,
    runtime::Clock& clock,
    Options const& options,
    EndpointGroups::OnChange on_breaker_change
) {
    auto tls = TlsContext::create({options.ca_file});
    if (!tls) return tls.error();
    auto proxies = ProxySettings::from_environment();
    if (!proxies) return proxies.error();
    auto state = std::make_unique<State>(
        io, clock, std::move(*tls), std::move(*proxies), options, std::move(on_breaker_change)
    );
    return std::unique_ptr<NetStack>{new NetStack{std::move(state)}};
}

NetStack::NetStack(std::unique_ptr<State> state) : state_{std::move(state)} {}

NetStack::~NetStack() = default;

NetContext NetStack::context(runtime::Supervisor& supervisor) {
    auto& s = *state_;
    return {
        s.dialer.executor(), s.clock, supervisor, s.dialer, s.groups, s.https, random_from_entropy()
    };
}

void NetStack::start(runtime::Supervisor& supervisor) {
    using runtime::Stage;
    supervisor.start(Stage::close, "names", state_->resolver.run());
    supervisor.start(Stage::close, "breakers", report_breakers(state_->clock, state_->groups));
}

EndpointGroups& NetStack::groups() {
    return state_->groups;
}

} // namespace polyquant::net
