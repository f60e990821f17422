// Tells the service manager how this process is, as sd_notify(3) describes: one datagram to the
// socket in NOTIFY_SOCKET. Does nothing where there is none.
#pragma once

#include "engine/core/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace polyquant::runtime {

class ServiceNotice {
public:
    static ServiceNotice from_environment();
    // "/run/x" or "@abstract"; empty: nobody listens.
    explicit ServiceNotice(std::string socket, std::optional<Nanos> watchdog = {});

    bool is_heard() const { return !socket_.empty(); }

    // How long the manager waits between two beats; beat at least twice as often.
    std::optional<Nanos> watchdog() const { return watchdog_; }

    // Never blocks; what cannot be sent is lost.
    void ready(std::string_view status) const;
    void status(std::string_view text) const;
    void beat() const;
    void reloading(Instant now) const; // followed by ready()
    void stopping() const;

private:
    void send(std::string const& text) const;

    std::string socket_;
    std::optional<Nanos> watchdog_;
};

} // namespace polyquant::runtime
