#include "connectors/binance/kline_cache.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <sqlite3.h>

namespace polyquant::binance {

namespace {

constexpr std::int64_t application_id = 0x5051424b; // "PQBK"
constexpr std::int64_t schema_version = 1;
constexpr int busy_timeout_ms = 5'000;
constexpr std::string_view remedy =
    "; it is only a cache: delete it and its bars are fetched again";

// Times are unix seconds. NULL stands for an unknown number of trades or taker volume.
constexpr char const* schema = R"sql(
CREATE TABLE bars (
    symbol TEXT NOT NULL,
    length INTEGER NOT NULL CHECK (length > 0),
    open_time INTEGER NOT NULL CHECK (open_time > 0 AND open_time % length = 0),
    open REAL NOT NULL CHECK (open > 0),
    high REAL NOT NULL CHECK (high >= open),
    low REAL NOT NULL CHECK (low > 0 AND low <= open),
    close REAL NOT NULL CHECK (close >= low AND close <= high),
    volume REAL NOT NULL CHECK (volume >= 0),
    trades REAL CHECK (trades >= 0),
    taker_buy_base REAL CHECK (taker_buy_base >= 0),
    PRIMARY KEY (symbol, length, open_time)
) STRICT, WITHOUT ROWID;

CREATE TABLE asked (
    symbol TEXT NOT NULL,
    length INTEGER NOT NULL,
    from_time INTEGER NOT NULL,
    until_time INTEGER NOT NULL CHECK (until_time > from_time),
    PRIMARY KEY (symbol, length, from_time)
) STRICT, WITHOUT ROWID;
)sql";

std::string symbol_of(Asset asset) {
    return std::string{binance_symbol(asset)};
}

void bind_optional(SQLite::Statement& statement, int index, double value) {
    if (std::isnan(value))
        statement.bind(index);
    else
        statement.bind(index, value);
}

double unknown_if_null(SQLite::Column const& column) {
    return column.isNull() ? std::numeric_limits<double>::quiet_NaN() : column.getDouble();
}

Bar bar_of(SQLite::Statement& row, Seconds length) {
    Bar bar;
    bar.open_time = utc_from_seconds(row.getColumn(0).getInt64());
    bar.length = length;
    bar.open = row.getColumn(1).getDouble();
    bar.high = row.getColumn(2).getDouble();
    bar.low = row.getColumn(3).getDouble();
    bar.close = row.getColumn(4).getDouble();
    bar.volume = row.getColumn(5).getDouble();
    bar.trades = unknown_if_null(row.getColumn(6));
    bar.taker_buy_base = unknown_if_null(row.getColumn(7));
    return bar;
}

std::string defect_of(Bar const& bar, Seconds length, TimeRange asked) {
    if (bar.length != length) return "another bar length";
    if (bar.open_time < asked.from || bar.open_time >= asked.until)
        return "outside of the range asked for";
    if (bar.open_time.time_since_epoch() % length != Nanos{0}) return "not on its grid";
    return std::string{bar_defect(bar)};
}

} // namespace

struct KlineCache::State {
    std::string where;
    SQLite::Database database;
    std::mutex mutex{};

    explicit State(std::filesystem::path const& path)
        : where{path.string()},
          database{where, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, busy_timeout_ms} {}

