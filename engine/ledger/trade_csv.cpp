#include "engine/ledger/ledger.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

namespace polyquant::ledger {

namespace {

struct Column {
    char const* name;
    std::string (*text)(TradeRow const& row);
};

template <class T>
std::string maybe(std::optional<T> const& value) {
    return value ? to_string(*value) : "";
}

std::string number(double value) {
    return std::isfinite(value) ? fmt::format("{:.6f}", value) : "";
}

std::string yes_no(bool value) {
    return value ? "true" : "false";
}

std::string price_move(TradeRow const& r) {
    if (!r.open_price || !r.price_at_trade) return "";
    return to_string(*r.price_at_trade - *r.open_price);
}

// The first sixteen are the trade log the Python bots kept, in its order and with its names.
constexpr Column columns[] = {
    {"strategy",
     [](TradeRow const& r) {
         return r.strategy.text;
     }},
    {"timestamp",
     [](TradeRow const& r) {
         return format_utc(r.decided_at);
     }},
    {"window_ts",
     [](TradeRow const& r) {
         return r.window_start ? std::to_string(unix_seconds(*r.window_start)) : std::string{};
     }},
    {"asset",
     [](TradeRow const& r) {
         return r.asset ? std::string{to_string(*r.asset)} : std::string{};
     }},
    {"side",
     [](TradeRow const& r) {
         return std::string{to_string(r.outcome)};
     }},
    {"ask_price",
     [](TradeRow const& r) {
         return to_string(r.ask_price);
     }},
    {"bet_size",
     [](TradeRow const& r) {
         return to_string(r.bet_size);
     }},
    {"shares",
     [](TradeRow const& r) {
         return to_string(r.shares);
     }},
    {"potential_profit",
     [](TradeRow const& r) {
         return to_string(r.potential_profit);
     }},
    {"open_price",
     [](TradeRow const& r) {
         return maybe(r.open_price);
     }},
    {"price_at_trade",
     [](TradeRow const& r) {
         return maybe(r.price_at_trade);
     }},
    {"price_delta", price_move},
    {"resolved",
     [](TradeRow const& r) {
         return yes_no(r.resolved);
     }},
    {"exit_price",
     [](TradeRow const& r) {
         return maybe(r.exit_price);
     }},
    {"won",
     [](TradeRow const& r) {
         return r.won ? yes_no(*r.won) : std::string{};
     }},
    {"pnl",
     [](TradeRow const& r) {
         return maybe(r.pnl);
     }},
    {"bankroll_after",
     [](TradeRow const& r) {
         return maybe(r.bankroll_after);
     }},
    {"action",
     [](TradeRow const& r) {
         return std::string{to_string(r.side)};
     }},
    {"slug",
     [](TradeRow const& r) {
         return r.slug;
     }},
    {"fill_price",
     [](TradeRow const& r) {
         return to_string(r.fill_price);
     }},
    {"win_probability",
     [](TradeRow const& r) {
         return number(r.win_probability);
     }},
    {"edge",
     [](TradeRow const& r) {
         return number(r.edge);
     }},
    {"fee",
     [](TradeRow const& r) {
         return to_string(r.fee);
     }},
    {"fill_latency_ms",
     [](TradeRow const& r) {
         return std::to_string(r.fill_latency.count());
     }},
    {"order_state",
     [](TradeRow const& r) {
         return std::string{to_string(r.state)};
     }},
    {"order_id",
     [](TradeRow const& r) {
         return to_string(r.order);
     }},
    {"money",
     [](TradeRow const& r) {
         return r.money;
     }},
};

// A cell that a spreadsheet would run as a formula gets a leading apostrophe; numbers do not.
std::string cell(std::string text) {
    if (!text.empty() && std::strchr("=@+", text.front())) text.insert(0, "'");
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

} // namespace

std::string trade_csv_header() {
    std::string line;
    for (auto const& column : columns)
        line += (line.empty() ? "" : ",") + std::string{column.name};
    return line;
}

std::string trade_csv_line(TradeRow const& row) {
    std::string line;
    for (auto const& column : columns) {
        if (&column != columns) line += ',';
        line += cell(column.text(row));
    }
    return line;
}

Result<std::uint64_t> Ledger::export_trades(
    std::filesystem::path const& csv, std::optional<StrategyName> const& only
) const {
    auto const rows = trades(only);
    if (!rows) return rows.error();
    auto const part = csv.string() + ".part";
    auto const failed = [&](int code) {
        ::unlink(part.c_str());
        return Failure{
            Fault::storage, csv.string(), fmt::format("cannot write: {}", std::strerror(code))
        };
    };
    int const descriptor = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) return failed(errno);
    std::unique_ptr<std::FILE, CloseFile> file{::fdopen(descriptor, "w")};
    if (!file) {
        auto const code = errno;
        ::close(descriptor);
        return failed(code);
    }
    auto const write = [&](std::string const& line) {
        return std::fputs(line.c_str(), file.get()) >= 0 && std::fputs("\r\n", file.get()) >= 0;
    };
    bool good = write(trade_csv_header());
    for (auto const& row : *rows)
        good = good && write(trade_csv_line(row));
    good = good && std::fflush(file.get()) == 0 && ::fsync(descriptor) == 0;
    if (!good) return failed(errno);
    file.reset();
    std::error_code error;
    std::filesystem::rename(part, csv, error);
    if (error) return failed(error.value());
    return std::uint64_t{rows->size()};
}

} // namespace polyquant::ledger
