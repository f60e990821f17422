// Parameters of the expiry strategy. The defaults are the original's; its later refinements
// (ladder, spread tiers, confirmation by the coin's price, stop-loss) are off until asked for.
#pragma once

#include "strategies/break_even.hpp"
#include "strategies/sizing.hpp"

namespace polyquant::strategies {

enum class Confirmation : std::uint8_t { off, floors, required };

constexpr std::array<Choice<Confirmation>, 3> choices(Confirmation) {
    return {
        {{"off", Confirmation::off},
         {"floors", Confirmation::floors},
         {"required", Confirmation::required}}
    };
}

struct ExpiryParams : SizingParams {
    Seconds scan_interval{60};
    Seconds full_scan_interval{180};
    Seconds look_ahead{6 * 3'600};
    Price list_price_min = cents(90);
    Seconds watch_look_ahead{3 * 3'600};
    Price watch_price_min = cents(88);
    int main_max = 200;
    int watch_max = 30;
    Seconds listing_age_max{300};
    Usdc liquidity_min = usd(1'000);
    Price price_sum_tolerance = cents(5);
    config::TextList block_words;
    config::TextList allow_words;
    config::TextList block_tags;
    config::TextList allow_tags;
    bool updown_windows = false;
    bool neg_risk = true;
    bool one_per_event = true;

    Price ask_min = cents(95);
    Price ask_max = cents(99);
    Price spread_max = cents(5);
    Usdc depth_min = usd(10);
    Price depth_within = cents(2);
    double return_min = 0;
    Seconds margin{10};
    Seconds book_age_max{600};

    bool time_ladder = false;
    Seconds ladder_near{3'600};
    Seconds ladder_middle{3 * 3'600};
    Price ladder_near_ask = cents(92);
    Price ladder_middle_ask = cents(95);
    Price ladder_far_ask = cents(97);

    bool spread_tiers = false;
    Price spread_narrow = cents(2);
    Price spread_wide = cents(4);
    Price spread_wide_ask = cents(95);

    Confirmation confirmation = Confirmation::off;
    double confirm_near = 0.003;
    double confirm_middle = 0.008;
    double confirm_far = 0.015;
    Price confirmed_ask = cents(92);
    Price unverified_ask = cents(96);
    Seconds spot_age_max{10};

    bool stop_loss = false;
    double stop_fraction = 0.10;
    Seconds stop_interval{10};

    int positions_max = 50;
    int trades_per_day_max = 100;
    int remembered_max = 500;
    Seconds retry_pause{60};

    friend bool operator==(ExpiryParams const&, ExpiryParams const&) = default;

    std::vector<ParamFault> faults() const;
    // `required` is what the market itself claims by its ask, plus the least return: the strategy
    // has no probability of its own.
    std::vector<config::BreakEvenRow> break_even() const;
    std::vector<ParamFault> unsound(config::RiskParams const& risk) const;

    static constexpr auto table() {
        using P = ExpiryParams;
        constexpr auto lowest = Price::from_micros(100);
        constexpr auto highest = Price::from_micros(999'900);
        constexpr auto most = usd(1'000'000);
        constexpr auto day = Seconds{86'400};
        auto const lists = std::tuple{
            Param{
                "scan_interval",
                &P::scan_interval,
                5s,
                day,
                "",
                "Between two scans of all markets; also between two looks at every candidate."
            },
            Param{
                "full_scan_interval",
                &P::full_scan_interval,
                5s,
                day,
                "",
                "Between two scans that read the whole list; those in between read what came into "
                "reach."
            },
            Param{
                "look_ahead",
                &P::look_ahead,
                60s,
                Seconds{30 * 86'400},
                "before the end",
                "Main list: markets that end within this."
            },
            Param{
                "list_price_min",
                &P::list_price_min,
                lowest,
                highest,
                "USDC/share",
                "Main list: an outcome listed at this or more."
            },
            Param{
                "watch_look_ahead",
                &P::watch_look_ahead,
                0s,
                Seconds{30 * 86'400},
                "before the end",
                "Watch list: markets that end within this; 0 turns the list off."
            },
            Param{
                "watch_price_min",
                &P::watch_price_min,
                lowest,
                highest,
                "USDC/share",
                "Watch list: an outcome listed from here up to list_price_min."
            },
            Param{
                "main_max",
                &P::main_max,
                1,
                2'000,
                "markets",
                "Most on the main list; the soonest ends stay."
            },
            Param{
                "watch_max",
                &P::watch_max,
                0,
                500,
                "markets",
                "Most on the watch list; the highest prices stay."
            },
            Param{
                "listing_age_max",
                &P::listing_age_max,
                10s,
                day,
                "",
                "A candidate no scan has shown for so long is dropped."
            },
            Param{
                "liquidity_min",
                &P::liquidity_min,
                usd(0),
                most,
                "USDC",
                "Least liquidity the list shows."
            },
            Param{
                "price_sum_tolerance",
                &P::price_sum_tolerance,
                Price{},
                cents(100),
                "USDC",
                "How far the two listed prices may be from adding up to 1."
            },
            Param{
                "block_words",
                &P::block_words,
                "",
                "A question with one of these words or phrases is left out (case does not matter)."
            },
            Param{
                "allow_words",
                &P::allow_words,
                "",
                "If not empty, a question must hold one of these."
            },
            Param{"block_tags", &P::block_tags, "", "The same for the market's tags: left out."},
            Param{"allow_tags", &P::allow_tags, "", "If not empty, one of these tags is needed."},
            Param{
                "updown_windows",
                &P::updown_windows,
                "",
                "true: also the Up or Down windows of our coins, which the scalp strategies trade."
            },
            Param{"neg_risk", &P::neg_risk, "", "false: leave out markets of neg-risk events."},
            Param{
                "one_per_event",
                &P::one_per_event,
                "",
                "true: of a neg-risk event hold one market at a time; their outcomes are one bet."
            },
        };
        auto const entry = std::tuple{
            Param{
                "ask_min",
                &P::ask_min,
                lowest,
                highest,
                "USDC/share",
                "Buy at no lower ask; with time_ladder its rungs count instead."
            },
            Param{"ask_max", &P::ask_max, lowest, highest, "USDC/share", "Buy at no higher ask."},
            Param{
                "spread_max",
                &P::spread_max,
                Price{},
                cents(100),
                "USDC/share",
                "Widest ask - bid; with spread_tiers those count instead."
            },
            Param{
                "depth_min",
                &P::depth_min,
                usd(0),
                most,
                "USDC",
                "Least money offered within depth_within of the best ask."
            },
            Param{
                "depth_within",
                &P::depth_within,
                Price{},
                cents(50),
                "USDC/share",
                "Reach of depth_min above the best ask."
            },
            Param{
                "return_min",
                &P::return_min,
                0.0,
                1.0,
                "of the cost",
                "Least a win pays over cost and fee: (1 - a - fee) / (a + fee)."
            },
            Param{
                "margin", &P::margin, 0s, Seconds{3'600}, "before the end", "Buy nothing this late."
            },
            Param{
                "book_age_max",
                &P::book_age_max,
                1s,
                day,
                "",
                "Quiet markets change seldom: older than this a book is not believed even from a "
                "healthy feed."
            },
            Param{
                "time_ladder", &P::time_ladder, "", "true: the least ask depends on the time left."
            },
            Param{
                "ladder_near",
                &P::ladder_near,
                1s,
                Seconds{7 * 86'400},
                "before the end",
                "Nearest rung: less than this is left."
            },
            Param{
                "ladder_middle",
                &P::ladder_middle,
                1s,
                Seconds{7 * 86'400},
                "before the end",
                "Middle rung: less than this."
            },
            Param{
                "ladder_near_ask",
                &P::ladder_near_ask,
                lowest,
                highest,
                "USDC/share",
                "Least ask on the nearest rung."
            },
            Param{
                "ladder_middle_ask",
                &P::ladder_middle_ask,
                lowest,
                highest,
                "USDC/share",
                "Least ask on the middle rung."
            },
            Param{
                "ladder_far_ask",
                &P::ladder_far_ask,
                lowest,
                highest,
                "USDC/share",
                "Least ask further out."
            },
            Param{
                "spread_tiers",
                &P::spread_tiers,
                "",
                "true: narrow spreads pass, middling ones need a high ask, wide ones never."
            },
            Param{
                "spread_narrow",
                &P::spread_narrow,
                Price{},
                cents(100),
                "USDC/share",
                "Up to this a spread is narrow."
            },
            Param{
                "spread_wide",
                &P::spread_wide,
                Price{},
                cents(100),
                "USDC/share",
                "Above this it is wide."
            },
            Param{
                "spread_wide_ask",
                &P::spread_wide_ask,
                lowest,
                highest,
                "USDC/share",
                "Least ask in between."
            },
        };
        auto const confirm = std::tuple{
            Param{
                "confirmation",
                &P::confirmation,
                "",
                "By the coin's live price against the strike in the question. floors: it lowers or "
                "raises the least ask; required: nothing without."
            },
            Param{
                "confirm_near",
                &P::confirm_near,
                0.0,
                1.0,
                "of the strike",
                "Least distance that confirms, on the nearest rung of the ladder's times."
            },
            Param{
                "confirm_middle",
                &P::confirm_middle,
                0.0,
                1.0,
                "of the strike",
                "The same on the middle rung."
            },
            Param{
                "confirm_far", &P::confirm_far, 0.0, 1.0, "of the strike", "The same further out."
            },
            Param{
                "confirmed_ask",
                &P::confirmed_ask,
                lowest,
                highest,
                "USDC/share",
                "Least ask of a confirmed market, where it is lower than the other floor."
            },
            Param{
                "unverified_ask",
                &P::unverified_ask,
                lowest,
                highest,
                "USDC/share",
                "Least ask where nothing can be confirmed: no coin, no readable strike, no fresh "
                "price."
            },
            Param{
                "spot_age_max",
                &P::spot_age_max,
                1s,
                Seconds{3'600},
                "",
                "An older price of the coin confirms nothing."
            },
        };
        auto const care = std::tuple{
            Param{"stop_loss", &P::stop_loss, "", "true: sell what has fallen by stop_fraction."},
            Param{
                "stop_fraction",
                &P::stop_fraction,
                0.001,
                1.0,
                "of the entry",
                "Sell when the bid is this far below what was paid."
            },
            Param{
                "stop_interval",
                &P::stop_interval,
                1s,
                Seconds{3'600},
                "",
                "Between two looks at what is held."
            },
            Param{
                "positions_max",
                &P::positions_max,
                1,
                1'000,
                "positions",
                "Held or on order at the same time."
            },
            Param{
                "trades_per_day_max",
                &P::trades_per_day_max,
                1,
                10'000,
                "buys a UTC day",
                "Circuit breaker: filled buys and those under way."
            },
            Param{
                "remembered_max",
                &P::remembered_max,
                1,
                100'000,
                "tokens",
                "Tokens done with that are not bought again; pending ones are never forgotten and "
                "do not count."
            },
            Param{
                "retry_pause",
                &P::retry_pause,
                0s,
                day,
                "",
                "Pause on a token after an order that was not filled."
            },
        };
        return std::tuple_cat(lists, entry, confirm, care, SizingParams::table());
    }
};

} // namespace polyquant::strategies
