#include "engine/ledger/ledger.hpp"

#include "engine/ledger/fact_text.hpp"
#include "engine/ledger/ledger_store.hpp"

#include <SQLiteCpp/Backup.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace polyquant::ledger {

namespace {

constexpr std::int64_t application_id = 0x50514c47; // "PQLG"

// Before SQLite touches the path, so that the file and, by SQLite's rule, the log and the index
// beside it are never readable by others, whatever the umask.
std::optional<Failure> make_private_file(std::filesystem::path const& path) {
    int const descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0 || ::fchmod(descriptor, 0600) != 0) {
        auto const code = errno;
        if (descriptor >= 0) ::close(descriptor);
        return Failure{
            Fault::storage,
            path.string(),
            fmt::format("cannot open the ledger: {}", std::strerror(code))
        };
    }
    ::close(descriptor);
    return std::nullopt;
}

int newest(std::span<Migration const> migrations) {
    return migrations.empty() ? 0 : migrations.back().version;
}

std::optional<Failure> refuse_foreign(Store& store, std::string const& where, int known) {
    auto const id = store.number("PRAGMA application_id");
    auto const version = store.number("PRAGMA user_version");
    auto const tables = store.number("SELECT COUNT(*) FROM sqlite_master");
    if (tables > 0 && id != application_id)
        return Failure{Fault::invalid, where, "this is a database of another program"};
    if (version > known)
        return Failure{
            Fault::invalid,
            where,
            fmt::format(
                "the ledger has schema {}, this polyquant knows up to {}: use a newer polyquant",
                version,
                known
            )
        };
    return std::nullopt;
}

void back_up(Store& store, std::filesystem::path const& path, std::int64_t version) {
    auto const copy = fmt::format("{}.v{}.backup", path.string(), version);
    if (auto const failure = make_private_file(copy)) throw Contradiction{failure->detail};
    SQLite::Database to{copy, SQLite::OPEN_READWRITE};
    SQLite::Backup backup{to, store.database};
    backup.executeStep(-1);
}

// The archive is read while it is booked: booking writes other tables only.
void rebuild(Store& store, std::string const& where) {
    auto const done = visit_archive(store, where, 1, [&](Fact const& fact) -> Result<void> {
        try {
            book(store, fact);
        } catch (Contradiction const& problem) {
            return Failure{
                Fault::invalid, where, fmt::format("fact {}: {}", fact.seq, problem.detail)
            };
        }
        return {};
    });
    if (!done) throw Contradiction{describe(done.error())};
}

// All missing steps in one transaction: either the new schema stands or the old file is as it was.
std::optional<Failure>
migrate(Store& store, std::filesystem::path const& path, std::span<Migration const> migrations) {
    auto const version = store.number("PRAGMA user_version");
    if (version >= newest(migrations)) return std::nullopt;
    std::string_view step = "backup";
    bool books_anew = false;
    try {
        if (version > 0) back_up(store, path, version);
        store.drop_statements();
        SQLite::Transaction transaction{store.database, SQLite::TransactionBehavior::EXCLUSIVE};
        for (auto const& migration : migrations) {
            if (migration.version <= version) continue;
            step = migration.name;
            store.database.exec(migration.sql);
            books_anew |= migration.books_anew;
        }
        if (books_anew) {
            step = "booking the archive again";
            rebuild(store, path.string());
        }
        store.database.exec(fmt::format("PRAGMA application_id = {}", application_id));
        store.database.exec(fmt::format("PRAGMA user_version = {}", newest(migrations)));
        transaction.commit();
    } catch (SQLite::Exception const& error) {
        auto failure = storage_failure(path.string(), error);
        failure.detail = fmt::format(
            "migration from schema {} failed at \"{}\", the ledger is unchanged: {}",
            version,
            step,
            failure.detail
        );
        return failure;
    } catch (Contradiction const& problem) {
        return Failure{
            Fault::storage,
            path.string(),
            fmt::format(
                "migration from schema {} failed at \"{}\", the ledger is unchanged: {}",
                version,
                step,
                problem.detail
            )
        };
    }
    return std::nullopt;
}

} // namespace

Failure storage_failure(std::string const& where, SQLite::Exception const& error) {
    auto const code = error.getErrorCode();
    auto const fault =
        code == SQLITE_CONSTRAINT || code == SQLITE_NOTADB ? Fault::invalid : Fault::storage;
    return Failure{
        fault,
        where,
        code == SQLITE_NOTADB ? std::string{"this file is no ledger"} : std::string{error.what()}
    };
}

Ledger::Ledger(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}

Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;
Ledger::~Ledger() = default;

