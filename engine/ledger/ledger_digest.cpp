#include "engine/ledger/ledger_store.hpp"

#include <openssl/evp.h>

#include <bit>

namespace polyquant::ledger {

namespace {

class Sha256 {
public:
    Sha256() : context_{EVP_MD_CTX_new()} {
        ENSURE(
            context_ && EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1, "SHA-256 is there"
        );
    }

    Sha256(Sha256 const&) = delete;
    Sha256& operator=(Sha256 const&) = delete;

    ~Sha256() { EVP_MD_CTX_free(context_); }

    void add(void const* bytes, std::size_t size) { EVP_DigestUpdate(context_, bytes, size); }

    void add(std::uint64_t value) {
        std::array<std::uint8_t, 8> bytes{};
        for (std::size_t n = 0; n < bytes.size(); ++n)
            bytes[n] = static_cast<std::uint8_t>(value >> (8 * n));
        add(bytes.data(), bytes.size());
    }

    // Length first, so that "ab","c" and "a","bc" differ.
    void add(std::string_view text) {
        add(std::uint64_t{text.size()});
        add(text.data(), text.size());
    }

    std::string hex() {
        std::array<std::uint8_t, 32> bytes{};
        EVP_DigestFinal_ex(context_, bytes.data(), nullptr);
        std::string text;
        for (auto b : bytes)
            text += fmt::format("{:02x}", b);
        return text;
    }

private:
    EVP_MD_CTX* context_;
};

void add_cell(Sha256& hash, SQLite::Column const& cell) {
    hash.add(static_cast<std::uint64_t>(cell.getType()));
    if (cell.isInteger())
        hash.add(static_cast<std::uint64_t>(cell.getInt64()));
    else if (cell.isFloat())
        hash.add(std::bit_cast<std::uint64_t>(cell.getDouble()));
    else if (!cell.isNull())
        hash.add(std::string_view{cell.getText(), static_cast<std::size_t>(cell.getBytes())});
}

// "1, 2, 3" of the primary key's columns, or of all columns where a table has none.
std::string key_columns(Store& store, std::string const& table) {
    std::string keys;
    SQLite::Statement rows{
        store.database, "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk"
    };
    rows.bind(1, table);
    while (rows.executeStep())
        keys += (keys.empty() ? "" : ", ") + rows.getColumn(0).getString();
    return keys.empty() ? "rowid" : keys;
}

} // namespace

Result<std::string> Ledger::content_digest() const {
    return guarded(impl_->path.string(), [&] {
        auto& store = impl_->store;
        Sha256 hash;
        std::vector<std::string> tables;
        auto& names = store.statement("SELECT name FROM sqlite_master WHERE type = 'table' "
                                      "AND name NOT LIKE 'sqlite_%' ORDER BY name");
        while (names.executeStep())
            tables.push_back(names.getColumn(0).getString());
        names.reset();
        for (auto const& table : tables) {
            hash.add(std::string_view{table});
            SQLite::Statement rows{
                store.database,
                fmt::format("SELECT * FROM {} ORDER BY {}", table, key_columns(store, table))
            };
            std::uint64_t count = 0;
            for (; rows.executeStep(); ++count)
                for (int n = 0; n < rows.getColumnCount(); ++n)
                    add_cell(hash, rows.getColumn(n));
            hash.add(count);
        }
        return hash.hex();
    });
}

} // namespace polyquant::ledger
