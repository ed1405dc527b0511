# The two commands. Everything else is CMake: see CMakePresets.json.
.PHONY: run test

run: # one description becomes two kernels; on a Hopper GPU they run
	@scripts/run.sh

test: # all tests, compiler and runtime
	@scripts/test.sh
