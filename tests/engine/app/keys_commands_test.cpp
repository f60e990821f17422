#include "engine/app/keys_commands.hpp"
#include "engine/app/keys_store.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <sstream>
#include <unistd.h>

namespace {

using namespace polyquant;
using namespace polyquant::app;

constexpr auto anvil_key = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
constexpr auto anvil_address = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

struct Keys {
    runtime::testing::ScratchFolder folder;
    std::string said{};
    std::string complained{};

    int run(std::vector<std::string> args) {
        args.insert(args.end(), {"--dir", (folder / "keys").string()});
        std::ostringstream out;
        std::ostringstream err;
        auto const code = run_keys(args, out, err);
        said = out.str();
        complained = err.str();
        return code;
    }

    int import(std::string const& name) {
        ::setenv("PQ_TEST_KEY", anvil_key, 1);
        ::setenv("PQ_TEST_PASS", "correct horse", 1);
        return run(
            {"import",
             name,
             "--key-env",
             "PQ_TEST_KEY",
             "--allow-plaintext-key",
             "--passphrase-env",
             "PQ_TEST_PASS"}
        );
    }
};

} // namespace

TEST_CASE("keys import stores the key encrypted and keys list shows its address", "[app][keys]") {
    Keys k;

    auto const imported = k.import("main");
    INFO(k.complained);
    REQUIRE(imported == 0);
    CHECK(k.complained.find("WARNING") != std::string::npos);
    CHECK(::getenv("PQ_TEST_KEY") == nullptr);
    CHECK(k.run({"list"}) == 0);

    CHECK(k.said.find(anvil_address) != std::string::npos);
    CHECK(k.said.find("no API credentials") != std::string::npos);
    CHECK((k.said + k.complained).find(anvil_key) == std::string::npos);
    KeySource source;
    source.directory = k.folder / "keys";
    source.passphrase.environment = "PQ_TEST_PASS";
    ::setenv("PQ_TEST_PASS", "correct horse", 1);
    auto const unlocked = unlock_trading_key(source);
    REQUIRE(unlocked);
    CHECK(crypto::to_string(unlocked->signer->address()) == anvil_address);
    CHECK_FALSE(unlocked->credentials.has_value());
}

TEST_CASE("keys import refuses a plaintext key without the explicit flag", "[app][keys]") {
    Keys k;
    ::setenv("PQ_TEST_KEY", anvil_key, 1);

    auto const code = k.run({"import", "main", "--key-env", "PQ_TEST_KEY"});

    CHECK(code == 2);
    CHECK(k.complained.find(anvil_key) == std::string::npos);
    ::unsetenv("PQ_TEST_KEY");
}

TEST_CASE("keys import never overwrites a key", "[app][keys]") {
    Keys k;
    REQUIRE(k.import("main") == 0);

    CHECK(k.import("main") == 2);
}

TEST_CASE("A sandbox key is made once and found again", "[app][keys]") {
    runtime::testing::ScratchFolder folder;

    auto const first = sandbox_trading_key(folder / "");
    auto const second = sandbox_trading_key(folder / "");

    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->signer->address() == second->signer->address());
}

TEST_CASE("A wallet has one writer, and the second is told whose it is", "[app][keys]") {
    runtime::testing::ScratchFolder folder;
    crypto::Address wallet;
    wallet.bytes[0] = 7;
    auto const first = lock_wallet(folder / "locks", wallet, 137);
    REQUIRE(first);

    auto const second = lock_wallet(folder / "locks", wallet, 137);
    auto const other_chain = lock_wallet(folder / "locks", wallet, 80002);

    REQUIRE_FALSE(second);
    CHECK(second.error().detail.find("process " + std::to_string(::getpid())) != std::string::npos);
    CHECK(other_chain);
}
