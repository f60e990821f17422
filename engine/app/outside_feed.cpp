#include "engine/app/outside_feed.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>

namespace polyquant::app {

using models::window::ExternalFeatures;

namespace {

// A day of values a second. What a run has not read by then is no longer fresh anyway.
constexpr std::uintmax_t bytes_read = 1 << 20;

} // namespace

OutsideFeed::OutsideFeed(
    std::filesystem::path source, std::filesystem::path copy, OutsideValues known, Nanos age_max
)
    : source_{std::move(source)}, copy_{std::move(copy)}, age_max_{age_max},
      known_{std::move(known)}, seen_{known_->newest()} {}

Result<OutsideValues> OutsideFeed::read() {
    std::error_code missing, unknown;
    auto const size = std::filesystem::file_size(source_, missing);
    auto const changed_at = std::filesystem::last_write_time(source_, unknown);
    if (missing || unknown) {
        size_ = 0;
        refused_ =
            Failure{Fault::storage, source_.string(), (missing ? missing : unknown).message()};
        return *refused_;
    }
    if (size == size_ && changed_at == changed_at_) {
        if (refused_) return *refused_;
        return OutsideValues{};
    }
    size_ = size;
    changed_at_ = changed_at;
    auto source = ExternalFeatures::read_newest(source_, bytes_read);
    refused_.reset();
    if (!source) refused_ = source.error();
    if (!source) return *refused_;
    return std::make_shared<ExternalFeatures const>(std::move(*source));
}

Result<OutsideValues> OutsideFeed::take(OutsideValues const& read, UtcTime exactly_now) {
    if (read) waiting_ = read;
    if (!waiting_) return OutsideValues{};
    // The copy's times have milliseconds, and a replay must not know it earlier.
    UtcTime const now = std::chrono::ceil<Millis>(exactly_now);
    // A clock set back: the copy must stay sorted.
    if (std::ranges::max(known_->newest()) >= now) return OutsideValues{};
    auto const source = waiting_;
    if (std::ranges::max(source->newest()) <= now) waiting_ = nullptr;
    auto const grown = known_->with_newer(*source, now, age_max_, seen_);
    auto const newest = grown.newest();
    if (newest == known_->newest()) return OutsideValues{};
    std::vector<std::string> cells;
    for (std::size_t k = 0; k < newest.size(); ++k)
        cells.push_back(
            newest[k] == now ? fmt::format("{}", grown.value_at(k, now, age_max_)) : std::string{}
        );
    std::ofstream copy{copy_, std::ios::app};
    copy << fmt::format("{},{}\n", format_utc(now), fmt::join(cells, ","));
    copy.close();
    if (!copy) return Failure{Fault::storage, copy_.string(), "cannot be written"};
    known_ = std::make_shared<ExternalFeatures const>(grown.fresh_at(now, age_max_));
    return known_;
}

} // namespace polyquant::app
