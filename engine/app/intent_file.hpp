// Every order that is about to leave, on the disk before it does: intent, id and the exact bytes.
#pragma once

#include "engine/ports/order_venue.hpp"
#include "engine/runtime/record_file.hpp"
#include "engine/runtime/side_pool.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace polyquant::app {

// What a line of the file holds.
struct KeptIntent {
    OrderId id;
    std::string intent; // in words, for people
    std::string bytes;  // as sent
};

// A record file whose syncs happen on a thread of their own, so that the loop never waits for the
// disk. A signed order is nobody else's business: 0600.
class IntentFile {
public:
    // `pool`: one thread of its own, so that a sync never waits behind the ledger.
    static Result<std::unique_ptr<IntentFile>>
    open(std::filesystem::path const& path, runtime::SidePool& pool);

    IntentFile(IntentFile const&) = delete;
    IntentFile& operator=(IntentFile const&) = delete;

    // Returns once the line is on the disk (fdatasync). Any error is Fault::storage and final:
    // everything later is refused as well.
    Task<Result<void>> keep(PreparedOrder const& order);

    // All whole lines, oldest first.
    static Result<std::vector<KeptIntent>> read(std::filesystem::path const& path);

    std::uint64_t kept() const { return kept_; }

private:
    IntentFile(runtime::RecordFile file, runtime::SidePool& pool);

    std::shared_ptr<runtime::RecordFile> file_; // shared with jobs that outlive us at a hard stop
    runtime::SidePool& pool_;
    std::uint64_t kept_ = 0;
    std::optional<Failure> failed_{};
};

} // namespace polyquant::app
