// LightGBM as a trainer, through its C interface, loaded when asked for. Everything else,
// prediction with trained models included, works without it.
#pragma once

#include "models/validation/rows.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace polyquant::models::boosting {

// Where the library is looked for, in order: `configured` (unless empty), the environment variable
// PQ_LIGHTGBM, build/deps/lightgbm/lib_lightgbm.so (tools/fetch_lightgbm puts it there), the
// system's library path.
std::vector<std::string> lightgbm_candidates(std::string const& configured);

struct BoostingParams {
    int rounds_max = 400;
    int early_stopping_rounds = 30; // without a better log loss on the later block; 0: never stop
    double learning_rate = 0.05;
    int leaves = 15;
    int rows_per_leaf_min = 200;
    double l2 = 10;
    double feature_fraction = 0.8;
    double row_fraction = 0.8;
    std::uint32_t seed = 1;
    // Names of columns in which the probability must not fall.
    std::vector<std::string> rising{"z"};
};

// Rows in order of time; the later block must lie wholly after the first (the caller purges).
struct BoostingBlock {
    validation::Rows rows;
    std::span<double const> outcomes;
    // Log-odds the trees start from, one a row: they learn a correction on top of it. Empty: none.
    std::span<double const> start;
};

struct BoostingTrained {
    std::string text; // LightGBM's own model text
    int rounds = 0;   // kept after early stopping
    double train_log_loss = 0;
    double later_log_loss = 0;
    std::string library; // the path it was loaded from
};

class LightGbm {
public:
    // Fails with what was tried and how to get the library.
    static Result<LightGbm> open(std::string const& configured = {});

    ~LightGbm();
    LightGbm(LightGbm&&) noexcept;
    LightGbm& operator=(LightGbm&&) noexcept;

    // One thread, deterministic: the same rows and parameters give the same text. Blocks; run it
    // off the trading thread.
    Result<BoostingTrained> train(
        BoostingBlock const& train,
        BoostingBlock const& later,
        std::span<std::string const> feature_names,
        BoostingParams const& params
    ) const;

    // The library's own prediction (log-odds) for each row, to check ours against it.
    Result<std::vector<double>> raw_scores(std::string const& text, validation::Rows rows) const;

    std::string const& path() const;

private:
    struct Library;

    explicit LightGbm(std::unique_ptr<Library> library);

    std::unique_ptr<Library> library_;
};

} // namespace polyquant::models::boosting
