#include "connectors/tape/csv.hpp"
#include "connectors/tape/importers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::tape {

namespace {

enum Column : std::size_t { feed_time, exact_value, received };

constexpr Millis late_max{10'000};

// 18 decimals written as a whole number, cut to 8.
std::optional<UsdPrice> price_of(std::string_view e18) {
    if (e18.size() <= 10) return std::nullopt;
    if (!std::ranges::all_of(e18, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
    auto const e8 = number<std::int64_t>(e18.substr(0, e18.size() - 10));
    if (!e8 || *e8 <= 0) return std::nullopt;
    return UsdPrice::from_e8(*e8);
}

class ChainlinkRows final : public EventSource {
public:
    ChainlinkRows(std::istream& in, Asset asset, TimeRange range, ImportReport& report)
        : rows_{in, {"feed_ts_ms", "full_accuracy_value", "recv_ms"}}, asset_{asset}, range_{range},
          report_{report} {}

    std::string const& header_problem() const { return rows_.header_problem(); }

    bool next(std::vector<Event>& batch) override {
        batch.clear();
        while (!ended_ && (held_.empty() || newest_ - held_.front().at.received_at < late_max))
            ended_ = !hold_one();
        if (held_.empty()) {
            note_late();
            return false;
        }
        last_ = held_.front().at.received_at;
        batch.emplace_back(held_.front());
        held_.erase(held_.begin());
        ++report_.events;
        return true;
    }

private:
    // Reads one row; false at the end of the input.
    bool hold_one() {
        if (!rows_.next()) return false;
        ++report_.rows;
        auto const bad = [this](char const* what) {
            report_.bad_row(what, rows_.line_number(), rows_.line());
            return true;
        };
        if (!rows_.has_fields()) return bad("wrong number of columns");
        auto const fed = number<std::int64_t>(rows_[feed_time]);
        auto const had = number<std::int64_t>(rows_[received]);
        constexpr std::int64_t year_9999 = 253'402'300'799'000;
        if (!fed || !had || *fed <= 0 || *had <= 0 || *fed > year_9999 || *had > year_9999)
            return bad("a time is no number of ms");
        auto const price = price_of(rows_[exact_value]);
        if (!price) return bad("price is no positive number of 1e-18 USD");
        Stamp const at{utc_from_millis(*fed), utc_from_millis(*had), 0};
        if (last_ && at.received_at < *last_) return bad("time going back more than 10 s");
        if (!range_.contains(at.received_at)) {
            ++report_.outside;
            return true;
        }
        if (at.received_at < newest_) ++late_;
        newest_ = std::max(newest_, at.received_at);
        PriceTick const tick{at, asset_, PriceSource::chainlink_spot, Seconds{0}, *price};
        auto const place =
            std::ranges::upper_bound(held_, at.received_at, {}, [](PriceTick const& t) {
                return t.at.received_at;
            });
        held_.insert(place, tick);
        return true;
    }

    void note_late() {
        if (late_ == 0) return;
        report_.notes.push_back(
            fmt::format("{} rows received out of order were put where they were received", late_)
        );
        late_ = 0;
    }

    CsvReader rows_;
    Asset asset_;
    TimeRange range_;
    ImportReport& report_;
    std::vector<PriceTick> held_; // by receive time, some 10 s of it
    UtcTime newest_{};
    std::optional<UtcTime> last_;
    std::uint64_t late_ = 0;
    bool ended_ = false;
};

} // namespace

Result<Source>
import_chainlink(std::istream& in, Asset asset, TimeRange range, ImportReport& report) {
    auto rows = std::make_unique<ChainlinkRows>(in, asset, range, report);
    if (!rows->header_problem().empty())
        return Failure{Fault::parse, report.input, rows->header_problem()};
    return Source{std::move(rows)};
}

} // namespace polyquant::tape
