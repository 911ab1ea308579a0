package dev.ambit.control.resource.route;

import dev.ambit.control.resource.Addresses;
import dev.ambit.control.resource.Fields;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/// Checks that istiod's admission makes of texts in routes.
final class RouteChecks {
    static final int PORT_MAX = 65_535;
    private static final int HOST_MAX = 255;
    private static final String LABEL = "[a-zA-Z0-9](?:[-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?";
    private static final Pattern HOST =
            Pattern.compile("(?:\\*|(?:\\*-)?" + LABEL + ")(?:\\." + LABEL + ")*\\.?");
    private static final Pattern NAMESPACE =
            Pattern.compile("[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?");
    private static final Pattern HEADER_NAME = Pattern.compile("[-!#$%&'*+.^_`|~0-9A-Za-z]+");

    /// Envoy's: a percent sign is doubled or starts a command.
    private static final Pattern HEADER_VALUE =
            Pattern.compile(
                    "(?:[^%\\x00-\\x08\\x0A-\\x1F\\x7F]|%%"
                            + "|%[A-Z0-9_]+(?:\\([^)\\x00-\\x1F\\x7F]*\\))?(?::[0-9]+)?%)*+");

    private static final Set<String> PSEUDO = Set.of(":method", ":scheme", ":authority", ":path");
    private static final String CLAIMS = "@request.auth.claims";

    private RouteChecks() {}

    static String host(Fields fields, String field, String value) {
        if (value.equals("*")
                || value.length() > HOST_MAX
                || (!HOST.matcher(value).matches() && Addresses.ip(value).isEmpty())) {
            throw fields.bad(
                    field,
                    "'" + value + "' (expected: a host name, '*.' and a domain, or an address)");
        }
        return value;
    }

    /// A name without dots means a Kubernetes service of the namespace.
    static String completed(String host, String namespace) {
        return host.isEmpty()
                        || host.equals("*")
                        || host.indexOf('.') >= 0
                        || host.indexOf(':') >= 0
                ? host
                : host + "." + namespace + ".svc.cluster.local";
    }

    static void regex(Fields fields, String field, String value) {
        Regexes.problem(value)
                .ifPresent(problem -> {
                    throw fields.bad(field, problem);
                });
    }

    /// A name by which a request's header is looked at.
    static void matchedHeader(Fields fields, String name) {
        if (name.startsWith(CLAIMS)) {
            throw fields.bad(
                    name,
                    "'"
                            + name
                            + "' (expected: a header; routing by claims of a token is for gateways"
                            + " only)");
        }
        if (!PSEUDO.contains(name) && !HEADER_NAME.matcher(name).matches()) {
            throw fields.bad(name, "'" + name + "' (expected: the name of a header)");
        }
    }

    static boolean isHeaderName(String name) {
        return HEADER_NAME.matcher(name).matches();
    }

    /// Set by the proxy itself: no operation changes it.
    static boolean isInternal(String name) {
        return name.startsWith(":") || name.equalsIgnoreCase("host");
    }

    static boolean isAuthority(String name) {
        return name.equalsIgnoreCase(":authority") || name.equalsIgnoreCase("host");
    }

    static void changedHeader(Fields fields, String field, String name, boolean authorityToo) {
        boolean allowed = authorityToo && isAuthority(name);
        if (name.isEmpty() || (isInternal(name) && !allowed)) {
            throw fields.bad(
                    field,
                    "'"
                            + name
                            + "' (expected: a header that may be changed"
                            + (authorityToo ? ", or :authority)" : ")"));
        }
    }

    static void headerValue(Fields fields, String field, String value) {
        if (!isHeaderValue(value)) {
            throw fields.bad(
                    field,
                    "'" + value + "' (expected: printable, a percent sign as %% or %COMMAND%)");
        }
    }

    static boolean isHeaderValue(String value) {
        return HEADER_VALUE.matcher(value).matches();
    }

    static List<String> exportTo(Fields spec, String namespace) {
        var list = new ArrayList<String>();
        for (var entry : spec.texts("exportTo")) {
            var to = entry.equals(".") ? namespace : entry;
            if (!to.equals("*") && !NAMESPACE.matcher(to).matches()) {
                throw spec.bad("exportTo", "'" + entry + "' (expected: '.', '*' or a namespace)");
            }
            list.add(to);
        }
        if (new HashSet<>(list).size() < list.size()) {
            throw spec.bad("exportTo", list + " (expected: each namespace once)");
        }
        if (list.contains("*") && list.size() > 1) {
            throw spec.bad("exportTo", "'*' with others (expected: '*' alone)");
        }
        return list;
    }

    static boolean isNamespace(String name) {
        return NAMESPACE.matcher(name).matches();
    }

    static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }
}
