#include "models/boosting/lightgbm.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <immintrin.h>
#include <limits>
#include <string_view>
#include <utility>

namespace polyquant::models::boosting {

namespace {

// The part of LightGBM's C interface that is used, as documented at
// https://lightgbm.readthedocs.io/en/stable/C-API.html; stable since 4.0.
using Handle = void*;
constexpr int dtype_float32 = 0;
constexpr int dtype_float64 = 1;
constexpr int predict_raw_score = 1;
constexpr int importance_split = 0;

extern "C" {
using GetLastError = char const*();
using RegisterLogCallback = int(void (*)(char const*));
using DatasetCreateFromMat =
    int(void const*, int, std::int32_t, std::int32_t, int, char const*, Handle, Handle*);
using DatasetSetField = int(Handle, char const*, void const*, int, int);
using DatasetSetFeatureNames = int(Handle, char const**, int);
using DatasetFree = int(Handle);
using BoosterCreate = int(Handle, char const*, Handle*);
using BoosterAddValidData = int(Handle, Handle);
using BoosterUpdateOneIter = int(Handle, int*);
using BoosterGetEval = int(Handle, int, int*, double*);
using BoosterSaveModelToString = int(Handle, int, int, int, std::int64_t, std::int64_t*, char*);
using BoosterLoadModelFromString = int(char const*, int*, Handle*);
using BoosterPredictForMat =
    int(Handle,
        void const*,
        int,
        std::int32_t,
        std::int32_t,
        int,
        int,
        int,
        int,
        char const*,
        std::int64_t*,
        double*);
using BoosterFree = int(Handle);

// LightGBM prints to stdout unless told otherwise; its errors come back as codes with a text.
void ignore_log(char const*) {}
}

} // namespace

struct LightGbm::Library {
    std::string path;
    void* object = nullptr;
    GetLastError* last_error = nullptr;
    RegisterLogCallback* register_log = nullptr;
    DatasetCreateFromMat* dataset_create = nullptr;
    DatasetSetField* dataset_set_field = nullptr;
    DatasetSetFeatureNames* dataset_set_names = nullptr;
    DatasetFree* dataset_free = nullptr;
    BoosterCreate* booster_create = nullptr;
    BoosterAddValidData* booster_add_valid = nullptr;
    BoosterUpdateOneIter* booster_update = nullptr;
    BoosterGetEval* booster_eval = nullptr;
    BoosterSaveModelToString* booster_save = nullptr;
    BoosterLoadModelFromString* booster_load = nullptr;
    BoosterPredictForMat* booster_predict = nullptr;
    BoosterFree* booster_free = nullptr;

    // The object stays loaded for the life of the program: OpenMP, which it brings, does not
    // survive being unloaded.
    template <class Function>
    bool find(char const* name, Function*& out) {
        out = reinterpret_cast<Function*>(dlsym(object, name));
        return out != nullptr;
    }

    bool find_all() {
        return find("LGBM_GetLastError", last_error) &&
               find("LGBM_RegisterLogCallback", register_log) &&
               find("LGBM_DatasetCreateFromMat", dataset_create) &&
               find("LGBM_DatasetSetField", dataset_set_field) &&
               find("LGBM_DatasetSetFeatureNames", dataset_set_names) &&
               find("LGBM_DatasetFree", dataset_free) &&
               find("LGBM_BoosterCreate", booster_create) &&
               find("LGBM_BoosterAddValidData", booster_add_valid) &&
               find("LGBM_BoosterUpdateOneIter", booster_update) &&
               find("LGBM_BoosterGetEval", booster_eval) &&
               find("LGBM_BoosterSaveModelToString", booster_save) &&
               find("LGBM_BoosterLoadModelFromString", booster_load) &&
               find("LGBM_BoosterPredictForMat", booster_predict) &&
               find("LGBM_BoosterFree", booster_free);
    }

    Failure failed(std::string_view what) const {
        return {Fault::invalid, "lightgbm", fmt::format("{} failed: {}", what, last_error())};
    }
};

namespace {

// Frees a dataset or booster at the end of its scope.
class Owned {
public:
    explicit Owned(int (*free)(Handle)) : free_{free} {}

    ~Owned() {
        if (handle) free_(handle);
    }

    Owned(Owned const&) = delete;
    Owned& operator=(Owned const&) = delete;

