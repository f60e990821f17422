#include "connectors/tape/gz_stream.hpp"

#include <cerrno>
#include <system_error>
#include <vector>
#include <zlib.h>

namespace polyquant::tape {

class GzBuffer final : public std::streambuf {
public:
    explicit GzBuffer(gzFile file) : file_{file}, buffer_(256 * 1024) {
        gzbuffer(file_, 128 * 1024);
    }

    ~GzBuffer() override { gzclose_r(file_); }

    std::string const& error() const { return error_; }

protected:
    int_type underflow() override {
        if (gptr() != egptr()) return traits_type::to_int_type(*gptr());
        if (!error_.empty()) return traits_type::eof();
        auto const got = gzread(file_, buffer_.data(), static_cast<unsigned>(buffer_.size()));
        int code = Z_OK;
        auto const* words = gzerror(file_, &code);
        // zlib hands out what it could unpack before it says that the archive is cut off.
        if (code != Z_OK && code != Z_STREAM_END)
            error_ = *words != '\0' ? words : "damaged archive";
        if (got <= 0) return traits_type::eof();
        setg(buffer_.data(), buffer_.data(), buffer_.data() + got);
        return traits_type::to_int_type(*gptr());
    }

private:
    gzFile file_;
    std::vector<char> buffer_;
    std::string error_;
};

Result<std::unique_ptr<GzStream>> GzStream::open(std::filesystem::path const& path) {
    std::error_code ignored;
    auto* const file =
        std::filesystem::is_directory(path, ignored) ? nullptr : gzopen(path.c_str(), "rb");
    if (file == nullptr)
        return Failure{
            Fault::invalid,
            path.string(),
            "cannot be read: " + std::error_code{errno, std::generic_category()}.message()
        };
    return std::unique_ptr<GzStream>{new GzStream{std::make_unique<GzBuffer>(file)}};
}

GzStream::GzStream(std::unique_ptr<GzBuffer> buffer)
    : std::istream{buffer.get()}, buffer_{std::move(buffer)} {}

GzStream::~GzStream() = default;

std::string const& GzStream::error() const {
    return buffer_->error();
}

} // namespace polyquant::tape