    Failure failure(SQLite::Exception const& error) const {
        auto const code = error.getErrorCode();
        if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) return damaged(error.what());
        return {Fault::storage, where, fmt::format("the bar cache failed: {}", error.what())};
    }

    Failure damaged(std::string_view what) const {
        return {Fault::storage, where, fmt::format("the bar cache is damaged: {}{}", what, remedy)};
    }

    std::int64_t number(char const* sql) { return database.execAndGet(sql).getInt64(); }

    // Empty when the file may be used.
    std::optional<Failure> prepare() {
        auto const version = number("PRAGMA user_version");
        auto const id = number("PRAGMA application_id");
        auto const is_new = version == 0 && number("SELECT COUNT(*) FROM sqlite_master") == 0;
        if (!is_new && id != application_id)
            return Failure{Fault::invalid, where, "this file belongs to another program"};
        if (!is_new && version != schema_version)
            return Failure{
                Fault::invalid,
                where,
                fmt::format(
                    "the bar cache has schema {}, this polyquant knows {}{}",
                    version,
                    schema_version,
                    remedy
                )
            };
        database.exec("PRAGMA journal_mode = WAL");
        database.exec("PRAGMA synchronous = NORMAL");
        if (!is_new) return std::nullopt;
        SQLite::Transaction transaction{database, SQLite::TransactionBehavior::IMMEDIATE};
        // Another process may have been faster.
        if (number("PRAGMA user_version") == 0) {
            database.exec(schema);
            database.exec(fmt::format("PRAGMA application_id = {}", application_id));
            database.exec(fmt::format("PRAGMA user_version = {}", schema_version));
        }
        transaction.commit();
        return std::nullopt;
    }

    // Runs `work` alone, with SQLite's exceptions as failures.
    template <class T, class Work>
    Result<T> guarded(Work const& work) {
        std::scoped_lock const lock{mutex};
        try {
            return work();
        } catch (SQLite::Exception const& error) {
            return failure(error);
        }
    }

    SQLite::Statement select(std::string const& sql, Asset asset, Seconds length, TimeRange range) {
        SQLite::Statement statement{database, sql};
        statement.bind(1, symbol_of(asset));
        statement.bind(2, static_cast<std::int64_t>(length.count()));
        statement.bind(3, unix_seconds(range.from));
        statement.bind(4, unix_seconds(range.until));
        return statement;
    }

    void insert(Asset asset, std::span<Bar const> bars);
    void note_asked(Asset asset, Seconds length, TimeRange range);
};

Result<std::shared_ptr<KlineCache>> KlineCache::open(std::filesystem::path const& path) {
    if (path != ":memory:" && path.has_parent_path()) {
        std::error_code ec;
        std::filesystem::create_directories(path.parent_path(), ec);
        if (ec)
            return Failure{
                Fault::storage,
                path.string(),
                "the cache's directory cannot be made: " + ec.message()
            };
    }
    std::unique_ptr<State> state;
    try {
        state = std::make_unique<State>(path);
        if (auto refused = state->prepare()) return std::move(*refused);
    } catch (SQLite::Exception const& error) {
        if (state) return state->failure(error);
        return Failure{
            Fault::storage,
            path.string(),
            fmt::format("the bar cache cannot be opened: {}", error.what())
        };
    }
    return std::shared_ptr<KlineCache>{new KlineCache{std::move(state)}};
}

KlineCache::KlineCache(std::unique_ptr<State> state) : state_{std::move(state)} {}

KlineCache::~KlineCache() = default;

Result<std::vector<Bar>> KlineCache::bars(Asset asset, Seconds length, TimeRange range) {
    return state_->guarded<std::vector<Bar>>([&]() -> Result<std::vector<Bar>> {
        auto rows = state_->select(
            "SELECT open_time, open, high, low, close, volume, trades, taker_buy_base FROM bars "
            "WHERE symbol = ? AND length = ? AND open_time >= ? AND open_time < ? "
            "ORDER BY open_time",
            asset,
            length,
            range
        );
        std::vector<Bar> bars;
        while (rows.executeStep()) {
            auto const bar = bar_of(rows, length);
            if (auto const defect = bar_defect(bar); !defect.empty())
                return state_->damaged(fmt::format(
                    "{} {} holds an impossible bar: {}",
                    binance_symbol(asset),
                    format_utc(bar.open_time),
                    defect
                ));
            bars.push_back(bar);
        }
        return bars;
    });
}

Result<std::vector<TimeRange>> KlineCache::missing(Asset asset, Seconds length, TimeRange range) {
    return state_->guarded<std::vector<TimeRange>>([&]() -> Result<std::vector<TimeRange>> {
        auto rows = state_->select(
            "SELECT from_time, until_time FROM asked WHERE symbol = ? AND length = ? "
            "AND until_time > ? AND from_time < ? ORDER BY from_time",
            asset,
            length,
            range
        );
        std::vector<TimeRange> missing;
        auto from = range.from;
        while (rows.executeStep()) {
            auto const known = utc_from_seconds(rows.getColumn(0).getInt64());
            if (known > from) missing.push_back({from, known});
            from = std::max(from, utc_from_seconds(rows.getColumn(1).getInt64()));
        }
        if (from < range.until) missing.push_back({from, range.until});
        return missing;
    });
}

