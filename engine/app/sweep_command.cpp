#include "engine/app/sweep_command.hpp"

#include "engine/app/backtest_command.hpp"
#include "engine/app/bar_input.hpp"
#include "engine/app/config_settings.hpp"
#include "engine/app/process_owner.hpp"
#include "engine/app/run_storage.hpp"
#include "engine/backtest/sweep_plan.hpp"
#include "engine/core/replace_file.hpp"
#include "engine/report/sweep_report.hpp"
#include "engine/runtime/clock.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <csignal>
#include <fstream>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using backtest::SweepStage;
using backtest::SweepStore;

// Much longer than a run takes; the coordinator renews its workers' every second or so.
constexpr Seconds lease_length{900};

struct Arguments {
    fs::path store;
    std::vector<fs::path> configs;
    std::vector<std::string> settings;
    std::vector<fs::path> bars;
    std::vector<fs::path> tapes;
    std::string quotes;
    double informed = -1;
    std::vector<std::string> assets;
    std::string rule = "twap-60s";
    std::vector<std::string> vary;
    std::string method = "grid";
    std::size_t runs = 100;
    std::uint64_t seed = 1;
    std::string select;
    std::string judge;
    std::size_t best = 5;
    std::string objective = "sharpe";
    int workers = 0;
    fs::path output;
};

struct Span {
    std::string from;
    std::string until;
};

Result<Span> span_of(std::string const& text, char const* option) {
    auto const dots = text.find("..");
    if (dots != std::string::npos) {
        auto const from = parse_utc(text.substr(0, dots)), until = parse_utc(text.substr(dots + 2));
        if (from && until && *from < *until)
            return Span{text.substr(0, dots), text.substr(dots + 2)};
    }
    return Failure{
        Fault::invalid, option, fmt::format("\"{}\" is no span: write FROM..UNTIL in UTC", text)
    };
}

json::array paths(std::vector<fs::path> const& files) {
    json::array out;
    for (auto const& file : files)
        out.push_back(json::string{fs::absolute(file).string()});
    return out;
}

json::array strings(std::vector<std::string> const& texts) {
    json::array out;
    for (auto const& text : texts)
        out.push_back(json::string{text});
    return out;
}

// All that makes the sweep, so that a process needs nothing but the store to take part.
Result<std::string> describe_sweep(Arguments const& a) {
    auto const config = load_with_settings(a.configs, a.settings);
    if (!config)
        return Failure{Fault::invalid, "configuration", "\n" + config::to_string(config.error())};
    auto const select = span_of(a.select, "--select"), judge = span_of(a.judge, "--judge");
    if (!select) return select.error();
    if (!judge) return judge.error();
    auto const chosen_until = parse_utc(select->until).value(),
               judged_from = parse_utc(judge->from).value();
    auto const judged_until = parse_utc(judge->until).value(),
               chosen_from = parse_utc(select->from).value();
    if (judged_from < chosen_until && chosen_from < judged_until)
        return Failure{
            Fault::invalid, "sweep", "--select and --judge share days: nothing would be judged"
        };
    if (auto const objective = report::parse_objective(a.objective); !objective)
        return objective.error();
    std::string quotes = "QUOTES RECORDED: order books of tapes";
    std::string source = "recorded";
    if (a.quotes == "toy") {
        quotes = "QUOTES INVENTED (toy): results are no evidence of anything";
        source = "toy";
    } else if (!a.quotes.empty()) {
        auto const model = backtest::QuoteModel::load(a.quotes);
        if (!model) return model.error();
        quotes = fmt::format(
            "QUOTES MODELLED, not recorded: minute bars and a quote model ({:016x}), informed "
            "share "
            "{:.2f}",
            model->hash(),
            a.informed >= 0 ? a.informed : model->informed_share
        );
        source = "fitted";
    }
    auto text = config->print();
    return json::serialize(json::object{
        {"config", text},
        {"bars", paths(a.bars)},
        {"tapes", paths(a.tapes)},
        {"quotes_file",
         a.quotes.empty() || a.quotes == "toy" ? a.quotes : fs::absolute(a.quotes).string()},
        {"informed", a.informed},
        {"assets", strings(a.assets)},
        {"rule", a.rule},
        {"vary", strings(a.vary)},
        {"method", a.method},
        {"runs", a.runs},
        {"seed", a.seed},
        {"selection", select->from + " to " + select->until},
        {"verdict", judge->from + " to " + judge->until},
        {"select_from", select->from},
        {"select_until", select->until},
        {"judge_from", judge->from},
        {"judge_until", judge->until},
        {"best", a.best},
        {"objective", a.objective},
        {"quotes", quotes},
        {"quote_source", source},
    });
}

