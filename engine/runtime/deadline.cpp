#include "engine/runtime/deadline.hpp"

#include <exception>

namespace polyquant::runtime {

Failure failure_from_current_exception(std::string where) {
    try {
        throw;
    } catch (boost::system::system_error const& e) {
        auto const cancelled = e.code() == asio::error::operation_aborted;
        return Failure{
            cancelled ? Fault::cancelled : Fault::transport, std::move(where), e.code().message()
        };
    } catch (std::exception const& e) {
        return Failure{Fault::transport, std::move(where), e.what()};
    } catch (...) {
        return Failure{Fault::transport, std::move(where), "an exception of unknown type"};
    }
}

} // namespace polyquant::runtime
