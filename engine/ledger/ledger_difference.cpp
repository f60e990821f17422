// Where two ledgers differ, row by row.
#include "engine/ledger/ledger_store.hpp"

namespace polyquant::ledger {

namespace {

struct Key {
    std::string columns; // "a, b": of the primary key
    std::vector<int> places;
};

Key key_of(Store& store, std::string const& table) {
    Key key;
    SQLite::Statement rows{
        store.database, "SELECT name, cid FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk"
    };
    rows.bind(1, table);
    while (rows.executeStep()) {
        key.columns += (key.columns.empty() ? "" : ", ") + rows.getColumn(0).getString();
        key.places.push_back(rows.getColumn(1).getInt());
    }
    return key;
}

std::string cell(SQLite::Statement& row, int column) {
    return row.getColumn(column).isNull() ? "-" : row.getColumn(column).getString();
}

// -1, 0, 1 by the columns of the key, in SQLite's order of integers and text.
int compare(SQLite::Statement& a, SQLite::Statement& b, Key const& key) {
    for (auto const n : key.places) {
        if (a.getColumn(n).isInteger() && b.getColumn(n).isInteger()) {
            auto const x = a.getColumn(n).getInt64();
            auto const y = b.getColumn(n).getInt64();
            if (x != y) return x < y ? -1 : 1;
            continue;
        }
        auto const order = cell(a, n).compare(cell(b, n));
        if (order != 0) return order < 0 ? -1 : 1;
    }
    return 0;
}

std::string name_row(std::string const& table, SQLite::Statement& row, Key const& key) {
    auto text = table;
    for (auto const n : key.places)
        text += fmt::format(" {}={}", row.getColumnName(n), cell(row, n));
    return text;
}

struct Finder {
    std::string const& table;
    Key const& key;
    std::vector<std::string>& found;

    void cells(SQLite::Statement& ours, SQLite::Statement& right) const {
        std::string text;
        for (int n = 0; n < right.getColumnCount(); ++n)
            if (cell(ours, n) != cell(right, n))
                text += fmt::format(
                    "{} {} is {}, should be {}",
                    text.empty() ? ":" : ",",
                    right.getColumnName(n),
                    cell(ours, n),
                    cell(right, n)
                );
        if (!text.empty()) found.push_back(name_row(table, ours, key) + text);
    }
};

void find_in(
    Store& ours,
    Store& right,
    std::string const& table,
    std::size_t most,
    std::vector<std::string>& found
) {
    auto const key = key_of(right, table);
    auto const sql = fmt::format(
        "SELECT * FROM {} ORDER BY {}", table, key.columns.empty() ? "rowid" : key.columns
    );
    SQLite::Statement a{ours.database, sql};
    SQLite::Statement b{right.database, sql};
    Finder const finder{table, key, found};
    bool more_a = a.executeStep();
    bool more_b = b.executeStep();
    while ((more_a || more_b) && found.size() < most) {
        auto const order = !more_a ? 1 : !more_b ? -1 : compare(a, b, key);
        if (order < 0) found.push_back(name_row(table, a, key) + ": no fact made this row");
        if (order > 0) found.push_back(name_row(table, b, key) + ": this row is missing");
        if (order == 0) finder.cells(a, b);
        if (order <= 0) more_a = a.executeStep();
        if (order >= 0) more_b = b.executeStep();
    }
}

} // namespace

Result<std::vector<std::string>> Ledger::differences(Ledger const& right, std::size_t most) const {
    return guarded(impl_->path.string(), [&] {
        std::vector<std::string> tables;
        auto& names = right.impl_->store.statement(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
            "ORDER BY name"
        );
        while (names.executeStep())
            tables.push_back(names.getColumn(0).getString());
        names.reset();
        std::vector<std::string> found;
        for (auto const& table : tables)
            if (found.size() < most) find_in(impl_->store, right.impl_->store, table, most, found);
        return found;
    });
}

} // namespace polyquant::ledger
