#include "models/window/bar_file.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <fstream>
#include <unistd.h>

using namespace polyquant;
using namespace polyquant::models::window;

namespace {

class TempFile {
public:
    TempFile(std::string const& name, std::string const& text)
        : folder_{
              std::filesystem::temp_directory_path() /
              ("polyquant-bar-file-test-" + std::to_string(::getpid()))
          } {
        std::filesystem::create_directories(folder_);
        path_ = folder_ / name;
        std::ofstream{path_} << text;
    }

    ~TempFile() { std::filesystem::remove(path_); }

    std::filesystem::path const& path() const { return path_; }

    std::filesystem::path const& folder() const { return folder_; }

private:
    std::filesystem::path folder_;
    std::filesystem::path path_;
};

std::string const header = "open_time_ms,open,high,low,close,volume,close_time_ms,quote_volume,"
                           "trades,taker_buy_base,taker_buy_quote\n";

} // namespace

TEST_CASE("Bar file keeps blank trade counts as NaN and full ones as numbers", "[models][window]") {
    TempFile const file{
        "ETHUSDT-1m-a.csv",
        header + "1704067200000,10,12,9,11,5.5,,,,,\n"
                 "1704067260000,11,12,10,10.5,2,1704067319999,21,7,1.25,13\r\n"
    };

    auto const bars = read_bar_file(file.path(), Seconds{60}).value();

    REQUIRE(bars.size() == 2);
    CHECK(bars[0].high == 12);
    CHECK(std::isnan(bars[0].trades));
    CHECK(bars[1].trades == 7);
    CHECK(bars[1].taker_buy_base == 1.25);
    CHECK(bars[1].open_time == utc_from_seconds(1704067260));
}

TEST_CASE("Bar file names the line of an impossible bar", "[models][window]") {
    TempFile const crossed{"XRPUSDT-1m-b.csv", header + "1704067200000,10,9,12,11,5,,,,,\n"};
    TempFile const backwards{
        "XRPUSDT-1m-c.csv",
        header + "1704067260000,10,12,9,11,5,,,,,\n1704067200000,10,12,9,11,5,,,,,\n"
    };

    CHECK(read_bar_file(crossed.path(), Seconds{60}).error().where.ends_with(":2"));
    CHECK(read_bar_file(backwards.path(), Seconds{60}).error().where.ends_with(":3"));
    CHECK(read_bar_file("/nonexistent/bars.csv", Seconds{60}).has_error());
}

TEST_CASE("Minute bars of a coin are joined over files and overlaps", "[models][window]") {
    TempFile const first{
        "SOLUSDT-1m-1.csv",
        header + "1704067200000,10,12,9,11,5,,,,,\n1704067260000,11,12,9,11,5,,,,,\n"
    };
    TempFile const second{
        "SOLUSDT-1m-2.csv",
        header + "1704067260000,99,99,99,99,5,,,,,\n1704067320000,12,12,9,11,5,,,,,\n"
    };

    auto const bars = read_minute_bars(first.folder(), Asset::sol).value();

    REQUIRE(bars.size() == 3);
    CHECK(bars[1].open == 11);
    CHECK(bars[2].open == 12);
    CHECK(read_minute_bars(first.folder(), Asset::btc).has_error());
}
