#include "engine/app/live_signals.hpp"

#include "engine/app/live_feeds.hpp"
#include "engine/app/network_job.hpp"
#include "engine/app/signal_pipeline.hpp"

#include <algorithm>

namespace polyquant::app {

namespace {

// The venue has spoken by then about nearly every window; prices settle the rest at once.
constexpr Seconds settling_max{900};

class SignalSession {
public:
    SignalSession(LiveSignals const& run, signal::SignalStore& store, std::ostream& err)
        : run_{run}, store_{store}, err_{err} {}

    Result<LiveSignalsEnd> perform() {
        auto job = NetworkJob::create(run_.config.endpoints, err_);
        if (!job) return job.error();
        job_ = std::move(*job);
        training_ = std::make_unique<runtime::SidePool>(job_->io(), 1, runtime::Delivery::as_ready);
        pipeline_ = std::make_unique<SignalPipeline>(
            job_->io().get_executor(),
            job_->clock(),
            bus_,
            *training_,
            run_.config,
            run_.params,
            store_,
            [this](Failure const& failure) {
                if (!failure_) failure_ = failure;
            }
        );
        auto feeds = LiveFeeds::create(
            job_->context(),
            job_->pool(),
            run_.config,
            run_.directory / "cache",
            {},
            {[this](Event event) { take(std::move(event)); },
             [this](std::string const& line) { err_ << line << '\n'; },
             [this](Asset asset, std::span<Bar const> bars) {
                 pipeline_->warm_up(asset, bars);
             }}
        );
        if (!feeds) return feeds.error();
        feeds_ = std::move(*feeds);
        pipeline_->start(job_->supervisor());
        feeds_->start(bus_, job_->supervisor());
        auto exit = job_->run(until_over());
        if (failure_) return *failure_;
        if (exit == ExitCode::interrupted) exit = ExitCode::ok; // how a run without end ends
        auto const& actor = pipeline_->actor();
        auto const& counts = actor.counts();
        return LiveSignalsEnd{
            exit, {counts.rows, counts.resolved, counts.bets, counts.won, actor.bankroll()}
        };
    }

private:
    void take(Event event) {
        auto& stamp = stamp_of(event);
        stamp.seq = ++events_;
        stamp.received_at = std::max(stamp.received_at, last_received_);
        last_received_ = stamp.received_at;
        bus_.publish(std::move(event));
    }

    Task<ExitCode> until_over() {
        auto& clock = job_->clock();
        auto& actor = pipeline_->actor();
        auto const end = run_.run_for ? std::optional{clock.utc_now() + *run_.run_for}
                                      : std::optional<UtcTime>{};
        if (end) actor.take_no_rows_from(*end);
        auto const given_up = end ? *end + Seconds{300} + settling_max : UtcTime::max();
        while (!failure_ && clock.utc_now() < given_up) {
            if (end && clock.utc_now() >= *end && actor.pending() == 0) break;
            if (!co_await clock.wait_until(clock.now() + Seconds{1})) break;
        }
        co_return failure_ ? ExitCode::storage : ExitCode::ok;
    }

    LiveSignals const& run_;
    signal::SignalStore& store_;
    std::ostream& err_;
    runtime::Bus bus_;
    std::unique_ptr<NetworkJob> job_;
    std::unique_ptr<runtime::SidePool> training_;
    std::unique_ptr<SignalPipeline> pipeline_;
    std::unique_ptr<LiveFeeds> feeds_;
    std::optional<Failure> failure_;
    std::uint64_t events_ = 0;
    UtcTime last_received_{};
};

} // namespace

Result<LiveSignalsEnd>
run_live_signals(LiveSignals const& run, signal::SignalStore& store, std::ostream& err) {
    return SignalSession{run, store, err}.perform();
}

} // namespace polyquant::app
