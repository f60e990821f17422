// The engine's order path with the real venue adapter inside, against a CLOB in memory with every
// fault. PQ_SEEDS and PQ_FIRST_SEED choose how many and which; a failing seed prints itself.
#include "connectors/polymarket/clob/clob_account.hpp"
#include "connectors/polymarket/clob/heartbeat.hpp"
#include "connectors/polymarket/clob/user_feed.hpp"
#include "engine/execution/reconcile_actor.hpp"
#include "tests/connectors/polymarket/clob/clob_world.hpp"
#include "tests/connectors/polymarket/clob/sim_clob.hpp"

#include <cstdlib>

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::polymarket::testing;

namespace {

using execution::ExecutionActor;
using execution::Portfolio;
using execution::ReconcileActor;
using execution::RiskGate;

class Facts final : public FactSink {
public:
    Facts(runtime::Clock const& clock, Portfolio& portfolio)
        : clock_{clock}, portfolio_{portfolio} {}

    void record(FactBody body) override {
        facts.push_back({facts.size() + 1, clock_.utc_now(), std::move(body)});
        portfolio_.apply(facts.back());
    }

    std::string text() const {
        std::string lines;
        for (auto const& fact : facts)
            lines += describe(fact) + "\n";
        return lines;
    }

    std::vector<Fact> facts{};

private:
    runtime::Clock const& clock_;
    Portfolio& portfolio_;
};

config::RiskParams wide_limits() {
    config::RiskParams r;
    r.order_max = r.daily_loss_max = usd(100'000);
    r.exposure_per_window_max = r.exposure_per_asset_max = r.exposure_total_max = usd(100'000);
    return r;
}

StrategyName const strategy{"s1"};
constexpr auto money = usd(200);

struct Simulation {
    explicit Simulation(std::uint64_t seed)
        : random{seed * 2 + 1}, clob{clock, market, money, seed, SimFaults{}} {
        facts.record(EpochOpened{strategy, "test", 1, {}});
        facts.record(CapitalMoved{strategy, usd(150), "start"});
        clob.on_frame([this](std::string const& text) {
            user.on_text(text, our_key, clock.utc_now());
        });
        clob.on_connection([this](bool up) {
            if (up)
                user.on_up(clock.utc_now());
            else
                user.on_down("lost", clock.utc_now());
        });
        session->set_transport([this](net::HttpRequest r, Instant d, net::Exchange* x) {
            return clob.serve(std::move(r), d, x);
        });
        venue.set_veto([this](PlaceOrder const&) -> std::optional<VenueRefusal> {
            if (auto refused = heart.refusal()) return refused;
            return reconciler.refusal();
        });
        venue.before_resting([this](Instant deadline) { return heart.ensure(deadline); });
        using runtime::Stage;
        supervisor.start(Stage::close, "clob", clob.run());
        supervisor.start(Stage::close, "open", open());
        supervisor.start(Stage::close, "session", session->run());
        supervisor.start(Stage::close, "heart", heart.run());
        supervisor.start(Stage::close, "reconcile", reconciler.run());
    }

    ~Simulation() {
        auto done = false;
        asio::co_spawn(io, supervisor.stop(), [&](std::exception_ptr, runtime::StopReport) {
            done = true;
        });
        for (auto n = 0; n < 500 && !done; ++n)
            advance(100ms);
    }

    Simulation(Simulation const&) = delete;
    Simulation& operator=(Simulation const&) = delete;

    Task<void> open() {
        while (!session->is_open()) {
            auto const opened = co_await session->open(clock.now() + 5s);
            if (!opened) co_await clock.wait_until(clock.now() + 500ms);
        }
        co_await clock.wait_until(Instant::max());
    }

    static NetWorld& net() {
        static NetWorld world;
        return world;
    }

    std::unique_ptr<ClobSession> make_session() {
        ClobAccount account;
        account.signer = anvil_signer();
        account.credentials = test_credentials();
        ClobOptions options;
        options.base = net::parse_url("https://venue.test/").value();
        net::NetContext context{
            io.get_executor(),
            clock,
            supervisor,
            net().dialer,
            groups,
            net().client,
            net::random_from_seed(3)
        };
        return ClobSession::create(std::move(context), std::move(account), options).value();
    }

    void publish(Event const& event) { actor.on(event); }

    void advance(Nanos time) {
        auto const target = clock.now() + time;
        for (;;) {
            run_ready();
            auto const next = clock.next_due();
            if (!next || *next > target) break;
            clock.advance_to(*next);
        }
        clock.advance_to(target);
        run_ready();
    }

    void run_ready() {
        while (io.poll() > 0) {
        }
        io.restart();
    }

    // A random order, at most as a strategy may send it.
    void decide() {
        auto const& account = *portfolio.find(strategy);
        PlaceOrder order;
        order.strategy = strategy;
        order.market = market.condition;
        order.outcome = random.chance(0.5) ? Outcome::up : Outcome::down;
        order.token = market.token(order.outcome);
        order.asset = Asset::btc;
        order.side = random.chance(0.25) ? Side::sell : Side::buy;
        order.limit = cents(30 + static_cast<std::int64_t>(random.below(40)));
        order.size = shares(5 + static_cast<std::int64_t>(random.below(10)));
        order.tif = random.chance(0.35) ? TimeInForce::gtc : TimeInForce::fok;
        order.seen_price = order.limit;
        order.decided_at = clock.utc_now();
        if (order.side == Side::sell) {
            order.size =
                Shares::from_micros(account.sellable(order.token).micros() / 10'000 * 10'000);
            if (order.size < shares(5)) return;
        }
        execution::RiskView view;
        view.now = clock.utc_now();
        view.market = &market;
        view.book_age = view.spot_age = view.signal_age = view.clock_offset = Nanos{0};
        auto const submitted = actor.submit(order, view);
        if (submitted.reason == Reason::order_sent) intents.emplace(submitted.order, order);
    }

    void trade(Nanos time) {
        auto const end = clock.now() + time;
        while (clock.now() < end) {
            advance(Millis{static_cast<std::int64_t>(200 + random.below(2000))});
            decide();
        }
    }

    bool is_quiet() const {
        return actor.open_orders() == 0 && clob.is_settled() && reconciler.is_open() &&
               reconciler.last().is_whole();
    }

    // What must hold at the end; empty when it does.
    std::vector<std::string> breaches() {
        auto found = clob.breaches();
        auto const& account = *portfolio.find(strategy);
        if (auto const broken = portfolio.audit()) found.push_back(*broken);
        if (!is_quiet()) found.push_back("not quiet: " + describe(reconciler.last()));
        auto const ours = account.cash + account.reserved + (money - usd(150));
        if (ours != clob.cash())
            found.push_back("money: ours " + to_string(ours) + " venue " + to_string(clob.cash()));
        for (auto const& token : {market.up, market.down}) {
            auto const at = account.positions.find(token);
            auto const here = at == account.positions.end() ? Shares{} : at->second.confirmed;
            if (here != clob.tokens(token)) found.push_back("shares of " + short_text(token));
        }
        for (auto const& [id, times] : clob.worked()) {
            if (times > 1) found.push_back("worked twice: " + short_text(id));
            if (!intents.contains(id)) found.push_back("no intent for " + short_text(id));
        }
        for (auto const& [id, intent] : intents) {
            Usdc paid;
            Shares got;
            for (auto const& trade : clob.trades_of(id)) {
                got += trade.size;
                paid += cost_rounded_up(trade.price, trade.size);
            }
            auto const most = cost_rounded_up(intent.limit, intent.size);
            auto const in_money = intent.side == Side::buy && intent.tif == TimeInForce::fok;
            if (in_money ? paid > most : got > intent.size)
                found.push_back("more exposure than intended: " + short_text(id));
        }
        for (auto const& failure : failures)
            found.push_back(failure);
        return found;
    }

    Market market = test_market();
    runtime::SimClock clock{utc_from_seconds(1'776'081'601)};
    asio::io_context io;
    net::EndpointGroups groups;
    simulated::Random random;
    std::vector<std::string> failures{};
    std::vector<std::string> alarms{};
    runtime::Supervisor supervisor{
        io.get_executor(),
        clock,
        [this](std::string const& name, Failure const& failure) {
            failures.push_back(name + ": " + describe(failure));
        }
    };
    Portfolio portfolio;
    Facts facts{clock, portfolio};
    RiskGate gate{wide_limits(), portfolio};
    SimClob clob;
    std::unique_ptr<ClobSession> session = make_session();
    MarketOf market_of = [this](ConditionId const& id) {
        return id == market.condition ? &market : nullptr;
    };
    std::uint64_t salt = 1;
    ClobVenue venue{
        *session,
        market_of,
        [this](Event const& e) { publish(e); },
        {.fee_rounding = Rounding::down,
         .salt =
             [this] {
                 return ++salt;
             }}
    };
    UserStream user{
        {},
        [this](Event const& e) { publish(e); },
        venue.memory(),
        market_of,
        [this](std::string const& why) {
            reconciler.doubt(why);
        }
    };
    Heartbeat heart{*session, [this] { return venue.memory().may_rest(); }, {}};
    ClobAccountBook book{*session, market_of, {}};
    ExecutionActor actor{
        io.get_executor(),
        clock,
        supervisor,
        venue,
        facts,
        portfolio,
        gate,
        config::ExecutionParams{},
        {.publish = {},
         .alarm = [this](std::string text) { alarms.push_back(std::move(text)); },
         .persist = {}}
    };
    ReconcileActor reconciler{
        io.get_executor(),
        clock,
        book,
        actor,
        portfolio,
        std::nullopt,
        {},
        {[this](Event const& e) { publish(e); },
         [](std::string const&) {},
         [this](std::string text) { alarms.push_back(std::move(text)); },
         {}}
    };
    std::map<OrderId, PlaceOrder> intents{};
};

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PQ_SLOW_BUILD
#endif
#endif
#ifdef PQ_SLOW_BUILD
constexpr std::uint64_t seeds_default = 100;
#else
constexpr std::uint64_t seeds_default = 1'000;
#endif

std::uint64_t number_from(char const* variable, std::uint64_t otherwise) {
    auto const* text = std::getenv(variable);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

struct Figures {
    std::uint64_t intents = 0;
    std::uint64_t posts = 0;
    std::uint64_t faults = 0;
    std::uint64_t facts = 0;
};

std::string run_seed(std::uint64_t seed, Figures& figures) {
    Simulation s{seed};
    s.trade(60s);
    s.clob.calm();
    for (auto n = 0; n < 40 && !s.is_quiet(); ++n)
        s.advance(10s);
    std::string found;
    for (auto const& breach : s.breaches())
        found += fmt::format("seed {}: {}\n", seed, breach);
    figures.intents += s.intents.size();
    figures.posts += s.clob.posts();
    figures.faults += s.clob.faults_injected();
    figures.facts += s.facts.facts.size();
    return found;
}

} // namespace

TEST_CASE("The order path keeps every promise under every fault", "[clob][simulation]") {
    auto const first = number_from("PQ_FIRST_SEED", 1);
    auto const seeds = number_from("PQ_SEEDS", seeds_default);
    Figures figures;
    std::string found;

    for (auto seed = first; seed < first + seeds && found.size() < 4'000; ++seed)
        found += run_seed(seed, figures);

    INFO(found);
    CHECK(found.empty());
    CHECK(figures.intents > seeds * 5);
    fmt::print(
        "{} seeds: {} orders, {} posts, {} faults, {} facts\n",
        seeds,
        figures.intents,
        figures.posts,
        figures.faults,
        figures.facts
    );
}

TEST_CASE("A seed gives the same facts again, to the byte", "[clob][simulation]") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        std::string text[2];
        for (auto& run : text) {
            Simulation s{seed};
            s.trade(60s);
            run = s.facts.text();
        }
        CHECK(text[0] == text[1]);
    }
}
