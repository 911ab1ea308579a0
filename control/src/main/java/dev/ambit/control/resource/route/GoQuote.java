package dev.ambit.control.resource.route;

/// Text as a regular expression that matches just it, in the writing of Go's `regexp.QuoteMeta`.
public final class GoQuote {
    private static final String SPECIAL = "\\.+*?()|[]{}^$";

    private GoQuote() {}

    public static String meta(String text) {
        var quoted = new StringBuilder();
        for (char c : text.toCharArray()) {
            if (SPECIAL.indexOf(c) >= 0) {
                quoted.append('\\');
            }
            quoted.append(c);
        }
        return quoted.toString();
    }
}
