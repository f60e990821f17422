#include "engine/runtime/journal.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <fstream>
#include <iterator>
#include <sys/resource.h>

using namespace polyquant;
using namespace polyquant::runtime;
using namespace polyquant::runtime::testing;

namespace fs = std::filesystem;

namespace {

RunIdentity const run{"9f3a", "77c0", 1, "v0.1.0"};
auto const start = utc_from_seconds(1'776'081'600);

std::string bytes_of(fs::path const& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

void write_bytes(fs::path const& path, std::string_view bytes) {
    std::ofstream{path, std::ios::binary} << bytes;
}

// Records 1..n: a reload at every third, payloads with everything that needs escaping.
Result<void> append_some(Journal& journal, int n) {
    for (auto i = 1; i <= n; ++i) {
        auto const* const kind = i % 3 == 0 ? "reload" : "decision";
        auto const payload = "btc \\ line\nend " + std::to_string(i);
        auto const at = start + Millis{i};
        if (auto seq = journal.append(at, kind, payload); !seq) return seq.error();
    }
    return journal.flush();
}

std::vector<JournalRecord> read(fs::path const& path) {
    std::vector<JournalRecord> records;
    scan_journal(path, [&](JournalRecord const& r) { records.push_back(r); }).value();
    return records;
}

// The limit applies to this process only as long as the guard lives.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        auto limited = before_;
        limited.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &limited);
    }

    FileSizeLimit(FileSizeLimit const&) = delete;
    FileSizeLimit& operator=(FileSizeLimit const&) = delete;

    ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

private:
    rlimit before_{};
};

} // namespace

TEST_CASE("A journal line can be read by eye and back", "[runtime][journal]") {
    std::string line;
    append_record_line(line, 7, start + 1ns, "order", "buy 5 @ 0.93");

    CHECK(line.starts_with("7 2026-04-13T12:00:00.000000001Z order buy 5 @ 0.93 ~"));
    CHECK(line.ends_with("\n"));
    line.pop_back();
    CHECK(parse_record_line(line) == JournalRecord{7, start + 1ns, "order", "buy 5 @ 0.93"});
    line[40] ^= 1;
    CHECK_FALSE(parse_record_line(line));
}

TEST_CASE("A journal's checksum is CRC-32C and its times are exact", "[runtime][journal]") {
    auto const checksum = [](UtcTime at, std::string_view expected_line) {
        std::string line;
        append_record_line(line, 1, at, "k", "");
        CHECK(line == expected_line);
    };

    // The checksums come from an independent bitwise computation, which gives the published check
    // value e3069283 for "123456789".
    checksum(utc_from_seconds(0), "1 1970-01-01T00:00:00.000000000Z k  ~07c064fa\n");
    checksum(utc_from_seconds(0) - 1ns, "1 1969-12-31T23:59:59.999999999Z k  ~b089cf26\n");
    checksum(start + 86'399'123'456'789ns, "1 2026-04-14T11:59:59.123456789Z k  ~4dd87df0\n");
}

TEST_CASE("A journal gives back what was written", "[runtime][journal]") {
    ScratchFolder folder;
    auto const path = folder / "run.journal";
    {
        auto journal = Journal::open(path, run).value();
        append_some(*journal, 5).value();
        CHECK(journal->records() == 5);
        CHECK(journal->sync());
    }

    auto const records = read(path);

    REQUIRE(records.size() == 5);
    CHECK(records[2] == JournalRecord{3, start + 3ms, "reload", "btc \\ line\nend 3"});
    CHECK(scan_journal(path, {}).value().identity == run);
}

TEST_CASE("Two equal runs write equal bytes", "[runtime][journal]") {
    ScratchFolder folder;
    for (auto const* name : {"a", "b"})
        append_some(*Journal::open(folder / name, run).value(), 50).value();

    CHECK(bytes_of(folder / "a") == bytes_of(folder / "b"));
}

