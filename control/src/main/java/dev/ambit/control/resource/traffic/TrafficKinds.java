package dev.ambit.control.resource.traffic;

import dev.ambit.control.resource.Fields;
import dev.ambit.control.resource.Meta;
import dev.ambit.control.resource.PolicyScopes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// Reads DestinationRules and Gateway API's BackendTLSPolicies, and refuses what istiod's admission
/// refuses.
public final class TrafficKinds {
    private static final int NAME_MAX = 255;
    private static final String LABEL = "[a-zA-Z0-9](?:[-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?";
    private static final Pattern HOST =
            Pattern.compile("(?:\\*|(?:\\*-)?" + LABEL + ")(?:\\." + LABEL + ")*\\.?");
    private static final Pattern SUBSET = Pattern.compile(LABEL);
    private static final Pattern NAMESPACE = Pattern.compile("[*.]|" + LABEL);
    private static final Pattern LABEL_VALUE =
            Pattern.compile("(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?");

    private enum NameType {
        Hostname,
        URI
    }

    private enum WellKnown {
        System
    }

    private TrafficKinds() {}

    public static DestinationRule destinationRule(Fields top, Meta meta) {
        var spec =
                top.child("spec")
                        .orElseThrow(() -> top.bad("spec", "missing (expected: a mapping)"));
        var host = spec.required("host");
        if (host.length() > NAME_MAX || !HOST.matcher(host).matches()) {
            throw spec.bad("host", "'" + host + "' (expected: a host name, or *.name)");
        }
        var reader = new PolicyReader(meta.namespace());
        var policy = spec.child("trafficPolicy").map(reader::policy);
        var subsets = new ArrayList<DestinationRule.Subset>();
        var names = new HashSet<String>();
        for (var fields : spec.children("subsets")) {
            var subset = subset(fields, reader);
            if (!names.add(subset.name())) {
                throw fields.bad(
                        "name", "'" + subset.name() + "' twice (expected: one subset of a name)");
            }
            subsets.add(subset);
        }
        var selector = workloadSelector(spec);
        var exportTo = exportTo(spec, meta.namespace(), selector.isPresent());
        spec.noOthers();
        return new DestinationRule(
                meta, completed(host, meta.namespace()), policy, subsets, exportTo, selector);
    }

    /// A name without dots means a Kubernetes service of the rule's namespace.
    private static String completed(String host, String namespace) {
        return host.startsWith("*") || host.indexOf('.') >= 0
                ? host
                : host + "." + namespace + ".svc.cluster.local";
    }

    private static DestinationRule.Subset subset(Fields fields, PolicyReader reader) {
        var name = fields.required("name");
        if (!SUBSET.matcher(name).matches()) {
            throw fields.bad(
                    "name", "'" + name + "' (expected: letters, digits and dashes, at most 63)");
        }
        var labels = fields.map("labels");
        labels.forEach((key, value) -> {
            if (key.isEmpty() || !LABEL_VALUE.matcher(value).matches()) {
                throw fields.bad("labels", "'" + key + ": " + value + "' (expected: a label)");
            }
        });
        var subset =
                new DestinationRule.Subset(
                        name, labels, fields.child("trafficPolicy").map(reader::policy));
        fields.noOthers();
        return subset;
    }

    private static Optional<Map<String, String>> workloadSelector(Fields spec) {
        return PolicyScopes.selector(spec, "workloadSelector");
    }

    private static List<String> exportTo(Fields spec, String namespace, boolean selected) {
        var list = spec.texts("exportTo");
        var seen = new HashSet<String>();
        for (var entry : list) {
            if (!NAMESPACE.matcher(entry).matches()) {
                throw spec.bad("exportTo", "'" + entry + "' (expected: '.', '*' or a namespace)");
            }
            if (!seen.add(entry.equals(".") ? namespace : entry)) {
                throw spec.bad("exportTo", "'" + entry + "' (expected: each namespace once)");
            }
        }
        if (seen.contains("*") && list.size() > 1) {
            throw spec.bad("exportTo", "'*' with others (expected: '*' alone)");
        }
        if (selected && !seen.isEmpty() && !seen.equals(java.util.Set.of(namespace))) {
            throw spec.bad(
                    "exportTo",
                    String.join(", ", list)
                            + " (expected: '.', because workloadSelector selects in its own"
                            + " namespace only)");
        }
        return list;
    }

    public static BackendTlsPolicy backendTlsPolicy(Fields top, Meta meta) {
        var spec =
                top.child("spec")
                        .orElseThrow(() -> top.bad("spec", "missing (expected: a mapping)"));
        var targets = new ArrayList<BackendTlsPolicy.Target>();
        for (var target : spec.children("targetRefs")) {
            var section = target.text("sectionName");
            targets.add(
                    new BackendTlsPolicy.Target(
                            target.text("group"),
                            target.required("kind"),
                            target.required("name"),
                            section.isEmpty() ? Optional.empty() : Optional.of(section)));
        }
        if (targets.isEmpty()) {
            throw spec.bad("targetRefs", "missing (expected: at least one target)");
        }
        var validation =
                spec.child("validation")
                        .orElseThrow(() -> spec.bad("validation", "missing (expected: a mapping)"));
        var names = new ArrayList<String>();
        for (var name : validation.children("subjectAltNames")) {
            switch (name.choice("type", NameType.class, NameType.Hostname)) {
                case Hostname -> names.add(name.required("hostname"));
                case URI -> names.add(name.required("uri"));
            }
        }
        return new BackendTlsPolicy(
                meta, targets, validation.required("hostname"), names, roots(validation));
    }

    private static BackendTlsPolicy.Roots roots(Fields validation) {
        var refs = validation.children("caCertificateRefs");
        boolean system = validation.has("wellKnownCACertificates");
        if (system && !refs.isEmpty()) {
            throw validation.bad(
                    "wellKnownCACertificates",
                    "set with caCertificateRefs (expected: one of the two)");
        }
        if (system) {
            validation.choice("wellKnownCACertificates", WellKnown.class, WellKnown.System);
            return new BackendTlsPolicy.Roots.OfSystem();
        }
        if (refs.isEmpty()) {
            throw validation.bad(
                    "caCertificateRefs",
                    "missing (expected: a ConfigMap, or wellKnownCACertificates: System)");
        }
        // As istiod: further ones are not looked at.
        var first = refs.getFirst();
        var kind = first.required("kind");
        return first.text("group").isEmpty() && kind.equals("ConfigMap")
                ? new BackendTlsPolicy.Roots.ConfigMap(first.required("name"))
                : new BackendTlsPolicy.Roots.Unusable(
                        "caCertificateRefs kind '" + kind + "' (expected: ConfigMap)");
    }
}
