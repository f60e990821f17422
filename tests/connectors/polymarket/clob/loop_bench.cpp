// From a change of a book in a sandbox to the order it caused arriving there, over real TLS on the
// loopback: WebSocket frame, book, board, gate, signature, request; with and without orders signed
// ahead. Then decision to answer, beside the official TypeScript client at the same sandbox.
//   loop_bench [NPM_DIR]      NPM_DIR: build/deps/node/polymarket
// The sandbox has a thread of its own; both sides read the same steady clock.
#include "connectors/net/net_stack.hpp"
#include "connectors/polymarket/clob/clob_venue.hpp"
#include "connectors/polymarket/market/market_channel_feed.hpp"
#include "connectors/sandbox/host/sandbox.hpp"
#include "engine/execution/risk_gate.hpp"
#include "engine/market/market_board.hpp"
#include "tests/connectors/polymarket/clob/bench_text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>
#include <unistd.h>

using namespace polyquant;

namespace {

constexpr std::size_t rounds = 1'200;
constexpr std::size_t warm_ups = 100;
// The venue's lowest tier takes 40 orders a second.
constexpr Millis pause{30};
constexpr auto our_price = cents(1); // far below the market: it rests and changes nothing

// One level of the first outcome's book, as both sides see it.
using Change = std::tuple<BookSide, Price, Shares>;

// Written by the sandbox's thread, read by ours.
struct Moments {
    std::mutex guard{};
    std::map<Change, std::vector<Instant>> left{};
    std::map<OrderId, Instant> arrived{};
};

Market const* tradeable(sandbox::World const& world) {
    for (auto const* market : world.markets().all()) {
        auto const& window = market->market.window;
        if (market->kind == sandbox::MarketKind::updown && window.length == Seconds{300} &&
            market->phase == sandbox::Phase::open && window.start <= world.now() &&
            window.end() - world.now() > Seconds{200})
            return &market->market;
    }
    return nullptr;
}

// The venue's side: a sandbox on its own thread.
class VenueThread {
public:
    explicit VenueThread(Moments& moments) : moments_{moments} {
        auto const now = runtime::LiveClock{}.utc_now();
        // A window that has just begun.
        auto const start = window_at(now).start + Seconds{30};
        sandbox::SandboxOptions options;
        options.directory = directory_;
        options.scale = {now, start, 1};
        options.world.start = start;
        options.world.assets = {Asset::btc};
        options.world.near_expiry_markets = 0;
        scale = options.scale;
        clock_ = std::make_unique<runtime::ScaledClock>(options.scale);
        sandbox_ = sandbox::Sandbox::start(
                       io_.get_executor(),
                       *clock_,
                       supervisor(),
                       std::move(options),
                       [](std::string const&) {}
        ).value();
        auto& world = sandbox_->world();
        world.advance_to(clock_->utc_now());
        auto const* found = tradeable(world);
        ENSURE(found != nullptr, "a window has just begun");
        market = *found;
        clob = sandbox_->url(sandbox::Service::clob);
        clob_stream = sandbox_->url(sandbox::Service::clob_stream);
        world.subscribe([this](sandbox::WorldEvent const& event) { note(event); });
        thread_ = std::thread{[this] { // layer-ok: the other side of the wire
            io_.run();
        }};
    }

    ~VenueThread() {
        io_.stop();
        thread_.join();
        std::filesystem::remove_all(directory_);
    }

    std::string ca_file() const { return (directory_ / "ca.pem").string(); }

    Market market{};
    std::string clob{};
    std::string clob_stream{};
    runtime::TimeScale scale{};

private:
    runtime::Supervisor& supervisor() {
        supervisor_ = std::make_unique<runtime::Supervisor>(
            io_.get_executor(),
            *clock_,
            [](std::string const& name, Failure const& failure) {
                fmt::print(stderr, "{}: {}\n", name, describe(failure));
            }
        );
        return *supervisor_;
    }

    // The frame leaves in the same turn of the loop, after this.
    void note(sandbox::WorldEvent const& event) {
        auto const* news = std::get_if<sandbox::ExchangeNews>(&event);
        if (news == nullptr) return;
        auto const now = real_.now();
        if (auto const* levels = std::get_if<sandbox::LevelsChanged>(news)) {
            if (levels->market != market.condition) return;
            std::lock_guard const hold{moments_.guard};
            for (auto const& level : levels->levels)
                moments_.left[{level.side, level.price, level.size}].push_back(now);
        } else if (auto const* own = std::get_if<sandbox::OwnOrderNews>(news)) {
            std::lock_guard const hold{moments_.guard};
            moments_.arrived.emplace(own->order.id, now);
        }
    }

