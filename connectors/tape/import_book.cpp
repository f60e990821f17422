#include "connectors/tape/csv.hpp"
#include "connectors/tape/importers.hpp"
#include "connectors/tape/recorded_markets.hpp"

namespace polyquant::tape {

namespace {

enum Column : std::size_t { received, exchange, slot, asset_id, kind, side, price, size };

struct Row {
    Stamp at;
    RecordedToken* token = nullptr;
    bool snapshot = false;
    std::optional<BookSide> side; // empty: a snapshot begins
    Level level;
};

class BookRows final : public EventSource {
public:
    BookRows(
        std::istream& in,
        Coverage const& coverage,
        BookMarketDefaults const& defaults,
        TimeRange range,
        ImportReport& report
    )
        : rows_{in, {"recv_ms", "exch_ms", "slot_start_sec", "asset_id", "kind", "side", "price", "size"}},
          asset_{defaults.asset}, range_{range}, report_{report},
          markets_{coverage, defaults, report} {}

    std::string const& header_problem() const { return rows_.header_problem(); }

    bool next(std::vector<Event>& batch) override {
        batch.clear();
        in_snapshot_ = nullptr;
        if (!row_) row_ = next_row();
        while (row_) {
            if (!batch.empty() && row_->at.received_at != stamp_of(batch.front()).received_at)
                break;
            add(*row_, batch);
            row_ = next_row();
        }
        if (batch.empty()) markets_.note();
        report_.events += batch.size();
        return !batch.empty();
    }

private:
    // The next row that makes sense, belongs to a market that is imported, and lies in the range.
    std::optional<Row> next_row() {
        while (!over_ && rows_.next()) {
            ++report_.rows;
            Row row;
            if (auto const* problem = read(row); problem != nullptr) {
                report_.bad_row(problem, rows_.line_number(), rows_.line());
                continue;
            }
            auto const wanted = row.token->market != nullptr;
            if (range_.contains(row.at.received_at)) {
                markets_.meet(*row.token);
                if (wanted) return row;
                ++report_.left_out;
                continue;
            }
            ++report_.outside;
            if (wanted && range_.from && row.at.received_at < *range_.from) keep(row);
            // Rows are in receive order: what follows is later still.
            over_ = range_.to && row.at.received_at >= *range_.to;
        }
        if (before_) before_->token->before.end_of_frame();
        before_.reset();
        return std::nullopt;
    }

    char const* read(Row& row) {
        if (!rows_.has_fields()) return "wrong number of columns";
        constexpr std::int64_t year_9999 = 253'402'300'799'000;
        auto const had = number<std::int64_t>(rows_[received]);
        auto const sent = number<std::int64_t>(rows_[exchange]);
        if (!had || !sent || *had <= 0 || *sent <= 0 || *had > year_9999 || *sent > year_9999)
            return "a time is no number of ms";
        row.at = {utc_from_millis(*sent), utc_from_millis(*had), 0};
        if (row.at.received_at < last_) return "time going back";
        auto const level_follows = !rows_[side].empty();
        if (rows_[kind] == "S")
            row.snapshot = true;
        else if (rows_[kind] != "D")
            return "unknown kind";
        if (rows_[side] == "B")
            row.side = BookSide::bid;
        else if (rows_[side] == "A")
            row.side = BookSide::ask;
        else if (level_follows || !row.snapshot)
            return "unknown side";
        if (level_follows) {
            auto const at = parse_price(rows_[price]);
            auto const total = parse_shares(rows_[size]);
            if (!at || at->micros() <= 0 || *at >= cents(100)) return "price not within 0 and 1";
            if (!total || total->micros() < 0) return "size is no amount of shares";
            row.level = {*at, *total};
        }
        row.token = find_token();
        if (row.token == nullptr) return "slot or token id makes no sense";
        last_ = row.at.received_at;
        return nullptr;
    }

    // Ids have 78 digits: they are parsed once and then known by their text.
    RecordedToken* find_token() {
        if (last_token_ != nullptr && rows_[asset_id] == last_token_text_ &&
            rows_[slot] == last_slot_text_)
            return last_token_;
        auto const start = number<std::int64_t>(rows_[slot]);
        auto const id = parse_token_id(rows_[asset_id]);
        if (!start || *start <= 0 || *start % 300 != 0 || !id) return nullptr;
        auto const slug = updown_slug(asset_, {utc_from_seconds(*start), Seconds{300}});
        last_token_ = &markets_.token(slug, *id);
        last_token_text_ = rows_[asset_id];
        last_slot_text_ = rows_[slot];
        return last_token_;
    }

    // Rows before the range make the book that the range begins with.
    void keep(Row const& row) {
        if (before_ &&
            (before_->token != row.token || before_->at.received_at != row.at.received_at))
            before_->token->before.end_of_frame();
        before_ = row;
        auto& book = row.token->before;
        if (row.snapshot && !row.side) book.apply_snapshot({}, {}, row.at.received_at);
        if (row.side)
            book.apply_change(*row.side, row.level.price, row.level.size, row.at.received_at);
    }

    void add(Row const& row, std::vector<Event>& batch) {
        auto& token = *row.token;
        if (row.snapshot && !row.side) {
            token.before.clear();
            markets_.begin(token, row.at, {}, batch);
            batch.emplace_back(BookSnapshot{row.at, token.id, {}, {}});
            token.has_book = true;
            in_snapshot_ = &token;
            return;
        }
        if (row.snapshot) {
            auto* book =
                in_snapshot_ == &token ? std::get_if<BookSnapshot>(&batch.back()) : nullptr;
            if (book == nullptr || book->at.venue_time != row.at.venue_time)
                return bad_order("snapshot row without its beginning");
            (*row.side == BookSide::bid ? book->bids : book->asks).push_back(row.level);
            return;
        }
        in_snapshot_ = nullptr;
        if (!token.has_book && !token.before.is_live())
            return bad_order("level change before any snapshot");
        markets_.begin(token, row.at, {}, batch);
        BookChange const change{row.at, token.id, *row.side, row.level.price, row.level.size, true};
        if (!batch.empty())
            if (auto* last = std::get_if<BookChange>(&batch.back());
                last != nullptr && last->token == change.token &&
                last->at.venue_time == change.at.venue_time)
                last->end_of_frame = false;
        batch.emplace_back(change);
    }

    void bad_order(char const* what) { report_.bad_row(what, rows_.line_number(), rows_.line()); }

    CsvReader rows_;
    Asset asset_;
    TimeRange range_;
    ImportReport& report_;
    RecordedMarkets markets_;
    std::optional<Row> row_;    // read, not yet in a batch
    std::optional<Row> before_; // the last row before the range
    RecordedToken* in_snapshot_ = nullptr;
    RecordedToken* last_token_ = nullptr;
    std::string last_token_text_;
    std::string last_slot_text_;
    UtcTime last_{};
    bool over_ = false;
};

} // namespace

Result<Source> import_book(
    std::istream& in,
    Coverage const& coverage,
    BookMarketDefaults const& defaults,
    TimeRange range,
    ImportReport& report
) {
    auto rows = std::make_unique<BookRows>(in, coverage, defaults, range, report);
    if (!rows->header_problem().empty())
        return Failure{Fault::parse, report.input, rows->header_problem()};
    return Source{std::move(rows)};
}

} // namespace polyquant::tape
