// Open pages of a dashboard: WebSockets that take what comes and do nothing with it, on a thread of
// their own. Plain sockets, so that they cost little of the machine they share with what is
// measured.
#pragma once

#include <fmt/format.h>

#include <arpa/inet.h>
#include <atomic>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace polyquant::bench {

class DashboardReaders {
public:
    // `address` as "http://127.0.0.1:PORT/".
    DashboardReaders(std::string const& address, std::size_t count) {
        auto const port = std::stoi(address.substr(address.rfind(':') + 1));
        for (std::size_t i = 0; i < count; ++i)
            if (auto const wire = open(static_cast<std::uint16_t>(port)); wire >= 0)
                wires_.push_back({wire, POLLIN, 0});
        connected_ = wires_.size();
        if (!wires_.empty())
            reader_ = std::jthread{[this](std::stop_token stop) {
                read(stop);
            }};
    }

    DashboardReaders(DashboardReaders const&) = delete;
    DashboardReaders& operator=(DashboardReaders const&) = delete;

    ~DashboardReaders() {
        if (reader_.joinable()) {
            reader_.request_stop();
            reader_.join();
        }
        for (auto const& wire : wires_)
            ::close(wire.fd);
    }

    std::size_t connected() const { return connected_; }

    double megabytes() const { return static_cast<double>(bytes_) / 1e6; }

private:
    static int open(std::uint16_t port) {
        auto const wire = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto const request = fmt::format(
            "GET /live HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n",
            port
        );
        std::string answer(1'024, '\0');
        auto const good = ::connect(wire, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 &&
                          ::write(wire, request.data(), request.size()) > 0 &&
                          ::read(wire, answer.data(), answer.size()) > 12 &&
                          answer.substr(9, 3) == "101";
        if (good) return wire;
        ::close(wire);
        return -1;
    }

    void read(std::stop_token const& stop) {
        std::vector<char> buffer(256 * 1024);
        while (!stop.stop_requested()) {
            if (::poll(wires_.data(), wires_.size(), 50) <= 0) continue;
            for (auto& wire : wires_)
                if (wire.revents != 0)
                    bytes_ += std::max<ssize_t>(0, ::read(wire.fd, buffer.data(), buffer.size()));
        }
    }

    std::vector<pollfd> wires_;
    std::size_t connected_ = 0;
    std::atomic<std::int64_t> bytes_{0};
    std::jthread reader_;
};

} // namespace polyquant::bench