std::vector<std::string> list_of(json::object const& o, char const* key) {
    std::vector<std::string> out;
    for (auto const& v : o.at(key).as_array())
        out.emplace_back(v.as_string());
    return out;
}

// ---- the worker

class Worker {
public:
    Worker(SweepStore store, fs::path folder, json::object description)
        : store_{std::move(store)}, folder_{std::move(folder)}, about_{std::move(description)} {}

    Result<void> run(SweepStage stage) {
        auto const owner = this_process();
        auto const place = folder_ / fmt::format("worker-{}", ::getpid());
        fs::create_directories(place);
        std::ofstream{place / "config.toml"} << std::string{about_.at("config").as_string()};
        if (auto const read = read_inputs(); !read) return read.error();
        for (;;) {
            auto const leased = store_.lease(stage, owner, clock_.utc_now(), lease_length, is_gone);
            if (!leased) return leased.error();
            if (!*leased) break;
            auto const began = clock_.now();
            auto const result = make(**leased, stage, place);
            auto const seconds = std::chrono::duration<double>(clock_.now() - began).count();
            auto const kept = result ? store_.finish((*leased)->id, owner, *result, seconds)
                                     : store_.fail((*leased)->id, owner, describe(result.error()));
            if (!kept) return kept.error();
        }
        std::error_code ignored;
        fs::remove_all(place, ignored);
        return {};
    }

private:
    Result<void> read_inputs() {
        auto const files = list_of(about_, "bars");
        if (files.empty()) return {};
        auto read = read_bars({files.begin(), files.end()});
        if (!read) return read.error();
        bars_ = std::move(*read);
        return {};
    }

    Result<std::string>
    make(backtest::SweepRun const& run, SweepStage stage, fs::path const& place) {
        auto const text = [&](char const* key) {
            return std::string{about_.at(key).as_string()};
        };
        BacktestOptions o;
        o.configs = {place / "config.toml"};
        o.settings = run.settings;
        o.quotes = text("quotes_file");
        for (auto const& tape : list_of(about_, "tapes"))
            o.tapes.emplace_back(tape);
        if (auto const informed = about_.at("informed").to_number<double>(); informed >= 0)
            o.informed = informed;
        o.assets = list_of(about_, "assets");
        o.rule = text("rule");
        o.seed = about_.at("seed").to_number<std::int64_t>();
        auto const judging = stage == SweepStage::verdict;
        o.from = text(judging ? "judge_from" : "select_from");
        o.until = text(judging ? "judge_until" : "select_until");
        o.directory = place / "run";
        o.quiet = true;
        o.moments = false;
        std::error_code ignored;
        fs::remove_all(*o.directory, ignored);
        auto const done = run_backtest(o, stdout, bars_ ? &*bars_ : nullptr);
        if (!done) return done.error();
        if (done->code != ExitCode::ok && done->code != ExitCode::halted)
            return Failure{
                Fault::invalid, "backtest", fmt::format("ended with code {}", code(done->code))
            };
        auto const read = report::read_run(*o.directory);
        if (!read) return read.error();
        return report::to_json(report::variant_result(report::compute_figures(*read)));
    }

    SweepStore store_;
    fs::path folder_;
    json::object about_;
    std::optional<models::window::AssetBars> bars_;
    runtime::LiveClock clock_;
};

Result<json::object> description_of(SweepStore const& store) {
    auto const text = store.description();
    if (!text) return text.error();
    if (!*text)
        return Failure{Fault::invalid, "sweep", "the store holds no sweep: give its options"};
    return json::parse(**text).as_object();
}

