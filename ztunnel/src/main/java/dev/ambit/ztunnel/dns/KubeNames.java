package dev.ambit.ztunnel.dns;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.xbill.DNS.Name;
import org.xbill.DNS.NameTooLongException;
import org.xbill.DNS.TextParseException;

/// Which names a requested name may stand for. Pure.
///
/// A client's resolver appends search domains by itself and asks for each result in turn, so a
/// short name usually arrives as a long one. What it meant is found by taking the domains off
/// again.
final class KubeNames {
    private static final Name SVC = Name.fromConstantString("svc.");

    private final Name domain;
    private final Name serviceDomain;

    /// @param domain the cluster's, for example `cluster.local.`
    KubeNames(Name domain) {
        this.domain = domain;
        this.serviceDomain = Name.fromConstantString("svc." + domain);
    }

    /// @param stripped what was requested without the search domain; empty where none was taken off
    record Candidate(Name name, Optional<Name> stripped) {}

    /// In the order in which they are to be tried: the name itself, what Kubernetes makes of it,
    /// then the same for what is left of it without each of the search domains.
    List<Candidate> candidates(Name requested, String namespace, List<Name> search) {
        var all = new Candidates();
        all.add(requested, Optional.empty());
        expand(requested, namespace).forEach(name -> all.add(name, Optional.empty()));
        for (var suffix : search) {
            if (hasDomain(requested, suffix)) {
                var stripped = append(requested.relativize(suffix), Name.root);
                stripped.ifPresent(left -> {
                    all.add(left, stripped);
                    expand(left, namespace).forEach(name -> all.add(name, stripped));
                });
            }
        }
        return all.found;
    }

    private static final class Candidates {
        private final List<Candidate> found = new ArrayList<>();
        private final HashSet<Name> seen = new HashSet<>();

        void add(Name name, Optional<Name> stripped) {
            if (seen.add(name)) {
                found.add(new Candidate(name, stripped));
            }
        }
    }

    /// The names of services and pods that a name is short for.
    List<Name> expand(Name name, String namespace) {
        var all = new ArrayList<Name>();
        switch (labels(name)) {
            // A service of the client's namespace.
            case 1 -> inNamespace(name, namespace).ifPresent(all::add);
            case 2 -> {
                // service.namespace, or pod.subdomain of the client's namespace.
                append(name, serviceDomain).ifPresent(all::add);
                inNamespace(name, namespace).ifPresent(all::add);
            }
            case 3 -> {
                // service.namespace.svc, or pod.subdomain.namespace.
                if (hasDomain(name, SVC)) {
                    append(name, domain).ifPresent(all::add);
                }
                append(name, serviceDomain).ifPresent(all::add);
            }
            case 4 -> {
                // pod.subdomain.namespace.svc.
                if (hasDomain(name, SVC)) {
                    append(name, domain).ifPresent(all::add);
                }
            }
            default -> {
                // Too long to be short for anything.
            }
        }
        return all;
    }

    /// The name with ever more of it replaced by `*`: `*.b.c`, `*.c`.
    static List<Name> wildcards(Name name) {
        var all = new ArrayList<Name>();
        for (int i = 1; i < labels(name); i++) {
            all.add(name.wild(i));
        }
        return all;
    }

    /// Whether a service is one of Kubernetes' own, which may be headless. The control plane does
    /// not say, so its name has to.
    boolean isKubernetes(Name hostname) {
        return hasDomain(hostname, serviceDomain);
    }

    /// The zone for the SOA of an answer about this name: one that contains it.
    Name zoneOf(Name name) {
        return name.subdomain(domain) ? domain : name;
    }

    /// A hostname of the control plane; empty if it is no DNS name.
    static Optional<Name> absolute(String hostname) {
        try {
            return hostname.isEmpty()
                    ? Optional.empty()
                    : Optional.of(Name.fromString(hostname, Name.root));
        } catch (TextParseException noName) {
            return Optional.empty();
        }
    }

    /// As the control plane writes it: without the last dot.
    static String hostname(Name name) {
        return name.toString(true);
    }

    /// Ends with it, and has more.
    private static boolean hasDomain(Name name, Name domain) {
        return labels(domain) > 0 && name.subdomain(domain) && !name.equals(domain);
    }

    /// Without the root.
    static int labels(Name name) {
        return name.labels() - 1;
    }

    private Optional<Name> inNamespace(Name name, String namespace) {
        return absolute(namespace)
                .flatMap(ns -> append(ns, serviceDomain))
                .flatMap(suffix -> append(name, suffix));
    }

    static Optional<Name> append(Name name, Name suffix) {
        try {
            return Optional.of(Name.concatenate(name.relativize(Name.root), suffix));
        } catch (NameTooLongException noSuchName) {
            return Optional.empty();
        }
    }
}
