// One coin through the whole evaluation: trained on the past, asked about the later moments.
#pragma once

#include "models/evaluation/bar_evaluation.hpp"

#include <functional>
#include <memory>

namespace polyquant::models::evaluation {

class CoinRun {
public:
    // All references must outlive it; the dataset's closed-form column is written, nothing else of
    // another coin is read. `work_done` is called pieces() times by a run that succeeds.
    CoinRun(
        Asset asset,
        std::vector<Bar> const& bars,
        window::WindowDataset& dataset,
        EvaluationOptions const& options,
        boosting::LightGbm const* lightgbm,
        std::function<void()> work_done
    );
    CoinRun(CoinRun&&) noexcept;
    ~CoinRun();

    std::size_t pieces() const;

    // Once.
    Result<CoinEvaluation> run();

private:
    struct Work;

    std::unique_ptr<Work> work_;
};

} // namespace polyquant::models::evaluation
