// Checks of this machine: directories, disk, keys.
#pragma once

#include "engine/app/doctor_check.hpp"

#include <filesystem>

namespace polyquant::app {

// Made when missing; writable, private, with room for journals and recordings.
CheckOutcome check_state_directory(std::filesystem::path const& directory);
// Paper trading needs no key: an empty or missing keystore is skipped, an unsafe one fails.
CheckOutcome check_keystore(std::filesystem::path const& directory);
// $POLYQUANT_HOME/keys, else ~/.polyquant/keys.
std::filesystem::path default_keystore();

} // namespace polyquant::app