TEST_CASE("A journal cut at any byte recovers a prefix of whole records", "[runtime][journal]") {
    ScratchFolder folder;
    auto const path = folder / "run.journal";
    append_some(*Journal::open(path, run).value(), 6).value();
    auto const whole = bytes_of(path);
    auto const records = read(path);

    for (std::size_t length = 0; length <= whole.size(); ++length) {
        INFO("cut at byte " << length);
        write_bytes(path, whole.substr(0, length));
        auto const lines = static_cast<std::size_t>(
            std::count(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length), '\n')
        );
        auto const whole_end = length == 0 ? 0 : whole.substr(0, length).rfind('\n') + 1;
        {
            auto const journal = Journal::open(path, run).value();
            REQUIRE(journal->existing() == (lines == 0 ? 0 : lines - 1));
            REQUIRE(journal->torn_tail().has_value() == (whole_end != length));
            if (journal->torn_tail()) {
                REQUIRE(journal->torn_tail()->offset == whole_end);
                REQUIRE(journal->torn_tail()->bytes == length - whole_end);
            }
        }
        auto const kept = read(path);
        REQUIRE(kept.size() == (lines == 0 ? 0 : lines - 1));
        REQUIRE(std::equal(kept.begin(), kept.end(), records.begin()));

        auto const journal = Journal::open(path, run).value();
        REQUIRE(append_some(*journal, 6));
        REQUIRE(bytes_of(path) == whole);
    }
}

TEST_CASE("A journal with a damaged byte never gives a wrong record", "[runtime][journal]") {
    ScratchFolder folder;
    auto const path = folder / "run.journal";
    append_some(*Journal::open(path, run).value(), 4).value();
    auto const whole = bytes_of(path);
    auto const records = read(path);
    auto refused = 0;

    for (std::size_t i = 0; i < whole.size(); ++i) {
        INFO("damaged byte " << i);
        auto damaged = whole;
        damaged[i] ^= 4;
        write_bytes(path, damaged);
        std::vector<JournalRecord> kept;
        auto const scan = scan_journal(path, [&](JournalRecord const& r) { kept.push_back(r); });
        REQUIRE(std::equal(kept.begin(), kept.end(), records.begin()));
        if (scan)
            REQUIRE((scan->torn && kept.size() < records.size()));
        else
            ++refused;
    }

    CHECK(refused > 200);
}

TEST_CASE("A corrupt middle is refused with its offset and left alone", "[runtime][journal]") {
    ScratchFolder folder;
    auto const path = folder / "run.journal";
    append_some(*Journal::open(path, run).value(), 4).value();
    auto damaged = bytes_of(path);
    auto const second = damaged.find("\n2 ") + 1;
    damaged[second + 20] ^= 1;
    write_bytes(path, damaged);

    auto const opened = Journal::open(path, run);

    REQUIRE(opened.has_error());
    CHECK(opened.error().fault == Fault::parse);
    CHECK_THAT(
        opened.error().detail, Catch::Contains("corrupt at byte " + std::to_string(second) + ":")
    );
    CHECK(bytes_of(path) == damaged);
}

TEST_CASE("A missing record in the middle is refused", "[runtime][journal]") {
    ScratchFolder folder;
    auto const path = folder / "run.journal";
    append_some(*Journal::open(path, run).value(), 4).value();
    auto bytes = bytes_of(path);
    auto const second = bytes.find("\n2 ") + 1;
    bytes.erase(second, bytes.find('\n', second) + 1 - second);
    write_bytes(path, bytes);

    auto const opened = Journal::open(path, run);

    REQUIRE(opened.has_error());
    CHECK_THAT(opened.error().detail, Catch::Contains("record 2 expected, 3 found"));
}

TEST_CASE("A journal refuses what is not its own", "[runtime][journal]") {
    ScratchFolder folder;
    auto const path = folder / "run.journal";
    auto const refusal = [&](RunIdentity const& identity) {
        auto const opened = Journal::open(path, identity);
        REQUIRE(opened.has_error());
        return describe(opened.error());
    };

    SECTION("another run") {
        append_some(*Journal::open(path, run).value(), 1).value();
        auto other = run;
        other.seed = 2;

        CHECK_THAT(refusal(other), Catch::Contains("seed is 1 there and 2 now"));
        other = run;
        other.config_hash = "beef";
        CHECK_THAT(refusal(other), Catch::Contains("config is 9f3a there and beef now"));
    }
    SECTION("another kind of file, with or without a line feed") {
        write_bytes(path, GENERATE("[scalp]\nedge = 3\n", "precious"));
        auto const before = bytes_of(path);

        CHECK_THAT(refusal(run), Catch::Contains("not a polyquant journal"));
        CHECK(bytes_of(path) == before);
    }
    SECTION("a version of the future") {
        write_bytes(path, "polyquant-journal 2 something=else ~00000000\n");

        CHECK_THAT(refusal(run), Catch::Contains("version 2"));
    }
    SECTION("a second writer") {
        auto const first = Journal::open(path, run).value();

        CHECK_THAT(refusal(run), Catch::Contains("another process"));
    }
    SECTION("a folder that does not exist") {
        auto const opened = Journal::open(folder / "no" / "run.journal", run);

        REQUIRE(opened.has_error());
        CHECK(opened.error().fault == Fault::storage);
    }
    SECTION("an identity with blanks") {
        auto other = run;
        other.code_version = "v 1";

        CHECK_THAT(refusal(other), Catch::Contains("no blanks"));
    }
}

