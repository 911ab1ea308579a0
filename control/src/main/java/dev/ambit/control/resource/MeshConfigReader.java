package dev.ambit.control.resource;

import dev.ambit.control.resource.MeshConfig.EntryVisibility;
import dev.ambit.control.resource.MeshConfig.ServiceScope;
import dev.ambit.control.resource.MeshConfig.Visibility;
import dev.ambit.control.resource.MeshConfig.VisibilityPolicy;
import dev.ambit.control.resource.observe.MeshObserve;
import dev.ambit.control.resource.route.MeshRouting;
import dev.ambit.control.resource.traffic.MeshTrafficReader;
import java.util.ArrayList;
import java.util.List;
import org.snakeyaml.engine.v2.nodes.Node;

/// `meshconfig.yaml`: Istio's MeshConfig, of which most fields have no effect here.
final class MeshConfigReader {
    private enum Scope {
        LOCAL,
        GLOBAL
    }

    /// As on the wire; not said means public.
    private enum Written {
        VISIBILITY_UNSPECIFIED,
        PUBLIC,
        NAMESPACE,
        NONE
    }

    private MeshConfigReader() {}

    static MeshConfig read(String file, List<Node> documents) {
        if (documents.isEmpty()) {
            return MeshConfig.defaults();
        }
        var where = new Fields.Where(file, "MeshConfig", false);
        Documents.requireUniqueKeys(documents.getFirst(), where);
        var top = Fields.of(documents.getFirst(), where, "");
        if (documents.size() > 1) {
            throw top.bad("", documents.size() + " documents (expected: one)");
        }
        var defaults = MeshConfig.defaults();
        return new MeshConfig(
                or(top.text("trustDomain"), defaults.trustDomain()),
                or(top.text("rootNamespace"), defaults.rootNamespace()),
                top.children("serviceScopeConfigs").stream().map(MeshConfigReader::scope).toList(),
                top.child("serviceEntryVisibility")
                        .map(MeshConfigReader::visibility)
                        .orElse(defaults.entryVisibility()),
                MeshObserve.read(top),
                MeshRouting.read(top),
                MeshTrafficReader.read(top));
    }

    private static ServiceScope scope(Fields scope) {
        return new ServiceScope(
                selector(scope, "namespaceSelector"),
                selector(scope, "servicesSelector"),
                scope.choice("scope", Scope.class, Scope.LOCAL) == Scope.GLOBAL);
    }

    private static LabelSelector selector(Fields scope, String name) {
        return scope.child(name).map(LabelSelector::read).orElse(LabelSelector.EVERYTHING);
    }

    private static EntryVisibility visibility(Fields fields) {
        var policies = new ArrayList<VisibilityPolicy>();
        for (var policy : fields.children("policies")) {
            var selectors = new ArrayList<LabelSelector>();
            for (var rule : policy.children("matchingRules")) {
                var selector = rule.child("namespaceSelector");
                if (selector.isEmpty()) {
                    // A policy that can't match would publish what somebody meant to hide.
                    throw rule.bad("namespaceSelector", "missing (expected: the one kind of rule)");
                }
                selectors.add(LabelSelector.read(selector.get()));
            }
            policies.add(new VisibilityPolicy(visibility(policy, "visibility"), selectors));
        }
        return new EntryVisibility(visibility(fields, "defaultVisibility"), policies);
    }

    private static Visibility visibility(Fields fields, String name) {
        return switch (fields.choice(name, Written.class, Written.VISIBILITY_UNSPECIFIED)) {
            case VISIBILITY_UNSPECIFIED, PUBLIC -> Visibility.PUBLIC;
            case NAMESPACE -> Visibility.NAMESPACE;
            case NONE -> Visibility.NONE;
        };
    }

    private static String or(String value, String absent) {
        return value.isEmpty() ? absent : value;
    }
}
