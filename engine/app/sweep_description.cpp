#include "engine/app/sweep_description.hpp"

#include "engine/app/config_settings.hpp"
#include "engine/app/measured_latency.hpp"
#include "engine/backtest/quote_model.hpp"
#include "engine/backtest/sweep_plan.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

struct Span {
    std::string from_text;
    std::string until_text;
    UtcTime from;
    UtcTime until;
};

Result<Span> span_of(std::string const& text, char const* option) {
    auto const dots = text.find("..");
    if (dots != std::string::npos) {
        auto const from_text = text.substr(0, dots), until_text = text.substr(dots + 2);
        auto const from = parse_utc(from_text), until = parse_utc(until_text);
        if (from && until && *from < *until) return Span{from_text, until_text, *from, *until};
    }
    return Failure{
        Fault::invalid, option, fmt::format("\"{}\" is no span: write FROM..UNTIL in UTC", text)
    };
}

json::array absolute(std::vector<fs::path> const& files) {
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

struct Quotes {
    std::string headline;
    std::string source;
};

Result<Quotes> quotes_of(SweepOptions const& o) {
    if (o.quotes.empty()) return Quotes{"QUOTES RECORDED: order books of tapes", "recorded"};
    if (o.quotes == "toy")
        return Quotes{"QUOTES INVENTED (toy): results are no evidence of anything", "toy"};
    auto const model = backtest::QuoteModel::load(o.quotes);
    if (!model) return model.error();
    return Quotes{
        fmt::format(
            "QUOTES MODELLED, not recorded: minute bars and a quote model ({:016x}), informed "
            "share {:.2f}",
            model->hash(),
            o.informed >= 0 ? o.informed : model->informed_share
        ),
        "fitted"
    };
}

std::vector<std::string> texts_of(json::object const& o, char const* key) {
    std::vector<std::string> out;
    for (auto const& v : o.at(key).as_array())
        out.emplace_back(v.as_string());
    return out;
}

Result<std::vector<std::vector<std::string>>> variants_of(json::object const& o) {
    std::vector<backtest::Variation> variations;
    for (auto const& text : texts_of(o, "vary")) {
        auto variation = backtest::parse_variation(text);
        if (!variation) return variation.error();
        variations.push_back(std::move(*variation));
    }
    auto const method = backtest::parse_sweep_method(std::string{o.at("method").as_string()});
    if (!method) return method.error();
    return backtest::plan_sweep(
        variations,
        *method,
        o.at("runs").to_number<std::size_t>(),
        o.at("seed").to_number<std::uint64_t>()
    );
}

} // namespace

Result<std::string> describe_sweep(SweepOptions const& o) {
    auto config = load_with_settings(o.configs, o.settings);
    if (!config)
        return Failure{Fault::invalid, "configuration", "\n" + config::to_string(config.error())};
    if (!o.latency.empty())
        if (auto const taken = take_latency(*config, o.latency); !taken) return taken.error();
    auto const select = span_of(o.select, "--select"), judge = span_of(o.judge, "--judge");
    if (!select) return select.error();
    if (!judge) return judge.error();
    if (judge->from < select->until && select->from < judge->until)
        return Failure{
            Fault::invalid, "sweep", "--select and --judge share days: nothing would be judged"
        };
    if (auto const objective = report::parse_objective(o.objective); !objective)
        return objective.error();
    auto const quotes = quotes_of(o);
    if (!quotes) return quotes.error();
    json::object const about{
        {"config", config->print()},
        {"bars", absolute(o.bars)},
        {"tapes", absolute(o.tapes)},
        {"quotes_file",
         o.quotes.empty() || o.quotes == "toy" ? o.quotes : fs::absolute(o.quotes).string()},
        {"informed", o.informed},
        {"assets", strings(o.assets)},
        {"rule", o.rule},
        {"vary", strings(o.vary)},
        {"method", o.method},
        {"runs", o.runs},
        {"seed", o.seed},
        {"selection", select->from_text + " to " + select->until_text},
        {"verdict", judge->from_text + " to " + judge->until_text},
        {"select_from", select->from_text},
        {"select_until", select->until_text},
        {"judge_from", judge->from_text},
        {"judge_until", judge->until_text},
        {"best", o.best},
        {"objective", o.objective},
        {"quotes", quotes->headline},
        {"quote_source", quotes->source},
    };
    if (auto const variants = variants_of(about); !variants) return variants.error();
    return json::serialize(about);
}

Result<SweepDescription> read_sweep(backtest::SweepStore const& store) {
    auto const kept = store.description();
    if (!kept) return kept.error();
    if (!*kept)
        return Failure{Fault::invalid, "sweep", "the store holds no sweep: give its options"};
    auto const about = json::parse(**kept).as_object();
    auto const text = [&](char const* key) {
        return std::string{about.at(key).as_string()};
    };
    SweepDescription d;
    d.config = text("config");
    for (auto const& file : texts_of(about, "bars"))
        d.bars.emplace_back(file);
    for (auto const& file : texts_of(about, "tapes"))
        d.tapes.emplace_back(file);
    d.quotes = text("quotes_file");
    if (auto const informed = about.at("informed").to_number<double>(); informed >= 0)
        d.informed = informed;
    d.assets = texts_of(about, "assets");
    d.rule = text("rule");
    d.seed = about.at("seed").to_number<std::int64_t>();
    d.select_from = text("select_from");
    d.select_until = text("select_until");
    d.judge_from = text("judge_from");
    d.judge_until = text("judge_until");
    d.best = about.at("best").to_number<std::size_t>();
    auto const objective = report::parse_objective(text("objective"));
    if (!objective) return objective.error();
    d.objective = *objective;
    auto variants = variants_of(about);
    if (!variants) return variants.error();
    d.variants = std::move(*variants);
    return d;
}

fs::path work_folder(fs::path const& store) {
    auto folder = store;
    folder += ".work";
    return folder;
}

} // namespace polyquant::app