    Handle handle = nullptr;

private:
    int (*free_)(Handle);
};

std::string train_parameters(BoostingParams const& params, std::span<std::string const> names) {
    std::vector<int> monotone(names.size());
    for (std::size_t i = 0; i < names.size(); ++i)
        monotone[i] =
            std::find(params.rising.begin(), params.rising.end(), names[i]) != params.rising.end();
    return fmt::format(
        "objective=binary metric=binary_logloss boost_from_average=false num_threads=1 "
        "deterministic=true force_row_wise=true verbosity=-1 seed={} learning_rate={} "
        "num_leaves={} min_data_in_leaf={} lambda_l2={} feature_fraction={} bagging_fraction={} "
        "bagging_freq=1 monotone_constraints_method=intermediate monotone_constraints={}",
        params.seed,
        params.learning_rate,
        params.leaves,
        params.rows_per_leaf_min,
        params.l2,
        params.feature_fraction,
        params.row_fraction,
        fmt::join(monotone, ",")
    );
}

// Labels as LightGBM wants them. Clang converts doubles out of memory with an instruction that
// dirties the upper halves of the vector registers, and does not clear them because it names none
// of them. Left so, every exp and log of the library, which mixes SSE and AVX, takes 114 ns instead
// of 4 and a fit three times as long.
std::vector<float> labels_of(std::span<double const> outcomes) {
    std::vector<float> labels(outcomes.begin(), outcomes.end());
    _mm256_zeroupper();
    return labels;
}

std::string block_defect(BoostingBlock const& block, std::size_t columns) {
    if (block.rows.size() == 0) return "holds no rows";
    if (block.rows.columns != columns)
        return fmt::format("has {} columns, {} names given", block.rows.columns, columns);
    if (block.outcomes.size() != block.rows.size() ||
        (!block.start.empty() && block.start.size() != block.rows.size()))
        return "has rows, outcomes and starts of different number";
    if (block.rows.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
        return "has more rows than LightGBM takes";
    return {};
}

} // namespace

std::vector<std::string> lightgbm_candidates(std::string const& configured) {
    std::vector<std::string> candidates;
    if (!configured.empty()) candidates.push_back(configured);
    if (auto const* named = std::getenv("PQ_LIGHTGBM"); named && *named != '\0')
        candidates.emplace_back(named);
    candidates.emplace_back("build/deps/lightgbm/lib_lightgbm.so");
    candidates.emplace_back("lib_lightgbm.so");
    return candidates;
}

Result<LightGbm> LightGbm::open(std::string const& configured) {
    std::string tried;
    for (auto const& candidate : lightgbm_candidates(configured)) {
        auto library = std::make_unique<Library>();
        library->path = candidate;
        // A relative path without a slash would be looked up in the system's folders only.
        library->object = dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (!library->object) {
            tried += fmt::format("\n  {}", dlerror());
            continue;
        }
        if (!library->find_all()) {
            tried += fmt::format("\n  {}: is not LightGBM 4 ({})", candidate, dlerror());
            continue;
        }
        library->register_log(&ignore_log);
        return LightGbm{std::move(library)};
    }
    return Failure{
        Fault::invalid,
        "lightgbm",
        fmt::format(
            "the library was not found; run tools/fetch_lightgbm or set PQ_LIGHTGBM to a "
            "lib_lightgbm.so. Trained models work without it, training them does not. Tried:{}",
            tried
        )
    };
}

LightGbm::LightGbm(std::unique_ptr<Library> library) : library_{std::move(library)} {}

LightGbm::~LightGbm() = default;
LightGbm::LightGbm(LightGbm&&) noexcept = default;
LightGbm& LightGbm::operator=(LightGbm&&) noexcept = default;

std::string const& LightGbm::path() const {
    return library_->path;
}

Result<BoostingTrained> LightGbm::train(
    BoostingBlock const& train,
    BoostingBlock const& later,
    std::span<std::string const> feature_names,
    BoostingParams const& params
) const {
    auto const refuse = [](std::string why) {
        return Failure{Fault::invalid, "lightgbm.train", std::move(why)};
    };
    for (auto const& [name, block] : {std::pair{"training block", &train}, {"later block", &later}})
        if (auto const why = block_defect(*block, feature_names.size()); !why.empty())
            return refuse(fmt::format("the {} {}", name, why));
    for (auto const& name : params.rising)
        if (std::find(feature_names.begin(), feature_names.end(), name) == feature_names.end())
            return refuse(fmt::format("column '{}' that must rise is not among the features", name)
            );

    auto const parameters = train_parameters(params, feature_names);
    std::vector<char const*> names;
    for (auto const& name : feature_names)
        names.push_back(name.c_str());
    auto const fill = [&](BoostingBlock const& block, Handle reference, Handle& out) -> bool {
        auto const rows = static_cast<std::int32_t>(block.rows.size());
        if (library_->dataset_create(
                block.rows.values.data(),
                dtype_float64,
                rows,
                static_cast<std::int32_t>(block.rows.columns),
                1,
                parameters.c_str(),
                reference,
                &out
            ) != 0)
            return false;
        auto const labels = labels_of(block.outcomes);
        if (library_->dataset_set_field(out, "label", labels.data(), rows, dtype_float32) != 0)
            return false;
        return block.start.empty() || library_->dataset_set_field(
                                          out, "init_score", block.start.data(), rows, dtype_float64
                                      ) == 0;
    };
    Owned train_data{library_->dataset_free};
    Owned later_data{library_->dataset_free};
    Owned booster{library_->booster_free};
    if (!fill(train, nullptr, train_data.handle)) return library_->failed("the training data");
    if (library_->dataset_set_names(
            train_data.handle, names.data(), static_cast<int>(names.size())
        ) != 0)
        return library_->failed("naming the features");
    if (!fill(later, train_data.handle, later_data.handle))
        return library_->failed("the later data");
    if (library_->booster_create(train_data.handle, parameters.c_str(), &booster.handle) != 0)
        return library_->failed("creating the model");
    if (library_->booster_add_valid(booster.handle, later_data.handle) != 0)
        return library_->failed("adding the later data");

    BoostingTrained best;
    best.later_log_loss = std::numeric_limits<double>::infinity();
    best.library = library_->path;
    for (int round = 1; round <= params.rounds_max; ++round) {
        int finished = 0;
        if (library_->booster_update(booster.handle, &finished) != 0)
            return library_->failed("a boosting round");
        if (finished != 0) break; // no split improves any more
        double losses[2] = {};
        for (int block = 0; block < 2; ++block) {
            int count = 0;
            if (library_->booster_eval(booster.handle, block, &count, &losses[block]) != 0 ||
                count != 1)
                return library_->failed("evaluating a round");
        }
        if (params.early_stopping_rounds == 0 || losses[1] < best.later_log_loss) {
            best.rounds = round;
            best.train_log_loss = losses[0];
            best.later_log_loss = losses[1];
        } else if (round - best.rounds >= params.early_stopping_rounds) {
            break;
        }
    }
    if (best.rounds == 0)
        return refuse("no tree could be grown: too few rows for these parameters");

    std::int64_t needed = 0;
    best.text.resize(1 << 20);
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (library_->booster_save(
                booster.handle,
                0,
                best.rounds,
                importance_split,
                static_cast<std::int64_t>(best.text.size()),
                &needed,
                best.text.data()
            ) != 0)
            return library_->failed("saving the model");
        if (needed <= static_cast<std::int64_t>(best.text.size())) break;
        best.text.resize(static_cast<std::size_t>(needed));
    }
    best.text.resize(static_cast<std::size_t>(needed) - 1); // it counts the final zero
    return best;
}

Result<std::vector<double>>
LightGbm::raw_scores(std::string const& text, validation::Rows rows) const {
    Owned booster{library_->booster_free};
    int rounds = 0;
    if (library_->booster_load(text.c_str(), &rounds, &booster.handle) != 0)
        return library_->failed("loading the model");
    std::vector<double> scores(rows.size());
    std::int64_t count = 0;
    if (library_->booster_predict(
            booster.handle,
            rows.values.data(),
            dtype_float64,
            static_cast<std::int32_t>(rows.size()),
            static_cast<std::int32_t>(rows.columns),
            1,
            predict_raw_score,
            0,
            -1,
            "num_threads=1",
            &count,
            scores.data()
        ) != 0)
        return library_->failed("predicting");
    return scores;
}

} // namespace polyquant::models::boosting
