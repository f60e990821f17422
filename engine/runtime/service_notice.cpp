#include "engine/runtime/service_notice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace polyquant::runtime {

namespace {

std::string variable(char const* name) {
    auto const* const text = std::getenv(name); // NOLINT(concurrency-mt-unsafe): start-up only
    return text != nullptr ? text : "";
}

std::optional<std::int64_t> number(std::string const& text) {
    std::int64_t value = 0;
    auto const* const end = text.data() + text.size();
    auto const [rest, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc{} || rest != end || value <= 0) return std::nullopt;
    return value;
}

// A line end would begin another assignment.
std::string one_line(std::string_view text) {
    std::string line{text};
    std::ranges::replace(line, '\n', ' ');
    return line;
}

} // namespace

ServiceNotice ServiceNotice::from_environment() {
    std::optional<Nanos> watchdog;
    auto const micros = number(variable("WATCHDOG_USEC"));
    auto const whose = number(variable("WATCHDOG_PID"));
    if (micros && (!whose || *whose == ::getpid())) watchdog = std::chrono::microseconds{*micros};
    return ServiceNotice{variable("NOTIFY_SOCKET"), watchdog};
}

ServiceNotice::ServiceNotice(std::string socket, std::optional<Nanos> watchdog)
    : socket_{std::move(socket)}, watchdog_{watchdog} {}

void ServiceNotice::ready(std::string_view status) const {
    send("READY=1\nSTATUS=" + one_line(status));
}

void ServiceNotice::status(std::string_view text) const {
    send("STATUS=" + one_line(text));
}

void ServiceNotice::beat() const {
    send("WATCHDOG=1");
}

void ServiceNotice::reloading(Instant now) const {
    auto const micros =
        std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
    send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", micros));
}

void ServiceNotice::stopping() const {
    send("STOPPING=1");
}

void ServiceNotice::send(std::string const& text) const {
    sockaddr_un address{};
    if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    if (socket_.front() == '@') address.sun_path[0] = '\0';
    auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    int const file = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (file < 0) return;
    ::sendto(
        file, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address), size
    );
    ::close(file);
}

} // namespace polyquant::runtime
