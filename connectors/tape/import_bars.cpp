#include "connectors/tape/csv.hpp"
#include "connectors/tape/importers.hpp"

#include <limits>

namespace polyquant::tape {

namespace {

enum Column : std::size_t { open_time, open, high, low, close, volume, close_time, trades, taker };

class BarRows final : public EventSource {
public:
    BarRows(std::istream& in, BarFile file, TimeRange range, ImportReport& report)
        : rows_{in, {"open_time_ms", "open", "high", "low", "close", "volume", "close_time_ms", "trades", "taker_buy_base"}},
          file_{file}, range_{range}, report_{report} {}

    std::string const& header_problem() const { return rows_.header_problem(); }

    bool next(std::vector<Event>& batch) override {
        batch.clear();
        while (batch.empty() && rows_.next()) {
            ++report_.rows;
            if (auto const problem = read(batch); !problem.empty())
                report_.bad_row(problem, rows_.line_number(), rows_.line());
        }
        report_.events += batch.size();
        return !batch.empty();
    }

private:
    // What is wrong with the row, if anything; `batch` stays empty where the row is out of range.
    std::string read(std::vector<Event>& batch) {
        if (!rows_.has_fields()) return "wrong number of columns";
        auto const at = number<std::int64_t>(rows_[open_time]);
        if (!at || *at <= 0 || *at > 253'402'300'799'000) return "open time is no number of ms";
        Bar bar;
        bar.open_time = utc_from_millis(*at);
        bar.length = file_.length;
        if (*at % Millis{bar.length}.count() != 0) return "open time off the grid of its length";
        auto const closes = rows_[close_time];
        if (!closes.empty() && number<std::int64_t>(closes) != *at + Millis{bar.length}.count() - 1)
            return "close time does not fit the length";
        for (auto [value, column] :
             {std::pair{&bar.open, open}, {&bar.high, high}, {&bar.low, low}, {&bar.close, close}})
            if (!take(*value, rows_[column])) return "price is no number";
        if (!take(bar.volume, rows_[volume])) return "volume is no number";
        for (auto [value, column] : {std::pair{&bar.trades, trades}, {&bar.taker_buy_base, taker}})
            if (rows_[column].empty())
                *value = std::numeric_limits<double>::quiet_NaN();
            else if (!take(*value, rows_[column]))
                return "trades or taker volume is no number";
        if (auto const defect = bar_defect(bar); !defect.empty()) return std::string{defect};
        auto const price = parse_usd_price(rows_[close]);
        if (!price) return "close is no plain decimal number";
        if (last_open_ && bar.open_time == *last_open_) return "bar twice";
        if (last_open_ && bar.open_time < *last_open_) return "time going back";
        last_open_ = bar.open_time;

        Stamp const stamp{bar.close_time(), bar.close_time(), 0};
        if (!range_.contains(stamp.received_at)) {
            ++report_.outside;
            return {};
        }
        batch.emplace_back(BarUpdate{stamp, file_.asset, bar, true});
        batch.emplace_back(
            PriceTick{stamp, file_.asset, PriceSource::binance_bar, Seconds{0}, *price}
        );
        return {};
    }

    static bool take(double& value, std::string_view text) {
        auto const parsed = number<double>(text);
        if (parsed) value = *parsed;
        return parsed.has_value();
    }

    CsvReader rows_;
    BarFile file_;
    TimeRange range_;
    ImportReport& report_;
    std::optional<UtcTime> last_open_;
};

} // namespace

std::optional<BarFile> bar_file_of(std::string_view file_name) {
    auto const first = file_name.find('-');
    if (first == std::string_view::npos) return std::nullopt;
    auto const asset = parse_asset(file_name.substr(0, first));
    auto const rest = file_name.substr(first + 1);
    auto const interval = rest.substr(0, rest.find_first_of("-."));
    if (!asset || interval.size() < 2) return std::nullopt;
    auto const count = number<int>(interval.substr(0, interval.size() - 1));
    auto const unit = interval.back();
    if (!count || *count <= 0 || *count > 1000) return std::nullopt;
    if (unit == 's') return BarFile{*asset, Seconds{*count}};
    if (unit == 'm') return BarFile{*asset, std::chrono::minutes{*count}};
    if (unit == 'h') return BarFile{*asset, std::chrono::hours{*count}};
    return std::nullopt;
}

Result<Source> import_bars(std::istream& in, BarFile file, TimeRange range, ImportReport& report) {
    auto rows = std::make_unique<BarRows>(in, file, range, report);
    if (!rows->header_problem().empty())
        return Failure{Fault::parse, report.input, rows->header_problem()};
    return Source{std::move(rows)};
}

} // namespace polyquant::tape
