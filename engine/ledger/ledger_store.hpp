// The database behind a Ledger, with its prepared statements. Private to this folder.
#pragma once

#include "engine/ledger/ledger.hpp"
#include "engine/ledger/ledger_lock.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <map>
#include <sqlite3.h>
#include <string>
#include <type_traits>
#include <unordered_map>

namespace polyquant::ledger {

// A fact that contradicts the books: thrown while it is applied, so that the transaction rolls back
// on the same path as a database error.
struct Contradiction {
    std::string detail;
};

class Store {
public:
    Store(std::filesystem::path const& path, int flags)
        : database{path.string(), flags, busy_timeout_ms} {}

    // The reset statement for this literal; kept for the life of the store.
    SQLite::Statement& statement(char const* sql) {
        auto const found = statements_.find(sql);
        if (found != statements_.end()) {
            found->second.tryReset();
            return found->second;
        }
        return statements_.emplace(sql, SQLite::Statement{database, sql}).first->second;
    }

    template <class... Values>
    SQLite::Statement& bound(char const* sql, Values const&... values) {
        auto& s = statement(sql);
        int index = 0;
        (bind(s, ++index, values), ...);
        return s;
    }

    // Returns the number of rows changed.
    template <class... Values>
    int run(char const* sql, Values const&... values) {
        auto& s = bound(sql, values...);
        auto const changed = s.exec();
        s.reset();
        return changed;
    }

    template <class... Values>
    std::int64_t number(char const* sql, Values const&... values) {
        auto& s = bound(sql, values...);
        auto const value = s.executeStep() ? s.getColumn(0).getInt64() : 0;
        s.reset();
        return value;
    }

    void drop_statements() { statements_.clear(); }

    SQLite::Database database;
    std::map<std::string, std::int64_t, std::less<>> account_ids; // forgotten after a rollback

private:
    static constexpr int busy_timeout_ms = 5'000;

    template <class T>
    static void bind(SQLite::Statement& s, int index, T const& value) {
        if constexpr (requires { value.has_value(); }) {
            if (value)
                bind(s, index, *value);
            else
                s.bind(index); // NULL
        } else if constexpr (std::is_same_v<T, double>)
            s.bind(index, value);
        else if constexpr (std::is_integral_v<T>)
            s.bind(index, static_cast<std::int64_t>(value));
        else if constexpr (requires { value.micros(); })
            s.bind(index, value.micros());
        else if constexpr (requires { value.e8(); })
            s.bind(index, value.e8());
        else if constexpr (std::is_same_v<T, UtcTime>)
            s.bind(index, static_cast<std::int64_t>(unix_nanos(value)));
        else
            s.bind(index, std::string{value});
    }

    std::unordered_map<char const*, SQLite::Statement> statements_;
};

struct Ledger::Impl {
    std::filesystem::path path;
    bool read_only = false;
    std::optional<LedgerLock> lock; // released after the database is closed
    mutable Store store;
    std::uint64_t applied = 0;
    std::optional<Failure> stopped;
};

// Both inside an open transaction; they throw Contradiction or SQLite::Exception.
void archive(Store& store, Fact const& fact);
void book(Store& store, Fact const& fact); // the rows and postings of an archived fact

// Calls `visit` with every archived fact from `first_seq` on, until it fails; throws
// SQLite::Exception.
Result<void> visit_archive(
    Store& store,
    std::string const& where,
    std::uint64_t first_seq,
    std::function<Result<void>(Fact const&)> const& visit
);

Failure storage_failure(std::string const& where, SQLite::Exception const& error);

// Runs a query and turns what SQLite throws into a Failure.
template <class Query>
auto guarded(std::string const& where, Query&& query) -> Result<decltype(query())> {
    try {
        if constexpr (std::is_void_v<decltype(query())>) {
            query();
            return {};
        } else {
            return query();
        }
    } catch (SQLite::Exception const& error) {
        return storage_failure(where, error);
    }
}

} // namespace polyquant::ledger
