// The assumptions behind every simulated fill, by name, each with the direction of its bias. The
// defaults are the ones that flatter least while staying usable.
#pragma once

#include "engine/core/units.hpp"

#include <cstdint>

namespace polyquant::simulated {

// When does a resting order of ours fill against the recorded market?
enum class FillModel : std::uint8_t {
    // When recorded trades have used up the queue ahead of us, or the opposite side reaches our
    // price. Bias: slightly optimistic in thin books, because our order is assumed not to have
    // changed what others did.
    queue,
    // Only when a trade or the opposite quote goes beyond our price. Bias: pessimistic, it fills
    // exactly when the price moves against us.
    trade_through,
    // As soon as anybody trades at our price or the opposite side touches it, with no queue. Bias:
    // optimistic; an upper bound, not an estimate.
    touch,
};

// Who left when a level shrinks without a trade?
enum class QueueModel : std::uint8_t {
    // Those behind us, as far as possible: only trades move us ahead, and a level smaller than what
    // we thought ahead of us. Bias: pessimistic.
    cancels_behind,
    // Everyone in proportion to size. Bias: roughly neutral, optimistic near the close, where
    // the impatient front of the queue stays.
    cancels_pro_rata,
    // Nobody is ever ahead of us. Bias: optimistic; an upper bound for makers.
    ahead_of_all,
};

// The recording does not know that we took a level's liquidity. How long is it gone?
enum class DepletionModel : std::uint8_t {
    // Until the recorded size of the level next changes. Bias: neutral where makers re-quote often,
    // slightly optimistic after a partial decrease.
    until_level_changes,
    // Until the level has been empty once: whatever it shows meanwhile is net of what we took.
    // Bias: pessimistic.
    until_level_empties,
};

// A fill of a FOK or FAK buy is counted in shares here; the venue counts it in money, so at a
// better price than the limit it gives more shares for the same money. Bias: pessimistic in size.
struct FillAssumptions {
    FillModel fill = FillModel::queue;
    QueueModel queue = QueueModel::cancels_behind;
    DepletionModel depletion = DepletionModel::until_level_changes;
    // The venue's direction is undocumented; up is the pessimistic one.
    Rounding fee_rounding = Rounding::up;
    // Part of each recorded level that is still there when we arrive, in millionths. Bias: the
    // default is pessimistic; others race for the same levels and the recording hides who won.
    std::int64_t displayed_ppm = 800'000;
    // Takers pay this much more (sellers get less) than the recorded level, never beyond the limit.
    Price slippage{};
};

} // namespace polyquant::simulated
