// A script of faults: what goes wrong, where, when and how often.
#pragma once

#include "connectors/sandbox/faults.hpp"
#include "engine/core/random.hpp"

#include <vector>

namespace polyquant::sandbox {

// One line:
//   at 120s for 20s service=clob path=/order fault=hang_before
//   at 5m count=3 service=clob_stream topic=book/* fault=lose p=0.2
//   at 10m every 5m for 15s service=gamma fault=server_error status=503
// Times count from the sandbox's start, in its own time. A line without `for` needs a `count`, with
// both it ends with the first of them; `every` begins it again. What is not named fits everything;
// a trailing '*' of path and topic stands for any rest. `p` is the chance of each occasion.
struct FaultLine {
    FaultKind kind = FaultKind::hang_before;
    Nanos at{0};
    std::optional<Nanos> lasts{};
    std::optional<std::int64_t> count{};
    std::optional<Nanos> every{};
    std::optional<Service> service{};
    std::string method{};
    std::string path{};
    std::string topic{};
    std::int64_t chance_millionths = 1'000'000;
    FaultDetail detail{};
    int number = 0;     // of the line in its file
    std::string text{}; // as written
};

// All lines of a script; '#' begins a comment. The failure names every bad line.
Result<std::vector<FaultLine>> parse_fault_script(std::string_view text, std::string_view name);

// Pure: the same script, seed and questions give the same answers.
class FaultPlan final : public FaultSource {
public:
    FaultPlan(std::vector<FaultLine> lines, UtcTime start, std::uint64_t seed);

    std::optional<FaultDetail>
    strike(FaultKind kind, FaultSubject const& subject, UtcTime now) override;
    std::optional<FaultDetail>
    active(FaultKind kind, FaultSubject const& subject, UtcTime now) const override;

    // The lines that began or ended since the last call, in the order of the script.
    struct Change {
        FaultLine const* line = nullptr;
        bool begins = false;
        std::int64_t strikes = 0; // in the period that ends
    };

    std::vector<Change> changes(UtcTime now);

    std::size_t size() const { return lines_.size(); }

private:
    struct State {
        FaultLine line;
        Xoshiro256 random;
        std::int64_t period = -1; // which one `strikes` belongs to
        std::int64_t strikes = 0;
        bool was_on = false;
        std::int64_t announced_period = -1;
    };

    static bool fits(FaultLine const& line, FaultKind kind, FaultSubject const& subject);
    std::int64_t period_of(FaultLine const& line, UtcTime now) const;
    bool is_on(State const& state, UtcTime now) const;
    FaultDetail detail_of(FaultLine const& line, UtcTime now) const;

    std::vector<State> lines_;
    UtcTime start_;
};

} // namespace polyquant::sandbox
