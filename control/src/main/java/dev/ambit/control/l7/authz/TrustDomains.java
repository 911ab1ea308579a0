package dev.ambit.control.l7.authz;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// The mesh's trust domain and its other names: an identity in one of them is one in each.
///
/// @param names the trust domain first
record TrustDomains(List<String> names) {
    /// Stands in policies for the mesh's own trust domain, whatever that is called.
    private static final String LOCAL = "cluster.local";

    /// `domain/ns/namespace/sa/account`.
    private static final int PARTS = 5;

    TrustDomains {
        names = List.copyOf(names);
    }

    static TrustDomains of(String own, List<String> aliases) {
        var names = new ArrayList<String>();
        names.add(own);
        names.addAll(aliases);
        return new TrustDomains(names);
    }

    /// Whole identities in each of the names; others, and those with a wildcard for the namespace
    /// or the account as a whole, stay as they are.
    List<String> principals(List<String> principals) {
        var all = new ArrayList<String>();
        for (var principal : principals) {
            int slash = principal.indexOf('/');
            boolean whole = principal.split("/", -1).length == PARTS;
            var domain = slash < 0 ? "" : principal.substring(0, slash);
            boolean ours =
                    whole
                            && !domain.equals("*")
                            && (domain.equals(LOCAL)
                                    || names.stream().anyMatch(n -> alike(domain, n)));
            if (ours) {
                all.addAll(inEach(principal, domain));
            } else {
                all.add(principal);
            }
        }
        return all;
    }

    private Set<String> inEach(String principal, String domain) {
        var each = new LinkedHashSet<String>();
        for (var name : names) {
            each.add(
                    suffixCovers(domain, name)
                            ? principal
                            : name + principal.substring(domain.length()));
        }
        return each;
    }

    List<String> domains(List<String> domains) {
        var all = new LinkedHashSet<String>();
        for (var domain : domains) {
            if (names.contains(domain)) {
                all.addAll(names);
            } else {
                all.add(domain);
            }
        }
        return List.copyOf(all);
    }

    /// Either may have a wildcard.
    private static boolean alike(String domain, String name) {
        return domain.equals(name)
                || prefixCovers(domain, name)
                || prefixCovers(name, domain)
                || suffixCovers(domain, name)
                || suffixCovers(name, domain);
    }

    private static boolean prefixCovers(String pattern, String name) {
        return pattern.endsWith("*") && name.startsWith(pattern.substring(0, pattern.length() - 1));
    }

    private static boolean suffixCovers(String pattern, String name) {
        return pattern.startsWith("*") && name.endsWith(pattern.substring(1));
    }
}
