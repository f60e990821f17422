// A sweep's runs in one SQLite file that any number of processes work on. A run is leased before it
// is made, and its result is kept once: whoever lost the lease meanwhile is told so and its result
// is dropped.
#pragma once

#include "engine/core/failure.hpp"
#include "engine/core/time.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::backtest {

enum class SweepStage : std::uint8_t { selection, verdict };
std::string_view to_string(SweepStage stage);

struct SweepRun {
    std::int64_t id = 0;
    SweepStage stage = SweepStage::selection;
    std::vector<std::string> settings; // "key=value"
    std::string state;                 // "open", "leased", "done", "failed"
    std::string result;                // JSON, when done
    std::string error;                 // when failed
    std::int64_t attempts = 0;
    double seconds = 0;
};

struct SweepCounts {
    std::int64_t open = 0;
    std::int64_t leased = 0;
    std::int64_t done = 0;
    std::int64_t failed = 0;
    double seconds = 0; // of the done ones together

    std::int64_t all() const { return open + leased + done + failed; }

    bool finished() const { return open == 0 && leased == 0; }
};

class SweepStore {
public:
    // Makes the file where there is none. Another program's database is refused.
    static Result<SweepStore> open(std::filesystem::path const& file);
    static bool is_store(std::filesystem::path const& file);

    SweepStore(SweepStore&&) noexcept;
    SweepStore& operator=(SweepStore&&) noexcept;
    ~SweepStore();

    // What the sweep is, as JSON. The first one stays: another one later is refused.
    Result<void> set_description(std::string const& description);
    Result<std::optional<std::string>> description() const;

    // Adds those of the variants that the stage does not have yet.
    Result<void> plan(SweepStage stage, std::vector<std::vector<std::string>> const& variants);

    // The next run that is open, or whose lease ended before `now`, or whose owner `is_dead`.
    Result<std::optional<SweepRun>> lease(
        SweepStage stage,
        std::string const& owner,
        UtcTime now,
        Seconds length,
        std::function<bool(std::string const& owner)> const& is_dead
    );
    // Of all runs this owner has.
    Result<void> renew(std::string const& owner, UtcTime now, Seconds length);
    // False: the lease was lost, the result is not kept.
    Result<bool>
    finish(std::int64_t run, std::string const& owner, std::string const& result, double seconds);
    Result<bool> fail(std::int64_t run, std::string const& owner, std::string const& error);

    Result<SweepCounts> counts(SweepStage stage) const;
    Result<std::vector<SweepRun>> runs() const; // by id

private:
    struct Impl;

    explicit SweepStore(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> impl_;
};

} // namespace polyquant::backtest
