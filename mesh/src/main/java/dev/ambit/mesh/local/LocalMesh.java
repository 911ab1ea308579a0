package dev.ambit.mesh.local;

import dev.ambit.mesh.model.Service;
import dev.ambit.mesh.model.Workload;
import dev.ambit.mesh.policy.Policy;
import dev.ambit.mesh.store.Change;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/// A mesh as a file says it, in the reference's format (`LOCAL_XDS_PATH`): workloads, services and
/// policies. What it says is there before the control plane speaks, and beside what that says.
public record LocalMesh(List<Workload> workloads, List<Service> services, List<Policy> policies) {
    public static final LocalMesh NONE = new LocalMesh(List.of(), List.of(), List.of());

    /// Matches may be written `!Exact x` as well as `{Exact: x}`.
    private static final LoadSettings SETTINGS =
            LoadSettings.builder()
                    .setTagConstructors(
                            Map.of(
                                    new Tag("!Exact"), node -> match("Exact", node),
                                    new Tag("!Prefix"), node -> match("Prefix", node),
                                    new Tag("!Suffix"), node -> match("Suffix", node),
                                    new Tag("!Presence"), node -> match("Presence", node)))
                    .build();

    private static Map<String, ?> match(String kind, Node node) {
        return Map.of(kind, node instanceof ScalarNode scalar ? scalar.getValue() : List.of());
    }

    public LocalMesh {
        workloads = List.copyOf(workloads);
        services = List.copyOf(services);
        policies = List.copyOf(policies);
    }

    /// @throws LocalMeshFault naming the place, the value and what was expected
    public static LocalMesh parse(String yaml) throws LocalMeshFault {
        Object document;
        try {
            document = new Load(SETTINGS).loadFromString(yaml);
        } catch (YamlEngineException broken) {
            throw new LocalMeshFault("local mesh: not YAML: " + broken.getMessage());
        }
        if (document == null) {
            return NONE;
        }
        var top = Fields.of("local mesh", document);
        var services = new ArrayList<Service>();
        for (var service : top.objects("services")) {
            services.add(Entries.service(service));
        }
        var workloads = new ArrayList<Workload>();
        for (var workload : top.objects("workloads")) {
            workloads.add(Entries.workload(workload));
        }
        var policies = new ArrayList<Policy>();
        for (var policy : top.objects("policies")) {
            policies.add(PolicyEntries.policy(policy));
        }
        top.end();
        return new LocalMesh(workloads, services, policies);
    }

    /// For the store.
    public List<Change> changes() {
        var all = new ArrayList<Change>();
        policies.forEach(policy -> all.add(new Change.PutPolicy(policy)));
        services.forEach(service -> all.add(new Change.PutService(service)));
        workloads.forEach(workload -> all.add(new Change.PutWorkload(workload)));
        return all;
    }
}
