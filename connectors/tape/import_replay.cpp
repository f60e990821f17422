#include "connectors/tape/csv.hpp"
#include "connectors/tape/importers.hpp"
#include "connectors/tape/json_fields.hpp"
#include "connectors/tape/recorded_markets.hpp"

namespace polyquant::tape {

namespace json = boost::json;

namespace {

constexpr std::int64_t year_9999 = 253'402'300'799'000;

bool read_levels(json::object const& message, std::string_view key, std::vector<Level>& into) {
    auto const* value = field(message, key);
    auto const* levels = value != nullptr ? value->if_array() : nullptr;
    if (levels == nullptr) return false;
    for (auto const& level : *levels) {
        auto const* object = level.if_object();
        if (object == nullptr) return false;
        auto const price = parse_price(text_field(*object, "price").value_or(""));
        auto const size = parse_shares(text_field(*object, "size").value_or(""));
        if (!price || !size || price->micros() <= 0 || *price >= cents(100)) return false;
        if (size->micros() < 0) return false;
        into.push_back({*price, *size});
    }
    return true;
}

class ReplayLines final : public EventSource {
public:
    ReplayLines(
        std::istream& in,
        Coverage const& coverage,
        BookMarketDefaults const& defaults,
        TimeRange range,
        ImportReport& report
    )
        : in_{in}, range_{range}, report_{report}, markets_{coverage, defaults, report} {}

    bool next(std::vector<Event>& batch) override {
        batch.clear();
        while (batch.empty() && std::getline(in_, line_)) {
            ++number_;
            if (line_.empty()) continue;
            ++report_.rows;
            if (auto const* problem = read(batch); problem != nullptr) {
                batch.clear();
                report_.bad_row(problem, number_, line_);
            }
        }
        if (batch.empty()) markets_.note();
        report_.events += batch.size();
        return !batch.empty();
    }

private:
    char const* read(std::vector<Event>& batch) {
        boost::system::error_code error;
        auto const parsed = json::parse(line_, error);
        if (error || !parsed.is_object()) return "not a JSON object";
        auto const& row = parsed.get_object();
        auto const* inner = field(row, "msg");
        auto const* message = inner != nullptr ? inner->if_object() : nullptr;
        auto const* received = field(row, "recv_ms");
        auto const slug = text_field(row, "slug");
        if (message == nullptr || !slug || received == nullptr || !received->is_int64())
            return "recv_ms, slug or msg is missing";
        if (text_field(*message, "event_type") != "book") return "not a book message";
        auto const had = received->get_int64();
        auto const sent =
            number<std::int64_t>(text_field(*message, "timestamp").value_or("")).value_or(had);
        if (had <= 0 || sent <= 0 || had > year_9999 || sent > year_9999)
            return "a time is no number of ms";
        Stamp const at{utc_from_millis(sent), utc_from_millis(had), 0};
        if (at.received_at < last_) return "time going back";
        auto const id = parse_token_id(text_field(*message, "asset_id").value_or(""));
        auto const condition = parse_condition_id(text_field(*message, "market").value_or(""));
        if (!id || !condition) return "token or condition id makes no sense";
        BookSnapshot book{at, *id, {}, {}};
        if (!read_levels(*message, "bids", book.bids) || !read_levels(*message, "asks", book.asks))
            return "a level makes no sense";
        last_ = at.received_at;
        return take(std::string{*slug}, *message, *condition, std::move(book), batch);
    }

    char const* take(
        std::string const& slug,
        json::object const& message,
        ConditionId const& condition,
        BookSnapshot book,
        std::vector<Event>& batch
    ) {
        auto& token = markets_.token(slug, book.token);
        if (!range_.contains(book.at.received_at)) {
            ++report_.outside;
            return nullptr;
        }
        markets_.meet(token);
        if (token.market == nullptr) {
            ++report_.left_out;
            return nullptr;
        }
        auto const tick_text = text_field(message, "tick_size");
        auto const tick = tick_text ? parse_price(*tick_text) : token.tick;
        if (!tick || tick->micros() <= 0) return "tick size makes no sense";
        markets_.begin(token, book.at, condition, batch);
        if (*tick != token.tick)
            batch.emplace_back(TickSizeChanged{book.at, token.id, token.tick, *tick});
        token.tick = *tick;
        batch.emplace_back(std::move(book));
        return nullptr;
    }

    std::istream& in_;
    TimeRange range_;
    ImportReport& report_;
    RecordedMarkets markets_;
    std::string line_;
    std::uint64_t number_ = 0;
    UtcTime last_{};
};

} // namespace

Result<Source> import_book_replay(
    std::istream& in,
    Coverage const& coverage,
    BookMarketDefaults const& defaults,
    TimeRange range,
    ImportReport& report
) {
    return Source{std::make_unique<ReplayLines>(in, coverage, defaults, range, report)};
}

} // namespace polyquant::tape
