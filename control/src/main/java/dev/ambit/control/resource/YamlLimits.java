package dev.ambit.control.resource;

/// @param fileBytes size of one file
/// @param documents documents in one file, items of lists included
/// @param aliases aliases of collections in one document
/// @param depth nesting in one document
/// @param expansion values that one document has more of when each alias is written out
public record YamlLimits(int fileBytes, int documents, int aliases, int depth, int expansion) {
    private static final int EXPANSION = 100_000;

    public YamlLimits(int fileBytes, int documents, int aliases, int depth) {
        this(fileBytes, documents, aliases, depth, EXPANSION);
    }
}