    Moments& moments_;
    runtime::LiveClock real_{};
    std::filesystem::path directory_ =
        std::filesystem::temp_directory_path() / fmt::format("polyquant-loop-{}", ::getpid());
    std::unique_ptr<runtime::ScaledClock> clock_{};
    asio::io_context io_{1};
    std::unique_ptr<runtime::Supervisor> supervisor_{};
    std::unique_ptr<sandbox::Sandbox> sandbox_{};
    std::thread thread_{};
};

// Ours: the feed's reader decides, as the engine's strategies do, within the event.
class Trader {
public:
    Trader(VenueThread const& venue, Moments& moments)
        : market_{venue.market}, moments_{moments}, clock_{venue.scale} {
        net_ = net::NetStack::create(io_, clock_, {venue.ca_file(), "loop_bench"}, {}).value();
        context_.emplace(net_->context(supervisor_));
        polymarket::ClobAccount account;
        account.signer = std::make_shared<crypto::Signer const>(
            crypto::Signer::create(crypto::SecretBytes{crypto::keccak256("loop_bench")}).value()
        );
        polymarket::ClobOptions options;
        options.base = net::parse_url(venue.clob).value();
        session_ = polymarket::ClobSession::create(*context_, std::move(account), options).value();
        auto const market_of = [this](ConditionId const& id) {
            return id == market_.condition ? &market_ : nullptr;
        };
        venue_ = std::make_unique<polymarket::ClobVenue>(
            *session_, market_of, [](Event const&) {}, polymarket::ClobVenue::Options{}
        );
        feed_ = std::make_unique<polymarket::MarketChannelFeed>(
            *context_,
            polymarket::MarketChannelFeed::Options{
                net::parse_url(venue.clob_stream + "/ws/market").value(), options.base
            },
            [this](Event const& event) { on(event); }
        );
        portfolio_.apply({1, clock_.utc_now(), EpochOpened{StrategyName{"s1"}, "bench", 1, {}}});
        portfolio_.apply({2, clock_.utc_now(), CapitalMoved{StrategyName{"s1"}, usd(1000), ""}});
        board_.on(Event{MarketListed{{clock_.utc_now(), clock_.utc_now(), 1}, market_}});
    }

    void run() {
        auto work = all();
        asio::co_spawn(io_, std::move(work), [this](std::exception_ptr const& error) {
            io_.stop();
            if (error) std::rethrow_exception(error);
        });
        io_.run();
    }

private:
    struct Round {
        Change change;
        Instant decided;
        Instant answered;
        OrderId order;
    };

    Task<void> all() {
        auto const opened = co_await session_->open(clock_.now() + Seconds{20});
        if (!opened) throw std::runtime_error{describe(opened.error())};
        supervisor_.start(runtime::Stage::feeds, "feed", feed_->run());
        feed_->follow(market_);
        for (auto const ahead : {false, true}) {
            ahead_ = ahead;
            rounds_.clear();
            wants_ = true;
            while (rounds_.size() < warm_ups + rounds) {
                if (!co_await clock_.wait_until(clock_.now() + Millis{50})) co_return;
            }
            wants_ = false;
            if (!co_await clock_.wait_until(clock_.now() + Seconds{1})) co_return;
            tell(ahead ? "signed ahead" : "signed then");
        }
        co_await supervisor_.stop();
    }

    void on(Event const& event) {
        board_.on(event);
        auto const* change = std::get_if<BookChange>(&event);
        if (change == nullptr || !wants_ || busy_ || real_.now() < next_) return;
        if (change->token != market_.up || change->price == our_price) return;
        if (change->price == our_price.complement()) return;
        decide(*change);
    }

    PlaceOrder intent() const {
        PlaceOrder order;
        order.strategy = StrategyName{"s1"};
        order.market = market_.condition;
        order.token = market_.up;
        order.asset = Asset::btc;
        order.limit = our_price;
        order.size = shares(5);
        order.tif = TimeInForce::gtc;
        order.post_only = true;
        order.decided_at = clock_.utc_now();
        return order;
    }

