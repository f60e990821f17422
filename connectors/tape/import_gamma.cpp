#include "connectors/tape/importers.hpp"
#include "connectors/tape/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace polyquant::tape {

namespace json = boost::json;

namespace {

constexpr Seconds listed_before{300};

// Gamma writes lists as JSON text within a string, or as a list.
std::vector<std::string> list_field(json::object const& object, std::string_view key) {
    std::vector<std::string> items;
    auto const* value = field(object, key);
    if (value == nullptr) return items;
    json::value inner;
    if (auto const text = text_field(object, key)) {
        boost::system::error_code error;
        inner = json::parse(json::string_view{text->data(), text->size()}, error);
        if (error) return items;
        value = &inner;
    }
    if (auto const* list = value->if_array())
        for (auto const& item : *list)
            if (item.is_string()) items.emplace_back(item.get_string());
    return items;
}

// "...-twap-60s-streams", or the twap fields of the market's configuration.
std::optional<SettlementRule> rule_of(json::object const& object) {
    auto const source = text_field(object, "resolutionSource").value_or("");
    auto const at = source.find("-twap-");
    std::optional<int> by_source;
    if (at != std::string_view::npos) {
        int seconds = 0;
        for (char c : source.substr(at + 6)) {
            if (c < '0' || c > '9' || seconds > 10'000) break;
            seconds = seconds * 10 + (c - '0');
        }
        by_source = seconds;
    } else if (source.find("data.chain.link/streams/") != std::string_view::npos) {
        by_source = 0;
    }
    auto const* config = field(object, "cryptoMarketConfig");
    auto const* settings = config != nullptr ? config->if_object() : nullptr;
    std::optional<int> by_config;
    if (settings != nullptr)
        by_config =
            true_field(*settings, "twapEnabled")
                ? static_cast<int>(number_field(*settings, "twapLookbackSeconds").value_or(-1))
                : 0;
    if (by_source && by_config && *by_source != *by_config) return std::nullopt;
    auto const length = by_source ? by_source : by_config;
    if (!length || *length < 0 || *length > 3600) return std::nullopt;
    if (at != std::string_view::npos && *length == 0) return std::nullopt;
    return *length == 0 ? spot_rule() : twap_rule(Seconds{*length});
}

struct Listing {
    Market market;
    UtcTime listed_at{};
    std::optional<UtcTime> resolved_at;
    std::optional<Outcome> winner;
};

// What is wrong with the object, or null and `into` filled.
char const* read_market(json::object const& object, Listing& into) {
    auto& m = into.market;
    m.slug = text_field(object, "slug").value_or("");
    m.question = text_field(object, "question").value_or("");
    auto const parts = parse_updown_slug(m.slug);
    if (!parts) return "slug is none of a 5m or 15m market";
    m.asset = parts->asset;
    m.window = parts->window;
    auto const condition = parse_condition_id(text_field(object, "conditionId").value_or(""));
    if (!condition) return "conditionId makes no sense";
    m.condition = *condition;
    auto const tokens = list_field(object, "clobTokenIds");
    auto const outcomes = list_field(object, "outcomes");
    if (tokens.size() != 2 || outcomes.size() != 2) return "not two tokens and outcomes";
    auto const up_first = outcomes[0] == "Up" && outcomes[1] == "Down";
    if (!up_first && !(outcomes[0] == "Down" && outcomes[1] == "Up"))
        return "outcomes are not Up and Down";
    auto const up = parse_token_id(tokens[up_first ? 0 : 1]);
    auto const down = parse_token_id(tokens[up_first ? 1 : 0]);
    if (!up || !down || *up == *down) return "clobTokenIds make no sense";
    m.up = *up;
    m.down = *down;
    auto const rule = rule_of(object);
    if (!rule) return "settlement rule is unknown or contradicts itself";
    m.rule = *rule;
    if (true_field(object, "feesEnabled")) {
        auto const* value = field(object, "feeSchedule");
        auto const* fee = value != nullptr ? value->if_object() : nullptr;
        if (fee == nullptr) return "fees without a schedule";
        auto const rate = number_field(*fee, "rate");
        auto const exponent = number_field(*fee, "exponent");
        if (!rate || !exponent || *rate < 0 || *rate > 1 || (*exponent != 1 && *exponent != 2))
            return "fee schedule makes no sense";
        m.fee = {std::llround(*rate * 1e6), static_cast<int>(*exponent)};
    }
    auto const min_size = number_field(object, "orderMinSize").value_or(5);
    if (!(min_size > 0 && min_size < 1e6)) return "orderMinSize makes no sense";
    m.min_size = Shares::from_micros(std::llround(min_size * 1e6));
    auto const tick = number_field(object, "orderPriceMinTickSize").value_or(0.01);
    if (!(tick > 0 && tick < 1)) return "orderPriceMinTickSize makes no sense";
    m.tick = std::max(cents(1), Price::from_micros(std::llround(tick * 1e6)));
    m.neg_risk = true_field(object, "negRisk");
    if (text_field(object, "version") == "v2") m.version = ProtocolVersion::v2;
    return nullptr;
}

char const* read_times(json::object const& object, Listing& into) {
    into.listed_at = into.market.window.start - listed_before;
    for (auto const* key : {"startDate", "createdAt"}) {
        auto const text = text_field(object, key);
        if (!text) continue;
        auto const at = parse_utc(*text);
        if (!at) return "startDate or createdAt is no time";
        into.listed_at = std::max(into.listed_at, *at);
        break;
    }
    if (!true_field(object, "closed")) return nullptr;
    auto const closed = parse_utc(text_field(object, "closedTime").value_or(""));
    auto const prices = list_field(object, "outcomePrices");
    auto const outcomes = list_field(object, "outcomes");
    if (!closed) return "closed without a closedTime";
    if (*closed < into.market.window.end()) return "closed before its window's end";
    if (prices.size() != 2) return "closed without outcome prices";
    auto const first = parse_price(prices[0]);
    auto const second = parse_price(prices[1]);
    if (!first || !second || *first + *second != cents(100))
        return "outcome prices are not 1 in all";
    into.resolved_at = *closed;
    if (*first == *second) return nullptr;
    if (!first->is_zero() && !second->is_zero()) return "closed, but outcome prices are not final";
    auto const first_won = second->is_zero();
    into.winner = first_won == (outcomes[0] == "Up") ? Outcome::up : Outcome::down;
    return nullptr;
}

class SortedEvents final : public EventSource {
public:
    explicit SortedEvents(std::vector<Event> events) : events_{std::move(events)} {}

    bool next(std::vector<Event>& batch) override {
        batch.clear();
        while (at_ < events_.size()) {
            auto& event = events_[at_];
            if (!batch.empty() &&
                stamp_of(event).received_at != stamp_of(batch.front()).received_at)
                break;
            batch.push_back(std::move(event));
            ++at_;
        }
        return !batch.empty();
    }

private:
    std::vector<Event> events_;
    std::size_t at_ = 0;
};

} // namespace

Result<Source>
import_gamma(std::istream& in, std::vector<Asset> assets, TimeRange range, ImportReport& report) {
    std::vector<Event> events;
    std::string line;
    for (std::uint64_t number = 1; std::getline(in, line); ++number) {
        if (line.empty()) continue;
        ++report.rows;
        boost::system::error_code error;
        auto const parsed = json::parse(line, error);
        auto const* object = error ? nullptr : parsed.if_object();
        if (object != nullptr)
            if (auto const* raw = field(*object, "raw"); raw != nullptr) object = raw->if_object();
        if (object == nullptr) {
            report.bad_row("not a JSON object", number, line);
            continue;
        }
        Listing listing;
        auto const* problem = read_market(*object, listing);
        if (problem == nullptr) problem = read_times(*object, listing);
        if (problem != nullptr) {
            report.bad_row(problem, number, line);
            continue;
        }
        if (!assets.empty() && std::ranges::find(assets, *listing.market.asset) == assets.end()) {
            ++report.left_out;
            continue;
        }
        if (!range.contains(listing.listed_at)) {
            ++report.outside;
            continue;
        }
        auto const condition = listing.market.condition;
        events.emplace_back(
            MarketListed{{listing.listed_at, listing.listed_at, 0}, std::move(listing.market)}
        );
        if (!listing.resolved_at || !range.contains(*listing.resolved_at)) continue;
        events.emplace_back(MarketResolved{
            {*listing.resolved_at, *listing.resolved_at, 0},
            condition,
            listing.winner,
            PriceSource::venue
        });
    }
    // By time, ties in the order of the input: the position stands in seq meanwhile.
    for (std::size_t i = 0; i < events.size(); ++i)
        stamp_of(events[i]).seq = i;
    std::ranges::sort(events, {}, [](Event const& e) {
        return std::pair{stamp_of(e).received_at, stamp_of(e).seq};
    });
    for (auto& event : events)
        stamp_of(event).seq = 0;
    report.events += events.size();
    return Source{std::make_unique<SortedEvents>(std::move(events))};
}

} // namespace polyquant::tape
