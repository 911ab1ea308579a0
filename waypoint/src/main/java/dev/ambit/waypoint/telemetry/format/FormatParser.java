package dev.ambit.waypoint.telemetry.format;

import dev.ambit.waypoint.match.Ascii;
import java.util.ArrayList;
import java.util.List;

/// Takes a format apart: words, `%%`, and commands `%NAME(argument):length%`. An argument ends at
/// the first `)` after which the command can end.
final class FormatParser {
    private static final int MAX_LENGTH_DIGITS = 9;

    private final String format;
    private final FormatContext context;
    private final List<Operator> parts = new ArrayList<>();
    private final StringBuilder words = new StringBuilder();

    FormatParser(String format, FormatContext context) {
        this.format = format;
        this.context = context;
    }

    /// A command as it is written.
    ///
    /// @param argument empty for none
    /// @param length -1 for none
    record Command(String name, String argument, int length) {}

    List<Operator> parse() throws FormatFault {
        int at = 0;
        while (at < format.length()) {
            char c = format.charAt(at);
            if (c != '%') {
                words.append(c);
                at++;
            } else if (at + 1 < format.length() && format.charAt(at + 1) == '%') {
                words.append('%');
                at += 2;
            } else {
                at = command(at);
            }
        }
        endWords();
        if (parts.isEmpty()) {
            parts.add(new Basic.Literal(""));
        }
        return parts;
    }

    private void endWords() {
        if (!words.isEmpty()) {
            parts.add(new Basic.Literal(Ascii.octets(words.toString())));
            words.setLength(0);
        }
    }

    /// @param start of its `%`
    /// @return after its end
    private int command(int start) throws FormatFault {
        int nameEnd = start + 1;
        while (nameEnd < format.length() && isName(format.charAt(nameEnd))) {
            nameEnd++;
        }
        var name = format.substring(start + 1, nameEnd);
        if (!name.isEmpty() && nameEnd < format.length()) {
            if (format.charAt(nameEnd) == '(') {
                for (int close = format.indexOf(')', nameEnd);
                        close >= 0;
                        close = format.indexOf(')', close + 1)) {
                    int end = end(close + 1);
                    if (end >= 0) {
                        var argument = format.substring(nameEnd + 1, close);
                        return add(new Command(name, argument, length(close + 1)), end);
                    }
                }
            } else {
                int end = end(nameEnd);
                if (end >= 0) {
                    return add(new Command(name, "", length(nameEnd)), end);
                }
            }
        }
        throw new FormatFault(
                "Incorrect configuration: "
                        + format
                        + ". Couldn't find valid command at position "
                        + start);
    }

    private int add(Command command, int end) throws FormatFault {
        endWords();
        parts.add(Operators.compile(command, context));
        return end;
    }

    private static boolean isName(char c) {
        return c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_';
    }

    /// After the `%` that ends a command, or -1 where it can't end here.
    private int end(int from) {
        int at = from;
        if (at < format.length() && format.charAt(at) == ':') {
            int digits = at + 1;
            while (digits < format.length() && Character.digit(format.charAt(digits), 10) >= 0) {
                digits++;
            }
            if (digits == at + 1 || digits - at - 1 > MAX_LENGTH_DIGITS) {
                return -1;
            }
            at = digits;
        }
        return at < format.length() && format.charAt(at) == '%' ? at + 1 : -1;
    }

    private int length(int from) {
        if (format.charAt(from) != ':') {
            return -1;
        }
        return Integer.parseInt(format.substring(from + 1, format.indexOf('%', from)));
    }
}
