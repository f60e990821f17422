// The whole sandbox in one process: a world, its services on the loopback, and the faults.
#pragma once

#include "connectors/sandbox/fault_plan.hpp"
#include "connectors/sandbox/host/services.hpp"
#include "connectors/sandbox/server_faults.hpp"
#include "engine/runtime/scaled_clock.hpp"
#include "engine/runtime/supervisor.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace polyquant::sandbox {

struct SandboxOptions {
    std::filesystem::path directory = "state/sandbox"; // authority, endpoints.toml, statements
    runtime::TimeScale scale{};
    WorldOptions world{};
    std::unique_ptr<PricePath> path{}; // empty: generated from the world's seed
    std::vector<FaultLine> faults{};
    // Of a local chain; empty: there is none, and the services answer 404.
    std::string polygon_rpc{};
    std::string relayer{};
};

// What a terminal shows.
struct SandboxStatus {
    UtcTime now{};
    Nanos lag{}; // by which the world is behind its clock
    std::size_t open_markets = 0;
    std::uint64_t connections = 0;
    std::uint64_t sockets = 0;
    std::uint64_t requests = 0;
    std::uint64_t faults = 0;
    std::size_t accounts = 0;
    std::array<std::optional<UsdPrice>, asset_count> prices{};
};

// One thread: the executor's. Made by start(), which listens on every port before it returns.
class Sandbox {
public:
    // A fault began or ended, a server had trouble: one line each.
    using Tell = std::function<void(std::string const&)>;

    static Result<std::unique_ptr<Sandbox>> start(
        asio::any_io_executor executor,
        runtime::Clock& clock,
        runtime::Supervisor& supervisor,
        SandboxOptions options,
        Tell tell
    );
    ~Sandbox();
    Sandbox(Sandbox const&) = delete;
    Sandbox& operator=(Sandbox const&) = delete;

    // DIR/endpoints.toml: what an engine is given to find this sandbox.
    std::filesystem::path endpoints_file() const;
    // "https://127.0.0.1:4711", or wss://
    std::string url(Service service) const;

    SandboxStatus status() const;
    World& world();

    // Every account's books, for comparison with the ledger of whoever traded: accounts.json and
    // one statement-<wallet>.csv each. Failures name the file.
    Result<void> write_statements() const;

private:
    struct State;
    explicit Sandbox(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

} // namespace polyquant::sandbox
