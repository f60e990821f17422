// Records a live run to tapes, off the hot path.
#pragma once

#include "connectors/tape/session/tape_series.hpp"
#include "engine/runtime/clock.hpp"
#include "engine/runtime/mailbox.hpp"
#include "engine/runtime/side_pool.hpp"

#include <functional>
#include <memory>

namespace polyquant::tape {

struct RecorderOptions {
    SeriesOptions series{};
    Nanos flush_every = Seconds{1};    // what a kill may lose
    std::size_t queue_max = 1U << 18U; // records waiting for the disk

    // Called on the engine's thread when recording fails and when it works again (null), once for
    // each change. From then on the run cannot be replayed exactly: trading should stop. It is
    // tried again by itself.
    std::function<void(Failure const*)> on_change{};
};

struct RecorderCounts {
    std::uint64_t taken = 0;   // by write()
    std::uint64_t written = 0; // on tapes; more than taken where holes were marked
    std::uint64_t lost = 0;
    std::uint64_t raised = 0; // receive times that went back, raised to the one before
};

// One thread calls it; the disk is waited for on a thread of its own. Times must not go back on a
// tape: whoever wants a replay to be exact publishes events with receive times that never do, and
// then records them.
class SessionRecorder {
public:
    // As TapeSeries::open(). `io` and `clock` outlive the recorder.
    static Result<std::unique_ptr<SessionRecorder>> open(
        asio::io_context& io,
        runtime::Clock& clock,
        std::filesystem::path const& directory,
        RecorderOptions options
    );
    ~SessionRecorder();

    // Never blocks. A record that finds the queue full is lost, counted, reported and marked.
    void write(Event const& event);
    void write(RawFrame frame);

    // The task for the supervisor, in stage close: writes once in flush_every, until cancelled.
    Task<void> run();

    // Everything written so far is on the disk when it succeeds.
    Task<Result<void>> sync(Instant deadline);
    // Syncs and closes the tape: the last act of a run, after run() was cancelled or before.
    Task<Result<void>> close(Instant deadline);

    RecorderCounts const& counts() const { return counts_; }

    SeriesRepairs const& repairs() const { return repairs_; }

    // Set while recording fails.
    std::optional<Failure> const& trouble() const { return trouble_; }

private:
    struct Disk;
    struct Outcome;
    enum class Then : std::uint8_t { flush, sync, close };

    SessionRecorder(
        asio::io_context& io, runtime::Clock& clock, TapeSeries series, RecorderOptions options
    );

    void take(Record record);
    Task<Result<void>> drain(Then then);
    void report(std::optional<Failure> const& failure);

    runtime::Clock& clock_;
    RecorderOptions options_;
    SeriesRepairs repairs_;
    std::shared_ptr<Disk> disk_;
    runtime::SidePool pool_;
    runtime::CountMailbox<bool> wake_; // the queue is half full
    std::vector<Record> queue_{};
    std::uint64_t refused_ = 0; // by a full queue, since the last drain
    UtcTime last_received_{};
    RecorderCounts counts_{};
    std::optional<Failure> trouble_{};
};

} // namespace polyquant::tape
