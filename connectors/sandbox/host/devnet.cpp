#include "connectors/sandbox/host/devnet.hpp"

#include "connectors/json/dom.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace polyquant::sandbox {

namespace {

// Compiling the stand-ins takes seconds, and on a busy machine many.
constexpr int ready_tries = 60; // of half a second
constexpr int end_tries = 30;   // of a tenth of a second

Failure missing(std::string detail) {
    return {Fault::invalid, "--chain", std::move(detail)};
}

Failure system_failure(char const* what, int code) {
    return {Fault::storage, "local chain", fmt::format("{}: {}", what, std::strerror(code))};
}

Result<void> check_files(DevnetOptions const& o) {
    std::error_code ignored;
    if (!std::filesystem::exists(o.script, ignored))
        return missing(fmt::format(
            "there is no {}: start in the source folder, or name it by --chain-script",
            o.script.string()
        ));
    if (!std::filesystem::exists(o.modules / "node_modules", ignored))
        return missing(fmt::format(
            "there is no {}/node_modules: tools/fetch_node_clients devnet fetches it (needs node "
            "20 and npm)",
            o.modules.string()
        ));
    return Result<void>{};
}

} // namespace

Result<std::unique_ptr<Devnet>> Devnet::start(DevnetOptions const& options) {
    if (auto const there = check_files(options); !there) return there.error();
    std::unique_ptr<Devnet> devnet{new Devnet};
    if (auto const launched = devnet->launch(options); !launched) return launched.error();
    auto const line = devnet->first_line(options.log);
    if (!line) return line.error();
    simdjson::dom::parser parser;
    auto const ready = json::parse(parser, *line, "local chain");
    if (!ready) return ready.error();
    devnet->rpc_ = json::text(*ready, "rpc");
    devnet->control_ = json::text(*ready, "control");
    devnet->relayer_ = json::text(*ready, "relayer");
    return devnet;
}

Result<void> Devnet::launch(DevnetOptions const& o) {
    std::array<int, 2> input{};
    std::array<int, 2> output{};
    if (::pipe2(input.data(), O_CLOEXEC) != 0) return system_failure("pipe", errno);
    to_process_ = input[1];
    if (::pipe2(output.data(), O_CLOEXEC) != 0) {
        auto const code = errno;
        ::close(input[0]);
        return system_failure("pipe", code);
    }
    from_process_ = output[0];
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, output[1], STDOUT_FILENO);
    auto const log = o.log.empty() ? std::string{"/dev/null"} : o.log.string();
    posix_spawn_file_actions_addopen(
        &files, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600
    );
    auto const cache = o.modules / "contracts.json";
    std::vector<std::string> words{
        "node",
        o.script.string(),
        "--modules",
        o.modules.string(),
        "--cache",
        cache.string(),
        "--block-time",
        std::to_string(o.block_seconds)
    };
    std::vector<char*> arguments;
    for (auto& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    // A Ctrl-C of the terminal is for us; we end it in our order.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    auto const code =
        ::posix_spawnp(&process_, "node", &files, &attributes, arguments.data(), environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    ::close(input[0]);
    ::close(output[1]);
    if (code != 0) {
        process_ = -1;
        return missing(
            fmt::format("node cannot be started ({}): install node 20", std::strerror(code))
        );
    }
    return Result<void>{};
}

Result<std::string> Devnet::first_line(std::filesystem::path const& log) const {
    std::string text;
    for (int i = 0; i < ready_tries; ++i) {
        pollfd waiting{from_process_, POLLIN, 0};
        if (::poll(&waiting, 1, 500) <= 0) continue;
        std::array<char, 1024> buffer{};
        auto const n = ::read(from_process_, buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0)
            return missing("the local chain ended at its start; " + log.string() + " says why");
        text.append(buffer.data(), static_cast<std::size_t>(n));
        if (auto const end = text.find('\n'); end != std::string::npos) return text.substr(0, end);
    }
    return Failure{Fault::timeout, "local chain", "not ready after 30 s"};
}

Devnet::~Devnet() {
    if (to_process_ >= 0) ::close(to_process_);
    if (process_ > 0) {
        ::kill(process_, SIGTERM);
        bool gone = false;
        for (int i = 0; i < end_tries && !gone; ++i) {
            gone = ::waitpid(process_, nullptr, WNOHANG) != 0;
            if (!gone) ::usleep(100'000);
        }
        if (!gone) {
            ::kill(process_, SIGKILL);
            ::waitpid(process_, nullptr, 0);
        }
    }
    if (from_process_ >= 0) ::close(from_process_);
}

} // namespace polyquant::sandbox
