package dev.ambit.control.resource;

/// Where a resource was read: a file (relative to the directory) and a line, counted from 1.
public record Origin(String file, int line) {
    @Override
    public String toString() {
        return file + ":" + line;
    }
}
