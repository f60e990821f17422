#include "connectors/tape/session/session_recorder.hpp"

#include "engine/runtime/deadline.hpp"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <mutex>

namespace polyquant::tape {

// What the side pool's one thread works on. Records wait here rather than in a job: a job whose
// caller was cancelled may never run, and the next one takes them along.
struct SessionRecorder::Disk {
    explicit Disk(TapeSeries s) : series{std::move(s)} {}

    TapeSeries series; // the thread's alone
    std::mutex mutex{};
    std::vector<Record> waiting{};
    std::uint64_t refused = 0;             // by a full queue
    std::atomic<std::size_t> unwritten{0}; // waiting, or being written

    Outcome write(Then then, Instant now);
};

struct SessionRecorder::Outcome {
    std::uint64_t written = 0;
    std::uint64_t lost = 0;
    std::optional<Failure> failure{};
};

SessionRecorder::Outcome SessionRecorder::Disk::write(Then then, Instant now) {
    std::vector<Record> batch;
    std::uint64_t refused_now = 0;
    {
        std::scoped_lock const lock{mutex};
        batch.swap(waiting);
        refused_now = std::exchange(refused, 0);
    }
    auto done = series.write(batch, now, then != Then::flush);
    unwritten -= batch.size();
    if (done && then == Then::close) done = series.close();
    Outcome outcome;
    if (!done) outcome.failure = done.error();
    if (refused_now > 0) {
        std::string const why{"the disk is too slow: the recorder's queue was full"};
        series.note_loss(refused_now, why);
        if (!outcome.failure) outcome.failure = Failure{Fault::storage, "recorder", why};
    }
    outcome.written = series.written();
    outcome.lost = series.lost();
    return outcome;
}

Result<std::unique_ptr<SessionRecorder>> SessionRecorder::open(
    asio::io_context& io,
    runtime::Clock& clock,
    std::filesystem::path const& directory,
    RecorderOptions options
) {
    auto series = TapeSeries::open(directory, options.series);
    if (!series) return series.error();
    return std::unique_ptr<SessionRecorder>{
        new SessionRecorder{io, clock, std::move(*series), std::move(options)}
    };
}

SessionRecorder::SessionRecorder(
    asio::io_context& io, runtime::Clock& clock, TapeSeries series, RecorderOptions options
)
    : clock_{clock}, options_{std::move(options)}, repairs_{series.repairs()},
      disk_{std::make_shared<Disk>(std::move(series))}, pool_{io, 1, runtime::Delivery::as_ready},
      wake_{io.get_executor(), "recorder", 1} {
    ENSURE(options_.queue_max > 0, "a recorder queues at least one record");
}

SessionRecorder::~SessionRecorder() = default;

void SessionRecorder::write(Event const& event) {
    take(event);
}

void SessionRecorder::write(RawFrame frame) {
    take(std::move(frame));
}

void SessionRecorder::take(Record record) {
    ++counts_.taken;
    if (queue_.size() + disk_->unwritten >= options_.queue_max) {
        ++refused_;
        ++counts_.lost;
        return;
    }
    auto& at = stamp_of(record).received_at;
    if (at < last_received_) {
        at = last_received_;
        ++counts_.raised;
    }
    last_received_ = at;
    queue_.push_back(std::move(record));
    if (queue_.size() == options_.queue_max / 2) wake_.post(true);
}

Task<void> SessionRecorder::run() {
    for (;;) {
        auto const due = clock_.now() + options_.flush_every;
        auto const woken = co_await runtime::within(clock_, due, "recorder.wake", wake_.next());
        if (!woken && woken.error().fault == Fault::cancelled) co_return;
        auto const drained = co_await drain(Then::flush);
        if (!drained && drained.error().fault == Fault::cancelled) co_return;
    }
}

Task<Result<void>> SessionRecorder::sync(Instant deadline) {
    auto done = co_await runtime::within(clock_, deadline, "recorder.sync", drain(Then::sync));
    co_return done;
}

Task<Result<void>> SessionRecorder::close(Instant deadline) {
    auto done = co_await runtime::within(clock_, deadline, "recorder.close", drain(Then::close));
    co_return done;
}

Task<Result<void>> SessionRecorder::drain(Then then) {
    {
        std::scoped_lock const lock{disk_->mutex};
        auto& waiting = disk_->waiting;
        disk_->unwritten += queue_.size();
        std::ranges::move(queue_, std::back_inserter(waiting));
        disk_->refused += std::exchange(refused_, 0);
    }
    queue_.clear();
    std::function<Result<Outcome>()> work = [disk = disk_, then, now = clock_.now()] {
        return Result<Outcome>{disk->write(then, now)};
    };
    auto const outcome = co_await pool_.submit<Outcome>("recorder.write", std::move(work));
    if (!outcome) co_return outcome.error();
    counts_.written = outcome->written;
    counts_.lost = outcome->lost + refused_;
    report(outcome->failure);
    if (outcome->failure) co_return *outcome->failure;
    co_return Result<void>{};
}

void SessionRecorder::report(std::optional<Failure> const& failure) {
    auto const is_change = failure.has_value() != trouble_.has_value();
    trouble_ = failure;
    if (is_change && options_.on_change) options_.on_change(failure ? &*failure : nullptr);
}

} // namespace polyquant::tape
