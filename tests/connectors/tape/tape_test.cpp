#include "connectors/tape/hash64.hpp"
#include "connectors/tape/reader.hpp"
#include "connectors/tape/writer.hpp"
#include "tests/connectors/tape/records.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>
#include <rapidcheck.h>

#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace polyquant;
using namespace polyquant::tape;
using testing::bar;
using testing::change;
using testing::Scratch;
using testing::slurp;
using testing::spill;

namespace {

Metadata const metadata{"test", "nobody", "tests", {"BTC"}, "notes with \"quotes\""};

std::vector<Record> read_all(TapeReader& reader) {
    std::vector<Record> records;
    while (auto const* record = reader.next())
        records.push_back(*record);
    return records;
}

// Three blocks of four book changes each.
std::string small_tape(std::filesystem::path const& path) {
    auto writer = TapeWriter::create(path, metadata).value();
    for (int block = 0; block < 3; ++block) {
        for (int i = 0; i < 4; ++i)
            writer.append(Event{change(1000 * block + i, block, 10 + i, 5)}).value();
        writer.flush().value();
    }
    writer.close().value();
    return slurp(path);
}

// A file of `blocks` as a faulty recorder might have written them: no check of the order of times.
void write_unchecked(std::filesystem::path const& path, std::vector<std::vector<Record>> blocks) {
    std::string tape;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        auto const part = path.string() + fmt::format(".{}", i);
        auto writer = TapeWriter::create(part, metadata).value();
        for (auto const& record : blocks[i])
            writer.append(record).value();
        writer.flush().value();
        auto const bytes = slurp(part);
        tape += i == 0 ? bytes : bytes.substr(encode_file_header(to_json(metadata)).size());
    }
    spill(path, tape);
}

} // namespace

TEST_CASE("hash64 equals the published XXH64 values", "[tape][hash]") {
    CHECK(hash64("") == 0xEF46DB3751D8E999ULL);
    CHECK(hash64("a") == 0xD24EC4F1A98C6E5BULL);
    CHECK(hash64("abc") == 0x44BC2CF5AD770999ULL);
    CHECK(hash64("Nobody inspects the spammish repetition") == 0xFBCEA83C8A378BF1ULL);
}

TEST_CASE("A tape gives back what was written, with its metadata", "[tape]") {
    Scratch const scratch{"round-trip"};
    CHECK(rc::check("tape round trip", [&scratch] {
        auto const path = scratch / "t.tape";
        std::filesystem::remove(path);
        auto const kinds = testing::every_kind();
        std::vector<Record> records;
        auto at = utc_from_seconds(1'776'000'000);
        for (int i = *rc::gen::inRange(0, 40); i > 0; --i) {
            auto& record = records.emplace_back(testing::any_record(*rc::gen::elementOf(kinds)));
            at += Nanos{*rc::gen::inRange(0, 3) * 1'000'500};
            stamp_of(record).received_at = at;
        }
        auto writer = TapeWriter::create(path, metadata, {3, 200}).value();
        for (auto const& record : records)
            RC_ASSERT(writer.append(record).has_value());
        RC_ASSERT(writer.close().has_value());

        auto reader = TapeReader::open(path).value();
        RC_ASSERT(reader.metadata() == metadata);
        std::size_t defects = 0;
        for (auto const& record : records) {
            if (!content_defect(record).detail.empty()) {
                ++defects;
                continue;
            }
            auto const* read = reader.next();
            RC_ASSERT(read != nullptr);
            RC_ASSERT(testing::same(record, *read));
        }
        RC_ASSERT(reader.next() == nullptr);
        RC_ASSERT(!reader.damage().has_value());
        RC_ASSERT(
            reader.defect(DefectKind::impossible_bar).count +
                reader.defect(DefectKind::impossible_market).count ==
            defects
        );
        RC_ASSERT(reader.index().records() == records.size());
    }));
}

TEST_CASE("A tape cut anywhere is read up to the cut and says where it is", "[tape][damage]") {
    Scratch const scratch{"cut"};
    auto const whole = small_tape(scratch / "whole.tape");
    auto const index = TapeReader::open(scratch / "whole.tape").value().index();
    auto const head = index.blocks.front().offset;

    for (std::size_t size = 0; size < whole.size(); ++size) {
        INFO("cut at " << size);
        spill(scratch / "cut.tape", whole.substr(0, size));
        auto reader = TapeReader::open(scratch / "cut.tape");
        if (size < head) {
            CHECK(reader.has_error());
            continue;
        }
        REQUIRE(reader.has_value());

        auto const records = read_all(*reader);

        std::size_t complete = 0;
        std::uint64_t place = head;
        for (auto const& block : index.blocks) {
            auto const end = block.offset + block_header_size + block.header.content_size();
            if (end > size) break;
            complete += block.header.records;
            place = end;
        }
        CHECK(records.size() == complete);
        REQUIRE(reader->damage().has_value());
        CHECK(reader->damage()->offset == place);
        CHECK(
            reader->damage()->kind ==
            (place == size ? DamageKind::not_closed : DamageKind::truncated)
        );
        CHECK(reader->index().damage.has_value());
    }
}

TEST_CASE("A flipped bit anywhere is found before what it spoils is passed on", "[tape][damage]") {
    Scratch const scratch{"flip"};
    auto const whole = small_tape(scratch / "whole.tape");
    auto original = TapeReader::open(scratch / "whole.tape").value();
    auto const head = original.index().blocks.front().offset;
    auto const expected = read_all(original);

    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        INFO("bit " << bit);
        auto bytes = whole;
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
        spill(scratch / "flip.tape", bytes);
        auto reader = TapeReader::open(scratch / "flip.tape");
        if (bit / 8 < head) {
            CHECK(reader.has_error());
            continue;
        }
        REQUIRE(reader.has_value());

        auto const records = read_all(*reader);

        REQUIRE(reader->damage().has_value());
        CHECK(reader->damage()->offset <= bit / 8);
        REQUIRE(records.size() <= expected.size());
        for (std::size_t i = 0; i < records.size(); ++i)
            REQUIRE(testing::same(records[i], expected[i]));
    }
}