TEST_CASE("A run executed again is compared and then continued", "[runtime][journal]") {
    ScratchFolder folder;
    auto const path = folder / "run.journal";
    append_some(*Journal::open(path, run).value(), 4).value();
    auto const first_four = bytes_of(path);

    auto const journal = Journal::open(path, run).value();
    CHECK(journal->is_re_executing());
    append_some(*journal, 4).value();
    CHECK_FALSE(journal->is_re_executing());
    CHECK(bytes_of(path) == first_four);
    CHECK(journal->append(start + 5ms, "decision", "new").value() == 5);
    journal->flush().value();

    CHECK(bytes_of(path).starts_with(first_four));
    CHECK(read(path).size() == 5);
}

TEST_CASE("A run that differs when executed again is refused for good", "[runtime][journal]") {
    ScratchFolder folder;
    auto const path = folder / "run.journal";
    append_some(*Journal::open(path, run).value(), 4).value();
    auto const before = bytes_of(path);
    auto const journal = Journal::open(path, run).value();
    append_some(*journal, 1).value();

    auto const differs = journal->append(start + 2ms, "decision", "something else");

    REQUIRE(differs.has_error());
    CHECK(differs.error().fault == Fault::invalid);
    CHECK_THAT(differs.error().detail, Catch::Contains("at record 2"));
    CHECK_THAT(differs.error().detail, Catch::Contains("end 2 ~"));
    CHECK_THAT(differs.error().detail, Catch::Contains("something else ~"));
    CHECK_FALSE(journal->append(start + 2ms, "decision", "btc \\ line\nend 2"));
    CHECK(bytes_of(path) == before);
}

TEST_CASE("Control inputs can be read back before a run is executed again", "[runtime][journal]") {
    ScratchFolder folder;
    auto const path = folder / "run.journal";
    append_some(*Journal::open(path, run).value(), 7).value();
    auto const journal = Journal::open(path, run).value();

    auto const reloads = journal->records_of("reload").value();

    REQUIRE(reloads.size() == 2);
    CHECK(reloads[0].seq == 3);
    CHECK(reloads[1].seq == 6);
    CHECK(append_some(*journal, 7));
}

TEST_CASE("A journal on a full disk is refused when it is opened", "[runtime][journal]") {
    if (!fs::exists("/dev/full")) return;

    auto const opened = Journal::open("/dev/full", run);

    REQUIRE(opened.has_error());
    CHECK(opened.error().fault == Fault::storage);
    CHECK_THAT(opened.error().detail, Catch::Contains("No space left"));
}

TEST_CASE(
    "A journal that cannot write refuses everything and recovers later", "[runtime][journal]"
) {
    ScratchFolder folder;
    auto const path = folder / "run.journal";
    {
        FileSizeLimit const limit{1000};
        auto const journal = Journal::open(path, run).value();

        auto const written = append_some(*journal, 40);

        REQUIRE(written.has_error());
        CHECK(written.error().fault == Fault::storage);
        CHECK_THAT(written.error().detail, Catch::Contains("File too large"));
        CHECK_FALSE(journal->append(start, "decision", "x"));
        CHECK_FALSE(journal->sync());
    }
    CHECK(bytes_of(path).size() == 1000);

    auto const journal = Journal::open(path, run).value();

    CHECK(journal->torn_tail());
    CHECK(journal->existing() > 5);
    CHECK(append_some(*journal, 40));
    CHECK(read(path).size() == 40);
}

TEST_CASE("Long records cross the reader's blocks", "[runtime][journal]") {
    ScratchFolder folder;
    auto const path = folder / "run.journal";
    {
        auto const journal = Journal::open(path, run).value();
        for (std::size_t i = 1; i <= 20; ++i)
            journal->append(start, "blob", std::string(i * 9'973, 'x')).value();
    }

    auto const records = read(path);

    REQUIRE(records.size() == 20);
    CHECK(records[19].payload.size() == 20 * 9'973);
}
