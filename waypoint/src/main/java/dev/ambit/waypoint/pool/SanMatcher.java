package dev.ambit.waypoint.pool;

import com.google.re2j.Pattern;
import dev.ambit.waypoint.pool.TlsClientConfig.How;
import dev.ambit.waypoint.pool.TlsClientConfig.SanMatch;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Whether a certificate has one of the names that are wanted (RFC 5280 section 4.2.1.6). A DNS
/// name that is wanted exactly is also met by a wildcard of one label, as Envoy has it.
final class SanMatcher {
    private static final int DNS = 2;
    private static final int URI = 6;
    private static final int IP = 7;

    private final List<Compiled> wanted;

    private record Compiled(SanMatch match, Predicate<String> test) {}

    SanMatcher(List<SanMatch> wanted) {
        this.wanted = wanted.stream().map(one -> new Compiled(one, test(one))).toList();
    }

    private static Predicate<String> test(SanMatch match) {
        var value = fold(match.value(), match.ignoreCase());
        return switch (match.how()) {
            case EXACT -> name -> fold(name, match.ignoreCase()).equals(value);
            case PREFIX -> name -> fold(name, match.ignoreCase()).startsWith(value);
            case SUFFIX -> name -> fold(name, match.ignoreCase()).endsWith(value);
            case CONTAINS -> name -> fold(name, match.ignoreCase()).contains(value);
            case REGEX -> Pattern.compile(match.value())::matches;
        };
    }

    private static String fold(String text, boolean fold) {
        return fold ? text.toLowerCase(Locale.ROOT) : text;
    }

    /// Null where it has one, else what was wanted and what it has.
    @Nullable String refusal(X509Certificate leaf) {
        if (wanted.isEmpty()) {
            return null;
        }
        var shown = new ArrayList<String>();
        for (var name : names(leaf)) {
            for (var one : wanted) {
                if (matches(one, name)) {
                    return null;
                }
            }
            shown.add(name.value());
        }
        return "verify SAN list: the certificate's names are %s (expected one of: %s)"
                .formatted(shown, wanted.stream().map(one -> one.match().value()).toList());
    }

    private static boolean matches(Compiled one, Name name) {
        var type = one.match().type();
        if (!type.equals("ANY") && !type.equals(name.type())) {
            return false;
        }
        return one.test().test(name.value())
                || (one.match().how() == How.EXACT
                        && name.type().equals("DNS")
                        && wildcard(name.value(), one.match().value()));
    }

    /// RFC 6125 section 6.4.3: the leftmost label, whole, and no more than one.
    private static boolean wildcard(String pattern, String host) {
        if (!pattern.startsWith("*.")) {
            return false;
        }
        int dot = host.indexOf('.');
        return dot > 0 && host.substring(dot).equalsIgnoreCase(pattern.substring(1));
    }

    private record Name(String type, String value) {}

    private static List<Name> names(X509Certificate leaf) {
        var names = new ArrayList<Name>();
        try {
            var all = leaf.getSubjectAlternativeNames();
            if (all == null) {
                return names;
            }
            for (var one : all) {
                var value = String.valueOf(one.get(1));
                switch ((Integer) one.get(0)) {
                    case DNS -> names.add(new Name("DNS", value));
                    case URI -> names.add(new Name("URI", value));
                    case IP -> names.add(new Name("IP", value));
                    default -> {
                        // Names of other kinds are never asked for.
                    }
                }
            }
        } catch (CertificateParsingException unreadable) {
            names.clear();
        }
        return names;
    }
}
