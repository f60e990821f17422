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

// Thrown where the process ends; nothing it does afterwards reaches the outside.
struct Killed : std::runtime_error {
    Killed() : std::runtime_error{"killed"} {}
};

class Facts final : public FactSink {
public:
    Facts(runtime::Clock const& clock, Portfolio& portfolio)
        : clock_{clock}, portfolio_{portfolio} {}

    void record(FactBody body) override {
        if (dead) throw Killed{};
        auto const dies_now = facts.size() + 1 == dies_at;
        dead = dies_now;
        if (dies_now && !dies_after) throw Killed{};
        facts.push_back({facts.size() + 1, clock_.utc_now(), std::move(body)});
        if (dies_now) throw Killed{};
        portfolio_.apply(facts.back());
    }

    // What an earlier process recorded.
    void restore(std::vector<Fact> earlier) {
        facts = std::move(earlier);
        for (auto const& fact : facts)
            portfolio_.apply(fact);
    }

    std::string text() const {
        std::string lines;
        for (auto const& fact : facts)
            lines += describe(fact) + "\n";
        return lines;
    }

    std::vector<Fact> facts{};
    std::size_t dies_at = 0; // the process is killed at this record ...
    bool dies_after = false; // ... when it is written, instead of just before
    bool dead = false;

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

// The venue and time: what goes on when our process does not.
struct Outside {
    explicit Outside(std::uint64_t seed)
        : random{seed * 2 + 1}, clob{clock, market, money, seed, SimFaults{}} {
        asio::co_spawn(io, clob.run(), [](std::exception_ptr const&) {});
    }

