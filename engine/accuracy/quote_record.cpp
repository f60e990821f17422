#include "engine/accuracy/quote_record.hpp"

#include <algorithm>
#include <utility>

namespace polyquant::accuracy {

namespace {

// An outcome may be disputed for days; a forecast that waits longer is given up.
constexpr std::size_t waiting_max = 8'192;

double seconds(Millis time) {
    return std::chrono::duration<double>(time).count();
}

} // namespace

QuoteRecord::QuoteRecord(int days, models::calibration::AskTable seed)
    : days_{days}, table_{std::move(seed)} {}

void QuoteRecord::on(Fact const& fact) {
    if (auto const* forecast = std::get_if<WindowForecast>(&fact.body)) {
        if (auto const known = early_.find(forecast->market); known != early_.end())
            judge({*forecast, known->second});
        else if (waiting_.size() < waiting_max)
            waiting_[forecast->market] = *forecast;
        return;
    }
    auto const* settled = std::get_if<WindowSettled>(&fact.body);
    if (settled == nullptr) return;
    auto const judged = std::ranges::find_if(judged_, [&](JudgedWindow const& w) {
        return w.forecast.market == settled->market;
    });
    if (judged != judged_.end()) { // settled anew
        if (settled->winner == judged->winner) return;
        learn(*judged, true);
        if (!settled->winner) {
            judged_.erase(judged);
            return;
        }
        judged->winner = *settled->winner;
        learn(*judged, false);
        return;
    }
    auto const waiting = waiting_.find(settled->market);
    if (waiting == waiting_.end()) {
        // The sampler writes at the window's end; settled in the same instant it may come second.
        if (settled->winner && fact.at - settled->window.end() < Seconds{2})
            early_[settled->market] = *settled->winner;
        while (early_.size() > asset_count * 4)
            early_.erase(early_.begin());
        return;
    }
    if (settled->winner) judge({std::move(waiting->second), *settled->winner});
    waiting_.erase(waiting);
}

void QuoteRecord::judge(JudgedWindow window) {
    learn(window, false);
    auto const newest = window.forecast.window.end();
    judged_.push_back(std::move(window));
    auto const oldest = newest - std::chrono::days{days_ + 1};
    while (judged_.front().forecast.window.end() < oldest)
        judged_.pop_front();
}

void QuoteRecord::learn(JudgedWindow const& window, bool take_back) {
    take_back ? --learned_ : ++learned_;
    for (auto const& s : window.forecast.samples)
        for (auto const outcome : {Outcome::up, Outcome::down}) {
            auto const& ask = outcome == Outcome::up ? s.up_ask : s.down_ask;
            if (!ask) continue;
            auto const won = window.winner == outcome;
            if (take_back)
                table_.take_back(to_double(*ask), seconds(s.left), won);
            else
                table_.add(to_double(*ask), seconds(s.left), won);
        }
}

} // namespace polyquant::accuracy
