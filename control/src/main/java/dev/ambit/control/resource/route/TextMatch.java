package dev.ambit.control.resource.route;

/// What a text is compared with.
public sealed interface TextMatch {
    record Exact(String value) implements TextMatch {}

    record Prefix(String value) implements TextMatch {}

    /// The whole text must match.
    ///
    /// @param value a regular expression that RE2 takes
    record Regex(String value) implements TextMatch {}

    /// Any text, as long as it is there: an empty `StringMatch`, or the regular expression `*`.
    record Present() implements TextMatch {}
}
