#include "connectors/tape/reader.hpp"
#include "connectors/tape/tape_command.hpp"
#include "connectors/tape/writer.hpp"
#include "tests/connectors/tape/records.hpp"
#include "tests/support/catch.hpp"

#include <boost/json.hpp>

#include <sstream>
#include <zlib.h>

using namespace polyquant;
using namespace polyquant::tape;
using testing::Scratch;
using testing::spill;

namespace {

struct Run {
    int code = 0;
    std::string out;
    std::string err;
};

Run run(std::vector<std::string> const& args) {
    std::ostringstream out;
    std::ostringstream err;
    auto const code = run_tape_command(args, out, err);
    return {code, out.str(), err.str()};
}

bool has(std::string const& text, std::string const& part) {
    return text.find(part) != std::string::npos;
}

std::string const bar_header =
    "open_time_ms,open,high,low,close,volume,close_time_ms,quote_volume,trades,taker_buy_base,"
    "taker_buy_quote\n";

std::string bar_rows(int from_minute, int to_minute) {
    std::string rows;
    for (int i = from_minute; i < to_minute; ++i)
        rows += std::to_string(i * 60'000) + ",2,3,1,2.5,7,,,,,\n";
    return rows;
}

std::string gzip(Scratch const& scratch, std::string const& text) {
    auto const path = scratch / "packed";
    auto* file = gzopen(path.c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    return testing::slurp(path);
}

} // namespace

TEST_CASE("tape import merges several files of bars into one tape", "[tape][command]") {
    Scratch const scratch{"import-bars"};
    spill(scratch / "BTCUSDT-1m-a.csv", bar_header + bar_rows(1, 5));
    spill(scratch / "BTCUSDT-1m-b.csv.gz", gzip(scratch, bar_header + bar_rows(4, 8)));
    spill(scratch / "ETHUSDT-1m-a.csv", bar_header + bar_rows(1, 5));

    auto const result = run(
        {"import",
         "--kind",
         "bars",
         scratch / "BTCUSDT-1m-a.csv",
         scratch / "BTCUSDT-1m-b.csv.gz",
         scratch / "ETHUSDT-1m-a.csv",
         "-o",
         scratch / "t.tape"}
    );

    INFO(result.out << result.err);
    CHECK(result.code == tape_fine);
    CHECK(has(result.out, "1 bars were in more than one input"));
    auto reader = TapeReader::open(scratch / "t.tape").value();
    std::uint64_t records = 0;
    while (reader.next() != nullptr)
        ++records;
    CHECK(records == 2 * (7 + 4));
    CHECK_FALSE(reader.damage().has_value());
    CHECK(reader.metadata().symbols == std::vector<std::string>{"BTCUSDT 60s", "ETHUSDT 60s"});
    CHECK(has(reader.metadata().created_by, "polyquant tape import --kind bars"));
}

TEST_CASE("tape import takes only the assets asked for", "[tape][command]") {
    Scratch const scratch{"import-assets"};
    spill(scratch / "BTCUSDT-1m-a.csv", bar_header + bar_rows(1, 5));
    spill(scratch / "ETHUSDT-1m-a.csv", bar_header + bar_rows(1, 3));

    auto const result = run(
        {"import",
         "--kind",
         "bars",
         "--assets",
         "eth",
         scratch / "BTCUSDT-1m-a.csv",
         scratch / "ETHUSDT-1m-a.csv",
         "-o",
         scratch / "t.tape"}
    );

    CHECK(result.code == tape_fine);
    CHECK(has(result.out, "t.tape: 4 records"));
}

TEST_CASE("tape import with bad rows writes the good ones and exits with 1", "[tape][command]") {
    Scratch const scratch{"import-bad"};
    spill(scratch / "BTCUSDT-1m-a.csv", bar_header + bar_rows(1, 5) + "oops\n");

    auto const result =
        run({"import", "--kind", "bars", scratch / "BTCUSDT-1m-a.csv", "-o", scratch / "t.tape"});

    CHECK(result.code == tape_defective);
    CHECK(has(result.out, "1 x wrong number of columns, first in line 6: oops"));
    CHECK(TapeReader::open(scratch / "t.tape").value().index().records() == 8);
}

TEST_CASE("tape import of an archive cut off writes nothing and says so", "[tape][command]") {
    Scratch const scratch{"import-cut"};
    std::string rows;
    for (int i = 1; i < 5000; ++i)
        rows += std::to_string(i * 60'000) + "," + std::to_string(i) + ",9999,0.5,2.5,7,,,,,\n";
    auto const packed = gzip(scratch, bar_header + rows);
    spill(scratch / "BTCUSDT-1m-a.csv.gz", packed.substr(0, packed.size() / 2));

    auto const result =
        run({"import", "--kind", "bars", scratch / "BTCUSDT-1m-a.csv.gz", "-o", scratch / "t.tape"}
        );

    CHECK(result.code == tape_usage);
    CHECK(has(result.err, "damaged after row"));
    CHECK_FALSE(std::filesystem::exists(scratch / "t.tape"));
    CHECK_FALSE(std::filesystem::exists(scratch / "t.tape.partial"));
}

TEST_CASE("tape import does not replace a tape unless told to", "[tape][command]") {
    Scratch const scratch{"import-force"};
    spill(scratch / "BTCUSDT-1m-a.csv", bar_header + bar_rows(1, 5));
    std::vector<std::string> args{
        "import", "--kind", "bars", scratch / "BTCUSDT-1m-a.csv", "-o", scratch / "t.tape"
    };
    REQUIRE(run(args).code == tape_fine);

    auto const again = run(args);
    args.emplace_back("--force");

    CHECK(again.code == tape_usage);
    CHECK(has(again.err, "--force"));
    CHECK(run(args).code == tape_fine);
}

TEST_CASE("tape import of books asks for the coverage it needs", "[tape][command]") {
    Scratch const scratch{"import-coverage"};
    spill(
        scratch / "deltas.csv",
        "recv_ms,exch_ms,slot_start_sec,asset_id,kind,side,price,size\n"
        "1776081700000,1776081700000,1776081600,1,S,,,\n"
        "1776081700000,1776081700000,1776081600,1,S,B,0.48,100\n"
    );
    std::vector<std::string> args{
        "import", "--kind", "book", scratch / "deltas.csv", "-o", scratch / "t.tape"
    };

    auto const without = run(args);
    args.insert(args.end(), {"--assume-side", "down", "--fee-rate", "0.07"});
    auto const assumed = run(args);

    CHECK(without.code == tape_usage);
    CHECK(has(without.err, "--coverage"));
    INFO(assumed.out << assumed.err);
    CHECK(assumed.code == tape_fine);
    auto reader = TapeReader::open(scratch / "t.tape").value();
    auto const* first = reader.next();
    REQUIRE(first != nullptr);
    CHECK(std::get<MarketListed>(std::get<Event>(*first)).market.fee == FeeSchedule{70'000, 1});
}

TEST_CASE("tape names what is wrong with its arguments", "[tape][command]") {
    CHECK(run({}).code == tape_usage);
    CHECK(run({"--help"}).code == tape_fine);
    CHECK(run({"import", "--kind", "songs", "a", "-o", "b"}).code == tape_usage);
    CHECK(run({"info", "/nowhere/t.tape"}).code == tape_usage);
    auto const bad_time = run({"import", "--kind", "bars", "a", "-o", "b", "--from", "yesterday"});
    CHECK(bad_time.code == tape_usage);
    CHECK(has(bad_time.err, "--from"));
    auto const bad_asset = run({"import", "--kind", "bars", "a", "-o", "b", "--assets", "doge"});
    CHECK(has(bad_asset.err, "doge"));
    auto const backwards = run(
        {"import", "--kind", "bars", "a", "-o", "b", "--from", "2026-02-02", "--to", "2026-01-01"}
    );
    CHECK(has(backwards.err, "not before --to"));
}

TEST_CASE("tape info counts missing bars and silent books", "[tape][command]") {
    Scratch const scratch{"info"};
    auto writer = TapeWriter::create(scratch / "t.tape", {}).value();
    auto const at = [](int s) {
        return utc_from_seconds(1'776'081'600 + s);
    };
    Market market;
    market.slug = "btc-updown-5m-1776081600";
    market.window = {at(0), Seconds{300}};
    market.up = testing::token(1);
    market.down = testing::token(2);
    writer.append(Event{MarketListed{{at(1), at(1), 0}, market}}).value();
    BookSnapshot const book{
        {at(1), at(1), 0}, testing::token(1), {{cents(48), shares(1)}}, {{cents(52), shares(1)}}
    };
    writer.append(Event{book}).value();
    for (int s = 5; s < 300; s += s == 100 ? 25 : 5) {
        auto one = testing::change(0, 1, 48, s);
        one.at = {at(s), at(s), 0};
        writer.append(Event{one}).value();
    }
    for (int minute : {10, 11, 14}) {
        auto bar = testing::bar((1'776'081'600 + minute * 60) * 1000LL, 100);
        writer.append(Event{bar}).value();
    }
    writer.close().value();

    auto const text = run({"info", scratch / "t.tape"});
    auto const json = run({"info", "--json", scratch / "t.tape"});

    CHECK(text.code == tape_fine);
    CHECK(has(text.out, "3 from 2026-04-13T12:10:00Z to 2026-04-13T12:15:00Z, 2 missing"));
    CHECK(has(text.out, "live 284 s, of the last minute 60 s, 1 silences, 0 times crossed"));
    CHECK(has(text.out, "1 markets, 1 usable"));
    auto const object = boost::json::parse(json.out).as_object();
    CHECK(object.at("counts").as_object().at("bar_update").to_number<int>() == 3);
    CHECK(object.at("bars").as_array()[0].as_object().at("missing").to_number<int>() == 2);
    auto const& silences = object.at("markets").as_array()[0].as_object().at("silences").as_array();
    REQUIRE(silences.size() == 1);
    CHECK(silences[0].as_object().at("from").as_string() == "2026-04-13T12:01:40Z");
}

TEST_CASE("tape info and cat of a torn tape exit with 1 and name the place", "[tape][command]") {
    Scratch const scratch{"torn"};
    auto writer = TapeWriter::create(scratch / "t.tape", {}).value();
    writer.append(Event{testing::change(1000, 1, 48, 5)}).value();
    writer.append(Event{testing::change(2000, 1, 49, 5)}).value();
    writer.close().value();
    auto const whole = testing::slurp(scratch / "t.tape");
    spill(scratch / "t.tape", whole.substr(0, whole.size() - footer_size));
    auto const place = std::to_string(whole.size() - footer_size);

    auto const info = run({"info", scratch / "t.tape"});
    auto const cat = run({"cat", scratch / "t.tape"});

    CHECK(info.code == tape_defective);
    CHECK(has(info.out, "not_closed at byte " + place));
    CHECK(cat.code == tape_defective);
    CHECK(has(cat.err, "not_closed at byte " + place));
    CHECK(has(cat.out, "2 1970-01-01T00:00:02Z book_change"));
    CHECK(has(cat.out, "3 1970-01-01T00:00:02Z feed_state"));
}

TEST_CASE("tape cat stops at its limit", "[tape][command]") {
    Scratch const scratch{"cat"};
    auto writer = TapeWriter::create(scratch / "t.tape", {}).value();
    for (int i = 0; i < 10; ++i)
        writer.append(Event{testing::change(1000 + i, 1, 48, 5)}).value();
    writer.close().value();

    auto const result = run({"cat", "--limit", "3", scratch / "t.tape"});

    CHECK(result.code == tape_fine);
    CHECK(std::ranges::count(result.out, '\n') == 3);
}
