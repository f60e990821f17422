#include "engine/backtest/run_record.hpp"

#include "engine/core/replace_file.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <fstream>
#include <sstream>

namespace polyquant::backtest {

namespace {

namespace json = boost::json;

constexpr std::string_view format_name = "polyquant-run";
constexpr int format_version = 1;

} // namespace

std::string_view to_string(QuoteSource source) {
    switch (source) {
    case QuoteSource::recorded: return "recorded";
    case QuoteSource::fitted: return "fitted";
    case QuoteSource::toy: return "toy";
    }
    std::abort();
}

std::string to_json(RunRecord const& r) {
    return json::serialize(json::object{
               {"format", format_name},
               {"version", format_version},
               {"quote_source", to_string(r.source)},
               {"quotes", r.quotes},
               {"command", r.command},
               {"config_hash", r.config_hash},
               {"data_hash", r.data_hash},
               {"seed", r.seed},
               {"code_version", r.code_version},
               {"latency", r.latency},
               {"models", r.models},
               {"from", format_utc(r.from)},
               {"until", format_utc(r.until)},
               {"events", r.events},
               {"finished", r.finished},
               {"trials", r.trials},
               {"trials_sharpe_sd", r.trials_sharpe_sd},
           }) +
           "\n";
}

Result<RunRecord> parse_run_record(std::string_view text, std::string const& where) {
    boost::system::error_code ec;
    auto const parsed = json::parse(text, ec);
    auto const* o = parsed.if_object();
    auto const bad = [&](std::string_view key) {
        return Failure{Fault::parse, where, fmt::format("\"{}\" is missing or wrong", key)};
    };
    if (ec || o == nullptr) return Failure{Fault::parse, where, "is no JSON object"};
    auto const* format = o->if_contains("format");
    if (format == nullptr || *format != json::value(format_name)) return bad("format");
    auto const* version = o->if_contains("version");
    if (version == nullptr || *version != json::value(format_version)) return bad("version");
    RunRecord r;
    for (auto [key, to] : {
             std::pair{"quotes", &r.quotes},
             {"command", &r.command},
             {"config_hash", &r.config_hash},
             {"data_hash", &r.data_hash},
             {"code_version", &r.code_version},
             {"latency", &r.latency},
             {"models", &r.models},
         }) {
        auto const* cell = o->if_contains(key);
        if (cell == nullptr || !cell->is_string()) return bad(key);
        *to = cell->as_string();
    }
    auto const* source = o->if_contains("quote_source");
    bool known = false;
    for (auto const candidate : {QuoteSource::recorded, QuoteSource::fitted, QuoteSource::toy})
        if (source != nullptr && *source == json::value(to_string(candidate))) {
            r.source = candidate;
            known = true;
        }
    if (!known) return bad("quote_source");
    for (auto [key, to] : {std::pair{"from", &r.from}, {"until", &r.until}}) {
        auto const* cell = o->if_contains(key);
        if (cell == nullptr || !cell->is_string()) return bad(key);
        auto const time = parse_utc(std::string_view{cell->as_string()});
        if (!time) return bad(key);
        *to = *time;
    }
    for (auto [key, to] :
         {std::pair{"seed", &r.seed}, {"events", &r.events}, {"trials", &r.trials}}) {
        auto const* cell = o->if_contains(key);
        if (cell == nullptr) return bad(key);
        *to = cell->to_number<std::uint64_t>(ec);
        if (ec) return bad(key);
    }
    if (auto const* cell = o->if_contains("finished")) r.finished = *cell == json::value(true);
    if (auto const* cell = o->if_contains("trials_sharpe_sd"))
        r.trials_sharpe_sd = cell->to_number<double>(ec);
    return r;
}

Result<void> write_run_record(std::filesystem::path const& directory, RunRecord const& record) {
    return replace_file(directory / "run.json", to_json(record));
}

Result<RunRecord> read_run_record(std::filesystem::path const& directory) {
    auto const file = directory / "run.json";
    std::ifstream in{file};
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return Failure{Fault::invalid, file.string(), "cannot be read"};
    return parse_run_record(text.str(), file.string());
}

} // namespace polyquant::backtest
