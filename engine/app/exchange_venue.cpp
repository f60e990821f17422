// Trading at the exchange: desk, reconciliation, and the wallet's lock.

#include "connectors/polymarket/clob/clob_desk.hpp"
#include "engine/app/engine.hpp"
#include "engine/app/keys_store.hpp"
#include "engine/app/live_venue.hpp"
#include "engine/core/replace_file.hpp"
#include "engine/execution/reconcile_actor.hpp"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <map>

namespace polyquant::app {

namespace {

constexpr Seconds open_max{20};
constexpr Seconds open_retry_max{30};
constexpr Seconds markets_kept{2 * 3600};
constexpr std::uint64_t salt_max = (std::uint64_t{1} << 52) - 1;

constexpr Millis recheck_pause{200};

// What was ever put into the wallet and not taken out, as the last start established it.
std::optional<Usdc> read_deposited(std::filesystem::path const& file) {
    std::ifstream in{file};
    std::int64_t micros = 0;
    if (!(in >> micros)) return std::nullopt;
    return Usdc::from_micros(micros);
}

std::function<std::uint64_t()> random_salt() {
    return [random = net::random_from_entropy()] {
        return random(salt_max);
    };
}

polymarket::ClobDesk::Options desk_options(config::RunConfig const& config) {
    polymarket::ClobDesk::Options options;
    options.session.base = net::parse_url(config.endpoints.clob).value();
    options.stream = net::parse_url(config.endpoints.clob_stream).value();
    options.venue.salt = random_salt();
    options.venue.presign = config.execution.presign;
    return options;
}

class ExchangeVenue final : public LiveVenue {
public:
    ExchangeVenue(
        Engine& engine,
        net::NetContext const& context,
        std::filesystem::path directory,
        ledger::LedgerLock lock,
        Hooks hooks
    )
        : engine_{engine}, clock_{context.clock}, directory_{std::move(directory)},
          lock_{std::move(lock)}, hooks_{std::move(hooks)} {}

    Result<void> make_desk(
        net::NetContext context,
        polymarket::ClobAccount account,
        polymarket::ClobDesk::Options const& options
    ) {
        auto const executor = context.executor;
        polymarket::ClobDesk::Hooks hooks;
        hooks.publish = hooks_.publish;
        hooks.market_of = [this](ConditionId const& id) {
            return market_of(id);
        };
        hooks.doubt = [this](std::string const& why) {
            reconcile_->doubt(why);
        };
        hooks.reconciled = [this] {
            return reconcile_->refusal();
        };
        auto desk = polymarket::ClobDesk::create(
            std::move(context), std::move(account), options, std::move(hooks)
        );
        if (!desk) return desk.error();
        desk_ = std::move(*desk);
        auto const file = directory_ / "deposited";
        reconcile_ = std::make_unique<execution::ReconcileActor>(
            executor,
            clock_,
            desk_->account(),
            engine_.execution(),
            engine_.portfolio(),
            read_deposited(file),
            execution::ReconcileActor::Options{},
            execution::ReconcileActor::Hooks{
                hooks_.publish,
                [this](std::string const& text) { hooks_.say(text); },
                [this](std::string const& text) { hooks_.say("ALARM " + text); },
                [file](Usdc amount) {
                    // Established anew at the next start if this cannot be written.
                    (void)replace_file(file, std::to_string(amount.micros()));
                }
            }
        );
        return {};
    }

    OrderVenue& orders() override { return desk_->orders(); }

    std::optional<crypto::ApiCredentials> credentials() const override {
        auto const& session = desk_->session();
        if (!session.is_open()) return std::nullopt;
        return session.credentials().clone();
    }

    void remember(PreparedOrder const& order) override { desk_->venue().remember(order); }

