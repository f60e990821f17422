#include "engine/app/sandbox_command.hpp"

#include "connectors/sandbox/host/sandbox.hpp"
#include "engine/app/bar_input.hpp"
#include "engine/app/exit_code.hpp"
#include "engine/observe/console.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include <fstream>
#include <iterator>

namespace polyquant::app {

namespace {

using sandbox::Sandbox;
using sandbox::SandboxOptions;
using sandbox::SandboxStatus;

struct Arguments {
    std::filesystem::path directory = "state/sandbox";
    double speed = 1;
    std::string start;
    std::uint64_t seed = 1;
    std::vector<std::filesystem::path> bars;
    std::filesystem::path faults;
    std::vector<std::string> fault_lines;
    std::vector<std::string> assets;
    int expiry_markets = 40;
    double book_rate = 1;
    double minutes = 0;
};

void declare(CLI::App& app, Arguments& a) {
    app.add_option("--dir", a.directory, "Authority, endpoints.toml and, at the end, statements")
        ->capture_default_str();
    app.add_option("--speed", a.speed, "Venue seconds in a real second")
        ->check(CLI::Range(0.01, 1000.0))
        ->capture_default_str();
    app.add_option("--start", a.start, "The venue's UTC time at the beginning; default: now");
    app.add_option("--seed", a.seed, "Of prices, books and faults")->capture_default_str();
    app.add_option(
           "--tape", a.bars, "Prices from recorded 1-minute bars: tapes, CSV files, folders"
    )
        ->check(CLI::ExistingPath)
        ->allow_extra_args(false);
    app.add_option("--faults", a.faults, "Script of faults")->check(CLI::ExistingFile);
    app.add_option("--fault", a.fault_lines, "One line of such a script; may be repeated")
        ->allow_extra_args(false);
    app.add_option("--assets", a.assets, "Coins, e.g. btc,eth (default: all)")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_option("--expiry-markets", a.expiry_markets, "Markets of other kinds that end soon")
        ->check(CLI::Range(0, 10'000))
        ->capture_default_str();
    app.add_option(
           "--book-rate",
           a.book_rate,
           "Times the fitted rate of level changes; less for fast clocks"
    )
        ->check(CLI::Range(0.001, 10.0))
        ->capture_default_str();
    app.add_option("--minutes", a.minutes, "Stop after so many minutes of real time")
        ->check(CLI::PositiveNumber);
    app.footer("The engine finds it by DIR/endpoints.toml, given as one more -c file. A line of a "
               "script: at 120s for 20s service=clob path=/order fault=hang_before");
}

Result<std::string> read_text(std::filesystem::path const& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) return Failure{Fault::invalid, path.string(), "cannot read it"};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
}

Result<std::vector<sandbox::FaultLine>> read_faults(Arguments const& a) {
    std::vector<sandbox::FaultLine> lines;
    auto const add = [&](std::string_view text, std::string_view name) -> Result<void> {
        auto parsed = sandbox::parse_fault_script(text, name);
        if (!parsed) return parsed.error();
        // Numbers tell the lines' random streams apart, so they go on from script to script.
        for (auto& line : *parsed) {
            line.number = static_cast<int>(lines.size()) + 1;
            lines.push_back(std::move(line));
        }
        return Result<void>{};
    };
    if (!a.faults.empty()) {
        auto const text = read_text(a.faults);
        if (!text) return text.error();
        if (auto const added = add(*text, a.faults.string()); !added) return added.error();
    }
    for (auto const& line : a.fault_lines)
        if (auto const added = add(line, "--fault"); !added) return added.error();
    return lines;
}

Result<std::vector<Asset>> read_assets(Arguments const& a) {
    std::vector<Asset> assets;
    for (auto const& name : a.assets) {
        auto const asset = parse_asset(name);
        if (!asset) return Failure{Fault::invalid, "--assets", "unknown coin '" + name + "'"};
        if (std::ranges::find(assets, *asset) == assets.end()) assets.push_back(*asset);
    }
    if (assets.empty()) assets.assign(all_assets.begin(), all_assets.end());
    std::ranges::sort(assets);
    return assets;
}

Result<SandboxOptions> options_of(Arguments const& a, UtcTime real_now) {
    SandboxOptions options;
    options.directory = a.directory;
    auto start = real_now;
    if (!a.start.empty()) {
        auto const parsed = parse_utc(a.start);
        if (!parsed) return Failure{Fault::invalid, "--start", parsed.error().detail};
        start = *parsed;
    }
    options.scale = {real_now, start, a.speed};
    auto assets = read_assets(a);
    if (!assets) return assets.error();
    options.world.assets = std::move(*assets);
    options.world.seed = a.seed;
    options.world.start = start;
    options.world.near_expiry_markets = a.expiry_markets;
    options.world.books.changes_per_second *= a.book_rate;
    auto faults = read_faults(a);
    if (!faults) return faults.error();
    options.faults = std::move(*faults);
    if (!a.bars.empty()) {
        auto bars = read_bars(a.bars);
        if (!bars) return bars.error();
        for (auto const asset : options.world.assets)
            if ((*bars)[index_of(asset)].empty())
                return Failure{
                    Fault::invalid,
                    "--tape",
                    fmt::format(
                        "no bars of {}; leave it out with --assets or add its file",
                        to_string(asset)
                    )
                };
        options.path = sandbox::make_recorded_path(std::move(*bars), a.seed);
    }
    return options;
}

std::string price_text(Asset asset, UsdPrice price) {
    auto const text = to_string(price);
    auto const decimals = asset == Asset::xrp ? 4U : 2U;
    return text.substr(0, std::min(text.size(), text.find('.') + 1 + decimals));
}

std::string status_line(SandboxStatus const& s, double speed, std::uint64_t requests_before) {
    auto line = fmt::format(
        "{}  x{:g}  {} markets, {} sockets, {} connections, {} requests/s",
        format_utc(std::chrono::floor<Seconds>(s.now)).substr(11),
        speed,
        s.open_markets,
        s.sockets,
        s.connections,
        s.requests - requests_before
    );
    if (s.accounts > 0) line += fmt::format(", {} accounts", s.accounts);
    if (s.faults > 0) line += fmt::format(", {} faults", s.faults);
    // Beyond a second the machine is too slow for this speed.
    if (s.lag > Seconds{1}) {
        line += fmt::format(", {:.1f} s BEHIND", std::chrono::duration<double>(s.lag).count());
    }
    for (auto const asset : all_assets)
        if (auto const price = s.prices[index_of(asset)]) {
            line += fmt::format("  {} {}", to_string(asset), price_text(asset, *price));
        }
    return line;
}

class SandboxRun {
public:
    SandboxRun(SandboxOptions options, double speed, double minutes, std::FILE* out)
        : clock_{options.scale}, console_{out}, speed_{speed}, minutes_{minutes},
          options_{std::move(options)} {}

    Result<void> run() {
        auto const started = start();
        if (!started) return started;
        signals_.async_wait([this](boost::system::error_code error, int) {
            if (!error) request_stop();
        });
        asio::co_spawn(io_, until_stopped(), [this](std::exception_ptr const& error) {
            io_.stop();
            if (error) std::rethrow_exception(error);
        });
        io_.run();
        console_.finish();
        if (failure_) return *failure_;
        auto const written = sandbox_->write_statements();
        if (!written) return written;
        console_.line("statements of all accounts: " + directory() + "accounts.json");
        return Result<void>{};
    }

private:
    Result<void> start() {
        console_.line("making the world ...");
        auto made = Sandbox::start(
            io_.get_executor(),
            clock_,
            supervisor_,
            std::move(options_),
            [this](std::string const& text) { console_.line(text); }
        );
        if (!made) return made.error();
        sandbox_ = std::move(*made);
        console_.line("sandbox ready: " + sandbox_->endpoints_file().string());
        supervisor_.start(runtime::Stage::feeds, "status", show_status());
        return Result<void>{};
    }

    std::string directory() const {
        return sandbox_->endpoints_file().parent_path().string() + "/";
    }

    Task<void> show_status() {
        std::uint64_t requests = 0;
        auto const began = real_.now();
        for (;;) {
            if (!co_await real_.wait_until(real_.now() + Seconds{1})) co_return;
            auto const status = sandbox_->status();
            console_.block({status_line(status, speed_, requests)});
            requests = status.requests;
            tell_lag(status);
            auto const ran = std::chrono::duration<double>(real_.now() - began).count();
            if (minutes_ > 0 && ran >= minutes_ * 60) request_stop();
        }
    }

    // Once at its beginning and once at its end: whoever reads the engine's complaints about stale
    // data must know that the machine was too slow for this speed.
    void tell_lag(SandboxStatus const& status) {
        auto const behind = std::chrono::duration<double>(status.lag).count();
        if (behind > std::max(1.0, speed_) && !is_behind_) {
            is_behind_ = true;
            console_.line(fmt::format(
                "{} the world is {:.1f} s behind its clock: this machine is too busy for speed "
                "{:g}",
                format_utc(status.now),
                behind,
                speed_
            ));
        } else if (behind < 1 && is_behind_) {
            is_behind_ = false;
            console_.line(fmt::format("{} the world is on time again", format_utc(status.now)));
        }
    }

    void request_stop() { stop_.cancel(); }

    Task<void> until_stopped() {
        boost::system::error_code woken;
        co_await stop_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        auto const report = co_await supervisor_.stop();
        for (auto const& late : report.late)
            console_.line("still running at the end: " + late);
    }

    runtime::ScaledClock clock_;
    runtime::LiveClock real_;
    asio::io_context io_{1};
    observe::Console console_;
    double speed_;
    double minutes_;
    SandboxOptions options_;
    asio::signal_set signals_{io_, SIGINT, SIGTERM};
    asio::steady_timer stop_{io_, Instant::max()}; // layer-ok: woken by a signal, no time in it
    bool is_behind_ = false;
    std::optional<Failure> failure_{};
    runtime::Supervisor supervisor_{
        io_.get_executor(),
        clock_,
        [this](std::string const& name, Failure const& failure) {
            failure_ = Failure{failure.fault, name, describe(failure)};
            request_stop();
        }
    };
    std::unique_ptr<Sandbox> sandbox_{};
};

} // namespace

int run_sandbox(std::vector<std::string> args, std::FILE* out, std::FILE* err) {
    Arguments a;
    CLI::App app{"A venue of one's own on this machine: markets, books, prices and faults"};
    app.name("polyquant sandbox");
    declare(app, a);
    // CLI11 takes the arguments last first.
    std::ranges::reverse(args);
    try {
        app.parse(args);
    } catch (CLI::ParseError const& error) {
        if (error.get_exit_code() == 0) {
            fmt::print(out, "{}", app.help());
            return code(ExitCode::ok);
        }
        fmt::print(err, "{}\nSee polyquant sandbox --help\n", error.what());
        return code(ExitCode::usage);
    }
    auto const real_now = std::chrono::time_point_cast<Nanos>(
        std::chrono::floor<Millis>(runtime::LiveClock{}.utc_now())
    );
    auto options = options_of(a, real_now);
    if (!options) {
        fmt::print(err, "{}\n", describe(options.error()));
        return code(ExitCode::usage);
    }
    SandboxRun run{std::move(*options), a.speed, a.minutes, out};
    auto const done = run.run();
    if (done) return code(ExitCode::ok);
    fmt::print(err, "{}\n", describe(done.error()));
    return code(done.error().fault == Fault::storage ? ExitCode::storage : ExitCode::failed);
}

} // namespace polyquant::app
