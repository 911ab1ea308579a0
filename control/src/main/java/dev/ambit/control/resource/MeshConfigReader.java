package dev.ambit.control.resource;

import java.util.ArrayList;
import java.util.List;
import org.snakeyaml.engine.v2.nodes.Node;

/// `meshconfig.yaml`: Istio's MeshConfig, of which most fields have no effect here.
final class MeshConfigReader {
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
        var scopes = new ArrayList<MeshConfig.GlobalScope>();
        for (var scope : top.children("serviceScopeConfigs")) {
            scopes.add(new MeshConfig.GlobalScope(scope.text("scope")));
        }
        var defaults = MeshConfig.defaults();
        return new MeshConfig(
                or(top.text("trustDomain"), defaults.trustDomain()),
                or(top.text("rootNamespace"), defaults.rootNamespace()),
                scopes);
    }

    private static String or(String value, String absent) {
        return value.isEmpty() ? absent : value;
    }
}
