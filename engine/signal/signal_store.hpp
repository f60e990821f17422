// The audit rows in SQLite, and the same rows as CSV. Every value is kept as its exact text.
#pragma once

#include "engine/core/failure.hpp"
#include "engine/signal/signal_row.hpp"

#include <filesystem>
#include <memory>

namespace polyquant::signal {

class SignalStore {
public:
    // Creates the file or goes on with it. Fault::storage when it is no such database.
    static Result<SignalStore> open(std::filesystem::path const& file);
    ~SignalStore();
    SignalStore(SignalStore&&) noexcept;
    SignalStore& operator=(SignalStore&&) noexcept;

    // A row with this id replaces the one there was.
    Result<void> put(SignalRow const& row);
    Result<std::uint64_t> rows() const;
    // All rows by window, then coin, written beside `file` and renamed over it.
    Result<void> export_csv(std::filesystem::path const& file) const;

private:
    struct State;
    explicit SignalStore(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace polyquant::signal
