// Records for tests: arbitrary ones of every kind, comparison field by field, and a scratch folder.
#pragma once

#include "connectors/tape/record.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace polyquant::tape::testing {

// Any record of that kind (an Event kind or raw_frame_kind) with any times; uses rapidcheck's
// generators, so call it within a property.
Record any_record(std::size_t kind);
std::vector<std::size_t> every_kind();

// Every field but seq, doubles bit by bit.
bool same(Record const& a, Record const& b);

TokenId token(int n);
BookChange change(std::int64_t at_ms, int token_number, int price_cents, int size);
BarUpdate bar(std::int64_t open_ms, double close);

// A folder of its own below the build tree, empty at construction and removed afterwards.
class Scratch {
public:
    explicit Scratch(std::string const& name);
    ~Scratch();

    std::filesystem::path operator/(std::string const& file) const { return folder_ / file; }

private:
    std::filesystem::path folder_;
};

std::string slurp(std::filesystem::path const& path);
void spill(std::filesystem::path const& path, std::string const& bytes);

} // namespace polyquant::tape::testing