    void decide(BookChange const& change) {
        auto const decided = real_.now();
        auto const view = board_.view(Asset::btc, market_.window, clock_.utc_now());
        execution::RiskView risk;
        risk.now = view.now;
        risk.market = &market_;
        risk.book_age = risk.spot_age = risk.signal_age = risk.clock_offset = Nanos{0};
        auto const verdict = gate_.check(intent(), risk);
        auto const* approved = std::get_if<Approved<PlaceOrder>>(&verdict);
        if (approved == nullptr)
            throw std::runtime_error{std::get<execution::Refusal>(verdict).text};
        auto prepared = venue_->prepare(*approved, risk.now);
        if (!prepared) throw std::runtime_error{describe(prepared.error())};
        busy_ = true;
        asio::co_spawn(
            io_,
            post(std::move(*prepared), {change.side, change.price, change.size}, decided),
            [](std::exception_ptr const& error) {
                if (error) std::rethrow_exception(error);
            }
        );
    }

    Task<void> post(PreparedOrder order, Change change, Instant decided) {
        auto const id = order.id;
        auto const answer = co_await venue_->post(std::move(order), clock_.now() + Seconds{5});
        auto const answered = real_.now();
        if (!answer) throw std::runtime_error{describe(answer.error())};
        rounds_.push_back({change, decided, answered, id});
        if (ahead_) {
            venue_->anticipate(intent());
            venue_->sign_ahead();
        }
        next_ = real_.now() + pause;
        busy_ = false;
    }

    void tell(char const* how) {
        bench::Times end_to_end;
        bench::Times to_answer;
        std::lock_guard const hold{moments_.guard};
        for (std::size_t n = warm_ups; n < rounds_.size(); ++n) {
            auto const& round = rounds_[n];
            to_answer.push_back(round.answered - round.decided);
            auto const& left = moments_.left[round.change];
            // The same level may have had this size before: the latest before we knew of it.
            auto const after = std::ranges::upper_bound(left, round.decided);
            auto const arrived = moments_.arrived.find(round.order);
            if (after == left.begin() || arrived == moments_.arrived.end()) continue;
            end_to_end.push_back(arrived->second - *std::prev(after));
        }
        bench::print(fmt::format("book change -> order arrives, {}", how), end_to_end);
        bench::print(fmt::format("decision -> answer, {}", how), to_answer);
    }

    Market market_;
    Moments& moments_;
    runtime::LiveClock real_{};
    runtime::ScaledClock clock_;
    asio::io_context io_{1};
    runtime::Supervisor supervisor_{
        io_.get_executor(),
        clock_,
        [](std::string const& name, Failure const& failure) {
            throw std::runtime_error{name + ": " + describe(failure)};
        }
    };
    std::unique_ptr<net::NetStack> net_{};
    std::optional<net::NetContext> context_{};
    std::unique_ptr<polymarket::ClobSession> session_{};
    std::unique_ptr<polymarket::ClobVenue> venue_{};
    std::unique_ptr<polymarket::MarketChannelFeed> feed_{};
    market::MarketBoard board_{};
    execution::Portfolio portfolio_{};
    execution::RiskGate gate_{config::RiskParams{}, portfolio_};
    std::vector<Round> rounds_{};
    Instant next_{};
    bool ahead_ = false;
    bool wants_ = false;
    bool busy_ = false;
};

// The official client, in a process of its own, at the same sandbox.
int run_official(VenueThread const& venue, std::string const& npm_dir) {
    ::setenv("NPM_DIR", npm_dir.c_str(), 1);
    ::setenv("CLOB", venue.clob.c_str(), 1);
    ::setenv("TOKEN", to_string(venue.market.up).c_str(), 1);
    ::setenv("NODE_EXTRA_CA_CERTS", venue.ca_file().c_str(), 1);
    return std::system("node " PQ_SOURCE_DIR
                       "/tests/connectors/polymarket/clob/official_client_post.mjs");
}

} // namespace

int main(int argc, char** argv) {
    Moments moments;
    VenueThread const venue{moments};
    Trader trader{venue, moments};
    trader.run();
    return argc > 1 ? run_official(venue, argv[1]) : 0;
}
