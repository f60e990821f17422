#include "engine/core/market.hpp"
#include "models/evaluation/evaluate_command.hpp"
#include "models/validation/random.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <unistd.h>

using namespace polyquant;
using models::evaluation::run_evaluate_command;
using models::validation::SeededRandom;

namespace {

class BarsFolder {
public:
    // `minutes` bars of four coins from 2026-01-01, a plain random walk.
    explicit BarsFolder(int minutes)
        : path_{
              std::filesystem::temp_directory_path() /
              ("polyquant-evaluate-test-" + std::to_string(::getpid()))
          } {
        std::filesystem::create_directories(path_);
        SeededRandom random{41};
        for (auto const asset : all_assets) {
            std::ofstream file{path_ / fmt::format("{}-1m-x.csv", binance_symbol(asset))};
            file << "open_time_ms,open,high,low,close,volume,close_time_ms,quote_volume,trades,"
                    "taker_buy_base,taker_buy_quote\n";
            double price = 100;
            for (int i = 0; i < minutes; ++i) {
                double high = price, low = price;
                auto const open = price;
                for (int k = 0; k < 10; ++k) {
                    price *= std::exp(1.5e-4 * random.normal());
                    high = std::max(high, price);
                    low = std::min(low, price);
                }
                file << fmt::format(
                    "{},{:.6f},{:.6f},{:.6f},{:.6f},{:.3f},,,,,\n",
                    1'767'225'600'000 + 60'000LL * i,
                    open,
                    high,
                    low,
                    price,
                    1 + random.uniform()
                );
            }
        }
    }

    ~BarsFolder() { std::filesystem::remove_all(path_); }

    std::string text() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

struct Ran {
    int code = 0;
    std::string out, err;
};

Ran run(std::vector<std::string> const& args, models::evaluation::EvaluateHooks const& hooks = {}) {
    std::ostringstream out, err;
    auto const code = run_evaluate_command(args, out, err, hooks);
    return {code, out.str(), err.str()};
}

// Every job on a thread of its own, the last one first.
void run_backwards(std::size_t n, std::function<void(std::size_t)> const& job) {
    std::vector<std::thread> threads;
    for (auto i = n; i-- > 0;)
        threads.emplace_back(job, i);
    for (auto& thread : threads)
        thread.join();
}

} // namespace

TEST_CASE(
    "Evaluate trains on a random walk and finds what a random walk allows", "[models][evaluation]"
) {
    BarsFolder const bars{13 * 1440};

    std::vector<std::string> const args{
        "--bars",
        bars.text(),
        "--style",
        "spot",
        "--train-from",
        "2026-01-02",
        "--tune-from",
        "2026-01-09",
        "--test-from",
        "2026-01-12",
        "--lightgbm",
        "/nowhere/lib_lightgbm.so"
    };
    std::atomic<std::size_t> done = 0;
    std::atomic<std::size_t> all = 0;
    auto const ran = run(args);
    auto const on_threads =
        run(args,
            {.read_bars = {},
             .run_jobs = run_backwards,
             .progress = [&](std::size_t, std::size_t of) {
                 ++done;
                 all = of;
             }});

    CHECK(on_threads.out == ran.out);
    CHECK(done == all);
    INFO(ran.err);
    REQUIRE(ran.code == 0);
    CHECK(ran.out.find("## Held-out bars, spot-style outcomes") != std::string::npos);
    CHECK(ran.out.find("The window model beats the baseline ensemble") != std::string::npos);
    CHECK(ran.out.find("FAILED") == std::string::npos); // no placebo
    CHECK(ran.out.find(bars.text()) == std::string::npos);
}

TEST_CASE(
    "Evaluate measures the closed form and the sequential stop alone", "[models][evaluation]"
) {
    auto const ran = run({"--monte-carlo", "500", "--simulations", "50"});

    CHECK(ran.code == 0);
    CHECK(ran.out.find("147 cells") != std::string::npos);
    CHECK(ran.out.find("| 0.10 | 1000 |") != std::string::npos);
}

TEST_CASE("Evaluate explains wrong arguments and missing data", "[models][evaluation]") {
    CHECK(run({}).code == 2);
    CHECK(run({"--nonsense"}).code == 2);
    CHECK(run({"--books", "x.csv"}).err.find("--coverage") != std::string::npos);
    CHECK(run({"--blend", "x.json"}).err.find("--blend needs --bars") != std::string::npos);

    auto const missing = run({"--bars", "/nonexistent"});
    CHECK(missing.code == 1);
    CHECK(missing.err.find("BTCUSDT-1m-") != std::string::npos);

    BarsFolder const bars{1440};
    auto const short_bars = run({"--bars", bars.text()});
    CHECK(short_bars.code == 1);
    CHECK(short_bars.err.find("needed") != std::string::npos);
}

TEST_CASE("Evaluate judges the coins asked for and no others", "[models][evaluation]") {
    BarsFolder const bars{13 * 1440};

    auto const ran = run(
        {"--bars",
         bars.text(),
         "--coins",
         "eth",
         "--style",
         "spot",
         "--train-from",
         "2026-01-02",
         "--tune-from",
         "2026-01-09",
         "--test-from",
         "2026-01-12",
         "--lightgbm",
         "/nowhere/lib_lightgbm.so"}
    );

    REQUIRE(ran.code == 0);
    CHECK(ran.out.find("--coins ") != std::string::npos);
    CHECK(ran.out.find("| ETH | 240 |") != std::string::npos);
    CHECK(ran.out.find("| BTC | 240 |") == std::string::npos);
    CHECK(run({"--bars", bars.text(), "--coins", "DOGE"}).code == 2);
}
