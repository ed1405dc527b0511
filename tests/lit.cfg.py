# What lit runs: the .mlir and .test files of the folders that mirror dialect/
# and compiler/, and of cli/ and configs/.
import os
import sys

import lit.formats

config.name = "moe"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.test_source_root = os.path.dirname(__file__)
# The C++ tests, which ctest runs by itself, and data.
config.excludes = [
    "architecture", "gpu", "install", "reference", "tuner", "unit", "Inputs",
]

config.environment["PATH"] = os.pathsep.join([
    config.moe_tools_dir,
    config.llvm_tools_dir,
    config.cuda_tools_dir,
    os.environ["PATH"],
])
# Schedules are what the cost model chooses, whatever configs/tuned has.
config.environment["MOE_CONFIG_DIR"] = "none"
config.environment["FILECHECK_OPTS"] = "-enable-var-scope"

tests = config.test_source_root
config.substitutions += [
    ("%models", os.path.join(tests, "..", "configs", "models")),
    ("%tuned", os.path.join(tests, "..", "configs", "tuned")),
    ("%layers", os.path.join(tests, "gpu", "layers")),
    ("%python", sys.executable),
    # %exits N COMMAND...: succeeds when COMMAND exits with N.
    ("%exits", "sh " + os.path.join(tests, "cli", "exits.sh")),
]
