#include "connectors/json/writer.hpp"
#include "connectors/sandbox/public/gamma.hpp"

#include <fmt/format.h>

namespace polyquant::sandbox {

namespace {

using json::Writer;

// Arrays that Gamma sends as text which holds JSON.
std::string nested(std::initializer_list<std::string> texts) {
    std::string list = "[";
    for (auto const& text : texts)
        list += (list.size() == 1 ? "" : ", ") + json::quoted(text);
    return list + "]";
}

std::string shown(UtcTime t) {
    return format_utc(t);
}

bool is_resolved(WorldMarket const& m, UtcTime now) {
    return m.phase == Phase::resolved && now >= m.resolves_at + gamma_lag(m);
}

// Between the end and the resolution the answer is on its way to the oracle.
char const* oracle_status(WorldMarket const& m, UtcTime now) {
    if (is_resolved(m, now)) return "resolved";
    return now >= m.market.window.end() + Seconds{20} ? "proposed" : nullptr;
}

struct OutcomePrices {
    Price first;
    Price second;
};

OutcomePrices prices_of(World const& world, WorldMarket const& m, UtcTime now) {
    if (is_resolved(m, now)) {
        if (!m.winner) return {cents(50), cents(50)};
        return *m.winner == Outcome::up ? OutcomePrices{cents(100), Price{}}
                                        : OutcomePrices{Price{}, cents(100)};
    }
    auto const top = world.exchange().top(m.market.up);
    auto first = m.last_trade.value_or(cents(50));
    if (top.bid && top.ask) {
        first = Price::from_micros((top.bid->price.micros() + top.ask->price.micros()) / 2);
    }
    return {first, first.complement()};
}

void write_rule(Writer& w, WorldMarket const& m) {
    if (!m.market.asset) {
        w.text("resolutionSource", "").null("cryptoMarketConfig");
        return;
    }
    auto const asset = lower_name(*m.market.asset);
    auto const is_twap = m.market.rule.kind == SettlementRule::Kind::twap;
    auto const length = m.market.rule.twap_length.count();
    auto const minutes = m.market.window.length.count() / 60;
    w.text(
        "resolutionSource",
        is_twap
            ? fmt::format("https://data.chain.link/streams/{}-usd-twap-{}s-streams", asset, length)
            : fmt::format("https://data.chain.link/streams/{}-usd", asset)
    );
    w.key("cryptoMarketConfig").begin_object();
    w.text(
         "id",
         is_twap ? fmt::format("{}-{}m-twap-{}", asset, minutes, length)
                 : fmt::format("{}-{}m", asset, minutes)
    )
        .text("asset", asset)
        .text("duration", fmt::format("{}m", minutes))
        .flag("twapEnabled", is_twap);
    if (is_twap)
        w.whole("twapLookbackSeconds", length);
    else
        w.null("twapLookbackSeconds");
    w.end_object();
}

void write_fees(Writer& w, WorldMarket const& m) {
    w.flag("feesEnabled", m.fees_enabled);
    if (m.fees_enabled) {
        w.text("feeType", m.market.asset ? "crypto_fees_v2" : "general_fees_v2");
        w.whole("makerBaseFee", 1000).whole("takerBaseFee", 1000);
    }
    if (!m.fees_enabled || !m.fee_schedule_published) return;
    w.key("feeSchedule").begin_object();
    w.whole("exponent", m.market.fee.exponent)
        .raw("rate", format_fixed(m.market.fee.rate_micros, 6))
        .flag("takerOnly", true)
        .raw("rebateRate", "0.2");
    w.end_object();
}

void write_quotes(Writer& w, World const& world, WorldMarket const& m) {
    auto const top = world.exchange().top(m.market.up);
    if (top.bid) w.raw("bestBid", to_string(top.bid->price));
    if (top.ask) w.raw("bestAsk", to_string(top.ask->price));
    if (top.bid && top.ask) w.raw("spread", to_string(top.ask->price - top.bid->price));
    if (m.last_trade) w.raw("lastTradePrice", to_string(*m.last_trade));
    w.raw("volumeNum", format_fixed(m.volume_micros, 6));
    w.raw("liquidityNum", format_fixed(m.liquidity.micros(), 6));
}

void write_metadata(Writer& w, WorldMarket const& m, UtcTime now) {
    if (!m.strike || now < m.strike_published_at) {
        w.null("eventMetadata");
        return;
    }
    w.key("eventMetadata").begin_object().raw("priceToBeat", to_string(*m.strike));
    if (m.final_price && is_resolved(m, now)) w.raw("finalPrice", to_string(*m.final_price));
    w.end_object();
}

void write_times(Writer& w, WorldMarket const& m) {
    auto const end = m.market.window.end();
    w.text("startDate", shown(m.created_at)).text("createdAt", shown(m.created_at));
    // Markets on other things have no strike time.
    if (m.kind == MarketKind::updown) {
        w.text("eventStartTime", shown(m.market.window.start));
    }
    w.text("endDate", shown(end)).text("endDateIso", shown(end).substr(0, 10));
    w.text("acceptingOrdersTimestamp", shown(m.opens_at));
}

void write_market(Writer& w, World const& world, WorldMarket const& m, UtcTime now) {
    auto const resolved = is_resolved(m, now);
    auto const hydrated = m.phase != Phase::listed;
    auto const prices = prices_of(world, m, now);
    auto const* const status = oracle_status(m, now);
    auto const ids = nested({to_string(m.market.up), to_string(m.market.down)});
    auto const is_v2 = m.market.version == ProtocolVersion::v2;
    w.begin_object()
        .text("id", m.gamma_id)
        .text("slug", m.market.slug)
        .text("question", m.market.question)
        .text("description", m.description)
        .text("conditionId", to_string(m.market.condition))
        .text("questionID", crypto::to_0x_hex(m.question_id))
        .text("version", is_v2 ? "v2" : "v1")
        .text("outcomes", nested({m.outcomes[0], m.outcomes[1]}))
        .text("outcomePrices", nested({to_string(prices.first), to_string(prices.second)}))
        // The exchange's side of a fresh listing is not there yet.
        .text("clobTokenIds", hydrated && !is_v2 ? ids : "[]");
    if (is_v2)
        w.raw("positionIds", ids);
    else
        w.null("positionIds");
    write_times(w, m);
    if (resolved) w.text("closedTime", shown(m.resolves_at));
    w.flag("active", true)
        .flag("closed", resolved)
        .flag("archived", false)
        .flag("acceptingOrders", hydrated && !resolved)
        .flag("enableOrderBook", hydrated)
        .flag("restricted", true)
        .flag("negRisk", m.market.neg_risk)
        .raw("orderPriceMinTickSize", to_string(m.market.tick))
        .raw("orderMinSize", to_string(m.market.min_size))
        .text("groupItemTitle", m.group_item);
    write_fees(w, m);
    write_rule(w, m);
    w.text("umaResolutionStatuses", "[]");
    if (status)
        w.text("umaResolutionStatus", status);
    else
        w.null("umaResolutionStatus");
    if (!resolved && hydrated) write_quotes(w, world, m);
}

// An event's own fields; the caller adds `markets` and closes the object.
void write_event_head(Writer& w, WorldMarket const& m, UtcTime now) {
    w.begin_object()
        .text("id", m.event_id)
        .text("slug", m.event_slug)
        .text("ticker", m.event_slug)
        .text("title", m.title)
        .text("description", m.description);
    if (m.kind == MarketKind::updown) w.text("startTime", shown(m.market.window.start));
    w.text("startDate", shown(m.created_at))
        .text("endDate", shown(m.market.window.end()))
        .flag("active", true)
        .flag("archived", false)
        .flag("restricted", true)
        .flag("negRisk", m.market.neg_risk);
    if (!m.series_slug.empty()) {
        w.text("seriesSlug", m.series_slug);
        w.key("series").begin_array().begin_object();
        w.text("slug", m.series_slug).text("title", m.series_slug).text("recurrence", "5m");
        w.end_object().end_array();
    }
    write_metadata(w, m, now);
    w.key("tags").begin_array();
    for (std::size_t at = 0; at < m.tags.size();) {
        auto const end = std::min(m.tags.find(',', at), m.tags.size());
        auto const tag = m.tags.substr(at, end - at);
        w.begin_object().text("slug", tag).text("label", tag).end_object();
        at = end + 1;
    }
    w.end_array();
}

} // namespace

Seconds gamma_lag(WorldMarket const& market) {
    return Seconds{5 + market.market.condition.bytes[31] % 31};
}

std::string gamma_market(World const& world, WorldMarket const& market, UtcTime now) {
    Writer w;
    write_market(w, world, market, now);
    w.key("events").begin_array();
    write_event_head(w, market, now);
    w.flag("closed", is_resolved(market, now)).end_object().end_array().end_object();
    return w.take();
}

std::string
gamma_event(World const& world, std::vector<WorldMarket const*> const& markets, UtcTime now) {
    Writer w;
    write_event_head(w, *markets.front(), now);
    auto closed = true;
    w.key("markets").begin_array();
    for (auto const* const market : markets) {
        closed = closed && is_resolved(*market, now);
        write_market(w, world, *market, now);
        w.end_object();
    }
    w.end_array().flag("closed", closed).end_object();
    return w.take();
}

} // namespace polyquant::sandbox