    Task<Result<void>> verify_nothing_rests(Instant deadline) override {
        if (!desk_->session().is_open())
            co_return engine_.execution().open_orders() == 0
                ? Result<void>{}
                : Result<void>{Failure{
                      Fault::transport,
                      "verify",
                      "the exchange was never reached: orders of an earlier start may rest there"
                  }};
        auto const began = clock_.now();
        for (;;) {
            auto const resting = co_await desk_->account_book().open_orders(deadline);
            if (!resting) co_return resting.error();
            std::string left;
            for (auto const& order : *resting) {
                if (!engine_.execution().follows(order.report.order)) continue;
                left += (left.empty() ? "" : ", ") + short_text(order.report.order);
                auto const cancelled =
                    co_await desk_->orders().cancel(order.report.order, deadline);
                static_cast<void>(cancelled); // the next look tells
            }
            if (left.empty()) {
                hooks_.say(fmt::format(
                    "nothing of ours rests at the venue ({} other orders; asked in {} ms)",
                    resting->size(),
                    std::chrono::duration_cast<Millis>(clock_.now() - began).count()
                ));
                co_return Result<void>{};
            }
            if (clock_.now() + recheck_pause >= deadline)
                co_return Failure{Fault::timeout, "verify", "still resting at the venue: " + left};
            auto const rang = co_await clock_.wait_until(clock_.now() + recheck_pause);
            if (!rang) co_return Failure{Fault::cancelled, "verify", "cancelled"};
        }
    }

    void start(runtime::Bus& bus, Engine& engine) override {
        bus.on<MarketListed>("exchange", [this](MarketListed const& e) { remember(e.market); });
        engine.listen_facts([this](Fact const& fact) { reconcile_->on(fact); });
        engine.supervisor().start_job(runtime::Stage::orders, "exchange", open());
    }

private:
    // Trades are compared with the venue for longer than the board keeps a market that is over.
    void remember(Market const& market) {
        auto const now = clock_.utc_now();
        std::erase_if(markets_, [&](auto const& known) {
            return known.second.window.end() + markets_kept < now;
        });
        markets_.insert_or_assign(market.condition, market);
    }

    Market const* market_of(ConditionId const& id) const {
        if (auto const* listed = engine_.board().find(id)) return listed;
        auto const known = markets_.find(id);
        return known == markets_.end() ? nullptr : &known->second;
    }

    // Until it is open the desk itself refuses orders.
    Task<void> open() {
        Nanos pause = Seconds{1};
        for (;;) {
            auto const opened = co_await desk_->open(clock_.now() + open_max);
            if (opened) break;
            if (opened.error().fault == Fault::cancelled) co_return;
            hooks_.say("the exchange is not ready: " + describe(opened.error()));
            if (!co_await clock_.wait_until(clock_.now() + pause)) co_return;
            pause = std::min<Nanos>(pause * 2, open_retry_max);
        }
        hooks_.say("the exchange is connected; comparing the books");
        desk_->start();
        engine_.supervisor().start(runtime::Stage::orders, "reconcile", reconcile_->run());
    }

    Engine& engine_;
    runtime::Clock& clock_;
    std::filesystem::path directory_;
    ledger::LedgerLock lock_; // of the wallet
    Hooks hooks_;
    std::map<ConditionId, Market> markets_;
    std::unique_ptr<polymarket::ClobDesk> desk_;
    std::unique_ptr<execution::ReconcileActor> reconcile_;
};

} // namespace

Result<ExchangeAccount> sandbox_account(std::filesystem::path const& sandbox) {
    auto key = sandbox_trading_key(sandbox);
    if (!key) return key.error();
    polymarket::ClobAccount account;
    account.signer = key->signer;
    account.credentials = std::move(key->credentials);
    auto lock = lock_wallet(sandbox, key->signer->address(), account.chain_id);
    if (!lock) return lock.error();
    return ExchangeAccount{std::move(account), std::move(*lock)};
}

Result<std::unique_ptr<LiveVenue>> make_exchange_venue(
    net::NetContext context,
    config::RunConfig const& config,
    std::filesystem::path const& directory,
    ExchangeAccount account,
    Engine& engine,
    LiveVenue::Hooks hooks
) {
    auto venue = std::make_unique<ExchangeVenue>(
        engine, context, directory, std::move(account.wallet), std::move(hooks)
    );
    if (auto const made =
            venue->make_desk(std::move(context), std::move(account.account), desk_options(config));
        !made)
        return made.error();
    return std::unique_ptr<LiveVenue>{std::move(venue)};
}

} // namespace polyquant::app