fs::path work_folder(fs::path const& store) {
    auto folder = store;
    folder += ".work";
    return folder;
}

// ---- the coordinator

std::sig_atomic_t volatile stop_wanted = 0;

class Coordinator {
public:
    Coordinator(Arguments const& a, SweepStore store, std::FILE* err)
        : a_{a}, store_{std::move(store)}, err_{err}, is_terminal_{::isatty(::fileno(err)) != 0} {}

    Result<ExitCode> run() {
        auto const about = description_of(store_);
        if (!about) return about.error();
        std::vector<backtest::Variation> variations;
        for (auto const& text : list_of(*about, "vary")) {
            auto variation = backtest::parse_variation(text);
            if (!variation) return variation.error();
            variations.push_back(std::move(*variation));
        }
        auto const method =
            backtest::parse_sweep_method(std::string{about->at("method").as_string()});
        if (!method) return method.error();
        auto const plan = backtest::plan_sweep(
            variations,
            *method,
            about->at("runs").to_number<std::size_t>(),
            about->at("seed").to_number<std::uint64_t>()
        );
        if (!plan) return plan.error();
        if (auto const planned = store_.plan(SweepStage::selection, *plan); !planned)
            return planned.error();
        if (auto const done = work(SweepStage::selection); !done || *done != ExitCode::ok)
            return done;
        auto const objective =
            report::parse_objective(std::string{about->at("objective").as_string()});
        auto const best =
            report::best_variants(store_, *objective, about->at("best").to_number<std::size_t>());
        if (!best) return best.error();
        if (auto const planned = store_.plan(SweepStage::verdict, *best); !planned)
            return planned.error();
        return work(SweepStage::verdict);
    }

private:
    Result<pid_t> spawn(SweepStage stage) {
        auto const self = fs::read_symlink("/proc/self/exe").string();
        std::vector<std::string> words{
            self, "sweep-worker", a_.store.string(), std::string{to_string(stage)}
        };
        std::vector<char*> argv;
        for (auto& word : words)
            argv.push_back(word.data());
        argv.push_back(nullptr);
        pid_t pid = 0;
        if (auto const error =
                ::posix_spawn(&pid, self.c_str(), nullptr, nullptr, argv.data(), environ);
            error != 0)
            return Failure{
                Fault::storage,
                "sweep",
                "cannot start a worker: " + std::string{std::strerror(error)}
            };
        return pid;
    }

    Result<ExitCode> work(SweepStage stage) {
        auto const before = store_.counts(stage);
        if (!before) return before.error();
        auto const began = clock_.now();
        std::vector<pid_t> workers;
        auto const wanted = std::min<std::int64_t>(a_.workers, before->open + before->leased);
        for (std::int64_t i = 0; i < wanted; ++i) {
            auto const pid = spawn(stage);
            if (!pid) return pid.error();
            workers.push_back(*pid);
        }
        auto failed = false;
        while (!workers.empty()) {
            ::poll(nullptr, 0, 250);
            for (auto it = workers.begin(); it != workers.end();) {
                int status = 0;
                if (::waitpid(*it, &status, WNOHANG) != *it) {
                    ++it;
                    continue;
                }
                failed = failed || !WIFEXITED(status) || WEXITSTATUS(status) != 0;
                it = workers.erase(it);
            }
            if (stop_wanted != 0)
                for (auto const pid : workers)
                    ::kill(pid, SIGTERM);
            auto const now = store_.counts(stage);
            if (!now) return now.error();
            draw(stage, *now, before->done, began);
        }
        if (is_terminal_) std::fputs("\n", err_);
        if (stop_wanted != 0) return ExitCode::interrupted;
        auto const after = store_.counts(stage);
        if (!after) return after.error();
        if (failed)
            return Failure{
                Fault::invalid,
                "sweep",
                "a worker ended badly; start the sweep again to go on with it"
            };
        if (after->open > 0) return Failure{Fault::invalid, "sweep", "runs are left over"};
        // What other processes still work on decides the best, too.
        if (after->leased > 0) return wait_for_others(stage);
        return ExitCode::ok;
    }