Result<Ledger> Ledger::open(std::filesystem::path const& path, LedgerOptions const& options) {
    auto const where = path.string();
    std::optional<LedgerLock> lock;
    if (!options.read_only) {
        auto acquired = LedgerLock::acquire(where + ".lock");
        if (!acquired) return acquired.error();
        lock = std::move(*acquired);
        if (auto const failure = make_private_file(path)) return *failure;
    }
    try {
        auto const flags = options.read_only ? SQLite::OPEN_READONLY : SQLite::OPEN_READWRITE;
        auto impl = std::unique_ptr<Impl>{
            new Impl{path, options.read_only, std::move(lock), Store{path, flags}, 0, {}}
        };
        auto& store = impl->store;
        auto const known = newest(options.migrations);
        if (auto const failure = refuse_foreign(store, where, known)) return *failure;
        store.database.exec("PRAGMA foreign_keys = ON");
        if (options.read_only) {
            if (store.number("PRAGMA user_version") < known)
                return Failure{
                    Fault::invalid,
                    where,
                    "the ledger has an old schema and is read only: open it for writing once"
                };
        } else {
            store.database.exec("PRAGMA journal_mode = WAL");
            store.database.exec(
                options.durability == Durability::full ? "PRAGMA synchronous = FULL"
                                                       : "PRAGMA synchronous = NORMAL"
            );
            if (auto const failure = migrate(store, path, options.migrations)) return *failure;
            if (options.pages_max)
                store.database.exec(fmt::format("PRAGMA max_page_count = {}", *options.pages_max));
        }
        impl->applied =
            static_cast<std::uint64_t>(store.number("SELECT COALESCE(MAX(seq), 0) FROM facts"));
        return Ledger{std::move(impl)};
    } catch (SQLite::Exception const& error) {
        return storage_failure(where, error);
    }
}

std::uint64_t Ledger::applied_seq() const {
    return impl_->applied;
}

std::optional<Failure> const& Ledger::stopped_by() const {
    return impl_->stopped;
}

namespace {

// A fact that comes again must be the one we have: otherwise two histories share one ledger.
void compare_with_archive(Store& store, Fact const& fact) {
    auto& s = store.bound("SELECT utc_ns, kind, text FROM facts WHERE seq = ?", fact.seq);
    bool const same = s.executeStep() && s.getColumn(0).getInt64() == unix_nanos(fact.at) &&
                      s.getColumn(1).getString() == name_of(fact.body) &&
                      s.getColumn(2).getString() == encode(fact.body);
    s.reset();
    if (!same)
        throw Contradiction{fmt::format(
            "fact {} differs from the one in the ledger: another run's state?", fact.seq
        )};
}

} // namespace

Result<void> Ledger::apply_batch(std::span<Fact const> facts) {
    auto& self = *impl_;
    auto const where = self.path.string();
    if (self.read_only) return Failure{Fault::invalid, where, "opened read only"};
    if (self.stopped)
        return Failure{
            Fault::storage, where, "writing stopped by an earlier error: " + self.stopped->detail
        };
    auto expected = self.applied;
    for (auto const& fact : facts) {
        if (fact.seq <= expected) continue;
        if (fact.seq != expected + 1)
            return Failure{
                Fault::invalid,
                where,
                fmt::format("fact {} came after fact {}: a gap", fact.seq, expected)
            };
        ++expected;
    }
    auto const give_up = [&](Failure failure) {
        self.store.account_ids.clear();
        if (failure.fault == Fault::storage) self.stopped = failure;
        return failure;
    };
    auto last = self.applied;
    std::uint64_t current = 0;
    try {
        SQLite::Transaction transaction{
            self.store.database, SQLite::TransactionBehavior::IMMEDIATE
        };
        for (auto const& fact : facts) {
            current = fact.seq;
            if (fact.seq <= last) {
                if (fact.seq <= self.applied) compare_with_archive(self.store, fact);
                continue;
            }
            archive(self.store, fact);
            book(self.store, fact);
            last = fact.seq;
        }
        transaction.commit();
    } catch (SQLite::Exception const& error) {
        auto failure = storage_failure(where, error);
        failure.detail = fmt::format("fact {}: {}", current, failure.detail);
        return give_up(std::move(failure));
    } catch (Contradiction const& problem) {
        return give_up(
            Failure{Fault::invalid, where, fmt::format("fact {}: {}", current, problem.detail)}
        );
    }
    self.applied = last;
    return {};
}

Result<void> visit_archive(
    Store& store,
    std::string const& where,
    std::uint64_t first_seq,
    std::function<Result<void>(Fact const&)> const& visit
) {
    SQLite::Statement rows{
        store.database, "SELECT seq, utc_ns, kind, text FROM facts WHERE seq >= ? ORDER BY seq"
    };
    rows.bind(1, static_cast<std::int64_t>(first_seq));
    while (rows.executeStep()) {
        auto body = decode_fact(rows.getColumn(2).getString(), rows.getColumn(3).getString());
        auto const seq = static_cast<std::uint64_t>(rows.getColumn(0).getInt64());
        if (!body) {
            auto failure = body.error();
            failure.where = fmt::format("{}, fact {}", where, seq);
            return failure;
        }
        Fact const fact{seq, UtcTime{Nanos{rows.getColumn(1).getInt64()}}, std::move(*body)};
        if (auto done = visit(fact); !done) return done;
    }
    return {};
}

Result<void> Ledger::for_each_fact(
    std::uint64_t first_seq, std::function<Result<void>(Fact const&)> const& visit
) const {
    auto const where = impl_->path.string();
    try {
        return visit_archive(impl_->store, where, first_seq, visit);
    } catch (SQLite::Exception const& error) {
        return storage_failure(where, error);
    }
}

} // namespace polyquant::ledger
