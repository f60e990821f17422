// [model]: features, training and the ensemble.
#pragma once

#include "config/param_table.hpp"

namespace polyquant::config {

enum class Profile : std::uint8_t { standard, baseline };

constexpr std::array<Choice<Profile>, 2> choices(Profile) {
    return {{{"standard", Profile::standard}, {"baseline", Profile::baseline}}};
}

// The two pairs of regularisation and heuristic shrink that belong together; `custom` takes both
// from their own keys.
enum class LogisticPreset : std::uint8_t { c01_shrink60, c1_shrink85, custom };

constexpr std::array<Choice<LogisticPreset>, 3> choices(LogisticPreset) {
    return {
        {{"c0.1-shrink0.6", LogisticPreset::c01_shrink60},
         {"c1-shrink0.85", LogisticPreset::c1_shrink85},
         {"custom", LogisticPreset::custom}}
    };
}

enum class SignalTime : std::uint8_t { window_start, continuous };

constexpr std::array<Choice<SignalTime>, 2> choices(SignalTime) {
    return {{{"window_start", SignalTime::window_start}, {"continuous", SignalTime::continuous}}};
}

// What strategies are told: the ensemble of indicators, the closed form of the market's own rule,
// the trained model in use, or what asks like the present ones have been worth.
enum class ModelKind : std::uint8_t { baseline, window, trained, quotes };

constexpr std::array<Choice<ModelKind>, 4> choices(ModelKind) {
    return {
        {{"baseline", ModelKind::baseline},
         {"window", ModelKind::window},
         {"trained", ModelKind::trained},
         {"quotes", ModelKind::quotes}}
    };
}

enum class MarketBlendUse : std::uint8_t { off, on };

constexpr std::array<Choice<MarketBlendUse>, 2> choices(MarketBlendUse) {
    return {{{"off", MarketBlendUse::off}, {"on", MarketBlendUse::on}}};
}

struct ModelParams {
    ModelKind kind = ModelKind::baseline;
    std::string trained_models = "trained-models";
    std::string external_file;
    MarketBlendUse market_blend = MarketBlendUse::off;
    std::string market_blend_file;
    Profile profile = Profile::standard;
    int feature_set = 46;
    SignalTime signal_time = SignalTime::window_start;
    int train_bars = 2880;
    int history_bars = 4320;
    int retrain_windows = 50;
    int horizon_bars = 5;
    LogisticPreset logistic_preset = LogisticPreset::c01_shrink60;
    double logistic_c = 0.1;
    double heuristic_shrink = 0.6;
    int logistic_iterations_max = 1000;
    int train_rows_min = 100;
    PerAsset ensemble_weight{0.7};
    int macd_sd_bars = 60;

    friend bool operator==(ModelParams const&, ModelParams const&) = default;

    // What the preset means; the own keys count under `custom` only.
    double effective_c() const {
        if (logistic_preset == LogisticPreset::custom) return logistic_c;
        return logistic_preset == LogisticPreset::c1_shrink85 ? 1.0 : 0.1;
    }

    double effective_shrink() const {
        if (logistic_preset == LogisticPreset::custom) return heuristic_shrink;
        return logistic_preset == LogisticPreset::c1_shrink85 ? 0.85 : 0.6;
    }

    std::vector<ParamFault> faults() const;

    static constexpr auto table() {
        using P = ModelParams;
        return std::tuple{
            Param{
                "kind",
                &P::kind,
                "",
                "baseline: ensemble of indicators at the window's start; window: closed form from "
                "strike, price, time left and volatility, after every price; trained: the models "
                "in use of trained_models; quotes: what asks like the present ones were worth.",
                Change::restart
            },
            Param{
                "trained_models",
                &P::trained_models,
                "path",
                "Folder of `polyquant train` and `models promote`, for kind = \"trained\"; read at "
                "the start and at every reload.",
                Change::restart
            },
            Param{
                "external_file",
                &P::external_file,
                "path",
                "Values from outside (csv or jsonl) for trained models that use "
                "some; followed as "
                "it grows. Where one is older than the model's limit, the model "
                "answers without it.",
                Change::restart
            },
            Param{
                "market_blend",
                &P::market_blend,
                "",
                "on: act on P corrected by the market's own price where the books of both outcomes "
                "are live and no older than [risk] book_age_max, else on the model's own; needs "
                "kind window or trained.",
                Change::restart
            },
            Param{
                "market_blend_file",
                &P::market_blend_file,
                "path",
                "How much of the market and of the model, for market_blend = \"on\" (`polyquant "
                "evaluate --blend` writes it). Windows up to its last fitted one are not blended.",
                Change::restart
            },
            Param{
                "profile",
                &P::profile,
                "",
                "baseline: reproduce the original system including its known defects, to compare.",
                Change::restart
            },
            Param{
                "feature_set",
                &P::feature_set,
                39,
                46,
                "columns",
                "46: all features; 39: without the seven redundant logret columns. Nothing "
                "between.",
                Change::restart
            },
            Param{
                "signal_time",
                &P::signal_time,
                "",
                "window_start: one signal per window as the original; continuous: after every bar.",
                Change::restart
            },
            Param{
                "train_bars",
                &P::train_bars,
                200,
                100'000,
                "bars of 1 minute",
                "Newest closed bars a training uses (2880 is two days)."
            },
            Param{
                "history_bars",
                &P::history_bars,
                200,
                200'000,
                "bars of 1 minute",
                "Bars kept for each asset; at least train_bars + 120 so that every row has its "
                "look-back.",
                Change::restart
            },
            Param{
                "retrain_windows",
                &P::retrain_windows,
                1,
                1'000'000,
                "windows",
                "Train a fresh model after this many windows (50 is about four hours; 1000000 is "
                "never)."
            },
            Param{
                "horizon_bars",
                &P::horizon_bars,
                1,
                60,
                "bars of 1 minute",
                "The learned target: is the close this many bars ahead above the present one.",
                Change::restart
            },
            Param{
                "logistic_preset",
                &P::logistic_preset,
                "",
                "Pairs of C and shrink that belong together; custom uses the two keys below."
            },
            Param{
                "logistic_c",
                &P::logistic_c,
                1e-6,
                1e6,
                "",
                "Inverse L2 strength, with logistic_preset = \"custom\" only."
            },
            Param{
                "heuristic_shrink",
                &P::heuristic_shrink,
                0.0,
                1.0,
                "",
                "How far the heuristic may move from 0.5, with logistic_preset = \"custom\" only."
            },
            Param{
                "logistic_iterations_max",
                &P::logistic_iterations_max,
                1,
                100'000,
                "iterations",
                "Bound of one fit; a fit that did not converge is not used."
            },
            Param{
                "train_rows_min",
                &P::train_rows_min,
                10,
                100'000,
                "rows",
                "Fewer rows without gaps than this: no training, the old model stays."
            },
            Param{
                "ensemble_weight",
                &P::ensemble_weight,
                0.0,
                1.0,
                "share of the learned model",
                "P(UP) = w * learned + (1 - w) * heuristic, for each asset."
            },
            Param{
                "macd_sd_bars",
                &P::macd_sd_bars,
                2,
                10'000,
                "bars of 1 minute",
                "Rolling window of the heuristic's macd_hist scale (the baseline profile has "
                "none).",
                Change::restart
            },
        };
    }
};

} // namespace polyquant::config
