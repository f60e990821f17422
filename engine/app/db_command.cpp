#include "engine/app/db_command.hpp"

#include "connectors/json/writer.hpp"
#include "engine/app/exit_code.hpp"
#include "engine/app/open_ledger.hpp"

#include <CLI/CLI.hpp>
#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>

#include <ostream>
#include <sys/stat.h>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;

constexpr int busy_wait_ms = 5'000; // a writer commits in milliseconds

struct DbOptions {
    fs::path run;
    fs::path target;
    bool json = false;
};

fs::path file_of(fs::path const& run) {
    return fs::is_directory(run) ? run / "ledger.sqlite" : run;
}

Failure storage(fs::path const& file, std::string what) {
    return {Fault::storage, file.string(), std::move(what)};
}

Result<std::int64_t> schema_of(fs::path const& file) {
    try {
        SQLite::Database database{file.string(), SQLite::OPEN_READONLY, busy_wait_ms};
        return database.execAndGet("PRAGMA user_version").getInt64();
    } catch (SQLite::Exception const& error) {
        return storage(file, error.what());
    }
}

// What SQLite finds wrong with the file itself; empty: nothing.
Result<std::vector<std::string>> page_problems(fs::path const& file) {
    try {
        SQLite::Database database{file.string(), SQLite::OPEN_READONLY, busy_wait_ms};
        SQLite::Statement query{database, "PRAGMA integrity_check(20)"};
        std::vector<std::string> problems;
        while (query.executeStep())
            if (auto text = query.getColumn(0).getString(); text != "ok")
                problems.push_back(std::move(text));
        return problems;
    } catch (SQLite::Exception const& error) {
        return storage(file, error.what());
    }
}

// SQLite's own online copy: one moment of the file, whatever a writer does meanwhile.
Result<void> copy_database(fs::path const& from, fs::path const& to) {
    auto const beside = fs::path{to.string() + ".part"};
    std::error_code ignored;
    fs::remove(beside, ignored);
    auto const mask = ::umask(0077); // balances are nobody else's business
    try {
        SQLite::Database source{from.string(), SQLite::OPEN_READONLY, busy_wait_ms};
        SQLite::Database target{beside.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
        SQLite::Backup backup{target, source};
        backup.executeStep(-1);
    } catch (SQLite::Exception const& error) {
        ::umask(mask);
        fs::remove(beside, ignored);
        return storage(from, error.what());
    }
    ::umask(mask);
    auto const damaged = page_problems(beside);
    if (!damaged || !damaged->empty()) {
        fs::remove(beside, ignored);
        if (!damaged) return damaged.error();
        return storage(from, "the copy is damaged: " + damaged->front());
    }
    std::error_code error;
    fs::rename(beside, to, error);
    if (error) return storage(to, error.message());
    return {};
}

struct Answer {
    bool ok = true;
    std::vector<std::pair<std::string, std::string>> facts;
    std::vector<std::string> problems;
};

Result<Answer> check(fs::path const& file) {
    Answer answer;
    auto pages = page_problems(file);
    if (!pages) return pages.error();
    answer.problems = std::move(*pages);
    if (answer.problems.empty()) {
        auto const book = open_ledger(file);
        if (!book) return book.error();
        auto problems = book->check();
        if (!problems) return problems.error();
        answer.problems = std::move(*problems);
        auto const digest = book->content_digest();
        if (!digest) return digest.error();
        answer.facts = {{"facts", std::to_string(book->applied_seq())}, {"digest", *digest}};
    }
    answer.ok = answer.problems.empty();
    return answer;
}

Result<Answer> backup(fs::path const& file, fs::path const& target) {
    if (fs::exists(target))
        return Failure{Fault::invalid, target.string(), "exists already; name a new file"};
    auto const copied = copy_database(file, target);
    if (!copied) return copied.error();
    auto answer = check(target);
    if (answer) answer->facts.insert(answer->facts.begin(), {"copy", target.string()});
    return answer;
}

Result<Answer> migrate(fs::path const& file) {
    auto const before = schema_of(file);
    if (!before) return before.error();
    Answer answer;
    auto const newest = ledger::ledger_migrations().back().version;
    if (*before < newest) {
        auto const copy = fs::path{fmt::format("{}.schema-{}", file.string(), *before)};
        if (auto const copied = copy_database(file, copy); !copied) return copied.error();
        answer.facts.push_back({"copy", copy.string()});
        auto const opened = ledger::Ledger::open(file, {}); // takes the lock and migrates
        if (!opened) return opened.error();
    }
    auto const after = schema_of(file);
    if (!after) return after.error();
    answer.facts.push_back({"schema_before", std::to_string(*before)});
    answer.facts.push_back({"schema", std::to_string(*after)});
    return answer;
}

void print(Answer const& answer, bool as_json, std::ostream& out) {
    if (!as_json) {
        for (auto const& problem : answer.problems)
            out << problem << '\n';
        out << answer.problems.size() << " problems";
        for (auto const& [name, value] : answer.facts)
            out << "; " << name << ' ' << value;
        out << '\n';
        return;
    }
    json::Writer writer;
    writer.begin_object().flag("ok", answer.ok);
    for (auto const& [name, value] : answer.facts)
        writer.text(name, value);
    writer.key("problems").begin_array();
    for (auto const& problem : answer.problems)
        writer.text(problem);
    writer.end_array().end_object();
    out << writer.take() << '\n';
}

} // namespace

int run_db(std::vector<std::string> const& args, std::ostream& out, std::ostream& err) {
    CLI::App app{"The ledger's file: copy, verify, bring up to date", "polyquant db"};
    app.require_subcommand(1);
    DbOptions options;
    auto const add = [&](char const* name, char const* what) {
        auto* const command = app.add_subcommand(name, what);
        command->add_option("run", options.run, "The run's directory, or its ledger file")
            ->required()
            ->check(CLI::ExistingPath);
        command->add_flag("--json", options.json, "As one JSON object");
        return command;
    };
    auto* const to_file = add("backup", "A verified copy, beside a running engine too");
    to_file->add_option("file", options.target, "The copy; must not exist")->required();
    auto* const verify = add("check", "Verify the file's pages, then the books");
    add("migrate", "Bring a stopped run's ledger to the newest schema; keeps a copy");
    try {
        // CLI11 takes its arguments from the end.
        app.parse(std::vector<std::string>{args.rbegin(), args.rend()});
    } catch (CLI::ParseError const& error) {
        auto const answered = app.exit(error, out, err) == 0;
        return code(answered ? ExitCode::ok : ExitCode::usage);
    }
    auto const file = file_of(options.run);
    auto const answer = *to_file  ? backup(file, options.target)
                        : *verify ? check(file)
                                  : migrate(file);
    if (!answer) {
        err << describe(answer.error()) << '\n';
        auto const is_storage = answer.error().fault == Fault::storage;
        return code(is_storage ? ExitCode::storage : ExitCode::usage);
    }
    print(*answer, options.json, out);
    return code(answer->ok ? ExitCode::ok : ExitCode::failed);
}

} // namespace polyquant::app
