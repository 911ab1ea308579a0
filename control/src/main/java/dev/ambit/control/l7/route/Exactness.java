package dev.ambit.control.l7.route;

import dev.ambit.control.resource.route.HttpMatch;
import dev.ambit.control.resource.route.TextMatch;
import java.util.Comparator;
import java.util.Optional;

/// The Gateway API's order of rules, as istiod sorts them: exact paths, prefixes, regular
/// expressions; the longer, those with a method, with more headers, with more query parameters; at
/// last those without match.
final class Exactness {
    static final Comparator<HttpRule> ORDER =
            Comparator.comparing((HttpRule r) -> r.matches().isEmpty())
                    .thenComparing(
                            r -> r.matches().isEmpty() ? HttpMatch.any() : r.matches().getFirst(),
                            Comparator.comparingInt((HttpMatch m) -> -rank(m.uri()))
                                    .thenComparingInt(m -> -length(m.uri()))
                                    .thenComparing(m -> m.method().isEmpty())
                                    .thenComparingInt(m -> -m.headers().size())
                                    .thenComparingInt(m -> -m.query().size()));

    private Exactness() {}

    private static int rank(Optional<TextMatch> uri) {
        return uri.map(u ->
                        switch (u) {
                            case TextMatch.Exact exact -> 3;
                            case TextMatch.Prefix prefix -> 2;
                            case TextMatch.Regex regex -> 1;
                            case TextMatch.Present present -> -1;
                        })
                .orElse(-1);
    }

    private static int length(Optional<TextMatch> uri) {
        return uri.map(u ->
                        switch (u) {
                            case TextMatch.Exact exact -> exact.value().length();
                            case TextMatch.Prefix prefix -> prefix.value().length();
                            case TextMatch.Regex regex -> regex.value().length();
                            case TextMatch.Present present -> 0;
                        })
                .orElse(0);
    }
}
