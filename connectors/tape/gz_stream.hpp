// A text file as a stream, gzipped or plain alike. A damaged archive ends the stream with an error
// instead of pretending to be its end.
#pragma once

#include "engine/core/failure.hpp"

#include <filesystem>
#include <istream>
#include <memory>

namespace polyquant::tape {

class GzBuffer;

class GzStream : public std::istream {
public:
    static Result<std::unique_ptr<GzStream>> open(std::filesystem::path const& path);
    ~GzStream() override;

    // Why reading stopped before the end; empty when it did not.
    std::string const& error() const;

private:
    explicit GzStream(std::unique_ptr<GzBuffer> buffer);

    std::unique_ptr<GzBuffer> buffer_;
};

} // namespace polyquant::tape
