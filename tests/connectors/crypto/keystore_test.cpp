#include "connectors/crypto/keystore.hpp"
#include "connectors/crypto/private_file.hpp"
#include "tests/connectors/crypto/temporary_directory.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/vectors.hpp"

#include <sys/stat.h>

using namespace polyquant;
using namespace polyquant::crypto;
using namespace polyquant::test;
namespace fs = std::filesystem;

namespace {

// Real cost takes a second a call; the format is the same.
constexpr ScryptCost cheap{2, 8, 1};
constexpr auto anvil_key =
    std::string_view{"0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"};
constexpr auto anvil_address = std::string_view{"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"};
constexpr auto second_address = std::string_view{"0x70997970C51812dc3A010C7d01b50e0d17dc79C8"};

SecretBytes words(std::string_view text) {
    return SecretBytes{bytes_of(text)};
}

Result<SecretBytes> open_golden(std::string const& file, std::string_view passphrase) {
    auto const text = read_text(source_path("tests/golden/vectors/" + file));
    return decrypt_keystore(text, words(passphrase), file);
}

Address address_of(Result<SecretBytes> key) {
    return Signer::create(std::move(key.value())).value().address();
}

unsigned mode_of(fs::path const& path) {
    struct stat status{};
    stat(path.c_str(), &status);
    return status.st_mode & 0777;
}

Keystore open_in(TemporaryDirectory const& directory) {
    return Keystore::open(directory.path() / "keys", cheap).value();
}

} // namespace

TEST_CASE("Keystores written by other programs open", "[crypto][keystore]") {
    CHECK(
        to_string(address_of(open_golden("keystore_eth_account.json", "correct horse"))) ==
        anvil_address
    );
    CHECK(
        to_string(address_of(open_golden("keystore_ethers.json", "correct horse"))) ==
        second_address
    );
}

TEST_CASE("A keystore at geth's full cost opens", "[crypto][keystore]") {
    CHECK(
        to_string(address_of(open_golden("keystore_ethers_n262144.json", "correct horse"))) ==
        second_address
    );
}

TEST_CASE("A wrong passphrase is called that", "[crypto][keystore]") {
    auto const opened = open_golden("keystore_ethers.json", "Correct horse");

    REQUIRE_FALSE(opened);
    CHECK(opened.error().fault == Fault::auth);
    CHECK(opened.error().detail.find("wrong passphrase") != std::string::npos);
}

TEST_CASE("An unsupported key derivation is named", "[crypto][keystore]") {
    auto const opened = open_golden("keystore_pbkdf2.json", "correct horse");

    REQUIRE_FALSE(opened);
    CHECK(opened.error().detail.find("pbkdf2") != std::string::npos);
}

TEST_CASE("A keystore that asks for too much memory is refused", "[crypto][keystore]") {
    auto text = read_text(source_path("tests/golden/vectors/keystore_ethers.json"));
    text.replace(text.find("\"n\":4096"), 8, "\"n\":1048576");

    auto const opened = decrypt_keystore(text, words("correct horse"), "file");

    REQUIRE_FALSE(opened);
    CHECK(opened.error().fault == Fault::invalid);
    CHECK(opened.error().detail.find("1048576") != std::string::npos);
}

TEST_CASE("Files that are no keystore are refused with what is missing", "[crypto][keystore]") {
    auto const why = [](std::string_view json) {
        return decrypt_keystore(json, words("x"), "file").error().detail;
    };

    CHECK(why("") == "not a V3 keystore: no valid JSON");
    CHECK(why("[]") == "not a V3 keystore: \"version\" is not 3");
    CHECK(why("{\"version\":1}") == "not a V3 keystore: \"version\" is not 3");
    CHECK(why("{\"version\":3}") == "not a V3 keystore: no \"crypto\" section");
    CHECK(
        why("{\"version\":3,\"crypto\":{}}") == "not a V3 keystore: the cipher must be aes-128-ctr"
    );
}

TEST_CASE("A key imported is listed, unlocked and signs", "[crypto][keystore]") {
    TemporaryDirectory const directory;
    auto keys = open_in(directory);
    auto const key = parse_private_key(anvil_key).value();

    auto const entry = keys.import_key("main", key, words("secret words"));
    auto const listed = keys.list();
    auto const signer = keys.unlock("main", words("secret words"));

    REQUIRE(entry);
    CHECK(entry->uuid.size() == 36);
    REQUIRE(listed.value().size() == 1);
    CHECK(listed.value()[0].name == "main");
    CHECK(listed.value()[0].uuid == entry->uuid);
    CHECK(to_string(listed.value()[0].address.value()) == anvil_address);
    CHECK(to_string(signer.value().address()) == anvil_address);
}

TEST_CASE("Every created key is another", "[crypto][keystore]") {
    TemporaryDirectory const directory;
    auto keys = open_in(directory);

    auto const a = keys.create("a", words("secret words"));
    auto const b = keys.create("b", words("secret words"));

    CHECK(a.value().address.value() != b.value().address.value());
    CHECK(keys.unlock("a", words("secret words")).value().address() == a.value().address.value());
}

TEST_CASE("An existing key is never overwritten", "[crypto][keystore]") {
    TemporaryDirectory const directory;
    auto keys = open_in(directory);
    auto const first = keys.create("main", words("secret words"));

    auto const second = keys.create("main", words("secret words"));

    REQUIRE_FALSE(second);
    CHECK(second.error().detail.find("exists already") != std::string::npos);
    CHECK(
        keys.unlock("main", words("secret words")).value().address() ==
        first.value().address.value()
    );
}

