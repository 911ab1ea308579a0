package dev.ambit.waypoint.telemetry;

import dev.ambit.hbone.wire.Baggage;
import dev.ambit.mesh.model.Workload;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Who is at one end, in the words of Istio's telemetry. Empty: not known. For telemetry alone,
/// never a basis for a decision.
///
/// @param name of the pod
/// @param cluster id of the Kubernetes cluster
/// @param service canonical name
/// @param revision canonical revision
/// @param type `deployment`, `cronjob`, `job` or `pod`
/// @param identity SPIFFE URI that its workload has
public record PeerMetadata(
        String name,
        String cluster,
        String namespace,
        String workload,
        String service,
        String revision,
        String app,
        String version,
        String type,
        String identity,
        String region,
        String zone) {

    public static PeerMetadata of(Workload workload) {
        return new PeerMetadata(
                workload.name(),
                workload.clusterId(),
                workload.namespace(),
                workload.workloadName(),
                workload.canonicalName(),
                workload.canonicalRevision(),
                workload.canonicalName(),
                workload.canonicalRevision(),
                workload.workloadType().label(),
                workload.identity().toString(),
                workload.locality().region(),
                workload.locality().zone());
    }

    /// What baggage leaves out, the app and its version, is what it says about the service.
    ///
    /// @param header raw
    /// @param identity proven by the connection that the baggage came on; empty for none
    /// @return null where it says nothing
    public static @Nullable PeerMetadata ofBaggage(String header, String identity) {
        var baggage = Baggage.parse(header);
        if (baggage.equals(Baggage.EMPTY)) {
            return null;
        }
        return new PeerMetadata(
                member(header, "k8s.instance.name=", ""),
                baggage.cluster(),
                baggage.namespace(),
                baggage.workload(),
                baggage.service(),
                baggage.revision(),
                member(header, "app.name=", baggage.service()),
                member(header, "app.version=", baggage.revision()),
                baggage.workloadType(),
                identity,
                baggage.region(),
                baggage.zone());
    }

    /// Members that proxies of Istio send besides.
    private static String member(String header, String key, String otherwise) {
        int at = header.startsWith(key) ? 0 : header.indexOf("," + key) + 1;
        if (at == 0 && !header.startsWith(key)) {
            return otherwise;
        }
        int from = at + key.length();
        int end = header.indexOf(',', from);
        return header.substring(from, end < 0 ? header.length() : end).strip();
    }

    /// By the names that `FILTER_STATE(..:FIELD:..)` and expressions use; null where it is unknown
    /// or empty.
    public @Nullable String field(String field) {
        var value =
                switch (field) {
                    case "name" -> name;
                    case "cluster" -> cluster;
                    case "namespace" -> namespace;
                    case "workload" -> workload;
                    case "service" -> service;
                    case "revision" -> revision;
                    case "app" -> app;
                    case "version" -> version;
                    case "type" -> type;
                    case "identity" -> identity;
                    case "region" -> region;
                    case "availability_zone" -> zone;
                    default -> "";
                };
        return value.isEmpty() ? null : value;
    }

    private static final String[] FIELDS = {
        "name",
        "cluster",
        "namespace",
        "workload",
        "service",
        "revision",
        "app",
        "version",
        "type",
        "identity",
        "region",
        "availability_zone"
    };

    /// All that is known, by field, sorted.
    public Map<String, Object> fields() {
        var fields = new TreeMap<String, Object>();
        for (var field : FIELDS) {
            var value = field(field);
            if (value != null) {
                fields.put(field, value);
            }
        }
        return fields;
    }
}
