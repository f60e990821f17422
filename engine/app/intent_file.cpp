#include "engine/app/intent_file.hpp"

#include <fmt/format.h>

namespace polyquant::app {

namespace {

std::string describe_intent(PlaceOrder const& order) {
    return fmt::format(
        "{} {} {} of {} at {} {} market {} decided {}",
        order.strategy.text,
        to_string(order.side),
        to_string(order.size),
        to_string(order.token),
        to_string(order.limit),
        to_string(order.tif),
        to_string(order.market),
        format_utc(order.decided_at)
    );
}

// "id<TAB>intent<TAB>bytes"; no part holds a tab or a line end.
std::string record_of(PreparedOrder const& order) {
    return fmt::format(
        "{}\t{}\t{}", to_string(order.id), describe_intent(order.intent), order.bytes
    );
}

std::optional<KeptIntent> parse_record(std::string_view text) {
    auto const first = text.find('\t');
    auto const second = text.find('\t', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
    auto const id = parse_order_id(text.substr(0, first));
    if (!id) return std::nullopt;
    return KeptIntent{
        *id,
        std::string{text.substr(first + 1, second - first - 1)},
        std::string{text.substr(second + 1)}
    };
}

Result<std::vector<KeptIntent>>
parse_records(std::filesystem::path const& path, std::vector<std::string> const& records) {
    std::vector<KeptIntent> intents;
    for (auto const& record : records) {
        auto intent = parse_record(record);
        if (!intent)
            return Failure{
                Fault::storage,
                fmt::format("{} line {}", path.string(), intents.size() + 1),
                "holds no order: restore the file from a copy"
            };
        intents.push_back(std::move(*intent));
    }
    return intents;
}

} // namespace

IntentFile::IntentFile(runtime::RecordFile file, runtime::SidePool& pool)
    : file_{std::make_shared<runtime::RecordFile>(std::move(file))}, pool_{pool} {}

Result<std::vector<KeptIntent>> IntentFile::read(std::filesystem::path const& path) {
    auto const records = runtime::RecordFile::read(path);
    if (!records) return records.error();
    return parse_records(path, *records);
}

Result<std::unique_ptr<IntentFile>>
IntentFile::open(std::filesystem::path const& path, runtime::SidePool& pool) {
    auto file = runtime::RecordFile::open(path);
    if (!file) return file.error();
    if (auto const earlier = parse_records(path, file->take_earlier()); !earlier)
        return earlier.error();
    return std::unique_ptr<IntentFile>{new IntentFile{std::move(*file), pool}};
}

Task<Result<void>> IntentFile::keep(PreparedOrder const& order) {
    if (failed_) co_return *failed_;
    auto const written = co_await pool_.submit<bool>(
        "keep an intent",
        [file = file_, record = record_of(order)]() -> Result<bool> {
            if (auto const done = file->append(record); !done) return done.error();
            return true;
        }
    );
    if (!written) {
        // A cancelled wait says nothing about the disk.
        if (written.error().fault != Fault::cancelled) failed_ = written.error();
        co_return written.error();
    }
    ++kept_;
    co_return Result<void>{};
}

} // namespace polyquant::app
