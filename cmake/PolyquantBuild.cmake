# What every target shares: language level, warnings, sanitizers, cache, linker, precompiled headers.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(PQ_CCACHE ccache)
if(PQ_CCACHE AND NOT PQ_TIDY)
  # Precompiled headers are cached safely only with these two relaxations (ccache manual, "Precompiled headers").
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1 ${PQ_CCACHE})
endif()

find_program(PQ_MOLD mold)
find_program(PQ_LLD ld.lld-19)
if(PQ_MOLD)
  add_link_options(-fuse-ld=mold)
elseif(PQ_LLD)
  add_link_options(-fuse-ld=lld)
endif()

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED)

add_library(pq_options INTERFACE)
target_include_directories(pq_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(pq_options INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Wswitch -Werror
    -fno-omit-frame-pointer
    # The same sums on every machine and at every optimisation level: replays compare bytes.
    -ffp-contract=off
    -march=x86-64-v3)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(pq_options INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
endif()
target_compile_definitions(pq_options INTERFACE
    BOOST_ASIO_NO_DEPRECATED
    BOOST_ASIO_DISABLE_BOOST_COROUTINE
    $<$<BOOL:${PQ_SANITIZE}>:BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING>
    $<$<BOOL:${PQ_SANITIZE}>:BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING>)
target_link_libraries(pq_options INTERFACE fmt::fmt Boost::headers Threads::Threads)
if(PQ_SANITIZE)
  # Recycled coroutine frames hide a use after free from AddressSanitizer, hence the two definitions above.
  target_compile_options(pq_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all)
  target_link_options(pq_options INTERFACE -fsanitize=address,undefined)
endif()

if(PQ_TIDY)
  find_program(PQ_CLANG_TIDY NAMES clang-tidy-19 REQUIRED)
  set(CMAKE_CXX_CLANG_TIDY ${PQ_CLANG_TIDY} --quiet)
endif()

# pq_library(NAME [ASYNC] DEPS ...): a static library of every .cpp in the calling folder.
# ASYNC adds Asio to the precompiled header; leave it out where Asio may not be used.
function(pq_library NAME)
  cmake_parse_arguments(ARG "ASYNC" "" "DEPS;SOURCES" ${ARGN})
  if(NOT ARG_SOURCES)
    file(GLOB ARG_SOURCES CONFIGURE_DEPENDS "*.cpp")
  endif()
  if(NOT ARG_SOURCES)
    add_library(${NAME} INTERFACE)
    target_link_libraries(${NAME} INTERFACE pq_options ${ARG_DEPS})
    return()
  endif()
  add_library(${NAME} STATIC ${ARG_SOURCES})
  target_link_libraries(${NAME} PUBLIC pq_options ${ARG_DEPS})
  pq_precompile(${NAME} ${ARG_ASYNC})
endfunction()

function(pq_precompile TARGET ASYNC)
  if(NOT PQ_PCH)
    return()
  endif()
  if(ASYNC)
    target_precompile_headers(${TARGET} REUSE_FROM pq_pch_async)
  else()
    target_precompile_headers(${TARGET} REUSE_FROM pq_pch)
  endif()
endfunction()

if(PQ_PCH)
  file(WRITE ${CMAKE_BINARY_DIR}/pch.cpp "")
  add_library(pq_pch STATIC ${CMAKE_BINARY_DIR}/pch.cpp)
  target_link_libraries(pq_pch PUBLIC pq_options)
  set(PQ_PCH_STD <algorithm> <array> <chrono> <cstdint> <cstring> <deque> <filesystem> <functional> <map> <memory>
      <optional> <span> <string> <string_view> <tuple> <unordered_map> <utility> <variant> <vector>
      <fmt/format.h> <boost/system/result.hpp>)
  target_precompile_headers(pq_pch PUBLIC ${PQ_PCH_STD})
  add_library(pq_pch_async STATIC ${CMAKE_BINARY_DIR}/pch.cpp)
  target_link_libraries(pq_pch_async PUBLIC pq_options)
  target_precompile_headers(pq_pch_async PUBLIC ${PQ_PCH_STD}
      <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp> <boost/asio/io_context.hpp> <boost/asio/steady_timer.hpp>
      <boost/asio/use_awaitable.hpp> <boost/asio/post.hpp> <boost/asio/redirect_error.hpp> <boost/asio/experimental/parallel_group.hpp>)
endif()

# pq_test(NAME [ASYNC] [LABEL l] DEPS ...): a Catch2 program of every *_test.cpp in the calling folder, registered test by test.
function(pq_test NAME)
  cmake_parse_arguments(ARG "ASYNC" "LABEL" "DEPS;SOURCES" ${ARGN})
  if(NOT ARG_SOURCES)
    file(GLOB ARG_SOURCES CONFIGURE_DEPENDS "*_test.cpp")
  endif()
  if(NOT ARG_SOURCES)
    return()
  endif()
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE pq_options pq_catch_main ${ARG_DEPS})
  target_compile_definitions(${NAME} PRIVATE PQ_SOURCE_DIR="${CMAKE_SOURCE_DIR}" PQ_BINARY_DIR="${CMAKE_BINARY_DIR}")
  pq_precompile(${NAME} ${ARG_ASYNC})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  catch_discover_tests(${NAME} TEST_PREFIX "${NAME}: " PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 300
                       # Properties are checked on the same cases at every run; RC_PARAMS overrides.
                       ENVIRONMENT RC_PARAMS=seed=20261123)
endfunction()
