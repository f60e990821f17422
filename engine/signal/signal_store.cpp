#include "engine/signal/signal_store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <fstream>

namespace polyquant::signal {

struct SignalStore::State {
    SQLite::Database database;
    std::filesystem::path file;
};

namespace {

Failure storage(std::filesystem::path const& file, std::string const& what) {
    return {Fault::storage, "signal.store", file.string() + ": " + what};
}

std::string columns_text(std::string_view suffix) {
    std::string text;
    for (auto const name : column_names())
        text += fmt::format("{}{}{}", text.empty() ? "" : ", ", name, suffix);
    return text;
}

std::string quoted(std::string const& cell) {
    if (cell.find_first_of(",\"\n") == std::string::npos) return cell;
    std::string text = "\"";
    for (char const c : cell)
        text += c == '"' ? "\"\"" : std::string(1, c);
    return text + '"';
}

} // namespace

SignalStore::SignalStore(std::unique_ptr<State> state) : state_{std::move(state)} {}

SignalStore::~SignalStore() = default;
SignalStore::SignalStore(SignalStore&&) noexcept = default;
SignalStore& SignalStore::operator=(SignalStore&&) noexcept = default;

Result<SignalStore> SignalStore::open(std::filesystem::path const& file) {
    try {
        auto state = std::make_unique<State>(State{
            SQLite::Database{file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 2'000},
            file
        });
        state->database.exec("PRAGMA journal_mode = WAL");
        state->database.exec("PRAGMA synchronous = NORMAL");
        state->database.exec(fmt::format(
            "CREATE TABLE IF NOT EXISTS signals ({}, PRIMARY KEY (id))", columns_text(" TEXT")
        ));
        // A table of another version has other columns: found out here, not in the middle of a run.
        SQLite::Statement const probe{
            state->database, fmt::format("SELECT {} FROM signals LIMIT 1", columns_text(""))
        };
        return SignalStore{std::move(state)};
    } catch (SQLite::Exception const& error) {
        return storage(file, error.what());
    }
}

Result<void> SignalStore::put(SignalRow const& row) {
    try {
        auto const cells = cells_of(row);
        std::string marks;
        for (std::size_t i = 0; i < cells.size(); ++i)
            marks += i == 0 ? "?" : ", ?";
        SQLite::Statement insert{
            state_->database,
            fmt::format("INSERT OR REPLACE INTO signals ({}) VALUES ({})", columns_text(""), marks)
        };
        for (std::size_t i = 0; i < cells.size(); ++i)
            insert.bind(static_cast<int>(i + 1), cells[i]);
        insert.exec();
        return {};
    } catch (SQLite::Exception const& error) {
        return storage(state_->file, error.what());
    }
}

Result<std::uint64_t> SignalStore::rows() const {
    try {
        auto const count = state_->database.execAndGet("SELECT count(*) FROM signals");
        return static_cast<std::uint64_t>(count.getInt64());
    } catch (SQLite::Exception const& error) {
        return storage(state_->file, error.what());
    }
}

Result<void> SignalStore::export_csv(std::filesystem::path const& file) const {
    auto fresh = file;
    fresh += ".new";
    std::ofstream out{fresh, std::ios::binary | std::ios::trunc};
    std::string line;
    for (auto const name : column_names())
        line += fmt::format("{}{}", line.empty() ? "" : ",", name);
    out << line << '\n';
    try {
        SQLite::Statement rows{
            state_->database,
            fmt::format(
                "SELECT {} FROM signals ORDER BY CAST(window_start AS INTEGER), asset",
                columns_text("")
            )
        };
        while (rows.executeStep()) {
            for (int i = 0; i < rows.getColumnCount(); ++i)
                out << (i == 0 ? "" : ",") << quoted(rows.getColumn(i).getString());
            out << '\n';
        }
    } catch (SQLite::Exception const& error) {
        return storage(state_->file, error.what());
    }
    out.close();
    if (!out) return storage(fresh, "cannot be written");
    std::error_code error;
    std::filesystem::rename(fresh, file, error);
    if (error) return storage(file, error.message());
    return {};
}

} // namespace polyquant::signal
