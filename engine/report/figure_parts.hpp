// What the parts of a report's figures share: which trades count, and when and for how much. Each
// add_...() fills its part of the figures from the run and the trades that were decided one way or
// the other, by the time of deciding.
#pragma once

#include "engine/report/figures.hpp"

#include <vector>

namespace polyquant::report {

using Trades = std::vector<Trade const*>;

// Of everything that is drawn at random, so that a report repeats itself.
inline constexpr std::uint64_t resample_seed = 20'261'123;

// Decided for one side or the other.
bool counts(Trade const& trade, RunData const& run);
UtcTime settles_at(Trade const& trade);
std::int64_t day_of(UtcTime t);      // UTC days since the epoch
double stake_of(Trade const& trade); // with the fee
Group group_of(std::string name, Trades const& trades);

void add_money(Figures& f, RunData const& run);
void add_results(Figures& f, Trades const& trades);
void add_days(Figures& f, RunData const& run);
void add_curve(Figures& f, RunData const& run);
void add_exposure(Figures& f, RunData const& run);
void add_histogram(Figures& f, Trades const& trades);
void add_breakdowns(Figures& f, Trades const& trades);
void add_quarters(Figures& f, Trades const& trades);
void add_probabilities(Figures& f, RunData const& run, Trades const& trades);
void add_orders(Figures& f, RunData const& run);
// Last: it speaks about all the others.
void add_verdict(Figures& f, RunData const& run);

} // namespace polyquant::report