TEST_CASE("Bytes after the footer are reported", "[tape][damage]") {
    Scratch const scratch{"trailing"};
    auto const whole = small_tape(scratch / "whole.tape");
    spill(scratch / "long.tape", whole + "x");
    auto reader = TapeReader::open(scratch / "long.tape").value();

    auto const records = read_all(reader);

    CHECK(records.size() == 12);
    REQUIRE(reader.damage().has_value());
    CHECK(reader.damage()->kind == DamageKind::trailing);
    CHECK(reader.damage()->offset == whole.size() - footer_size);
}

TEST_CASE("A block taken out of the middle of a tape is noticed", "[tape][damage]") {
    Scratch const scratch{"removed"};
    auto const whole = small_tape(scratch / "whole.tape");
    auto const index = TapeReader::open(scratch / "whole.tape").value().index();
    auto const second = index.blocks[1].offset;
    auto const third = index.blocks[2].offset;
    spill(scratch / "short.tape", whole.substr(0, second) + whole.substr(third));
    auto reader = TapeReader::open(scratch / "short.tape").value();

    read_all(reader);

    REQUIRE(reader.damage().has_value());
    CHECK(reader.damage()->kind == DamageKind::corrupt);
}

TEST_CASE("A tape of another version is refused naming both versions", "[tape]") {
    Scratch const scratch{"version"};
    auto bytes = small_tape(scratch / "whole.tape");
    bytes[8] = 7;
    spill(scratch / "other.tape", bytes);

    auto const reader = TapeReader::open(scratch / "other.tape");

    REQUIRE(reader.has_error());
    CHECK(reader.error().detail.find("version 7") != std::string::npos);
    CHECK(reader.error().detail.find("version 1") != std::string::npos);
}

TEST_CASE("A file that is no tape is refused", "[tape]") {
    Scratch const scratch{"other"};
    spill(scratch / "text.tape", "open_time_ms,open,high\n");

    CHECK(TapeReader::open(scratch / "text.tape").error().fault == Fault::invalid);
    CHECK(TapeReader::open(scratch / "absent.tape").error().fault == Fault::invalid);
}

TEST_CASE("TapeWriter refuses a time going back and goes on without that record", "[tape]") {
    Scratch const scratch{"order"};
    auto writer = TapeWriter::create(scratch / "t.tape", metadata).value();
    writer.append(Event{change(2000, 1, 50, 5)}).value();

    auto const refused = writer.append(Event{change(1999, 1, 51, 5)});
    writer.flush().value();
    auto const refused_in_next_block = writer.append(Event{change(1999, 1, 51, 5)});
    writer.append(Event{change(2000, 1, 52, 5)}).value();
    writer.close().value();

    CHECK(refused.error().fault == Fault::invalid);
    CHECK(refused_in_next_block.error().fault == Fault::invalid);
    auto reader = TapeReader::open(scratch / "t.tape").value();
    CHECK(read_all(reader).size() == 2);
    CHECK_FALSE(reader.damage().has_value());
}

