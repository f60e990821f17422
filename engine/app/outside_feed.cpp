#include "engine/app/outside_feed.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>

namespace polyquant::app {

using models::window::ExternalFeatures;

OutsideFeed::OutsideFeed(
    std::filesystem::path source, std::filesystem::path copy, OutsideValues known
)
    : source_{std::move(source)}, copy_{std::move(copy)}, known_{std::move(known)},
      seen_{known_->newest()} {}

bool OutsideFeed::has_changed() {
    std::error_code ec;
    auto const size = std::filesystem::file_size(source_, ec);
    auto const changed_at = std::filesystem::last_write_time(source_, ec);
    if (ec || (size == size_ && changed_at == changed_at_)) return false;
    size_ = size;
    changed_at_ = changed_at;
    return true;
}

Result<OutsideValues> OutsideFeed::poll(UtcTime exactly_now, Nanos age_max) {
    if (!has_changed()) return OutsideValues{};
    auto const source = ExternalFeatures::read(source_);
    if (!source) return source.error();
    // The copy's times have milliseconds, and a replay must not know it earlier.
    UtcTime const now = std::chrono::ceil<Millis>(exactly_now);
    auto grown = known_->with_newer(*source, now, age_max, seen_);
    // A value of the near future counts when its time has come: look again.
    auto const published = source->newest();
    if (std::ranges::any_of(published, [now](UtcTime at) { return at > now; })) size_ = 0;
    auto const newest = grown.newest();
    if (newest == known_->newest()) return OutsideValues{};
    std::vector<std::string> cells;
    for (std::size_t k = 0; k < newest.size(); ++k)
        cells.push_back(
            newest[k] == now ? fmt::format("{}", grown.value_at(k, now, age_max)) : std::string{}
        );
    std::ofstream copy{copy_, std::ios::app};
    copy << fmt::format("{},{}\n", format_utc(now), fmt::join(cells, ","));
    copy.close();
    if (!copy) return Failure{Fault::storage, copy_.string(), "cannot be written"};
    known_ = std::make_shared<ExternalFeatures const>(std::move(grown));
    return known_;
}

} // namespace polyquant::app
