#include "engine/backtest/sweep_store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <chrono>
#include <sqlite3.h>
#include <thread>

namespace polyquant::backtest {

namespace {

constexpr int application_id = 0x70717377; // "pqsw"
constexpr int busy_timeout_ms = 60'000;
constexpr char separator = '\n'; // no configuration value has one

constexpr char const* schema = R"sql(
CREATE TABLE IF NOT EXISTS sweep (id INTEGER PRIMARY KEY CHECK (id = 1), description TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY,
    stage TEXT NOT NULL,
    settings TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'leased', 'done', 'failed')),
    owner TEXT NOT NULL DEFAULT '',
    lease_until INTEGER NOT NULL DEFAULT 0, -- milliseconds since 1970
    attempts INTEGER NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0,
    result TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    UNIQUE (stage, settings)
) STRICT;
CREATE INDEX IF NOT EXISTS runs_by_state ON runs (stage, state, id);
)sql";

std::string join(std::vector<std::string> const& parts) {
    std::string text;
    for (auto const& part : parts)
        text += (text.empty() ? "" : std::string(1, separator)) + part;
    return text;
}

std::vector<std::string> split(std::string const& text) {
    std::vector<std::string> parts;
    std::size_t at = 0;
    while (at <= text.size()) {
        auto const end = std::min(text.find(separator, at), text.size());
        if (end > at) parts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

SweepStage stage_of(std::string const& text) {
    return text == "verdict" ? SweepStage::verdict : SweepStage::selection;
}

} // namespace

std::string_view to_string(SweepStage stage) {
    return stage == SweepStage::selection ? "selection" : "verdict";
}

struct SweepStore::Impl {
    std::filesystem::path file;
    mutable SQLite::Database db;

    explicit Impl(std::filesystem::path const& path)
        : file{path},
          db{path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, busy_timeout_ms} {}

    Failure failure(SQLite::Exception const& error) const {
        return {Fault::storage, file.string(), error.what()};
    }
};

namespace {

// Two processes that change a new file's mode at the same moment would wait for each other's lock;
// SQLite tells one of them "busy" at once, whatever the timeout.
void use_write_ahead_log(SQLite::Database& db) {
    constexpr auto pause = std::chrono::milliseconds{20};
    for (auto waited = pause * 0;; waited += pause) {
        try {
            db.exec("PRAGMA journal_mode = WAL");
            return;
        } catch (SQLite::Exception const& error) {
            if (error.getErrorCode() != SQLITE_BUSY ||
                waited >= std::chrono::milliseconds{busy_timeout_ms})
                throw;
            std::this_thread::sleep_for(pause);
        }
    }
}

} // namespace

SweepStore::SweepStore(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}

SweepStore::SweepStore(SweepStore&&) noexcept = default;
SweepStore& SweepStore::operator=(SweepStore&&) noexcept = default;
SweepStore::~SweepStore() = default;

bool SweepStore::is_store(std::filesystem::path const& file) {
    try {
        SQLite::Database db{file.string(), SQLite::OPEN_READONLY, busy_timeout_ms};
        return db.execAndGet("PRAGMA application_id").getInt() == application_id;
    } catch (SQLite::Exception const&) {
        return false;
    }
}

Result<SweepStore> SweepStore::open(std::filesystem::path const& file) {
    try {
        auto impl = std::make_unique<Impl>(file);
        auto& db = impl->db;
        use_write_ahead_log(db);
        SQLite::Transaction transaction{db, SQLite::TransactionBehavior::IMMEDIATE};
        auto const id = db.execAndGet("PRAGMA application_id").getInt();
        auto const tables = db.execAndGet("SELECT count(*) FROM sqlite_master").getInt();
        if (id != application_id && tables > 0)
            return Failure{Fault::invalid, file.string(), "is a database of something else"};
        db.exec(fmt::format("PRAGMA application_id = {}", application_id));
        db.exec(schema);
        transaction.commit();
        return SweepStore{std::move(impl)};
    } catch (SQLite::Exception const& error) {
        return Failure{Fault::storage, file.string(), error.what()};
    }
}

Result<void> SweepStore::set_description(std::string const& description) {
    try {
        SQLite::Transaction transaction{impl_->db, SQLite::TransactionBehavior::IMMEDIATE};
        SQLite::Statement add{
            impl_->db, "INSERT INTO sweep (id, description) VALUES (1, ?) ON CONFLICT DO NOTHING"
        };
        add.bind(1, description);
        add.exec();
        transaction.commit();
    } catch (SQLite::Exception const& error) {
        return impl_->failure(error);
    }
    auto const kept = this->description();
    if (!kept) return kept.error();
    if (**kept == description) return {};
    return Failure{
        Fault::invalid,
        impl_->file.string(),
        "holds another sweep; give another file, or no options to go on with that one"
    };
}

Result<std::optional<std::string>> SweepStore::description() const {
    try {
        SQLite::Statement query{impl_->db, "SELECT description FROM sweep"};
        if (!query.executeStep()) return std::optional<std::string>{};
        return std::optional{query.getColumn(0).getString()};
    } catch (SQLite::Exception const& error) {
        return impl_->failure(error);
    }
}

Result<void>
SweepStore::plan(SweepStage stage, std::vector<std::vector<std::string>> const& variants) {
    try {
        SQLite::Transaction transaction{impl_->db, SQLite::TransactionBehavior::IMMEDIATE};
        SQLite::Statement add{
            impl_->db, "INSERT INTO runs (stage, settings) VALUES (?, ?) ON CONFLICT DO NOTHING"
        };
        for (auto const& variant : variants) {
            add.bind(1, std::string{to_string(stage)});
            add.bind(2, join(variant));
            add.exec();
            add.reset();
        }
        transaction.commit();
        return {};
    } catch (SQLite::Exception const& error) {
        return impl_->failure(error);
    }
}

Result<std::optional<SweepRun>> SweepStore::lease(
    SweepStage stage,
    std::string const& owner,
    UtcTime now,
    Seconds length,
    std::function<bool(std::string const& owner)> const& is_dead
) {
    try {
        SQLite::Transaction transaction{impl_->db, SQLite::TransactionBehavior::IMMEDIATE};
        std::optional<SweepRun> found;
        {
            SQLite::Statement query{
                impl_->db,
                "SELECT id, settings, owner, lease_until, state, attempts FROM runs "
                "WHERE stage = ? AND state IN ('open', 'leased') "
                "ORDER BY state = 'leased' DESC, id"
            };
            query.bind(1, std::string{to_string(stage)});
            // The few leased ones first: what a dead process left is taken up before new work.
            while (!found && query.executeStep()) {
                auto const leased = query.getColumn(4).getString() == "leased";
                if (leased && query.getColumn(3).getInt64() >= unix_millis(now) &&
                    !is_dead(query.getColumn(2).getString()))
                    continue;
                found = SweepRun{
                    query.getColumn(0).getInt64(),
                    stage,
                    split(query.getColumn(1).getString()),
                    "leased",
                    {},
                    {},
                    query.getColumn(5).getInt64() + 1,
                    0
                };
            }
        }
        if (!found) return found;
        SQLite::Statement take{
            impl_->db,
            "UPDATE runs SET state = 'leased', owner = ?, lease_until = ?, attempts = attempts + 1 "
            "WHERE id = ?"
        };
        take.bind(1, owner);
        take.bind(2, unix_millis(now + length));
        take.bind(3, found->id);
        take.exec();
        transaction.commit();
        return found;
    } catch (SQLite::Exception const& error) {
        return impl_->failure(error);
    }
}

Result<void> SweepStore::renew(std::string const& owner, UtcTime now, Seconds length) {
    try {
        SQLite::Statement update{
            impl_->db, "UPDATE runs SET lease_until = ? WHERE owner = ? AND state = 'leased'"
        };
        update.bind(1, unix_millis(now + length));
        update.bind(2, owner);
        update.exec();
        return {};
    } catch (SQLite::Exception const& error) {
        return impl_->failure(error);
    }
}

Result<bool> SweepStore::finish(
    std::int64_t run, std::string const& owner, std::string const& result, double seconds
) {
    try {
        SQLite::Statement update{
            impl_->db,
            "UPDATE runs SET state = 'done', result = ?, seconds = ?, error = '' "
            "WHERE id = ? AND owner = ? AND state = 'leased'"
        };
        update.bind(1, result);
        update.bind(2, seconds);
        update.bind(3, run);
        update.bind(4, owner);
        return update.exec() == 1;
    } catch (SQLite::Exception const& error) {
        return impl_->failure(error);
    }
}

Result<bool>
SweepStore::fail(std::int64_t run, std::string const& owner, std::string const& error_text) {
    try {
        SQLite::Statement update{
            impl_->db,
            "UPDATE runs SET state = 'failed', error = ? "
            "WHERE id = ? AND owner = ? AND state = 'leased'"
        };
        update.bind(1, error_text);
        update.bind(2, run);
        update.bind(3, owner);
        return update.exec() == 1;
    } catch (SQLite::Exception const& error) {
        return impl_->failure(error);
    }
}

Result<SweepCounts> SweepStore::counts(SweepStage stage) const {
    try {
        SweepCounts counts;
        SQLite::Statement query{
            impl_->db,
            "SELECT state, count(*), sum(seconds) FROM runs WHERE stage = ? GROUP BY state"
        };
        query.bind(1, std::string{to_string(stage)});
        while (query.executeStep()) {
            auto const state = query.getColumn(0).getString();
            auto const n = query.getColumn(1).getInt64();
            if (state == "open") counts.open = n;
            if (state == "leased") counts.leased = n;
            if (state == "failed") counts.failed = n;
            if (state == "done") {
                counts.done = n;
                counts.seconds = query.getColumn(2).getDouble();
            }
        }
        return counts;
    } catch (SQLite::Exception const& error) {
        return impl_->failure(error);
    }
}

Result<std::vector<SweepRun>> SweepStore::runs() const {
    try {
        std::vector<SweepRun> all;
        SQLite::Statement query{
            impl_->db,
            "SELECT id, stage, settings, state, result, error, attempts, seconds FROM runs ORDER "
            "BY id"
        };
        while (query.executeStep())
            all.push_back(
                {query.getColumn(0).getInt64(),
                 stage_of(query.getColumn(1).getString()),
                 split(query.getColumn(2).getString()),
                 query.getColumn(3).getString(),
                 query.getColumn(4).getString(),
                 query.getColumn(5).getString(),
                 query.getColumn(6).getInt64(),
                 query.getColumn(7).getDouble()}
            );
        return all;
    } catch (SQLite::Exception const& error) {
        return impl_->failure(error);
    }
}

} // namespace polyquant::backtest