TEST_CASE("TapeWriter does not overwrite a tape", "[tape]") {
    Scratch const scratch{"exists"};
    small_tape(scratch / "t.tape");

    CHECK(TapeWriter::create(scratch / "t.tape", metadata).error().fault == Fault::storage);
}

TEST_CASE("Records whose time goes back are counted and not passed on", "[tape][defect]") {
    Scratch const scratch{"back"};
    write_unchecked(
        scratch / "t.tape",
        {{Event{change(5000, 1, 50, 5)}},
         {Event{change(4000, 1, 51, 5)}, Event{change(4500, 1, 51, 5)}},
         {Event{change(6000, 1, 52, 5)}}}
    );
    auto reader = TapeReader::open(scratch / "t.tape").value();

    auto const records = read_all(reader);

    CHECK(records.size() == 2);
    CHECK(reader.has_defects());
    auto const& defect = reader.defect(DefectKind::time_going_back);
    CHECK(defect.count == 2);
    CHECK(defect.first_record == 1);
    CHECK(defect.first_received == utc_from_millis(4000));
}

TEST_CASE("Impossible bars are counted and not passed on", "[tape][defect]") {
    Scratch const scratch{"bars"};
    auto impossible = bar(60'000, 100);
    impossible.bar.high = 90;
    auto writer = TapeWriter::create(scratch / "t.tape", metadata).value();
    writer.append(Event{bar(0, 100)}).value();
    writer.append(Event{impossible}).value();
    writer.append(Event{bar(120'000, 101)}).value();
    writer.close().value();
    auto reader = TapeReader::open(scratch / "t.tape").value();

    CHECK(read_all(reader).size() == 2);
    CHECK(reader.defect(DefectKind::impossible_bar).count == 1);
    CHECK(reader.defect(DefectKind::impossible_bar).first_record == 1);
}

TEST_CASE("A killed writer leaves every flushed record readable", "[tape][crash]") {
    Scratch const scratch{"kill"};
    auto const path = scratch / "t.tape";
    auto const child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        auto writer = TapeWriter::create(path, metadata).value();
        for (int i = 0; i < 500; ++i)
            writer.append(Event{change(i, 1, 50, i)}).value();
        writer.flush().value();
        writer.append(Event{change(900, 1, 50, 1)}).value();
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);

    auto reader = TapeReader::open(path).value();
    auto const records = read_all(reader);

    CHECK(WIFSIGNALED(status));
    CHECK(records.size() == 500);
    REQUIRE(reader.damage().has_value());
    CHECK(reader.damage()->kind == DamageKind::not_closed);
}

TEST_CASE(
    "A full disk stops the writer and leaves the tape at its last whole block", "[tape][crash]"
) {
    Scratch const scratch{"full"};
    auto const path = scratch / "t.tape";
    auto const child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        auto writer = TapeWriter::create(path, metadata).value();
        writer.append(Event{change(1, 1, 50, 5)}).value();
        writer.flush().value();
        auto const size = std::filesystem::file_size(path);
        rlimit const limit{size + 100, size + 100};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        writer.append(Event{change(2, 2, 50, 5)}).value();
        auto const full = writer.flush();
        auto const after = writer.append(Event{change(3, 2, 50, 5)});
        auto const cut = std::filesystem::file_size(path) == size;
        auto const as_expected =
            full.has_error() && full.error().fault == Fault::storage && after.has_error() && cut;
        ::_exit(as_expected ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);

    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    auto reader = TapeReader::open(path).value();
    CHECK(read_all(reader).size() == 1);
}

TEST_CASE("A tape positioned at a time jumps over earlier blocks but knows their ids", "[tape]") {
    Scratch const scratch{"seek"};
    small_tape(scratch / "t.tape");
    auto reader = TapeReader::open(scratch / "t.tape").value();

    reader.skip_blocks_before(utc_from_millis(1002), false);
    auto const records = read_all(reader);

    REQUIRE(records.size() == 8);
    CHECK(testing::same(records.front(), Event{change(1000, 1, 10, 5)}));
    CHECK(testing::same(records.back(), Event{change(2003, 2, 13, 5)}));
    CHECK_FALSE(reader.damage().has_value());
}

TEST_CASE("A reader can be moved in the middle of a block", "[tape]") {
    Scratch const scratch{"move"};
    small_tape(scratch / "t.tape");
    auto first = TapeReader::open(scratch / "t.tape").value();
    REQUIRE(first.next() != nullptr);

    auto second = std::move(first);

    CHECK(read_all(second).size() == 11);
    CHECK_FALSE(second.damage().has_value());
}
