// Carries the precompiled header that cmake/MoeLibrary.cmake declares.