    Result<ExitCode> wait_for_others(SweepStage stage) {
        for (;;) {
            auto const now = store_.counts(stage);
            if (!now) return now.error();
            if (stop_wanted != 0) return ExitCode::interrupted;
            if (now->finished()) return ExitCode::ok;
            ::poll(nullptr, 0, 250);
            // Nobody may be left to do it: a worker of ours takes up what the dead left.
            auto const pid = spawn(stage);
            if (!pid) return pid.error();
            int status = 0;
            ::waitpid(*pid, &status, 0);
        }
    }

    void
    draw(SweepStage stage, backtest::SweepCounts const& now, std::int64_t before, Instant began) {
        auto const elapsed = std::chrono::duration<double>(clock_.now() - began).count();
        auto const made = now.done + now.failed - before;
        auto const left = now.open + now.leased;
        auto const share = now.all() > 0 ? static_cast<double>(now.done + now.failed) /
                                               static_cast<double>(now.all())
                                         : 1.0;
        auto const eta = made > 0 ? elapsed / static_cast<double>(made) * static_cast<double>(left)
                                  : std::numeric_limits<double>::quiet_NaN();
        constexpr int width = 30;
        auto const full = static_cast<int>(share * width);
        auto const line = fmt::format(
            "{:<9} [{}{}] {}/{}{}  {:.1f}/s  {}",
            to_string(stage),
            std::string(static_cast<std::size_t>(full), '#'),
            std::string(static_cast<std::size_t>(width - full), '.'),
            now.done + now.failed,
            now.all(),
            now.failed > 0 ? fmt::format(" ({} failed)", now.failed) : "",
            static_cast<double>(made) / std::max(elapsed, 1e-9),
            left == 0         ? fmt::format("done in {:.0f} s", elapsed)
            : std::isnan(eta) ? std::string{"ETA unknown"}
                              : fmt::format("ETA {:.0f} s", eta)
        );
        auto const tenth = static_cast<int>(share * 10);
        if (is_terminal_) {
            fmt::print(err_, "\r\x1b[K{}", line);
        } else if (std::exchange(last_tenth_, tenth) != tenth) {
            fmt::print(err_, "{}\n", line);
        }
        std::fflush(err_);
    }

    Arguments const& a_;
    SweepStore store_;
    std::FILE* err_;
    bool is_terminal_;
    int last_tenth_ = -1;
    runtime::LiveClock clock_;
};

std::optional<int>
parse(CLI::App& app, std::vector<std::string> const& args, std::FILE* out, std::FILE* err) {
    try {
        std::vector<std::string> reversed(args.rbegin(), args.rend());
        app.parse(reversed);
        return std::nullopt;
    } catch (CLI::ParseError const& error) {
        std::ostringstream text, problem;
        auto const answered = app.exit(error, text, problem) == 0;
        std::fputs(text.str().c_str(), out);
        std::fputs(problem.str().c_str(), err);
        return code(answered ? ExitCode::ok : ExitCode::usage);
    }
}

int refuse(std::FILE* err, Failure const& failure) {
    fmt::print(err, "{}\n", describe(failure));
    return code(exit_for(failure));
}

} // namespace

int run_sweep_worker(std::vector<std::string> const& args, std::FILE* err) {
    if (args.size() != 2 || (args[1] != "selection" && args[1] != "verdict")) {
        fmt::print(err, "usage: polyquant sweep-worker STORE selection|verdict\n");
        return code(ExitCode::usage);
    }
    auto store = SweepStore::open(args[0]);
    if (!store) return refuse(err, store.error());
    auto about = description_of(*store);
    if (!about) return refuse(err, about.error());
    Worker worker{std::move(*store), work_folder(args[0]), std::move(*about)};
    auto const done =
        worker.run(args[1] == "verdict" ? SweepStage::verdict : SweepStage::selection);
    return done ? code(ExitCode::ok) : refuse(err, done.error());
}

