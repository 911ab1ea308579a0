package dev.ambit.control.resource;

/// @param fileBytes size of one file, bytes of UTF-8
/// @param documents documents in one file, items of lists included
/// @param aliases aliases of collections in one file's documents
/// @param depth nesting
public record YamlLimits(int fileBytes, int documents, int aliases, int depth) {}
