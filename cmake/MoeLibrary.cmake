# moe_add_library(<name> <sources...> [DEPENDS <targets...>] [LINK <targets...>])
#
# A library of dialect/ or compiler/ that uses MLIR. MLIR's include paths and
# flags are set here and nowhere else: -fno-exceptions must not reach runtime/
# or Catch2. The precompiled header holds what every such file includes; it is
# what makes a file cost seconds.
add_library(moe_mlir INTERFACE)
target_include_directories(moe_mlir SYSTEM INTERFACE
  ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
target_include_directories(moe_mlir INTERFACE
  ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
target_compile_definitions(moe_mlir INTERFACE ${MOE_LLVM_DEFINITIONS})
target_compile_options(moe_mlir INTERFACE -fno-exceptions -Wall -Wextra
  -Wno-unused-parameter)
# Without a time stamp the precompiled header is the same bytes each time, and
# ccache can tell.
target_compile_options(moe_mlir INTERFACE
  "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")

if(MOE_STATIC_LLVM)
  # The distribution's static MLIR targets name the shared LLVM; a program that
  # holds both crashes at start, so the shared one is taken out.
  foreach(target IN LISTS MLIR_EXPORTED_TARGETS)
    if(NOT TARGET ${target})
      continue()
    endif()
    get_target_property(links ${target} INTERFACE_LINK_LIBRARIES)
    if(links)
      list(REMOVE_ITEM links LLVM)
      set_target_properties(${target} PROPERTIES INTERFACE_LINK_LIBRARIES "${links}")
    endif()
  endforeach()
  # Nor need zlib and zstd be installed where the tools run.
  find_library(MOE_STATIC_ZLIB libz.a REQUIRED)
  find_library(MOE_STATIC_ZSTD libzstd.a REQUIRED)
  get_target_property(links LLVMSupport INTERFACE_LINK_LIBRARIES)
  list(TRANSFORM links REPLACE "^ZLIB::ZLIB$" ${MOE_STATIC_ZLIB})
  list(TRANSFORM links REPLACE "^zstd::libzstd_shared$" ${MOE_STATIC_ZSTD})
  set_target_properties(LLVMSupport PROPERTIES INTERFACE_LINK_LIBRARIES "${links}")
  llvm_map_components_to_libnames(llvm_libraries NVPTXCodeGen NVPTXDesc
    NVPTXInfo Passes FrontendOpenMP IRReader Linker Core Support)
  target_link_libraries(moe_mlir INTERFACE
    MLIRArithDialect MLIRArithToLLVM MLIRBuiltinToLLVMIRTranslation
    MLIRControlFlowToLLVM MLIRFuncDialect MLIRGPUDialect
    MLIRGPUToLLVMIRTranslation MLIRLLVMDialect
    MLIRLLVMToLLVMIRTranslation MLIRMemRefDialect MLIRNVVMDialect
    MLIRNVVMToLLVM MLIRNVVMToLLVMIRTranslation MLIRParser MLIRPass
    MLIRReconcileUnrealizedCasts MLIRSCFDialect MLIRSCFToControlFlow
    MLIRTargetLLVMIRExport MLIRTransforms
    ${llvm_libraries})
  target_link_options(moe_mlir INTERFACE -Wl,--as-needed -Wl,--gc-sections -static-libstdc++
    -static-libgcc)
else()
  target_link_libraries(moe_mlir INTERFACE MLIR LLVM)
endif()

add_library(moe_pch STATIC ${PROJECT_SOURCE_DIR}/cmake/Precompiled.cpp)
target_link_libraries(moe_pch PUBLIC moe_mlir)
target_precompile_headers(moe_pch PRIVATE
  <mlir/IR/BuiltinDialect.h>
  <mlir/Dialect/Arith/IR/Arith.h>
  <mlir/Dialect/GPU/IR/GPUDialect.h>
  <mlir/Dialect/LLVMIR/LLVMDialect.h>
  <mlir/Dialect/LLVMIR/NVVMDialect.h>
  <mlir/Dialect/MemRef/IR/MemRef.h>
  <mlir/Dialect/SCF/IR/SCF.h>
  <mlir/Pass/Pass.h>
  <mlir/Transforms/DialectConversion.h>)

function(moe_add_library name)
  cmake_parse_arguments(arg "" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC moe_mlir ${arg_LINK})
  target_precompile_headers(${name} REUSE_FROM moe_pch)
  if(arg_DEPENDS)
    add_dependencies(${name} ${arg_DEPENDS})
  endif()
endfunction()