TEST_CASE("Key names cannot leave the directory", "[crypto][keystore]") {
    TemporaryDirectory const directory;
    auto keys = open_in(directory);

    CHECK_FALSE(keys.create("../main", words("secret words")));
    CHECK_FALSE(keys.create("", words("secret words")));
    CHECK_FALSE(keys.create("Main", words("secret words")));
    CHECK_FALSE(keys.unlock("../main", words("secret words")));
}

TEST_CASE("An empty passphrase is refused for a new key", "[crypto][keystore]") {
    TemporaryDirectory const directory;
    auto keys = open_in(directory);

    CHECK_FALSE(keys.create("main", SecretBytes{}));
}

TEST_CASE("Key files are 0600 in a 0700 directory", "[crypto][keystore]") {
    TemporaryDirectory const directory;
    auto keys = open_in(directory);

    REQUIRE(keys.create("main", words("secret words")));

    CHECK(mode_of(keys.directory()) == 0700);
    CHECK(mode_of(keys.directory() / "main.json") == 0600);
}

TEST_CASE(
    "A key file that others may read is refused with the chmod to run", "[crypto][keystore]"
) {
    TemporaryDirectory const directory;
    auto keys = open_in(directory);
    REQUIRE(keys.create("main", words("secret words")));
    chmod((keys.directory() / "main.json").c_str(), 0640);

    auto const signer = keys.unlock("main", words("secret words"));

    REQUIRE_FALSE(signer);
    CHECK(signer.error().detail.find("0640") != std::string::npos);
    CHECK(signer.error().detail.find("chmod 600") != std::string::npos);
    CHECK(keys.list().value()[0].defect.find("chmod 600") != std::string::npos);
}

TEST_CASE("A directory that others may enter is refused", "[crypto][keystore]") {
    TemporaryDirectory const directory;
    fs::create_directory(directory.path() / "keys");
    chmod((directory.path() / "keys").c_str(), 0755);

    auto const keys = Keystore::open(directory.path() / "keys", cheap);

    REQUIRE_FALSE(keys);
    CHECK(keys.error().detail.find("chmod 700") != std::string::npos);
}

TEST_CASE("A keystore file of another program is imported", "[crypto][keystore]") {
    TemporaryDirectory const directory;
    auto keys = open_in(directory);
    auto const file = directory.path() / "foreign.json";
    auto const text = read_text(source_path("tests/golden/vectors/keystore_ethers.json"));
    REQUIRE(write_private_file(file, text, false));

    auto const entry = keys.import_file("main", file, words("correct horse"));

    CHECK(to_string(entry.value().address.value()) == second_address);
    CHECK(
        to_string(keys.unlock("main", words("correct horse")).value().address()) == second_address
    );
}

TEST_CASE("A keystore file that lies about its address is refused", "[crypto][keystore]") {
    TemporaryDirectory const directory;
    auto keys = open_in(directory);
    auto const file = directory.path() / "foreign.json";
    auto text = read_text(source_path("tests/golden/vectors/keystore_ethers.json"));
    text.replace(text.find("70997970c51812dc"), 8, "11111111");
    REQUIRE(write_private_file(file, text, false));

    auto const entry = keys.import_file("main", file, words("correct horse"));

    REQUIRE_FALSE(entry);
    CHECK(entry.error().detail.find("0x70997970") != std::string::npos);
}

TEST_CASE("API credentials are kept under the key's passphrase", "[crypto][keystore]") {
    TemporaryDirectory const directory;
    auto keys = open_in(directory);
    REQUIRE(keys.create("main", words("secret words")));
    auto const credentials = ApiCredentials{
        "f4f247b7-4ac7-ff29-a152-04fda0a8755a", words("AAECAw=="), words("abcdef01")
    };

    auto const stored = keys.store_credentials("main", credentials, words("secret words"));
    auto const loaded = keys.load_credentials("main", words("secret words"));

    REQUIRE(stored);
    CHECK(loaded.value().key == credentials.key);
    CHECK(loaded.value().secret.reveal_text() == "AAECAw==");
    CHECK(loaded.value().passphrase.reveal_text() == "abcdef01");
    CHECK(keys.list().value()[0].has_credentials);
    CHECK(keys.list().value().size() == 1);
    CHECK(mode_of(keys.directory() / "main.api.json") == 0600);
    auto const file = read_private_file(keys.directory() / "main.api.json").value();
    CHECK(file.find("AAECAw==") == std::string::npos);
}

TEST_CASE(
    "Credentials are not stored under another passphrase than the key's", "[crypto][keystore]"
) {
    TemporaryDirectory const directory;
    auto keys = open_in(directory);
    REQUIRE(keys.create("main", words("secret words")));

    auto const stored =
        keys.store_credentials("main", {"id", words("AAECAw=="), words("abc")}, words("other"));

    REQUIRE_FALSE(stored);
    CHECK(stored.error().fault == Fault::auth);
}

TEST_CASE(
    "Missing credentials are reported with the command that makes them", "[crypto][keystore]"
) {
    TemporaryDirectory const directory;
    auto keys = open_in(directory);
    REQUIRE(keys.create("main", words("secret words")));

    auto const loaded = keys.load_credentials("main", words("secret words"));

    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().detail.find("keys derive-api main") != std::string::npos);
}

TEST_CASE(
    "A private key as text is 64 hex digits and never repeated in errors", "[crypto][keystore]"
) {
    CHECK(parse_private_key(" \t" + std::string{anvil_key} + "\n"));
    auto const bad = parse_private_key("0xac0974bec39a17e3");

    REQUIRE_FALSE(bad);
    CHECK(bad.error().detail.find("ac0974") == std::string::npos);
}
