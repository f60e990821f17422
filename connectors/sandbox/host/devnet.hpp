// The local chain as a process of its own: node with tools/devnet/devnet.mjs.
#pragma once

#include "engine/core/failure.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <sys/types.h>

namespace polyquant::sandbox {

struct DevnetOptions {
    std::filesystem::path script = "tools/devnet/devnet.mjs";
    std::filesystem::path modules = "build/deps/node/devnet"; // holds node_modules
    std::filesystem::path log;                                // what it complains about
    int block_seconds = 0;                                    // 0: a block for each transaction
};

class Devnet {
public:
    // Waits until the chain is ready, half a minute at most. Fault::invalid says what is missing
    // and how to get it.
    static Result<std::unique_ptr<Devnet>> start(DevnetOptions const& options);
    // Ends it; a chain leaves nothing behind. It also ends by itself when this process is killed.
    ~Devnet();
    Devnet(Devnet const&) = delete;
    Devnet& operator=(Devnet const&) = delete;

    std::string const& rpc() const { return rpc_; }

    // Takes what tools/devnet/control.mjs lists: conditions, shares, money, wallets.
    std::string const& control() const { return control_; }

    std::string const& relayer() const { return relayer_; }

private:
    Devnet() = default;
    Result<void> launch(DevnetOptions const& options);
    Result<std::string> first_line(std::filesystem::path const& log) const;

    pid_t process_ = -1;
    int to_process_ = -1;   // its input: closed, it ends
    int from_process_ = -1; // its output
    std::string rpc_;
    std::string control_;
    std::string relayer_;
};

} // namespace polyquant::sandbox
