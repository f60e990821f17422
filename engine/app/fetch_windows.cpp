#include "engine/app/fetch_windows.hpp"

#include "connectors/polymarket/contracts.hpp"
#include "connectors/polymarket/gamma/gamma_client.hpp"
#include "engine/app/network_job.hpp"
#include "engine/app/window_log.hpp"
#include "engine/observe/progress_bar.hpp"

#include <fmt/format.h>

#include <ostream>

namespace polyquant::app {

namespace {

constexpr Seconds call_max{30};
// A market that is not resolved so long after its end is not waited for.
constexpr std::chrono::hours resolution_max{24};

struct Sources {
    net::NetContext context;
    net::Url clob;
    polymarket::GammaClient gamma;

    Task<Result<std::vector<polymarket::PastPrice>>> prices(TokenId token, Window window);
};

Task<Result<std::vector<polymarket::PastPrice>>> Sources::prices(TokenId token, Window window) {
    auto const target = net::with_query(
        "/prices-history",
        {{"market", to_string(token)},
         {"startTs", std::to_string(unix_seconds(window.start))},
         {"endTs", std::to_string(unix_seconds(window.end()))},
         {"fidelity", "1"}}
    );
    auto request = net::get_request(net::with_target(clob, target), "clob.market");
    auto const answer =
        co_await context.https.fetch(std::move(request), context.clock.now() + call_max);
    if (!answer) co_return answer.error();
    co_return polymarket::parse_price_history(answer->body);
}

struct Tally {
    std::size_t resolved = 0;
    std::size_t others = 0;
    std::optional<std::string> waits_for; // slug of a window that is not resolved yet
};

Task<Result<Tally>>
fetch_coin(Sources& sources, WindowRequest const& request, Asset asset, observe::ProgressBar& bar) {
    auto log = WindowLog::open(request.folder, request.series, asset);
    if (!log) co_return log.error();
    auto& clock = sources.context.clock;
    auto const began = clock.now();
    auto const from = std::max(request.from, log->done_until().value_or(request.from));
    Tally tally;
    for (auto window = polymarket::window_of(request.series, from); window.end() <= request.until;
         window = polymarket::window_of(request.series, window.end())) {
        auto const slug = polymarket::slug_of(request.series, asset, window);
        auto const listing = co_await sources.gamma.by_slug(slug, clock.now() + call_max);
        if (!listing) co_return listing.error();
        auto const is_resolved = *listing && (*listing)->resolved;
        if (!is_resolved && clock.utc_now() - window.end() < resolution_max) {
            tally.waits_for = slug;
            break;
        }
        std::vector<polymarket::PastPrice> prices;
        if (request.with_prices && *listing && (*listing)->has_tokens) {
            auto past = co_await sources.prices((*listing)->market.up, window);
            if (!past) co_return past.error();
            prices = std::move(*past);
        }
        if (auto kept = log->append(slug, window, *listing, prices); !kept) co_return kept.error();
        ++(is_resolved ? tally.resolved : tally.others);
        auto const done = std::chrono::duration<double>(window.end() - from) /
                          std::chrono::duration<double>(request.until - from);
        auto const what = fmt::format("{} windows", tally.resolved + tally.others);
        bar.show(to_string(asset), done, what, clock.now() - began);
    }
    co_return tally;
}

Task<ExitCode>
fetch_all(Sources& sources, WindowRequest const& request, std::ostream& out, std::ostream& err) {
    observe::ProgressBar bar{stderr};
    for (auto const asset : request.assets) {
        auto const tally = co_await fetch_coin(sources, request, asset, bar);
        bar.clear();
        if (!tally) {
            if (tally.error().fault == Fault::cancelled) co_return ExitCode::interrupted;
            err << to_string(asset) << ": " << describe(tally.error()) << '\n'
                << "what was fetched is kept: the same command goes on from there\n";
            co_return tally.error().fault == Fault::storage ? ExitCode::storage : ExitCode::failed;
        }
        out << fmt::format(
            "{} {}: {} resolved windows fetched, {} others{}\n",
            to_string(asset),
            to_string(request.series),
            tally->resolved,
            tally->others,
            tally->waits_for ? fmt::format("; {} is not resolved yet", *tally->waits_for) : ""
        );
    }
    co_return ExitCode::ok;
}

} // namespace

int fetch_windows(
    config::EndpointParams const& endpoints,
    WindowRequest const& request,
    std::ostream& out,
    std::ostream& err
) {
    auto const refuse = [&err](std::string const& where, Failure const& failure) {
        err << where << ": " << describe(failure) << '\n';
        return code(ExitCode::usage);
    };
    auto const gamma = net::parse_url(endpoints.gamma);
    if (!gamma) return refuse("endpoints.gamma", gamma.error());
    auto const clob = net::parse_url(endpoints.clob);
    if (!clob) return refuse("endpoints.clob", clob.error());
    auto const contracts = polymarket::contracts_of(polymarket::polygon_chain_id);
    if (!contracts) return refuse("contracts", contracts.error());
    auto job = NetworkJob::create(endpoints, err);
    if (!job) return refuse("network", job.error());
    auto context = (*job)->context();
    Sources sources{
        context, *clob, polymarket::GammaClient{context, {*gamma, *clob, contracts->ctf_collateral}}
    };
    auto const done = (*job)->run(fetch_all(sources, request, out, err));
    if (done == ExitCode::interrupted)
        err << "interrupted: what was fetched is kept, the same command goes on from there\n";
    return code(done);
}

} // namespace polyquant::app