int report_sweep(
    std::string const& file, std::string const& to, bool as_json, std::FILE* out, std::FILE* err
) {
    auto const store = SweepStore::open(file);
    if (!store) return refuse(err, store.error());
    auto const pages = report::sweep_report(*store);
    if (!pages) return refuse(err, pages.error());
    if (as_json) {
        std::fputs(pages->json.c_str(), out);
        return code(ExitCode::ok);
    }
    for (auto const& line : pages->text)
        fmt::print(out, "{}\n", line);
    auto const folder = to.empty() ? fs::absolute(file).parent_path() : fs::path{to};
    fs::create_directories(folder);
    auto const name = fs::path{file}.stem().string();
    for (auto const& [suffix, text] : {std::pair{".json", &pages->json}, {".html", &pages->html}})
        if (auto const written = replace_file(folder / (name + suffix), *text); !written)
            return refuse(err, written.error());
    fmt::print(out, "\npage {}\n", (folder / (name + ".html")).string());
    return code(ExitCode::ok);
}

int run_sweep(std::vector<std::string> const& args, std::FILE* out, std::FILE* err) {
    Arguments a;
    CLI::App app{
        "Try many variants of a backtest, and judge the best on other days", "polyquant sweep"
    };
    app.add_option("store", a.store, "SQLite file of the sweep; alone: go on with the sweep in it")
        ->required();
    app.add_option("-c,--config", a.configs, "Configuration files")->check(CLI::ExistingFile);
    app.add_option("--set", a.settings, "A key over the files, the same in all variants");
    app.add_option("--vary", a.vary, "KEY=V,V,... or KEY=LOW..HIGH[:STEP]; once for each key");
    app.add_option("--method", a.method, "grid, random or latin (hypercube)")
        ->capture_default_str();
    app.add_option("--runs", a.runs, "Variants of random and latin")->capture_default_str();
    app.add_option("--seed", a.seed, "Of the plan and of every run")->capture_default_str();
    app.add_option("--bars", a.bars, "1-minute bars, with --quotes")->check(CLI::ExistingPath);
    app.add_option("--quotes", a.quotes, "The quote model's file, or \"toy\"");
    app.add_option("--informed", a.informed, "Informed share of the quotes")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--tapes", a.tapes, "Recorded books instead of bars")->check(CLI::ExistingFile);
    app.add_option("--assets", a.assets, "Coins")->delimiter(',');
    app.add_option("--rule", a.rule, "How markets made of bars settle")->capture_default_str();
    app.add_option("--select", a.select, "FROM..UNTIL: days the best are chosen on");
    app.add_option("--judge", a.judge, "FROM..UNTIL: days they are judged on; no day in common");
    app.add_option("--best", a.best, "How many are judged")->capture_default_str();
    app.add_option("--objective", a.objective, "sharpe, pnl or edge")->capture_default_str();
    app.add_option("-j,--workers", a.workers, "Processes; the number of cores without it")
        ->check(CLI::Range(1, 1024));
    app.add_option("-o,--output", a.output, "Folder of the report");
    if (auto const answered = parse(app, args, out, err)) return *answered;
    if (a.workers == 0) a.workers = static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));

    auto store = SweepStore::open(a.store);
    if (!store) return refuse(err, store.error());
    if (!a.vary.empty() || !a.configs.empty()) {
        if (a.configs.empty() || a.bars.empty() != a.quotes.empty() ||
            (a.bars.empty() && a.tapes.empty()))
            return refuse(
                err,
                {Fault::invalid,
                 "sweep",
                 "a new sweep needs --config, --vary, --select, --judge and --bars with --quotes, "
                 "or --tapes"}
            );
        auto const description = describe_sweep(a);
        if (!description) return refuse(err, description.error());
        if (auto const set = store->set_description(*description); !set)
            return refuse(err, set.error());
    }
    std::signal(SIGINT, [](int) { stop_wanted = 1; });
    std::signal(SIGTERM, [](int) { stop_wanted = 1; });
    Coordinator coordinator{a, std::move(*store), err};
    auto const done = coordinator.run();
    if (!done) return refuse(err, done.error());
    if (*done != ExitCode::ok) {
        fmt::print(err, "stopped; polyquant sweep {} goes on\n", a.store.string());
        return code(*done);
    }
    std::error_code ignored;
    fs::remove(work_folder(a.store), ignored); // empty, unless another process still works there
    return report_sweep(a.store.string(), a.output.string(), false, out, err);
}

} // namespace polyquant::app
