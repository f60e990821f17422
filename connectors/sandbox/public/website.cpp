#include "connectors/sandbox/public/website.hpp"

#include "connectors/json/writer.hpp"
#include "connectors/sandbox/server_faults.hpp"

#include <charconv>

namespace polyquant::sandbox {

namespace {

using net::server::HttpCall;
using net::server::HttpReply;
using net::server::json_reply;

struct Question {
    Asset asset = Asset::btc;
    UtcTime start{};
    UtcTime end{};
    SettlementRule rule = spot_rule(); // without the twap parameters the spot prints are told
};

Result<Question> read_question(HttpCall const& call) {
    auto const bad = [](char const* what) {
        return Failure{Fault::invalid, "website", what};
    };
    auto const asset = parse_asset(call.field("symbol").value_or(""));
    if (!asset) return bad("Invalid symbol");
    auto const start = parse_utc(call.field("eventStartTime").value_or(""));
    if (!start) return bad("Invalid eventStartTime");
    auto const end = parse_utc(call.field("endDate").value_or(""));
    if (!end || *end <= *start) return bad("Invalid endDate");
    auto const variant = call.field("variant").value_or("fiveminute");
    if (variant != "fiveminute" && variant != "fifteen" && variant != "hourly") {
        return bad("Invalid variant");
    }
    Question question{*asset, *start, *end};
    if (call.field("twapEnabled") == "true") {
        auto const text = call.field("twapLookbackSeconds").value_or("60");
        auto seconds = 0;
        std::from_chars(text.data(), text.data() + text.size(), seconds);
        if (seconds != 30 && seconds != 60) return bad("Invalid twapLookbackSeconds");
        question.rule = twap_rule(Seconds{seconds});
    }
    return question;
}

void price_or_null(json::Writer& w, std::string_view key, std::optional<UsdPrice> price) {
    if (price)
        w.raw(key, to_string(*price));
    else
        w.null(key);
}

HttpReply crypto_price(Stage const& stage, WebsiteOptions const& options, HttpCall const& call) {
    auto const question = read_question(call);
    if (!question) {
        return json_reply(R"({"error":")" + question.error().detail + R"("})", 400);
    }
    auto const& oracle = stage.world.oracle();
    auto const now = stage.world.now();
    auto const open = oracle.value(question->asset, question->rule, question->start);
    auto const ended = now >= question->end;
    auto const settled = now >= question->end + options.close_settles_after;
    std::optional<UsdPrice> close;
    // Until it settles the page shows where the price is, which need not be the final one.
    if (settled)
        close = oracle.value(question->asset, question->rule, question->end);
    else if (auto const last = oracle.last_print(); ended && last)
        close = oracle.value(question->asset, question->rule, *last);
    json::Writer w;
    w.begin_object();
    price_or_null(w, "openPrice", open);
    price_or_null(w, "closePrice", close);
    w.whole("timestamp", unix_millis(told_time(Service::website, stage.faults, now)))
        .flag("completed", settled && close.has_value())
        .flag("incomplete", !settled)
        .flag("cached", false)
        .end_object();
    return json_reply(w.take());
}

} // namespace

net::server::Router website_router(Stage stage, WebsiteOptions options) {
    net::server::Router router;
    router.add_plain(net::Method::get, "/api/geoblock", [options](HttpCall const&) {
        json::Writer w;
        w.begin_object().flag("blocked", options.blocked).text("ip", "127.0.0.1");
        w.text("country", options.country).text("region", options.region).end_object();
        return json_reply(w.take());
    });
    router.add_plain(
        net::Method::get,
        "/api/crypto/crypto-price",
        [stage, options](HttpCall const& call) { return crypto_price(stage, options, call); }
    );
    return router;
}

} // namespace polyquant::sandbox
