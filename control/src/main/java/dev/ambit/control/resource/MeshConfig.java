package dev.ambit.control.resource;

import dev.ambit.control.resource.observe.ExtensionProvider;
import dev.ambit.control.resource.observe.MeshObserve;
import dev.ambit.control.resource.route.MeshRouting;
import dev.ambit.control.resource.traffic.MeshTraffic;
import java.util.List;
import java.util.Map;

/// The part of the mesh configuration that has an effect here.
///
/// @param observe telemetry, extension providers and what proxies are told about themselves
/// @param routing what routes do that say nothing
/// @param scopes which services other clusters may use; the first that matches as `GLOBAL` counts
/// @param traffic how destinations are called
public record MeshConfig(
        String trustDomain,
        String rootNamespace,
        List<ServiceScope> scopes,
        EntryVisibility entryVisibility,
        MeshObserve observe,
        MeshRouting routing,
        MeshTraffic traffic) {

    public MeshConfig {
        scopes = List.copyOf(scopes);
    }

    /// An entry of `serviceScopeConfigs`; an absent selector selects all.
    public record ServiceScope(LabelSelector namespaces, LabelSelector services, boolean global) {}

    /// Who may use a ServiceEntry.
    public enum Visibility {
        PUBLIC,
        NAMESPACE,
        /// Nobody: it is not sent.
        NONE
    }

    /// `serviceEntryVisibility`: the first policy that selects the entry's namespace, else the
    /// default.
    public record EntryVisibility(Visibility otherwise, List<VisibilityPolicy> policies) {
        public EntryVisibility {
            policies = List.copyOf(policies);
        }
    }

    /// @param namespaces all of them must match; none match every namespace
    public record VisibilityPolicy(Visibility visibility, List<LabelSelector> namespaces) {
        public VisibilityPolicy {
            namespaces = List.copyOf(namespaces);
        }
    }

    public static MeshConfig defaults() {
        return new MeshConfig(
                "cluster.local",
                "istio-system",
                List.of(),
                new EntryVisibility(Visibility.PUBLIC, List.of()),
                MeshObserve.defaults(),
                MeshRouting.defaults(),
                MeshTraffic.defaults());
    }

    /// `extensionProviders` by name, in the order in which they were written.
    public Map<String, ExtensionProvider> providers() {
        return observe.providers();
    }
}
