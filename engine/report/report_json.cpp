#include "engine/report/json_number.hpp"
#include "engine/report/report.hpp"

namespace polyquant::report {

namespace {

namespace json = boost::json;

json::value time(UtcTime t) {
    return json::string{format_utc(t)};
}

json::object of(Group const& g) {
    return {
        {"name", g.name},
        {"trades", g.trades},
        {"won", g.won},
        {"win_rate", number(g.win_rate)},
        {"low", number(g.interval.low)},
        {"high", number(g.interval.high)},
        {"break_even", number(g.break_even)},
        {"pnl", number(g.pnl)},
        {"staked", number(g.staked)},
        {"promised_edge", number(g.promised_edge)},
        {"realised_edge", number(g.realised_edge)},
    };
}

json::object of(backtest::Ratio const& r) {
    return {
        {"value", number(r.value)},
        {"low", number(r.low)},
        {"high", number(r.high)},
        {"days", r.count},
    };
}

json::object of(models::calibration::BootstrapMean const& b) {
    return {
        {"mean", number(b.mean)},
        {"low", number(b.low)},
        {"high", number(b.high)},
        {"not_positive", number(b.share_not_positive)},
        {"count", b.count},
        {"days", b.blocks},
    };
}

json::array of(std::vector<models::calibration::ReliabilityBin> const& bins) {
    json::array out;
    for (auto const& bin : bins)
        if (bin.count > 0)
            out.push_back({
                {"from", bin.from},
                {"to", bin.to},
                {"count", bin.count},
                {"promised", number(bin.promised)},
                {"observed", number(bin.observed)},
                {"low", number(bin.interval.low)},
                {"high", number(bin.interval.high)},
            });
    return out;
}

json::object counts(std::vector<std::pair<std::string, std::uint64_t>> const& pairs) {
    json::object out;
    for (auto const& [name, count] : pairs)
        out[name] = count;
    return out;
}

json::object of(Trade const& t) {
    return {
        {"strategy", t.strategy.text},
        {"slug", t.slug},
        {"outcome", to_string(t.outcome)},
        {"decided_at", time(t.decided_at)},
        {"price", to_string(t.fill_price)},
        {"shares", to_string(t.shares)},
        {"cost", to_string(t.bet_size + t.fee)},
    };
}

json::object run_of(RunData const& run, Figures const& f) {
    json::object out{
        {"headline", f.headline},
        {"from", time(run.from)},
        {"until", time(run.until)},
        {"ledger_digest", run.ledger_digest},
        {"trials", f.trials},
    };
    if (!run.record) {
        out["quote_source"] = "session";
        return out;
    }
    auto const& r = *run.record;
    out["quote_source"] = backtest::to_string(r.source);
    out["command"] = r.command;
    out["config_hash"] = r.config_hash;
    out["data_hash"] = r.data_hash;
    out["seed"] = r.seed;
    out["code_version"] = r.code_version;
    out["latency"] = r.latency;
    out["models"] = r.models;
    out["events"] = r.events;
    out["finished"] = r.finished;
    return out;
}

json::object summary_of(Figures const& f) {
    auto out = of(f.all);
    out.erase("name");
    out["return"] = number(f.return_share);
    out["average_win"] = number(f.average_win);
    out["average_loss"] = number(f.average_loss);
    out["profit_factor"] = number(f.profit_factor);
    out["expectancy"] = number(f.expectancy);
    out["sharpe"] = of(f.sharpe);
    out["sortino"] = of(f.sortino);
    out["days"] = f.days;
    out["days_traded"] = f.days_traded;
    json::object drawdown{
        {"usd", number(f.drawdown.depth)},
        {"peak", time(f.drawdown_peak)},
        {"trough", time(f.drawdown_trough)},
    };
    drawdown["recovered"] = f.drawdown_recovered ? time(*f.drawdown_recovered) : json::value{};
    out["drawdown"] = std::move(drawdown);
    out["longest_losing_streak"] = f.longest_losing_streak;
    out["exposure_max"] = number(f.exposure_max);
    out["exposure_mean"] = number(f.exposure_mean);
    out["time_in_market"] = number(f.time_in_market);
    out["edge"] = of(f.edge);
    out["deflated_sharpe"] = number(f.deflated_sharpe);
    out["trials"] = f.trials;
    out["decays"] = f.decays;
    return out;
}

json::object series_of(Figures const& f) {
    json::array t, equity, drawdown, day, day_pnl, bin, bin_count, price, probability, won;
    for (auto const& p : f.curve) {
        t.push_back(unix_seconds(p.at));
        equity.push_back(number(p.equity));
        drawdown.push_back(number(-p.drawdown));
    }
    for (auto const& [at, pnl] : f.daily_pnl) {
        day.push_back(unix_seconds(at));
        day_pnl.push_back(number(pnl));
    }
    for (auto const& [low, count] : f.pnl_histogram) {
        bin.push_back(number(low + f.pnl_bin / 2));
        bin_count.push_back(count);
    }
    for (auto const& o : f.outcomes) {
        price.push_back(number(o.price));
        probability.push_back(number(o.probability));
        won.push_back(o.won ? 1 : 0);
    }
    return {
        {"curve", {{"t", t}, {"equity", equity}, {"drawdown", drawdown}}},
        {"daily", {{"t", day}, {"pnl", day_pnl}}},
        {"pnl_histogram", {{"pnl", bin}, {"trades", bin_count}, {"width", number(f.pnl_bin)}}},
        {"outcomes", {{"price", price}, {"probability", probability}, {"won", won}}},
    };
}

} // namespace

std::string report_json(RunData const& run, Figures const& f) {
    json::array strategies, breakdowns, quarters, moments, verdict, unresolved, half, voided, open;
    for (auto const& s : run.strategies)
        strategies.push_back({
            {"name", s.name.text},
            {"kind", s.kind},
            {"capital", to_string(s.capital)},
            {"equity", to_string(s.equity)},
            {"pnl", to_string(s.equity - s.capital)},
            {"fees", to_string(s.fees)},
            {"parameters", s.parameters},
        });
    for (auto const& b : f.breakdowns) {
        json::array groups;
        for (auto const& g : b.groups)
            groups.push_back(of(g));
        breakdowns.push_back({{"by", b.by}, {"groups", groups}});
    }
    for (auto const& q : f.quarters) {
        auto group = of(q.group);
        group["from"] = time(q.from);
        quarters.push_back(group);
    }
    for (auto const& m : f.moments)
        moments.push_back({
            {"seconds_left", m.seconds_left},
            {"count", m.count},
            {"brier_model", number(m.brier_model)},
            {"brier_market", number(m.brier_market)},
            {"log_loss_model", number(m.log_loss_model)},
            {"log_loss_market", number(m.log_loss_market)},
            {"advantage", of(m.advantage)},
        });
    for (auto const& line : f.verdict)
        verdict.push_back(json::string{line});
    for (auto const& t : f.unresolved)
        unresolved.push_back(of(t));
    for (auto const& t : f.half_paid)
        half.push_back(of(t));
    for (auto const& o : f.voided)
        voided.push_back({
            {"strategy", o.strategy.text},
            {"slug", o.slug},
            {"outcome", to_string(o.outcome)},
            {"decided_at", time(o.decided_at)},
        });
    for (auto const& p : run.open)
        open.push_back({
            {"strategy", p.strategy.text},
            {"slug", p.slug},
            {"outcome", to_string(p.outcome)},
            {"shares", to_string(p.shares)},
            {"cost", to_string(p.cost + p.fees)},
        });
    json::object out{
        {"format", "polyquant-report"},
        {"version", 1},
        {"run", run_of(run, f)},
        {"verdict", verdict},
        {"money",
         {{"capital", to_string(f.capital)},
          {"equity", to_string(f.equity)},
          {"pnl", to_string(f.pnl)},
          {"fees", to_string(f.fees)},
          {"slippage", to_string(f.slippage)},
          {"turnover", to_string(f.turnover)}}},
        {"summary", summary_of(f)},
        {"strategies", strategies},
        {"breakdowns", breakdowns},
        {"quarters", quarters},
        {"moments", moments},
        {"calibration", of(f.calibration)},
        {"trade_calibration", of(f.trade_calibration)},
        {"orders", counts(f.orders)},
        {"not_filled", counts(f.not_filled)},
        {"refusals", counts(f.refusals)},
        {"unresolved", unresolved},
        {"half_paid", half},
        {"void", voided},
        {"open_positions", open},
        {"series", series_of(f)},
    };
    return json::serialize(out) + "\n";
}

} // namespace polyquant::report
