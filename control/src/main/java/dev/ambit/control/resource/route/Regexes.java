package dev.ambit.control.resource.route;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayDeque;
import java.util.Optional;

/// Whether a proxy takes a regular expression. RE2 matches in linear time, so no pattern is slow by
/// its form; what is bounded is how large its program gets.
public final class Regexes {
    private Regexes() {}

    /// What is wrong with it and what was expected; empty when it can be used.
    public static Optional<String> problem(String regex) {
        if (regex.isEmpty()) {
            return Optional.of("empty (expected: a regular expression)");
        }
        if (regex.length() > RouteLimits.DEFAULT.regexLength()) {
            return Optional.of(
                    "%d characters (expected: at most %d)"
                            .formatted(regex.length(), RouteLimits.DEFAULT.regexLength()));
        }
        int repeats = repeats(regex);
        if (repeats > RouteLimits.DEFAULT.regexRepeats()) {
            return Optional.of(
                    "'%s' repeats something up to %d times (expected: at most %d, as RE2 takes)"
                            .formatted(regex, repeats, RouteLimits.DEFAULT.regexRepeats()));
        }
        try {
            int size = Pattern.compile(regex).programSize();
            return size <= RouteLimits.DEFAULT.regexProgram()
                    ? Optional.empty()
                    : Optional.of(
                            "'%s' makes a program of %d steps (expected: at most %d)"
                                    .formatted(regex, size, RouteLimits.DEFAULT.regexProgram()));
        } catch (PatternSyntaxException e) {
            return Optional.of(
                    "'%s': %s (expected: RE2's syntax, without look-arounds and back references)"
                            .formatted(regex, e.getDescription()));
        }
    }

    /// How often the innermost part may repeat when counted repeats are nested: the product of
    /// their counts. Looked at before compiling, because compiling writes all of them out.
    static int repeats(String regex) {
        var outer = new ArrayDeque<Integer>();
        int most = 1;
        int last = 1;
        int i = 0;
        while (i < regex.length()) {
            char c = regex.charAt(i);
            if (c == '\\') {
                i = regex.startsWith("\\Q", i) ? endOfQuote(regex, i + 2) : i + 2;
                last = 1;
            } else if (c == '[') {
                i = endOfClass(regex, i + 1);
                last = 1;
            } else if (c == '(') {
                outer.push(most);
                most = 1;
                last = 1;
                i++;
            } else if (c == ')' && !outer.isEmpty()) {
                last = most;
                most = Math.max(outer.pop(), last);
                i++;
            } else if (c == '{') {
                int close = regex.indexOf('}', i);
                int count = close < 0 ? 1 : count(regex.substring(i + 1, close));
                last = (int) Math.min(Integer.MAX_VALUE, (long) last * count);
                most = Math.max(most, last);
                i = close < 0 || count == 1 ? i + 1 : close + 1;
            } else {
                last = c == '*' || c == '+' || c == '?' ? last : 1;
                i++;
            }
        }
        while (!outer.isEmpty()) {
            most = Math.max(most, outer.pop());
        }
        return most;
    }

    /// Of `n`, `n,` or `n,m`; 1 for what is no count.
    private static int count(String text) {
        int comma = text.indexOf(',');
        var upper = comma < 0 || comma == text.length() - 1 ? text : text.substring(comma + 1);
        var digits = upper.endsWith(",") ? upper.substring(0, upper.length() - 1) : upper;
        try {
            return digits.isEmpty() ? 1 : Math.max(1, Integer.parseInt(digits));
        } catch (NumberFormatException notCount) {
            return 1;
        }
    }

    private static int endOfQuote(String regex, int from) {
        int end = regex.indexOf("\\E", from);
        return end < 0 ? regex.length() : end + 2;
    }

    private static int endOfClass(String regex, int from) {
        int i = from;
        if (i < regex.length() && regex.charAt(i) == '^') {
            i++;
        }
        if (i < regex.length() && regex.charAt(i) == ']') {
            i++;
        }
        while (i < regex.length() && regex.charAt(i) != ']') {
            if (regex.charAt(i) == '\\') {
                i++;
            } else if (regex.startsWith("[:", i)) {
                int end = regex.indexOf(":]", i + 2);
                i = end < 0 ? i : end + 1;
            }
            i++;
        }
        return i + 1;
    }
}
