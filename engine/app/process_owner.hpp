// Who holds a lease: a process by host, number and start, so that a number used again by another
// process is not taken for its owner.
#pragma once

#include <string>

namespace polyquant::app {

std::string this_process();
// True only for a process of this host that is certainly gone.
bool is_gone(std::string const& owner);

} // namespace polyquant::app
