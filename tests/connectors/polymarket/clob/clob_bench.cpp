// From a decision to the signed request, complete with its authentication headers, at the moment it
// is handed to TLS: with and without orders signed ahead.
//   cmake --build --preset release --target clob_bench
//   build/release/tests/connectors/polymarket/clob/clob_bench
// tests/connectors/polymarket/clob/official_client_bench.mjs does the same with the official
// TypeScript client; order_bench.sh runs both in one go.
#include "tests/connectors/polymarket/clob/clob_world.hpp"

#include <algorithm>
#include <cstdio>

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::polymarket::testing;

namespace {

constexpr int warm_ups = 200;
constexpr int rounds = 5'000;

using Micros = std::chrono::duration<double, std::micro>;

void print(char const* what, std::vector<Micros> each) {
    std::ranges::sort(each);
    auto const at = [&](double part) {
        return each[std::min(each.size() - 1, static_cast<std::size_t>(part * double(each.size())))]
            .count();
    };
    std::printf(
        "%-40s p50 %7.1f us   p99 %7.1f us   p99.9 %7.1f us\n", what, at(0.5), at(0.99), at(0.999)
    );
}

struct Bench : ClobWorld {
    runtime::LiveClock real;
    Instant handed_over{};
    execution::Portfolio portfolio{};
    execution::RiskGate gate{config::RiskParams{}, portfolio};

    Bench() {
        open();
        portfolio.apply({1, clock.utc_now(), EpochOpened{StrategyName{"s1"}, "test", 1, {}}});
        portfolio.apply({2, clock.utc_now(), CapitalMoved{StrategyName{"s1"}, usd(1000), "start"}});
        session->set_transport(
            [this](net::HttpRequest, Instant, net::Exchange*) -> Task<Result<net::HttpResponse>> {
                handed_over = real.now();
                co_return Failure{Fault::transport, "bench", "not sent"};
            }
        );
    }

    std::vector<Micros> measure(bool ahead) {
        std::vector<Micros> each;
        execution::RiskView view;
        view.now = clock.utc_now();
        view.market = &market;
        view.book_age = view.spot_age = view.signal_age = view.clock_offset = Nanos{0};
        for (auto n = 0; n < warm_ups + rounds; ++n) {
            if (ahead) {
                venue->anticipate(intent());
                venue->sign_ahead();
            }
            auto const began = real.now();
            auto const verdict = gate.check(intent(), view);
            auto prepared =
                venue->prepare(std::get<Approved<PlaceOrder>>(verdict), clock.utc_now());
            run(venue->post(std::move(*prepared), in(2s)));
            if (n >= warm_ups) each.push_back(handed_over - began);
        }
        return each;
    }
};

} // namespace

int main() {
    Bench bench;
    print("decision -> signed request", bench.measure(false));
    print("decision -> request signed ahead", bench.measure(true));
}
