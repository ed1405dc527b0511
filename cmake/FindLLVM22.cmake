# LLVM and MLIR 22.1 of the distribution, also where other versions are
# installed. MLIR's version file accepts only the same major.minor, and the
# default search path misses the versioned prefix.
find_program(LLVM22_CONFIG NAMES llvm-config-22
             DOC "llvm-config of LLVM 22; its prefix is where MLIR is looked for")
if(NOT LLVM22_CONFIG)
  message(FATAL_ERROR "llvm-config-22 is not on the PATH: install libmlir-22-dev, "
    "mlir-22-tools and llvm-22-dev, or configure the preset runtime-only")
endif()
execute_process(COMMAND ${LLVM22_CONFIG} --prefix OUTPUT_VARIABLE LLVM22_PREFIX
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
find_package(MLIR 22.1 REQUIRED CONFIG
             PATHS ${LLVM22_PREFIX}/lib/cmake/mlir NO_DEFAULT_PATH)
set(MLIR_BINARY_DIR ${PROJECT_BINARY_DIR}) # where add_mlir_doc writes
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)
separate_arguments(MOE_LLVM_DEFINITIONS NATIVE_COMMAND "${LLVM_DEFINITIONS}")
