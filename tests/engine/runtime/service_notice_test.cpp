#include "engine/runtime/service_notice.hpp"
#include "tests/support/catch.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace polyquant;
using namespace polyquant::runtime;

namespace {

// The manager's end, at an abstract address of this process.
class Manager {
public:
    Manager() : name_{"@polyquant-test-" + std::to_string(::getpid())} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name_.data(), name_.size());
        address.sun_path[0] = '\0';
        file_ = ::socket(AF_UNIX, SOCK_DGRAM, 0);
        auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
        REQUIRE(::bind(file_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    }

    Manager(Manager const&) = delete;
    Manager& operator=(Manager const&) = delete;

    ~Manager() { ::close(file_); }

    std::string const& name() const { return name_; }

    std::string heard() const {
        std::array<char, 512> buffer{};
        auto const size = ::recv(file_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        return size < 0 ? "nothing" : std::string{buffer.data(), static_cast<std::size_t>(size)};
    }

private:
    std::string name_;
    int file_ = -1;
};

} // namespace

TEST_CASE("Service manager hears each notice as one datagram", "[runtime][service]") {
    Manager const manager;
    ServiceNotice const notice{manager.name()};

    notice.ready("paper, all is\nwell");
    CHECK(manager.heard() == "READY=1\nSTATUS=paper, all is well");
    notice.beat();
    CHECK(manager.heard() == "WATCHDOG=1");
    notice.reloading(Instant{} + Millis{7});
    CHECK(manager.heard() == "RELOADING=1\nMONOTONIC_USEC=7000");
    notice.stopping();
    CHECK(manager.heard() == "STOPPING=1");
    CHECK(manager.heard() == "nothing");
}

TEST_CASE("Without a manager notices go nowhere", "[runtime][service]") {
    ServiceNotice const nobody{""};
    ServiceNotice const gone{"/nonexistent/notify"};

    CHECK_FALSE(nobody.is_heard());
    CHECK_NOTHROW(nobody.beat());
    CHECK_NOTHROW(gone.beat());
}
