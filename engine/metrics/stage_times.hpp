// Where the time goes between a frame and a confirmed fill, stage by stage.
#pragma once

#include "engine/core/facts.hpp"
#include "engine/metrics/duration_histogram.hpp"

#include <map>

namespace polyquant::metrics {

enum class StageOfWork : std::uint8_t {
    parse,        // frame received -> event on the bus
    features,     // on the bus -> books, windows and models know of it
    decision,     // from there -> every strategy and the risk gate have answered
    sent,         // decided -> handed to the venue: journal, signature, durable copy
    acknowledged, // sent -> the venue's first answer
    matched,      // sent -> first fill
    confirmed,    // fill -> settled for good
};
inline constexpr std::array all_stages_of_work{
    StageOfWork::parse,
    StageOfWork::features,
    StageOfWork::decision,
    StageOfWork::sent,
    StageOfWork::acknowledged,
    StageOfWork::matched,
    StageOfWork::confirmed,
};
std::string_view to_string(StageOfWork stage);

using StageHistograms = std::array<DurationHistogram, all_stages_of_work.size()>;

class StageTimes {
public:
    // Facts carry the engine's time, which may run `clock_factor` times as fast as the machine's.
    explicit StageTimes(double clock_factor = 1) : clock_factor_{clock_factor} {}

    void note(StageOfWork stage, Nanos took) {
        histograms_[static_cast<std::size_t>(stage)].note(took);
    }

    void note_engine_time(StageOfWork stage, Nanos took);

    // The life of orders and fills.
    void on(Fact const& fact);

    StageHistograms const& histograms() const { return histograms_; }

private:
    struct Order {
        UtcTime decided_at{};
        std::optional<UtcTime> sent_at{};
        bool answered = false;
        bool filled = false;
    };

    void on_order(OrderChanged const& change, UtcTime at);
    Order* find(OrderId const& id);

    double clock_factor_;
    StageHistograms histograms_{};
    std::map<OrderId, Order> orders_{};
    std::map<TradeId, UtcTime> fills_{}; // not settled yet
};

} // namespace polyquant::metrics