Result<std::vector<TimeRange>> KlineCache::gaps(Asset asset, Seconds length, TimeRange range) {
    return state_->guarded<std::vector<TimeRange>>([&]() -> Result<std::vector<TimeRange>> {
        auto rows = state_->select(
            "SELECT open_time FROM bars WHERE symbol = ? AND length = ? AND open_time >= ? "
            "AND open_time < ? ORDER BY open_time",
            asset,
            length,
            range
        );
        std::vector<TimeRange> gaps;
        auto next = range.from;
        while (rows.executeStep()) {
            auto const open_time = utc_from_seconds(rows.getColumn(0).getInt64());
            if (open_time > next) gaps.push_back({next, open_time});
            next = open_time + length;
        }
        if (next < range.until) gaps.push_back({next, range.until});
        return gaps;
    });
}

Result<void>
KlineCache::store(Asset asset, Seconds length, std::span<Bar const> bars, TimeRange asked) {
    for (auto const& bar : bars)
        if (auto const defect = defect_of(bar, length, asked); !defect.empty())
            return Failure{
                Fault::invalid,
                state_->where,
                fmt::format("bar of {} not stored: {}", format_utc(bar.open_time), defect)
            };
    if (asked.is_empty()) return {};
    return state_->guarded<void>([&]() -> Result<void> {
        SQLite::Transaction transaction{state_->database, SQLite::TransactionBehavior::IMMEDIATE};
        state_->insert(asset, bars);
        state_->note_asked(asset, length, asked);
        transaction.commit();
        return {};
    });
}

void KlineCache::State::insert(Asset asset, std::span<Bar const> bars) {
    SQLite::Statement insert{
        database, "INSERT OR REPLACE INTO bars VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    };
    for (auto const& bar : bars) {
        insert.bind(1, symbol_of(asset));
        insert.bind(2, static_cast<std::int64_t>(bar.length.count()));
        insert.bind(3, unix_seconds(bar.open_time));
        insert.bind(4, bar.open);
        insert.bind(5, bar.high);
        insert.bind(6, bar.low);
        insert.bind(7, bar.close);
        insert.bind(8, bar.volume);
        bind_optional(insert, 9, bar.trades);
        bind_optional(insert, 10, bar.taker_buy_base);
        insert.exec();
        insert.reset();
    }
}

// Joined with the ranges it touches, so that the table stays as small as its holes are few.
void KlineCache::State::note_asked(Asset asset, Seconds length, TimeRange range) {
    constexpr std::string_view touching =
        "FROM asked WHERE symbol = ? AND length = ? AND until_time >= ? AND from_time <= ?";
    auto from = unix_seconds(range.from);
    auto until = unix_seconds(range.until);
    auto joined = select(
        fmt::format("SELECT MIN(from_time), MAX(until_time) {}", touching), asset, length, range
    );
    if (joined.executeStep() && !joined.getColumn(0).isNull()) {
        from = std::min(from, joined.getColumn(0).getInt64());
        until = std::max(until, joined.getColumn(1).getInt64());
    }
    select(fmt::format("DELETE {}", touching), asset, length, range).exec();
    select(
        "INSERT INTO asked VALUES (?, ?, ?, ?)",
        asset,
        length,
        {utc_from_seconds(from), utc_from_seconds(until)}
    )
        .exec();
}

std::vector<TimeRange> gaps_between(std::span<Bar const> bars, Seconds length, TimeRange range) {
    std::vector<TimeRange> gaps;
    auto next = range.from;
    for (auto const& bar : bars) {
        if (bar.open_time > next) gaps.push_back({next, bar.open_time});
        next = bar.open_time + length;
    }
    if (next < range.until) gaps.push_back({next, range.until});
    return gaps;
}

} // namespace polyquant::binance
