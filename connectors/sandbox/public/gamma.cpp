#include "connectors/sandbox/public/gamma.hpp"

#include <algorithm>
#include <charconv>

namespace polyquant::sandbox {

namespace {

using net::Method;
using net::server::HttpCall;
using net::server::HttpReply;
using net::server::json_reply;
using Group = std::vector<WorldMarket const*>; // the markets of one event

constexpr std::size_t limit_default = 20;
constexpr std::size_t limit_max = 100;

HttpReply not_found(char const* what) {
    return json_reply(
        std::string{R"({"type":"not found error","error":")"} + what + R"( not found"})", 404
    );
}

HttpReply bad_request(std::string const& what) {
    return json_reply(R"({"type":"validation error","error":")" + what + R"("})", 422);
}

std::optional<std::size_t> number_field(HttpCall const& call, char const* name, std::size_t usual) {
    auto const text = call.field(name);
    if (!text) return usual;
    std::size_t value = 0;
    auto const [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
    return value;
}

// What /events and /markets can be asked to select.
struct Selection {
    std::vector<std::string_view> slugs;
    std::vector<std::string_view> conditions;
    std::vector<std::string_view> tokens;
    std::vector<std::string_view> ids;
    std::optional<std::string_view> tag;
    std::optional<std::string_view> series;
    std::optional<bool> closed;
    std::optional<UtcTime> end_min;
    std::optional<UtcTime> end_max;

    bool names_any() const {
        return !slugs.empty() || !conditions.empty() || !tokens.empty() || !ids.empty();
    }
};

bool contains(std::vector<std::string_view> const& values, std::string_view value) {
    return std::ranges::find(values, value) != values.end();
}

bool is_closed(WorldMarket const& m, UtcTime now) {
    return m.phase == Phase::resolved && now >= m.resolves_at + gamma_lag(m);
}

bool fits(Selection const& s, WorldMarket const& m, bool is_event, UtcTime now) {
    auto const& slug = is_event ? m.event_slug : m.market.slug;
    auto const& id = is_event ? m.event_id : m.gamma_id;
    auto const end = m.market.window.end();
    if (!s.slugs.empty() && !contains(s.slugs, slug)) return false;
    if (!s.ids.empty() && !contains(s.ids, id)) return false;
    if (!s.conditions.empty() && !contains(s.conditions, to_string(m.market.condition)))
        return false;
    if (!s.tokens.empty() && !contains(s.tokens, to_string(m.market.up)) &&
        !contains(s.tokens, to_string(m.market.down)))
        return false;
    if (s.closed && *s.closed != is_closed(m, now)) return false;
    if (s.series && *s.series != m.series_slug) return false;
    if (s.tag && (*s.tag == "up-or-down") != (m.kind == MarketKind::updown)) return false;
    return (!s.end_min || end >= *s.end_min) && (!s.end_max || end <= *s.end_max);
}

Result<Selection> selection_of(HttpCall const& call) {
    Selection s;
    s.slugs = call.fields("slug");
    s.conditions = call.fields("condition_ids");
    s.tokens = call.fields("clob_token_ids");
    s.ids = call.fields("id");
    s.tag = call.field("tag_slug");
    s.series = call.field("series_slug");
    if (auto const closed = call.field("closed")) {
        if (*closed != "true" && *closed != "false") {
            return Failure{Fault::invalid, "gamma", "closed is true or false"};
        }
        s.closed = *closed == "true";
    }
    for (auto const& [name, to] : {
             std::pair{"end_date_min", &s.end_min},
             std::pair{"end_date_max", &s.end_max},
         }) {
        auto const text = call.field(name);
        if (!text) continue;
        auto const time = parse_utc(*text);
        if (!time) return Failure{Fault::invalid, "gamma", std::string{name} + " is no date"};
        *to = *time;
    }
    // The venue's own default: a list shows what is open, a name finds anything.
    if (!s.closed && !s.names_any()) s.closed = false;
    return s;
}

std::vector<Group> grouped(std::vector<WorldMarket const*> const& markets, bool is_event) {
    std::vector<Group> groups;
    std::map<std::string_view, std::size_t> at;
    for (auto const* const m : markets) {
        if (!is_event) {
            groups.push_back({m});
            continue;
        }
        auto const [found, is_new] = at.emplace(m->event_id, groups.size());
        if (is_new) groups.emplace_back();
        groups[found->second].push_back(m);
    }
    return groups;
}

// Where a row stands in a list: by its end when asked for, else by age.
struct Rank {
    std::int64_t end_ms = 0;
    std::uint64_t id = 0;
    bool operator==(Rank const&) const = default;
    auto operator<=>(Rank const&) const = default;
};

struct Order {
    bool by_end = false;
    bool ascending = true;

    explicit Order(HttpCall const& call)
        : by_end{call.field("order") == "endDate" || call.field("order") == "end_date"},
          ascending{call.field("ascending") != "false"} {}

    bool goes_before(Rank const& a, Rank const& b) const { return ascending ? a < b : b < a; }
};

bool parse_rank(std::string_view text, Rank& to) {
    auto const dot = text.find('.');
    if (dot == std::string_view::npos) return false;
    auto const* const mid = text.data() + dot;
    auto const* const end = text.data() + text.size();
    auto const first = std::from_chars(text.data(), mid, to.end_ms);
    auto const second = std::from_chars(mid + 1, end, to.id);
    return first.ec == std::errc{} && first.ptr == mid && second.ec == std::errc{} &&
           second.ptr == end;
}

class Gamma {
public:
    Gamma(Stage stage, bool is_event) : stage_{stage}, is_event_{is_event} {}

    HttpReply list(HttpCall const& call) const {
        auto const rows = selected(call);
        if (!rows) return bad_request(rows.error().detail);
        auto const limit = number_field(call, "limit", limit_default);
        auto const offset = number_field(call, "offset", 0);
        if (!limit || !offset) return bad_request("limit and offset are whole numbers");
        return json_reply(page(*rows, *offset, std::min(*limit, limit_max)));
    }

    // The cursor is the rank of the last row, so that rows that vanish between pages do no harm.
    HttpReply keyset(HttpCall const& call) const {
        auto const rows = selected(call);
        if (!rows) return bad_request(rows.error().detail);
        auto const limit = number_field(call, "limit", limit_default);
        if (!limit || *limit == 0) return bad_request("limit is a positive number");
        auto const count = std::min(*limit, limit_max);
        Order const order{call};
        std::size_t begin = 0;
        auto const cursor = call.field("after_cursor").value_or("");
        if (!cursor.empty()) {
            Rank last;
            if (!parse_rank(cursor, last)) return bad_request("invalid cursor");
            while (begin < rows->size() && !order.goes_before(last, rank((*rows)[begin], order)))
                ++begin;
        }
        auto const end = std::min(begin + count, rows->size());
        auto body = std::string{is_event_ ? R"({"events":)" : R"({"markets":)"};
        body += page(*rows, begin, count);
        if (end < rows->size()) {
            auto const last = rank((*rows)[end - 1], order);
            body += R"(,"next_cursor":")" + std::to_string(last.end_ms) + "." +
                    std::to_string(last.id) + '"';
        }
        return json_reply(body + "}");
    }

    HttpReply by_slug(HttpCall const& call) const {
        return one([&](WorldMarket const& m) {
            return (is_event_ ? m.event_slug : m.market.slug) == call.parameter("slug");
        });
    }

    HttpReply by_id(HttpCall const& call) const {
        return one([&](WorldMarket const& m) { return key(m) == call.parameter("id"); });
    }

private:
    std::string const& key(WorldMarket const& m) const {
        return is_event_ ? m.event_id : m.gamma_id;
    }

    Rank rank(Group const& group, Order const& order) const {
        auto const& m = *group.front();
        Rank rank;
        if (order.by_end) rank.end_ms = unix_millis(m.market.window.end());
        auto const& id = key(m);
        std::from_chars(id.data(), id.data() + id.size(), rank.id);
        return rank;
    }

    UtcTime now() const { return stage_.clock.utc_now(); }

    Result<std::vector<Group>> selected(HttpCall const& call) const {
        auto const selection = selection_of(call);
        if (!selection) return selection.error();
        auto markets = stage_.world.markets().all();
        std::erase_if(markets, [&](WorldMarket const* m) {
            return !fits(*selection, *m, is_event_, now());
        });
        auto groups = grouped(markets, is_event_);
        Order const order{call};
        std::ranges::sort(groups, [&](Group const& a, Group const& b) {
            return order.goes_before(rank(a, order), rank(b, order));
        });
        return groups;
    }

    std::string row(Group const& group) const {
        return is_event_ ? gamma_event(stage_.world, group, now())
                         : gamma_market(stage_.world, *group.front(), now());
    }

    std::string page(std::vector<Group> const& rows, std::size_t begin, std::size_t count) const {
        std::string body = "[";
        for (auto i = begin; i < rows.size() && i - begin < count; ++i)
            body += (i == begin ? "" : ",") + row(rows[i]);
        return body + "]";
    }

    template <class Predicate>
    HttpReply one(Predicate&& is_asked) const {
        Group found;
        for (auto const* const m : stage_.world.markets().all())
            if (is_asked(*m)) found.push_back(m);
        if (found.empty()) return not_found("slug or id");
        return json_reply(row(found));
    }

    Stage stage_;
    bool is_event_;
};

} // namespace

net::server::Router gamma_router(Stage stage) {
    net::server::Router router;
    for (auto const& [root, is_event] :
         {std::pair{"/events", true}, std::pair{"/markets", false}}) {
        Gamma const gamma{stage, is_event};
        std::string const path{root};
        router.add_plain(Method::get, path, [gamma](HttpCall const& c) { return gamma.list(c); });
        router.add_plain(Method::get, path + "/keyset", [gamma](HttpCall const& c) {
            return gamma.keyset(c);
        });
        router.add_plain(Method::get, path + "/slug/{slug}", [gamma](HttpCall const& c) {
            return gamma.by_slug(c);
        });
        router.add_plain(Method::get, path + "/{id}", [gamma](HttpCall const& c) {
            return gamma.by_id(c);
        });
    }
    router.add_plain(Method::get, "/status", [](HttpCall const&) {
        return net::server::text_reply("OK");
    });
    return router;
}

} // namespace polyquant::sandbox