    Market market = test_market();
    runtime::SimClock clock{utc_from_seconds(1'776'081'601)};
    asio::io_context io;
    simulated::Random random;
    SimClob clob;
    std::optional<Usdc> unassigned{}; // as kept on disk
};

// Our process, from its start to its end or death.
struct Process {
    explicit Process(Outside& o, std::vector<Fact> earlier = {}) : outside{o} {
        connect();
        if (earlier.empty()) {
            facts.record(EpochOpened{strategy, "test", 1, {}});
            facts.record(CapitalMoved{strategy, usd(150), "start"});
        } else {
            facts.restore(std::move(earlier));
            resume();
        }
        using runtime::Stage;
        supervisor.start(Stage::close, "open", open());
        supervisor.start(Stage::close, "session", session->run());
        supervisor.start(Stage::close, "heart", heart.run());
        supervisor.start(Stage::close, "reconcile", reconciler.run());
    }

    ~Process() {
        outside.clob.on_frame([](std::string const&) {});
        outside.clob.on_connection([](bool) {});
    }

    Process(Process const&) = delete;
    Process& operator=(Process const&) = delete;

    void connect() {
        auto& clock = outside.clock;
        outside.clob.on_frame([this, &clock](std::string const& text) {
            alive([&] { user.on_text(text, our_key, clock.utc_now()); });
        });
        outside.clob.on_connection([this, &clock](bool up) {
            if (up)
                user.on_up(clock.utc_now());
            else
                user.on_down("lost", clock.utc_now());
        });
        session->set_transport(
            [this](
                net::HttpRequest r, Instant d, net::Exchange* x
            ) -> Task<Result<net::HttpResponse>> {
                if (facts.dead) co_await outside.clock.wait_until(Instant::max());
                auto answer = co_await outside.clob.serve(std::move(r), d, x);
                co_return answer;
            }
        );
        venue.set_veto([this](PlaceOrder const&) -> std::optional<VenueRefusal> {
            if (auto refused = heart.refusal()) return refused;
            return reconciler.refusal();
        });
        venue.before_resting([this](Instant deadline) { return heart.ensure(deadline); });
    }

    void resume() {
        std::map<OrderId, OrderPlaced> open;
        std::map<OrderId, std::vector<FactBody>> history;
        for (auto const& fact : facts.facts) {
            if (auto const* placed = std::get_if<OrderPlaced>(&fact.body))
                open.emplace(placed->order, *placed);
            else if (auto const* changed = std::get_if<OrderChanged>(&fact.body)) {
                history[changed->order].push_back(fact.body);
                if (is_terminal(changed->to)) open.erase(changed->order);
            } else if (auto const* matched = std::get_if<TradeMatched>(&fact.body))
                history[matched->trade.order].push_back(fact.body);
            else if (auto const* trade = std::get_if<TradeChanged>(&fact.body))
                history[trade->order].push_back(fact.body);
        }
        for (auto const& [id, placed] : open) {
            PreparedOrder const order{id, placed.intent, {}};
            venue.remember(order);
            alive([&] { actor.resume(order, outside.market, history[id]); });
        }
    }

    // A kill ends whatever is being done.
    template <class Action>
    void alive(Action const& action) {
        if (facts.dead) return;
        try {
            action();
        } catch (Killed const&) {
        }
    }

    Task<void> open() {
        auto& clock = outside.clock;
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
            outside.clock,
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
        auto& clock = outside.clock;
        auto const target = clock.now() + time;
        while (!facts.dead) {
            run_ready();
            auto const next = clock.next_due();
            if (!next || *next > target) break;
            clock.advance_to(*next);
        }
        if (facts.dead) return;
        clock.advance_to(target);
        run_ready();
    }

    void run_ready() {
        for (std::size_t done = 1; done > 0;) {
            done = outside.io.poll() + io.poll();
            outside.io.restart();
            io.restart();
        }
    }

    // A random order, at most as a strategy may send it.
    void decide() {
        auto& random = outside.random;
        auto const& market = outside.market;
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
        order.decided_at = outside.clock.utc_now();
        if (order.side == Side::sell) {
            order.size =
                Shares::from_micros(account.sellable(order.token).micros() / 10'000 * 10'000);
            if (order.size < shares(5)) return;
        }
        execution::RiskView view;
        view.now = outside.clock.utc_now();
        view.market = &market;
        view.book_age = view.spot_age = view.signal_age = view.clock_offset = Nanos{0};
        alive([&] { actor.submit(order, view); });
    }

    void trade(Nanos time) {
        auto const end = outside.clock.now() + time;
        while (outside.clock.now() < end && !facts.dead) {
            advance(Millis{static_cast<std::int64_t>(200 + outside.random.below(2000))});
            decide();
        }
    }

    void settle() {
        outside.clob.calm();
        for (auto n = 0; n < 40 && !is_quiet() && !facts.dead; ++n)
            advance(10s);
    }

    bool is_quiet() const {
        return actor.open_orders() == 0 && outside.clob.is_settled() && reconciler.is_open() &&
               reconciler.last().is_whole();
    }

    std::map<OrderId, PlaceOrder> intents() const {
        std::map<OrderId, PlaceOrder> found;
        for (auto const& fact : facts.facts)
            if (auto const* placed = std::get_if<OrderPlaced>(&fact.body))
                found.emplace(placed->order, placed->intent);
        return found;
    }

    // What must hold at the end; empty when it does.
    std::vector<std::string> breaches() {
        auto const& clob = outside.clob;
        auto found = clob.breaches();
        auto const& account = *portfolio.find(strategy);
        if (auto const broken = portfolio.audit()) found.push_back(*broken);
        if (!is_quiet())
            found.push_back(fmt::format(
                "not quiet: {} orders open, {}", actor.open_orders(), describe(reconciler.last())
            ));
        auto const ours = account.cash + account.reserved + (money - usd(150));
        if (ours != clob.cash())
            found.push_back("money: ours " + to_string(ours) + " venue " + to_string(clob.cash()));
        for (auto const& token : {outside.market.up, outside.market.down}) {
            auto const at = account.positions.find(token);
            auto const here = at == account.positions.end() ? Shares{} : at->second.confirmed;
            if (here != clob.tokens(token)) found.push_back("shares of " + short_text(token));
        }
        auto const wanted = intents();
        for (auto const& [id, times] : clob.worked()) {
            if (times > 1) found.push_back("worked twice: " + short_text(id));
            if (!wanted.contains(id)) found.push_back("no intent for " + short_text(id));
        }
        for (auto const& [id, intent] : wanted) {
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
        if (!facts.dead)
            for (auto const& failure : failures)
                found.push_back(failure);
        return found;
    }

    Outside& outside;
    asio::io_context io;
    net::EndpointGroups groups;
    std::vector<std::string> failures{};
    std::vector<std::string> alarms{};
    runtime::Supervisor supervisor{
        io.get_executor(),
        outside.clock,
        [this](std::string const& name, Failure const& failure) {
            failures.push_back(name + ": " + describe(failure));
        }
    };
    Portfolio portfolio;
    Facts facts{outside.clock, portfolio};
    RiskGate gate{wide_limits(), portfolio};
    std::unique_ptr<ClobSession> session = make_session();
    MarketOf market_of = [this](ConditionId const& id) {
        return id == outside.market.condition ? &outside.market : nullptr;
    };
    ClobVenue venue{
        *session,
        market_of,
        [this](Event const& e) { publish(e); },
        {.fee_rounding = Rounding::down,
         .salt =
             [this] {
                 return outside.random.next() >> 12U;
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
        outside.clock,
        supervisor,
        venue,
        facts,
        portfolio,
        gate,
        config::ExecutionParams{},
        {.publish = {},
         .alarm = [this](std::string text) { alarms.push_back(std::move(text)); },
         .persist = {},
         .view_of = {}}
    };
    ReconcileActor reconciler{
        io.get_executor(),
        outside.clock,
        book,
        actor,
        portfolio,
        outside.unassigned,
        {},
        {[this](Event const& e) { publish(e); },
         [](std::string const&) {},
         [this](std::string text) { alarms.push_back(std::move(text)); },
         [this](Usdc kept) {
             outside.unassigned = kept;
         }}
    };
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

std::string lines_of(std::string const& prefix, std::vector<std::string> const& breaches) {
    std::string found;
    for (auto const& breach : breaches)
        found += prefix + ": " + breach + "\n";
    return found;
}

std::string run_seed(std::uint64_t seed, Figures& figures) {
    Outside outside{seed};
    Process process{outside};
    process.trade(60s);
    process.settle();
    figures.intents += process.intents().size();
    figures.posts += outside.clob.posts();
    figures.faults += outside.clob.faults_injected();
    figures.facts += process.facts.facts.size();
    return lines_of(fmt::format("seed {}", seed), process.breaches());
}

// A session that is killed at one record, and the process that comes after it.
std::string run_killed(std::uint64_t seed, std::size_t record, bool after, bool& died) {
    Outside outside{seed};
    std::vector<Fact> on_disk;
    {
        Process process{outside};
        process.facts.dies_at = record;
        process.facts.dies_after = after;
        process.trade(40s);
        if (!process.facts.dead) process.settle();
        died = process.facts.dead;
        on_disk = process.facts.facts;
    }
    outside.clock.advance_to(outside.clock.now() + 700ms); // down, and started again
    Process process{outside, std::move(on_disk)};
    process.trade(10s);
    process.settle();
    return lines_of(
        fmt::format("seed {} killed {} record {}", seed, after ? "after" : "before", record),
        process.breaches()
    );
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
            Outside outside{seed};
            Process process{outside};
            process.trade(60s);
            run = process.facts.text();
        }
        CHECK(text[0] == text[1]);
    }
}

TEST_CASE("A process killed at any record comes back to the venue's books", "[clob][crash]") {
    auto const seed = number_from("PQ_CRASH_SEED", 5);
    std::string found;
    auto points = 0;

    for (auto const after : {false, true}) {
        auto died = true;
        for (std::size_t record = 3; died && found.size() < 4'000; ++record) {
            found += run_killed(seed, record, after, died);
            points += died ? 1 : 0;
        }
    }

    INFO(found);
    CHECK(found.empty());
    CHECK(points > 100);
    fmt::print("{} crash points covered\n", points);
}
