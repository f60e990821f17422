// The ledger's schema as numbered steps. A step, once released, is never edited: a new one follows.
#pragma once

#include <span>
#include <string_view>

namespace polyquant::ledger {

struct Migration {
    int version = 0; // 1, 2, 3 ...
    std::string_view name;
    char const* sql = "";
    bool books_anew = false; // it empties all tables but the archive, which is then booked again
};

std::span<Migration const> ledger_migrations();

} // namespace polyquant::ledger
