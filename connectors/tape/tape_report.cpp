#include "connectors/tape/tape_report.hpp"

#include "connectors/tape/feed.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace polyquant::tape {

namespace json = boost::json;

namespace {

constexpr std::size_t gaps_shown = 5;

double seconds(Nanos span) {
    return std::chrono::duration<double>{span}.count();
}

std::string gap_lines(std::vector<Gap> const& gaps) {
    std::string text;
    for (std::size_t i = 0; i < std::min(gaps.size(), gaps_shown); ++i)
        text += fmt::format(
            "    nothing from {} to {} ({:.1f} s)\n",
            format_utc(gaps[i].from),
            format_utc(gaps[i].to),
            seconds(gaps[i].to - gaps[i].from)
        );
    if (gaps.size() > gaps_shown)
        text += fmt::format("    and {} more\n", gaps.size() - gaps_shown);
    return text;
}

std::string winner_text(MarketSummary const& market) {
    if (!market.resolved) return "";
    return fmt::format(", won by {}", *market.resolved ? to_string(**market.resolved) : "50/50");
}

std::string market_line(MarketSummary const& m) {
    auto const offset = [&m](std::optional<UtcTime> at) {
        return at ? seconds(*at - m.market.window.start) : 0.0;
    };
    if (!m.first) return fmt::format("  {} no book{}\n", m.market.slug, winner_text(m));
    return fmt::format(
        "  {} {} {} snapshots, {} changes, from {:+.1f} to {:+.1f} s, live {:.0f} s, of the last "
        "minute {:.0f} s, {} silences, {} times crossed{}\n",
        m.market.slug,
        m.is_usable() ? "usable" : "PARTLY",
        m.snapshots,
        m.changes,
        offset(m.first),
        offset(m.last),
        seconds(m.live),
        seconds(m.live_last_minute),
        m.silences.size(),
        m.crossed,
        winner_text(m)
    );
}

std::string content_lines(TapeSummary const& s) {
    std::string text;
    for (auto const& [key, bars] : s.bars) {
        text += fmt::format(
            "  bars {} {}s: {} from {} to {}, {} missing\n",
            to_string(key.first),
            key.second.count(),
            bars.bars,
            format_utc(bars.first_open),
            format_utc(bars.last_close),
            bars.missing
        );
        text += gap_lines(bars.gaps);
    }
    for (auto const& [key, ticks] : s.ticks) {
        text += fmt::format(
            "  ticks {} {}: {} from {} to {}, {} gaps\n",
            to_string(std::get<0>(key)),
            to_string(std::get<1>(key)),
            ticks.ticks,
            format_utc(ticks.first),
            format_utc(ticks.last),
            ticks.gaps.size()
        );
        text += gap_lines(ticks.gaps);
    }
    for (auto const& [feed, frames] : s.raw_frames)
        text += fmt::format("  raw frames {}: {}\n", feed, frames);
    return text;
}

json::array gaps_json(std::vector<Gap> const& gaps) {
    json::array list;
    for (auto const& gap : gaps)
        list.push_back(json::object{{"from", format_utc(gap.from)}, {"to", format_utc(gap.to)}});
    return list;
}

json::object market_json(MarketSummary const& m) {
    json::object object{
        {"slug", m.market.slug},
        {"condition", to_string(m.market.condition)},
        {"usable", m.is_usable()},
        {"snapshots", m.snapshots},
        {"changes", m.changes},
        {"crossed", m.crossed},
        {"live_s", seconds(m.live)},
        {"live_last_minute_s", seconds(m.live_last_minute)},
        {"silences", gaps_json(m.silences)}
    };
    if (m.first) object["first"] = format_utc(*m.first);
    if (m.last) object["last"] = format_utc(*m.last);
    if (m.resolved)
        object["winner"] =
            *m.resolved ? std::string{to_string(**m.resolved)} : std::string{"50/50"};
    return object;
}

json::object counts_json(TapeSummary const& s) {
    json::object counts;
    for (std::size_t kind = 0; kind < kind_slots; ++kind)
        if (s.counts[kind] != 0) counts[kind_name(kind)] = s.counts[kind];
    return counts;
}

} // namespace

std::string summary_as_text(TapeReader const& reader, TapeSummary const& s) {
    auto const& about = reader.metadata();
    auto text = fmt::format("{}: format version {}\n", reader.path(), format_version);
    for (auto const& [name, value] :
         {std::pair{"source", about.source},
          {"attribution", about.attribution},
          {"notes", about.notes},
          {"made by", about.created_by}})
        if (!value.empty()) text += fmt::format("  {}: {}\n", name, value);
    text += fmt::format("  {} records", s.records);
    if (s.first)
        text += fmt::format(
            " from {} to {} ({:.1f} h)",
            format_utc(*s.first),
            format_utc(*s.last),
            seconds(*s.last - *s.first) / 3600
        );
    text += "\n";
    for (std::size_t kind = 0; kind < kind_slots; ++kind)
        if (s.counts[kind] != 0) text += fmt::format("  {} {}\n", s.counts[kind], kind_name(kind));
    text += content_lines(s);
    if (!s.markets.empty())
        text += fmt::format("  {} markets, {} usable\n", s.markets.size(), s.usable_markets());
    for (auto const& market : s.markets)
        text += market_line(market);
    if (s.book_events_without_market != 0)
        text += fmt::format(
            "  {} book events of tokens that no listed market has\n", s.book_events_without_market
        );
    auto const problems = problems_of(reader);
    for (auto const& line : problems)
        text += fmt::format("  PROBLEM {}\n", line);
    if (problems.empty()) text += "  whole, no defects\n";
    return text;
}

std::string summary_as_json(TapeReader const& reader, TapeSummary const& s) {
    json::array bars;
    for (auto const& [key, b] : s.bars)
        bars.push_back(json::object{
            {"asset", to_string(key.first)},
            {"length_s", key.second.count()},
            {"bars", b.bars},
            {"first_open", format_utc(b.first_open)},
            {"last_close", format_utc(b.last_close)},
            {"missing", b.missing},
            {"gaps", gaps_json(b.gaps)}
        });
    json::array ticks;
    for (auto const& [key, t] : s.ticks)
        ticks.push_back(json::object{
            {"asset", to_string(std::get<0>(key))},
            {"source", to_string(std::get<1>(key))},
            {"twap_s", std::get<2>(key).count()},
            {"ticks", t.ticks},
            {"gaps", gaps_json(t.gaps)}
        });
    json::array markets;
    for (auto const& market : s.markets)
        markets.push_back(market_json(market));
    json::array problems;
    for (auto const& line : problems_of(reader))
        problems.emplace_back(line);
    json::object object{
        {"path", reader.path()},
        {"version", format_version},
        {"metadata", json::parse(to_json(reader.metadata()))},
        {"records", s.records},
        {"counts", counts_json(s)},
        {"bars", std::move(bars)},
        {"ticks", std::move(ticks)},
        {"markets", std::move(markets)},
        {"usable_markets", s.usable_markets()},
        {"book_events_without_market", s.book_events_without_market},
        {"problems", std::move(problems)}
    };
    if (s.first) object["first"] = format_utc(*s.first);
    if (s.last) object["last"] = format_utc(*s.last);
    if (auto const& damage = reader.damage())
        object["damage"] = json::object{
            {"offset", damage->offset},
            {"kind", to_string(damage->kind)},
            {"detail", damage->detail}
        };
    return json::serialize(object) + "\n";
}

} // namespace polyquant::tape
