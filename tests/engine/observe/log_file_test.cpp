#include "engine/observe/log_file.hpp"
#include "engine/observe/retention.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <zlib.h>

using namespace polyquant;
using namespace polyquant::observe;

namespace fs = std::filesystem;

namespace {

constexpr auto now = utc_from_seconds(1'800'000'000);

std::string read(fs::path const& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::string unpacked(fs::path const& path) {
    auto* const file = ::gzopen(path.c_str(), "rb");
    std::string text(100'000, '\0');
    text.resize(static_cast<std::size_t>(::gzread(file, text.data(), 100'000)));
    ::gzclose(file);
    return text;
}

StoredFile stored(char const* name, Seconds age, std::uintmax_t bytes = 10) {
    return {name, bytes, now - age};
}

std::vector<std::string> names(std::vector<StoredFile> const& files) {
    std::vector<std::string> all;
    for (auto const& file : files)
        all.push_back(file.path.string());
    return all;
}

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("Log lines are JSON whatever is said", "[observe][log]") {
    CHECK(
        log_line(now, LogLevel::info, "a \"b\" \\ \n\x01 caf\xC3\xA9 \xFF") ==
        "{\"at\":\"2027-01-15T08:00:00Z\",\"level\":\"info\","
        "\"text\":\"a \\\"b\\\" \\\\ \\u000a\\u0001 caf\xC3\xA9 ?\"}"
    );
}

TEST_CASE("A line's first words say how grave it is", "[observe][log]") {
    CHECK(level_of("ALARM books differ") == LogLevel::error);
    CHECK(level_of("ALERT CRITICAL engine_stuck") == LogLevel::error);
    CHECK(level_of("ALERT WARNING breaker_open") == LogLevel::warning);
    CHECK(level_of("clob breaker open") == LogLevel::warning);
    CHECK(level_of("clob breaker closed") == LogLevel::info);
}

TEST_CASE("A log goes on where the last start left it, for its owner's eyes", "[observe][log]") {
    runtime::testing::ScratchFolder const folder;
    for (auto const* text : {"one", "two"})
        REQUIRE(LogFile::open(folder / "", {}).value().write(now, LogLevel::info, text));

    auto const path = folder / "polyquant.jsonl";

    CHECK(
        read(path) ==
        log_line(now, LogLevel::info, "one") + "\n" + log_line(now, LogLevel::info, "two") + "\n"
    );
    struct stat status{};
    ::stat(path.c_str(), &status);
    CHECK((status.st_mode & 0777U) == 0600U);
}

TEST_CASE("A full log is compressed, and only so many are kept", "[observe][log]") {
    runtime::testing::ScratchFolder const folder;
    LogFile::Options options;
    options.bytes_max = 200;
    options.files_kept = 3;
    auto log = LogFile::open(folder / "", options).value();

    for (int i = 0; i < 40; ++i)
        REQUIRE(log.write(now + Seconds{i}, LogLevel::info, "line " + std::to_string(i)));

    auto const packed = stored_files(folder / "", "polyquant-", ".jsonl.gz");
    REQUIRE(packed.size() == 3);
    CHECK(unpacked(packed.back().path).find("line 3") != std::string::npos);
    CHECK(read(log.path()).find("line 39") != std::string::npos);
    CHECK(fs::file_size(log.path()) <= 200);
}

TEST_CASE(
    "A log whose folder has gone says so, and writes again when it is back", "[observe][log]"
) {
    runtime::testing::ScratchFolder const folder;
    fs::create_directory(folder / "run");
    LogFile::Options options;
    options.bytes_max = 100;
    auto log = LogFile::open(folder / "run", options).value();
    REQUIRE(log.write(now, LogLevel::info, "before"));
    fs::rename(folder / "run", folder / "away");

    auto const lost = log.write(now, LogLevel::info, "a line long enough to turn the file over");
    fs::rename(folder / "away", folder / "run");
    auto const again = log.write(now, LogLevel::info, "after");

    CHECK_FALSE(lost);
    CHECK(again);
}

TEST_CASE("What is too old goes, the newest never", "[observe][retention]") {
    std::vector const files{
        stored("a", Seconds{900}), stored("b", Seconds{800}), stored("c", Seconds{700})
    };
    KeepRules rules;
    rules.age_max = Seconds{100};

    CHECK(names(expired(files, rules, now)) == Names{"a"});
    rules.newest_kept = 0;
    CHECK(names(expired(files, rules, now)) == Names{"a", "b", "c"});
    rules.in_use_since = now - Seconds{800};
    CHECK(names(expired(files, rules, now)) == Names{"a"});
    rules.age_max.reset();
    CHECK(expired(files, rules, now).empty());
}

TEST_CASE("Where the disk is short the oldest go until there is room", "[observe][retention]") {
    std::vector const files{
        stored("a", Seconds{9}, 100),
        stored("b", Seconds{8}, 100),
        stored("c", Seconds{7}, 100),
        stored("d", Seconds{6}, 100)
    };
    KeepRules rules;
    rules.newest_kept = 1;
    rules.bytes_to_free = 150;

    CHECK(names(expired(files, rules, now)) == Names{"a", "b"});
    rules.bytes_to_free = 10'000;
    CHECK(names(expired(files, rules, now)) == Names{"a", "b", "c"});
}
